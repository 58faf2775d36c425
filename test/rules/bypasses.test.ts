import { describe, expect, it } from "vitest";
import { superuserBypass } from "../../rules/AG401-superuser-bypass.js";
import { superuserWidensQuery } from "../../rules/AG402-superuser-widens-query.js";
import { environmentBypass } from "../../rules/AG403-environment-bypass.js";
import { headerBackdoor } from "../../rules/AG405-header-backdoor.js";
import { bypass, entry, facts, listedBypass, messageOf, run, step } from "./facts-builder.js";

describe("AG401 superuser-bypass", () => {
  const one = (more: Parameters<typeof bypass>[1] = {}) => facts({ bypasses: [bypass("early-allow", more)] });

  it("reports an instance-wide flag that skips the tenant filter", () => {
    const [draft] = run(superuserBypass, one());
    expect(draft).toMatchObject({ message: "earlyAllow", severity: "error", subject: "src/orders.ts#listOrders" });
    expect(draft === undefined ? "" : messageOf(superuserBypass, draft)).toBe(
      "'user.isAdmin' lets a privileged identity skip the tenant filter. Its use leaves no record.",
    );
  });

  it("weighs less what skips a decision only, what is audited, what is known by name only", () => {
    expect(run(superuserBypass, one({ skips: ["decision"] }))[0]?.severity).toBe("warning");
    expect(run(superuserBypass, one({ audited: true }))[0]?.severity).toBe("warning");
    expect(run(superuserBypass, one({ confidence: "named", skips: ["decision"] }))[0]?.severity).toBe("note");
  });

  it("is sure of what opens every tenant, or of what a manifest does not list", () => {
    const sure = (more: Parameters<typeof bypass>[1], root: string, file = "") => {
      const found = facts({ bypasses: [bypass("early-allow", more)] });
      const tenancy = { ...found.tenancy, root };
      return run(superuserBypass, { ...found, tenancy }, { policy: { file } })[0]?.confidence;
    };
    expect(sure({ skips: ["decision"] }, "Org")).toBe("proven");
    expect(sure({ skips: ["decision"] }, "")).toBe("inferred");
    expect(sure({ skips: ["decision"] }, "", "authgap.policy.yaml")).toBe("proven");
    expect(sure({ kind: "or-privilege", skips: ["decision"] }, "Org")).toBe("inferred");
    expect(sure({ kind: "or-privilege", skips: ["tenant-filter"] }, "Org")).toBe("proven");
  });

  it("lists roles within a tenant in an audit only", () => {
    const role = one({ scope: "tenant" });
    expect(run(superuserBypass, role)).toEqual([]);
    expect(run(superuserBypass, role, { profile: "audit" })[0]).toMatchObject({
      message: "tenantRole",
      severity: "note",
    });
  });

  it("is silent in the policy layer and about what the policy lists", () => {
    expect(run(superuserBypass, one(), { policyLayer: () => true })).toEqual([]);
    const listing = (use: string, expires: string) => ({ policy: { bypasses: [listedBypass(use, expires)] } });
    expect(run(superuserBypass, one(), listing("src/orders.ts#listOrders", "2027-03-31"))).toEqual([]);
    expect(run(superuserBypass, one(), listing("src/orders.ts#other", "2027-03-31"))).toHaveLength(1);
  });

  it("reports what the policy allowed and no longer does", () => {
    const bypasses = [listedBypass("src/orders.ts#listOrders", "2026-01-31")];
    const [draft] = run(superuserBypass, one({ skips: ["decision"] }), { policy: { bypasses } });
    expect(draft?.severity).toBe("error");
    expect(draft?.data.detail).toContain("until '2026-01-31'");
  });
});

describe("AG402, AG403, AG405", () => {
  const all = facts({
    bypasses: [
      bypass("or-privilege"),
      bypass("filter-drop"),
      bypass("environment", { scope: "environment", skips: ["authentication"] }),
      bypass("header", { scope: "client", skips: ["authentication", "decision"] }),
      bypass("literal-identity"),
    ],
  });

  it("each rule keeps to its own kind", () => {
    for (const rule of [superuserBypass, superuserWidensQuery, environmentBypass, headerBackdoor]) {
      expect(run(rule, all)).toHaveLength(1);
    }
    expect(run(headerBackdoor, all)[0]?.data.skips).toBe("authentication and the decision");
  });

  it("AG403 reports conditional protection once per guard, unless its switch was reported", () => {
    const guard = step("maybeAuth", "authentication", {
      condition: "FLAG_AUTH is set",
      definedAt: { file: "src/g.ts", start: 1, end: 9 },
    });
    const entries = ["GET /a", "GET /b"].map((key) =>
      entry(key, { steps: [guard], protects: { authentication: "conditional" } }),
    );
    const [draft, ...others] = run(environmentBypass, facts({ entries }));
    expect(others).toEqual([]);
    expect(draft).toMatchObject({ message: "conditional", subject: "src/g.ts#maybeAuth" });
    const explained = facts({ entries, bypasses: [bypass("environment", { entries: ["GET /a", "GET /b"] })] });
    expect(run(environmentBypass, explained).map((one) => one.message)).toEqual(["switchedOff"]);
  });

  it("AG403 calls it the decision that is switched off where callers sign in whatever the switch says", () => {
    const told = (authentication: "rejects" | "conditional"): unknown => {
      const entries = [entry("GET /a", { protects: { authentication } })];
      const bypasses = [bypass("environment", { entries: ["GET /a"], skips: ["authentication"] })];
      return run(environmentBypass, facts({ entries, bypasses })).map((one) => one.data.skips);
    };
    expect(told("rejects")).toEqual(["the decision"]);
    expect(told("conditional")).toEqual(["authentication"]);
  });

  it("AG403 takes no path and no choice that could not be told for a switch", () => {
    const told = (condition: string): number => {
      const guard = step("byPath", "authentication", { condition });
      const protects = { authentication: "conditional", detail: condition } as const;
      return run(environmentBypass, facts({ entries: [entry("GET /*", { steps: [guard], protects })] })).length;
    };
    expect(told("one of several values and the path matches /api/browser")).toBe(0);
    expect(told("the path matches /api")).toBe(0);
    expect(told("FLAG_AUTH is set and the path matches /api")).toBe(1);
  });
});
