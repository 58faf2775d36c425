/** Facts of an earlier run are used again only where a run of its own would come to the same. */
import { utimesSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { rules } from "../../rules/index.js";
import type { ScanResult } from "../../src/model/finding.js";
import { LiveScan } from "../../src/scan/live.js";
import type { ScanRequest } from "../../src/scan/request.js";
import { scan } from "../../src/scan/scan.js";
import { NOTES_TEXT, SERVICE } from "../cli/service.js";
import { removeFolder, scanFolder, TODAY, temporaryFolder, writeFiles } from "../support/run-scan.js";

const analyses = vi.hoisted(() => ({ count: 0 }));
vi.mock("../../src/scan/collect.js", async (original) => {
  const real = await original<typeof import("../../src/scan/collect.js")>();
  return {
    ...real,
    collectProgramFacts: (...args: Parameters<typeof real.collectProgramFacts>) => {
      analyses.count += 1;
      return real.collectProgramFacts(...args);
    },
  };
});

let clock = new Date("2020-01-01").getTime();
const CLASS = `import { Controller, Get, UseGuards } from "@nestjs/common";

@Controller("orders")
export class Orders {
  @Get(":id")
  one() {
    return 1;
  }
}
`;

let folder = "";
let cacheHome = "";
let before: string | undefined;

beforeEach(() => {
  folder = temporaryFolder("known");
  cacheHome = temporaryFolder("cache");
  before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = cacheHome;
  write({ ...SERVICE, "src/orders.ts": CLASS });
});

afterEach(() => {
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
  removeFolder(folder);
  removeFolder(cacheHome);
});

/** Old enough that their times are trusted, and later with each writing. */
function write(files: Readonly<Record<string, string>>): void {
  writeFiles(folder, files);
  clock += 1_000;
  for (const path of Object.keys(files)) utimesSync(join(folder, path), new Date(clock), new Date(clock));
}

function request(changes: Partial<ScanRequest> = {}): ScanRequest {
  const paths = { paths: [folder], cwd: folder, include: [], exclude: [], includeTests: false };
  return { ...paths, rules, profile: "audit", today: TODAY, useCache: true, toolVersion: "0.0.0", ...changes };
}

/** Scans; what comes out must be what a run without any memory finds. */
async function run(changes: Partial<ScanRequest> = {}): Promise<{ result: ScanResult; analysed: boolean }> {
  const at = analyses.count;
  const { result } = await scan(request(changes));
  const analysed = analyses.count > at;
  expect(result).toEqual((await scan(request({ ...changes, useCache: false }))).result);
  return { result, analysed };
}

describe("facts of an earlier process", () => {
  beforeEach(async () => {
    expect((await run()).analysed).toBe(true);
  });

  test.each([
    ["a comment behind everything", `${NOTES_TEXT}\n// the end\n`],
    ["a comment above everything", `// notes\n\n${NOTES_TEXT}`],
    ["blank lines between statements", NOTES_TEXT.replace(/\n(?=(?:export|notes)\b)/g, "\n\n\n")],
  ])("hold after %s", async (_, text) => {
    expect(text).not.toBe(NOTES_TEXT);
    write({ "src/notes.ts": text });
    expect((await run()).analysed).toBe(false);
    write({ "src/notes.ts": NOTES_TEXT });
    expect((await run()).analysed).toBe(false);
  });

  test("hold for another profile, other rules, another day", async () => {
    expect((await run({ profile: "ci" })).analysed).toBe(false);
    expect((await run({ only: ["AG101"] })).analysed).toBe(false);
    expect((await run({ today: "2027-01-01" })).analysed).toBe(false);
  });

  test("hold for a manifest that says nothing of tenancy", async () => {
    const manifest = "version: 1\nroutes:\n  default: { require: [authentication, decision] }\n";
    write({ "authgap.policy.yaml": manifest });
    const { result, analysed } = await run();
    expect(analysed).toBe(false);
    expect(result.findings.map((one) => one.rule.code)).toContain("AG602");
    write({ "authgap.policy.yaml": `${manifest}tenancy: { keys: [orgId] }\n` });
    expect((await run()).analysed).toBe(true);
  });

  test("do not hold after a change of the code, a new file, a file less", async () => {
    write({ "src/notes.ts": `${NOTES_TEXT}export const more = 1;\n` });
    expect((await run()).analysed).toBe(true);
    write({ "src/more.ts": "export const more = 1;\n" });
    expect((await run()).analysed).toBe(true);
  });

  test("know a directive that appears in a comment", async () => {
    const { result } = await run();
    const finding = result.findings.find((one) => one.at.file === "src/notes.ts");
    expect(finding).toBeDefined();
    write({ "src/notes.ts": `// authgap-ignore-file ${finding?.rule.code} -- only for this test\n${NOTES_TEXT}` });
    const again = await run();
    expect(again.analysed).toBe(false);
    expect(again.result.findings.filter((one) => one.suppression !== null)).not.toEqual([]);
  });
});

/** Lines with comments and blank lines put between them, and behind some of them. */
function scattered(text: string, marks: readonly number[]): string {
  return text
    .split("\n")
    .map((line, at) => {
      const mark = marks[at % marks.length] ?? 0;
      const above = mark === 1 ? "// noted\n" : mark === 2 ? "\n\n" : mark === 3 ? "/* one\n   two */\n" : "";
      return `${above}${line}${mark === 4 && /[;{}]$/.test(line) ? " // so" : ""}`;
    })
    .join("\n");
}

test("wherever comments stand, a run after another finds what a fresh run finds", async () => {
  const live = new LiveScan();
  const files = Object.entries({ ...SERVICE, "src/orders.ts": CLASS }).filter(([path]) => path.endsWith(".ts"));
  const marks = fc.array(fc.nat({ max: 7 }), { minLength: 3, maxLength: 30 });
  const seen = { files: null, unsaved: new Map<string, string>() };
  await live.run(request(), seen);
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: files.length - 1 }), marks, async (which, numbers) => {
      const [path, text] = files[which];
      write({ [path]: scattered(text, numbers) });
      const { result } = await live.run(request(), seen);
      expect(result).toEqual((await scanFolder(folder)).result);
    }),
    { numRuns: 40 },
  );
});
