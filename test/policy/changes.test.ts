import { describe, expect, test } from "vitest";
import { policyChanges } from "../../src/policy/changes.js";
import { defaultPolicy } from "../../src/policy/default-policy.js";
import { policyOf } from "./manifests.js";

async function changes(before: string, after: string): Promise<string[]> {
  const found = policyChanges(await policyOf(before), await policyOf(after));
  return found.map(({ direction, what }) => `${direction}: ${what}`);
}

const rules = (...lines: string[]): string =>
  `routes:\n  default: { require: [authentication, decision] }\n  rules:\n${lines.map((line) => `    - { ${line} }\n`).join("")}`;
const ADMIN = 'match: "* /admin/**", require: [authentication, decision, stepUp]';

describe("policyChanges", () => {
  test.each<[string, string, string, readonly string[]]>([
    ["nothing", rules(ADMIN), rules(ADMIN), []],
    ["a rule that is gone", rules(ADMIN), rules(), ["loosened: '* /admin/**' drops stepUp"]],
    ["a rule that the default covered", rules(), rules(ADMIN), ["tightened: '* /admin/**' demands stepUp"]],
    [
      "a narrower rule that undercuts a wider one",
      rules(ADMIN),
      rules(ADMIN, 'match: "GET /admin/stats", require: [authentication]'),
      ["loosened: 'GET /admin/stats' drops decision and stepUp"],
    ],
    [
      "a public rule that is gone",
      rules('match: "GET /x", public: true, reason: a, owner: b'),
      rules(),
      ["tightened: 'GET /x' is no longer public"],
    ],
    [
      "roles",
      rules('match: "GET /x", roles: [admin], require: [decision]'),
      rules('match: "GET /x", roles: [admin, viewer], require: [decision]'),
      ["loosened: 'GET /x' admits viewer"],
    ],
    [
      "demanded tests",
      rules('match: "GET /x", tests: [denial, otherTenant]'),
      rules('match: "GET /x", tests: [denial]'),
      ["loosened: 'GET /x' drops the tests of otherTenant"],
    ],
    [
      "tokens",
      "identity: { tokens: { issuer: required, algorithms: [RS256], requiredClaims: [sub] } }",
      "identity: { tokens: { issuer: optional, algorithms: [RS256, HS256], requiredClaims: [sub, org] } }",
      [
        "loosened: the issuer of tokens becomes optional",
        "loosened: tokens may use 'HS256'",
        "tightened: the claim 'org' is required",
      ],
    ],
    [
      "what a guard is believed to do",
      'guards: [{ use: "a.ts#g", grants: neutral }]',
      'guards: [{ use: "a.ts#g", grants: authentication }]',
      ["loosened: the guard 'a.ts#g' grants authentication instead of neutral"],
    ],
    [
      "dates and owners of bypasses",
      'bypasses: [{ at: "a.ts#b", reason: r, owner: o, expires: 2027-01-01 }]',
      'bypasses: [{ at: "a.ts#b", reason: r, owner: p, expires: 2026-12-01 }]',
      [
        "tightened: the bypass at 'a.ts#b' ends on 2026-12-01 (before: 2027-01-01)",
        "changed: the bypass at 'a.ts#b' passes from 'o' to 'p'",
      ],
    ],
    [
      "rules",
      "rules: { AG301: off }",
      "rules: { AG301: error }",
      ["tightened: the rule AG301 is set from off to error"],
    ],
    [
      "writes to models",
      "models: { Invoice: { write: { require: [decision, stepUp] } } }",
      "models: { Invoice: { write: { require: [decision] } } }",
      ["loosened: writes to 'Invoice' drop stepUp"],
    ],
    [
      "impersonation",
      'impersonation: { at: "a.ts", allow: read }',
      'impersonation: { at: "a.ts", allow: write }',
      ["loosened: impersonation: plus 'a.ts (write)', minus 'a.ts (read)'"],
    ],
  ])("of %s", async (_, before, after, expected) => {
    expect(await changes(before, after)).toEqual(expected);
  });

  test("a first manifest is held against the default", async () => {
    const found = policyChanges(defaultPolicy(), await policyOf(rules()));
    expect(found.map((change) => change.what)).toEqual(["the default for routes demands decision"]);
  });
});
