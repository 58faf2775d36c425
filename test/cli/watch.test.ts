/** `authgap watch` as a process of its own: files change below it, and the report follows. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Started, startAuthgap } from "../support/cli.js";
import { removeFolder, temporaryFolder, writeFiles } from "../support/run-scan.js";
import { NOTES_TEXT, SERVICE, WITHOUT_GUARD } from "./service.js";

const MINUTE = 60_000;
const REPORT = ".sarif/authgap.sarif";

let folder = "";
let run: Started | null = null;

beforeEach(() => {
  folder = temporaryFolder("watch");
  writeFiles(folder, SERVICE);
});

afterEach(() => {
  run?.kill();
  run = null;
  removeFolder(folder);
});

function start(...args: string[]): Started {
  run?.kill();
  run = startAuthgap(["watch", ...args], folder);
  return run;
}

async function until(test: () => boolean, what: string): Promise<void> {
  const end = Date.now() + MINUTE;
  while (!test()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}; told so far:\n${run?.told()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const line = (text: string) => until(() => told().includes(text), `'${text}'`);
const told = (): string => run?.told() ?? "";

function subjects(): string[] {
  const log: unknown = JSON.parse(readFileSync(join(folder, REPORT), "utf8"));
  return [...JSON.stringify(log).matchAll(/"text":"[^'"]*'([A-Z]+ [^']+)' runs for callers/g)]
    .map((match) => match[1] ?? "")
    .sort();
}

/** Changed as editors do it: written beside, then renamed over. */
function save(path: string, text: string): void {
  writeFiles(folder, { [`${path}~`]: text });
  renameSync(join(folder, `${path}~`), join(folder, path));
}

describe("authgap watch", { timeout: 3 * MINUTE }, () => {
  test("writes a report, and a new one for each change, until it is stopped", async () => {
    start();
    await line("1 finding · written to .sarif/authgap.sarif");
    expect(subjects()).toEqual(["POST /notes"]);
    save("src/app.ts", WITHOUT_GUARD["src/app.ts"]);
    await line("(2 new) · src/app.ts");
    expect(subjects()).toContain("DELETE /admin/files/:name");
    save("src/app.ts", SERVICE["src/app.ts"] ?? "");
    await line("1 finding (2 gone) · src/app.ts");
    expect(subjects()).toEqual(["POST /notes"]);
    expect(readdirSync(join(folder, ".sarif"))).toEqual(["authgap.sarif"]);
    expect(await run?.stop()).toBe(0);
    expect(told()).toContain("stopped");
    expect(existsSync(join(folder, REPORT))).toBe(true);
  });

  test("survives broken sources, a broken manifest, and folders that come and go", async () => {
    start("-o", REPORT);
    await line("1 finding · written to");
    save("src/notes.ts", "export const notes = Router(;\n");
    await line("· src/notes.ts");
    save("src/notes.ts", NOTES_TEXT);
    await until(() => subjects().length === 1, "the finding to come back");
    writeFiles(folder, { "authgap.policy.yaml": "version: 1\nrouts: {}\n" });
    await line("'routs' is not a key of the manifest. (authgap.policy.yaml:2:1); the report of");
    expect(subjects()).toEqual(["POST /notes"]);
    const pardon = 'routes: { rules: [{ match: "POST /notes", public: true, reason: "a form", owner: web }] }';
    writeFiles(folder, { "authgap.policy.yaml": `version: 1\n${pardon}\n` });
    await until(() => subjects().length === 0, "the manifest to hold");
    rmSync(join(folder, "src"), { recursive: true });
    rmSync(join(folder, "authgap.policy.yaml"));
    await until(() => /0 findings[^\n]*\n?$/.test(told().trimEnd()), "the run without sources");
    writeFiles(folder, SERVICE);
    await until(() => subjects().length === 1, "the sources to be seen again");
    expect(await run?.stop("SIGTERM")).toBe(0);
  });

  test("waits for a scanned folder that is deleted", async () => {
    writeFiles(folder, { "outer/.keep": "", ...inside("outer/svc", SERVICE) });
    start("outer/svc", "-o", REPORT);
    await line("1 finding · written to");
    rmSync(join(folder, "outer/svc"), { recursive: true });
    await line("is kept");
    writeFiles(folder, inside("outer/svc", { ...SERVICE, ...WITHOUT_GUARD }));
    await until(() => subjects().length === 3, "the folder to be seen again");
  });

  test("refuses what it cannot do", async () => {
    expect(await start("nowhere").exited).toBe(2);
    expect(await start("-f", "text").exited).toBe(2);
    expect(told()).toContain("a report that is kept fresh needs a file");
  });
});

function inside(base: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${base}/${path}`, text]));
}
