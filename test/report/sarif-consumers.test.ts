/**
 * What each consumer of SARIF asks of a log, on the logs of whole services as the command line writes them.
 * Nothing here is caught by a schema.
 */
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Log, ReportingDescriptor, Result, Run } from "sarif";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { run as runCommand } from "../../src/cli/run.js";
import { TaxonRegistry } from "../../src/report/sarif-registry.js";
import { ruleDescriptor } from "../../src/report/sarif-rules.js";
import { scan } from "../../src/scan/scan.js";
import { REPOSITORY } from "../support/cli.js";
import { removeFolder, temporaryFolder, writeFiles } from "../support/run-scan.js";
import { hasMultitool, multitoolMessages, schemaErrors } from "./sarif-validator.js";

const work = temporaryFolder("consumers");
const service = join(work, "service");
/** the same service below the top of a repository, with a manifest of its own */
const nested = join(work, "repository", "apps", "invoicing");
const PIPELINE = {
  TF_BUILD: "True",
  SYSTEM_DEFINITIONID: "12",
  BUILD_DEFINITIONNAME: "nightly",
  SYSTEM_JOBID: "6b4a0e2a-5b1e-5d5f-9c53-1f0f3f1f2a11",
  SYSTEM_PHASENAME: "scan",
};

beforeAll(() => {
  for (const to of [service, nested]) cpSync(join(REPOSITORY, "fixtures/_apps/invoicing"), to, { recursive: true });
  mkdirSync(join(work, "repository", ".git"));
  writeFiles(join(work, "repository"), {
    ".git/HEAD": "ref: refs/heads/main\n",
    "package.json": '{ "name": "top" }\n',
  });
});

afterAll(() => removeFolder(work));

interface Written {
  readonly text: string;
  readonly run: Run;
  readonly results: readonly Result[];
  readonly told: string;
  readonly status: number;
}

async function write(args: string, cwd = service, env: Readonly<Record<string, string>> = {}): Promise<Written> {
  let told = "";
  const out = { write: () => {} };
  const status = await runCommand(
    `scan -o sarif=log.sarif ${args}`.trim().split(" "),
    rules,
    join(REPOSITORY, "rules"),
    {
      cwd,
      env,
      stdout: out,
      stderr: { write: (text) => (told += text) },
      now: () => Date.UTC(2026, 10, 28),
      scan: (request) => scan({ ...request, useCache: false }),
      openLive: async () => {
        throw new Error("scans once");
      },
      stdio: () => ({ input: process.stdin, output: process.stdout }),
      untilStopped: async () => {},
    },
  );
  const text = readFileSync(join(cwd, "log.sarif"), "utf8");
  const log: Log = JSON.parse(text);
  const [run] = log.runs;
  if (run === undefined) throw new Error("no run");
  return { text, run, results: run.results ?? [], told, status };
}

const place = (result: Result) => result.locations?.[0]?.physicalLocation;
const descriptors = (run: Run): ReportingDescriptor[] => [
  ...(run.tool.driver.rules ?? []),
  ...(run.tool.driver.notifications ?? []),
];

describe("every consumer", { timeout: 120_000 }, () => {
  test("one run, version and schema by name, UTF-8 without a mark, a line break at the end", async () => {
    const { text } = await write("--profile audit");
    const log: Log = JSON.parse(text);
    expect(log.runs).toHaveLength(1);
    expect([log.version, log.$schema]).toEqual(["2.1.0", expect.stringMatching(/\/sarif-schema-2\.1\.0\.json$/)]);
    expect(text.charCodeAt(0)).toBe("{".charCodeAt(0));
    expect(text.endsWith("\n")).toBe(true);
    expect(schemaErrors(text)).toEqual([]);
  });

  test("the driver has names and a version without a letter", async () => {
    const { driver } = (await write("")).run.tool;
    expect(driver.name.split(" ").length).toBeLessThanOrEqual(3);
    expect(driver.fullName).not.toBe("");
    expect(driver.version).toMatch(/^\d/);
    expect(driver.semanticVersion).toBe(driver.version);
    for (const one of [driver.informationUri, driver.organization]) expect(one).toBeTruthy();
  });

  test("results are one place each, whole, inside the repository, and no two are the same alert", async () => {
    const { results } = await write("--profile audit");
    expect(results.length).toBeGreaterThan(5);
    const seen = new Set<string>();
    for (const one of results) {
      expect(one.locations).toHaveLength(1);
      const { region, artifactLocation } = place(one) ?? {};
      for (const name of ["startLine", "startColumn", "endLine", "endColumn"] as const)
        expect(region?.[name]).toBeGreaterThan(0);
      expect(artifactLocation?.uriBaseId).toBe("%SRCROOT%");
      expect(artifactLocation?.uri).not.toMatch(/^(?:\.|\/|[a-z]+:)/);
      expect(() => readFileSync(join(service, decodeURIComponent(artifactLocation?.uri ?? "")))).not.toThrow();
      const key = `${one.ruleId}\0${artifactLocation?.uri}\0${one.partialFingerprints?.primaryLocationLineHash}`;
      expect(seen.has(key), key).toBe(false);
      seen.add(key);
    }
  });

  test("results are in order, the same on every run", async () => {
    const { text, results } = await write("--profile audit");
    expect((await write("--profile audit")).text).toBe(text);
    const keys = results.map(
      (one) => [place(one)?.artifactLocation?.uri ?? "", place(one)?.region?.startLine ?? 0] as const,
    );
    const sorted = [...keys].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
    expect(keys).toEqual(sorted);
  });

  test("messages stand alone, end with a full stop, and fill the template of their rule", async () => {
    const { run, results } = await write("--profile audit");
    for (const { message, ruleIndex } of results) {
      expect(message.text).toMatch(/^['A-Z].*\.$/s);
      const template = run.tool.driver.rules?.[ruleIndex ?? -1]?.messageStrings?.[message.id ?? ""]?.text ?? "";
      const numbers = [...template.matchAll(/\{(\d+)\}/g)].map((match) => Number(match[1]));
      const used = [...new Set(numbers)].sort();
      expect(used).toEqual(Array.from({ length: message.arguments?.length ?? 0 }, (_, at) => at));
      expect(used.length).toBeLessThan(6);
    }
    for (const one of results) {
      const linked = [...(one.message.text ?? "").matchAll(/(?<!\\)\]\((\d+)\)/g)].map((match) => Number(match[1]));
      expect(linked).toEqual((one.relatedLocations ?? []).map(({ id }) => id));
      for (const related of one.relatedLocations ?? []) expect(related.message?.text).toBeTruthy();
    }
  });

  test("GUIDs are of a version that the schema knows, and the same in every run", async () => {
    const guids = [...(await write("")).text.matchAll(/"guid": "([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(guids.length).toBeGreaterThan(3);
    for (const guid of guids)
      expect(guid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test("neither path nor name of this machine", async () => {
    const { text, run } = await write("--profile audit");
    expect(text).not.toContain(work);
    expect(run.originalUriBaseIds?.["%SRCROOT%"]).not.toHaveProperty("uri");
    expect(run.invocations?.[0]).not.toHaveProperty("workingDirectory");
  });
});

describe("GitHub code scanning", { timeout: 120_000 }, () => {
  test.each(rules.map(({ meta }) => [meta.code, meta] as const))("%s has what an alert shows", (_, meta) => {
    const rule = ruleDescriptor(meta, new TaxonRegistry([meta]), undefined);
    expect(rule.id).toMatch(/^[A-Z]{1,8}(-?[0-9]{1,6}){0,3}$/);
    expect(rule.name).toMatch(/^(?:[A-Z][a-z0-9]*)+$/);
    const { properties = {} } = rule;
    const severity: unknown = properties["security-severity"];
    expect(severity).toMatch(/^(?:10\.0|[0-9]\.[0-9])$/);
    // whether exactly 9.0 is high or critical is left open
    expect(["0.0", "9.0"]).not.toContain(severity);
    const tags = properties.tags ?? [];
    expect(tags).toContain("security");
    expect(tags).toContain(`external/cwe/cwe-${meta.cwe[0]}`);
    expect(new Set(tags).size).toBe(tags.length);
    expect(tags.length).toBeLessThanOrEqual(10);
    expect(["very-high", "high", "medium", "low"]).toContain(properties.precision);
    expect(rule.help?.text).toContain(rule.helpUri);
  });

  test("rules and notifications are described, within the lengths that are shown", async () => {
    const { run } = await write("--profile audit");
    expect(run.tool.driver.rules?.length).toBeGreaterThan(40);
    for (const one of descriptors(run)) {
      for (const text of [one.shortDescription?.text, one.fullDescription?.text]) {
        expect(text).toBeTruthy();
        expect(text?.length).toBeLessThanOrEqual(1024);
      }
      for (const text of [one.id, one.name, one.help?.text, one.help?.markdown, one.helpUri]) expect(text).toBeTruthy();
      expect(one.name?.length).toBeLessThanOrEqual(255);
      expect(["error", "warning", "note"]).toContain(one.defaultConfiguration?.level);
    }
  });

  test("suppressed results are left out unless asked for, and absent ones too", async () => {
    const silenced = 'exceptions:\n  - { rule: AG101, subject: "GET /exports/invoices.csv", reason: r, owner: o }\n';
    const manifest = readFileSync(join(service, "authgap.policy.yaml"), "utf8");
    const before = await write("--fail-on never");
    writeFiles(service, { "before.sarif": before.text, "own.yaml": manifest.replace(/^exceptions:\n/m, silenced) });
    const ids = (written: Written) => written.results.map(({ ruleId }) => ruleId);
    expect(ids(before)).toContain("AG101");
    const omitted = await write("--policy own.yaml --baseline before.sarif");
    expect(ids(omitted)).not.toContain("AG101");
    expect(omitted.text).not.toContain('"suppressions"');
    expect(omitted.results.map((one) => one.baselineState)).not.toContain("absent");
    expect(omitted.results.every((one) => one.baselineState !== undefined)).toBe(true);
    const included = await write("--policy own.yaml --sarif-suppressed include");
    expect(included.results.every((one) => Array.isArray(one.suppressions))).toBe(true);
    const [entry] = included.results.find(({ ruleId }) => ruleId === "AG101")?.suppressions ?? [];
    expect(entry).toMatchObject({ kind: "external", status: "accepted", justification: "r" });
  });

  test("files are named from the repository's root when the manifest lies deeper", async () => {
    const { results, run } = await write("--profile audit", nested);
    for (const one of results) expect(place(one)?.artifactLocation?.uri).toMatch(/^apps\/invoicing\//);
    for (const one of results.flatMap(({ relatedLocations = [] }) => relatedLocations))
      expect(one.physicalLocation?.artifactLocation?.uri).toMatch(/^apps\/invoicing\//);
    expect(run.properties).toMatchObject({ root: "apps/invoicing", policy: "apps/invoicing/authgap.policy.yaml" });
    writeFiles(nested, { "before.sarif": JSON.stringify({ version: "2.1.0", runs: [run] }) });
    const again = await write("--profile audit --baseline before.sarif", nested);
    expect(new Set(again.results.map(({ baselineState }) => baselineState))).toEqual(new Set(["unchanged"]));
  });

  test("the category ends with a slash and may be chosen", async () => {
    expect((await write("")).run.automationDetails?.id).toBe("authgap/");
    expect((await write("--category api/v2")).run.automationDetails?.id).toBe("api/v2/");
  });

  test("flows are one thread, each step told, without nesting", async () => {
    const { results } = await write("--profile audit");
    const flows = results.flatMap(({ codeFlows = [] }) => codeFlows);
    expect(flows.length).toBeGreaterThan(5);
    for (const { threadFlows } of flows) {
      expect(threadFlows).toHaveLength(1);
      const steps = threadFlows[0]?.locations ?? [];
      expect(steps.length).toBeLessThanOrEqual(100);
      for (const step of steps) {
        expect(step.location?.message?.text).toBeTruthy();
        expect(step).not.toHaveProperty("nestingLevel");
      }
    }
  });
});

describe("editors", { timeout: 120_000 }, () => {
  test("VS Code: names as they are, and the rule in the message, where asked for", async () => {
    writeFiles(join(work, "next"), {
      "package.json": '{ "name": "n", "dependencies": { "next": "15" } }\n',
      "app/api/[id]/route.ts":
        'import { rm } from "node:fs/promises";\nexport async function DELETE(_: Request, { params }: { params: { id: string } }) {\n  await rm("/srv/" + params.id);\n  return new Response(null);\n}\n',
    });
    const raw = await write("--sarif-uri-style raw", join(work, "next"));
    expect(place(raw.results[0] ?? { message: {} })?.artifactLocation?.uri).toBe("app/api/[id]/route.ts");
    expect(raw.results[0]?.message.text).toMatch(/^AG101 unguarded-route: 'DELETE \/api\/:id'/);
    const encoded = await write("", join(work, "next"));
    expect(place(encoded.results[0] ?? { message: {} })?.artifactLocation?.uri).toBe("app/api/%5Bid%5D/route.ts");
  });

  test("Visual Studio: columns are counted in UTF-16, a snippet shows the region", async () => {
    const { run, results } = await write("--profile audit");
    expect(run.columnKind).toBe("utf16CodeUnits");
    const sources = results.filter((one) => place(one)?.artifactLocation?.uri?.endsWith(".ts"));
    expect(sources.length).toBeGreaterThan(3);
    for (const one of sources) {
      expect(place(one)?.region?.snippet?.text).toBeTruthy();
      expect(place(one)?.contextRegion?.snippet?.text).toContain(place(one)?.region?.snippet?.text);
    }
  });
});

describe("GitLab", () => {
  test("severity comes from the rule: no rank, a CWE among the tags, no result without a rule", async () => {
    const { text, run, results } = await write("--profile audit");
    expect(text).not.toContain('"rank"');
    for (const one of results) {
      const rule = run.tool.driver.rules?.[one.ruleIndex ?? -1];
      expect(one.ruleId).toBe(rule?.id);
      expect(rule?.properties?.tags?.some((tag) => /cwe-\d+$/.test(tag))).toBe(true);
    }
  });
});

describe("Azure DevOps", { timeout: 120_000 }, () => {
  test("in a pipeline, the log says which", async () => {
    const { automationDetails } = (await write("", service, PIPELINE)).run;
    expect(automationDetails?.id).toBe("azuredevops/pipeline/build/authgap/");
    expect(automationDetails?.properties).toEqual({
      "azuredevops/pipeline/build/buildDefinitionId": 12,
      "azuredevops/pipeline/build/buildDefinitionName": "nightly",
      "azuredevops/pipeline/build/phaseId": PIPELINE.SYSTEM_JOBID,
      "azuredevops/pipeline/build/phaseName": "scan",
    });
  });

  test.skipIf(!hasMultitool)("no message of its validator's rules", async () => {
    expect(multitoolMessages((await write("--profile audit", service, PIPELINE)).text, "GHAzDO")).toEqual([]);
  });
});

describe("SonarQube", () => {
  test("rules have a level of their own, results have text and rule", async () => {
    const { run, results } = await write("--profile audit");
    for (const rule of run.tool.driver.rules ?? [])
      expect(rule.defaultConfiguration?.level).toMatch(/^(?:error|warning|note)$/);
    for (const one of results) expect([one.ruleId, one.message.text].every(Boolean)).toBe(true);
  });
});

describe("DefectDojo", () => {
  test("fails only, keys end in a version, the primary CWE last, the taxonomy's name is CWE", async () => {
    const { run, results } = await write("--profile audit");
    for (const one of results) {
      expect(one.kind).toBe("fail");
      expect(Object.keys(one.partialFingerprints ?? {}).filter((key) => key.includes("/"))).toEqual(["authgap/v1"]);
      const rule = run.tool.driver.rules?.[one.ruleIndex ?? -1];
      expect(rule?.relationships?.at(-1)?.target.id).toBe(one.taxa?.[0]?.id);
      expect(one.taxa).toHaveLength(1);
      expect(run.taxonomies?.[one.taxa?.[0]?.toolComponent?.index ?? -1]?.name).toBe("CWE");
    }
  });
});

describe("Qodana and others that read the invocation", () => {
  test("the exit status is told, findings do not make the run unsuccessful", async () => {
    const failed = await write("");
    expect(failed.status).toBe(1);
    expect(failed.run.invocations?.[0]).toMatchObject({ executionSuccessful: true, exitCode: 1 });
    expect((await write("--fail-on never")).run.invocations?.[0]?.exitCode).toBe(0);
  });
});
