import { describe, expect, it } from "vitest";
import { decisionNotLogged } from "../../rules/AG504-decision-not-logged.js";
import { unexplainedDenial } from "../../rules/AG505-unexplained-denial.js";
import { stepUpMissing } from "../../rules/AG507-step-up-missing.js";
import { serviceAccountAsUser } from "../../rules/AG509-service-account-as-user.js";
import { coarseScope } from "../../rules/AG510-coarse-scope.js";
import type { EntryPoint } from "../../src/model/facts.js";
import { decided, entry, facts, place, run, step } from "./facts-builder.js";

const risky = (key: string, more: Partial<EntryPoint> = {}) => entry(key, { ...decided, ...more });
const members = ["POST /members", "DELETE /members/:id", "PATCH /members/:id", "PUT /members/:id/role"] as const;

describe("AG504 decision-not-logged", () => {
  const withTrail = (count: number) =>
    facts({ entries: members.map((key, i) => risky(key, i < count ? { records: "audit" } : {})) });

  it("shows at ci only what the operations beside it prove", () => {
    expect(run(decisionNotLogged, withTrail(3))).toMatchObject([
      { message: "unlike", confidence: "proven", severity: "warning", subject: members[3] },
    ]);
    expect(run(decisionNotLogged, withTrail(2))).toEqual([]);
    expect(run(decisionNotLogged, withTrail(2), { profile: "audit" })).toMatchObject([
      { message: "unrecorded", severity: "note" },
      { message: "unrecorded", severity: "note" },
    ]);
  });

  it("tells a project without any trail once", () => {
    expect(run(decisionNotLogged, withTrail(0))).toMatchObject([{ message: "nowhere", severity: "note" }]);
  });

  it("believes a line of a log, and leaves machines out", () => {
    const logged = members.map((key, i) => risky(key, { records: i < 3 ? "audit" : "log" }));
    expect(run(decisionNotLogged, facts({ entries: logged }))).toEqual([]);
    const machine = members.map((key, i) => risky(key, i < 3 ? { records: "audit" } : { machine: true }));
    expect(run(decisionNotLogged, facts({ entries: machine }), { profile: "audit" })).toEqual([]);
  });
});

describe("AG505 unexplained-denial", () => {
  const denial = (explained: boolean) => ({
    place: place(),
    symbol: "remove",
    form: "res.status(403).end()",
    explained,
    entries: [],
  });

  it("speaks of single refusals where most explain themselves, and once where none does", () => {
    const mixed = facts({ denials: [denial(true), denial(true), denial(false)] });
    expect(run(unexplainedDenial, mixed)).toMatchObject([{ message: "unexplained", severity: "note" }]);
    const bare = facts({ denials: [denial(false), denial(false), denial(false)] });
    expect(run(unexplainedDenial, bare)).toMatchObject([{ message: "never", subject: "project" }]);
    const half = facts({ denials: [denial(true), denial(false)] });
    expect(run(unexplainedDenial, half)).toEqual([]);
  });
});

describe("AG507 step-up-missing", () => {
  const fresh = (key: string) =>
    entry(key, {
      protects: { authentication: "rejects", decision: true, stepUp: true },
      steps: [step("requireRecentSignIn", "stepUp")],
    });

  it("is proven by two operations of the same kind, and advice else", () => {
    const two = facts({ entries: [fresh(members[0]), fresh(members[1]), risky(members[2])] });
    expect(run(stepUpMissing, two)).toMatchObject([{ message: "unlike", confidence: "proven", subject: members[2] }]);
    const one = facts({ entries: [fresh(members[0]), risky(members[2])] });
    expect(run(stepUpMissing, one)).toEqual([]);
    expect(run(stepUpMissing, one, { profile: "audit" })).toMatchObject([{ message: "session", severity: "note" }]);
  });

  it("counts what is published twice once, and not the old password of who changes theirs", () => {
    const once = fresh(members[0]);
    const twice = facts({
      entries: [once, { ...fresh("MUTATION members.add"), place: once.place }, risky(members[2])],
    });
    expect(run(stepUpMissing, twice)).toEqual([]);
    const own = [fresh("POST /members/me/change-password"), fresh("PUT /members/:id/password")];
    expect(run(stepUpMissing, facts({ entries: [...own, risky(members[2])] }))).toEqual([]);
  });

  it("is no rule where as many do without", () => {
    const split = members.map((key, i) => (i < 2 ? fresh(key) : risky(key)));
    expect(run(stepUpMissing, facts({ entries: [...split, risky("DELETE /roles/:id")] }))).toEqual([]);
  });
});

describe("AG509 service-account-as-user", () => {
  const mixed = (key: string) => ({
    member: "user",
    key: "ApiKey",
    place: place("src/auth.ts"),
    symbol: "requireCaller",
    entries: [key],
  });

  it("is proven where a key opens an operation of high risk", () => {
    const minting = facts({ entries: [risky("POST /api-keys")], mixedPrincipals: [mixed("POST /api-keys")] });
    expect(run(serviceAccountAsUser, minting)).toMatchObject([{ message: "mints", confidence: "proven" }]);
    const plain = facts({ entries: [risky("GET /orders")], mixedPrincipals: [mixed("GET /orders")] });
    expect(run(serviceAccountAsUser, plain)).toMatchObject([{ message: "mixed", severity: "note" }]);
  });
});

describe("AG510 coarse-scope", () => {
  const scoped = (key: string, scope: string) => risky(key, { scopes: [scope], group: key.split("/")[1] ?? "" });
  const keys = ["GET /orders", "POST /orders", "DELETE /orders/:id", "GET /invoices", "POST /invoices"];

  it("needs one scope over reads and writes of several kinds of data", () => {
    expect(run(coarseScope, facts({ entries: keys.map((key) => scoped(key, "api")) }))).toMatchObject([
      { message: "coarse", severity: "note", subject: "project" },
    ]);
    const fine = keys.map((key) => scoped(key, key.startsWith("GET") ? "read" : "write"));
    expect(run(coarseScope, facts({ entries: fine }))).toEqual([]);
    expect(run(coarseScope, facts({ entries: keys.slice(0, 4).map((key) => scoped(key, "api")) }))).toEqual([]);
  });
});
