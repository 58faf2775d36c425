import { describe, expect, it } from "vitest";
import { weakerThanSiblings } from "../../rules/AG104-weaker-than-siblings.js";
import type { Access, EntryPoint } from "../../src/model/facts.js";
import { access, decided, entry, facts, guarded, messageOf, reach, run } from "./facts-builder.js";

const writes = (count: number, more: Parameters<typeof entry>[1]): EntryPoint[] =>
  Array.from({ length: count }, (_, n) => entry(`POST /peer${n}`, more));

describe("AG104 weaker-than-siblings", () => {
  it("reports the one write that makes no decision, and names its peers", () => {
    const given = facts({ entries: [entry("DELETE /datasets/:id", guarded), ...writes(4, decided)] });
    const [draft, ...others] = run(weakerThanSiblings, given);
    expect(others).toEqual([]);
    expect(draft).toMatchObject({ message: "noDecision", severity: "error", confidence: "inferred" });
    const text = draft === undefined ? "" : messageOf(weakerThanSiblings, draft);
    expect(text).toContain("Of 4 other writes of 'src/app.ts#router', 4 decide whether the caller is allowed.");
    expect(text).toContain("'POST /peer0', 'POST /peer1' and 'POST /peer2'");
  });

  it("needs three peers and four of five", () => {
    expect(run(weakerThanSiblings, facts({ entries: [entry("DELETE /a", guarded), ...writes(2, decided)] }))).toEqual(
      [],
    );
    const split = [entry("DELETE /a", guarded), entry("DELETE /b", guarded), ...writes(2, decided)];
    expect(run(weakerThanSiblings, facts({ entries: split }))).toEqual([]);
  });

  it("accepts seven of ten over the writes of an application, and says so more quietly", () => {
    const elsewhere = writes(7, { ...decided, group: "other" }).map((one, n) => ({
      ...one,
      group: `g${n}`,
      place: { ...one.place, file: `src/g${n}/routes.ts` },
    }));
    const here = [entry("PATCH /org", guarded), entry("PUT /org", guarded)];
    const drafts = run(weakerThanSiblings, facts({ entries: [...here, ...elsewhere] }));
    expect(drafts.map((draft) => [draft.subject, draft.severity])).toEqual([
      ["PATCH /org", "warning"],
      ["PUT /org", "warning"],
    ]);
  });

  it("is no surer of what a path says because the whole application says it too", () => {
    const apart = (one: EntryPoint, folder: string): EntryPoint => ({
      ...one,
      group: folder,
      place: { ...one.place, file: `src/${folder}/routes.ts` },
    });
    const elsewhere = [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
      apart(entry(`POST /api/v1/notes/:id/peer${n}`, decided), `g${n}`),
    );
    const [below] = run(
      weakerThanSiblings,
      facts({ entries: [apart(entry("DELETE /api/v1/notes/:id", guarded), "own"), ...elsewhere] }),
    );
    expect(below).toMatchObject({ message: "noDecision", confidence: "named" });
    const [beside] = run(
      weakerThanSiblings,
      facts({ entries: [apart(entry("DELETE /own/:id", guarded), "own"), ...elsewhere] }),
    );
    expect(beside).toMatchObject({ message: "noDecision", confidence: "inferred" });
  });

  it("does not hold a read against writes only", () => {
    expect(run(weakerThanSiblings, facts({ entries: [entry("GET /list", guarded), ...writes(4, decided)] }))).toEqual(
      [],
    );
  });

  it.each([
    ["touches only the caller's own rows", entry("POST /me", { ...guarded, selfService: true })],
    ["is open by convention", entry("POST /login", { intent: { by: "convention", reason: "", place: null } })],
    ["is a job", entry("QUEUE sync", { ...guarded, transport: "queue" })],
    ["is signed", entry("POST /hook", { protects: { authentication: "rejects", signature: true } })],
    ["could not be read", entry("POST /x", { protects: { authentication: "unknown" } })],
    ["is reported by AG101", entry("POST /open", { effects: ["mail"] })],
  ])("is silent about an entry that %s", (_, one) => {
    expect(run(weakerThanSiblings, facts({ entries: [one, ...writes(5, decided)] }))).toEqual([]);
  });

  it("counts a decision made inside a called function", () => {
    const given = facts({
      entries: [entry("DELETE /a", guarded), ...writes(4, decided)],
      accesses: [access([reach(0, "bound", { decided: true })])],
    });
    expect(run(weakerThanSiblings, given)).toEqual([]);
  });

  it("holds a public marker against what others demand for the same data", () => {
    const marked = entry("QUERY app.byIds", {
      intent: { by: "marker", reason: "public builder", place: null },
      group: "app",
    });
    const others = [0, 1, 2].map((n) => entry(`QUERY app.read${n}`, { ...guarded, group: `r${n}` }));
    const reads = access([0, 1, 2, 3].map((index) => reach(index, "unknown")));
    const given = facts({ entries: [marked, ...others], accesses: [reads] });
    expect(
      run(weakerThanSiblings, given).map((draft) => `${draft.subject} ${draft.message} ${draft.severity}`),
    ).toEqual(["QUERY app.byIds noAuthentication warning"]);
    expect(run(weakerThanSiblings, given, { public: ["QUERY app.byIds"] })).toEqual([]);
  });

  it("reports the one whose data could not be tied to the caller, and leaves unbound ones to AG301", () => {
    const entries = [entry("GET /latency", guarded), ...[0, 1, 2, 3].map((n) => entry(`GET /m${n}`, guarded))];
    const bound = access([1, 2, 3, 4].map((index) => reach(index, "bound")));
    const with0 = (verdict: "unknown" | "unbound") =>
      run(weakerThanSiblings, facts({ entries, accesses: [access([reach(0, verdict)], { model: "Item" }), bound] }));
    expect(with0("unknown").map((draft) => draft.message)).toEqual(["noBinding"]);
    expect(with0("unbound")).toEqual([]);
  });

  it("reports a webhook whose siblings verify signatures", () => {
    const hook = (key: string, signature: boolean) =>
      entry(key, { protects: { signature }, intent: { by: "convention", reason: "webhook", place: null } });
    const entries = [
      hook("POST /hooks/a", false),
      hook("POST /hooks/b", true),
      hook("POST /hooks/c", true),
      hook("POST /hooks/d", true),
    ];
    expect(run(weakerThanSiblings, facts({ entries })).map((draft) => draft.message)).toEqual(["noSignature"]);
  });

  it("leaves to a review a write that only asks a paid service, and names no row to it", () => {
    const of = (effects: readonly string[]): string | undefined =>
      run(
        weakerThanSiblings,
        facts({ entries: [entry("POST /orgs/:id/explain", { ...guarded, effects }), ...writes(4, decided)] }),
      )[0]?.confidence;
    expect(of(["spends on a paid service"])).toBe("named");
    expect(of(["spends on a paid service", "sends mail"])).toBe("inferred");
    expect(of([])).toBe("inferred");
  });

  it("leaves to a review what a read lists without being told which rows", () => {
    const reads = Array.from({ length: 4 }, (_, n) => entry(`GET /peer${n}`, decided));
    const of = (verdict: "bound" | "unbound" | "not-scoped", conjuncts: Access["conjuncts"]): string | undefined =>
      run(
        weakerThanSiblings,
        facts({
          entries: [entry("GET /list", guarded), ...reads],
          accesses: [access([reach(0, verdict)], { method: "findMany", conjuncts })],
        }),
      )[0]?.confidence;
    expect(of("not-scoped", [])).toBe("named");
    expect(of("unbound", [])).toBe("inferred");
  });

  it("believes many peers of one router, whatever it is that they reach", () => {
    const of = (count: number): string | undefined => {
      const reads = Array.from({ length: count }, (_, n) => entry(`GET /peer${n}`, decided));
      return run(weakerThanSiblings, facts({ entries: [entry("GET /metrics", guarded), ...reads] }))[0]?.confidence;
    };
    expect(of(8)).toBe("inferred");
    expect(of(4)).toBe("named");
  });

  it("leaves to a review a write of which nothing shows whose rows it changes", () => {
    const peers = writes(4, decided);
    const of = (verdict: "unknown" | "unbound"): string | undefined =>
      run(
        weakerThanSiblings,
        facts({
          entries: [entry("PATCH /progress", guarded), ...peers],
          accesses: [access([reach(0, verdict)], { operation: "update", method: "update" })],
        }),
      )[0]?.confidence;
    expect(of("unknown")).toBe("named");
    expect(of("unbound")).toBe("inferred");
  });
});
