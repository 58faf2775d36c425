import { describe, expect, it } from "vitest";
import type { RouteRow } from "../../src/model/finding.js";
import { routeChanges } from "../../src/scan/changes.js";
import { route } from "../report/sample.js";

const step = (name: string, grants = "authentication") => ({
  name,
  grants,
  file: "src/auth.ts",
  line: 1,
  confidence: "proven" as const,
});

function row(path: string, guards: RouteRow["guards"], more: Partial<RouteRow> = {}): RouteRow {
  return { ...route, method: "GET", path, guards, group: "src/app.ts#api", ...more };
}

const told = (before: readonly RouteRow[], after: readonly RouteRow[]) =>
  routeChanges(before, after).guards.map((one) => [
    one.kind,
    one.guard,
    one.now,
    one.where,
    one.routes.length,
    one.opened,
  ]);

describe("guards between two results", () => {
  const user = step("requireUser");

  it("are lost per router", () => {
    const before = ["/api/a", "/api/b/:id"].map((path) => row(path, [user, step("log", "neutral")]));
    const after = before.map((one) => ({ ...one, guards: [], access: "public" as const }));
    expect(told(before, after)).toEqual([["lost", "requireUser", "", "/api", 2, 2]]);
  });

  it("are weakened by a condition, or by granting less", () => {
    const before = [row("/a", [user])];
    expect(told(before, [row("/a", [step("requireUser (only when flag)")])])).toEqual([
      ["weakened", "requireUser", "only when flag", "GET /a", 1, 0],
    ]);
    expect(told(before, [row("/a", [step("requireUser", "attach")], { access: "public" })])).toEqual([
      ["weakened", "requireUser", "grants attach", "GET /a", 1, 1],
    ]);
  });

  it("are replaced by others that grant the same", () => {
    expect(told([row("/a", [user])], [row("/a", [step("session")])])).toEqual([
      ["replaced", "requireUser", "session", "GET /a", 1, 0],
    ]);
  });

  it("may be the same although the verdict fell", () => {
    expect(told([row("/a", [user])], [row("/a", [user], { access: "public" })])).toEqual([
      ["weakened", "", "public", "GET /a", 1, 1],
    ]);
  });

  it("do not change when files, lines or neutral steps do", () => {
    const before = [row("/a", [user, step("log", "neutral")]), row("/a", [user], { file: "src/b.ts" })];
    const after = [
      row("/a", [user], { file: "src/b.ts", line: 9 }),
      row("/a", [{ ...user, line: 7 }], { file: "src/c.ts" }),
    ];
    expect(routeChanges(before, after)).toEqual({ routesAdded: [], routesRemoved: [], guards: [], demands: [] });
  });
});

it("demands of the manifest that fell are told", () => {
  const before = [row("/a", [], { requirement: "authentication, decision" }), row("/b", [])];
  const after = [row("/a", [], { requirement: "public" }), row("/c", [])];
  const changes = routeChanges(before, after);
  expect(changes.demands).toMatchObject([{ before: "authentication, decision", after: "public" }]);
  expect([changes.routesAdded.length, changes.routesRemoved.length]).toEqual([1, 1]);
});
