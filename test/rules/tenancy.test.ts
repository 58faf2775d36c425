import { describe, expect, it } from "vitest";
import { unscopedQuery } from "../../rules/AG301-unscoped-query.js";
import { tenantFromInput } from "../../rules/AG302-tenant-from-input.js";
import { optionalTenantFilter } from "../../rules/AG303-optional-tenant-filter.js";
import { ineffectiveTenantFilter } from "../../rules/AG305-ineffective-tenant-filter.js";
import { unusedPrincipal } from "../../rules/AG308-unused-principal.js";
import { NOWHERE } from "../../src/policy/default-policy.js";
import { access, binding, conjunct, entry, evidence, facts, guarded, messageOf, reach, run } from "./facts-builder.js";

const entries = [entry("GET /orders/:id", guarded)];

describe("AG301 unscoped-query", () => {
  it("reports an access by a bare id, says why and how to repair it", () => {
    const reached = reach(0, "unbound", {
      binding: binding("unbound", {
        remedy: "orgId: session.orgId",
        evidence: [evidence("'findOrder' receives 'params.id'")],
      }),
    });
    const [draft] = run(unscopedQuery, facts({ entries, accesses: [access([reached])] }));
    expect(draft).toMatchObject({
      message: "unbound",
      severity: "error",
      subject: "GET /orders/:id",
      remedy: "orgId: session.orgId",
    });
    expect(draft?.place.file).toBe("src/orders.ts");
    expect(draft?.flow).toHaveLength(3);
    expect(draft === undefined ? "" : messageOf(unscopedQuery, draft)).toBe(
      "'Order.findUnique' is not bound to the caller's tenant or owner. 'Order' belongs to a tenant through 'orgId' (foreign key to 'Organization'). " +
        "Its filter names 'id' only, with a value from the request. It is reached from 'GET /orders/:id'.",
    );
  });

  it("is one finding per access, whoever reaches it", () => {
    const more = [entry("POST /b", guarded), entry("POST /a", guarded)];
    const drafts = run(
      unscopedQuery,
      facts({ entries: more, accesses: [access([reach(0, "unbound"), reach(1, "unbound")])] }),
    );
    expect(drafts.map((draft) => draft.subject)).toEqual(["POST /a"]);
    expect(drafts[0]?.related).toHaveLength(2);
  });

  it("weighs what the request picks on one way, whatever picks it on the first", () => {
    const picked = { conjuncts: [conjunct("id", "row")] };
    const severityOf = (chosen: boolean) =>
      run(
        unscopedQuery,
        facts({ entries, accesses: [access([reach(0, "unbound", chosen ? { chosen } : {})], picked)] }),
      )[0]?.severity;
    expect([severityOf(true), severityOf(false)]).toEqual(["error", "warning"]);
  });

  it("asks for membership where the tenant itself is picked", () => {
    const given = facts({ entries, accesses: [access([reach(0, "unbound")], { model: "Organization" })] });
    expect(run(unscopedQuery, given)[0]?.message).toBe("tenantChosen");
  });

  it.each([
    ["bound", access([reach(0, "bound")])],
    ["on everybody's data", access([reach(0, "unbound")], { model: "Country" })],
    ["a create", access([reach(0, "unbound")], { operation: "create" })],
    ["decided by an instance-wide privilege", access([reach(0, "unbound", { decided: true, instanceWide: true })])],
    ["not readable", access([reach(0, "unknown")])],
  ])("is silent when the access is %s", (_, one) => {
    expect(run(unscopedQuery, facts({ entries, accesses: [one] }))).toEqual([]);
  });

  it("leaves open entries to AG101, and jobs, public and global data alone", () => {
    const anonymous = [access([reach(0, "unbound", { authenticated: false })])];
    expect(run(unscopedQuery, facts({ entries: [entry("GET /orders/:id")], accesses: anonymous }))).toEqual([]);
    const job = entry("QUEUE sync", { transport: "queue" });
    expect(run(unscopedQuery, facts({ entries: [job], accesses: [access([reach(0, "unbound")])] }))).toEqual([]);
    const given = facts({ entries, accesses: [access([reach(0, "unbound")])] });
    expect(run(unscopedQuery, given, { public: ["GET /orders/:id"] })).toEqual([]);
    const global = [{ name: "Order", at: NOWHERE }];
    const tenancy = { keys: [], ownerKeys: [], sources: [], global, enforcedBy: [] };
    expect(run(unscopedQuery, given, { policy: { tenancy } })).toEqual([]);
  });

  it("weighs by operation, origin and certainty", () => {
    const severity = (reached: ReturnType<typeof reach>, more: Parameters<typeof access>[1], one = entries[0]) =>
      run(unscopedQuery, facts({ entries: one === undefined ? [] : [one], accesses: [access([reached], more)] }))[0]
        ?.severity;
    const byRow = [conjunct("id", "row")];
    expect(severity(reach(0, "unbound"), { conjuncts: byRow })).toBe("warning");
    expect(severity(reach(0, "unbound"), { conjuncts: byRow, operation: "delete" })).toBe("error");
    expect(severity(reach(0, "unbound"), { conjuncts: [] })).toBe("error");
    expect(severity(reach(0, "unbound", { decided: true }), {})).toBe("warning");
    expect(severity(reach(0, "unbound", { binding: binding("unbound", { confidence: "named" }) }), {})).toBe("note");
    const unread = entry("GET /orders/:id", { protects: { authentication: "unknown" } });
    expect(severity(reach(0, "unbound", { authenticated: false }), {}, unread)).toBe("note");
  });
});

describe("AG308 unused-principal", () => {
  it("weighs the same where the caller's role was asked", () => {
    const principal = { parameter: "userId", symbol: "findOrder", place: conjunct("id", "row").place };
    const severity = (decided: boolean) => {
      const reached = reach(0, "unbound", { decided, unusedPrincipal: principal });
      return run(
        unusedPrincipal,
        facts({ entries, accesses: [access([reached], { conjuncts: [conjunct("id", "row")] })] }),
      )[0]?.severity;
    };
    expect(severity(false)).toBe("warning");
    expect(severity(true)).toBe("warning");
  });
});

describe("AG302, AG303, AG305", () => {
  const orgId = conjunct("orgId", "input");
  const failing = (
    verdict: "tenant-from-input" | "optional" | "ineffective",
    more: Parameters<typeof binding>[1] = {},
  ) => facts({ entries, accesses: [access([reach(0, verdict, { binding: binding(verdict, more) })])] });

  it("AG302 points at the predicate that takes the value", () => {
    const here = { ...orgId, place: { ...orgId.place, file: "src/orders.ts" } };
    const [draft] = run(tenantFromInput, failing("tenant-from-input", { conjunct: here }));
    expect(draft).toMatchObject({ message: "columnFromInput", place: here.place, severity: "error" });
    expect(run(tenantFromInput, failing("tenant-from-input"))[0]?.message).toBe("fromInput");
  });

  it("AG303 reports filters that vanish", () => {
    expect(run(optionalTenantFilter, failing("optional"))).toHaveLength(1);
  });

  it.each([
    ["or", "inOr"],
    ["outer-join", "inOuterJoin"],
    ["negated", "negated"],
    ["and", "ineffective"],
  ] as const)("AG305 says how '%s' fails", (position, message) => {
    const [draft] = run(ineffectiveTenantFilter, failing("ineffective", { conjunct: { ...orgId, position } }));
    expect(draft?.message).toBe(message);
  });

  it("each keeps to its own verdict", () => {
    expect(run(unscopedQuery, failing("ineffective"))).toEqual([]);
    expect(run(tenantFromInput, failing("optional"))).toEqual([]);
    expect(run(optionalTenantFilter, failing("tenant-from-input"))).toEqual([]);
    expect(run(ineffectiveTenantFilter, failing("optional"))).toEqual([]);
  });
});
