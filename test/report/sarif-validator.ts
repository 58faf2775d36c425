/** The OASIS schema and, where its binary is installed, Microsoft's validator. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import draft04 from "ajv-draft-04";
import formats from "ajv-formats";
import { isRecord } from "../../src/base/json.js";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BINARY = here("../../node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool");

export const hasMultitool = process.platform === "linux" && process.arch === "x64" && existsSync(BINARY);

const ajv = new draft04.default({ strict: false, allErrors: true });
formats.default(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(here("../schemas/sarif-2.1.0.json"), "utf8")));

/** What the schema has against a log; empty when it is valid. */
export function schemaErrors(log: string): string[] {
  validate(JSON.parse(log));
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** Everything the validator says about a log, at any level, with the rules for SARIF and for GitHub. */
export function multitoolMessages(log: string, kinds = "Sarif;Ghas"): string[] {
  const folder = mkdtempSync(join(tmpdir(), "authgap-sarif-"));
  try {
    chmodSync(BINARY, 0o755);
    const off = { RuleEnabled: "Disabled" };
    // both need the network or the files' contents
    const config = {
      "SARIF2006.UrisShouldBeReachable.Options": off,
      "SARIF2013.ProvideEmbeddedFileContent.Options": off,
    };
    writeFileSync(join(folder, "log.sarif"), log);
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    const given = ["validate", "log.sarif", "--rule-kind", kinds, "--level", "Error;Warning;Note"];
    const files = ["--config", "config.json", "--output", "report.sarif", "--log", "ForceOverwrite"];
    const env = { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1" };
    const run = spawnSync(BINARY, [...given, ...files], { cwd: folder, env, encoding: "utf8" });
    if (!existsSync(join(folder, "report.sarif"))) return [`no report: ${run.stdout} ${run.stderr}`];
    const report: unknown = JSON.parse(readFileSync(join(folder, "report.sarif"), "utf8").replace(/^\ufeff/, ""));
    return messagesIn(report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function messagesIn(report: unknown): string[] {
  const runs = isRecord(report) && Array.isArray(report.runs) ? report.runs : [];
  return runs.flatMap((run: unknown) => {
    const results: unknown = isRecord(run) ? run.results : null;
    if (!Array.isArray(results)) return ["the validator's report has no results"];
    return results.map((one: unknown) =>
      isRecord(one) ? `${one.ruleId} ${JSON.stringify(one.message)} ${JSON.stringify(one.locations)}` : "",
    );
  });
}
