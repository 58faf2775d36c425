/** The package as it would be published, unpacked into a project's node_modules beside this checkout's dependencies. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./cli.js";

const MINUTES = 120_000;

/** Packs, unpacks below `work`, and returns the path of the program. Needs no registry. */
export function unpackedProgram(work: string): string {
  // the build belongs to `npm test`, so packing does not repeat it
  run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", work], REPOSITORY);
  const tarball = readdirSync(work).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm packed nothing");
  const modules = join(work, "node_modules");
  mkdirSync(modules);
  run("tar", ["-xzf", tarball], work);
  renameSync(join(work, "package"), join(modules, "authgap"));
  for (const name of dependencies())
    symlinkSync(join(REPOSITORY, "node_modules", name), join(modules, name), "junction");
  return join(modules, "authgap", "bin", "authgap.js");
}

function dependencies(): string[] {
  const manifest: unknown = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8"));
  const named: unknown = typeof manifest === "object" && manifest !== null ? Reflect.get(manifest, "dependencies") : {};
  return Object.keys(typeof named === "object" && named !== null ? named : {});
}

function run(command: string, args: readonly string[], cwd: string): void {
  const done = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    timeout: MINUTES,
    shell: process.platform === "win32",
  });
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stderr}`);
}
