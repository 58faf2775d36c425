/** Input that is broken, strange or means harm: a clear message or a counted skip, never a stack trace, never a hang. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { authgap, type Run, stackLines } from "./support/cli.js";
import { removeFolder, temporaryFolder, writeFiles } from "./support/run-scan.js";

const work = temporaryFolder("hostile");
afterAll(() => removeFolder(work));

const GOOD = [
  'import express from "express";',
  "const app = express();",
  'app.delete("/things/:id", async (req, res) => {',
  '  await fetch("https://store.internal/things/" + req.params.id, { method: "DELETE" });',
  "  res.status(204).end();",
  "});",
  "app.listen(3000);",
  "",
].join("\n");

function project(name: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(work, name);
  mkdirSync(folder, { recursive: true });
  writeFiles(folder, files);
  return folder;
}

function scan(folder: string, ...extra: string[]): Run {
  const run = authgap(["scan", ".", ...extra], folder);
  expect(stackLines(run)).toEqual([]);
  expect([0, 1, 2]).toContain(run.status);
  return run;
}

/** The scan worked, and the good file beside the bad one was still read: its gap is found. */
function expectGapFound(folder: string): Run {
  const run = scan(folder, "--format", "json", "--fail-on", "error", "--profile", "audit");
  expect(run.status).toBe(1);
  expect(run.stdout).toContain("DELETE /things/:id");
  return run;
}

/** A user error: status 2, a message that names the culprit, nothing on stdout. */
function expectUserError(run: Run, culprit: string): void {
  expect(stackLines(run)).toEqual([]);
  expect(run.status).toBe(2);
  expect(run.stdout).toBe("");
  expect(run.stderr).toMatch(/^error: /);
  expect(run.stderr).toContain(culprit);
}

describe("paths", () => {
  test("an empty folder", () => {
    const run = scan(project("empty"));
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/0 files|no (source )?files/i);
  });

  test("a folder without TypeScript", () => {
    const run = scan(project("no-source", { "main.py": "print(1)\n", "README.md": "# Hi\n" }));
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/0 files|no (source )?files/i);
  });

  test("a missing path, with the nearest name", () => {
    const folder = project("missing", { "source/app.ts": GOOD });
    const run = authgap(["scan", "sourc"], folder);
    expectUserError(run, "sourc");
    expect(run.stderr).toContain("source");
  });

  test("a file that is no source", () => {
    expectUserError(authgap(["scan", "README.md"], project("no-source-file", { "README.md": "# Hi\n" })), "README.md");
  });

  test("an unknown option, format and rule", () => {
    const folder = project("options", { "src/app.ts": GOOD });
    for (const args of [["--frobnicate"], ["--format", "xml"], ["--only", "AG999"], ["--fail-on", "sometimes"]]) {
      const run = authgap(["scan", ".", ...args], folder);
      expect(stackLines(run)).toEqual([]);
      expect([args, run.status]).toEqual([args, 2]);
    }
  });
});

describe("manifests", () => {
  const broken: Readonly<Record<string, string>> = {
    "no YAML": "version: 1\nroutes: [unclosed\n",
    "unknown key": "version: 1\nroute:\n  default: { require: [authentication] }\n",
    "wrong type": "version: 1\nroutes: 5\n",
    "wrong version": "version: 99\n",
    empty: "",
    "a list": "- 1\n- 2\n",
    "many aliases": `version: 1\na: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n`,
    "extends itself": 'version: 1\nextends: ["./authgap.policy.yaml"]\n',
    "extends what is not there": 'version: 1\nextends: ["./nowhere.yaml"]\n',
    "leaves the root": 'version: 1\nextends: ["../../../../etc/passwd"]\n',
  };
  for (const [name, text] of Object.entries(broken)) {
    test(name, () => {
      const folder = project(`manifest ${name}`, { "src/app.ts": GOOD, "authgap.policy.yaml": text });
      expectUserError(authgap(["scan", "."], folder), "authgap.policy.yaml");
    });
  }

  test("a folder in its place", () => {
    const folder = project("manifest-folder", { "src/app.ts": GOOD, "authgap.policy.yaml/x.txt": "x" });
    expectUserError(authgap(["scan", "."], folder), "authgap.policy.yaml");
  });

  test("one that was named and is not there", () => {
    const folder = project("manifest-missing", { "src/app.ts": GOOD });
    expectUserError(authgap(["scan", ".", "--policy", "org.policy.yaml"], folder), "org.policy.yaml");
  });
});

describe("files", () => {
  test("binary content with a .ts name", () => {
    const folder = project("binary", { "src/app.ts": GOOD });
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256));
    writeFileSync(join(folder, "src", "video.ts"), bytes);
    writeFileSync(join(folder, "src", "utf16.ts"), Buffer.from(`\ufeff${GOOD}`, "utf16le"));
    expectGapFound(folder);
  });

  test("broken syntax", () => {
    const folder = project("syntax", {
      "src/app.ts": GOOD,
      "src/broken.ts": 'import {{{ from "x"; class { function ((( => }}} @@ `${`',
      "src/half.ts": "export function half(",
      "src/nul.ts": "const a = 1;\0\0 const b = 2;",
    });
    expectGapFound(folder);
  });

  test("five megabytes", () => {
    const line = 'export const filler = { a: 1, b: "two", c: [3, 4, 5] };\n';
    const folder = project("large", { "src/app.ts": GOOD, "src/data.ts": line.repeat(5_000_000 / line.length) });
    expectGapFound(folder);
  });

  test("one line of a megabyte", () => {
    const folder = project("long-line", { "src/app.ts": GOOD, "src/bundle.js": `var a=[${"1,".repeat(500_000)}1];` });
    expectGapFound(folder);
  });

  const DEPTH = 10_000;
  const deep: Readonly<Record<string, string>> = {
    calls: `export const a = ${"f(".repeat(DEPTH)}1${")".repeat(DEPTH)};`,
    arrays: `export const a = ${"[".repeat(DEPTH)}${"]".repeat(DEPTH)};`,
    blocks: `${"{".repeat(DEPTH)}${"}".repeat(DEPTH)}`,
    functions: `export const a = ${"() => ".repeat(DEPTH)}1;`,
    conditions: `export const a = ${"b ? c : ".repeat(DEPTH)}d;`,
    sums: `export const a = ${"1 + ".repeat(DEPTH)}1;`,
    members: `export const a = b${".c".repeat(DEPTH)};`,
    chains: `export const a = b${".c()".repeat(DEPTH)};`,
    elses: `${"if (a) b(); else ".repeat(DEPTH)}c();`,
    types: `export type A = ${"Array<".repeat(DEPTH)}1${">".repeat(DEPTH)};`,
    templates: `export const a = ${"`${".repeat(DEPTH)}1${"}`".repeat(DEPTH)};`,
    ors: `export const f = (a: boolean) => { if (${"a || ".repeat(DEPTH)}a) throw new Error(); };`,
  };
  for (const [name, text] of Object.entries(deep)) {
    test(`${DEPTH} nested ${name}`, () => {
      expectGapFound(project(`deep-${name}`, { "src/app.ts": GOOD, "src/deep.ts": text }));
    });
  }

  test("cycles of imports, classes, functions and types", () => {
    const folder = project("cycles", {
      "src/app.ts": GOOD,
      "src/a.ts":
        'export * from "./b.js";\nexport { x } from "./b.js";\nimport { B } from "./b.js";\nexport class A extends B {}\n',
      "src/b.ts":
        'export * from "./a.js";\nexport { x } from "./a.js";\nimport { A } from "./a.js";\nexport class B extends A {}\n',
      "src/loop.ts":
        'import express, { Router } from "express";\nconst a = Router();\nconst b = Router();\na.use("/b", b);\nb.use("/a", a);\nexpress().use(a);\nexport const f = (n: number): number => g(n);\nexport const g = (n: number): number => f(n);\na.get("/x", (req, res) => res.json(f(1)));\n',
    });
    expectGapFound(folder);
  });

  test.skipIf(process.getuid?.() === 0 || process.platform === "win32")("unreadable files and folders", () => {
    const folder = project("unreadable", { "src/app.ts": GOOD, "src/secret.ts": "export {};", "src/deep/x.ts": "" });
    chmodSync(join(folder, "src", "secret.ts"), 0o000);
    chmodSync(join(folder, "src", "deep"), 0o000);
    try {
      expectGapFound(folder);
    } finally {
      chmodSync(join(folder, "src", "deep"), 0o755);
    }
  });
});

describe.skipIf(process.platform === "win32")("links", () => {
  test("loops", () => {
    const folder = project("link-loop", { "src/app.ts": GOOD });
    symlinkSync(folder, join(folder, "src", "self"));
    symlinkSync(join(folder, "src", "b"), join(folder, "src", "a"));
    symlinkSync(join(folder, "src", "a"), join(folder, "src", "b"));
    symlinkSync("same.ts", join(folder, "src", "same.ts"));
    expectGapFound(folder);
  });

  test("out of the root are not followed", () => {
    const outside = project("link-target", { "secret.ts": GOOD.replace("/things/:id", "/outside/:id") });
    const folder = project("link-out", { "package.json": '{ "name": "x" }', "src/app.ts": GOOD });
    symlinkSync(outside, join(folder, "src", "outside"));
    symlinkSync(join(outside, "secret.ts"), join(folder, "src", "secret.ts"));
    expect(expectGapFound(folder).stdout).not.toContain("/outside/:id");
  });
});

describe("configuration of the project", () => {
  test("tsconfig with a syntax error", () => {
    expectGapFound(project("tsconfig", { "src/app.ts": GOOD, "tsconfig.json": '{ "compilerOptions": { "paths": ' }));
  });

  test("tsconfig that extends itself, and one that is not installed", () => {
    const text = JSON.stringify({ extends: ["./tsconfig.json", "@company/tsconfig", "../../../../../nowhere.json"] });
    expectGapFound(project("tsconfig-extends", { "src/app.ts": GOOD, "tsconfig.json": text }));
  });

  test("package.json, schema and SQL that do not parse", () => {
    const folder = project("odd-files", {
      "src/app.ts": GOOD,
      "package.json": '{ "name": ',
      "pnpm-workspace.yaml": "packages: [",
      "prisma/schema.prisma": "model { { {",
      "db/schema.sql": "create tabel x (; 'unclosed",
    });
    expectGapFound(folder);
  });
});

describe("the cache", () => {
  test("is rebuilt when it is damaged", () => {
    const folder = project("cache", { "src/app.ts": GOOD });
    const cache = join(work, "cache-home");
    const run = () =>
      authgap(["scan", ".", "--format", "json", "--fail-on", "never"], folder, { XDG_CACHE_HOME: cache });
    const clean = run();
    expect(clean.status).toBe(0);
    const files = existsSync(join(cache, "authgap")) ? readdirSync(join(cache, "authgap")) : [];
    for (const damage of [spoil, shorten, empty]) {
      for (const name of files) damage(join(cache, "authgap", name));
      const again = run();
      expect(stackLines(again)).toEqual([]);
      expect([again.status, again.stdout]).toEqual([0, clean.stdout]);
    }
  });

  test("that cannot be written is no reason to fail", () => {
    const folder = project("cache-file", { "src/app.ts": GOOD, "not-a-folder": "" });
    const environment = { XDG_CACHE_HOME: join(folder, "not-a-folder") };
    const run = authgap(["scan", ".", "--fail-on", "never"], folder, environment);
    expect([run.status, stackLines(run)]).toEqual([0, []]);
  });
});

function spoil(file: string): void {
  writeFileSync(file, Buffer.from(Array.from({ length: 2048 }, (_, index) => (index * 31) % 256)));
}

function shorten(file: string): void {
  truncateSync(file, 40);
}

function empty(file: string): void {
  truncateSync(file, 0);
}

describe("nothing of the scanned project is executed", () => {
  test("a canary in every configuration file", () => {
    const marker = join(work, "canary-was-here");
    const cjs = `require("node:fs").writeFileSync(${JSON.stringify(marker)}, __filename);\nmodule.exports = {};\n`;
    const esm = `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(marker)}, import.meta.url);\nexport default {};\n`;
    const touch = `touch ${marker}`;
    const scripts = [
      "preinstall",
      "install",
      "postinstall",
      "prepare",
      "pretest",
      "test",
      "build",
      "prebuild",
      "start",
    ];
    const poisoned = ["typescript", "ts-morph", "express", "authgap", "authgap-plugin", "commander", "yaml", "zod"];
    const folder = project("canary", {
      "src/app.ts": GOOD,
      "package.json": JSON.stringify({
        name: "canary",
        scripts: Object.fromEntries(scripts.map((name) => [name, touch])),
        authgap: { plugins: ["./plugin.cjs"] },
        workspaces: ["packages/*"],
      }),
      "tsconfig.json": JSON.stringify({
        extends: "./tsconfig.base.cjs",
        compilerOptions: { plugins: [{ name: "./plugin.cjs", transform: "./plugin.cjs" }] },
        "ts-node": { require: ["./plugin.cjs"] },
      }),
      ".npmrc": `node-options=--require ./plugin.cjs\nscript-shell=${touch}\n`,
      ".yarnrc.yml": "yarnPath: ./plugin.cjs\nplugins:\n  - ./plugin.cjs\n",
      ".pnpmfile.cjs": cjs,
      "plugin.cjs": cjs,
      "tsconfig.base.cjs": cjs,
      ".authgaprc.js": cjs,
      ".authgaprc.cjs": cjs,
      "authgap.config.ts": esm,
      "authgap.config.js": esm,
      "authgap.policy.js": esm,
      "authgap.policy.ts": esm,
      ".authgap/rules.js": esm,
      ".authgap/plugin.cjs": cjs,
      "vite.config.ts": esm,
      "vitest.config.ts": esm,
      "jest.config.js": cjs,
      "next.config.mjs": esm,
      "nuxt.config.ts": esm,
      "svelte.config.js": esm,
      "eslint.config.js": esm,
      ".eslintrc.cjs": cjs,
      "prettier.config.cjs": cjs,
      "babel.config.js": cjs,
      "webpack.config.js": cjs,
      "rollup.config.mjs": esm,
      "prisma.config.ts": esm,
      "drizzle.config.ts": esm,
      "ormconfig.js": cjs,
      "biome.json": '{ "plugins": ["./plugin.cjs"] }',
      ...Object.fromEntries(
        poisoned.map((name) => [`node_modules/${name}/package.json`, `{ "name": "${name}", "main": "i.cjs" }`]),
      ),
      ...Object.fromEntries(poisoned.map((name) => [`node_modules/${name}/i.cjs`, cjs])),
    });
    initPoisonedRepository(folder, touch);
    for (const args of [
      ["scan", "."],
      ["scan", ".", "--format", "sarif"],
      ["routes", "."],
      ["init", "."],
    ]) {
      const run = authgap(args, folder);
      expect([args, stackLines(run), run.status === null]).toEqual([args, [], false]);
      expect([args, existsSync(marker)]).toEqual([args, false]);
    }
  });
});

/** A repository whose own settings run commands as soon as git looks at the work tree. */
function initPoisonedRepository(folder: string, command: string): void {
  const git = (...args: string[]) => spawnSync("git", args, { cwd: folder, encoding: "utf8" });
  if (git("init", "--quiet").status !== 0) return;
  writeFiles(folder, { ".gitattributes": "*.ts filter=canary diff=canary\n" });
  for (const key of ["core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "diff.external"]) {
    git("config", key, command);
  }
  git("config", "filter.canary.clean", `${command}; cat`);
  git("config", "filter.canary.smudge", `${command}; cat`);
  git("config", "diff.canary.textconv", command);
}
