import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSqlSchema } from "../../src/frameworks/schema/sql-schema.js";
import { ddlStatements } from "../../src/frameworks/schema/sql-split.js";

async function read(...texts: readonly string[]) {
  return readSqlSchema(texts.map((text, index) => ({ path: `migrations/${index}_x.sql`, text })));
}

describe("SQL schemas", () => {
  it("reads columns, keys and references", async () => {
    const { models } = await read(`
      create table org (id uuid primary key default gen_random_uuid(), name text);
      insert into org values ('create table fake (id int);');
      create table "run" (
        id uuid primary key,
        org_id uuid not null references org(id) on delete cascade,
        slug varchar(20) unique,
        tags text[],
        parent_a int, parent_b int,
        unique (org_id, slug),
        constraint p foreign key (parent_a, parent_b) references other (a, b)
      );`);
    expect(models.map((m) => m.name)).toEqual(["org", "run"]);
    const run = models[1];
    expect(run?.columns.map((c) => [c.name, c.type, c.optional, c.unique, c.primary, c.references])).toEqual([
      ["id", "uuid", false, true, true, ""],
      ["org_id", "uuid", false, false, false, "org"],
      ["slug", "varchar", true, true, false, ""],
      ["tags", "text[]", true, false, false, ""],
      ["parent_a", "int4", true, false, false, "other"],
      ["parent_b", "int4", true, false, false, "other"],
    ]);
    expect(run?.uniques).toEqual([["org_id", "slug"]]);
  });

  it("applies later migrations in the order of their numbers", async () => {
    const { models } = await readSqlSchema([
      { path: "m/10_c.sql", text: "alter table a rename to b; drop table gone;" },
      {
        path: "m/2_b.sql",
        text: `alter table a add column org_id int, drop column old; alter table a rename column x to y;
          do $$ begin alter table a add constraint f foreign key (org_id) references org(id); exception when others then null; end $$;
          create unique index u on a (y); create unique index p on a (org_id) where y is null; create table gone (id int);`,
      },
      { path: "m/1_a.sql", text: "create table a (id int, old int, x int)" },
    ]);
    expect(models.map((m) => [m.name, m.columns.map((c) => `${c.name}${c.unique ? "!" : ""}${c.references}`)])).toEqual(
      [["b", ["id", "org_idorg", "y!"]]],
    );
  });

  it("reads dialects that the grammar refuses", async () => {
    const { models, unread } = await read(
      "CREATE TABLE IF NOT EXISTS `a` (\n `id` int unsigned NOT NULL AUTO_INCREMENT,\n `org_id` int NOT NULL COMMENT 'x, y',\n `k` enum('a','b') DEFAULT 'a',\n PRIMARY KEY (`id`),\n UNIQUE KEY `u` (`k`),\n CONSTRAINT `f` FOREIGN KEY (`org_id`) REFERENCES `org` (`id`)\n) ENGINE=InnoDB;",
      "CREATE TABLE `b` (`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL, `a_id` integer REFERENCES a(id));",
    );
    expect(unread).toEqual([]);
    expect(models[0]?.columns.map((c) => [c.name, c.primary, c.unique, c.references])).toEqual([
      ["id", true, true, ""],
      ["org_id", false, false, "org"],
      ["k", false, true, ""],
    ]);
    expect(models[1]?.columns.map((c) => [c.name, c.primary, c.references])).toEqual([
      ["id", true, ""],
      ["a_id", false, "a"],
    ]);
  });

  it("does not lose a file for one bad statement", async () => {
    const { models, unread } = await read("create table a (id int); alter table %%; create table b (id int);");
    expect(models.map((m) => m.name)).toEqual(["a", "b"]);
    expect(unread).toHaveLength(1);
  });

  it("leaves out what undoes", async () => {
    const { models } = await read("-- +goose Up\ncreate table a (id int);\n-- +goose Down\ndrop table a;\n");
    expect(models).toHaveLength(1);
  });

  it("records row-level security", async () => {
    const { rowSecurity } = await read(`create table t (id int);
      alter table t enable row level security; alter table t force row level security;
      create policy p on t for select to authenticated using (org_id = (auth.jwt() ->> 'org')::int);
      create policy w on t for insert with check (true);`);
    expect(rowSecurity).toHaveLength(1);
    expect(rowSecurity[0]).toMatchObject({ table: "t", enabled: true, forced: true });
    expect(rowSecurity[0]?.policies.map((p) => [p.name, p.command, p.using, p.check])).toEqual([
      ["p", "select", "org_id = (auth.jwt() ->> 'org')::int", ""],
      ["w", "insert", "", "true"],
    ]);
  });

  it("keeps series of migrations apart", async () => {
    const { models } = await readSqlSchema([
      { path: "mysql/0_a.sql", text: "create table a (id int)" },
      { path: "sqlite/0_a.sql", text: "create table a (id int, b int)" },
      { path: "x/20240101_one/migration.sql", text: "create table c (id int)" },
      { path: "x/20240102_two/migration.sql", text: "alter table c add column d int" },
    ]);
    expect(models.map((m) => [m.name, m.columns.length])).toEqual([
      ["a", 1],
      ["a", 2],
      ["c", 2],
    ]);
  });

  it("looks at definitions only", () => {
    const rows = "insert into t values ('a; create table x (id int)');\n".repeat(20_000);
    const started = performance.now();
    expect(ddlStatements(`create table t (id int);\n${rows}`)).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it("never throws", async () => {
    const parts = fc.constantFrom(
      "create table a (",
      "id int",
      ",",
      ")",
      ";",
      "'",
      "`",
      "$$",
      "alter table a add",
      "drop table a",
      "--",
      "/*",
      "foreign key (a) references b",
      "rename to c",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { maxLength: 20 }), fc.string(), async (words, noise) => {
        await read(words.join(" ") + noise);
      }),
    );
  });
});
