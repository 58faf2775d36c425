import { describe, expect, it } from "vitest";
import type { Directive } from "../../src/model/lowered.js";
import type { Policy } from "../../src/model/policy.js";
import type { Profile } from "../../src/model/rule.js";
import { defaultPolicy } from "../../src/policy/default-policy.js";
import { fillTemplate, type PlacedDraft, type StampContext, stampFindings } from "../../src/scan/findings.js";
import { maskSecrets } from "../../src/scan/snippets.js";
import { rule } from "../report/sample.js";

const SOURCE = [
  "import { find } from './db';", // 1
  "export async function a(id) {", // 2
  "  return find(id); // authgap-ignore AG301 -- shared on purpose", // 3
  "}", // 4
  "// authgap-ignore-next-line AG301", // 5
  "export const b = (id) => find(id) ?? find(id);", // 6
].join("\n");

const meta = rule("AG301", "unscoped-query");

function draft(text: string, more: Partial<PlacedDraft> = {}): PlacedDraft {
  const start = SOURCE.indexOf(text);
  return {
    message: "unscoped",
    data: { entry: "GET /a", model: "Order", detail: "" },
    subject: "GET /a",
    place: { file: "src/a.ts", start, end: start + text.length },
    related: [],
    flow: [],
    confidence: "proven",
    remedy: "",
    ...more,
  };
}

const B_FIRST = draft("find(id) ??");
const B_SECOND = draft("find(id);", {
  place: { file: "src/a.ts", start: SOURCE.lastIndexOf("find"), end: SOURCE.length - 1 },
});

function stamp(
  drafts: readonly PlacedDraft[],
  more: { policy?: Partial<Policy>; directives?: readonly Directive[]; profile?: Profile; rule?: typeof meta } = {},
) {
  const context: StampContext = {
    text: (file) => (file === "src/a.ts" ? SOURCE : undefined),
    directives: () => more.directives ?? [],
    policy: { ...defaultPolicy(), ...more.policy },
    today: "2026-11-22",
    profile: more.profile ?? "audit",
  };
  return stampFindings(
    drafts.map((one) => ({ rule: more.rule ?? meta, draft: one })),
    context,
  );
}

const at = (comment: string) => SOURCE.indexOf(comment);
const ignored: Directive = {
  kind: "ignore-line",
  rules: ["AG301"],
  reason: "shared on purpose",
  at: at("// authgap-ignore AG"),
};
const void_: Directive = {
  kind: "ignore-next-line",
  rules: ["unscoped-query"],
  reason: "",
  at: at("// authgap-ignore-next"),
};
const exception = {
  rule: "unscoped-query",
  subject: "GET /*",
  reason: "reviewed",
  owner: "orders",
  expires: "2027-01-01",
  at: { file: "authgap.policy.yaml", region: { startLine: 9, startColumn: 5, endLine: 9, endColumn: 20 } },
};

describe("stamping", () => {
  it("locates, fills, hashes and cuts out the source line", () => {
    const [one] = stamp([
      draft("find(id)", { data: { entry: "GET /a", model: "Order", detail: " It names\n'id' only." } }),
    ]).findings;
    expect(one?.message).toBe("'GET /a' reads 'Order' without a tenant. It names 'id' only.");
    expect(one?.at.region).toEqual({ startLine: 3, startColumn: 10, endLine: 3, endColumn: 18 });
    expect(one?.at.snippet).toBe("  return find(id); // authgap-ignore AG301 -- shared on purpose");
    expect(one?.lineHash).toMatch(/^[0-9a-f]+:1$/);
  });

  it("takes a missing placeholder for a programming error", () => {
    expect(() => fillTemplate("'{entry}' reads.", {})).toThrow("entry");
    expect(() => stamp([draft("find(id)", { message: "nonsense" })])).toThrow("nonsense");
  });

  it("points into files that were not lowered", () => {
    const [one] = stamp([draft("find(id)", { at: exception.at })]).findings;
    expect(one?.at.file).toBe("authgap.policy.yaml");
    expect(one?.lineHash).toBe("");
  });

  it("does not depend on the order of drafts", () => {
    const drafts = [draft("find(id)"), B_FIRST, B_SECOND, draft("find }", { subject: "GET /b" })];
    expect(stamp([...drafts].reverse())).toEqual(stamp(drafts));
  });

  it("counts findings that agree in rule, subject and file", () => {
    const fingerprints = stamp([draft("find(id)"), B_FIRST]).findings.map((one) => one.fingerprint);
    expect(new Set(fingerprints).size).toBe(2);
    expect(fingerprints[0]).toBe(stamp([draft("find(id)")]).findings[0]?.fingerprint);
  });

  it("merges findings of one rule on one line, under the first subject, with the best certainty", () => {
    const drafts = [
      { ...B_FIRST, subject: "GET /z" },
      { ...B_SECOND, confidence: "named" as const },
    ];
    const [one, ...others] = stamp(drafts).findings;
    expect(others).toEqual([]);
    expect(one?.subject).toBe("GET /a");
    expect(one?.confidence).toBe("proven");
    expect(one?.related.map((place) => place.label)).toEqual(["also for GET /z"]);
  });

  it("obeys severities of the manifest", () => {
    expect(stamp([draft("find(id)")], { policy: { rules: { AG301: "note" } } }).findings[0]?.severity).toBe("note");
    expect(stamp([draft("find(id)")], { policy: { rules: { "unscoped-query": "off" } } }).findings).toEqual([]);
  });
});

describe("suppression", () => {
  it("is done by a comment with a reason", () => {
    const { findings, notices } = stamp([draft("find(id)")], { directives: [ignored] });
    expect(findings[0]?.suppression).toMatchObject({ kind: "inSource", justification: "shared on purpose" });
    expect(findings[0]?.suppression?.at.region.startLine).toBe(3);
    expect(notices).toEqual([]);
  });

  it("is void without a reason, and told when it silences nothing", () => {
    const { findings, notices } = stamp([B_FIRST], { directives: [ignored, void_] });
    expect(findings[0]?.suppression).toBeNull();
    expect(notices.map((notice) => [notice.id, notice.at?.region.startLine])).toEqual([
      ["unused-ignore", 3],
      ["void-ignore", 5],
    ]);
  });

  it("reaches the next line of code, or the whole file", () => {
    const next = { ...void_, reason: "reviewed" };
    expect(stamp([B_FIRST], { directives: [next] }).findings[0]?.suppression?.kind).toBe("inSource");
    const all: Directive = { kind: "ignore-file", rules: ["AG301"], reason: "generated", at: 0 };
    expect(
      stamp([draft("find(id)"), B_FIRST], { directives: [all] }).findings.map((one) => one.suppression === null),
    ).toEqual([false, false]);
  });

  it("is done by an exception until its day has passed", () => {
    const [one] = stamp([draft("find(id)")], { policy: { exceptions: [exception] } }).findings;
    expect(one?.suppression).toEqual({ kind: "external", justification: "reviewed", at: exception.at });
    const expired = { ...exception, expires: "2026-11-21" };
    expect(stamp([draft("find(id)")], { policy: { exceptions: [expired] } }).findings[0]?.suppression).toBeNull();
  });

  it("never hides another subject on the same line", () => {
    const { findings } = stamp([B_FIRST, { ...B_SECOND, subject: "POST /b" }], { policy: { exceptions: [exception] } });
    expect(findings.map((one) => [one.subject, one.suppression === null])).toEqual([
      ["GET /a", false],
      ["POST /b", true],
    ]);
  });
});

describe("profiles", () => {
  const shown = (
    profile: Profile,
    precision: typeof meta.precision,
    confidence: PlacedDraft["confidence"],
    severity = meta.severity,
  ) =>
    stamp([draft("find(id)", { confidence, severity })], { profile, rule: { ...meta, precision } }).findings.length ===
    1;

  it("show in ci what is worth stopping a build for", () => {
    expect(shown("ci", "high", "inferred")).toBe(true);
    expect(shown("ci", "medium", "proven")).toBe(true);
    expect(shown("ci", "medium", "inferred")).toBe(false);
    expect(shown("ci", "very-high", "named")).toBe(false);
    expect(shown("ci", "high", "proven", "note")).toBe(false);
  });

  it("show more in review, and everything in audit", () => {
    expect(shown("review", "medium", "named")).toBe(true);
    expect(shown("review", "low", "proven")).toBe(false);
    expect(shown("audit", "low", "unknown", "note")).toBe(true);
  });
});

describe("secrets in snippets", () => {
  it.each([
    ["const key = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';", "sk_live"],
    ['const jwtSecret = "hunter22";', "hunter22"],
    ["jwt.verify(token, 'my-dev-key', { algorithms: ['HS256'] })", "my-dev-key"],
    ["if (password === 'letmein') return;", "letmein"],
    ["secret: process.env.JWT_SECRET ?? 'fallback-value'", "fallback-value"],
    ["const t = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc`;", "eyJ"],
    ["url = 'postgres://app:s3cr3t@db/prod'", "s3cr3t"],
    ["const x = 'Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZmdoaQ==';", "Zm9v"],
    ["MIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0buvPwYt3mU5xfnpYa", "MIIE"],
  ])("masks %s", (line, secret) => {
    const masked = maskSecrets(line);
    expect(masked).not.toContain(secret);
    expect(masked).toHaveLength(line.length);
  });

  it.each([
    "where: { id: params.id, orgId: session.orgId }",
    "jwt.verify(token, key, { algorithms: ['RS256'] })",
    "router.get('/api/v1/organizations/:id/members', requireUser)",
    "const secret = process.env.JWT_SECRET;",
    "import { x } from '@acme/authentication-middleware-v2';",
    "await prisma.subscriptionItem.findManyAndCountForOrganization2()",
  ])("leaves %s", (line) => {
    expect(maskSecrets(line)).toBe(line);
  });
});
