/** `authgap policy` as it is shipped, on a service in a git repository of its own. */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { authgap, REPOSITORY } from "../support/cli.js";
import { temporaryFolder } from "../support/run-scan.js";

const DAY = { SOURCE_DATE_EPOCH: String(Date.UTC(2026, 10, 22) / 1000) };
const MANIFEST = "authgap.policy.yaml";
let folder = "";

beforeEach(() => {
  folder = temporaryFolder("policy");
  cpSync(join(REPOSITORY, "fixtures/_apps/invoicing"), folder, { recursive: true });
  git("init", "-q");
  commit();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function git(...args: string[]): void {
  spawnSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { cwd: folder });
}

function commit(): void {
  git("add", "-A");
  git("commit", "-qm", "state");
}

function edit(change: (text: string) => string): void {
  const file = join(folder, MANIFEST);
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

const run = (...args: string[]) => authgap(["policy", ...args], folder, DAY);

describe("policy check", () => {
  it("lists what is stale, expired or lacking, and fails", () => {
    const { status, stdout } = run("check");
    expect(stdout).toContain("warning authgap.policy.yaml:27:7  AG603 stale-policy-entry");
    expect(stdout).toContain("The exception 'AG301 PATCH /customers/:id' ended on '2026-06-30'.");
    expect(stdout).toContain("src/auth/guards.ts#requireRecentLogin");
    expect(status).toBe(1);
    // what entry points lack is told by a scan
    expect(stdout).not.toContain("AG602");
  });

  it("says the same as JSON", () => {
    const report: unknown = JSON.parse(run("check", "--format", "json").stdout);
    expect(report).toMatchObject({ manifest: MANIFEST, valid: true });
    expect(report).toHaveProperty("remarks.0.rule", "AG605");
  });

  it("points at what is not valid", () => {
    edit((text) => `${text}\nexeptions: []\n`);
    const { status, stderr } = run("check");
    expect([status, stderr]).toEqual([2, expect.stringContaining("Did you mean 'exceptions'?")]);
  });

  it("asks for a manifest where there is none", () => {
    rmSync(join(folder, MANIFEST));
    expect(run("check")).toMatchObject({ status: 2, stderr: expect.stringContaining("there is no manifest") });
  });
});

describe("policy diff", () => {
  it("finds nothing in an unchanged manifest", () => {
    const { status, stdout } = run("diff", "HEAD");
    expect([status, stdout]).toEqual([0, "0 changes since HEAD: 0 loosened, 0 tightened, 0 otherwise changed\n"]);
  });

  it("tells what was loosened, and fails", () => {
    edit((text) =>
      text
        .replace("default: { require: [authentication] }", "default: { require: [] }")
        .replace("roles: [accountant, owner]", "roles: [accountant, owner, viewer]")
        .replace("2026-06-30", "2027-06-30")
        .replace("rules:\n", 'rules:\n    - { match: "GET /reports/**", public: true, reason: "x", owner: y }\n'),
    );
    const { status, stdout } = run("diff", "HEAD");
    for (const what of [
      "the default for routes drops authentication.",
      "'POST|PATCH /invoices/**' admits viewer.",
      "ends on 2027-06-30 (before: 2026-06-30).",
      "'GET /reports/**' is made public.",
    ])
      expect(stdout).toContain(what);
    expect(stdout).toContain("4 loosened, 0 tightened");
    expect(status).toBe(1);
    expect(run("diff", "HEAD", "--fail-on", "never").status).toBe(0);
  });

  it("does not fail for what was tightened", () => {
    edit((text) => text.replace(/^exceptions:[\s\S]*$/m, "").replace("[signature]", "[signature, decision]"));
    const { status, stdout } = run("diff", "HEAD");
    expect(stdout).toContain("tightened HEAD:authgap.policy.yaml:37");
    expect(stdout).toContain("'POST /webhooks/payments' demands decision.");
    expect(status).toBe(0);
  });

  it("follows what the earlier manifest extended", () => {
    writeFileSync(join(folder, "org.policy.yaml"), "version: 1\ntenancy: { global: [Country] }\n");
    edit((text) => `${text}\nextends: ["./org.policy.yaml"]\n`);
    commit();
    writeFileSync(join(folder, "org.policy.yaml"), "version: 1\ntenancy: { global: [Country, Invoice] }\n");
    expect(run("diff", "HEAD").stdout).toContain("the model 'Invoice' belongs to no tenant.");
  });

  it("holds a new manifest against the default", () => {
    rmSync(join(folder, MANIFEST));
    commit();
    writeFileSync(join(folder, MANIFEST), "version: 1\nroutes: { default: { require: [authentication, decision] } }\n");
    const { stdout } = run("diff", "HEAD");
    expect(stdout).toContain("the default for routes demands decision.");
    expect(stdout).toContain("There was no manifest at HEAD.");
  });

  it("takes a reference for nothing else", () => {
    for (const reference of ["--output=x", "nowhere"])
      expect(run("diff", "--", reference)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining("names no commit"),
      });
  });
});

describe("policy explain", () => {
  it("shows rules in order and what the code provides", () => {
    const { status, stdout } = run("explain", "DELETE /members/:userId");
    expect(stdout).toContain("decides   1. 'DELETE /members/:userId'  demands authentication, decision, stepUp");
    expect(stdout).toContain("overruled 2. the default");
    expect(stdout).toMatch(/missing stepUp[\s\S]*The code lacks stepUp\./);
    expect(status).toBe(0);
  });

  it("takes a request for the entry that it would reach", () => {
    expect(run("explain", "PATCH /customers/42").stdout).toMatch(
      /^PATCH \/customers\/:id[\s\S]*AG301 'PATCH \/customers\/:id' covers nothing: it ended on 2026-06-30/,
    );
  });

  it("says when there is no such entry", () => {
    expect(run("explain", "DELETE /members/:userid/x")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("did you mean 'DELETE /members/:userId'?"),
    });
  });
});
