/** `authgap scan`: findings to the terminal or into files. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { Finding } from "../model/finding.js";
import type { Profile, RuleMeta, Severity } from "../model/rule.js";
import type { ScanOutcome } from "../scan/request.js";
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

const FORMATS = ["text", "json", "sarif"] as const;
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
  readonly category?: string;
}

/** Adds the command; `exit` receives the exit status. */
export function addScanCommand(program: Command, session: Session, exit: (status: number) => void): void {
  const command = program
    .command("scan")
    .summary("find authorization gaps")
    .description("Finds authorization gaps below the given paths (the current folder when none is given).")
    .argument("[paths...]", "folders or files")
    .addOption(listOption("-f, --format <formats>", "text, json or sarif; several separated by commas"))
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
    .option("--category <name>", "SARIF category, to tell several uploads for one commit apart")
    .addHelpText("after", EXAMPLES);
  withSharedOptions(command).action(async (paths: string[], options: ScanOptions) => {
    exit(await scanAndReport(session, paths, options));
  });
}

async function scanAndReport(session: Session, paths: readonly string[], options: ScanOptions): Promise<number> {
  const outputs = pairOutputs<Format>(options.format ?? [], options.output ?? [], FORMATS);
  const only = checkedRules(session, [...listed(options.only), ...listed(options.rule)]);
  const outcome = await runScan(session, paths, options, { rules: session.rules, profile: options.profile, only });
  for (const output of outputs) {
    const text = await render(session, outcome, options, output);
    if (output.file === "") session.host.stdout.write(text);
    else writeReport(resolve(session.host.cwd, output.file), output.file, text);
  }
  if (outputs.every((output) => output.file !== "") && options.quiet !== true) tellWritten(session, outcome, outputs);
  return isFailure(outcome.result.findings, options.failOn) ? EXIT.findings : EXIT.clean;
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
    case "sarif": {
      const [{ renderSarif }, { provenanceOf }] = await Promise.all([
        import("../report/sarif.js"),
        import("./provenance.js"),
      ]);
      return renderSarif(outcome.result, {
        suppressed: options.sarifSuppressed,
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
  const open = result.findings.filter((finding) => finding.suppression === null).length;
  const files = outputs.map((output) => output.file).join(", ");
  host.stderr.write(`${open} ${open === 1 ? "finding" : "findings"} written to ${files}\n`);
}

function isFailure(findings: readonly Finding[], failOn: Severity | "never"): boolean {
  if (failOn === "never") return false;
  const order: readonly Severity[] = ["error", "warning", "note"];
  const counting = order.slice(0, order.indexOf(failOn) + 1);
  return findings.some((finding) => finding.suppression === null && counting.includes(finding.severity));
}
