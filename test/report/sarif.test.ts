import type { Log, Result, Run } from "sarif";
import { describe, expect, it } from "vitest";
import { MOST_RESULTS, renderSarif, type SarifOptions } from "../../src/report/sarif.js";
import { toUri } from "../../src/report/sarif-places.js";
import { finding, place, result, silent, unscoped } from "./sample.js";
import { hasMultitool, multitoolMessages, schemaErrors } from "./sarif-validator.js";

const options: SarifOptions = { suppressed: "omit", uriStyle: "encoded", deterministic: true };
const suppressed = finding({
  subject: "GET /b",
  at: place("src/b.ts", 4, ""),
  suppression: { kind: "inSource", justification: "read by operators only", at: place("src/b.ts", 3, "") },
});
const HOSTILE = ["app/[id]/page.ts", "app/(grp)/@slot/a b.ts", "src/é/#x?y%z.ts", "a:b/c.ts", "src/ü\ud83d\ude00.ts"];

function render(
  more: Parameters<typeof result>[0] = {},
  changed: Partial<SarifOptions> = {},
): { text: string; run: Run } {
  const text = renderSarif(result(more), { ...options, ...changed });
  const log: Log = JSON.parse(text);
  const run = log.runs[0];
  if (!run) throw new Error("no run");
  return { text, run };
}

function onlyResult(run: Run): Result {
  const one = run.results?.[0];
  if (!one) throw new Error("no result");
  return one;
}

const everything = {
  findings: [
    finding(),
    suppressed,
    finding({ messageId: "bare", message: "Query on Order is not bound.", related: [], at: place("src/c.ts", 1, "") }),
    finding({
      messageId: "still",
      message: "Nothing to fill in here.",
      flow: [],
      at: place("src/d.ts", 2, "", "  x()"),
    }),
    ...HOSTILE.map((file) => finding({ at: place(file, 8, ""), flow: [place(file, 1, `entry ${file}`)] })),
  ],
};
const provenance = { repositoryUri: "https://example.org/a/b", revisionId: "a".repeat(40), branch: "main" };

describe("log", () => {
  it.each(["omit", "include"] as const)("is valid by the schema with suppressed results: %s", (mode) => {
    expect(schemaErrors(render(everything, { suppressed: mode, provenance }).text)).toEqual([]);
    expect(schemaErrors(render({ findings: [], notices: [], rules: [] }, { suppressed: mode }).text)).toEqual([]);
  });

  it.skipIf(!hasMultitool)("draws no message from the validator (skipped where it is not installed)", () => {
    expect(multitoolMessages(render(everything, { suppressed: "include", provenance }).text)).toEqual([]);
    expect(multitoolMessages(render({ findings: [], notices: [] }, { provenance }).text)).toEqual([]);
  });

  it("is the same from run to run and ends with a line break", () => {
    expect(render(everything).text).toBe(render(everything).text);
    expect(render(everything).text.endsWith("}\n")).toBe(true);
  });

  it("has results and all rules even when nothing was found", () => {
    const { run } = render({ findings: [] });
    expect(run.results).toEqual([]);
    expect(run.tool.driver.rules?.map((one) => one.id)).toEqual(["AG101", "AG301", "AG502"]);
  });

  it("names its category with a slash at the end", () => {
    expect(render().run.automationDetails?.id).toBe("authgap/");
    expect(render({}, { category: "api" }).run.automationDetails?.id).toBe("api/");
  });

  it("cuts the least severe results and says so", () => {
    const many = Array.from({ length: MOST_RESULTS + 5 }, (_, index) =>
      finding({ severity: index < 5 ? "note" : "error", related: [], flow: [], at: place(`src/f${index}.ts`, 1, "") }),
    );
    const { run } = render({ findings: many });
    expect(run.results).toHaveLength(MOST_RESULTS);
    expect(run.results?.every((one) => one.level === "error")).toBe(true);
    const told = run.invocations?.[0]?.toolExecutionNotifications?.map((one) => one.message.text);
    expect(told).toContainEqual(expect.stringMatching(/^5 of 25005 results are left out/));
  });
});

describe("paths", () => {
  it("encodes every segment by itself", () => {
    expect(HOSTILE.map((file) => toUri(file, "encoded"))).toEqual([
      "app/%5Bid%5D/page.ts",
      "app/(grp)/%40slot/a%20b.ts",
      "src/%C3%A9/%23x%3Fy%25z.ts",
      "a%3Ab/c.ts",
      "src/%C3%BC%F0%9F%98%80.ts",
    ]);
    for (const file of HOSTILE) expect(decodeURIComponent(toUri(file, "encoded"))).toBe(file);
    expect(toUri("./app\\[id]/page.ts", "raw")).toBe("app/[id]/page.ts");
    expect(toUri("a\ud800.ts", "encoded")).toBe("a%EF%BF%BD.ts");
  });
});

describe("results", () => {
  it("carry both fingerprints, and no line hash where none could be computed", () => {
    const one = onlyResult(render({ findings: [finding({ fingerprint: "0123456789abcdef" })] }).run);
    expect(one.partialFingerprints).toEqual({
      primaryLocationLineHash: "271789c17abda88f:1",
      "authgap/v1": "0123456789abcdef",
    });
    const without = onlyResult(render({ findings: [finding({ lineHash: "" })] }).run);
    expect(Object.keys(without.partialFingerprints ?? {})).toEqual(["authgap/v1"]);
  });

  it("link every related place from the message, and neutralise text that only looks like a link", () => {
    const one = onlyResult(render().run);
    expect(one.message.text).toBe(
      "'GET /orders/:id' reads 'Order' without a tenant. The filter names 'id' only. See [entry GET /orders/\\[id\\](x)](1), [the step that is missing](2).",
    );
    expect(one.relatedLocations?.map((related) => related.id)).toEqual([1, 2]);
    const odd = onlyResult(render({ findings: [finding({ message: "x [a](2) {0}", related: [] })] }).run);
    expect(odd.message.text).toBe("x \\[a\\](2) {{0}}.");
  });

  it("fill the rule's template with the same values", () => {
    const { run } = render({
      findings: [
        finding({ related: [] }),
        finding({ messageId: "bare", message: "Query on Order is not bound.", related: [] }),
        finding({ messageId: "still", message: "Nothing to fill in here.", related: [] }),
      ],
    });
    const strings = run.tool.driver.rules?.[1]?.messageStrings;
    const filled = run.results?.map((one) =>
      strings?.[one.message.id ?? ""]?.text.replace(
        /\{(\d)\}/g,
        (_, digit) => one.message.arguments?.[Number(digit)] ?? "",
      ),
    );
    expect(filled).toEqual([
      "'GET /orders/:id' reads 'Order' without a tenant.",
      "Query on 'Order' is not bound.",
      "'GET /orders/:id': Nothing to fill in here.",
    ]);
    expect(run.results?.[1]?.message.text).toBe("Query on 'Order' is not bound.");
  });

  it("show the steps from entry to effect as one code flow", () => {
    const flows = onlyResult(render().run).codeFlows;
    expect(flows).toHaveLength(1);
    expect(flows?.[0]?.threadFlows[0]?.locations.map((step) => step.location?.message?.text)).toEqual([
      "entry",
      "no step binds a tenant",
      "query",
    ]);
  });

  it("have a context that is larger than the region", () => {
    const whole = finding({
      at: {
        ...place("a.ts", 5, "", "const a = 1;"),
        region: { startLine: 5, startColumn: 1, endLine: 5, endColumn: 13 },
      },
    });
    const location = onlyResult(render({ findings: [whole] }).run).locations?.[0]?.physicalLocation;
    expect(location?.region?.snippet?.text).toBe("const a = 1;");
    expect(location?.contextRegion).toEqual({
      startLine: 5,
      startColumn: 1,
      endLine: 6,
      endColumn: 1,
      snippet: { text: "const a = 1;\n" },
    });
  });

  it("say of all results whether they are suppressed, or of none", () => {
    const omitted = render({ findings: [finding(), suppressed] }).run.results ?? [];
    expect(omitted.map((one) => one.suppressions)).toEqual([undefined]);
    const all = render({ findings: [finding(), suppressed] }, { suppressed: "include" }).run.results ?? [];
    expect(all.map((one) => one.suppressions?.map((entry) => [entry.kind, entry.status, entry.justification]))).toEqual(
      [[], [["inSource", "accepted", "read by operators only"]]],
    );
  });
});

describe("rules and taxonomies", () => {
  it("resolve every reference by index, id and GUID", () => {
    const { run } = render();
    const rules = run.tool.driver.rules ?? [];
    const references = [
      ...rules.flatMap((rule) => rule.relationships?.map((relationship) => relationship.target) ?? []),
      ...(run.results ?? []).flatMap((one) => one.taxa ?? []),
    ];
    expect(references.length).toBeGreaterThan(8);
    for (const reference of references) {
      const component = run.taxonomies?.[reference.toolComponent?.index ?? -1];
      expect(component?.name).toBe(reference.toolComponent?.name);
      expect(component?.guid).toBe(reference.toolComponent?.guid);
      expect(component?.taxa?.[reference.index ?? -1]?.id).toBe(reference.id);
    }
    for (const one of run.results ?? []) expect(rules[one.ruleIndex ?? -1]?.id).toBe(one.ruleId);
  });

  it("put the primary CWE last among the relationships and alone on results", () => {
    const { run } = render();
    const targets = run.tool.driver.rules
      ?.find((one) => one.id === unscoped.code)
      ?.relationships?.map((one) => one.target.id);
    expect(targets?.slice(-2)).toEqual(["CWE-862", "CWE-639"]);
    expect(onlyResult(run).taxa?.map((taxon) => taxon.id)).toEqual(["CWE-639"]);
  });

  it("carry what code scanning sorts by: at most ten tags, severity as a string", () => {
    const rule = render().run.tool.driver.rules?.find((one) => one.id === unscoped.code);
    expect(rule?.properties?.tags).toEqual([
      "security",
      "external/cwe/cwe-639",
      "external/cwe/cwe-862",
      "owasp-api1-2023",
      "owasp-a01-2025",
      "owasp-nhi5-2025",
      "pr.aa-05",
      "asvs-8.2.2",
    ]);
    expect(rule?.properties?.["security-severity"]).toBe("8.1");
    expect(rule?.help?.markdown).toContain("# AG301 unscoped-query");
    const paged = render({}, { page: (one) => `page of ${one.code}` }).run.tool.driver.rules;
    expect(paged?.[0]?.help?.markdown).toBe("page of AG101");
  });

  it("list a weakness whose title is not known under its id", () => {
    const cwe = render({ rules: [silent] }).run.taxonomies?.find((one) => one.name === "CWE");
    expect(cwe?.taxa?.map((taxon) => taxon.id)).toContain("CWE-99999");
  });
});

describe("notifications", () => {
  it("refer to their descriptors and split by kind", () => {
    const { run } = render();
    const descriptors = run.tool.driver.notifications ?? [];
    const { toolExecutionNotifications: execution, toolConfigurationNotifications: configuration } =
      run.invocations?.[0] ?? {};
    expect(execution?.map((one) => one.descriptor?.id)).toEqual(["unresolved-guard", "file-not-parsed"]);
    expect(configuration?.map((one) => one.descriptor?.id)).toEqual(["unused-ignore"]);
    for (const one of [...(execution ?? []), ...(configuration ?? [])]) {
      expect(descriptors[one.descriptor?.index ?? -1]?.id).toBe(one.descriptor?.id);
    }
  });
});

it("holds no absolute path and no time", () => {
  const { text } = render(everything, { suppressed: "include", provenance });
  expect(text).not.toMatch(/TimeUtc|"file:\/\/|"uri": "\//);
});
