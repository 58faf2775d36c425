import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PolicyRoute } from "../../src/model/policy.js";
import { defaultPolicy, NOWHERE } from "../../src/policy/default-policy.js";
import { applyGuards } from "../../src/policy/grants.js";
import { applyPolicy, findException } from "../../src/policy/match.js";
import {
  compareSpecificity,
  compileRoute,
  matchesEntry,
  matchesSubject,
  mostSpecific,
} from "../../src/policy/route-pattern.js";
import { entry, facts, guarded, place, step } from "../rules/facts-builder.js";

function route(match: string, more: Partial<PolicyRoute> = {}): PolicyRoute {
  const rest = { public: false, require: [], roles: [], reason: "", owner: "", expires: "", at: NOWHERE };
  return { match, ...rest, ...more };
}

describe("a pattern", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["GET /orders/:id", "GET /orders/:orderId", true],
    ["get /orders/:id/", "GET /orders/:id", true],
    ["POST /orders/:id", "GET /orders/:id", false],
    ["GET|POST /orders", "POST /orders", true],
    ["* /orders", "DELETE /orders", true],
    ["GET /users/:id", "GET /users/export", false],
    ["GET /users/*", "GET /users/export", true],
    ["GET /users/*", "GET /users/:id", true],
    ["GET /users/*", "GET /users/:id/keys", false],
    ["* /admin/**", "GET /admin", true],
    ["* /admin/**", "GET /admin/a/:b/c", true],
    ["* /admin/**", "GET /administrators", false],
    ["* /**/keys/**", "GET /a/b/keys", true],
    ["GET /files/*path", "GET /files/*name", true],
    ["GET /files/:name", "GET /files/*name", false],
    ["GET /v*/orders", "GET /v2/orders", true],
    ["* **", "MUTATION deleteUser", true],
    ["* /**", "MUTATION deleteUser", false],
    ["MUTATION delete*", "MUTATION deleteUser", true],
    ["MUTATION project.*", "MUTATION project.delete", true],
    ["express project.**", "MUTATION project.a.b", true],
    ["CRON 0 0 * * *", "CRON 0 0 * * *", true],
  ];
  test.each(cases)("%s and %s", (pattern, key, matches) => {
    const path = key.slice(key.indexOf(" ") + 1);
    expect(matchesEntry(compileRoute(pattern), entry(key, { path }))).toBe(matches);
  });

  test("may be limited to files", () => {
    const web = entry("GET /health", { place: place("apps/web/a.ts"), registration: place("apps/web/a.ts") });
    expect(matchesEntry(compileRoute("GET /health", "apps/web/**"), web)).toBe(true);
    expect(matchesEntry(compileRoute("GET /health", "apps/api/**"), web)).toBe(false);
  });

  test("of thousands of wildcards answers at once", () => {
    const started = performance.now();
    expect(matchesSubject(`${"**a".repeat(1000)}b`, "a".repeat(1000))).toBe(false);
    expect(matchesEntry(compileRoute(`GET /${"**/x/".repeat(1000)}y`), entry(`GET ${"/x".repeat(1000)}`))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

const patterns = fc
  .tuple(
    fc.constantFrom("GET", "*", "GET|POST", "POST"),
    fc.array(fc.constantFrom("a", "b", ":id", "*", "**", "*rest", "v*"), { maxLength: 4 }),
  )
  .map(([method, parts]) => `${method} /${parts.join("/")}`);

describe("specificity", () => {
  test.each([
    ["GET /a", "* /a"],
    ["GET /a", "GET|POST /a"],
    ["* /admin/**", "GET /**"],
    ["GET /a/b", "GET /a/:x"],
    ["GET /a/:x", "GET /a/*"],
    ["GET /a/*", "GET /a/**"],
    ["GET /a", "GET /a/**"],
    ["GET /a/b", "GET /a"],
  ])("%s before %s", (more, less) => {
    expect(compareSpecificity(compileRoute(more), compileRoute(less))).toBeGreaterThan(0);
    expect(compareSpecificity(compileRoute(less), compileRoute(more))).toBeLessThan(0);
  });

  test("is a total order", () => {
    fc.assert(
      fc.property(patterns, patterns, patterns, (a, b, c) => {
        const [x, y, z] = [compileRoute(a), compileRoute(b), compileRoute(c)];
        const sign = (n: number) => Math.sign(n) + 0;
        expect(sign(compareSpecificity(x, y))).toBe(sign(-compareSpecificity(y, x)));
        if (compareSpecificity(x, y) >= 0 && compareSpecificity(y, z) >= 0) {
          expect(compareSpecificity(x, z)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test("decides whatever the order of the rules, ties apart", () => {
    const one = entry("GET /a/b/:id");
    fc.assert(
      fc.property(fc.uniqueArray(patterns, { maxLength: 8 }), fc.nat(), (texts, seed) => {
        const compiled = texts.map((text) => compileRoute(text));
        const turned = compiled.map((_, index) => compiled[(index + seed) % compiled.length] ?? compileRoute("* **"));
        const first = compiled[mostSpecific(compiled, one)];
        const second = turned[mostSpecific(turned, one)];
        expect(first === undefined).toBe(second === undefined);
        if (first && second) expect(compareSpecificity(first, second)).toBe(0);
      }),
    );
  });
});

describe("applyPolicy", () => {
  const given = facts({
    entries: [entry("GET /a"), entry("GET /b"), entry("JOB sync", { transport: "queue", path: "" })],
  });

  test("gives every entry its rule or the default", () => {
    const routes = [route("GET /*", { require: ["decision"] }), route("GET /b", { public: true }), route("GET /c")];
    const applied = applyPolicy({ ...defaultPolicy(), routes }, given);
    expect(applied.entries.map(({ route: index, public: open, require }) => [index, open, require])).toEqual([
      [0, false, ["decision"]],
      [1, true, []],
      [-1, false, []],
    ]);
    expect(applied.unusedRoutes).toEqual([2]);
  });

  test("later of two equal rules wins", () => {
    const routes = [route("GET /a", { require: ["decision"] }), route("GET /a", { require: ["stepUp"] })];
    expect(applyPolicy({ ...defaultPolicy(), routes }, given).entries[0]?.require).toEqual(["stepUp"]);
  });

  test("knows the policy layer, declared or found", () => {
    const declared = applyPolicy({ ...defaultPolicy(), policyLayer: ["src/rights/**"] }, given).policyLayer;
    expect([declared("src/rights/can.ts"), declared("src/policy/a.ts")]).toEqual([true, false]);
    const guards = [
      { symbol: "src/x.ts#can", grants: "decision", confidence: "proven", place: place("src/x.ts"), uses: 9 } as const,
    ];
    const found = applyPolicy(defaultPolicy(), facts({ entries: [entry("GET /a", guarded)], guards })).policyLayer;
    const files = [
      "src/x.ts",
      "src/policy/a.ts",
      "src/permissions.ts",
      "src/user.policy.ts",
      "src/jwt.guard.ts",
      "src/a.ts",
    ];
    expect(files.map(found)).toEqual([true, true, true, true, true, false]);
  });

  test("an exception holds until its date, and only with reason and owner", () => {
    const exception = {
      rule: "unscoped-query",
      subject: "GET /a/**",
      reason: "r",
      owner: "o",
      expires: "2026-01-31",
      at: NOWHERE,
    };
    const rule = { code: "AG301", name: "unscoped-query" };
    const of = (more: Partial<typeof exception>, today = "2026-01-31") =>
      findException({ ...defaultPolicy(), exceptions: [{ ...exception, ...more }] }, rule, "GET /a/:id", today) !==
      null;
    expect(of({})).toBe(true);
    expect(of({ rule: "AG301" })).toBe(true);
    expect(of({}, "2026-02-01")).toBe(false);
    expect(of({ owner: "TODO" })).toBe(false);
    expect(of({ reason: " " })).toBe(false);
    expect(of({ rule: "AG302" })).toBe(false);
    expect(of({ subject: "GET /b/**" })).toBe(false);
  });
});

describe("applyGuards", () => {
  const check = step("can", "unknown", { definedAt: place("src/policy/can.ts") });
  const given = facts({
    entries: [entry("GET /a", { steps: [check], protects: { authentication: "unknown" } }), entry("GET /b")],
    unknowns: [{ kind: "unresolved-guard", place: check.place, detail: "", remedy: "" }],
  });
  const guard = (use: string, grants: "decision" | "neutral") => ({
    ...defaultPolicy(),
    guards: [{ use, grants, at: NOWHERE }],
  });

  test("a declared guard decides what was unknown", () => {
    const { entries, unknowns } = applyGuards(guard("src/policy/*.ts#can", "decision"), given);
    expect(entries[0]?.protection).toMatchObject({ authentication: "rejects", decision: true });
    expect(entries[1]).toBe(given.entries[1]);
    expect(unknowns).toEqual([]);
    expect(applyGuards(guard("src/policy/can.ts#can", "neutral"), given).entries[0]?.protection.authentication).toBe(
      "none",
    );
  });

  test("another symbol or package changes nothing", () => {
    expect(applyGuards(guard("src/policy/can.ts#cannot", "decision"), given)).toBe(given);
    expect(applyGuards(guard("@org/auth#can", "decision"), given)).toBe(given);
  });
});
