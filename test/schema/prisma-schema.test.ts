import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPrismaModels } from "../../src/frameworks/schema/prisma-schema.js";

const HEAD = 'datasource db {\n  provider = "postgresql"\n  url = env("URL")\n}\n';

describe("prisma schemas", () => {
  it("reads fields, keys, relations and names of the database", () => {
    const [org, project] = readPrismaModels([
      {
        path: "prisma/schema.prisma",
        text: `${HEAD}
// model Ghost { id String @id }
model Org {
  id String @id @default(cuid()) // the key
  projects Project[]
}
/// documented { }
model Project {
  id    String  @id @default(dbgenerated("gen('}')"))
  orgId String? @map("org_id")
  org   Org?    @relation("owner", fields: [orgId], references: [id],
                  onDelete: Cascade)
  slug  String  @unique @db.VarChar(20)
  tags  String[]
  kind  Kind    @default(A)
  bits  Unsupported("bit")?
  @@unique([orgId, slug(sort: Desc)], name: "x")
  @@map("projects")
  @@schema("app")
}
enum Kind { A B }
`,
      },
    ]);
    expect(org?.name).toBe("Org");
    expect(org?.relations).toEqual([{ name: "projects", model: "Project", many: true, columns: [] }]);
    expect(project?.table).toBe("projects");
    expect(project?.uniques).toEqual([["orgId", "slug"]]);
    expect(project?.relations).toEqual([{ name: "org", model: "Org", many: false, columns: ["orgId"] }]);
    expect(project?.columns.map((c) => c.name)).toEqual(["id", "orgId", "slug", "tags", "kind", "bits"]);
    expect(project?.columns[1]).toEqual({
      name: "orgId",
      dbName: "org_id",
      type: "String",
      optional: true,
      unique: false,
      primary: false,
      references: "Org",
    });
    expect(project?.columns[2]?.unique).toBe(true);
  });

  it("joins the files of one schema and keeps schemas apart", () => {
    const models = readPrismaModels([
      { path: "a/prisma/schema.prisma", text: HEAD },
      { path: "a/prisma/models/org.prisma", text: "model Org {\n id Int @id\n users User[]\n}" },
      {
        path: "a/prisma/models/user.prisma",
        text: "model User {\n id Int @id\n orgId Int\n org Org @relation(fields: [orgId], references: [id])\n}",
      },
      { path: "b/schema.prisma", text: `${HEAD}model User {\n id Int @id\n org Org\n}` },
    ]);
    expect(models.map((m) => m.name)).toEqual(["Org", "User", "User"]);
    expect(models[1]?.columns[1]?.references).toBe("Org");
    // there is no model Org in the second schema: the field stays a column
    expect(models[2]?.columns.map((c) => c.name)).toEqual(["id", "org"]);
  });

  it("takes compound keys as primary", () => {
    const [model] = readPrismaModels([{ path: "s.prisma", text: "model M {\n a Int\n b Int\n @@id([a, b])\n}" }]);
    expect(model?.columns.map((c) => [c.primary, c.unique])).toEqual([
      [true, false],
      [true, false],
    ]);
  });

  it("survives a block that never closes", () => {
    const models = readPrismaModels([{ path: "s.prisma", text: "model A {\n id Int @id\nmodel B {\n id Int @id\n}" }]);
    expect(models.map((m) => m.name)).toEqual(["A", "B"]);
  });

  it("never throws", () => {
    const parts = fc.constantFrom(
      "model A {",
      "}",
      "\n",
      " id Int @id",
      "@@unique([a",
      ")",
      '"',
      "//",
      "/*",
      "@relation(fields: [",
      "enum X {",
    );
    fc.assert(
      fc.property(fc.array(parts), fc.string(), (words, noise) => {
        readPrismaModels([{ path: "s.prisma", text: words.join("") + noise }]);
      }),
    );
  });
});
