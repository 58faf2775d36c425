import { describe, expect, it } from "vitest";
import { readDrizzleModels } from "../../../src/frameworks/data/drizzle-tables.js";
import { NO_DATA } from "../../../src/frameworks/data/recogniser.js";
import { createKnowledge } from "../../../src/frameworks/knowledge/knowledge.js";
import { loadSqlParser } from "../../../src/frameworks/sql/statement.js";
import type { DataModel } from "../../../src/model/data-model.js";
import type { Program } from "../../../src/program/linking/program.js";
import { Evaluator } from "../../../src/program/values/evaluate.js";
import { callsIn, link, print } from "./printed-calls.js";

const SCHEMA = `
import { pgTable, text, uuid, unique, primaryKey } from "drizzle-orm/pg-core";
import { relations } from "drizzle-orm";
export const orgs = pgTable("orgs", { id: uuid("id").primaryKey(), name: text("name").notNull() });
export const members = pgTable("members", { orgId: uuid("org_id").references(() => orgs.id), userId: uuid("user_id") },
  (t) => [primaryKey({ columns: [t.orgId, t.userId] })]);
export const orders = pgTable("orders", { id: uuid("id").primaryKey(),
  orgId: uuid("org_id").notNull().references(() => orgs.id), slug: text().unique() },
  (t) => ({ one: unique().on(t.orgId, t.slug) }));
export const orderRelations = relations(orders, ({ one }) => ({ org: one(orgs, { fields: [orders.orgId], references: [orgs.id] }) }));
`;

function modelsOf(program: Program): readonly DataModel[] {
  return readDrizzleModels(program, new Evaluator(program, createKnowledge(NO_DATA, [])));
}

function calls(body: string): string[] {
  const head = `import { drizzle } from "drizzle-orm/node-postgres"; import { and, or, eq, ne, inArray, exists, sql } from "drizzle-orm";
    import * as schema from "./schema.js"; import { orders, members } from "./schema.js"; const db = drizzle("", { schema });\n`;
  return callsIn(link({ "src/app.ts": head + body, "src/schema.ts": SCHEMA }, "", modelsOf)).map(print);
}

function query(text: string): string[] {
  return calls(`export async function f(user, input, q) { ${text} }`);
}

await loadSqlParser();

describe("drizzle tables", () => {
  it("reads columns, keys and relations", () => {
    const { program } = link({ "src/schema.ts": SCHEMA }, "");
    const models = modelsOf(program);
    expect(models.map((model) => [model.name, model.table])).toEqual([
      ["orgs", "orgs"],
      ["members", "members"],
      ["orders", "orders"],
    ]);
    const [, member, order] = models;
    expect(order?.columns.map((c) => [c.name, c.dbName, c.references, c.optional])).toEqual([
      ["id", "id", "", false],
      ["orgId", "org_id", "orgs", false],
      ["slug", "slug", "", true],
    ]);
    expect(order?.relations).toEqual([{ name: "org", model: "orgs", many: false, columns: ["orgId"] }]);
    expect(order?.uniques).toEqual([["orgId", "slug"]]);
    expect(member?.columns.every((column) => column.primary)).toBe(true);
  });
});

describe("drizzle calls", () => {
  it("reads conditions of builders", () => {
    expect(
      query(
        "return db.select().from(orders).where(and(eq(orders.id, input.id), eq(orders.orgId, user.orgId))).limit(1);",
      ),
    ).toEqual(["read orders: id = input.id & orgId = user.orgId"]);
    expect(query("await db.update(orders).set({ slug: input.slug }).where(eq(orders.id, input.id));")).toEqual([
      "update orders: id = input.id; sets slug = input.slug",
    ]);
    expect(query("await db.delete(schema.orders).where(or(eq(orders.id, input.id), ne(orders.orgId, q)));")).toEqual([
      "delete orders: id = input.id & negated:orgId = q || negated:orgId = q & or:id = input.id",
    ]);
    expect(query("await db.insert(orders).values({ orgId: input.orgId }).returning();")).toEqual([
      "create orders: -; sets orgId = input.orgId",
    ]);
    expect(query("return db.select().from(orders);")).toEqual(["read orders: -"]);
  });

  it("knows what vanishes and what replaces", () => {
    expect(
      query(
        "return db.select().from(orders).where(and(eq(orders.id, q), user ? eq(orders.orgId, user.orgId) : undefined));",
      ),
    ).toEqual(["read orders: id = q & optional:orgId = user.orgId?"]);
    expect(
      query(
        "const all = [eq(orders.id, q)]; if (user) all.push(eq(orders.orgId, user.orgId)); return db.select().from(orders).where(and(...all));",
      ),
    ).toEqual(["read orders: id = q & optional:orgId = user.orgId?"]);
    expect(
      query("return db.select().from(orders).$dynamic().where(eq(orders.orgId, user.orgId)).where(eq(orders.id, q));"),
    ).toEqual(["read orders: id = q"]);
    expect(
      query(
        "const b = db.select().from(orders).$dynamic(); if (user) b.where(eq(orders.orgId, user.orgId)); return b.limit(1);",
      ),
    ).toEqual(["read orders: optional:orgId = user.orgId?"]);
  });

  it("reads conditions in text", () => {
    expect(
      query(
        `return db.select().from(orders).where(and(sql\`lower(\${orders.slug}) = \${q} OR \${orders.orgId} = \${user.orgId}\`, eq(orders.id, input.id)));`,
      ),
    ).toEqual([
      "read orders: slug = q & or:orgId = user.orgId & id = input.id || orgId = user.orgId & or:slug = q & id = input.id",
    ]);
  });

  it("reads joins, sub-queries and relational queries", () => {
    expect(
      query(
        "return db.select().from(orders).innerJoin(members, eq(members.orgId, orders.orgId)).where(and(eq(orders.id, q), eq(members.userId, user.id)));",
      ),
    ).toEqual(["read orders: id = q & members.userId = user.id"]);
    expect(
      query(
        "return db.select().from(orders).where(inArray(orders.orgId, db.select({ id: members.orgId }).from(members).where(eq(members.userId, user.id))));",
      ),
    ).toContain("read orders: orgId in unknown & members.userId = user.id");
    expect(
      query(
        "return db.query.orders.findFirst({ where: and(eq(orders.id, input.id), eq(orders.orgId, user.orgId)), with: { org: true } });",
      ),
    ).toEqual(["read orders: id = input.id & orgId = user.orgId; loads org"]);
    expect(query("return db.query.orders.findMany({ where: (o, { eq }) => eq(o.orgId, user.orgId) });")).toEqual([
      "read orders: orgId = user.orgId",
    ]);
    expect(
      calls("export const f = ({ ctx, input }) => ctx.db.query.orders.findFirst({ where: eq(orders.id, input.id) });"),
    ).toEqual(["read orders: id = #0.input.id"]);
    expect(
      calls(
        "export const f = (id) => db.transaction(async (tx) => { await tx.delete(orders).where(eq(orders.id, id)); });",
      ),
    ).toEqual(["delete orders: id = id"]);
  });
});
