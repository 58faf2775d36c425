/** `--shard` and `merge`: any division of a workspace gives the bytes of the undivided run. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authgap, type Run } from "../support/cli.js";
import { removeFolder, temporaryFolder, writeFiles } from "../support/run-scan.js";
import { SERVICE } from "./service.js";

const work = temporaryFolder("shard");
const folder = join(work, "workspace");

/** Two services that share a package, one of which writes into it for anybody; a third that is alone. */
function workspace(): Record<string, string> {
  const files: Record<string, string> = {
    "package.json": '{ "name": "all", "private": true, "workspaces": ["apps/*", "packages/*"] }\n',
    "packages/store/package.json":
      '{ "name": "@all/store", "main": "src/index.ts", "dependencies": { "express": "5" } }\n',
    "packages/store/src/index.ts": [
      'import { Router } from "express";',
      'import { appendFile } from "node:fs/promises";',
      "export const shared = Router();",
      'shared.post("/events", async (req, res) => {',
      '  await appendFile("/srv/events", req.body.text);',
      "  res.end();",
      "});",
      "",
    ].join("\n"),
    "scripts/serve.ts": 'import express from "express";\nconst app = express();\napp.listen(1);\n',
    "apps/broken/package.json": '{ "name": "broken" }\n',
    "apps/broken/src/a.ts": "export const a = ;;; {{{\n",
  };
  for (const app of ["files", "mail", "alone"]) {
    for (const [file, text] of Object.entries(SERVICE))
      files[`apps/${app}/${file}`] = text.replace('"files"', `"${app}"`);
    if (app === "alone") continue;
    const manifest = files[`apps/${app}/package.json`] ?? "";
    files[`apps/${app}/package.json`] = manifest.replace('"express"', '"@all/store": "*", "express"');
    const own = files[`apps/${app}/src/app.ts`] ?? "";
    files[`apps/${app}/src/app.ts`] = own
      .replace("import { admin }", 'import { shared } from "@all/store";\nimport { admin }')
      .replace("app.listen", 'app.use("/shared", shared);\napp.listen');
  }
  return files;
}

const run = (...args: string[]): Run => authgap([...args, "--quiet"], folder);
const read = (name: string): string => readFileSync(join(work, name), "utf8");
const OUTPUTS = (name: string): string[] =>
  ["sarif", "json", "markdown"].flatMap((one) => ["-o", `${one}=../${name}.${one}`]);

function shards(count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const file = `../${at + 1}-of-${count}.json`;
    const { status, stdout, stderr } = run("scan", "--profile", "audit", "--shard", `${at + 1}/${count}`, "-o", file);
    expect([status, stdout, stderr]).toEqual([0, "", ""]);
    return file;
  });
}

beforeAll(() => {
  writeFiles(folder, workspace());
  const whole = run("scan", "--profile", "audit", "--shard", "1/1", "--verbose", ...OUTPUTS("whole"), "-f", "text");
  expect(whole.status).toBe(1);
  writeFileSync(join(work, "whole.text"), whole.stdout);
});
afterAll(() => removeFolder(work));

describe("a divided run", () => {
  it.each([2, 3, 7])("of %i shares is joined into the bytes of the undivided one", (count) => {
    const files = shards(count).reverse();
    const merged = run("merge", ...files, "--verbose", ...OUTPUTS("merged"), "-f", "text");
    expect([merged.status, merged.stderr]).toEqual([1, ""]);
    for (const format of ["sarif", "json", "markdown"]) expect(read(`merged.${format}`)).toBe(read(`whole.${format}`));
    expect(merged.stdout).toBe(read("whole.text"));
  });

  it("finds what the plain run finds", () => {
    run("scan", "--profile", "audit", "-o", "sarif=../plain.sarif");
    const results = (file: string): unknown => JSON.parse(read(file)).runs[0].results;
    expect(results("whole.sarif")).toEqual(results("plain.sarif"));
    expect(read("whole.sarif")).toContain("/shared/events");
  });

  it("is compared when it is joined", () => {
    const files = shards(2);
    expect(run("merge", ...files, "--baseline", "../whole.json").status).toBe(0);
    expect(run("merge", ...files, "--fail-on", "never").status).toBe(0);
  });
});

describe("what cannot be joined is refused", () => {
  it.each([
    [["scan", "--shard", "0/2"], "'0/2' is no share"],
    [["scan", "--shard", "3/2"], "'3/2' is no share"],
    [["scan", "--shard", "1"], "'1' is no share"],
    [["scan", "--shard", "1/2", "-f", "sarif"], "--format has no meaning for one share"],
    [["scan", "--shard", "1/2", "--since", "HEAD"], "--since has no meaning for one share"],
    [["merge", "../1-of-2.json"], "shares are missing: 2/2"],
    [["merge", "../1-of-2.json", "../1-of-2.json"], "given twice"],
    [["merge", "../1-of-2.json", "../1-of-3.json"], "this is a share of 3, others are of 2"],
    [["merge", "package.json"], "this is no share"],
    [["merge", "../nowhere.json"], "this share cannot be read"],
  ])("%j", (args, message) => {
    const { status, stdout, stderr } = run(...args);
    expect(stderr).toContain(message);
    expect([status, stdout]).toEqual([2, ""]);
  });
});
