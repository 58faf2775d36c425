/** `authgap lsp` as editors use it: a protocol client talks to the real command over its standard streams. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CodeAction, Diagnostic } from "vscode-languageserver/node";
import { applied, LspClient } from "../support/lsp-client.js";
import { removeFolder, temporaryFolder, writeFiles } from "../support/run-scan.js";
import { APP_TEXT, NOTES_TEXT, SERVICE, WITHOUT_GUARD } from "./service.js";

const MINUTES = 120_000;
const GUARDED = NOTES_TEXT.replace(
  "export const notes = Router();",
  'import { requireUser } from "./guards.js";\nexport const notes = Router();\nnotes.get("/all", requireUser, async (req, res) => res.json([]));',
);

const SCHEMA = `model Note {
  id    String @id
  orgId String
}
`;
const QUERIES = `import { Router } from "express";
import { PrismaClient } from "@prisma/client";
import { requireUser } from "./guards.js";
const prisma = new PrismaClient();
export const notes = Router();
notes.get("/", requireUser, async (req, res) => {
  res.json(await prisma.note.findMany({ where: { orgId: req.user.orgId } }));
});
notes.get("/:id", requireUser, async (req, res) => {
  res.json(await prisma.note.findUnique({ where: { id: req.params.id } }));
});
`;

let folder = "";
let client: LspClient | null = null;

beforeEach(() => {
  folder = temporaryFolder("lsp");
  writeFiles(folder, SERVICE);
});

afterEach(() => {
  client?.kill();
  removeFolder(folder);
});

async function started(files: Readonly<Record<string, string>> = {}, ...args: string[]): Promise<LspClient> {
  writeFiles(folder, files);
  client = new LspClient(folder, args);
  await client.start();
  return client;
}

const codes = (diagnostics: readonly Diagnostic[]): unknown[] => diagnostics.map(({ code }) => code);
const some = (diagnostics: readonly Diagnostic[]): boolean => diagnostics.length > 0;
const none = (diagnostics: readonly Diagnostic[]): boolean => diagnostics.length === 0;
const titled = (actions: readonly CodeAction[], words: string): CodeAction | undefined =>
  actions.find(({ title }) => title.includes(words));

/** The actions at the first finding of a file, after it was found. */
async function actionsIn(editor: LspClient, file: string, code: string): Promise<CodeAction[]> {
  const found = await editor.until(file, (all) => codes(all).includes(code));
  const [first] = found.filter((one) => one.code === code);
  return first === undefined ? [] : editor.actions(file, first.range);
}

describe("authgap lsp", { timeout: MINUTES }, () => {
  test("tells findings of files that nobody opened, with what else belongs to them", async () => {
    const editor = await started();
    const [found] = await editor.until("src/notes.ts", some);
    expect(found).toMatchObject({
      code: "AG101",
      source: "authgap",
      severity: 1,
      range: { start: { line: 3, character: 0 } },
    });
    expect(found?.message).toContain("'POST /notes' runs for callers without a verified identity.");
    expect(found?.relatedInformation?.length).toBeGreaterThan(0);
    expect(found?.relatedInformation?.[0]?.location.uri).toMatch(/^file:\/\/.*\.ts$/);
    expect(await editor.stop()).toBe(0);
  });

  test("what is typed counts before it is saved, and no longer when the document is closed", async () => {
    const editor = await started();
    await editor.until("src/notes.ts", some);
    await editor.open("src/app.ts", APP_TEXT);
    await editor.change("src/app.ts", WITHOUT_GUARD["src/app.ts"]);
    expect(codes(await editor.until("src/admin.ts", some))).toContain("AG101");
    await editor.change("src/app.ts", APP_TEXT);
    await editor.until("src/admin.ts", none);
    const at = APP_TEXT.split("\n").findIndex((line) => line.includes('"/admin"'));
    const range = { start: { line: at, character: 16 }, end: { line: at, character: 29 } };
    await editor.change("src/app.ts", "", range);
    await editor.until("src/admin.ts", some);
    await editor.close("src/app.ts");
    await editor.until("src/admin.ts", none);
  });

  test("a saved file counts, also one that is new", async () => {
    const editor = await started();
    await editor.until("src/notes.ts", some);
    const more =
      'import { notes } from "./notes.js";\nimport { rm } from "node:fs/promises";\nnotes.delete("/:id", async (req, res) => res.json(await rm("/srv/" + req.params.id)));\n';
    writeFiles(folder, { "src/more.ts": more });
    await editor.open("src/more.ts", more);
    await editor.save("src/more.ts");
    await editor.until("src/more.ts", some);
  });

  test("survives what does not parse", async () => {
    const editor = await started();
    await editor.until("src/notes.ts", some);
    await editor.open("src/notes.ts", NOTES_TEXT);
    await editor.change("src/notes.ts", "export const notes = Router(;\nnotes.post(");
    await editor.until("src/notes.ts", none);
    await editor.change("src/notes.ts", NOTES_TEXT);
    await editor.until("src/notes.ts", some);
  });

  test("hover tells the chain of evidence, and what guards a route without a finding", async () => {
    const editor = await started();
    await editor.until("src/notes.ts", some);
    const found = JSON.stringify(await editor.hover("src/notes.ts", 3, 5));
    expect(found).toContain("AG101 unguarded-route");
    expect(found).toContain("How it comes about");
    expect(found).toContain("src/notes.ts:4");
    const route = JSON.stringify(await editor.hover("src/admin.ts", 6, 5));
    expect(route).toContain("DELETE /admin/files/:name");
    expect(route).toContain("requireUser: authentication");
    expect(await editor.hover("src/guards.ts", 0, 0)).toBeNull();
  });

  test("offers the ignore comment, which says that its reason is missing until one is written", async () => {
    const editor = await started();
    const action = titled(await actionsIn(editor, "src/notes.ts", "AG101"), "Ignore AG101");
    const text = applied(NOTES_TEXT, action?.edit, editor.uri("src/notes.ts"));
    expect(text).toContain('\n// authgap-ignore-next-line AG101 -- \nnotes.post("/",');
    await editor.open("src/notes.ts", text);
    const told = await editor.until("src/notes.ts", (all) => codes(all).includes("void-ignore"));
    expect(codes(told)).toContain("AG101");
    await editor.change("src/notes.ts", text.replace("AG101 -- ", "AG101 -- a public form"));
    await editor.until("src/notes.ts", none);
  });

  test("offers a line of the manifest, and makes the manifest when there is none", async () => {
    const editor = await started();
    const actions = await actionsIn(editor, "src/notes.ts", "AG101");
    const open = titled(actions, "public in the manifest");
    expect(open?.edit?.documentChanges?.[0]).toMatchObject({ kind: "create", uri: editor.uri("authgap.policy.yaml") });
    const manifest = applied("", open?.edit, editor.uri("authgap.policy.yaml"));
    expect(manifest).toContain('match: "POST /notes", public: true, reason: ""');
    const exception = applied("", titled(actions, "exception")?.edit, editor.uri("authgap.policy.yaml"));
    expect(exception).toMatch(
      /exceptions:\n {2}- \{ rule: AG101, subject: "POST \/notes", .*expires: \d{4}-\d\d-\d\d \}/,
    );
    writeFiles(folder, {
      "authgap.policy.yaml": manifest.replace('reason: ""', 'reason: "a form"').replace('owner: ""', "owner: web"),
    });
    await editor.open(
      "authgap.policy.yaml",
      manifest.replace('reason: ""', 'reason: "a form"').replace('owner: ""', "owner: web"),
    );
    await editor.until("src/notes.ts", none);
  });

  test("offers the guard that the siblings have", async () => {
    const editor = await started({ "src/notes.ts": GUARDED });
    const action = titled(await actionsIn(editor, "src/notes.ts", "AG101"), "Put 'requireUser' before the handler");
    const text = applied(GUARDED, action?.edit, editor.uri("src/notes.ts"));
    expect(text).toContain('notes.post("/", requireUser, async (req, res) => {');
    await editor.open("src/notes.ts", text);
    await editor.until("src/notes.ts", none);
  });

  test("offers the predicate that other queries have", async () => {
    const editor = await started({ "src/notes.ts": QUERIES, "prisma/schema.prisma": SCHEMA });
    const action = titled(await actionsIn(editor, "src/notes.ts", "AG301"), "Add 'orgId: req.user.orgId'");
    const text = applied(QUERIES, action?.edit, editor.uri("src/notes.ts"));
    expect(text).toContain("findUnique({ where: { orgId: req.user.orgId, id: req.params.id } })");
    await editor.open("src/notes.ts", text);
    await editor.until("src/notes.ts", (all) => !codes(all).includes("AG301"));
  });

  test("marks what is wrong in the manifest, keeps the findings, and goes on when it is repaired", async () => {
    const editor = await started({ "authgap.policy.yaml": "version: 1\n" });
    await editor.until("src/notes.ts", some);
    const broken = "version: 1\nrouts: {}\nguards:\n  - { use: src/guards.ts#requireUser, grants: authentification }\n";
    await editor.open("authgap.policy.yaml", broken);
    const told = await editor.until("authgap.policy.yaml", (all) => all.length === 2);
    expect(told.map(({ message, range }) => [message, range.start, range.end])).toEqual([
      [
        "'routs' is not a key of the manifest. Did you mean 'routes'?",
        { line: 1, character: 0 },
        { line: 1, character: 5 },
      ],
      [
        expect.stringContaining("Did you mean 'authentication'?"),
        { line: 3, character: 38 },
        { line: 3, character: 44 },
      ],
    ]);
    expect(some(editor.diagnostics("src/notes.ts"))).toBe(true);
    await editor.change(
      "authgap.policy.yaml",
      'version: 1\nroutes: { rules: [{ match: "POST /notes", public: true, reason: "a form", owner: web }] }\n',
    );
    await editor.until("src/notes.ts", none);
    await editor.until("authgap.policy.yaml", none);
  });

  test("completes keys and values of the manifest, and tells what a key means", async () => {
    const editor = await started();
    await editor.until("src/notes.ts", some);
    const text = "version: 1\nguards:\n  - { use: src/guards.ts#requireUser, grants: dec }\nro\n";
    await editor.open("authgap.policy.yaml", text);
    const top = await editor.completion("authgap.policy.yaml", 3, 2);
    expect(top.map(({ label }) => label)).toContain("routes");
    expect(top.map(({ label }) => label)).not.toContain("guards");
    const grants = await editor.completion("authgap.policy.yaml", 2, 49);
    expect(grants.map(({ label }) => label)).toEqual(expect.arrayContaining(["authentication", "decision", "stepUp"]));
    expect(JSON.stringify(await editor.hover("authgap.policy.yaml", 1, 2))).toContain(
      "what the project's own steps do",
    );
  });

  test("runs the rules that are asked for", async () => {
    const open = `${QUERIES}notes.post("/", async (req, res) => res.json(await prisma.note.deleteMany()));\n`;
    const editor = await started({ "src/notes.ts": open, "prisma/schema.prisma": SCHEMA }, "--only", "AG301");
    expect(new Set(codes(await editor.until("src/notes.ts", some)))).toEqual(new Set(["AG301"]));
  });
});
