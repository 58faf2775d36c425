/** `authgap watch`: keeps a report fresh while files change. */
import { type Command, Option } from "commander";
import type { Profile } from "../model/rule.js";
import { checkedRules, listed, listOption, type Session, type SharedOptions, withSharedOptions } from "./options.js";
import { type ReportOptions, withOutputOptions } from "./reporting.js";

const EXAMPLES = `
Examples:
  authgap watch                                 .sarif/authgap.sarif, which the VS Code SARIF viewer opens by itself
  authgap watch apps/api -o api.sarif           one service
  authgap watch --profile audit -f json -o authgap.json

The file is written beside its place and renamed, so that no reader sees half of it. Ends on Ctrl-C.`;

export interface WatchOptions extends SharedOptions, Omit<ReportOptions, "failOn"> {
  readonly profile: Profile;
  readonly only?: readonly string[];
}

/** Adds the command; `exit` receives the exit status. */
export function addWatchCommand(program: Command, session: Session, exit: (status: number) => void): void {
  const command = program
    .command("watch")
    .summary("keep a report fresh while files change")
    .description("Scans, and scans again whenever a file changes; only what changed is read and parsed again.")
    .argument("[paths...]", "folders or files")
    .addOption(
      new Option("--profile <profile>", "how sure and how severe a finding must be to be shown")
        .choices(["ci", "review", "audit"])
        .default("review"),
    )
    .addOption(listOption("--only <rules>", "run only these rules, by code or name"))
    .addHelpText("after", EXAMPLES);
  withSharedOptions(withOutputOptions(command, "raw")).action(async (paths: string[], options: WatchOptions) => {
    const only = checkedRules(session, listed(options.only));
    const { watchAndReport } = await import("./watch.js");
    exit(await watchAndReport(session, paths, options, { rules: session.rules, profile: options.profile, only }));
  });
}
