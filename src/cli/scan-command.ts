/** `authgap scan`: findings to the terminal or into files. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { UserError } from "../base/user-error.js";
import type { Finding } from "../model/finding.js";
import type { Profile, RuleMeta, Severity } from "../model/rule.js";
import { withBaseline } from "../scan/baseline.js";
import type { ScanOutcome, ScanRequest } from "../scan/request.js";
import { type Baseline, readBaseline } from "./baseline-file.js";
import { EXIT } from "./failures.js";
import { wantsColour, widthOf } from "./host.js";
import {
  findRule,
  listed,
  listOption,
  runScan,
  type Session,
  type SharedOptions,
  unknownRule,
  withSharedOptions,
} from "./options.js";
import { type Output, pairOutputs } from "./outputs.js";
import { writeReport } from "./write-file.js";

const FORMATS = ["text", "json", "sarif", "github", "markdown"] as const;
type Format = (typeof FORMATS)[number];

const EXAMPLES = `
Examples:
  authgap scan                                        findings of the current folder
  authgap scan apps/api --profile audit               everything, however uncertain
  authgap scan -f text,sarif -o sarif=authgap.sarif   both, the log into a file
  authgap scan --only AG301 --fail-on never           one rule, never failing

Exit status: 0 clean, 1 findings from --fail-on on, 2 wrong usage, 3 internal error.`;

interface ScanOptions extends SharedOptions {
  readonly format?: readonly string[];
  readonly output?: readonly string[];
  readonly failOn: Severity | "never";
  readonly profile: Profile;
  readonly only?: readonly string[];
  readonly rule?: readonly string[];
  readonly sarifSuppressed: "omit" | "include";
  readonly sarifUriStyle: "encoded" | "raw";
  readonly sarifAbsent: "omit" | "include";
  readonly category?: string;
  readonly baseline?: string;
  readonly since?: string;
}

/** Adds the command; `exit` receives the exit status. */
export function addScanCommand(program: Command, session: Session, exit: (status: number) => void): void {
  const command = program
    .command("scan")
    .summary("find authorization gaps")
    .description("Finds authorization gaps below the given paths (the current folder when none is given).")
    .argument("[paths...]", "folders or files")
    .addOption(
      listOption(
        "-f, --format <formats>",
        "text, json, sarif, github (annotations) or markdown (summary of a job); several separated by commas",
      ),
    )
    .addOption(listOption("-o, --output <file>", "where the report goes: a file, or format=file for each of several"))
    .addOption(
      new Option("--fail-on <severity>", "exit with status 1 from this severity on")
        .choices(["error", "warning", "note", "never"])
        .default("error"),
    )
    .addOption(
      new Option("--profile <profile>", "how sure and how severe a finding must be to be shown")
        .choices(["ci", "review", "audit"])
        .default("ci"),
    )
    .option("--baseline <file>", "an earlier report, SARIF or JSON: only findings that it does not hold count")
    .option("--since <git ref>", "scan that commit as well and tell what changed; only new findings count")
    .addOption(listOption("--only <rules>", "run only these rules, by code or name"))
    .addOption(listOption("--rule <rules>", "the same as --only"))
    .addOption(
      new Option("--sarif-suppressed <mode>", "suppressed results in SARIF; GitHub would show them as open")
        .choices(["omit", "include"])
        .default("omit"),
    )
    .addOption(
      new Option("--sarif-uri-style <style>", "raw for viewers that do not decode file names")
        .choices(["encoded", "raw"])
        .default("encoded"),
    )
    .addOption(
      new Option("--sarif-absent <mode>", "results of the baseline that are gone; GitHub would show them as open")
        .choices(["omit", "include"])
        .default("omit"),
    )
    .option("--category <name>", "SARIF category, to tell several uploads for one commit apart")
    .addHelpText("after", EXAMPLES);
  withSharedOptions(command).action(async (paths: string[], options: ScanOptions) => {
    exit(await scanAndReport(session, paths, options));
  });
}

async function scanAndReport(session: Session, paths: readonly string[], options: ScanOptions): Promise<number> {
  const outputs = pairOutputs<Format>(options.format ?? [], options.output ?? [], FORMATS);
  const only = checkedRules(session, [...listed(options.only), ...listed(options.rule)]);
  const outcome = await compared(session, paths, options, { rules: session.rules, profile: options.profile, only });
  for (const output of outputs) {
    const text = await render(session, outcome, options, output);
    if (output.file === "") session.host.stdout.write(text);
    else writeReport(resolve(session.host.cwd, output.file), output.file, text);
  }
  if (outputs.every((output) => output.file !== "") && options.quiet !== true) tellWritten(session, outcome, outputs);
  return isFailure(outcome.result.findings, options.failOn) ? EXIT.findings : EXIT.clean;
}

/** The outcome, held against an earlier report or an earlier commit when one was given. */
async function compared(
  session: Session,
  paths: readonly string[],
  options: ScanOptions,
  judging: Pick<ScanRequest, "rules" | "profile" | "only">,
): Promise<ScanOutcome> {
  const { baseline: report, since } = options;
  if (report !== undefined && since !== undefined) {
    throw new UserError("--baseline and --since exclude each other", { where: "scan", hint: "give one of them" });
  }
  const baseline = report === undefined ? null : readBaseline(report, session.host.cwd);
  const found = await runScan(session, paths, options, judging);
  if (since !== undefined) {
    const { withChangesSince } = await import("./since.js");
    return withChangesSince(session, since, found, paths, options, judging);
  }
  if (baseline === null) return found;
  if (options.quiet !== true) tellProfile(session, options, baseline);
  return { ...found, result: withBaseline(found.result, baseline.findings) };
}

function checkedRules(session: Session, names: readonly string[]): string[] {
  return names.map((name) => {
    const rule = findRule(session.rules, name);
    if (rule === null) throw unknownRule(session.rules, name, "--only");
    return rule.code;
  });
}

async function render(
  session: Session,
  outcome: ScanOutcome,
  options: ScanOptions,
  { format, file }: Output<Format>,
): Promise<string> {
  const { host } = session;
  switch (format) {
    case "text": {
      const { renderText } = await import("../report/text.js");
      const colour = file === "" && wantsColour(host, host.stdout);
      return renderText(outcome.result, { colour, width: widthOf(host.stdout), verbose: options.verbose === true });
    }
    case "json":
      return (await import("../report/json.js")).renderJson(outcome.result);
    case "github":
      return (await import("../report/github.js")).renderGithub(outcome.result);
    case "markdown":
      return (await import("../report/markdown.js")).renderMarkdown(outcome.result);
    case "sarif": {
      const [{ renderSarif, sarifLimits }, { provenanceOf }] = await Promise.all([
        import("../report/sarif.js"),
        import("./provenance.js"),
      ]);
      const limits = sarifLimits(outcome.result, { suppressed: options.sarifSuppressed });
      for (const { message, remedy } of limits) host.stderr.write(`SARIF: ${message} ${remedy}.\n`);
      return renderSarif(outcome.result, {
        suppressed: options.sarifSuppressed,
        absent: options.sarifAbsent,
        category: options.category,
        uriStyle: options.sarifUriStyle,
        deterministic: true,
        provenance: provenanceOf(outcome.root),
        page: (rule) => readPage(session.pagesFolder, rule),
      });
    }
  }
}

/** The page of a rule in Markdown; undefined when it has none. */
export function readPage(folder: string, rule: RuleMeta): string | undefined {
  try {
    return readFileSync(join(folder, `${rule.code}-${rule.name}.md`), "utf8");
  } catch {
    return undefined;
  }
}

function tellWritten({ host }: Session, { result }: ScanOutcome, outputs: readonly Output<Format>[]): void {
  const open = result.findings.filter((finding) => finding.suppression === null);
  const files = outputs.map((output) => output.file).join(", ");
  const news = result.resolved === undefined ? "" : ` (${open.filter((one) => one.baseline === "new").length} new)`;
  host.stderr.write(`${open.length} ${open.length === 1 ? "finding" : "findings"}${news} written to ${files}\n`);
}

/** A baseline of another profile holds more or less than this run can find. */
function tellProfile({ host }: Session, { profile }: ScanOptions, baseline: Baseline): void {
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
