/** `authgap lsp`: the language server for editors. */
import { type Command, Option } from "commander";
import type { Profile } from "../model/rule.js";
import { EXIT } from "./failures.js";
import { today } from "./host.js";
import {
  checkedRules,
  listed,
  listOption,
  type Session,
  type SharedOptions,
  scanRequest,
  withSharedOptions,
} from "./options.js";

interface LspOptions extends SharedOptions {
  readonly profile: Profile;
  readonly only?: readonly string[];
}

/** Adds the command; `exit` receives the exit status. */
export function addLspCommand(program: Command, session: Session, exit: (status: number) => void): void {
  const command = program
    .command("lsp")
    .summary("language server for editors")
    .description("Speaks the language-server protocol on standard input and output, until the editor hangs up.")
    .addOption(
      new Option("--profile <profile>", "how sure and how severe a finding must be to be shown")
        .choices(["ci", "review", "audit"])
        .default("review"),
    )
    .addOption(listOption("--only <rules>", "run only these rules, by code or name"))
    .option("--stdio", "standard input and output, which is the only way there is");
  withSharedOptions(command).action(async (options: LspOptions) => {
    const judging = {
      rules: session.rules,
      profile: options.profile,
      only: checkedRules(session, listed(options.only)),
    };
    const { host } = session;
    const { serve } = await import("../editor/server.js");
    await serve({
      ...host.stdio(),
      version: session.toolVersion,
      openLive: () => host.openLive(),
      request: (folder) => scanRequest({ ...session, host: { ...host, cwd: folder } }, [], options, judging),
      today: () => today(host),
    });
    exit(EXIT.clean);
  });
}
