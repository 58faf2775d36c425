import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../src/base/user-error.js";
import { webAddress } from "../../src/cli/provenance.js";
import { finding } from "../report/sample.js";
import { packageFolder, runCli, type World } from "./fake-host.js";

let folder = "";
beforeAll(() => {
  folder = packageFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cli = (line: string, world?: World) => runCli(line.split(" ").filter(Boolean), folder, world);
const warning = { findings: [finding({ severity: "warning" })] };
const silenced = finding({ suppression: { kind: "inSource", justification: "x", at: finding().at } });

describe("exit status", () => {
  it.each<[string, World, number]>([
    ["scan", {}, 1],
    ["scan", { result: { findings: [] } }, 0],
    ["scan", { result: { findings: [silenced] } }, 0],
    ["scan", { result: warning }, 0],
    ["scan --fail-on warning", { result: warning }, 1],
    ["scan --fail-on note", { result: warning }, 1],
    ["scan --fail-on never", {}, 0],
    ["routes", {}, 0],
    ["--version", {}, 0],
    ["--help", {}, 0],
    ["help scan", {}, 0],
    ["", {}, 2],
  ])("of '%s' is right", async (line, world, status) => {
    expect((await cli(line, world)).status).toBe(status);
  });
});

describe("what the engine is asked", () => {
  it("follows the options", async () => {
    const { request } = await cli(
      "scan a b --policy p.yaml --no-cache --include x/** --include y --exclude z --include-tests --profile audit --only AG301,unguarded-route",
    );
    expect(request).toMatchObject({
      paths: ["a", "b"],
      policyFile: "p.yaml",
      useCache: false,
      include: ["x/**", "y"],
      exclude: ["z"],
      includeTests: true,
      profile: "audit",
      only: ["AG301", "AG101"],
      today: "2026-11-22",
      toolVersion: "1.2.3",
    });
  });

  it("has sober defaults", async () => {
    const { request } = await cli("scan");
    expect(request).toMatchObject({ paths: [], useCache: true, profile: "ci", include: [], includeTests: false });
    expect(request?.only).toBeUndefined();
    expect(request?.policyFile).toBeUndefined();
  });
});

describe("reports", () => {
  it("go to standard output and nothing else does", async () => {
    for (const format of ["json", "sarif"]) {
      const { out, err } = await cli(`scan --format ${format}`);
      expect(() => JSON.parse(out)).not.toThrow();
      expect(err).toBe("");
    }
  });

  it("go to files, whole and without leftovers", async () => {
    const { out, err, status } = await cli("scan --format text,json,sarif --output sarif=r/a.sarif -o json=r/a.json");
    expect(status).toBe(1);
    expect(out).toContain("AG301");
    expect(err).toBe("");
    expect(readdirSync(join(folder, "r")).sort()).toEqual(["a.json", "a.sarif"]);
    expect(JSON.parse(readFileSync(join(folder, "r/a.sarif"), "utf8")).version).toBe("2.1.0");
  });

  it("take their format from a single file's ending", async () => {
    const { out, err } = await cli("scan --output r/b.sarif");
    expect(out).toBe("");
    expect(err).toBe("1 finding written to r/b.sarif\n");
    expect(JSON.parse(readFileSync(join(folder, "r/b.sarif"), "utf8")).version).toBe("2.1.0");
    expect((await cli("scan -q --output r/b.sarif")).err).toBe("");
  });

  it("carry the rules' pages in SARIF", async () => {
    const { out } = await cli("scan --format sarif");
    const rule = JSON.parse(out).runs[0].tool.driver.rules.find((one: { id: string }) => one.id === "AG301");
    expect(rule.help.markdown).toContain("The page.");
  });

  it("are coloured by terminal, NO_COLOR and FORCE_COLOR", async () => {
    const coloured = async (world: World) => (await cli("scan", world)).out.includes("\u001b[");
    expect(await coloured({})).toBe(false);
    expect(await coloured({ terminal: true })).toBe(true);
    expect(await coloured({ terminal: true, env: { NO_COLOR: "1" } })).toBe(false);
    expect(await coloured({ env: { FORCE_COLOR: "1" } })).toBe(true);
    expect(await coloured({ terminal: true, env: { FORCE_COLOR: "0" } })).toBe(false);
  });
});

describe("user errors say what, where and what to do, without a stack", () => {
  it.each([
    ["scan --format sarf", "there is no format 'sarf'", "did you mean 'sarif'"],
    ["scan --format json,sarif", "several reports are meant for standard output", "--output json=report.json"],
    ["scan --format json,sarif --output x", "several reports are meant for x", "--output json=report.json"],
    ["scan --output sarif=", "the name of the sarif file is empty", ""],
    ["scan -o sarif=a -o sarif=b", "two files are given", ""],
    ["scan -o sarif=a -o json=a", "one file is given for two formats", ""],
    ["scan --only AG310", "there is no rule 'AG310'", "did you mean 'AG301'"],
    ["scan --only unscoped-qery", "there is no rule", "did you mean 'unscoped-query'"],
    ["scan --only ,", "there is no rule ''", "rules: AG101, AG301"],
    ["scan --output package.json/x/y.json", "the report cannot be written", "rights"],
    ["scan --output /proc/nowhere/x.json", "the report cannot be written", "rights"],
    ["scan --output rules", "this is a folder", "give a file name"],
    ["scan --fail-on fatal", "Allowed choices are error, warning, note, never", "hint"],
    ["scan --profile strict", "Allowed choices are ci, review, audit", "hint"],
    ["scan --ouput x", "unknown option '--ouput'", "Did you mean --output?"],
    ["scna", "unknown command 'scna'", "Did you mean scan?"],
    ["scan --baseline x", "the baseline is not there", "write it first"],
    ["scan --format", "argument missing", "hint"],
    ["explain", "missing required argument", "hint"],
    ["explain AG999", "there is no rule 'AG999'", "hint"],
    ["explain ffff0000", "there is no finding whose fingerprint begins with", "repaired"],
    ["routes --format sarif", "there is no format 'sarif'", "text, json, markdown"],
  ])("%s", async (line, message, hint) => {
    const { status, out, err } = await cli(line);
    expect(err).toContain(message);
    expect(err).toContain(hint);
    expect(err).not.toMatch(/\n\s+at /);
    expect(out).toBe("");
    expect(status).toBe(2);
  });

  it.each([
    ["scan", "--policy", ""],
    ["scan", "--output", ""],
    ["scan", "--format", ""],
    ["scan", "--only", ""],
  ])("%s %s with an empty value", async (...argv) => {
    expect((await runCli(argv, folder)).status).toBe(2);
  });

  it("come from the engine as well", async () => {
    const fails = new UserError("there is no folder", { where: "nowhere", hint: "look again" });
    const { status, err } = await cli("scan nowhere", { fails });
    expect(err).toBe("error: there is no folder\n  where: nowhere\n  hint: look again\n");
    expect(status).toBe(2);
  });
});

describe("hostile arguments", () => {
  it.each([
    ["scan", "--", "--format"],
    ["scan", "$(touch owned)", "`id`", "; rm -rf /", "a\nb", "é\u0000".slice(0, 1)],
    ["scan", "__proto__", "constructor"],
    ["scan", "--include", "__proto__", "--exclude", "**/{a,b"],
    ["scan", "x".repeat(100_000)],
    ["routes", "--path", "(((", "--access", "constructor"],
  ])("are passed on as they are: %j", async (...argv) => {
    const { status, err } = await runCli(argv, folder);
    expect([0, 1]).toContain(status);
    expect(err).toBe("");
    expect(existsSync(join(folder, "owned"))).toBe(false);
  });

  it.each([
    ["explain", "__proto__"],
    ["explain", ".*"],
    ["explain", ""],
    ["constructor"],
    ["scan", "--category"],
    ["scan", "-" + "-=x"],
  ])("are refused: %j", async (...argv) => {
    expect((await runCli(argv, folder)).status).toBe(2);
  });
});

describe("internal errors", () => {
  it("are told briefly, with the stack only when asked for", async () => {
    const fails = new TypeError("x is not a function");
    const brief = await cli("scan", { fails });
    expect(brief.status).toBe(3);
    expect(brief.err).toContain("internal error: x is not a function");
    expect(brief.err).toContain("/issues");
    expect(brief.err).not.toMatch(/\n\s+at /);
    expect((await cli("scan --verbose", { fails })).err).toMatch(/\n\s+at /);
  });
});

describe("explain", () => {
  it("prints a rule's page by code or name in any case", async () => {
    expect((await cli("explain ag301")).out).toBe("AG301 unscoped-query\n\nThe page.\n");
    expect((await cli("explain unguarded-route")).out).toContain("What goes wrong");
  });

  it("prints the chain of the finding with a fingerprint", async () => {
    const findings = [finding({ fingerprint: "abcd000000000000" }), finding({ fingerprint: "abce000000000000" })];
    const { out, request } = await cli("explain ABCD src", { result: { findings } });
    expect(out).toContain("fingerprint abcd000000000000");
    expect(request).toMatchObject({ profile: "audit", paths: ["src"] });
    const { status, err } = await cli("explain abc", { result: { findings } });
    expect(status).toBe(2);
    expect(err).toContain("hint");
    const twice = [finding({ fingerprint: "abcd000000000000" }), finding({ fingerprint: "abcd100000000000" })];
    expect((await cli("explain abcd", { result: { findings: twice } })).err).toContain("give more digits");
  });
});

describe("init", () => {
  const manifest = () => join(folder, "authgap.policy.yaml");

  it("writes a draft once, and again only when forced", async () => {
    const first = await cli("init");
    expect(first.status).toBe(0);
    expect(first.out).toContain("Wrote authgap.policy.yaml");
    expect(readFileSync(manifest(), "utf8")).toContain("version: 1");
    writeFileSync(manifest(), "mine");
    const second = await cli("init");
    expect(second.status).toBe(2);
    expect(second.err).toContain("--force");
    expect(readFileSync(manifest(), "utf8")).toBe("mine");
    const printed = await cli("init --stdout");
    expect(printed.out).toContain("version: 1");
    expect(readFileSync(manifest(), "utf8")).toBe("mine");
    await cli("init --force");
    expect(readFileSync(manifest(), "utf8")).toContain("version: 1");
    rmSync(manifest());
  });
});

describe("provenance", () => {
  it.each([
    ["git@example.org:a/b.git", "https://example.org/a/b"],
    ["https://user:secret@example.org/a/b.git", "https://example.org/a/b"],
    ["ssh://git@example.org:2222/a/b", "https://example.org/a/b"],
    ["/srv/git/b.git", null],
    ["../b", null],
    ["file:///srv/b", null],
  ])("turns %s into %s", (url, expected) => {
    expect(webAddress(url)).toBe(expected);
  });

  it("is read from git's own files", async () => {
    mkdirSync(join(folder, ".git/refs/heads"), { recursive: true });
    writeFileSync(join(folder, ".git/HEAD"), "ref: refs/heads/main\n");
    writeFileSync(join(folder, ".git/packed-refs"), `${"c".repeat(40)} refs/heads/main\n`);
    writeFileSync(join(folder, ".git/config"), '[remote "origin"]\n\turl = git@example.org:a/b.git\n');
    const { out } = await cli("scan --format sarif");
    rmSync(join(folder, ".git"), { recursive: true });
    expect(JSON.parse(out).runs[0].versionControlProvenance).toEqual([
      {
        repositoryUri: "https://example.org/a/b",
        revisionId: "c".repeat(40),
        branch: "main",
        mappedTo: { uriBaseId: "%SRCROOT%" },
      },
    ]);
  });
});
