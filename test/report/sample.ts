/** Results made by hand for the tests of reports. */
import type { Coverage, Finding, LabelledPlace, Notice, RouteRow, ScanResult } from "../../src/model/finding.js";
import type { RuleMeta } from "../../src/model/rule.js";

export function rule(code: string, name: string, more: Partial<RuleMeta> = {}): RuleMeta {
  return {
    code,
    name,
    title: `Title of ${name}`,
    why: "What goes wrong. And then more.",
    severity: "error",
    securitySeverity: "8.1",
    precision: "high",
    cwe: [639, 862],
    taxa: ["API1:2023", "A01:2025", "NHI5:2025", "PR.AA-05", "ASVS-8.2.2"],
    since: "0.1.0",
    messages: {
      unscoped: "'{entry}' reads '{model}' without a tenant.{detail}",
      bare: "Query on {model} is not bound.",
      still: "Nothing to fill in here.",
    },
    ...more,
  };
}

export const unscoped = rule("AG301", "unscoped-query");
export const unguarded = rule("AG101", "unguarded-route", { cwe: [306], taxa: ["API2:2023", "A07:2025"] });
export const silent = rule("AG502", "scattered-role-check", { cwe: [1220, 99999], taxa: [], severity: "note" });

export function place(
  file: string,
  line: number,
  label: string,
  snippet = "  const order = await find(id);",
): LabelledPlace {
  return {
    file,
    region: { startLine: line, startColumn: 3, endLine: line, endColumn: snippet.length + 1 },
    label,
    snippet,
  };
}

let counter = 0;

export function finding(more: Partial<Finding> = {}): Finding {
  counter++;
  return {
    rule: unscoped,
    message: "'GET /orders/:id' reads 'Order' without a tenant. The filter names 'id' only.",
    messageId: "unscoped",
    subject: "GET /orders/:id",
    severity: "error",
    confidence: "proven",
    at: place("src/orders.ts", 10, ""),
    related: [place("src/app.ts", 3, "entry GET /orders/[id](x)"), place("src/auth.ts", 7, "the step that is missing")],
    flow: [
      place("src/app.ts", 3, "entry"),
      place("src/app.ts", 5, "no step binds a tenant"),
      place("src/orders.ts", 10, "query"),
    ],
    remedy: "Add `orgId: session.orgId` to the filter.",
    fingerprint: counter.toString(16).padStart(16, "0"),
    lineHash: "271789c17abda88f:1",
    suppression: null,
    ...more,
  };
}

export const notices: readonly Notice[] = [
  {
    kind: "unknown",
    id: "unresolved-guard",
    message: "What 'wrap' does could not be read.",
    remedy: "Name it below 'guards'.",
    at: place("src/app.ts", 9, ""),
  },
  { kind: "problem", id: "file-not-parsed", message: "Syntax error", remedy: "", at: place("src/bad.ts", 1, "") },
  { kind: "configuration", id: "unused-ignore", message: "Silences nothing.", remedy: "Remove it.", at: null },
];

export const coverage: Coverage = {
  files: 1204,
  lines: 80000,
  excluded: { test: 12 },
  notParsed: 0,
  entries: 88,
  guarded: 71,
  public: 15,
  publicByIntent: 9,
  withoutCaller: 0,
  undecided: 2,
  accesses: 300,
  tenantAccesses: 140,
  unknowns: 3,
};

export const route: RouteRow = {
  method: "GET",
  path: "/orders/:id",
  framework: "express",
  transport: "http",
  file: "src/orders.ts",
  line: 10,
  handler: "getOrder",
  access: "authenticated",
  intent: "",
  openBy: "",
  tenantBound: "no",
  requirement: "authentication, decision",
  group: "src/orders.ts",
  guards: [{ name: "requireUser", file: "src/auth.ts", line: 7, grants: "authentication", confidence: "proven" }],
};

export function result(more: Partial<ScanResult> = {}): ScanResult {
  return {
    toolVersion: "0.1.0",
    rules: [unguarded, unscoped, silent],
    findings: [finding()],
    notices,
    coverage,
    profile: "ci",
    policyFile: "",
    paths: ["src"],
    routes: [
      route,
      {
        ...route,
        method: "POST",
        path: "/hooks",
        access: "public",
        intent: "webhook",
        openBy: "convention",
        guards: [],
      },
    ],
    ...more,
  };
}
