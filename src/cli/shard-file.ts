/** The file in which one share of a run waits for the others. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { isRecord } from "../base/json.js";
import { UserError } from "../base/user-error.js";
import type { Provenance } from "../report/sarif.js";
import type { Part } from "../scan/join.js";

/** Changes with the shape of results. */
const SHARD_VERSION = 1;

export interface Shard {
  readonly toolVersion: string;
  /** from 1 */
  readonly index: number;
  readonly count: number;
  /** sources of the whole run */
  readonly files: number;
  /** folder of the scan's root from the repository's */
  readonly prefix?: string;
  readonly provenance?: Provenance | undefined;
  readonly parts: readonly Part[];
}

export function shardText(shard: Shard): string {
  return `${JSON.stringify({ authgapShard: SHARD_VERSION, ...shard })}\n`;
}

/** Reads all shares of one run. Throws a UserError when one is missing, twice there, or of another run. */
export function readShards(files: readonly string[], cwd: string, toolVersion: string): readonly Shard[] {
  const shards = files.map((file) => readShard(file, cwd));
  const count = shards[0]?.count ?? 0;
  for (const [at, shard] of shards.entries()) {
    const where = files[at] ?? "";
    const hint = "give all shares of one run, and nothing else";
    if (shard.toolVersion !== toolVersion)
      throw new UserError(`this share was written by authgap ${shard.toolVersion}`, {
        where,
        hint: `merge with that version; this is ${toolVersion}`,
      });
    if (shard.count !== count)
      throw new UserError(`this is a share of ${shard.count}, others are of ${count}`, { where, hint });
    if (shards.findIndex((other) => other.index === shard.index) !== at)
      throw new UserError(`the share ${shard.index}/${count} is given twice`, { where, hint });
  }
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter(
    (n) => !shards.some((one) => one.index === n),
  );
  if (missing.length > 0) {
    const names = missing.map((index) => `${index}/${count}`).join(", ");
    throw new UserError(`shares are missing: ${names}`, { where: "merge", hint: "a run is joined when all are there" });
  }
  return shards;
}

function readShard(file: string, cwd: string): Shard {
  const hint = "give files that 'authgap scan --shard i/n --output <file>' wrote";
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(resolve(cwd, file), "utf8"));
  } catch {
    throw new UserError("this share cannot be read", { where: file, hint });
  }
  if (!isShard(value)) throw new UserError("this is no share of a run", { where: file, hint });
  return value;
}

/** Written by the same version of this program; its shape is checked where a mix-up would show. */
function isShard(value: unknown): value is Shard {
  if (!isRecord(value) || value.authgapShard !== SHARD_VERSION || typeof value.toolVersion !== "string") return false;
  const { index, count, files, parts } = value;
  if (
    !Number.isSafeInteger(index) ||
    !Number.isSafeInteger(files) ||
    !Number.isSafeInteger(count) ||
    !Array.isArray(parts)
  )
    return false;
  const lists = ["rules", "findings", "notices", "paths", "routes"];
  return parts.every(
    (part: unknown) =>
      isRecord(part) &&
      typeof part.folder === "string" &&
      isRecord(part.result) &&
      isRecord(part.result.coverage) &&
      lists.every((name) => Array.isArray(Reflect.get(Object(part.result), name))),
  );
}
