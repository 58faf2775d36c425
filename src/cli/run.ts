/** The command line as one function: arguments in, exit status out. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import type { Rule } from "../model/rule.js";
import { addAuditCommand } from "./audit-command.js";
import { addExplainCommand } from "./explain-command.js";
import { EXIT, reportFailure } from "./failures.js";
import { type Host, processHost } from "./host.js";
import { addInitCommand } from "./init-command.js";
import { addLspCommand } from "./lsp-command.js";
import { addMergeCommand } from "./merge-command.js";
import type { Session } from "./options.js";
import { addPolicyCommand } from "./policy-command.js";
import { addRoutesCommand } from "./routes-command.js";
import { addScanCommand } from "./scan-command.js";
import { addWatchCommand } from "./watch-command.js";

/**
 * Runs one command.
 *
 * @param argv arguments after the program's name
 * @param rules every rule there is
 * @param pagesFolder folder with the rules' pages; the package's own description lies in the folder above
 * @param host the world outside; the process when absent
 * @returns 0 clean, 1 findings, 2 user error, 3 internal error
 */
export async function run(
  argv: readonly string[],
  rules: readonly Rule[],
  pagesFolder: string,
  host: Host = processHost(),
): Promise<number> {
  const toolVersion = versionBeside(pagesFolder);
  const verbose = argv.includes("--verbose");
  let status: number = EXIT.clean;
  const program = buildProgram({ host, rules, pagesFolder, toolVersion }, (code) => {
    status = code;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return status;
  } catch (error) {
    // commander has told the person already
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.clean : EXIT.userError;
    return reportFailure(error, host.stderr, toolVersion, verbose);
  }
}

function buildProgram(session: Session, exit: (status: number) => void): Command {
  const { host } = session;
  const program = new Command("authgap")
    .description("Finds authorization gaps in TypeScript services by reading their source.")
    .version(session.toolVersion, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showHelpAfterError("  hint: add --help for usage")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: (text) => host.stderr.write(text),
    });
  addScanCommand(program, session, exit);
  addRoutesCommand(program, session, exit);
  addInitCommand(program, session, exit);
  addExplainCommand(program, session, exit);
  addMergeCommand(program, session, exit);
  addPolicyCommand(program, session, exit);
  addAuditCommand(program, session, exit);
  addWatchCommand(program, session, exit);
  addLspCommand(program, session, exit);
  return program;
}

/** The version in the package's own description. */
function versionBeside(pagesFolder: string): string {
  try {
    const text = readFileSync(join(pagesFolder, "..", "package.json"), "utf8");
    return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? "0.0.0";
  } catch {
    return "0.0.0";
  }
}
