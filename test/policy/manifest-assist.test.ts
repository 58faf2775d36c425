import { describe, expect, test } from "vitest";
import { manifestSchema } from "../../src/policy/definition.js";
import { meaningAt, suggestionsAt } from "../../src/policy/manifest-assist.js";
import { type ManifestEntry, withEntry } from "../../src/policy/manifest-edits.js";
import { parseManifest } from "../../src/policy/parse-manifest.js";

const KNOWN = { rules: ["AG101", "unguarded-route"], entries: ["GET /orders/:id"] };

/** Suggestions at the bar. */
function at(text: string): string[] {
  const offset = text.indexOf("|");
  return suggestionsAt(text.replace("|", ""), offset, KNOWN).map(({ label }) => label);
}

describe("suggestions", () => {
  test.each([
    ["an empty file", "|", ["version", "routes", "exceptions"]],
    ["the beginning of a key", "version: 1\nro|", ["routes"]],
    ["below a key", "version: 1\nidentity:\n  |", ["provider", "controls", "tokens"]],
    ["below two keys", "identity:\n  controls:\n    signIn: { at: a.ts }\n    |", ["keyRotation"]],
    ["a new entry of a list", "guards:\n  - |", ["use", "grants"]],
    ["inside braces", "guards:\n  - { use: x, | }", ["grants"]],
    ["a value of a closed list", "guards:\n  - { use: x, grants: | }", ["authentication", "neutral"]],
    ["a member of a list", "routes:\n  default:\n    require:\n      - |", ["decision", "stepUp"]],
    ["a member of a list in brackets", "routes: { default: { require: [authentication, |] } }", ["decision"]],
    ["truth", "routes:\n  rules:\n    - match: GET /x\n      public: |", ["true", "false"]],
    ["rules by name", "version: 1\nrules:\n  |", ["AG101", "unguarded-route"]],
    ["what a rule may be set to", "rules: { AG101: | }", ["off", "error", "warning", "note"]],
    ["rules of an exception", "exceptions:\n  - rule: |", ["AG101"]],
    ["entry points", "routes:\n  rules:\n    - match: |", ['"GET /orders/:id"']],
  ])("%s", (_, text, expected) => {
    expect(at(text)).toEqual(expect.arrayContaining(expected));
  });

  test("leave out keys that are there, and are none where anything may stand", () => {
    expect(at("version: 1\n|")).not.toContain("version");
    expect(at("identity:\n  provider: |")).toEqual([]);
    expect(at("nonsense: [}\n|\n")).toBeDefined();
  });

  test("replace the whole word", () => {
    const [first] = suggestionsAt("rou: {}\n", 2, KNOWN).filter(({ label }) => label === "routes");
    expect(first).toMatchObject({ start: 0, end: 3 });
  });
});

test("the meaning of a key comes from the definition", () => {
  expect(meaningAt("version: 1\npolicyLayer: []\n", 14)).toBe("files in which decisions may be taken");
  expect(meaningAt("guards:\n  - { use: x, grants: decision }\n", 15)).toContain("src/auth/guards.ts#requireUser");
  expect(meaningAt("version: 1\n", 9)).toBe("");
});

describe("entries added to a manifest", () => {
  const EXCEPTION: ManifestEntry = {
    path: ["exceptions"],
    fields: { rule: "AG301", subject: "GET /a", reason: "r", owner: "o", expires: "2027-01-31" },
  };
  const PUBLIC: ManifestEntry = {
    path: ["routes", "rules"],
    fields: { match: "GET /a", public: true, reason: "r", owner: "o" },
  };

  test.each([
    ["nothing", ""],
    ["a version", "version: 1\n"],
    ["no last line end", "version: 1"],
    ["a comment at the end", "version: 1\n# end\n"],
    [
      "a list in lines",
      "version: 1\nexceptions:\n  - rule: AG101\n    subject: GET /b\n    reason: r # why\n    owner: o\nrules: {}\n",
    ],
    ["a list at the margin", "version: 1\nexceptions:\n- { rule: AG101, subject: GET /b, reason: r, owner: o }\n"],
    ["an empty list", "version: 1\nexceptions: []\nroutes: { rules: [] }\n"],
    ["a list in brackets", "version: 1\nexceptions: [{ rule: AG101, subject: GET /b, reason: r, owner: o }]\n"],
    ["keys without values", "version: 1\nexceptions:\nroutes:\n  rules:\n"],
    ["a map without the list", "version: 1\nroutes:\n  default: { require: [authentication] }\nguards: []\n"],
    ["a map in braces", "version: 1\nroutes: { default: { require: [authentication] } }\nguards: []\n"],
    ["JSON", '{ "version": 1, "guards": [] }\n'],
  ])("into %s", (_, text) => {
    for (const entry of [EXCEPTION, PUBLIC]) {
      const { start, end, insert } = withEntry(text, entry);
      const changed = text.slice(0, start) + insert + text.slice(end);
      const parsed = parseManifest(changed, "authgap.policy.yaml");
      expect([changed, parsed.ok ? [] : parsed.problems]).toEqual([changed, []]);
      const manifest = parsed.ok ? parsed.parsed.manifest : manifestSchema.parse({ version: 1 });
      const list = entry === EXCEPTION ? manifest.exceptions : manifest.routes?.rules;
      expect(list?.at(-1)).toEqual(entry.fields);
      for (const line of text.split("\n")) if (/#|AG101/.test(line)) expect(changed).toContain(line.replace(/\]$/, ""));
    }
  });
});
