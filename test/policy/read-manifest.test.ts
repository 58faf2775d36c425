import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { manifestJsonSchema } from "../../src/policy/definition.js";
import { parseManifest } from "../../src/policy/parse-manifest.js";
import { readPolicy } from "../../src/policy/read-manifest.js";
import { folderWith, policyOf, problemsOf, readFiles } from "./manifests.js";

const FULL = `version: 1
identity:
  provider: workos-authkit
  controls:
    signIn:          { at: src/auth/callback.ts, owner: identity-team }
    keyRotation:     { owner: platform-team }
  tokens: { issuer: required, audience: required, algorithms: [RS256], requiredClaims: [sub, org_id] }
guards:
  - { use: src/auth/guards.ts#requireUser, grants: authentication }
policyLayer: ["src/policy/**"]
routes:
  default: { require: [authentication, decision] }
  rules:
    - { match: "GET /health", public: true, reason: "load balancer probe", owner: platform-team }
    - { match: "* /admin/**", require: [authentication, decision, stepUp], roles: [admin] }
tenancy:
  keys: [orgId, organization_id]
  sources: [session.orgId]
  global: [Plan, Country]
  enforcedBy: [src/db/tenant.ts#forTenant]
models:
  Envelope: { enforcedBy: [src/documents/query.ts#buildWhere], write: { require: [decision], roles: [owner] } }
privileges: { column: Member.role, order: [viewer, owner] }
impersonation: { at: src/admin/impersonate.ts, allow: read }
setup: { until: src/setup/state.ts#isComplete }
bypasses:
  - { at: src/admin/impersonate.ts#impersonate, reason: "support desk", owner: support, expires: 2027-03-31 }
rules: { AG505: off, AG104: warning }
exceptions:
  - { rule: AG301, subject: "GET /orders/:id", reason: "…", owner: orders-team, expires: 2027-01-31 }
`;

describe("a manifest", () => {
  test("with every key is read, each entry with its place", async () => {
    const { policy, problems } = await readFiles({ "authgap.policy.yaml": FULL });
    expect(problems).toEqual([]);
    expect(policy.file).toBe("authgap.policy.yaml");
    expect(policy.provider).toBe("workos-authkit");
    expect(policy.controls.map(({ name, owner }) => `${name} ${owner}`)).toEqual([
      "signIn identity-team",
      "keyRotation platform-team",
    ]);
    expect(policy.routes.map(({ at }) => at.region.startLine)).toEqual([14, 15]);
    expect(policy.routes[0]).toMatchObject({ public: true, require: [] });
    expect(policy.exceptions[0]).toMatchObject({ expires: "2027-01-31", owner: "orders-team" });
    expect(policy.rules).toEqual({ AG505: "off", AG104: "warning" });
    expect(policy.impersonation).toMatchObject({ use: "src/admin/impersonate.ts", allow: "read" });
    expect(policy.references.map(({ where }) => where)).toContain("models.Envelope.enforcedBy[0]");
    expect(policy.loosenings).toEqual([]);
  });

  test("that is absent gives the default policy", async () => {
    const { policy, problems } = await readFiles({});
    expect(problems).toEqual([]);
    expect(policy).toMatchObject({ file: "", defaultRequire: ["authentication"], defaultDeclared: false });
  });

  test("may be JSON, may start with a byte order mark, may leave keys empty", async () => {
    const json = await readFiles({ "authgap.policy.json": '{ "version": 1, "guards": [] }' });
    expect(json).toMatchObject({ problems: [], policy: { file: "authgap.policy.json" } });
    expect(await problemsOf("\uFEFFversion: 1\nguards:\nroutes:\n  rules:\n")).toEqual([]);
  });

  test("a rule without requirements takes those of the default", async () => {
    const policy = await policyOf(
      'routes: { default: { require: [decision] }, rules: [{ match: "GET /a", roles: [x] }] }',
    );
    expect(policy.routes[0]?.require).toEqual(["decision"]);
  });
});

describe("a mistake is told with line, column and repair", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["unknown key", "version: 1\ngaurds: []", "2:1 'gaurds' is not a key of the manifest. Did you mean 'guards'?"],
    [
      "nested unknown key",
      "version: 1\nroutes:\n  defualt: {}",
      "3:3 'defualt' is not a key of 'routes'. Did you mean 'default'?",
    ],
    [
      "wrong type",
      "version: 1\npolicyLayer: src/**",
      "2:1 'policyLayer' must be a list and is the text 'src/**'. Write a list: [\"src/**\"].",
    ],
    [
      "wrong word",
      "version: 1\nguards: [{ use: a#b, grants: authentcation }]",
      "2:22 'guards[0].grants' is the text 'authentcation', which is not allowed here. Did you mean 'authentication'?",
    ],
    [
      "bad date",
      "version: 1\nexceptions: [{ rule: AG301, subject: x, reason: r, owner: o, expires: 2027-02-30 }]",
      "2:62 'exceptions[0].expires' is no date of the calendar. Write year, month and day, as in 2027-01-31.",
    ],
    [
      "no owner",
      "version: 1\nexceptions: [{ rule: AG301, subject: x, reason: r }]",
      "2:14 'exceptions[0]' has no 'owner'. Add 'owner: …'.",
    ],
    ["no version", "guards: []", "1:1 The manifest has no 'version'. Add 'version: …'."],
    ["empty", "", "1:1 The manifest is empty. Write 'version: 1', or run 'authgap init'."],
    [
      "public with requirements",
      'version: 1\nroutes: { rules: [{ match: "GET /a", public: true, require: [decision] }] }',
      "2:38 'routes.rules[0].public' is public and has requirements at once. Keep one of the two.",
    ],
    [
      "no method",
      "version: 1\nroutes: { rules: [{ match: /a }] }",
      "2:21 'routes.rules[0].match' needs a method and a path. Write 'GET /orders/:id' or '* /admin/**'.",
    ],
  ];
  test.each(cases)("%s", async (_, text, problem) => {
    expect(await problemsOf(text)).toEqual([problem]);
  });

  test("syntax, bombs, circles and depth end in a problem, never in an exception", async () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x,x]"];
    for (const [from, to] of ["ab", "bc", "cd", "de"]) {
      bomb.push(`${to}: &${to} [${Array.from({ length: 10 }, () => `*${from}`).join(",")}]`);
    }
    for (const text of [
      "version: [1",
      "a: &a [*a]",
      "[".repeat(100_000),
      bomb.join("\n"),
      "a: 1\na: 2",
      "--- 1\n--- 2",
    ]) {
      const problems = await problemsOf(text);
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.length).toBeLessThan(10);
    }
  });

  test("any text at all", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const result = parseManifest(text, "authgap.policy.yaml");
        return result.ok || result.problems.every(({ line, column }) => line >= 1 && column >= 1);
      }),
    );
  });

  test("a folder, a missing file, a large one, two at once", async () => {
    const root = folderWith({ "big.yaml": `# ${"x".repeat(1024 * 1024)}`, "sub/x.yaml": "" });
    const what = async (file: string) => (await readPolicy({ root, file })).problems.map((one) => one.what);
    expect(await what("sub")).toEqual(["'sub' is a folder, not a manifest."]);
    expect(await what("none.yaml")).toEqual(["'none.yaml' does not exist."]);
    expect(await what("big.yaml")).toEqual(["'big.yaml' is larger than 1 MB."]);
    const two = await readFiles({ "authgap.policy.yaml": "version: 1", "authgap.policy.json": "{}" });
    expect(two.problems[0]?.what).toMatch(/both there/);
  });
});

describe("extends", () => {
  test("takes relative paths and packages of the project", async () => {
    const policy = await policyOf('extends: ["./org/base.yaml", "@org/policy"]', {
      "org/base.yaml": "version: 1\nextends: [./deep.yaml]\ntenancy: { keys: [orgId] }",
      "org/deep.yaml": "version: 1\ntenancy: { keys: [tenantId] }",
      "node_modules/@org/policy/authgap.policy.yaml": "version: 1\nrules: { AG104: error }",
    });
    expect(policy.tenancy.keys).toEqual(["tenantId", "orgId"]);
    expect(policy.rules).toEqual({ AG104: "error" });
  });

  test("refuses what leads out of the repository, circles and long chains", async () => {
    const list =
      'version: 1\nextends: ["../x.yaml", "/etc/hosts", "https://a/b", "no-such-package", "../../a/b", "a/../../b"]';
    const problems = await problemsOf(list);
    expect(problems).toHaveLength(6);
    expect(problems[0]).toBe(
      "2:11 '../x.yaml' leads out of the repository. Write a relative path or the name of an installed package.",
    );
    expect(await problemsOf("version: 1\nextends: [./authgap.policy.yaml]")).toEqual([
      "2:11 'authgap.policy.yaml' extends itself. Break the circle.",
    ]);
    const chain: Record<string, string> = {};
    for (let i = 0; i < 12; i++) chain[`p${i}.yaml`] = `version: 1\nextends: [./p${i + 1}.yaml]`;
    expect((await problemsOf("version: 1\nextends: [./p0.yaml]", chain))[0]).toMatch(/More than 8 manifests/);
  });

  test("refuses a link out of the repository", async () => {
    const outside = folderWith({ "secret.yaml": "version: 1" });
    const root = folderWith({ "authgap.policy.yaml": "version: 1\nextends: [./link.yaml]" });
    symlinkSync(join(outside, "secret.yaml"), join(root, "link.yaml"));
    const { problems } = await readPolicy({ root });
    expect(problems.map(({ what }) => what)).toEqual(["'link.yaml' leads out of the repository."]);
  });

  test("a problem in an extended file is told there", async () => {
    const root = folderWith({ "authgap.policy.yaml": "version: 1\nextends: [./org.yaml]" });
    mkdirSync(join(root, "x"));
    writeFileSync(join(root, "org.yaml"), "version: 2");
    const { problems, policy } = await readPolicy({ root });
    expect(problems).toMatchObject([{ file: "org.yaml", line: 1 }]);
    expect(policy.file).toBe("");
  });
});

test("the published JSON Schema is up to date (vitest -u writes it)", async () => {
  await expect(manifestJsonSchema()).toMatchFileSnapshot("../../schema/authgap.policy.schema.json");
});
