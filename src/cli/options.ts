/** Options that several commands share, and the scan request they make. */
import { type Command, Option } from "commander";
import { UserError } from "../base/user-error.js";
import type { Rule, RuleMeta } from "../model/rule.js";
import type { ScanOutcome, ScanRequest } from "../scan/request.js";
import { nearest } from "./failures.js";
import { type Host, today } from "./host.js";
import { progressOn } from "./progress.js";

/** What a command knows besides its own options. */
export interface Session {
  readonly host: Host;
  readonly rules: readonly Rule[];
  /** folder with the rules' pages */
  readonly pagesFolder: string;
  readonly toolVersion: string;
}

export interface SharedOptions {
  readonly policy?: string;
  readonly cache: boolean;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly includeTests?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

const collect = (value: string, before: readonly string[] | undefined) => [...(before ?? []), value];

/** Adds what every command that scans understands. */
export function withSharedOptions(command: Command): Command {
  return command
    .option("--policy <file>", "manifest to apply instead of authgap.policy.yaml at the root")
    .option("--no-cache", "read every file anew and keep nothing")
    .option("--include <glob>", "report only on files that match (repeatable)", collect)
    .option("--exclude <glob>", "leave out files that match (repeatable)", collect)
    .option("--include-tests", "analyse test files as well")
    .option("-q, --quiet", "no progress and no remarks")
    .option("--verbose", "list everything; show the stack of an internal error");
}

/** A repeatable option whose values may also be separated by commas. */
export function listOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser(collect);
}

/** The values of such an option. */
export function listed(values: readonly string[] | undefined): string[] {
  return (values ?? []).flatMap((value) => value.split(",")).map((value) => value.trim());
}

type Judging = Pick<ScanRequest, "rules" | "profile" | "only" | "needsFacts" | "within">;

/** Runs the engine with the options given, a progress line while it lasts. */
export async function runScan(
  session: Session,
  paths: readonly string[],
  options: SharedOptions,
  judging: Judging,
): Promise<ScanOutcome> {
  const progress = progressOn(session.host, options.quiet === true);
  try {
    return await session.host.scan({ ...scanRequest(session, paths, options, judging), onProgress: progress.show });
  } finally {
    progress.done();
  }
}

/** The request that the options make. */
export function scanRequest(
  { host, toolVersion }: Session,
  paths: readonly string[],
  options: SharedOptions,
  judging: Judging,
): ScanRequest {
  return {
    paths,
    cwd: host.cwd,
    ...(options.policy === undefined ? {} : { policyFile: checkedName(options.policy, "--policy") }),
    rules: judging.rules,
    profile: judging.profile,
    today: today(host),
    useCache: options.cache,
    include: options.include ?? [],
    exclude: options.exclude ?? [],
    includeTests: options.includeTests === true,
    ...(judging.only === undefined || judging.only.length === 0 ? {} : { only: judging.only }),
    ...(judging.within === undefined ? {} : { within: judging.within }),
    toolVersion,
    needsFacts: judging.needsFacts === true,
  };
}

function checkedName(value: string, option: string): string {
  if (value.trim() === "") throw new UserError("the file name is empty", { where: option });
  return value;
}

/** The rule meant by a code or a name, in any case. */
export function findRule(rules: readonly Rule[], reference: string): RuleMeta | null {
  const wanted = reference.toLowerCase();
  return rules.find(({ meta }) => meta.code.toLowerCase() === wanted || meta.name === wanted)?.meta ?? null;
}

/** The codes of the rules that `--only` names. */
export function checkedRules(session: Session, names: readonly string[]): string[] {
  return names.map((name) => {
    const rule = findRule(session.rules, name);
    if (rule === null) throw unknownRule(session.rules, name, "--only");
    return rule.code;
  });
}

/** The error for a rule that does not exist. */
export function unknownRule(rules: readonly Rule[], reference: string, where: string): UserError {
  const near = nearest(
    reference,
    rules.flatMap(({ meta }) => [meta.code, meta.name]),
  );
  return new UserError(`there is no rule '${reference}'`, {
    where,
    hint: near ? `did you mean '${near}'?` : `rules: ${rules.map(({ meta }) => meta.code).join(", ")}`,
  });
}

/** The error of a command that needs a manifest. */
export function noManifest(): UserError {
  return new UserError("there is no manifest", {
    where: "authgap.policy.yaml",
    hint: "'authgap init' writes a draft of one",
  });
}
