/** From a result to reports: formats, targets, what is compared with, and the exit status. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { type Command, Option } from "commander";
import type { Finding, ScanResult } from "../model/finding.js";
import type { RuleMeta, Severity } from "../model/rule.js";
import type { Provenance } from "../report/sarif.js";
import { withBaseline } from "../scan/baseline.js";
import { azurePipeline } from "./azure-pipeline.js";
import { type Baseline, readBaseline } from "./baseline-file.js";
import { EXIT } from "./failures.js";
import { wantsColour, widthOf } from "./host.js";
import { listOption, type Session } from "./options.js";
import { type Output, pairOutputs } from "./outputs.js";
import { namedFrom } from "./repository-paths.js";
import { writeReport } from "./write-file.js";

const FORMATS = ["text", "json", "sarif", "github", "markdown"] as const;
type Format = (typeof FORMATS)[number];

export interface ReportOptions {
  readonly format?: readonly string[];
  readonly output?: readonly string[];
  readonly failOn: Severity | "never";
  readonly sarifSuppressed: "omit" | "include";
  readonly sarifUriStyle: "encoded" | "raw";
  readonly sarifAbsent: "omit" | "include";
  readonly category?: string;
  readonly baseline?: string;
  readonly quiet?: boolean;
}

/** What is reported. */
export interface Reported {
  readonly result: ScanResult;
  /** folder of the scan's root from the repository's */
  readonly prefix: string;
  provenance(): Promise<Provenance | undefined>;
}

/** Adds what every command that reports findings understands. */
export function withReportOptions(command: Command): Command {
  return withOutputOptions(command, "encoded").addOption(
    new Option("--fail-on <severity>", "exit with status 1 from this severity on")
      .choices(["error", "warning", "note", "never"])
      .default("error"),
  );
}

/** What is reported, how, and where to. */
export function withOutputOptions(command: Command, uriStyle: ReportOptions["sarifUriStyle"]): Command {
  return command
    .addOption(
      listOption(
        "-f, --format <formats>",
        "text, json, sarif, github (annotations) or markdown (summary of a job); several separated by commas",
      ),
    )
    .addOption(listOption("-o, --output <file>", "where the report goes: a file, or format=file for each of several"))
    .option("--baseline <file>", "an earlier report, SARIF or JSON: only findings that it does not hold count")
    .addOption(
      new Option("--sarif-suppressed <mode>", "suppressed results in SARIF; GitHub would show them as open")
        .choices(["omit", "include"])
        .default("omit"),
    )
    .addOption(
      new Option("--sarif-uri-style <style>", "raw for viewers that do not decode file names")
        .choices(["encoded", "raw"])
        .default(uriStyle),
    )
    .addOption(
      new Option("--sarif-absent <mode>", "results of the baseline that are gone; GitHub would show them as open")
        .choices(["omit", "include"])
        .default("omit"),
    )
    .option("--category <name>", "SARIF category, to tell several uploads for one commit apart");
}

/** Which report goes where. */
export function reportOutputs({ format = [], output = [] }: ReportOptions): Output<Format>[] {
  return pairOutputs<Format>(format, output, FORMATS);
}

/** Reads the baseline, when one is given, and returns what holds a result against it. */
export function baselineOf(session: Session, options: ReportOptions): (result: ScanResult) => ScanResult {
  if (options.baseline === undefined) return (result) => result;
  const baseline = readBaseline(options.baseline, session.host.cwd);
  return (result) => {
    if (options.quiet !== true) tellProfile(session, result, baseline);
    return withBaseline(result, baseline.findings);
  };
}

/** Writes all reports; returns the exit status. */
export async function writeReports(
  session: Session,
  reported: Reported,
  options: ReportOptions & { readonly verbose?: boolean },
  outputs: readonly Output<Format>[],
): Promise<number> {
  const status = isFailure(reported.result.findings, options.failOn) ? EXIT.findings : EXIT.clean;
  for (const output of outputs) {
    const text = await render(session, { ...reported, status }, options, output);
    if (output.file === "") session.host.stdout.write(text);
    else writeReport(resolve(session.host.cwd, output.file), output.file, text);
  }
  if (outputs.every((output) => output.file !== "") && options.quiet !== true) tellWritten(session, reported, outputs);
  return status;
}

async function render(
  session: Session,
  { result, provenance, prefix, status }: Reported & { readonly status: number },
  options: ReportOptions & { readonly verbose?: boolean },
  { format, file }: Output<Format>,
): Promise<string> {
  const { host } = session;
  switch (format) {
    case "text": {
      const { renderText } = await import("../report/text.js");
      const colour = file === "" && wantsColour(host, host.stdout);
      return renderText(result, { colour, width: widthOf(host.stdout), verbose: options.verbose === true });
    }
    case "json":
      return (await import("../report/json.js")).renderJson(result);
    case "github":
      return (await import("../report/github.js")).renderGithub(namedFrom(prefix, result));
    case "markdown":
      return (await import("../report/markdown.js")).renderMarkdown(result);
    case "sarif": {
      const { renderSarif, sarifLimits } = await import("../report/sarif.js");
      const limits = sarifLimits(result, { suppressed: options.sarifSuppressed });
      for (const { message, remedy } of limits) host.stderr.write(`SARIF: ${message} ${remedy}.\n`);
      const log = renderSarif(namedFrom(prefix, result), {
        suppressed: options.sarifSuppressed,
        absent: options.sarifAbsent,
        category: options.category,
        uriStyle: options.sarifUriStyle,
        deterministic: true,
        provenance: await provenance(),
        pipeline: azurePipeline(host.env),
        exitCode: status,
        prefix,
        page: (rule) => readPage(session.pagesFolder, rule),
      });
      tellSize(session, log);
      return log;
    }
  }
}

/** GitHub refuses logs that are larger than this when they are compressed. */
const MOST_COMPRESSED = 10 * 1024 * 1024;

function tellSize({ host }: Session, log: string): void {
  if (log.length < MOST_COMPRESSED) return;
  const size = gzipSync(log).length;
  if (size <= MOST_COMPRESSED) return;
  const megabytes = (size / 1024 / 1024).toFixed(1);
  host.stderr.write(
    `SARIF: the log is ${megabytes} MB when compressed, and GitHub takes 10 MB. Scan parts of the repository with a category each, or use the ci profile.\n`,
  );
}

/** The page of a rule in Markdown; undefined when it has none. */
export function readPage(folder: string, rule: RuleMeta): string | undefined {
  try {
    return readFileSync(join(folder, `${rule.code}-${rule.name}.md`), "utf8");
  } catch {
    return undefined;
  }
}

function tellWritten({ host }: Session, { result }: Reported, outputs: readonly Output<Format>[]): void {
  const open = result.findings.filter((finding) => finding.suppression === null);
  const files = outputs.map((output) => output.file).join(", ");
  const news = result.resolved === undefined ? "" : ` (${open.filter((one) => one.baseline === "new").length} new)`;
  host.stderr.write(`${open.length} ${open.length === 1 ? "finding" : "findings"}${news} written to ${files}\n`);
}

/** A baseline of another profile holds more or less than this run can find. */
function tellProfile({ host }: Session, { profile }: ScanResult, baseline: Baseline): void {
  if (baseline.profile === "" || baseline.profile === profile) return;
  host.stderr.write(`The baseline was written with the profile '${baseline.profile}', this run has '${profile}'.\n`);
}

function isFailure(findings: readonly Finding[], failOn: Severity | "never"): boolean {
  if (failOn === "never") return false;
  const order: readonly Severity[] = ["error", "warning", "note"];
  const counting = order.slice(0, order.indexOf(failOn) + 1);
  return findings.some(
    ({ suppression, severity, baseline }) =>
      suppression === null && counting.includes(severity) && (baseline === undefined || baseline === "new"),
  );
}
