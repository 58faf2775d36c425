import { describe, expect, it } from "vitest";
import { unguardedRoute } from "../../rules/AG101-unguarded-route.js";
import { guardOutOfReach } from "../../rules/AG102-guard-out-of-reach.js";
import { guardWithoutEffect } from "../../rules/AG103-guard-without-effect.js";
import type { GuardFaultKind, NearMiss } from "../../src/model/facts.js";
import { access, entry, facts, fault, guarded, messageOf, place, reach, run, step } from "./facts-builder.js";

const later: NearMiss = { step: step("requireUser", "authentication"), why: "registered-later", detail: "" };

describe("AG101 unguarded-route", () => {
  const reachesOrders = [access([reach(0, "unbound", { authenticated: false })])];

  it("reports an open entry that reaches tenant data as an error, with the way there", () => {
    const given = facts({
      entries: [entry("GET /orders", { steps: [step("cors", "neutral")] })],
      accesses: reachesOrders,
    });
    const [draft, ...others] = run(unguardedRoute, given);
    expect(others).toEqual([]);
    expect(draft).toMatchObject({
      message: "noGuard",
      severity: "error",
      subject: "GET /orders",
      confidence: "proven",
    });
    expect(draft?.flow.map((line) => line.label)).toEqual([
      "'GET /orders' is registered",
      "'cors' has nothing to do with identity",
      "the handler runs for anybody",
      "and reaches 'Order.findUnique'",
    ]);
  });

  it("tells attach and presence apart", () => {
    const levels = ["attach", "presence"] as const;
    const drafts = levels.map((authentication) => {
      const given = facts({
        entries: [entry("POST /orders", { protects: { authentication } })],
        accesses: reachesOrders,
      });
      const [draft] = run(unguardedRoute, given);
      return `${draft?.message} ${draft?.severity}`;
    });
    expect(drafts).toEqual(["attachOnly error", "presenceOnly warning"]);
  });

  it("leaves to a review what may well hang on the identity that was looked for", () => {
    const of = (verdict: "unknown" | "bound" | "unbound", sometimes = false): string | undefined => {
      const open = entry("GET /orders/:id", { protects: { authentication: "attach" }, decidesSometimes: sometimes });
      return run(unguardedRoute, facts({ entries: [open], accesses: [access([reach(0, verdict)])] }))[0]?.confidence;
    };
    expect(of("unknown")).toBe("named");
    expect(of("unbound", true)).toBe("named");
    expect(of("unbound")).not.toBe("named");
  });

  it("holds an action that has a file of its own against those of the other files of its folder", () => {
    const action = (file: string, more: Parameters<typeof entry>[1] = {}) =>
      entry(`POST ${file}#run`, { transport: "action", group: file, place: place(file), ...more });
    const of = (folder: string): string | undefined => {
      const guards = ["create", "update", "remove"].map((name) => action(`actions/${folder}/${name}.ts`, guarded));
      const open = action("actions/orders/get.ts", { handler: "getOrder" });
      const given = facts({
        entries: [open, ...guards],
        accesses: [access([reach(0, "unbound", { authenticated: false })])],
      });
      return run(unguardedRoute, given)[0]?.confidence;
    };
    expect(of("orders")).not.toBe("named");
    expect(of("tickets")).toBe("named");
  });

  it("leaves to a review the reads of a module that is open as a whole beside guarded ones", () => {
    const of = (method: string, group: string): string | undefined => {
      const open = entry(`${method} /orders/:id`, { group });
      const others = [
        entry("GET /invoices", { ...guarded, group: "invoices" }),
        entry("GET /orders", { group: "orders" }),
      ];
      const operation = method === "GET" ? "read" : "update";
      const accesses = [access([reach(0, "unbound", { authenticated: false })], { operation })];
      const drafts = run(unguardedRoute, facts({ entries: [open, ...others], accesses }));
      return drafts.find(({ subject }) => subject === open.key)?.confidence;
    };
    expect(of("GET", "orders")).toBe("named");
    expect(of("GET", "invoices")).not.toBe("named");
    expect(of("PATCH", "orders")).not.toBe("named");
  });

  it("leaves to a review the pages that show what their path names, where hardly one around them asks who reads", () => {
    const of = (transport: "page" | "http", asking: number): string | undefined => {
      const open = entry("GET /challenges/:slug", { group: "challenges", transport });
      const others = Array.from({ length: 4 }, (_, at) =>
        entry(`GET /challenges/:slug/${at}`, { group: "challenges", transport, ...(at < asking ? guarded : {}) }),
      );
      const accesses = [access([reach(0, "unbound", { authenticated: false })], { operation: "read" })];
      const drafts = run(unguardedRoute, facts({ entries: [open, ...others], accesses }));
      return drafts.find(({ subject }) => subject === open.key)?.confidence;
    };
    expect(of("page", 1)).toBe("named");
    expect(of("page", 3)).not.toBe("named");
    expect(of("http", 1)).not.toBe("named");
  });

  it.each([
    ["it is guarded", entry("POST /orders", guarded)],
    ["its protection could not be read", entry("POST /orders", { protects: { authentication: "unknown" } })],
    ["its protection is conditional", entry("POST /orders", { protects: { authentication: "conditional" } })],
    ["it is signed", entry("POST /hook", { protects: { signature: true } })],
    ["nobody calls it", entry("QUEUE orders", { transport: "queue" })],
    ["it is public by marker", entry("POST /x", { intent: { by: "marker", reason: "", place: null } })],
    ["it is protected at the edge", entry("POST /orders", { protects: { authentication: "edge-only" } })],
  ])("is silent when %s", (_, one) => {
    expect(run(unguardedRoute, facts({ entries: [one], accesses: reachesOrders }))).toEqual([]);
  });

  it("is silent when the policy says public, and on pages without tenant data", () => {
    const given = facts({ entries: [entry("GET /orders")], accesses: reachesOrders });
    expect(run(unguardedRoute, given, { public: ["GET /orders"] })).toEqual([]);
    expect(
      run(unguardedRoute, facts({ entries: [entry("GET /about", { transport: "page" })] }), { profile: "audit" }),
    ).toEqual([]);
  });

  it("leaves an entry to AG103 when its guard is there and cannot stop", () => {
    const given = facts({
      entries: [entry("GET /orders")],
      accesses: reachesOrders,
      guardFaults: [fault("not-awaited", { entries: ["GET /orders"] })],
    });
    expect(run(unguardedRoute, given)).toEqual([]);
  });

  it("weighs by what is reached", () => {
    const severity = (
      key: string,
      more: Parameters<typeof entry>[1],
      accesses = [access([reach(0, "not-scoped")], { model: "Country" })],
    ) => run(unguardedRoute, facts({ entries: [entry(key, more)], accesses }))[0]?.severity;
    expect(severity("GET /countries", {})).toBe("note");
    expect(severity("POST /countries", {})).toBe("error");
    expect(severity("GET /time", {}, [])).toBeUndefined();
    expect(severity("POST /time", {}, [])).toBe("note");
    expect(severity("GET /report", { effects: ["mail"] }, [])).toBe("warning");
    expect(severity("GET /rates", { effects: ["calls other services"] }, [])).toBe("note");
  });

  it("lists an entry without effect in an audit only, unless its peers are guarded", () => {
    const one = facts({ entries: [entry("GET /time")] });
    expect(run(unguardedRoute, one, { profile: "audit" })[0]?.severity).toBe("note");
    const peers = ["GET /a", "GET /b", "GET /c"].map((key) => entry(key, guarded));
    const [draft] = run(unguardedRoute, facts({ entries: [entry("GET /time"), ...peers] }));
    expect(draft?.severity).toBe("note");
    expect(run(unguardedRoute, facts({ entries: [entry("POST /time"), ...peers] }))[0]?.severity).toBe("warning");
    expect(draft?.data.detail).toContain("3 are guarded");
  });

  it("notes changes of tenant data behind a conventional name", () => {
    const intent = { by: "convention", reason: "webhooks are called by others", place: null } as const;
    const change = access([reach(0, "unbound")], { operation: "update", method: "update" });
    const [draft] = run(unguardedRoute, facts({ entries: [entry("POST /webhook", { intent })], accesses: [change] }));
    expect(draft).toMatchObject({ message: "conventionWrite", severity: "note" });
    const created = access([reach(0, "unbound")], { operation: "create" });
    expect(run(unguardedRoute, facts({ entries: [entry("POST /signup", { intent })], accesses: [created] }))).toEqual(
      [],
    );
  });

  it("reports one handler under several routes once", () => {
    const shared = place();
    const entries = [entry("PUT /b", { place: shared }), entry("POST /a", { place: shared })];
    const drafts = run(
      unguardedRoute,
      facts({ entries, accesses: [access([reach(0, "unbound"), reach(1, "unbound")])] }),
    );
    expect(drafts.map((draft) => draft.subject)).toEqual(["POST /a"]);
    expect(drafts[0]?.related.map((line) => line.label)).toContain("the same holds for 'PUT /b'");
  });
});

describe("AG102 guard-out-of-reach", () => {
  const near = (miss: NearMiss) =>
    facts({ entries: [entry("POST /orders", { nearMisses: [miss], effects: ["mail"] })] });

  it("takes the entry over from AG101", () => {
    const [draft] = run(guardOutOfReach, near(later));
    expect(draft).toMatchObject({ message: "registeredLater", subject: "POST /orders", severity: "error" });
    expect(draft === undefined ? "" : messageOf(guardOutOfReach, draft)).toMatch(
      /^'requireUser' is registered after 'POST \/orders' and never runs for it\. /,
    );
    expect(run(unguardedRoute, near(later))).toEqual([]);
  });

  it("leaves it to AG101 when the step that misses would not protect", () => {
    const miss = { ...later, step: step("cors", "neutral") };
    expect(run(guardOutOfReach, near(miss))).toEqual([]);
    expect(run(unguardedRoute, near(miss))).toHaveLength(1);
  });

  it("is silent when something else guards the entry", () => {
    expect(
      run(guardOutOfReach, facts({ entries: [entry("POST /orders", { ...guarded, nearMisses: [later] })] })),
    ).toEqual([]);
  });

  it.each([
    "path-not-covered",
    "method-not-covered",
    "plugin-scope",
    "overridden-method",
  ] as const)("has words for %s", (why) => {
    expect(run(guardOutOfReach, near({ ...later, why }))).toHaveLength(1);
  });
});

describe("AG103 guard-without-effect", () => {
  const kinds: GuardFaultKind[] = [
    "not-awaited",
    "result-unused",
    "no-return-after-rejecting",
    "refusal-not-thrown",
    "swallowed-by-catch",
    "continues-after-catch",
    "opposite-polarity",
    "factory-not-called",
    "metadata-without-guard",
    "error-handler-arity",
    "field-not-guarded",
    "optional-call",
  ];

  it("has a message of its own for every kind", () => {
    const drafts = run(guardWithoutEffect, facts({ guardFaults: kinds.map((kind) => fault(kind)) }));
    expect(new Set(drafts.map((draft) => draft.message)).size).toBe(kinds.length);
  });

  it("is about the entry where the guard is used, and about the guard where it is defined", () => {
    const entries = [entry("GET /orders", guarded)];
    const subject = (kind: GuardFaultKind) =>
      run(guardWithoutEffect, facts({ entries, guardFaults: [fault(kind, { entries: ["GET /orders"] })] }))[0]?.subject;
    expect(subject("not-awaited")).toBe("GET /orders");
    expect(subject("no-return-after-rejecting")).toBe("src/app.ts#requireUser");
  });

  it("lowers what rests on a name", () => {
    const [draft] = run(guardWithoutEffect, facts({ guardFaults: [fault("not-awaited", { confidence: "named" })] }));
    expect(draft?.severity).toBe("warning");
  });
});
