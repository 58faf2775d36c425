import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  inferTenancy,
  isOwnerKey,
  isTenantKey,
  normalizeKey,
  scopingOf,
  type TenancyHints,
} from "../../src/facts/tenancy/tenancy.js";
import { readPrismaModels } from "../../src/frameworks/schema/prisma-schema.js";
import { readSqlSchema } from "../../src/frameworks/schema/sql-schema.js";
import type { TenancyModel } from "../../src/model/data-model.js";

const NONE: TenancyHints = { keys: [], ownerKeys: [], global: [] };

/** `Name: column type, …` per line; `->Model` makes a required key, `?->Model` an optional one. */
function infer(lines: string, hints = NONE): TenancyModel {
  const models = lines
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", fields = ""] = line.split(":").map((part) => part.trim());
      const body = fields
        .split(",")
        .map((text) => text.trim())
        .filter((text) => text !== "")
        .map(field)
        .join("\n");
      return `model ${name} {\n id String @id\n${body}\n}`;
    });
  return inferTenancy(readPrismaModels([{ path: "schema.prisma", text: models.join("\n") }]), hints);
}

function field(text: string): string {
  if (text.startsWith("@@")) return text.replaceAll("+", ", ");
  const [key = "", model = ""] = text.split("->");
  if (model === "") return text.includes(" ") ? text.replace(" @", " String @") : `${text} String`;
  const optional = key.endsWith("?") ? "?" : "";
  const column = key.replace("?", "");
  return `${column} String${optional}\n${column}Rel ${model}${optional} @relation(fields: [${column}], references: [id])`;
}

/** What scopes a model, shortly. */
function scope(tenancy: TenancyModel, model: string): string {
  const scoping = scopingOf(tenancy, model);
  if (scoping?.kind === "column") return scoping.columns.map((c) => `${c.column}:${c.role}`).join(" ");
  if (scoping?.kind === "parent")
    return scoping.parents.map((p) => `${p.column || `@${p.relation}`}>${p.model}`).join(" ");
  if (scoping?.kind === "grant")
    return scoping.grants.map((g) => `grant ${g.model}.${g.column} to ${g.grantee}`).join(" ");
  return scoping?.kind ?? "none";
}

describe("tenancy of a multi-tenant service", () => {
  const tenancy = infer(`
    Org: name
    User: email
    OrgMember: orgId->Org, userId->User, role
    Project: orgId->Org
    Env: projectId->Project
    Doc: projectId->Project, createdById->User, updatedById?->User
    Page: docId->Doc
    Block: pageId->Page
    Country: code
    Session: sessionToken @unique, userId->User
    Account: provider, providerAccountId, userId->User
    Invite: token @unique, orgId->Org
    Content: body, doc Doc2?
    Doc2: orgId->Org, contentId @unique`);

  it("finds root, levels, user and memberships", () => {
    expect([tenancy.root, tenancy.user, tenancy.levels, tenancy.memberships]).toEqual([
      "Org",
      "User",
      ["Org", "Project"],
      ["OrgMember"],
    ]);
  });

  it("scopes by column, by parents, or not at all", () => {
    expect(scope(tenancy, "Org")).toBe("root");
    expect(scope(tenancy, "Project")).toBe("id:tenant orgId:tenant");
    expect(scope(tenancy, "Doc")).toBe("projectId:tenant createdById:owner");
    expect(scope(tenancy, "Page")).toBe("docId>Doc");
    expect(scope(tenancy, "Block")).toBe("pageId>Page");
    expect(scope(tenancy, "Country")).toBe("global");
    expect(scope(tenancy, "User")).toBe("id:owner");
  });

  it("leaves the tables of auth libraries out and says why", () => {
    expect(scopingOf(tenancy, "Session")).toMatchObject({ kind: "global", why: "sessions of the auth library" });
    expect(scope(tenancy, "Account")).toBe("global");
  });

  it("knows keys in any spelling and capabilities", () => {
    for (const name of ["orgId", "org_id", "organizationUid", "PROJECT_ID", "projectIds"]) {
      expect(isTenantKey(tenancy, name), name).toBe(true);
    }
    expect(isTenantKey(tenancy, "docId")).toBe(false);
    expect(isOwnerKey(tenancy, "created_by_id")).toBe(true);
    expect(isOwnerKey(tenancy, "updatedById")).toBe(false);
    expect(tenancy.capabilities).toContain("Invite.token");
  });
});

describe("what may be shared, and what opens it", () => {
  it("takes rows numbered within those of somebody for that person's, and rows known by a key of their own for everybody's", () => {
    const tenancy = infer(`
      User: email
      Prompt: ownerId->User
      Version: promptId->Prompt, number, createdBy?->User, @@unique([promptId+number])
      Exchange: name
      Quote: exchangeId->Exchange, symbol, userId?->User, @@unique([exchangeId+symbol])`);
    expect(scope(tenancy, "Version")).toBe("createdBy:owner");
    expect(scopingOf(tenancy, "Version")).toMatchObject({ parents: [{ model: "Prompt" }] });
    expect(scope(tenancy, "Quote")).toBe("global");
  });

  it("knows what is handed out by its last words, and short names for what they are", () => {
    const tenancy = infer(`
      User: email, exportSingleUseToken
      Document: ownerId->User, qrToken
      Share: documentId->Document, slug @unique
      Link: documentId->Document, slug @unique
      InviteCode: code @unique
      Facet: code @unique`);
    expect(tenancy.capabilities).toEqual([
      "User.exportSingleUseToken",
      "Document.qrToken",
      "Share.slug",
      "InviteCode.code",
    ]);
  });
});

describe("keys that two tables share", () => {
  it("are the other table's where they are named for it", () => {
    const text = `
      model User { id String @id
        email String }
      model Chat { id String @id
        userId String }
      model ChatSession { chatId String @id
        secret String }
      model Item { id String @id
        userId String }
      model OrderItem { itemId String @id
        text String }`;
    const tenancy = inferTenancy(readPrismaModels([{ path: "schema.prisma", text }]), NONE);
    expect(scope(tenancy, "ChatSession")).toBe("chatId>Chat");
    expect(scope(tenancy, "OrderItem")).toBe("global");
  });
});

describe("tables that all begin with one word", () => {
  const tenancy = infer(`
    shop_accounts: name
    shop_users: email, password, account_id->shop_accounts
    shop_invited_users: email, account_id->shop_accounts, invited_by->shop_users
    shop_orders: title, account_id->shop_accounts
    shop_carts: title, account_id->shop_accounts
    shop_stocks: title, account_id->shop_accounts
    shop_lines: title, order_id->shop_orders`);

  it("knows users by the tenant that their key names", () => {
    expect([tenancy.root, tenancy.user]).toEqual(["shop_accounts", "shop_users"]);
    expect(tenancy.memberships).toEqual(["shop_users"]);
  });
});

describe("keys that say one thing and relations that say another", () => {
  it("follows the relation, along which rows are loaded", () => {
    const text = `
      model User { id String @id
        email String }
      model Circle { id String @id
        userId String
        user User @relation(fields: [userId], references: [id]) }
      model Notice { id String @id
        circleId String
        circle Circle @relation(fields: [circleId], references: [id]) }`;
    const models = readPrismaModels([{ path: "schema.prisma", text }]).map((model) => ({
      ...model,
      columns: model.columns.map((one) => (one.name === "circleId" ? { ...one, references: "User" } : one)),
    }));
    const tenancy = inferTenancy(models, NONE);
    expect(scope(tenancy, "Notice")).toBe("circleId>Circle");
    expect(isOwnerKey(tenancy, "circleId")).toBe(false);
  });
});

describe("tenancy in other shapes", () => {
  it("has owners only where there are only users", () => {
    const tenancy = infer("User: email\nPost: authorId->User\nComment: postId->Post\nTag: name");
    expect([tenancy.root, tenancy.user]).toEqual(["", "User"]);
    expect(scope(tenancy, "Post")).toBe("authorId:owner");
    expect(scope(tenancy, "Comment")).toBe("postId>Post");
  });

  it("takes a table of grants as what ties a row to its readers", () => {
    const tenancy = infer(`
      User: email
      Board: name
      BoardUserPermission: boardId->Board, userId->User, permission, @@unique([boardId+userId])
      Item: boardId->Board
      Section: boardId->Board
      Group: name
      GroupMember: groupId->Group, userId->User`);
    expect(tenancy.root).toBe("");
    expect(scope(tenancy, "Board")).toBe("grant BoardUserPermission.boardId to userId");
    expect(scope(tenancy, "Item")).toBe("boardId>Board");
  });

  it("accepts a user that belongs to one tenant only", () => {
    const tenancy = infer("Team: name\nUser: email, teamId->Team\nDoc: teamId->Team\nFile: teamId->Team");
    expect([tenancy.root, tenancy.memberships]).toEqual(["Team", ["User"]]);
  });

  it("does not take a preference of the user for membership", () => {
    const tenancy = infer(
      "User: email, homeBoardId->Board\nBoard: name\nItem: boardId->Board\nSection: boardId->Board",
    );
    expect(tenancy.root).toBe("");
  });

  it("infers keys from names where nothing is related", () => {
    const tenancy = infer("Team: name\nTeamMember: teamID->Team, userUid\nUser: email\nNote: teamID\nHistory: userUid");
    expect(tenancy.root).toBe("Team");
    expect(scope(tenancy, "Note")).toBe("teamID:tenant");
    expect(scope(tenancy, "History")).toBe("userUid:owner");
  });

  it("takes tenants held by an identity provider by their keys", () => {
    const tenancy = infer("Doc: orgId, title\nPage: docId->Doc");
    expect(scope(tenancy, "Doc")).toBe("orgId:tenant");
    expect(scope(tenancy, "Page")).toBe("docId>Doc");
  });

  it("scopes content through the row that holds its key", () => {
    const tenancy = infer(`
      Team: name
      User: email, teamId->Team
      Content: body, doc Doc?
      Doc: teamId->Team, contentId->Content`);
    expect(scope(tenancy, "Content")).toBe("@doc>Doc");
  });

  it("keeps an own model that is merely called session", () => {
    const tenancy = infer(
      "Team: name\nUser: email, teamId->Team\nSession: token, expires, teamId->Team, userId->User\nDoc: teamId->Team",
    );
    expect(scope(tenancy, "Session")).toContain("teamId:tenant");
  });

  it("does not take keys of foreign systems for tenant keys", () => {
    const tenancy = infer("Org: name\nUser: email, orgId->Org\nDoc: orgId->Org\nLink: externalOrgId, slackUserId");
    expect(scope(tenancy, "Link")).toBe("global");
  });

  it("sees the tenant in a compound key to a sibling", () => {
    const text = `model Org { id String @id }
model User { id String @id
 email String
 orgId String
 org Org @relation(fields: [orgId], references: [id]) }
model Set { id String
 orgId String
 org Org @relation(fields: [orgId], references: [id])
 @@id([id, orgId]) }
model Item { id String @id
 setId String
 orgId String
 set Set @relation(fields: [setId, orgId], references: [id, orgId]) }`;
    const tenancy = inferTenancy(readPrismaModels([{ path: "s.prisma", text }]), NONE);
    expect(scope(tenancy, "Item")).toBe("orgId:tenant");
  });

  it("obeys the manifest", () => {
    const tenancy = infer("Doc: mandant\nPlan: mandant", { keys: ["mandant"], ownerKeys: [], global: ["Plan"] });
    expect(scope(tenancy, "Doc")).toBe("mandant:tenant");
    expect(scopingOf(tenancy, "Plan")).toMatchObject({ kind: "global", why: "declared as shared" });
    expect(tenancy.inferred).toBe(false);
  });

  it("learns from the project's own accesses where no model is declared", () => {
    const tenancy = inferTenancy([], NONE, [
      { model: "notes", column: "org_id", count: 4 },
      { model: "notes", column: "title", count: 9 },
    ]);
    expect(scope(tenancy, "notes")).toBe("org_id:tenant");
  });

  it("gives the table of a model the model's scoping", async () => {
    const { models } = await readSqlSchema([{ path: "m/1.sql", text: "create table docs (id int, org_id int)" }]);
    const declared = readPrismaModels([
      { path: "s.prisma", text: 'model Doc {\n id Int @id\n orgId Int @map("org_id")\n @@map("docs")\n}' },
    ]);
    const tenancy = inferTenancy([...models, ...declared], NONE);
    expect(scope(tenancy, "Doc")).toBe("orgId:tenant");
    expect(scope(tenancy, "docs")).toBe("orgId:tenant");
  });

  it("normalises keys", () => {
    expect(["teamID", "team_id", "teamUid", "team_uuid", "createdById", "created_by"].map(normalizeKey)).toEqual([
      "teamid",
      "teamid",
      "teamid",
      "teamid",
      "createdby",
      "createdby",
    ]);
  });

  it("never throws", () => {
    const name = fc.constantFrom("User", "Team", "Org", "A", "B", "TeamMember", "constructor", "__proto__");
    const model = fc.tuple(name, fc.array(fc.tuple(fc.constantFrom("id", "userId", "a_id", "orgId", "by"), name)));
    fc.assert(
      fc.property(fc.array(model), (models) => {
        inferTenancy(
          models.map(([own, columns]) => ({
            name: own,
            table: own,
            layer: "x",
            columns: columns.map(([column, references]) => ({
              name: column,
              dbName: column,
              type: "",
              optional: false,
              unique: false,
              primary: false,
              references,
            })),
            relations: columns.map(([column, references]) => ({
              name: column,
              model: references,
              many: column === "by",
              columns: [],
            })),
            uniques: [],
            place: { file: "", start: 0, end: 0 },
          })),
          NONE,
        );
      }),
    );
  });
});

describe("a tenant that no name gives away", () => {
  it("is what users are members of, where nothing else looks like one", () => {
    const tenancy = infer(`
      User: email
      Greenhouse: slug
      GreenhouseMember: greenhouseId->Greenhouse, userId->User, role, @@unique([greenhouseId+userId])
      Bed: greenhouseId->Greenhouse, title
      Watering: bedId->Bed, amount
    `);
    expect(tenancy.root).toBe("Greenhouse");
    expect(scope(tenancy, "Bed")).toBe("greenhouseId:tenant");
    expect(scope(tenancy, "Watering")).toBe("bedId>Bed");
  });

  it("is not what users only like or follow, nor what one of them owns", () => {
    const liked = infer(`
      User: email
      Recipe: title, authorId->User
      RecipeLike: recipeId->Recipe, userId->User, @@unique([recipeId+userId])
      Step: recipeId->Recipe, text
    `);
    expect(liked.root).toBe("");
  });

  it("gives way to one that is named", () => {
    const tenancy = infer(`
      User: email
      Organization: name
      OrganizationMember: organizationId->Organization, userId->User, role, @@unique([organizationId+userId])
      Board: organizationId->Organization, title
      BoardMember: boardId->Board, userId->User, role, @@unique([boardId+userId])
      Card: boardId->Board, text
    `);
    expect(tenancy.root).toBe("Organization");
  });
});
