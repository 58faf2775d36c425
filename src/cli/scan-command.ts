/** `authgap scan`: findings to the terminal or into files. */
import { type Command, Option } from "commander";
import { UserError } from "../base/user-error.js";
import type { Profile } from "../model/rule.js";
import type { ScanOutcome, ScanRequest } from "../scan/request.js";
import {
  checkedRules,
  listed,
  listOption,
  runScan,
  type Session,
  type SharedOptions,
  withSharedOptions,
} from "./options.js";
import { baselineOf, type ReportOptions, reportOutputs, withReportOptions, writeReports } from "./reporting.js";
import { repositoryOf } from "./repository-paths.js";

const EXAMPLES = `
Examples:
  authgap scan                                        findings of the current folder
  authgap scan apps/api --profile audit               everything, however uncertain
  authgap scan -f text,sarif -o sarif=authgap.sarif   both, the log into a file
  authgap scan --only AG301 --fail-on never           one rule, never failing

Exit status: 0 clean, 1 findings from --fail-on on, 2 wrong usage, 3 internal error.`;

interface ScanOptions extends SharedOptions, ReportOptions {
  readonly profile: Profile;
  readonly only?: readonly string[];
  readonly rule?: readonly string[];
  readonly since?: string;
  readonly shard?: string;
}

/** Adds the command; `exit` receives the exit status. */
export function addScanCommand(program: Command, session: Session, exit: (status: number) => void): void {
  const command = program
    .command("scan")
    .summary("find authorization gaps")
    .description("Finds authorization gaps below the given paths (the current folder when none is given).")
    .argument("[paths...]", "folders or files")
    .addOption(
      new Option("--profile <profile>", "how sure and how severe a finding must be to be shown")
        .choices(["ci", "review", "audit"])
        .default("ci"),
    )
    .option("--since <git ref>", "scan that commit as well and tell what changed; only new findings count")
    .addOption(listOption("--only <rules>", "run only these rules, by code or name"))
    .addOption(listOption("--rule <rules>", "the same as --only"))
    .option("--shard <i/n>", "scan the i-th of n shares of the workspace's packages, for 'authgap merge'")
    .addHelpText("after", EXAMPLES);
  withSharedOptions(withReportOptions(command)).action(async (paths: string[], options: ScanOptions) => {
    exit(await scanAndReport(session, paths, options));
  });
}

async function scanAndReport(session: Session, paths: readonly string[], options: ScanOptions): Promise<number> {
  const only = checkedRules(session, [...listed(options.only), ...listed(options.rule)]);
  const judging = { rules: session.rules, profile: options.profile, only };
  if (options.shard !== undefined) {
    const { scanShard } = await import("./shard.js");
    return scanShard(session, options.shard, paths, options, judging);
  }
  const outputs = reportOutputs(options);
  const { result, root } = await compared(session, paths, options, judging);
  const { top, prefix } = repositoryOf(root);
  const reported = { result, prefix, provenance: async () => (await provenance()).provenanceOf(top) };
  return writeReports(session, reported, options, outputs);
}

const provenance = () => import("./provenance.js");

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
  // a baseline that cannot be read is told before the work begins
  const compare = baselineOf(session, options);
  const found = await runScan(session, paths, options, judging);
  if (since !== undefined) {
    const { withChangesSince } = await import("./since.js");
    return withChangesSince(session, since, found, paths, options, judging);
  }
  return { ...found, result: compare(found.result) };
}
