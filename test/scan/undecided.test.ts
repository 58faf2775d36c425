/** What could not be judged is told: entry points that nothing is known of, and programs in which none was found. */
import { afterAll, expect, test } from "vitest";
import { removeFolder, scanFolder, temporaryFolder, writeFiles } from "../support/run-scan.js";

const folder = temporaryFolder("undecided");
afterAll(() => removeFolder(folder));

async function told(name: string, files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const project = `${folder}/${name}`;
  writeFiles(project, { "package.json": "{}", ...files });
  const { result } = await scanFolder(project);
  return result.notices.map((notice) => `${notice.id} ${notice.at?.file}: ${notice.message}`);
}

test("an entry point whose handler cannot be read", async () => {
  const notices = await told("handler", {
    "app.ts": `import express from "express";
import handlers from "some-package-nobody-knows";
const app = express();
app.get("/read", (_req, res) => res.end());
app.get("/hidden", handlers.hidden);
app.listen(3000);
`,
  });
  expect(notices).toEqual([
    "unresolved-guard app.ts: what protects 'GET /hidden' is not known: the handler could not be read",
  ]);
});

test("a server in which no entry point was recognised", async () => {
  const notices = await told("server", {
    "server.ts": `import { createServer } from "node:http";
import { table } from "./table.js";
createServer((req, res) => table[req.url ?? ""]?.(req, res)).listen(3000);
`,
    "table.ts": 'export const table: Record<string, (...args: unknown[]) => void> = { "/a": () => {} };\n',
  });
  expect(notices).toEqual([
    "dynamic-registration server.ts: imports 'node:http', and no entry point was recognised anywhere: no route can be judged",
  ]);
});

const ROUTES = ["/a", "/b", "/c", "/d", "/e"];

test("a service that imports a data layer, and none of whose queries was recognised", async () => {
  const service = (query: string) => ({
    "app.ts": `import express from "express";
import { Pool } from "pg";
import { run } from "somewhere";
const pool = new Pool();
const app = express();
${ROUTES.map((path) => `app.get("${path}", async (_req, res) => res.json(await ${query}));`).join("\n")}
app.listen(3000);
`,
  });
  expect(await told("blind", service("run(pool)"))).toEqual([
    "unresolved-filter app.ts: imports 'pg', and no query of an entry point was recognised: whose data they reach is not judged",
  ]);
  const sighted = await told("sighted", service('pool.query("select id from news")'));
  expect(sighted.filter((line) => line.includes("no query"))).toEqual([]);
});

test("nothing is told of a library, nor of pages for browsers", async () => {
  expect(
    await told("library", {
      "index.ts": "export const sum = (a: number, b: number) => a + b;\n",
      "page.tsx": 'import { useLocation } from "react-router";\nexport const Page = () => useLocation().pathname;\n',
    }),
  ).toEqual([]);
});
