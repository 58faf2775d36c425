/**
 * `--shard i/n`: a run divided among machines. Each workspace package that no other one uses is analysed on its own,
 * together with the packages that it uses, so that the outcome does not depend on how many shares there are: `--shard 1/1` is the run that the
 * others are parts of.
 */
import { resolve } from "node:path";
import { UserError } from "../base/user-error.js";
import { joinParts, type Part } from "../scan/join.js";
import { openProject, packageShares } from "../scan/open-project.js";
import type { ScanRequest } from "../scan/request.js";
import { EXIT } from "./failures.js";
import { runScan, type Session, type SharedOptions, scanRequest } from "./options.js";
import { provenanceOf } from "./provenance.js";
import { baselineOf, type ReportOptions, reportOutputs, writeReports } from "./reporting.js";
import { repositoryOf } from "./repository-paths.js";
import { shardText } from "./shard-file.js";
import { writeReport } from "./write-file.js";

const MOST_SHARDS = 1000;

interface ShardOptions extends SharedOptions, ReportOptions {
  readonly since?: string;
}

/** Scans one share: reports when it is the only one, else writes the file that `authgap merge` reads. */
export async function scanShard(
  session: Session,
  shard: string,
  paths: readonly string[],
  options: ShardOptions,
  judging: Pick<ScanRequest, "rules" | "profile" | "only">,
): Promise<number> {
  const { index, count } = parsed(shard);
  if (options.since !== undefined) throw refused("--since", "let the merged report be compared: merge --baseline");
  const compare = baselineOf(session, options);
  const outputs = count === 1 ? reportOutputs(options) : [];
  const file = count === 1 ? "" : targetOf(options);
  const project = openProject(scanRequest(session, paths, options, judging));
  const parts: Part[] = [];
  for (const { folder, within } of packageShares(project, count)[index - 1] ?? []) {
    const { result } = await runScan(session, paths, options, { ...judging, within });
    parts.push({ folder, result });
  }
  const { top, prefix } = repositoryOf(project.root);
  const provenance = provenanceOf(top);
  const files = project.files.filter((one) => one.inScope && one.role === "source").length;
  if (count === 1) {
    const reported = { result: compare(joinParts(parts, files)), prefix, provenance: async () => provenance };
    return writeReports(session, reported, options, outputs);
  }
  const text = shardText({ toolVersion: session.toolVersion, index, count, files, prefix, provenance, parts });
  if (file === "") session.host.stdout.write(text);
  else writeReport(resolve(session.host.cwd, file), file, text);
  return EXIT.clean;
}

function parsed(shard: string): { readonly index: number; readonly count: number } {
  const [, first = "", second = ""] = /^(\d{1,4})\/(\d{1,4})$/.exec(shard) ?? [];
  const [index, count] = [Number(first), Number(second)];
  if (first === "" || index < 1 || index > count || count > MOST_SHARDS) {
    throw new UserError(`'${shard}' is no share`, { where: "--shard", hint: "write 2/4 for the second of four" });
  }
  return { index, count };
}

/** A share is no report yet, so it has no format and cannot be judged. */
function targetOf({ format, output = [], baseline }: ReportOptions): string {
  if (format !== undefined) throw refused("--format", "give it to 'authgap merge'");
  if (baseline !== undefined) throw refused("--baseline", "give it to 'authgap merge'");
  if (output.length > 1) throw refused("a second --output", "a share is one file");
  return output[0] ?? "";
}

function refused(option: string, hint: string): UserError {
  return new UserError(`${option} has no meaning for one share of a run`, { where: "--shard", hint });
}
