/** The program as it is shipped: the built front door in a process of its own. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const FRONT_DOOR = here("../../bin/authgap.js");
const isBuilt = existsSync(here("../../dist/main.js"));
const HOSTILE = ["app/[id]/route.ts", "app/(grp)/@slot/a b.ts", "src/é/#x%y.ts"];

const SERVICE = `import express from "express";
const app = express();
app.get("/orders/:id", async (req, res) => { res.json(await db.order.findUnique({ where: { id: req.params.id } })); });
app.listen(3000);
`;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "authgap-built-"));
  writeFileSync(join(folder, "package.json"), '{ "name": "sample", "dependencies": { "express": "4" } }');
  for (const file of ["src/app.ts", ...HOSTILE]) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), SERVICE);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function authgap(...argv: string[]) {
  return spawnSync(process.execPath, [FRONT_DOOR, ...argv], { cwd: folder, encoding: "utf8" });
}

describe("shim", () => {
  it("says what to do when the program is not built", () => {
    const bare = mkdtempSync(join(tmpdir(), "authgap-bare-"));
    mkdirSync(join(bare, "bin"));
    writeFileSync(join(bare, "package.json"), '{ "type": "module" }');
    cpSync(FRONT_DOOR, join(bare, "bin/authgap.js"));
    const run = spawnSync(process.execPath, [join(bare, "bin/authgap.js"), "scan"], { encoding: "utf8" });
    rmSync(bare, { recursive: true });
    expect(run.stderr).toContain("npm run build");
    expect(run.status).toBe(3);
  });
});

describe.skipIf(!isBuilt)("built program (skipped when it is not built)", () => {
  it("imports nothing but what it depends on", () => {
    const { dependencies } = JSON.parse(readFileSync(here("../../package.json"), "utf8"));
    const texts = readdirSync(here("../../dist"), { encoding: "utf8" }).map((name) =>
      readFileSync(here(`../../dist/${name}`), "utf8"),
    );
    const imported = texts.flatMap((text) => [...text.matchAll(/^import [^"']*["']([^."'][^"']*)["'];$/gm)]);
    const packages = new Set(imported.map(([, name = ""]) => name.split("/")[0]));
    expect(packages.size).toBeGreaterThan(5);
    for (const name of packages) if (!name.startsWith("node:")) expect(dependencies).toHaveProperty([name]);
  });

  it("prints its version and help", () => {
    expect(authgap("--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = authgap("scan", "--help").stdout;
    for (const option of ["--format", "--output", "--policy", "--fail-on", "--profile", "--no-cache", "--category"]) {
      expect(help).toContain(option);
    }
    expect(help).not.toMatch(/--types/);
  });

  it("writes the same SARIF from run to run, with paths below the root", () => {
    const first = authgap(
      "scan",
      "--profile",
      "audit",
      "--fail-on",
      "note",
      "--no-cache",
      "--output",
      "reports/a.sarif",
    );
    expect([first.status, first.stdout]).toEqual([1, ""]);
    authgap("scan", "--profile", "audit", "--fail-on", "note", "--output", "reports/b.sarif");
    authgap("scan", "--profile", "audit", "--fail-on", "note", "--output", "reports/c.sarif");
    const text = readFileSync(join(folder, "reports/a.sarif"), "utf8");
    expect(readFileSync(join(folder, "reports/b.sarif"), "utf8")).toBe(text);
    expect(readFileSync(join(folder, "reports/c.sarif"), "utf8")).toBe(text);
    expect(text).not.toContain(folder);
    expect(text).toContain('"src/app.ts"');
  });

  it("lists routes as JSON and keeps standard output clean", () => {
    const { stdout, stderr, status } = authgap("routes", ".", "--format", "json", "--no-cache");
    expect([stderr, status]).toEqual(["", 0]);
    expect(Object.keys(JSON.parse(stdout))).toEqual(["routes", "unknown"]);
  });

  it("filters routes by access, method and glob, in every format", { timeout: 120_000 }, () => {
    const rows = (...filters: string[]) => JSON.parse(authgap("routes", "--format", "json", ...filters).stdout).routes;
    const all = rows("--public", "--method", "get", "--path", "/orders/**").length;
    expect(all).toBeGreaterThan(0);
    expect(rows("--undecided")).toEqual([]);
    const markdown = authgap("routes", "--format", "markdown");
    expect([markdown.status, markdown.stderr]).toEqual([0, ""]);
    expect(markdown.stdout).toContain("| GET | /orders/:id |");
    const text = authgap("routes", "--path", "/admin/**").stdout;
    expect(text).toContain(`0 entry points of ${all} shown`);
  });

  it.each([
    ["a folder that is not there", ["scan", "nowhere"]],
    ["a manifest that is not there", ["scan", "--policy", "nowhere.yaml"]],
    ["a path that ends in nothing", ["scan", ""].concat("nowhere/..//nowhere")],
    ["a report in a place that cannot be", ["scan", "--output", "package.json/x.sarif"]],
  ])("tells a user error for %s", (_, argv) => {
    const { status, stderr, stdout } = authgap(...argv);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect([status, stdout]).toEqual([2, ""]);
  });

  it("is quiet when its reader goes away", async () => {
    const child = spawn(process.execPath, [FRONT_DOOR, "scan", "--format", "sarif", "--profile", "audit"], {
      cwd: folder,
    });
    child.stdout.destroy();
    let err = "";
    child.stderr.on("data", (chunk) => {
      err += String(chunk);
    });
    await new Promise((resolve) => child.on("close", resolve));
    expect(err).toBe("");
  });
});
