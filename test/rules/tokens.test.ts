import { describe, expect, it } from "vitest";
import { unverifiedClaims } from "../../rules/AG201-unverified-claims.js";
import { claimsBeforeVerification } from "../../rules/AG202-claims-before-verification.js";
import { weakVerification } from "../../rules/AG203-weak-verification.js";
import type { TokenPolicy } from "../../src/model/policy.js";
import { facts, messageOf, run, tokenRead, verification } from "./facts-builder.js";

describe("AG201 unverified-claims", () => {
  it.each([
    "none",
    "other-token",
    "other-path",
  ] as const)("reports verification '%s' when claims become identity", (kind) => {
    const [draft] = run(unverifiedClaims, facts({ tokenReads: [tokenRead(kind, "identity")] }));
    expect(draft).toMatchObject({ severity: "error", subject: "src/auth.ts#currentUser" });
    expect(draft?.related).toHaveLength(1);
  });

  it.each(["key-selection", "response", "unused"] as const)("is silent when claims serve as %s", (use) => {
    expect(run(unverifiedClaims, facts({ tokenReads: [tokenRead("none", use)] }))).toEqual([]);
  });

  it("is silent in the browser, after verification, and where AG202 speaks", () => {
    const tokenReads = [
      tokenRead("none", "identity", { server: false }),
      tokenRead("verified", "identity"),
      tokenRead("after-read", "identity"),
    ];
    expect(run(unverifiedClaims, facts({ tokenReads }))).toEqual([]);
  });

  it("only suspects a use that could not be followed", () => {
    const [draft] = run(unverifiedClaims, facts({ tokenReads: [tokenRead("none", "unknown")] }));
    expect(draft).toMatchObject({ severity: "note", confidence: "named" });
  });
});

describe("AG202 claims-before-verification", () => {
  it("reports reads that come first, and nothing else", () => {
    const reads = [
      tokenRead("after-read", "query"),
      tokenRead("none", "query"),
      tokenRead("after-read", "key-selection"),
    ];
    const drafts = run(claimsBeforeVerification, facts({ tokenReads: reads }));
    expect(drafts.map((draft) => draft.place)).toEqual([reads[0]?.place]);
  });
});

describe("AG203 weak-verification", () => {
  const tokens: TokenPolicy = { issuer: "required", audience: "optional", algorithms: ["RS256"], requiredClaims: [] };

  it("leads with the worst and names the rest", () => {
    const given = facts({
      tokenVerifications: [verification(["audience-unchecked", "literal-key", "algorithms-open"])],
    });
    const [draft, ...others] = run(weakVerification, given);
    expect(others).toEqual([]);
    expect(draft?.severity).toBe("error");
    expect(draft === undefined ? "" : messageOf(weakVerification, draft)).toBe(
      "'jwt.verify' uses a key that stands in the source. It also does not check the audience, leaves the algorithm open.",
    );
  });

  it.each([
    ["algorithm-none", "error"],
    ["expiry-ignored", "error"],
    ["algorithms-open", "note"],
    ["option-may-be-undefined", "warning"],
    ["issuer-unchecked", "note"],
  ] as const)("weighs %s as %s", (kind, severity) => {
    const given = facts({ tokenVerifications: [verification([kind])] });
    expect(run(weakVerification, given)[0]?.severity).toBe(severity);
  });

  it("demands what the policy demands", () => {
    const severity = (kind: "issuer-unchecked" | "audience-unchecked") =>
      run(weakVerification, facts({ tokenVerifications: [verification([kind])] }), { policy: { tokens } })[0]?.severity;
    expect(severity("issuer-unchecked")).toBe("error");
    expect(severity("audience-unchecked")).toBe("note");
    const foreign = facts({ tokenVerifications: [verification([], { algorithms: ["RS256", "HS256"] })] });
    expect(run(weakVerification, foreign, { policy: { tokens } })[0]?.data.what).toContain("'HS256'");
  });

  it("is silent when nothing is left open", () => {
    expect(run(weakVerification, facts({ tokenVerifications: [verification([])] }))).toEqual([]);
  });
});
