/** Migrations that nothing imports tell the tables of the packages that the scanned code reaches. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { scan } from "../../src/scan/scan.js";
import { removeFolder, TODAY, temporaryFolder, writeFiles } from "../support/run-scan.js";

const manifest = (name: string, dependencies: Readonly<Record<string, string>>): string =>
  JSON.stringify({ name, version: "1.0.0", main: "./lib/index.js", dependencies });
const migration = (table: string): string =>
  `exports.up = (knex) => knex.schema.createTable("${table}", (t) => { t.increments("id"); t.integer("account_id"); });`;

const FILES = {
  "package.json": JSON.stringify({ name: "shop", private: true, workspaces: ["packages/*"] }),
  "packages/api/package.json": manifest("@shop/api", { "@shop/store": "1.0.0", express: "5.0.0" }),
  "packages/api/lib/index.ts": `import { db } from "@shop/store";\nexport const all = () => db("orders");\n`,
  "packages/store/package.json": manifest("@shop/store", { knex: "3.0.0" }),
  "packages/store/lib/index.ts": `import knex from "knex";\nexport const db = knex({ client: "pg" });\n`,
  "packages/store/lib/migrations/20240101_orders.cjs": migration("orders"),
  "packages/other/package.json": manifest("@shop/other", { knex: "3.0.0" }),
  "packages/other/lib/index.ts": `export const nothing = 1;\n`,
  "packages/other/lib/migrations/20240101_others.cjs": migration("others"),
};

let folder = "";
beforeEach(() => {
  folder = temporaryFolder("migrations");
  writeFiles(folder, FILES);
});
afterEach(() => removeFolder(folder));

test("of the packages that are reached, and of no others", async () => {
  const { evidence } = await scan({
    paths: [join(folder, "packages/api")],
    cwd: folder,
    rules: [],
    profile: "audit",
    today: TODAY,
    useCache: false,
    include: [],
    exclude: [],
    includeTests: false,
    toolVersion: "0.0.0",
    needsFacts: true,
  });
  expect(evidence?.facts.models.map((model) => model.name)).toEqual(["orders"]);
}, 120_000);
