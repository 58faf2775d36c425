import { describe, expect, it } from "vitest";
import { loadSqlParser } from "../../../src/frameworks/sql/statement.js";
import { callsIn, link, print } from "./printed-calls.js";

await loadSqlParser();

const SCHEMA = `
model Org { id String @id }
model Project { id String @id
  orgId String @map("org_id")
  name String
  @@map("projects") }
model Member { userId String @map("user_id")
  orgId String @map("org_id")
  @@map("members") }
`;

function calls(body: string): string[] {
  return callsIn(link({ "src/app.ts": body }, SCHEMA)).map(print);
}

const PG = 'import { Pool } from "pg";\nconst pool = new Pool();\n';
const SQL = 'import postgres from "postgres";\nconst sql = postgres("x");\n';

describe("query texts", () => {
  it("binds positions of pg", () => {
    expect(
      calls(
        `${PG} export const f = (user, id) => pool.query("SELECT * FROM projects WHERE id = $1 AND org_id = $2", [id, user.orgId]);`,
      ),
    ).toEqual(["read Project: id = id & orgId = user.orgId"]);
    expect(
      calls(`${PG} export const f = (id) => pool.query({ text: "DELETE FROM projects WHERE id = $1", values: [id] });`),
    ).toEqual(["delete Project: id = id"]);
    expect(
      calls(
        `${PG} export async function f(id) { const c = await pool.connect(); await c.query("UPDATE projects SET name = $2 WHERE id = $1", [id, "x"]); }`,
      ),
    ).toEqual(["update Project: id = id; sets name = x"]);
  });

  it("reads texts that are put together", () => {
    expect(
      calls(`${PG} export const f = (id) => pool.query("SELECT * FROM projects" + " WHERE id = '" + id + "'");`),
    ).toEqual(["read Project: id = id"]);
    expect(
      calls(
        `${PG} const COLUMNS = "id, name"; export const f = (id) => pool.query(\`SELECT \${COLUMNS} FROM projects WHERE id = '\${id}'\`);`,
      ),
    ).toEqual(["read Project: id = id"]);
    expect(
      calls(
        `${PG} const base = "SELECT * FROM projects"; export const f = (id, x) => pool.query(\`\${base} WHERE id = $1 \${x ? "AND org_id = " + x : ""}\`, [id]);`,
      ),
    ).toEqual(["read Project: id = id & optional:orgId = x?"]);
    expect(calls(`${PG} export const f = (text) => pool.query(text);`)).toEqual(["raw : - & ?"]);
    expect(calls(`${PG} export const f = () => pool.query("SELECT 1");`)).toEqual([]);
  });

  it("reads tags and their fragments", () => {
    expect(
      calls(`${SQL} const mine = (u) => sql\`org_id = \${u.orgId}\`;
        export const f = (user, id) => sql\`SELECT * FROM projects WHERE id = \${id} AND \${mine(user)}\`;`),
    ).toEqual(["read Project: id = id & orgId = user.orgId"]);
    expect(
      calls(
        `${SQL} export const f = (user, id) => sql\`SELECT * FROM projects WHERE id = \${id} \${user ? sql\`AND org_id = \${user.orgId}\` : sql\`\`}\`;`,
      ),
    ).toEqual(["read Project: id = id & optional:orgId = user.orgId?"]);
    expect(
      calls(`${SQL} export const f = (id) => sql.begin(async (tx) => tx\`DELETE FROM projects WHERE id = \${id}\`);`),
    ).toEqual(["delete Project: id = id"]);
    expect(
      calls(`import { PrismaClient, Prisma } from "@prisma/client"; const db = new PrismaClient();
        export const f = (id, ids) => db.$queryRaw\`SELECT * FROM projects WHERE id = \${id} AND org_id IN (\${Prisma.join(ids)})\`;
        export const g = (id) => db.$queryRawUnsafe("SELECT * FROM projects WHERE id = $1", id);
        export const h = (id) => db.$queryRaw(Prisma.sql\`SELECT * FROM projects WHERE id = \${id}\`);`),
    ).toEqual([
      "read Project: id = id & orgId in @prisma/client:Prisma.join()",
      "read Project: id = id",
      "read Project: id = id",
    ]);
  });

  it("knows joins, sub-selects and OR", () => {
    expect(
      calls(
        `${PG} export const f = (u, id) => pool.query("SELECT p.* FROM projects p JOIN members m ON m.org_id = p.org_id WHERE p.id = $1 AND m.user_id = $2", [id, u.id]);`,
      ),
    ).toEqual(["read Project: id = id & Member.userId = u.id; also Member: userId = u.id & Project.id = id"]);
    expect(
      calls(
        `${PG} export const f = (u, id) => pool.query("SELECT * FROM projects WHERE id = $1 OR org_id = $2", [id, u.orgId]);`,
      ),
    ).toEqual(["read Project: id = id & or:orgId = u.orgId || orgId = u.orgId & or:id = id"]);
  });
});
