import { describe, expect, test } from "vitest";
import { lower } from "./helpers.js";

describe("suppressions", () => {
  test("line, block and JSX comments", () => {
    const text = `// authgap-ignore-file AG900 -- generated
      a(); // authgap-ignore AG101, AG301 -- public on purpose
      /* authgap-ignore-next-line AG102 -- reason */
      b(); const c = <div>{/* authgap-ignore AG103 -- in JSX */}</div>;
      function d() { // authgap-ignore AG104 -- in an empty body
      }`;
    expect(lower(text).directives).toEqual([
      { kind: "ignore-file", rules: ["AG900"], reason: "generated", at: 0 },
      {
        kind: "ignore-line",
        rules: ["AG101", "AG301"],
        reason: "public on purpose",
        at: text.indexOf("// authgap-ignore AG101"),
      },
      { kind: "ignore-next-line", rules: ["AG102"], reason: "reason", at: text.indexOf("/* authgap-ignore-next") },
      { kind: "ignore-line", rules: ["AG103"], reason: "in JSX", at: text.indexOf("/* authgap-ignore AG103") },
      {
        kind: "ignore-line",
        rules: ["AG104"],
        reason: "in an empty body",
        at: text.indexOf("// authgap-ignore AG104"),
      },
    ]);
  });

  test("without a reason, without rules", () => {
    const [bare, ruleless] = lower("// authgap-ignore AG101\n// authgap-ignore").directives;
    expect([bare.rules, bare.reason]).toEqual([["AG101"], ""]);
    expect([ruleless.rules, ruleless.reason]).toEqual([[], ""]);
  });

  test("strings, templates, regular expressions, JSX text and quoted comments are none", () => {
    const text = `const a = "// authgap-ignore AG101 -- x"; const b = \`// authgap-ignore AG101 -- x \${c} // authgap-ignore AG1 -- y\`;
      const d = <p>// authgap-ignore AG101 -- text</p>;
      // see: // authgap-ignore AG101 -- quoted
      /* like
         // authgap-ignore AG101 -- quoted
       */ // authgap-ignored AG101 -- another word`;
    expect(lower(text).directives).toEqual([]);
  });

  test("after a string that looks like a comment", () => {
    const text = `const a = "http://x"; // authgap-ignore AG101 -- real`;
    expect(lower(text).directives).toHaveLength(1);
  });
});
