/** AG601 to AG605 on hand-made facts and manifests read from text. */
import { describe, expect, test } from "vitest";
import { routeNotInPolicy } from "../../rules/AG601-route-not-in-policy.js";
import { weakerThanPolicy } from "../../rules/AG602-weaker-than-policy.js";
import { stalePolicyEntry } from "../../rules/AG603-stale-policy-entry.js";
import { expiredException } from "../../rules/AG604-expired-exception.js";
import { unknownPolicyReference } from "../../rules/AG605-unknown-policy-reference.js";
import type { DataModel } from "../../src/model/data-model.js";
import type { Facts, PublicIntent } from "../../src/model/facts.js";
import type { Policy } from "../../src/model/policy.js";
import type { FindingDraft, Rule, RuleInput } from "../../src/model/rule.js";
import { defaultPolicy } from "../../src/policy/default-policy.js";
import { applyPolicy } from "../../src/policy/match.js";
import { policyOf } from "../policy/manifests.js";
import { decided, entry, facts, guarded, place } from "./facts-builder.js";

function inputOf(policy: Policy, given: Facts, more: Partial<RuleInput> = {}): RuleInput {
  return { facts: given, policy: applyPolicy(policy, given), profile: "ci", today: "2026-12-01", ...more };
}

async function drafts(rule: Rule, manifest: string, given: Facts, others = {}): Promise<FindingDraft[]> {
  return [...rule.check(inputOf(await policyOf(manifest, others), given))];
}

async function subjects(rule: Rule, manifest: string, given: Facts): Promise<string[]> {
  return (await drafts(rule, manifest, given)).map(({ message, subject }) => `${message} ${subject}`);
}

const marker: PublicIntent = { by: "marker", reason: "marked by '@Public'", place: null };
const DEFAULT = "routes: { default: { require: [authentication] } }";

test("without a manifest all are silent", () => {
  const given = facts({ entries: [entry("GET /a"), entry("GET /b", { intent: marker })] });
  const rules = [routeNotInPolicy, weakerThanPolicy, stalePolicyEntry, expiredException, unknownPolicyReference];
  expect(rules.flatMap((rule) => [...rule.check(inputOf(defaultPolicy(), given))])).toEqual([]);
});

describe("AG601", () => {
  const given = facts({
    entries: [
      entry("GET /a", guarded),
      entry("GET /open", { intent: marker }),
      entry("GET /marked-but-guarded", { intent: marker, ...guarded }),
      entry("JOB sync", { transport: "queue", path: "" }),
    ],
  });

  test("what no rule covers, where there is no default", async () => {
    const found = await subjects(routeNotInPolicy, 'routes: { rules: [{ match: "GET /a", require: [] }] }', given);
    expect(found).toEqual(["publicInCode GET /open", "notCovered GET /marked-but-guarded"]);
  });

  test("with a default, only what is open on purpose", async () => {
    expect(await subjects(routeNotInPolicy, DEFAULT, given)).toEqual(["publicInCode GET /open"]);
    const listed = 'routes: { default: { require: [] }, rules: [{ match: "GET /open", public: true }] }';
    expect(await subjects(routeNotInPolicy, listed, given)).toEqual([]);
  });
});

describe("AG602", () => {
  const rule = (require: string) => `routes: { rules: [{ match: "* /**", require: [${require}] }] }`;
  const one = (more: Parameters<typeof entry>[1]) => facts({ entries: [entry("GET /a", more)] });

  test("a rule of the manifest is held against the protection", async () => {
    const [draft] = await drafts(weakerThanPolicy, rule("authentication, decision, stepUp"), one(guarded));
    expect(draft).toMatchObject({
      message: "weaker",
      data: { missing: "an authorization decision and a step-up", source: "the rule '* /**'" },
    });
    expect(await subjects(weakerThanPolicy, rule("authentication, decision"), one(decided))).toEqual([]);
    expect(await subjects(weakerThanPolicy, rule("authentication"), one({}))).toEqual(["weaker GET /a"]);
    expect(await subjects(weakerThanPolicy, rule("authentication"), one({ intent: marker }))).toHaveLength(1);
    const signed = one({ protects: { signature: true } });
    expect(await subjects(weakerThanPolicy, rule("authentication, signature"), signed)).toEqual([]);
  });

  test("what cannot be read is not accused, a switch does not satisfy a rule of its own", async () => {
    expect(
      await subjects(weakerThanPolicy, rule("decision"), one({ protects: { authentication: "unknown" } })),
    ).toEqual([]);
    const switched = one({ protects: { authentication: "conditional", detail: "AUTH_ENABLED" } });
    expect(await subjects(weakerThanPolicy, rule("authentication"), switched)).toHaveLength(1);
    expect(await subjects(weakerThanPolicy, DEFAULT, switched)).toEqual([]);
  });

  test("the default alone leaves missing authentication to AG101 and own rows without decision", async () => {
    const both = "routes: { default: { require: [authentication, decision] } }";
    expect(await subjects(weakerThanPolicy, both, one({}))).toEqual([]);
    expect(await subjects(weakerThanPolicy, both, one(guarded))).toEqual(["weaker GET /a"]);
    expect(await subjects(weakerThanPolicy, both, one({ ...guarded, selfService: true }))).toEqual([]);
  });

  test("a loosened manifest is reported at its line", async () => {
    const manifest = "extends: [./org.yaml]\nrules: { AG301: off }";
    const [draft] = await drafts(weakerThanPolicy, manifest, facts(), { "org.yaml": "version: 1" });
    expect(draft).toMatchObject({
      message: "loosened",
      severity: "warning",
      at: { file: "authgap.policy.yaml", region: { startLine: 3, startColumn: 10 } },
    });
  });
});

describe("AG603", () => {
  const given = facts({ entries: [entry("GET /a", guarded)] });
  const manifest = `routes: { rules: [{ match: "GET /a" }, { match: "GET /b" }, { match: "GET /c", public: true }] }
exceptions:
  - { rule: AG301, subject: "GET /gone", reason: r, owner: o }
  - { rule: AG301, subject: "src/jobs/x.ts#run", reason: r, owner: o }
`;

  test("rules and exceptions that match nothing", async () => {
    const found = ["route GET /b", "publicRoute GET /c", "exception exception AG301 GET /gone"];
    expect(await subjects(stalePolicyEntry, manifest, given)).toEqual(found);
  });

  test("neither inherited ones nor those of a partial scan", async () => {
    const org = { "org.yaml": `version: 1\n${manifest}` };
    expect(await drafts(stalePolicyEntry, "extends: [./org.yaml]", given, org)).toEqual([]);
    const input = inputOf(await policyOf(manifest), given, { partial: true });
    expect([...stalePolicyEntry.check(input)]).toEqual([]);
  });
});

test("AG604: past its date, without reason, without owner, one note for all unassigned", async () => {
  const manifest = `routes:
  rules:
    - { match: "GET /a", public: true, reason: probe, owner: ops }
    - { match: "GET /b", public: true, owner: ops }
    - { match: "GET /c", public: true, reason: probe, owner: unassigned }
    - { match: "GET /d", public: true, reason: probe, owner: unassigned }
    - { match: "GET /e", require: [decision] }
bypasses:
  - { at: src/a.ts#b, reason: support, owner: TODO }
exceptions:
  - { rule: AG301, subject: s, reason: r, owner: o, expires: 2026-11-30 }
  - { rule: AG302, subject: s, reason: r, owner: o, expires: 2026-12-01 }
`;
  expect(await subjects(expiredException, manifest, facts())).toEqual([
    "noReason public rule GET /b",
    "noOwner bypass src/a.ts#b",
    "expired exception AG301 s",
    "unassigned public rule GET /c",
  ]);
});

describe("AG605", () => {
  const column = {
    name: "role",
    dbName: "",
    type: "String",
    optional: false,
    unique: false,
    primary: false,
    references: "",
  };
  const member: DataModel = {
    name: "Member",
    table: "org_members",
    layer: "prisma",
    columns: [column],
    relations: [],
    uniques: [],
    place: place("schema.prisma"),
  };
  const given = facts({
    files: ["src/auth/guards.ts", "src/policy/can.ts"],
    symbols: new Set(["src/auth/guards.ts#requireUser", "src/policy/can.ts#Policy.can", "src/policy/can.ts#Policy"]),
    models: [member],
  });

  test("what exists is accepted, and what cannot be known", async () => {
    const manifest = `guards:
  - { use: src/auth/guards.ts#requireUser, grants: authentication }
  - { use: "src/**#Policy.can", grants: decision }
  - { use: "@org/auth#guard", grants: authentication }
policyLayer: ["src/policy/**", "policies/*.rego"]
tenancy: { global: [org_members, OrgMembers] }
privileges: { column: Member.role, order: [a] }
setup: { until: src/policy/can.ts }
`;
    expect(await subjects(unknownPolicyReference, manifest, given)).toEqual([]);
  });

  test("what is missing is told with where it went", async () => {
    const manifest = `guards:
  - { use: src/auth.ts#requireUser, grants: authentication }
  - { use: src/auth/guards.ts#requireSession, grants: authentication }
policyLayer: ["src/authz/**"]
tenancy: { global: [Country] }
models: { Members: { enforcedBy: [src/db/tenant.ts] } }
privileges: { column: Member.rank, order: [a] }
`;
    expect(await subjects(unknownPolicyReference, manifest, given)).toEqual([
      "file src/auth.ts#requireUser",
      "symbol src/auth/guards.ts#requireSession",
      "files src/authz/**",
      "model Country",
      "model Members",
      "file src/db/tenant.ts",
      "column Member.rank",
    ]);
    const [first] = await drafts(unknownPolicyReference, manifest, given);
    expect(first?.remedy).toBe("The project has 'src/auth/guards.ts#requireUser': correct the name.");
    expect(first?.at).toMatchObject({ file: "authgap.policy.yaml", region: { startLine: 3 } });
  });
});
