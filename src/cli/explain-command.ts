/** `authgap explain`: the page of a rule, or why one finding was made. */
import type { Command } from "commander";
import { UserError } from "../base/user-error.js";
import type { Finding } from "../model/finding.js";
import type { RuleMeta } from "../model/rule.js";
import { EXIT } from "./failures.js";
import { wantsColour, widthOf } from "./host.js";
import { findRule, runScan, type Session, type SharedOptions, unknownRule, withSharedOptions } from "./options.js";
import { readPage } from "./reporting.js";

const FINGERPRINT = /^[0-9a-f]{4,16}$/i;
const MOST_CANDIDATES = 10;

/** Adds the command; `exit` receives the exit status. */
export function addExplainCommand(program: Command, session: Session, exit: (status: number) => void): void {
  const command = program
    .command("explain")
    .summary("explain a rule, or why a finding was made")
    .description("Prints the page of a rule, or the chain of evidence behind the finding with the given fingerprint.")
    .argument("<rule or fingerprint>", "AG301, unscoped-query, or the beginning of a fingerprint")
    .argument("[paths...]", "folders or files, for a fingerprint");
  withSharedOptions(command).action(async (what: string, paths: string[], options: SharedOptions) => {
    session.host.stdout.write(await explanation(session, what.trim(), paths, options));
    exit(EXIT.clean);
  });
}

async function explanation(
  session: Session,
  what: string,
  paths: readonly string[],
  options: SharedOptions,
): Promise<string> {
  const rule = findRule(session.rules, what);
  if (rule === null && !FINGERPRINT.test(what)) throw unknownRule(session.rules, what, "explain");
  const finding = rule === null ? await findFinding(session, what, paths, options) : null;
  const { renderExplanation, renderRulePage } = await import("../report/explain.js");
  const { stdout } = session.host;
  const terminal = { colour: wantsColour(session.host, stdout), width: widthOf(stdout) };
  if (finding !== null) return renderExplanation(finding, terminal);
  return rule === null ? "" : renderRulePage(readPage(session.pagesFolder, rule) ?? shortPage(rule), terminal);
}

async function findFinding(
  session: Session,
  prefix: string,
  paths: readonly string[],
  options: SharedOptions,
): Promise<Finding> {
  const { result } = await runScan(session, paths, options, { rules: session.rules, profile: "audit" });
  const found = result.findings.filter((finding) => finding.fingerprint.startsWith(prefix.toLowerCase()));
  const [first, second] = found;
  if (first === undefined) {
    throw new UserError(`there is no finding whose fingerprint begins with '${prefix}'`, {
      where: paths.length === 0 ? "." : paths.join(", "),
      hint: "give the paths that the scan was given; it may also be repaired by now",
    });
  }
  if (second === undefined) return first;
  const list = found.slice(0, MOST_CANDIDATES).map((one) => `${one.fingerprint} (${one.rule.code}, ${one.subject})`);
  throw new UserError(`${found.length} findings have fingerprints that begin with '${prefix}'`, {
    where: "explain",
    hint: `give more digits: ${list.join(", ")}`,
  });
}

/** For a rule without a page. */
function shortPage(rule: RuleMeta): string {
  return [`# ${rule.code} ${rule.name}`, "", rule.title, "", rule.why, ""].join("\n");
}
