/** `authgap policy diff`: what the manifest demanded at a commit, against what it demands now. */
import { resolve } from "node:path";
import { UserError } from "../base/user-error.js";
import type { ManifestProblem, Policy } from "../model/policy.js";
import { policyChanges } from "../policy/changes.js";
import { type ManifestSource, readPolicy } from "../policy/read-manifest.js";
import { EXIT } from "./failures.js";
import { commitOf, filesAt } from "./git.js";
import { wantsColour, widthOf } from "./host.js";
import type { Session } from "./options.js";

export interface DiffOptions {
  readonly policy?: string;
  readonly failOn: "loosened" | "changed" | "never";
  readonly format: "text" | "json";
}

/** Compares, prints, and returns the exit status. `root` is the real path of the folder that the manifest speaks about. */
export async function policyDiff(session: Session, ref: string, root: string, options: DiffOptions): Promise<number> {
  const { host } = session;
  const commit = commitOf(root, ref);
  const file = options.policy === undefined ? {} : { file: resolve(host.cwd, options.policy) };
  const before = await policyFrom({ root, ...file, source: filesAt(root, commit) }, `${ref}:`);
  const after = await policyFrom({ root, ...file }, "");
  if (before.file === "" && after.file === "") {
    throw new UserError("there is no manifest on either side", { where: ref, hint: "'authgap init' writes a draft" });
  }
  const changes = policyChanges(before, after);
  const { renderPolicyDiff } = await import("../report/policy-diff.js");
  const terminal = { colour: wantsColour(host, host.stdout), width: widthOf(host.stdout) };
  const sides = { before: before.file, after: after.file, ref, commit };
  host.stdout.write(renderPolicyDiff(changes, sides, options.format, terminal));
  const failing = changes.some((change) => change.direction === "loosened" || options.failOn === "changed");
  return options.failOn !== "never" && failing ? EXIT.findings : EXIT.clean;
}

interface Wanted {
  readonly root: string;
  readonly file?: string;
  readonly source?: ManifestSource;
}

async function policyFrom(wanted: Wanted, side: string): Promise<Policy> {
  // a manifest named on the command line may be new: then there was none before
  const missing = wanted.source !== undefined && wanted.file !== undefined && wanted.source.read(wanted.file) === null;
  const { policy, problems } = await readPolicy(missing ? { root: wanted.root, source: { read: () => null } } : wanted);
  const [first] = problems;
  if (first === undefined) return policy;
  throw new UserError(first.what, { where: `${side}${spot(first)}`, hint: first.remedy });
}

function spot(problem: ManifestProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}`;
}
