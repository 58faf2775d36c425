/** Runs over a project that changes come to what a run of its own would, and parse only what changed. */
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { rules } from "../../rules/index.js";
import type { ScanResult } from "../../src/model/finding.js";
import { type Changes, LiveScan } from "../../src/scan/live.js";
import type { ScanRequest } from "../../src/scan/request.js";
import { NOTES_MOVED, NOTES_TEXT, SERVICE, WITHOUT_GUARD } from "../cli/service.js";
import { REPOSITORY } from "../support/cli.js";
import { removeFolder, scanFolder, TODAY, temporaryFolder, writeFiles } from "../support/run-scan.js";

const parsed = vi.hoisted((): { texts: string[] } => ({ texts: [] }));
vi.mock("../../src/syntax/lower.js", async (original) => {
  const real = await original<typeof import("../../src/syntax/lower.js")>();
  return {
    ...real,
    lowerText: (...args: Parameters<typeof real.lowerText>) => {
      parsed.texts.push(args[1]);
      return real.lowerText(...args);
    },
  };
});

const NOTHING: ReadonlyMap<string, string> = new Map();
const MINUTE = 60_000;
let folder = "";
let live = new LiveScan();

beforeEach(() => {
  folder = temporaryFolder("live");
  writeFiles(folder, SERVICE);
  live = new LiveScan();
});

afterEach(() => removeFolder(folder));

function request(): ScanRequest {
  return {
    paths: [folder],
    cwd: folder,
    rules,
    profile: "audit",
    today: TODAY,
    useCache: false,
    include: [],
    exclude: [],
    includeTests: false,
    toolVersion: "0.0.0",
  };
}

async function run(changes: Partial<Changes> = {}): Promise<ScanResult> {
  parsed.texts = [];
  return (await live.run(request(), { files: null, unsaved: NOTHING, ...changes })).result;
}

/** Writes files and runs as after being told about them; the result must be a fresh run's. */
async function runAfter(files: Readonly<Record<string, string>>): Promise<ScanResult> {
  writeFiles(folder, files);
  const result = await run({ files: new Set(Object.keys(files).map((path) => join(folder, path))) });
  const texts = [...parsed.texts];
  expect(result).toEqual((await scanFolder(folder)).result);
  parsed.texts = texts;
  return result;
}

test("parses only what changed, and finds what a fresh run finds", async () => {
  await run();
  expect(parsed.texts).toHaveLength(4);
  const open = await runAfter(WITHOUT_GUARD);
  expect(parsed.texts).toEqual([WITHOUT_GUARD["src/app.ts"]]);
  expect(open.findings.map((one) => one.subject)).toContain("DELETE /admin/files/:name");
  await runAfter({ "src/notes.ts": NOTES_MOVED });
  expect(parsed.texts).toEqual([NOTES_MOVED]);
  await runAfter({ "src/notes.ts": "export const notes = Router(;\n" });
  await runAfter({ "src/notes.ts": NOTES_TEXT });
});

test("sees files that come and go when it is not told which", async () => {
  await run();
  writeFiles(folder, {
    "src/more.ts": 'import { notes } from "./notes.js";\nnotes.put("/:id", (req, res) => res.end());\n',
  });
  expect(await run()).toEqual((await scanFolder(folder)).result);
  rmSync(join(folder, "src/notes.ts"));
  expect(await run()).toEqual((await scanFolder(folder)).result);
});

test("an unknown path among the changes makes it look anew", async () => {
  await run();
  await runAfter({ "src/extra.ts": "export const extra = 1;\n" });
});

test("what an editor holds counts instead of the file, sources and manifest alike", async () => {
  const before = await run();
  const app = join(folder, "src/app.ts");
  const held = await run({ files: new Set(), unsaved: new Map([[app, WITHOUT_GUARD["src/app.ts"]]]) });
  expect(held.findings.length).toBeGreaterThan(before.findings.length);
  expect(await run({ files: new Set() })).toEqual(before);
  writeFiles(folder, { "authgap.policy.yaml": "version: 1\n" });
  await run();
  const pardon = 'version: 1\nrules: { AG101: "off" }\n';
  const silent = await run({ unsaved: new Map([[join(folder, "authgap.policy.yaml"), pardon]]) });
  expect(silent.findings.filter((one) => one.rule.code === "AG101")).toEqual([]);
  expect((await run()).findings.filter((one) => one.rule.code === "AG101")).not.toEqual([]);
});

test("a broken manifest fails one run and not the next", async () => {
  const before = await run();
  writeFiles(folder, { "authgap.policy.yaml": "version: 2\n" });
  await expect(run()).rejects.toThrow("'version'");
  rmSync(join(folder, "authgap.policy.yaml"));
  expect(await run()).toEqual(before);
});

/** Answers ahead of a run, with the text that an editor holds. */
async function ahead(file: string, text: string, withinMs = MINUTE): Promise<ScanResult> {
  const path = join(folder, file);
  return (await live.ahead(request(), { files: new Set([path]), unsaved: new Map([[path, text]]) }, withinMs)).result;
}

describe("an answer ahead of the run", { timeout: 5 * MINUTE }, () => {
  const app = join(REPOSITORY, "fixtures/_apps/invoicing");
  const sources = readdirSync(join(app, "src"), { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );

  beforeEach(async () => {
    removeFolder(folder);
    folder = temporaryFolder("ahead");
    cpSync(app, folder, { recursive: true });
    await run();
  });

  test("is what a fresh run finds, whichever file gains a function", async () => {
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      const path = join("src", source);
      const text = `${readFileSync(join(folder, path), "utf8")}\nexport function fresh(value) {\n  return value;\n}\n`;
      const answer = await ahead(path, text);
      const fresh = await new LiveScan().run(request(), {
        files: null,
        unsaved: new Map([[join(folder, path), text]]),
      });
      expect(answer, path).toEqual(fresh.result);
    }
  });

  test("tells a query without tenant as soon as it is written, and no longer when it is taken back", async () => {
    const before = await run({ files: new Set() });
    const path = "src/routes/customers.ts";
    const text = readFileSync(join(folder, path), "utf8");
    const open = `${text}\ncustomers.get("/leak/:id", async (req, res) => {\n  res.json(await prisma.invoice.findUnique({ where: { id: req.params.id } }));\n});\n`;
    const told = await ahead(path, open);
    expect(told.routes.map((route) => route.path).filter((one) => one.endsWith("/leak/:id"))).toHaveLength(1);
    expect(told.findings.length).toBeGreaterThan(before.findings.length);
    expect(await ahead(path, text)).toEqual(before);
  });

  test("keeps what was found where there is no time to judge anything, at the places of now", async () => {
    for (const source of sources) {
      const path = join("src", source);
      const text = `export const fresh = 1;\n${readFileSync(join(folder, path), "utf8")}`;
      const answer = await ahead(path, text, -1);
      const fresh = await new LiveScan().run(request(), {
        files: null,
        unsaved: new Map([[join(folder, path), text]]),
      });
      expect(answer.findings.map(told), path).toEqual(fresh.result.findings.map(told));
    }
  });

  test("whatever is edited, the run after the answer finds what a fresh run finds", async () => {
    const edit = fc.record({
      source: fc.constantFrom(...sources),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      kind: fc.constantFrom("delete", "double", "comment", "function", "rename"),
      withinMs: fc.constantFrom(-1, MINUTE),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        for (const { source, at, kind, withinMs } of edits) {
          const path = join(folder, "src", source);
          const text = edited(readFileSync(path, "utf8"), at, kind);
          await ahead(join("src", source), text, withinMs);
          writeFiles(folder, { [join("src", source)]: text });
          const after = await run({ files: new Set([path]) });
          expect(after).toEqual((await new LiveScan().run(request(), { files: null, unsaved: NOTHING })).result);
        }
      }),
      { numRuns: 6 },
    );
  });
});

/** Held against a run of its own over the same texts. */
async function expectFresh(answer: ScanResult, texts: ReadonlyMap<string, string>): Promise<void> {
  const unsaved = new Map([...texts].map(([path, text]) => [join(folder, path), text]));
  const { result } = await new LiveScan().run(request(), { files: null, unsaved });
  const paths = [...texts.keys()].join(", ");
  expect(answer.routes, paths).toEqual(result.routes);
  expect(answer.findings.map(told), paths).toEqual(result.findings.map(told));
}

/** The text with a statement more at the beginning of every function's body, as far as lines tell. */
function withStatements(text: string): readonly string[] {
  const lines = text.split("\n");
  const bodies = lines.flatMap((line, at) => (/(?:=>|\)|\): [\w<>]+) \{$/.test(line) ? [at + 1] : []));
  return bodies.map((at) => lines.toSpliced(at, 0, "  const fresh = 1;").join("\n"));
}

describe("answers to what is typed inside of functions", { timeout: 5 * MINUTE }, () => {
  const sources = [
    "auth/guards.ts",
    "routes/invoices.ts",
    "routes/members.ts",
    "services/payments.ts",
    "policy/authorize.ts",
  ];

  beforeEach(async () => {
    removeFolder(folder);
    folder = temporaryFolder("within");
    cpSync(join(REPOSITORY, "fixtures/_apps/invoicing"), folder, { recursive: true });
    await run();
  });

  const textOf = (path: string): string => readFileSync(join(folder, path), "utf8");

  test("are what a fresh run finds, also one after the other without a run in between", async () => {
    let answers = 0;
    for (const path of sources.map((source) => join("src", source))) {
      for (const text of withStatements(textOf(path))) {
        const further = withStatements(text).at(-1) ?? text;
        await expectFresh(await ahead(path, text), new Map([[path, text]]));
        await expectFresh(await ahead(path, further), new Map([[path, further]]));
        answers += 2;
      }
    }
    expect(answers).toBeGreaterThan(20);
  });

  test("leave what there is no time for as it was, at the places of now", async () => {
    for (const path of sources.map((source) => join("src", source)))
      for (const text of withStatements(textOf(path)))
        await expectFresh(await ahead(path, text, 0), new Map([[path, text]]));
  });

  async function piecesOfPreparing(): Promise<number> {
    let pieces = 0;
    await live.prepare(request(), async () => {
      pieces += 1;
    });
    return pieces;
  }

  test("are the same where the entries of open files were judged beforehand", async () => {
    const path = "src/routes/invoices.ts";
    const closed = await piecesOfPreparing();
    const before = await run({ files: new Set(), unsaved: new Map([[join(folder, path), textOf(path)]]) });
    // there is more to be done with a file that is open
    expect(await piecesOfPreparing()).toBeGreaterThan(closed);
    expect(await ahead(path, textOf(path))).toEqual(before);
    for (const text of withStatements(textOf(path)))
      await expectFresh(await ahead(path, text), new Map([[path, text]]));
  });

  test("go by the manifest and by the other files as they are now", async () => {
    const path = "src/routes/invoices.ts";
    const [text = ""] = withStatements(textOf(path));
    await expectFresh(await ahead(path, text), new Map([[path, text]]));

    const held = new Map([
      [path, text],
      ["authgap.policy.yaml", 'version: 1\nrules: { AG301: "off", AG304: "off" }\n'],
    ]);
    const files = new Set([...held.keys()].map((one) => join(folder, one)));
    const unsaved = new Map([...held].map(([one, now]) => [join(folder, one), now]));
    await expectFresh((await live.ahead(request(), { files, unsaved }, MINUTE)).result, held);

    const guards = "src/auth/guards.ts";
    const open = textOf(guards).replace(/throw new HttpError\(40[13][^;]*;/g, "console.warn(req.path);");
    expect(open).not.toBe(textOf(guards));
    await expectFresh(await ahead(guards, open), new Map([[guards, open]]));
    await expectFresh(await ahead(guards, textOf(guards)), new Map());
  });
});

test("a function that registers routes is found under the name that an edit gives it", async () => {
  const routes = "export function register(app) {\n  app.delete('/notes/:id', (req, res) => res.end());\n}\n";
  const main = "import express from 'express';\nconst app = express();\napp.listen(80);\n";
  removeFolder(folder);
  folder = temporaryFolder("named");
  writeFiles(folder, { "routes.ts": routes, "main.ts": main });
  await run();
  const mounted = `import { register as mountAll } from "./routes.js";\n${main.replace("app.listen", "mountAll(app);\napp.listen")}`;
  await expectFresh(
    await ahead("main.ts", `${main}export const one = 1;\n`),
    new Map([["main.ts", `${main}export const one = 1;\n`]]),
  );
  const answer = await ahead("main.ts", mounted);
  expect(answer.routes.map(({ path }) => path)).toEqual(["/notes/:id"]);
  await expectFresh(answer, new Map([["main.ts", mounted]]));
});

/** What an answer keeps hangs on the framework: each goes about finding its routes in a way of its own. */
describe("answers one after the other", { timeout: 5 * MINUTE }, () => {
  const cases = [
    "adonis/six",
    "directus/endpoints",
    "elysia/groups-guards-macros",
    "express/inherited-controllers",
    "fastify/plugins-and-prefixes",
    "h3/first-version",
    "hapi/plugins-and-prefixes",
    "hono/registration-functions",
    "koa/routers-in-a-list",
    "trpc/merged-routers",
    "../_apps/next-actions-of-the-server",
  ];

  test.each(cases)("find the routes that a fresh run finds: %s", async (name) => {
    removeFolder(folder);
    folder = temporaryFolder("kept");
    cpSync(join(REPOSITORY, "fixtures/_frameworks", name), folder, { recursive: true });
    await run();
    const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => /\.tsx?$/.test(path));
    expect(paths.length).toBeGreaterThan(2);
    for (const path of paths) {
      const text = readFileSync(join(folder, path), "utf8");
      for (const fresh of [`${text}\nexport const fresh = 1;\n`, text])
        await expectFresh(await ahead(path, fresh), new Map([[path, fresh]]));
    }
  });
});

function told({ rule, subject, at, message, severity }: ScanResult["findings"][number]): unknown {
  return [rule.code, subject, at.file, at.region.startLine, message, severity];
}

function edited(text: string, at: number, kind: string): string {
  const lines = text.split("\n");
  const line = Math.floor(at * lines.length);
  const written = lines[line] ?? "";
  if (kind === "delete") lines.splice(line, 1);
  if (kind === "double") lines.splice(line, 0, written);
  if (kind === "comment") lines.splice(line, 0, "// nothing");
  if (kind === "function") lines.splice(line, 0, "const other = (value) => value;");
  if (kind === "rename") lines[line] = written.replace(/\brequire[A-Z]\w*|\bcan\b|\borgId\b/, "renamed");
  return lines.join("\n");
}
