/** `--since`: the commit's state is scanned like the working copy, and the two results are held side by side. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { UserError } from "../base/user-error.js";
import type { PastFinding, RouteRow } from "../model/finding.js";
import type { Policy } from "../model/policy.js";
import { loosenedSince } from "../policy/compare.js";
import { defaultPolicy } from "../policy/default-policy.js";
import { readPolicy } from "../policy/read-manifest.js";
import { findCommit, removeTree, unpackCommit } from "../project/git.js";
import { asPast, withBaseline } from "../scan/baseline.js";
import { routeChanges } from "../scan/changes.js";
import type { ScanOutcome, ScanRequest } from "../scan/request.js";
import { runScan, type Session, type SharedOptions } from "./options.js";

/** What the earlier state held, with names as seen from the root of the present one. */
interface Past {
  readonly findings: readonly PastFinding[];
  readonly routes: readonly RouteRow[];
  readonly policy: Policy;
}

/**
 * Adds to an outcome what changed since a commit.
 *
 * @param reference as git names commits; `main...` for where the current branch left `main`
 * @param present the outcome of the working copy
 */
export async function withChangesSince(
  session: Session,
  reference: string,
  present: ScanOutcome,
  paths: readonly string[],
  options: SharedOptions,
  judging: Pick<ScanRequest, "rules" | "profile" | "only">,
): Promise<ScanOutcome> {
  const commit = findCommit(present.root, reference);
  const folder = unpackCommit(commit);
  try {
    const past = await pastOf(session, { top: commit.top, folder }, present, paths, options, judging);
    const policy = await policyOf(present.root, options.policy);
    const change = {
      since: reference,
      commit: commit.id,
      ...routeChanges(past.routes, present.result.routes),
      policy: loosenedSince(past.policy, policy),
    };
    return { ...present, result: { ...withBaseline(present.result, past.findings), change } };
  } finally {
    removeTree(folder);
  }
}

async function pastOf(
  session: Session,
  { top, folder }: { readonly top: string; readonly folder: string },
  present: ScanOutcome,
  paths: readonly string[],
  options: SharedOptions,
  judging: Pick<ScanRequest, "rules" | "profile" | "only">,
): Promise<Past> {
  const { cwd } = session.host;
  const moved = (path: string): string => join(folder, relative(top, realPath(resolve(cwd, path))));
  const there = (paths.length === 0 ? ["."] : paths).map(moved).filter((path) => existsSync(path));
  if (there.length === 0) return { findings: [], routes: [], policy: defaultPolicy() };
  const start = there[0] ?? folder;
  const host = { ...session.host, cwd: statSync(start).isDirectory() ? start : dirname(start) };
  const { policy: named, ...others } = options;
  const policy = named === undefined ? undefined : pastManifest(named, present.root, top, folder);
  const asked = { ...others, cache: false, ...(policy === undefined ? {} : { policy }) };
  try {
    const { result, root } = await runScan({ ...session, host }, there, asked, judging);
    const rename = renamer(relative(folder, root), relative(top, realPath(present.root)));
    const findings = result.findings.map((finding) => {
      const past = asPast(finding);
      return { ...past, file: rename(past.file) };
    });
    const routes = result.routes.map((row) => ({ ...row, file: rename(row.file) }));
    return { findings, routes, policy: await policyOf(root, policy) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`the earlier state cannot be scanned: ${error.message}`, {
      where: error.where,
      hint: error.hint,
    });
  }
}

/** The manifest that was named, as it was; nothing when there was none then. */
function pastManifest(named: string, root: string, top: string, folder: string): string | undefined {
  const file = resolve(root, named);
  const inside = relative(top, realPath(file));
  if (inside.startsWith("..") || isAbsolute(inside)) return file;
  const past = join(folder, inside);
  return existsSync(past) ? past : undefined;
}

async function policyOf(root: string, file: string | undefined): Promise<Policy> {
  return (await readPolicy(file === undefined ? { root } : { root, file })).policy;
}

/** File names seen from one root, turned into names seen from another one. */
function renamer(from: string, to: string): (file: string) => string {
  const [past, present] = [from, to].map((path) => path.split(sep).join("/"));
  if (past === present) return (file) => file;
  return (file) => posix.relative(`/${present}`, `/${past}/${file}`);
}

function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
