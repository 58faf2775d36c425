/** What npm would publish works in an empty folder. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY, type Run, runNode } from "./support/cli.js";
import { removeFolder, temporaryFolder, writeFiles } from "./support/run-scan.js";

const MINUTES = 120_000;
const work = temporaryFolder("package");
const install = join(work, "install");

function npm(args: readonly string[], cwd: string): Run {
  const run = spawnSync("npm", args, { cwd, encoding: "utf8", timeout: MINUTES, shell: process.platform === "win32" });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

/** From the registry or npm's own cache; where neither is to be had, with the packages of this checkout. */
function installTarball(tarball: string): string {
  writeFiles(install, { "package.json": '{ "name": "consumer", "private": true }\n' });
  const online = npm(["install", "--prefer-offline", "--no-audit", "--no-fund", tarball], install);
  if (online.status === 0) return "";
  const cached = npm(["install", "--offline", "--no-audit", "--no-fund", tarball], install);
  return cached.status === 0 ? "" : `${online.stderr}\n${cached.stderr}`;
}

describe("the packed package", { timeout: MINUTES }, () => {
  let packed: string[] = [];

  beforeAll(() => {
    // the build belongs to `npm test`, so packing does not repeat it
    const run = npm(["pack", "--ignore-scripts", "--json", "--pack-destination", work], REPOSITORY);
    expect(run.stderr.includes("npm error")).toBe(false);
    const listing: unknown = JSON.parse(run.stdout);
    packed = filesOf(listing);
    const { name, version } = manifest();
    expect(installTarball(join(work, basename(`${name}-${version}.tgz`)))).toBe("");
  }, MINUTES);

  afterAll(() => removeFolder(work));

  test("holds what it needs and nothing else", () => {
    for (const file of ["bin/authgap.js", "README.md", "CHANGELOG.md", "LICENSE"]) expect(packed).toContain(file);
    expect(packed.some((file) => /^rules\/AG101-.*\.md$/.test(file))).toBe(true);
    expect(packed.filter((file) => /^(test|fixtures|src|bench)\//.test(file))).toEqual([]);
  });

  test("tells its version", () => {
    const run = npm(["exec", "--offline", "--", "authgap", "--version"], install);
    expect(run.stdout.trim()).toBe(manifest().version);
  });

  test("scans a project", () => {
    const project = join(work, "project");
    writeFiles(project, {
      "package.json": '{ "name": "tiny", "private": true }\n',
      "src/app.ts": [
        'import express from "express";',
        'import { rm } from "node:fs/promises";',
        "const app = express();",
        'app.delete("/files/:name", async (req, res) => {',
        "  await rm(`/srv/files/$" + "{req.params.name}`);",
        "  res.status(204).end();",
        "});",
        "app.listen(3000);",
        "",
      ].join("\n"),
    });
    const bin = join(install, "node_modules", "authgap", "bin", "authgap.js");
    expect(existsSync(bin)).toBe(true);
    const run = runNode([bin, "routes", ".", "--format", "json"], project, {}, MINUTES);
    expect(run.status).toBe(0);
    expect(run.stdout).toContain("/files/:name");
    const scanned = runNode([bin, "scan", ".", "--format", "sarif", "--fail-on", "never"], project, {}, MINUTES);
    expect(scanned.status).toBe(0);
    expect(scanned.stdout).toContain('"2.1.0"');
  });
});

function manifest(): { name: string; version: string } {
  const value: unknown = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8"));
  return { name: textAt(value, "name"), version: textAt(value, "version") };
}

function textAt(value: unknown, key: string): string {
  if (typeof value !== "object" || value === null) return "";
  const found: unknown = Reflect.get(value, key);
  return typeof found === "string" ? found : "";
}

function filesOf(listing: unknown): string[] {
  const [first]: unknown[] = Array.isArray(listing) ? listing : [];
  if (typeof first !== "object" || first === null) return [];
  const files: unknown = Reflect.get(first, "files");
  return Array.isArray(files) ? files.map((file) => textAt(file, "path")) : [];
}
