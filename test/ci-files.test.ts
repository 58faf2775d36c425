/** The action, the hook and the examples for CI: they parse, and they use only options that exist. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isRecord } from "../src/base/json.js";
import { commit, git, repository, WITHOUT_GUARD } from "./cli/service.js";
import { authgap, REPOSITORY } from "./support/cli.js";
import { removeFolder, temporaryFolder, writeFiles } from "./support/run-scan.js";

const text = (file: string): string => readFileSync(join(REPOSITORY, file), "utf8");
const work = temporaryFolder("action");
afterAll(() => removeFolder(work));

function commandsIn(file: string): string[] {
  return [...text(file).matchAll(/\bauthgap(?:@\S+)? (scan|merge|routes|init|explain)\b([^\n`]*)/g)].map(
    (match) => match[0],
  );
}

describe("examples", () => {
  const help = new Map<string, string>();
  const helpOf = (command: string): string => {
    const known = help.get(command) ?? authgap([command, "--help"], REPOSITORY).stdout;
    help.set(command, known);
    return known;
  };

  it.each(["docs/ci.md", ".pre-commit-hooks.yaml", "README.md"])("of %s use options that exist", (file) => {
    const commands = commandsIn(file);
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const name = / (\w+)/.exec(command)?.[1] ?? "";
      for (const [option] of command.matchAll(/(?<=\s)--[a-z-]+/g)) expect(helpOf(name)).toContain(option);
    }
  });

  it("in docs/ci.md are YAML", () => {
    const blocks = [...text("docs/ci.md").matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1] ?? "");
    expect(blocks.length).toBeGreaterThan(3);
    for (const block of blocks) expect(() => parse(block)).not.toThrow();
  });
});

describe("the action", () => {
  const action: unknown = parse(text("action.yml"));
  const runs = isRecord(action) && isRecord(action.runs) ? action.runs : {};
  const steps = Array.isArray(runs.steps) ? runs.steps.filter(isRecord) : [];
  const script = steps.map((step) => step.run).find((run) => typeof run === "string" && run.includes("npx"));

  it("puts no expression into a script", () => {
    for (const step of steps) {
      expect(String(step.run ?? "")).not.toContain("${{");
      expect(isRecord(step.with) ? String(step.with.script ?? "") : "").not.toContain("${{");
    }
  });

  /** The action's own script, with `npx` led to this checkout. */
  function runScript(inputs: Readonly<Record<string, string>>) {
    const folder = join(work, "service");
    const bin = join(work, "bin");
    mkdirSync(bin, { recursive: true });
    const front = join(REPOSITORY, "bin", "authgap.js");
    const shim = `#!/bin/sh\nshift 2\nexec '${process.execPath}' '${front}' "$@"\n`;
    writeFileSync(join(bin, "npx"), shim, { mode: 0o755 });
    for (const file of ["output", "page"]) writeFileSync(join(work, file), "");
    const given = {
      PATHS: "",
      PROFILE: "ci",
      FAIL_ON: "error",
      POLICY: "",
      SINCE: "auto",
      BASELINE: "",
      CATEGORY: "a b",
      ...inputs,
    };
    const run = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", String(script)], {
      cwd: folder,
      encoding: "utf8",
      env: {
        PATH: `${bin}:${process.env.PATH}`,
        HOME: work,
        RUNNER_TEMP: work,
        GITHUB_OUTPUT: join(work, "output"),
        GITHUB_STEP_SUMMARY: join(work, "page"),
        XDG_CACHE_HOME: join(work, "cache"),
        INPUT_VERSION: "latest",
        BASE_SHA: inputs.BASE_SHA ?? "",
        ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name}`, value])),
      },
    });
    return { run, output: readFileSync(join(work, "output"), "utf8"), page: readFileSync(join(work, "page"), "utf8") };
  }

  it.skipIf(process.platform === "win32")("compares a change with its base and tells what it did", () => {
    const folder = join(work, "service");
    mkdirSync(folder);
    repository(folder);
    const base = git(folder, "rev-parse", "HEAD");
    writeFiles(folder, WITHOUT_GUARD);
    commit(folder, "open");
    const changed = runScript({ BASE_SHA: base, UPLOAD: "false", PATHS: "src\n" });
    expect(changed.run.status).toBe(0);
    expect(changed.output).toContain("status=1\n");
    expect(changed.page).toContain("router /admin lost requireUser");
    expect(changed.run.stdout).toMatch(/^::error file=src\/admin.ts/m);
    const whole = runScript({ UPLOAD: "true", FAIL_ON: "never", CATEGORY: "x; touch owned" });
    expect(whole.output).toContain("status=0\n");
    expect(whole.page).toContain("3 findings: 3 errors");
    const wrong = runScript({ UPLOAD: "true", PROFILE: "strict" });
    expect(wrong.run.status).toBe(2);
  });
});
