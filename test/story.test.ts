/**
 * The whole story of a service that takes authgap up, with the packed package in a repository of its own: first scan,
 * draft, review, a gate that is green, a change that loses a guard, an exception, and the day it ends.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commit, git, repository, SERVICE, WITHOUT_GUARD } from "./cli/service.js";
import { type Run, runNode } from "./support/cli.js";
import { unpackedProgram } from "./support/packed.js";
import { removeFolder, temporaryFolder, writeFiles } from "./support/run-scan.js";

const MINUTES = 240_000;
const TODAY = day("2026-11-28");
const MANIFEST = "authgap.policy.yaml";
/** as the sample service, with one route less that changes something */
const SHOP: Readonly<Record<string, string>> = {
  ...SERVICE,
  "src/admin.ts": (SERVICE["src/admin.ts"] ?? "").replace(/admin\.post\("\/purge"[\s\S]*$/, ""),
};
const ACCEPTED = '    - { match: "POST /notes", public: true, reason: "the contact form", owner: web }\n';
const PARDON =
  'exceptions:\n  - { rule: AG101, subject: "DELETE /admin/files/:name", reason: "the VPN guards it until the sign-in moves", owner: ops, expires: 2026-12-31 }\n';

const work = temporaryFolder("story");
const shop = join(work, "shop");
let program = "";

function day(date: string): string {
  return String(Date.parse(`${date}T12:00:00Z`) / 1000);
}

function authgap(args: string, at = TODAY): Run {
  return runNode(
    [program, ...args.split(" ")],
    shop,
    { SOURCE_DATE_EPOCH: at, XDG_CACHE_HOME: join(work, "cache") },
    60_000,
  );
}

function manifest(): string {
  return readFileSync(join(shop, MANIFEST), "utf8");
}

/** Lines that announce a finding: `error   AG101 unguarded-route  POST /notes (inferred)`. */
function announced(run: Run): string[] {
  return [...run.stdout.matchAll(/^ {2}(?:error|warning|note) +(AG\d{3}) \S+ {2}(.*?)(?: \(\w+\))?$/gm)].map(
    ([, code, subject]) => `${code} ${subject}`,
  );
}

describe("from the first scan to a gate that stays green", { timeout: MINUTES }, () => {
  beforeAll(() => {
    program = unpackedProgram(work);
    repository(shop, SHOP);
  }, MINUTES);

  afterAll(() => removeFolder(work));

  test("the first scan needs no set-up and finds the open route", () => {
    const run = authgap("scan");
    expect(run.status).toBe(1);
    expect(announced(run)).toEqual(["AG101 POST /notes"]);
    expect(run.stdout).toContain("'authgap init'");
  });

  test("init drafts the manifest, and the reviewed one makes the gate green", () => {
    expect(authgap("init").status).toBe(0);
    expect(manifest()).toContain('use: "src/guards.ts#requireUser"');
    const reviewed = manifest()
      .replace(/ {2}# inferred:.*$/gm, "")
      .replace(/^( {2}default: .*\n)/m, `$1  rules:\n${ACCEPTED}`);
    writeFiles(shop, { [MANIFEST]: reviewed });
    const run = authgap("scan");
    expect([run.status, announced(run)]).toEqual([0, []]);
    expect(authgap("policy check").status).toBe(0);
    commit(shop, "authgap, reviewed");
    const gate = authgap("scan --since main");
    expect([gate.status, announced(gate)]).toEqual([0, []]);
  });

  test("a change that loses a guard fails with one finding and the routes that are affected", () => {
    git(shop, "checkout", "-q", "-b", "change");
    writeFiles(shop, WITHOUT_GUARD);
    commit(shop, "tidy up");
    const run = authgap("scan --since main");
    expect(run.status).toBe(1);
    expect(announced(run)).toEqual(["AG101 DELETE /admin/files/:name"]);
    expect(run.stdout).toContain(
      "router /admin/files lost requireUser (authentication): 2 routes affected, open to everybody now",
    );
    expect(run.stdout).toContain("GET /admin/files  src/admin.ts");
    expect(run.stdout).not.toContain("Policy loosened");
  });

  test("the same against a report instead of a commit", () => {
    git(shop, "checkout", "-q", "main");
    expect(authgap("scan -o sarif=../main.sarif").status).toBe(0);
    git(shop, "checkout", "-q", "change");
    const run = authgap("scan --baseline ../main.sarif");
    expect([run.status, announced(run)]).toEqual([1, ["AG101 DELETE /admin/files/:name"]]);
  });

  test("a justified exception passes, and is told as a loosened policy", () => {
    writeFiles(shop, { [MANIFEST]: manifest() + PARDON });
    const run = authgap("scan --since main");
    expect([run.status, announced(run)]).toEqual([0, []]);
    expect(run.stdout).toContain("Policy loosened");
    expect(authgap("policy check").status).toBe(0);
  });

  test("an exception without a reason does not pass", () => {
    writeFiles(shop, { [MANIFEST]: manifest().replace(/reason: "the VPN[^"]*"/, 'reason: ""') });
    const run = authgap("scan --since main --fail-on warning");
    expect(run.status).toBe(1);
    expect(announced(run).some((line) => line.startsWith("AG604"))).toBe(true);
    writeFiles(shop, {
      [MANIFEST]: manifest().replace('reason: ""', 'reason: "the VPN guards it until the sign-in moves"'),
    });
  });

  test("on its last day the exception holds, on the day after it fails again", () => {
    expect(authgap("scan --since main", day("2026-12-31")).status).toBe(0);
    const run = authgap("scan --since main", day("2027-01-01"));
    expect(run.status).toBe(1);
    expect(announced(run)).toContain("AG101 DELETE /admin/files/:name");
    expect(announced(run).filter((line) => line.startsWith("AG604"))).toHaveLength(1);
    expect(authgap("policy check", day("2027-01-01")).status).toBe(1);
  });

  test("the guard put back makes it green without an exception", () => {
    writeFiles(shop, { "src/app.ts": SHOP["src/app.ts"] ?? "", [MANIFEST]: manifest().replace(PARDON, "") });
    const run = authgap("scan --since main", day("2027-01-01"));
    expect([run.status, announced(run)]).toEqual([0, []]);
  });
});
