import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rules } from "../../rules/index.js";
import type { ScanOutcome, ScanRequest } from "../../src/scan/request.js";
import { scan } from "../../src/scan/scan.js";
import { removeFolder, TODAY, temporaryFolder, writeFiles } from "../support/run-scan.js";

const SERVER = `import express from "express";
const app = express();
app.get("/orders/:id", (req, res) => res.json(req.params.id));
app.listen(1);
`;
const SCHEMA = "model Order {\n  id String @id\n  orgId String\n}\n";
const LONG_AGO = new Date("2020-01-01");

let folder = "";
let cacheHome = "";
let before: string | undefined;

beforeEach(() => {
  folder = temporaryFolder("result");
  cacheHome = temporaryFolder("cache");
  before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = cacheHome;
  write({ "package.json": '{ "name": "shop" }\n', "src/server.ts": SERVER, "prisma/schema.prisma": SCHEMA });
});

afterEach(() => {
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
  removeFolder(folder);
  removeFolder(cacheHome);
});

/** Old enough that their times are trusted. */
function write(files: Readonly<Record<string, string>>, time: Date = LONG_AGO): void {
  writeFiles(folder, files);
  for (const path of Object.keys(files)) utimesSync(join(folder, path), time, time);
}

function run(changes: Partial<ScanRequest> = {}): Promise<ScanOutcome> {
  return scan({
    paths: [folder],
    cwd: folder,
    rules,
    profile: "audit",
    today: TODAY,
    useCache: true,
    include: [],
    exclude: [],
    includeTests: false,
    toolVersion: "0.0.0",
    ...changes,
  });
}

/** True when the run had to find everything out. */
async function computes(changes: Partial<ScanRequest> = {}): Promise<boolean> {
  return (await run(changes)).evidence !== null;
}

describe("a second run", () => {
  it("gives the same result without looking at the program", async () => {
    const first = await run();
    const second = await run();
    expect(first.evidence).not.toBeNull();
    expect(first.result.routes).toHaveLength(1);
    expect(second.evidence).toBeNull();
    expect(second.result).toEqual(first.result);
    expect(second.root).toBe(first.root);
  });

  it("computes when the facts are wanted, or when nothing may be cached", async () => {
    await run();
    expect(await computes({ needsFacts: true })).toBe(true);
    expect(await computes({ useCache: false })).toBe(true);
  });

  it.each([
    ["profile", { profile: "ci" }],
    ["day", { today: "2027-01-01" }],
    ["tool", { toolVersion: "0.0.1" }],
    ["rules", { rules: [] }],
    ["single rule", { only: ["AG101"] }],
    ["exclusion", { exclude: ["src/none/**"] }],
  ] satisfies [string, Partial<ScanRequest>][])("computes anew for another %s", async (_, changes) => {
    await run();
    expect(await computes(changes)).toBe(true);
    expect(await computes(changes)).toBe(false);
    expect(await computes()).toBe(false);
  });
});

describe("a change", () => {
  const RECENT = new Date("2021-01-01");
  it.each([
    ["an edited file", () => write({ "src/server.ts": SERVER.replace("/orders", "/bills") }, RECENT)],
    ["a file of the same size and time that is young", () => undefined],
    ["a new file", () => write({ "src/more.ts": "export const a = 1;\n" })],
    ["a deleted file", () => rmSync(join(folder, "src/server.ts"))],
    ["another schema", () => write({ "prisma/schema.prisma": `${SCHEMA}model Bill {\n  id String @id\n}\n` })],
    ["a new manifest", () => write({ "authgap.policy.yaml": "version: 1\n" })],
    ["another package", () => write({ "package.json": '{ "name": "shop", "dependencies": { "express": "5" } }\n' })],
    ["a tsconfig", () => write({ "tsconfig.json": '{ "compilerOptions": { "baseUrl": "src" } }\n' })],
  ])("of the project is noticed: %s", async (what, change) => {
    if (what.includes("young")) return expectYoungNoticed();
    await run();
    expect(await computes()).toBe(false);
    change();
    expect(await computes()).toBe(true);
  });

  async function expectYoungNoticed(): Promise<void> {
    const now = new Date();
    write({ "src/server.ts": SERVER }, now);
    await run();
    expect(await computes()).toBe(false);
    write({ "src/server.ts": SERVER.replace("/orders", "/billed") }, now);
    const { evidence, result } = await run();
    expect(evidence).not.toBeNull();
    expect(result.routes[0]?.path).toContain("/billed");
  }

  it("of the manifest or of what it extends is noticed", async () => {
    write({ "authgap.policy.yaml": "version: 1\nextends: [./base.yaml]\n", "base.yaml": "version: 1\n" });
    await run();
    expect(await computes()).toBe(false);
    write({ "base.yaml": "version: 1\nrules: {}\n" });
    expect(await computes()).toBe(true);
    write({ "authgap.policy.yaml": "version: 1\n" });
    expect(await computes()).toBe(true);
  });
});

describe("a damaged cache", () => {
  it("is ignored and rebuilt", async () => {
    const { result } = await run();
    const files = readdirSync(join(cacheHome, "authgap"));
    mkdirSync(join(cacheHome, "authgap"), { recursive: true });
    for (const name of files) {
      const path = join(cacheHome, "authgap", name);
      const bytes = readFileSync(path);
      bytes.fill(7, bytes.length >> 1);
      writeFileSync(path, bytes);
    }
    const again = await run();
    expect(again.evidence).not.toBeNull();
    expect(again.result).toEqual(result);
    expect(await computes()).toBe(false);
  });
});
