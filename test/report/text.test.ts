import { describe, expect, it } from "vitest";
import { renderExplanation, renderRulePage } from "../../src/report/explain.js";
import { renderJson } from "../../src/report/json.js";
import { renderRoutes } from "../../src/report/routes.js";
import { renderText } from "../../src/report/text.js";
import { coverage, finding, notices, place, result } from "./sample.js";

const plain = { colour: false, width: 100 };
const one = finding({ fingerprint: "0123456789abcdef" });

describe("text", () => {
  it("shows place, reason, way there, repair and coverage", () => {
    expect(renderText(result({ findings: [one] }), plain)).toBe(`src/orders.ts

  error   AG301 unscoped-query  GET /orders/:id
    src/orders.ts:10:3
    'GET /orders/:id' reads 'Order' without a tenant. The filter names 'id' only.
      10 │ const order = await find(id);
      1. src/app.ts:3:3      entry
      2. src/app.ts:5:3      no step binds a tenant
      3. src/orders.ts:10:3  query
    fix: Add \`orgId: session.orgId\` to the filter.
    authgap explain 01234567

Public by convention: 1 entry point
  POST   /hooks  webhook  src/orders.ts:10
    The policy settles it, one line each: routes.rules: - { match: "POST /hooks", public: true,
    reason: "webhook", owner: "…" }

Needs attention
  src/bad.ts:1:3 Syntax error
  Silences nothing.
    Remove it.

Not decided
  src/app.ts:9:3 What 'wrap' does could not be read.
    Name it below 'guards'.

1 finding: 1 error
     1  error   AG301 unscoped-query               Title of unscoped-query

1,204 files · 88 entry points: 71 guarded, 9 public by intent, 6 open, 2 undecided · 140 queries on
tenant data · 3 not decided
No manifest was applied, everything is inferred. Run 'authgap init' to write a draft for review.
`);
  });

  it("never calls a project clean in which nothing was found to check", () => {
    const empty = { ...coverage, entries: 0, guarded: 0, publicByIntent: 0, undecided: 0 };
    const text = renderText(result({ findings: [], notices: [], coverage: empty }), plain);
    expect(text).toContain("No entry point was found");
    const none = renderText(result({ findings: [], coverage: { ...empty, files: 0 } }), plain);
    expect(none).toContain("nothing was checked");
  });

  it("counts suppressed findings without showing them", () => {
    const silenced = { ...one, suppression: { kind: "inSource" as const, justification: "x", at: one.at } };
    const text = renderText(result({ findings: [silenced] }), plain);
    expect(text).toContain("No findings.\n1 finding suppressed\n");
    expect(text).not.toContain("AG301");
  });

  it("lists the first few undecided places, all of them when verbose", () => {
    const many = Array.from({ length: 9 }, (_, line) => ({
      ...(notices[0] ?? expect.fail("no notice")),
      at: place(`src/m${line}.ts`, line + 1, ""),
    }));
    expect(renderText(result({ notices: many }), plain)).toContain("and 4 more");
    expect(renderText(result({ notices: many }), { ...plain, verbose: true })).toContain("src/m8.ts:9:3");
  });

  it("tells once what is undecided several times in one file", () => {
    const notice = notices[0] ?? expect.fail("no notice");
    const many = [1, 2, 3].map((line) => ({ ...notice, at: place("src/m.ts", line, "") }));
    expect(renderText(result({ notices: many }), plain)).toContain("could not be read. (3 times)\n");
    expect(renderText(result({ notices: many }), { ...plain, verbose: true })).toContain("src/m.ts:3:3");
  });

  it("begins with what matters, and puts errors before warnings", () => {
    const mild = finding({ severity: "warning", subject: "GET /mild", at: place("src/a.ts", 1, "") });
    const grave = finding({ subject: "GET /grave", at: place("src/z.ts", 1, "") });
    const second = finding({ severity: "warning", subject: "GET /second", at: place("src/z.ts", 9, "") });
    const text = renderText(result({ findings: [mild, second, grave] }), plain);
    expect(text.split("\n")[0]).toBe("3 findings: 1 error, 2 warnings, in 2 files");
    const order = ["GET /grave", "GET /second", "GET /mild"].map((subject) => text.indexOf(subject));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it("tells neighbours that say the same once, and a long repair once", () => {
    const neutral = ["cors", "json", "log"].map((name, at) =>
      place("src/app.ts", at + 3, `'${name}' has nothing to do with identity`),
    );
    const remedy = `Put a step that rejects anonymous callers before 'GET /a'. ${"It is long. ".repeat(9)}`;
    const first = finding({ subject: "GET /a", remedy, flow: [...neutral, place("src/a.ts", 9, "the handler")] });
    const again = { ...first, subject: "GET /b", remedy: remedy.replace("/a", "/b"), at: place("src/b.ts", 1, "") };
    const text = renderText(result({ findings: [first, again] }), plain);
    expect(text).toContain("1. src/app.ts:3:3  'cors' has nothing to do with identity (and 2 more)");
    expect(text).toContain("4. src/a.ts:9:3    the handler");
    expect(text).toContain("fix: as for 'GET /a' above\n");
    expect(text.replace(/\s+/g, " ").match(/It is long/g)?.length).toBe(9);
  });

  it("colours only when asked to, and passes no control characters on", () => {
    const odd = finding({
      subject: "GET /\u001b[31mred\u202e",
      at: place("src/\u001b]0;t\u0007.ts", 1, "", "  a\u001bb()"),
    });
    const shown = renderText(result({ findings: [odd] }), plain);
    for (const control of ["\u001b", "\u0007", "\u202e"]) expect(shown).not.toContain(control);
    expect(renderText(result({ findings: [one] }), { colour: true, width: 80 })).toContain("\u001b[31m");
  });
});

describe("json", () => {
  it("keeps its shape", () => {
    const report = JSON.parse(renderJson(result({ findings: [one] })));
    expect(Object.keys(report)).toEqual([
      "schema",
      "tool",
      "profile",
      "policy",
      "paths",
      "coverage",
      "rules",
      "findings",
      "publicByConvention",
      "notices",
    ]);
    expect(report.findings[0]).toMatchObject({
      code: "AG301",
      file: "src/orders.ts",
      line: 10,
      column: 3,
      fingerprint: "0123456789abcdef",
      suppression: null,
    });
    expect(report.policy).toBeNull();
  });
});

describe("routes", () => {
  it("are JSON with routes and what is unknown", () => {
    const table = JSON.parse(renderRoutes(result(), { ...plain, format: "json" }));
    expect(Object.keys(table)).toEqual(["routes", "unknown"]);
    expect(table.routes[0]).toMatchObject({
      method: "GET",
      path: "/orders/:id",
      access: "authenticated",
      guards: [{ name: "requireUser", file: "src/auth.ts", line: 7, grants: "authentication", confidence: "proven" }],
    });
    expect(table.unknown.map((one: { id: string }) => one.id)).toEqual(["unresolved-guard"]);
  });

  it("can be filtered", () => {
    const shown = (filters: object) =>
      JSON.parse(renderRoutes(result(), { ...plain, format: "json", filters })).routes.map(
        (row: { path: string }) => row.path,
      );
    expect(shown({ access: ["public"] })).toEqual(["/hooks"]);
    expect(shown({ method: ["get"] })).toEqual(["/orders/:id"]);
    expect(shown({ path: "hook" })).toEqual(["/hooks"]);
    expect(shown({ transport: ["queue"] })).toEqual([]);
    expect(shown({ path: "/orders/**" })).toEqual(["/orders/:id"]);
    expect(shown({ path: "/*" })).toEqual(["/hooks"]);
    expect(shown({ path: "[[[" })).toEqual([]);
  });

  it("list steps in order and what each grants", () => {
    const text = renderRoutes(result(), { ...plain, format: "text" });
    expect(text).toContain("  authenticated GET    /orders/:id");
    expect(text).toContain("1. requireUser  src/auth.ts:7  authentication");
    const markdown = renderRoutes(result(), { ...plain, format: "markdown" });
    expect(markdown).toContain("### src/orders.ts\n\n| method |");
    expect(markdown).toContain("| GET | /orders/:id |");
    expect(markdown).toContain("- POST /hooks: webhook");
  });

  it("list apart what is open by convention only, with the line that settles it", () => {
    const text = renderRoutes(result(), { ...plain, format: "text" });
    expect(text).toContain("Public by convention: 1 entry point\n  POST   /hooks  webhook  src/orders.ts:10\n");
    expect(text).toContain('routes.rules: - { match: "POST /hooks", public: true,');
    expect(JSON.parse(renderJson(result())).publicByConvention).toMatchObject([{ path: "/hooks", by: "convention" }]);
    const [open] = result().routes.slice(1);
    const settled = result({ routes: open === undefined ? [] : [{ ...open, openBy: "policy" }] });
    expect(renderText(settled, plain)).not.toContain("Public by convention");
    expect(renderRoutes(settled, { ...plain, format: "text" })).not.toContain("Public by convention");
  });
});

describe("explanations", () => {
  it("follow the chain step by step", () => {
    const text = renderExplanation(one, plain);
    expect(text).toContain("  2. no step binds a tenant\n     src/app.ts:5:3");
    expect(text).toContain("proven:");
    expect(text).toContain("authgap-ignore-next-line AG301 -- reason");
  });

  it("print a rule's page without its markup", () => {
    const page =
      "# AG1 x\n\nSome **bold** `code`\nhere.\n\n- one\n  more\n\n```ts\nconst a = 1;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
    expect(renderRulePage(page, plain)).toBe(
      "AG1 x\n\nSome bold code here.\n\n  • one more\n\n    const a = 1;\n\n  a | b\n  1 | 2\n",
    );
  });
});
