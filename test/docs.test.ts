/** The documentation is held against the program: its reference is generated, and its commands are run. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { rules } from "../rules/index.js";
import { manifestJsonSchema } from "../src/policy/definition.js";
import { authgap, REPOSITORY, startAuthgap } from "./support/cli.js";
import { manifestReference } from "./support/manifest-reference.js";
import { removeFolder, temporaryFolder } from "./support/run-scan.js";

const DOCS = join(REPOSITORY, "docs");
const PAGES = readdirSync(DOCS, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .sort();
const DAY = { SOURCE_DATE_EPOCH: String(Date.UTC(2026, 10, 22) / 1000) };

const textOf = (page: string): string => readFileSync(join(DOCS, page), "utf8");

test("the manifest reference is up to date (vitest -u writes it)", async () => {
  const schema: Record<string, unknown> = JSON.parse(manifestJsonSchema());
  await expect(manifestReference(schema)).toMatchFileSnapshot("../docs/manifest.md");
});

test.each(["scan", "routes"])("what the README says that '%s' prints is printed", { timeout: 60_000 }, (command) => {
  const readme = readFileSync(join(REPOSITORY, "README.md"), "utf8");
  const [, block = ""] = readme.split(new RegExp(`<!-- output:${command}:(?:begin|end) -->`));
  const [, output = ""] = block.split(/^```\n?/m);
  const never = command === "scan" ? ["--fail-on", "never"] : [];
  const run = authgap([command, "fixtures/_apps/invoicing", ...never], REPOSITORY, DAY);
  expect(run.status, run.stderr).toBe(0);
  expect(output).not.toBe("");
  for (const line of output.split("\n")) if (line.trim() !== "…") expect(run.stdout).toContain(line);
});

describe.each(PAGES)("%s", (page) => {
  test("links lead somewhere", () => {
    const targets = [...textOf(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1] ?? "");
    expect(targets.filter((target) => !existsSync(join(DOCS, dirname(page), target)))).toEqual([]);
  });

  test("names rules that exist", () => {
    const known = new Set(rules.map((rule) => rule.meta.code));
    const named = [...textOf(page).matchAll(/\bAG\d{3}\b/g)].map((match) => match[0]);
    expect(named.filter((code) => !known.has(code))).toEqual([]);
  });

  // ```sh run=<status>: `authgap …` lines, run one after the other in a copy of the sample service
  const blocks = [...textOf(page).matchAll(/^```sh run=(\d|stop)\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```)?/gm)];
  test.skipIf(blocks.length === 0)("commands do what they say", { timeout: 120_000 }, async () => {
    const folder = temporaryFolder("docs");
    try {
      cpSync(join(REPOSITORY, "fixtures/_apps/invoicing"), folder, { recursive: true });
      for (const [, status = "0", commands = "", output = ""] of blocks)
        await (status === "stop"
          ? runUntil(folder, commands, output)
          : runBlock(folder, Number(status), commands, output));
    } finally {
      removeFolder(folder);
    }
  });
});

/** A command that goes on until it is stopped: each line of the output is part of what it tells on standard error. */
async function runUntil(folder: string, command: string, output: string): Promise<void> {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const words = command.trim().split(/\s+/);
  expect(words.slice(0, 2), command).toEqual(["npx", "authgap"]);
  const run = startAuthgap(words.slice(2), folder);
  await run.until((told) => lines.every((line) => told.includes(line.trim())));
  expect(await run.stop()).toBe(0);
}

/** Every command ends with the status; each line of the output but `…` is printed by the last one. */
function runBlock(folder: string, status: number, commands: string, output: string): void {
  let printed = "";
  for (const line of commands.trim().split("\n")) {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
    if (words[0] === "rm") {
      rmSync(join(folder, words[1] ?? ""));
      continue;
    }
    expect(words.slice(0, 2), line).toEqual(["npx", "authgap"]);
    const run = authgap(words.slice(2), folder, DAY);
    expect([line, run.status], run.stderr).toEqual([line, status]);
    printed = run.stdout;
  }
  for (const line of output.split("\n")) if (line.trim() !== "…") expect(printed).toContain(line);
}
