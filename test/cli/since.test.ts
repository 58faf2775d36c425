/** `--since` from the outside, on repositories made for each case. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { authgap, type Run } from "../support/cli.js";
import { removeFolder, temporaryFolder, writeFiles } from "../support/run-scan.js";
import { APP_TEXT, commit, git, repository, SERVICE, WITHOUT_GUARD } from "./service.js";

const work = temporaryFolder("since");
const folder = join(work, "service");
const temporary = join(work, "tmp");

function scan(...args: string[]): Run {
  return authgap(["scan", "--quiet", ...args], folder, { TMPDIR: temporary });
}

beforeEach(() => {
  for (const path of [folder, temporary]) {
    removeFolder(path);
    mkdirSync(path);
  }
  repository(folder);
});
afterAll(() => removeFolder(work));

describe("a change", () => {
  it("that removes a guard is told as one loss with the routes affected", () => {
    writeFiles(folder, WITHOUT_GUARD);
    const before = [git(folder, "status", "--porcelain"), readFileSync(join(folder, ".git/index")).toString("hex")];
    const run = scan("--since", "HEAD");
    expect(run.stdout).toContain(
      "router /admin lost requireUser (authentication): 3 routes affected, open to everybody now\n",
    );
    expect(run.stdout).toContain("      DELETE /admin/files/:name  src/admin.ts:7\n");
    expect(run.stdout).toContain("2 new findings: 2 errors");
    expect(run.stdout).toContain("1 finding known before");
    expect([run.status, run.stderr]).toEqual([1, ""]);
    const after = [git(folder, "status", "--porcelain"), readFileSync(join(folder, ".git/index")).toString("hex")];
    expect(after).toEqual(before);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("that only moves things changes nothing", () => {
    writeFiles(folder, { "src/app.ts": `\n\n${APP_TEXT}` });
    const run = scan("--since", "main");
    expect(run.stdout).toMatch(/Since main \([0-9a-f]{10}\): routes, guards and policy are unchanged/);
    expect(run.status).toBe(0);
  });

  it("that repairs shows what is resolved, and all of it in JSON", () => {
    const repaired = APP_TEXT.replace('"/notes", notes', '"/notes", requireUser, notes');
    writeFiles(folder, { "src/app.ts": `${repaired}app.get("/ping", (req, res) => res.end());\n` });
    const run = scan("--since", "HEAD", "--format", "json");
    const report = JSON.parse(run.stdout);
    expect(report.resolved).toMatchObject([{ code: "AG101", subject: "POST /notes", file: "src/notes.ts" }]);
    expect(report.change).toMatchObject({ since: "HEAD", routesRemoved: [], guards: [], policy: [] });
    expect(report.change.routesAdded).toMatchObject([{ method: "GET", path: "/ping", access: "public" }]);
    expect(report.change.commit).toBe(git(folder, "rev-parse", "HEAD"));
  });

  it("of the manifest is told where it loosens", () => {
    const manifest = (rules: string): string =>
      `version: 1\nroutes:\n  default: { require: [authentication] }\n${rules}`;
    const strict = '  rules:\n    - { match: "* /admin/**", require: [authentication, decision] }\n';
    writeFiles(folder, { "authgap.policy.yaml": manifest(strict) });
    commit(folder, "manifest");
    const loose = '  rules:\n    - { match: "POST /notes", public: true, reason: "form", owner: web }\n';
    writeFiles(folder, { "authgap.policy.yaml": manifest(loose) });
    const { stdout } = scan("--since", "HEAD", "--format", "markdown");
    expect(stdout).toContain("### ⚠️ Policy loosened");
    expect(stdout).toContain("- a public route 'POST /notes' is added `authgap.policy.yaml:5`");
    expect(stdout).toContain("is taken out, which demanded decision");
    expect(stdout).toContain("POST /admin/purge needs authentication instead of authentication, decision");
  });
});

describe("what is compared", () => {
  it("is the point where a branch began, when asked for", () => {
    git(folder, "checkout", "-q", "-b", "work");
    git(folder, "checkout", "-q", "main");
    writeFiles(folder, { "src/app.ts": `${APP_TEXT}app.get("/later", (req, res) => res.end());\n` });
    commit(folder, "main goes on");
    git(folder, "checkout", "-q", "work");
    writeFiles(folder, { "src/app.ts": `${APP_TEXT}app.get("/mine", (req, res) => res.end());\n` });
    commit(folder, "work");
    expect(scan("--since", "main").stdout).toContain("GET /later (public)");
    const run = scan("--since", "main...");
    expect(run.stdout).toContain("GET /mine (public)");
    expect(run.stdout).not.toContain("/later");
  });

  it("may be one folder, also one that did not exist then", () => {
    const moved = Object.entries(SERVICE).map(([file, text]) => [`apps/new/${file}`, text]);
    writeFiles(folder, Object.fromEntries(moved));
    const run = scan("apps/new", "--since", "HEAD");
    expect(run.stdout).toContain("1 new finding: 1 error");
    expect(run.stdout).toContain("POST /admin/purge (authenticated)");
    expect(scan("src", "--since", "HEAD").status).toBe(0);
  });
});

describe("a hostile repository", () => {
  it("cannot run anything through its settings", () => {
    const trap = `touch ${join(work, "owned")}`;
    writeFiles(folder, { ".gitattributes": "*.ts filter=evil export-ignore diff=evil\n" });
    commit(folder, "attributes");
    for (const key of ["filter.evil.smudge", "filter.evil.clean", "diff.evil.textconv", "core.fsmonitor", "core.pager"])
      git(folder, "config", key, trap);
    git(folder, "config", "core.sshCommand", trap);
    git(folder, "config", "protocol.ext.allow", "always");
    git(folder, "config", "remote.origin.url", `ext::sh -c '${trap}'`);
    git(folder, "config", "remote.origin.promisor", "true");
    // an object is missing: git would fetch it from the promisor
    const object = git(folder, "rev-parse", "HEAD:src/admin.ts");
    rmSync(join(folder, ".git/objects", object.slice(0, 2), object.slice(2)));
    const run = scan("--since", "HEAD");
    expect(run.stderr).toContain("git cannot read the earlier state completely");
    expect(run.status).toBe(2);
    expect(existsSync(join(work, "owned"))).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it.each([
    "--output=owned",
    "-h",
    "$(touch owned)",
    "no-such-branch",
    "",
    "...",
    "HEAD:src/app.ts",
  ])("is not asked for '%s'", (reference) => {
    const run = scan(`--since=${reference}`);
    expect(run.stderr).toMatch(/^error: git knows no commit/);
    expect(run.stderr).toContain("fetch-depth: 0");
    expect([run.status, run.stdout]).toEqual([2, ""]);
    expect(existsSync(join(folder, "owned"))).toBe(false);
  });

  it("is told apart from a folder without git", () => {
    rmSync(join(folder, ".git"), { recursive: true });
    const run = scan("--since", "HEAD");
    expect(run.stderr).toContain("this is no git working copy");
    expect(run.status).toBe(2);
    expect(scan("--since", "HEAD", "--baseline", "x").stderr).toContain("exclude each other");
  });
});
