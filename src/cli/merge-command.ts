/** `authgap merge`: the shares of a run, joined into the reports that one run would have written. */
import type { Command } from "commander";
import { joinParts } from "../scan/join.js";
import type { Session } from "./options.js";
import { baselineOf, type ReportOptions, reportOutputs, withReportOptions, writeReports } from "./reporting.js";
import { readShards } from "./shard-file.js";

interface MergeOptions extends ReportOptions {
  readonly verbose?: boolean;
}

/** Adds the command; `exit` receives the exit status. */
export function addMergeCommand(program: Command, session: Session, exit: (status: number) => void): void {
  const command = program
    .command("merge")
    .summary("join the shares of a run")
    .description("Joins what 'authgap scan --shard i/n' wrote into the reports that 'authgap scan --shard 1/1' writes.")
    .argument("<shares...>", "the files of all shares, in any order");
  withReportOptions(command)
    .option("-q, --quiet", "no remarks")
    .option("--verbose", "list everything; show the stack of an internal error")
    .action(async (files: string[], options: MergeOptions) => {
      exit(await merge(session, files, options));
    });
}

async function merge(session: Session, files: readonly string[], options: MergeOptions): Promise<number> {
  const outputs = reportOutputs(options);
  const compare = baselineOf(session, options);
  const shards = readShards(files, session.host.cwd, session.toolVersion);
  const result = joinParts(
    shards.flatMap((shard) => shard.parts),
    shards[0]?.files ?? 0,
  );
  const provenance = shards.find((shard) => shard.provenance !== undefined)?.provenance;
  const reported = { result: compare(result), prefix: shards[0]?.prefix ?? "", provenance: async () => provenance };
  return writeReports(session, reported, options, outputs);
}
