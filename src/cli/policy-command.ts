/** `authgap policy`: the manifest itself is checked, compared with an earlier commit, and explained. */
import { realpathSync } from "node:fs";
import { type Command, Option } from "commander";
import { locate } from "../project/root.js";
import { manifestFolder } from "../scan/manifest-folder.js";
import { EXIT } from "./failures.js";
import { wantsColour, widthOf } from "./host.js";
import { noManifest, runScan, type Session, type SharedOptions, withSharedOptions } from "./options.js";
import { type DiffOptions, policyDiff } from "./policy-diff.js";
import { explainEntry } from "./policy-explain.js";

/** What governs the manifest itself; AG602 is among them for manifests that loosen what they extend. */
const GOVERNANCE = ["AG602", "AG603", "AG604", "AG605", "AG606", "AG607"];

type Exit = (status: number) => void;

interface CheckOptions extends SharedOptions {
  readonly format: "text" | "json";
}

/** Adds the command with its parts; `exit` receives the exit status. */
export function addPolicyCommand(program: Command, session: Session, exit: Exit): void {
  const policy = program
    .command("policy")
    .summary("check, compare and explain the manifest")
    .description(
      "Checks the manifest, compares it with an earlier commit, or explains what it says of an entry point.",
    );
  addCheck(policy, session, exit);
  addDiff(policy, session, exit);
  addExplain(policy, session, exit);
}

function formatOption(): Option {
  return new Option("-f, --format <format>", "text or json").choices(["text", "json"]).default("text");
}

function addCheck(policy: Command, session: Session, exit: Exit): void {
  const command = policy
    .command("check")
    .summary("validate the manifest and list what is stale, expired or unowned")
    .description(
      "Validates the manifest and everything it extends. Lists entries that match nothing, that are past their date, that nobody owns, and names that the code lacks. Exit status 1 when there are any.",
    )
    .argument("[paths...]", "folders or files")
    .addOption(formatOption());
  withSharedOptions(command).action(async (paths: string[], options: CheckOptions) => {
    exit(await check(session, paths, options));
  });
}

function addDiff(policy: Command, session: Session, exit: Exit): void {
  policy
    .command("diff")
    .summary("tell what was loosened or tightened since a commit")
    .description(
      "Compares the manifest of a commit, with everything it extends, with the one that is there now. Exit status 1 when something was loosened.",
    )
    .argument("<ref>", "branch, tag or commit")
    .argument("[path]", "folder of the project")
    .option("--policy <file>", "manifest to compare instead of authgap.policy.yaml at the root")
    .addOption(
      new Option("--fail-on <direction>", "exit with status 1 for this")
        .choices(["loosened", "changed", "never"])
        .default("loosened"),
    )
    .addOption(formatOption())
    .action(async (ref: string, path: string | undefined, options: DiffOptions) => {
      exit(await policyDiff(session, ref, projectRoot(session, path, options.policy), options));
    });
}

function addExplain(policy: Command, session: Session, exit: Exit): void {
  const command = policy
    .command("explain")
    .summary("tell which entries of the manifest apply to an entry point")
    .description(
      "Prints for an entry point the rules that match it, in order of specificity, what they demand, what the code provides, and which exceptions and bypasses concern it.",
    )
    .argument("<entry>", "'GET /orders/:id', 'GET /orders/42' or a pattern such as '* /admin/**'")
    .argument("[paths...]", "folders or files");
  withSharedOptions(command).action(async (entry: string, paths: string[], options: SharedOptions) => {
    session.host.stdout.write(await explainEntry(session, entry, paths, options));
    exit(EXIT.clean);
  });
}

/** The folder that the manifest speaks about, as a scan would find it. */
function projectRoot({ host }: Session, path: string | undefined, policyFile: string | undefined): string {
  const paths = path === undefined ? [] : [path];
  const wanted = { cwd: host.cwd, paths, ...(policyFile === undefined ? {} : { policyFile }) };
  return realpathSync(locate(paths, host.cwd, manifestFolder(wanted).root).root);
}

async function check(session: Session, paths: readonly string[], options: CheckOptions): Promise<number> {
  const { host } = session;
  const only = GOVERNANCE.filter((code) => session.rules.some((rule) => rule.meta.code === code));
  const { result } = await runScan(session, paths, options, { rules: session.rules, profile: "audit", only });
  if (result.policyFile === "") throw noManifest();
  const { renderPolicyCheck } = await import("../report/policy-check.js");
  const findings = result.findings.filter(
    // what entry points lack is told by a scan
    (finding) => finding.suppression === null && (finding.rule.code !== "AG602" || finding.messageId === "loosened"),
  );
  const terminal = { colour: wantsColour(host, host.stdout), width: widthOf(host.stdout) };
  host.stdout.write(renderPolicyCheck({ ...result, findings }, options.format, terminal));
  return findings.some((finding) => finding.severity !== "note") ? EXIT.findings : EXIT.clean;
}
