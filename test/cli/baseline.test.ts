/** `--baseline` from the outside: a report is written, the service changes, only what is new counts. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { schemaErrors } from "../report/sarif-validator.js";
import { authgap, type Run } from "../support/cli.js";
import { removeFolder, temporaryFolder, writeFiles } from "../support/run-scan.js";
import { APP_TEXT, NOTES_MOVED, NOTES_TEXT, SERVICE, WITHOUT_GUARD } from "./service.js";

const work = temporaryFolder("baseline");
const folder = join(work, "service");

const scan = (...args: string[]): Run => authgap(["scan", "--quiet", ...args], folder);

interface Result {
  readonly baselineState?: string;
  readonly properties: { readonly subject: string };
}

function states(run: Run): string[] {
  const log: { runs: { results: Result[] }[] } = JSON.parse(run.stdout);
  return (log.runs[0]?.results ?? []).map((one) => `${one.properties.subject} ${one.baselineState}`);
}

beforeEach(() => {
  removeFolder(folder);
  mkdirSync(folder);
  writeFiles(folder, SERVICE);
  scan("--fail-on", "never", "-o", "sarif=../b.sarif", "-o", "json=../b.json");
});
afterAll(() => removeFolder(work));

describe.each(["../b.sarif", "../b.json"])("a baseline %s", (baseline) => {
  it("lets what it holds pass and shows it only on demand", () => {
    const run = scan("--baseline", baseline);
    expect(run.stdout).toContain("No new findings.");
    expect(run.stdout).toContain("1 finding known before (--verbose shows them), 0 resolved");
    expect(run.stdout).not.toContain("unguarded-route");
    expect(run.status).toBe(0);
    expect(scan("--baseline", baseline, "--verbose").stdout).toContain("POST /notes (inferred) (known)");
  });

  it("fails on what is new, by severity", () => {
    writeFiles(folder, WITHOUT_GUARD);
    const run = scan("--baseline", baseline);
    expect(run.stdout).toContain("2 new findings: 2 errors");
    expect(run.stdout).not.toContain("src/notes.ts");
    expect(run.status).toBe(1);
    expect(scan("--baseline", baseline, "--fail-on", "never").status).toBe(0);
  });

  it("follows a finding through moved lines, another layout and another file name", () => {
    writeFiles(folder, { "src/notes.ts": NOTES_MOVED });
    expect(states(scan("--baseline", baseline, "-f", "sarif"))).toEqual(["POST /notes unchanged"]);
    renameSync(join(folder, "src/notes.ts"), join(folder, "src/memos.ts"));
    writeFiles(folder, { "src/app.ts": APP_TEXT.replace("./notes.js", "./memos.js") });
    const run = scan("--baseline", baseline, "-f", "sarif");
    expect(states(run)).toEqual(["POST /notes updated"]);
    expect(run.status).toBe(0);
  });

  it("tells what is resolved, in SARIF only when asked to", () => {
    writeFiles(folder, { "src/app.ts": APP_TEXT.replace('"/notes", notes', '"/notes", requireUser, notes') });
    expect(scan("--baseline", baseline).stdout).toMatch(
      /0 findings known before, 1 resolved\n {2}✓ AG101 {2}POST \/notes/,
    );
    const plain = scan("--baseline", baseline, "-f", "sarif");
    expect(states(plain)).toEqual([]);
    const full = scan(
      "--baseline",
      baseline,
      "-f",
      "sarif",
      "--sarif-absent",
      "include",
      "--sarif-suppressed",
      "include",
    );
    expect(states(full)).toEqual(["POST /notes absent"]);
    expect(schemaErrors(full.stdout)).toEqual([]);
    writeFileSync(join(work, "absent.sarif"), full.stdout);
    writeFiles(folder, { "src/app.ts": APP_TEXT });
    expect(states(scan("--baseline", "../absent.sarif", "-f", "sarif"))).toEqual(["POST /notes new"]);
  });

  it("does not hold what was silenced when it was written", () => {
    const silenced = NOTES_TEXT.replace("notes.post", "// authgap-ignore-next-line AG101 -- public form\nnotes.post");
    writeFiles(folder, { "src/notes.ts": silenced });
    scan("-o", "sarif=../s.sarif", "-o", "json=../s.json", "--sarif-suppressed", "include");
    expect(scan("--baseline", "../s.json").status).toBe(0);
    writeFiles(folder, { "src/notes.ts": NOTES_TEXT });
    expect(scan("--baseline", baseline.replace("b.", "s.")).status).toBe(1);
  });
});

describe("further formats", () => {
  it("annotate new findings only", () => {
    writeFiles(folder, WITHOUT_GUARD);
    const lines = scan("--baseline", "../b.json", "-f", "github").stdout.split("\n");
    const title = "title=AG101 unguarded-route%3A DELETE /admin/files/%3Aname";
    expect(lines[0]).toContain(`::error file=src/admin.ts,line=7,endLine=7,col=1,endColumn=50,${title}::`);
    expect(lines.filter((line) => line.startsWith("::"))).toHaveLength(2);
    expect(lines[2]).toBe("2 new findings: 2 errors");
  });

  it("sum up a job in Markdown", () => {
    const { stdout } = scan("--format", "markdown");
    expect(stdout).toContain("## authgap: 1 finding: 1 error\n");
    expect(stdout).toMatch(
      /\| error \| \[AG101\]\(https:\S+\) unguarded-route \| `POST \/notes` \| `src\/notes.ts:4` \|/,
    );
    expect(scan("-o", "../summary.md").stdout).toBe("");
  });
});

describe("what is no baseline", () => {
  it.each([
    ["no file", "../none.sarif", "the baseline is not there"],
    ["no report", "package.json", "the baseline is no report of authgap"],
    ["no JSON", "src/app.ts", "the baseline is no report of authgap"],
    ["a folder", "src", "the baseline is not there"],
    ["another tool's log", "../other.sarif", "the baseline is no report of authgap"],
  ])("is refused: %s", (_, file, message) => {
    const other = { version: "2.1.0", runs: [{ tool: { driver: { name: "other" } }, results: [] }] };
    writeFileSync(join(work, "other.sarif"), JSON.stringify(other));
    const run = scan("--baseline", file);
    expect(run.stderr).toContain(message);
    expect([run.status, run.stdout]).toEqual([2, ""]);
    rmSync(join(work, "other.sarif"));
  });

  it("may be damaged in any way without a crash", () => {
    const odd = {
      version: "2.1.0",
      runs: [{ tool: { driver: { name: "authgap" } }, results: [null, {}, { locations: 1 }] }],
    };
    writeFileSync(join(work, "odd.sarif"), JSON.stringify(odd));
    expect(scan("--baseline", "../odd.sarif").status).toBe(1);
  });
});
