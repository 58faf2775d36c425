/** The same project gives the same bytes: twice in a row, and whatever order its files were made in. */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { authgap, REPOSITORY } from "./support/cli.js";
import { filesBelow } from "./support/expectations.js";
import { removeFolder, temporaryFolder, writeFiles } from "./support/run-scan.js";

const APP = join(REPOSITORY, "fixtures", "_apps", "invoicing");
const work = temporaryFolder("order");

function contents(): [string, string][] {
  return filesBelow(APP).map((file) => [file, readFileSync(join(APP, file), "utf8")]);
}

/** A fixed order that has nothing to do with names: by a hash of the name. */
function shuffled(files: readonly [string, string][]): [string, string][] {
  const weight = (name: string) => [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, 7);
  return [...files].sort(([a], [b]) => weight(a) - weight(b));
}

function sarifOf(folder: string, ...extra: string[]): string {
  const run = authgap(
    ["scan", ".", "--format", "sarif", "--fail-on", "never", "--profile", "audit", "--quiet", ...extra],
    folder,
  );
  expect(run.stderr).toBe("");
  expect(run.status).toBe(0);
  return run.stdout;
}

beforeAll(() => {
  cpSync(APP, join(work, "copied", "invoicing"), { recursive: true });
  writeFiles(join(work, "shuffled", "invoicing"), Object.fromEntries(shuffled(contents())));
  writeFiles(join(work, "reversed", "invoicing"), Object.fromEntries(contents().reverse()));
});

afterAll(() => removeFolder(work));

test("two runs give the same bytes", () => {
  const folder = join(work, "copied", "invoicing");
  expect(sarifOf(folder, "--no-cache")).toBe(sarifOf(folder, "--no-cache"));
});

test("a run from the cache gives the same bytes", () => {
  const folder = join(work, "copied", "invoicing");
  const cold = sarifOf(folder, "--no-cache");
  expect([sarifOf(folder), sarifOf(folder)]).toEqual([cold, cold]);
});

test("the order in which files were made does not matter", () => {
  const copied = sarifOf(join(work, "copied", "invoicing"), "--no-cache");
  expect(sarifOf(join(work, "shuffled", "invoicing"), "--no-cache")).toBe(copied);
  expect(sarifOf(join(work, "reversed", "invoicing"), "--no-cache")).toBe(copied);
});

test("the order in which paths are given does not matter", () => {
  const folder = join(work, "copied", "invoicing");
  const run = (...paths: string[]) =>
    authgap(["scan", ...paths, "--format", "sarif", "--fail-on", "never", "--quiet", "--no-cache"], folder);
  expect(run("src/routes", "src/auth").stdout).toBe(run("src/auth", "src/routes").stdout);
});

test("no report names the machine", () => {
  const sarif = sarifOf(join(work, "copied", "invoicing"), "--no-cache");
  expect(sarif).not.toContain(work);
  expect(sarif).not.toContain(process.env.HOME ?? work);
});

test("an added file that has nothing to do with it changes no finding", () => {
  const folder = join(work, "shuffled", "invoicing");
  const findings = () => authgap(["scan", ".", "--format", "json", "--fail-on", "never", "--no-cache"], folder).stdout;
  const before: unknown = JSON.parse(findings());
  writeFiles(folder, { "src/unrelated.ts": "export const answer = 42;\n" });
  const after: unknown = JSON.parse(findings());
  expect(fingerprintsIn(after)).toEqual(fingerprintsIn(before));
});

/** Every value of a property `fingerprint`, wherever it stands. */
function fingerprintsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fingerprintsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "fingerprint" && typeof inner === "string" ? [inner] : fingerprintsIn(inner),
  );
}
