import { describe, expect, test } from "vitest";
import { policyOf } from "./manifests.js";

const ORG = `version: 1
identity: { tokens: { issuer: required, algorithms: [RS256], requiredClaims: [sub] } }
guards: [{ use: "src/auth.ts#requireUser", grants: authentication }]
routes:
  default: { require: [authentication, decision] }
  rules:
    - { match: "GET /health", public: true, reason: probe, owner: platform }
    - { match: "* /admin/**", require: [authentication, decision, stepUp] }
rules: { AG301: error }
impersonation: { at: src/imp.ts, allow: read }
exceptions: [{ rule: AG101, subject: "GET /x", reason: r, owner: o }]
`;

async function loosened(text: string): Promise<string[]> {
  const policy = await policyOf(`extends: [./org.yaml]\n${text}`, { "org.yaml": ORG });
  return policy.loosenings.map(({ what, at }) => `${at.region.startLine} ${what}`);
}

describe("a nearer manifest", () => {
  const loose: readonly (readonly [string, string])[] = [
    ["routes: { default: { require: [authentication] } }", "3 the default for routes drops decision"],
    ['routes: { rules: [{ match: "GET /open", public: true, reason: r, owner: o }] }', "3 'GET /open' is made public"],
    [
      'routes: { rules: [{ match: "* /admin/users", require: [authentication, decision] }] }',
      "3 '* /admin/users' drops stepUp",
    ],
    ["rules: { AG505: off }", "3 the rule AG505 is turned off"],
    ["rules: { AG301: note }", "3 the rule AG301 is lowered from error to note"],
    ["identity: { tokens: { issuer: optional } }", "3 the issuer of tokens becomes optional"],
    ["identity: { tokens: { algorithms: [RS256, HS256] } }", "3 the algorithm HS256 of tokens is allowed"],
    ["identity: { tokens: { requiredClaims: [] } }", "3 the claim sub of tokens is no longer required"],
    [
      'guards: [{ use: "src/auth.ts#requireUser", grants: neutral }]',
      "3 the guard 'src/auth.ts#requireUser' grants neutral instead of authentication",
    ],
    ["bypasses: [{ at: src/a.ts#b, reason: r, owner: o }]", "3 a bypass at 'src/a.ts#b' is added"],
    [
      'exceptions: [{ rule: AG301, subject: "GET /x", reason: r, owner: o }]',
      "3 an exception from AG301 for 'GET /x' is added",
    ],
    ["impersonation: { at: src/imp.ts, allow: write }", "3 impersonation may write"],
  ];
  test.each(loose)("loosens by %s", async (text, what) => {
    expect(await loosened(text)).toEqual([what]);
  });

  const tight: readonly string[] = [
    "routes: { default: { require: [authentication, decision, stepUp] } }",
    'routes: { rules: [{ match: "* /admin/users", require: [authentication, decision, stepUp, signature] }] }',
    'routes: { rules: [{ match: "GET /health", require: [authentication] }] }',
    "rules: { AG104: error }",
    "identity: { tokens: { audience: required, requiredClaims: [sub, org_id] } }",
    'guards: [{ use: "src/other.ts#requireOrg", grants: decision }]',
    'exceptions: [{ rule: AG101, subject: "GET /x", reason: r, owner: o }]',
    "tenancy: { keys: [orgId] }",
  ];
  test.each(tight)("does not loosen by %s", async (text) => {
    expect(await loosened(text)).toEqual([]);
  });

  test("may open routes when the extended one says nothing about routes", async () => {
    const text =
      'extends: [./org.yaml]\nroutes: { rules: [{ match: "GET /open", public: true, reason: r, owner: o }] }';
    expect((await policyOf(text, { "org.yaml": "version: 1" })).loosenings).toEqual([]);
  });

  test("is obeyed, and tokens keep what it does not mention", async () => {
    const policy = await policyOf("extends: [./org.yaml]\nidentity: { tokens: { audience: required } }", {
      "org.yaml": ORG,
    });
    expect(policy.tokens).toEqual({
      issuer: "required",
      audience: "required",
      algorithms: ["RS256"],
      requiredClaims: ["sub"],
    });
    expect(policy.routes.map(({ match }) => match)).toEqual(["GET /health", "* /admin/**"]);
  });
});
