import { describe, expect, it } from "vitest";
import { source } from "../../../src/program/values/origin.js";
import { callsIn, link, print } from "./printed-calls.js";

const SCHEMA = `
model Org { id String @id
  projects Project[]
  members Member[] }
model User { id String @id
  email String @unique
  memberships Member[] }
model Member { userId String
  orgId String
  role String
  user User @relation(fields: [userId], references: [id])
  org Org @relation(fields: [orgId], references: [id])
  @@id([userId, orgId])
  @@unique([orgId, role], name: "seat") }
model Project { id String @id
  name String
  orgId String
  ownerId String?
  org Org @relation(fields: [orgId], references: [id])
  owner User? @relation(fields: [ownerId], references: [id])
  tasks Task[] }
model Task { id String @id
  projectId String
  project Project @relation(fields: [projectId], references: [id]) }
`;
const REQUEST = source("request", "", { dialect: "express" });
const CLIENT = 'import { PrismaClient, Prisma } from "@prisma/client";\nexport const prisma = new PrismaClient();\n';

function calls(body: string): string[] {
  return callsIn(link({ "src/app.ts": CLIENT + body }, SCHEMA)).map(print);
}

/** One call of `project.findMany` with a `where`, and what stands before it. */
function where(filter: string, before = ""): string {
  const [only] = calls(
    `export async function f(user, input, q) { ${before}\n return prisma.project.findMany({ where: ${filter} }); }`,
  );
  return only?.replace("read Project: ", "") ?? "no call";
}

describe("prisma filters", () => {
  it("reads literals, relations, compound keys and operators", () => {
    expect(where("{ id: input.id, orgId: user.orgId }")).toBe("id = input.id & orgId = user.orgId");
    expect(where("{ org: { members: { some: { userId: user.id } } } }")).toBe("org.members.some.userId = user.id");
    expect(where("{ org: { is: { id: user.orgId } } }")).toBe("org.id = user.orgId");
    expect(where("{ id: { in: [input.a, input.b] }, name: { contains: q, mode: 'insensitive' } }")).toBe(
      "id in input.a/input.b & name contains q",
    );
    expect(where("{ id: { not: input.id }, NOT: { orgId: user.orgId } }")).toBe(
      "negated:id not input.id & negated:orgId = user.orgId",
    );
    expect(calls("prisma.member.findUnique({ where: { userId_orgId: { userId: 1, orgId: 2 } } })")).toEqual([
      "read Member: userId = 1 & orgId = 2",
    ]);
    expect(calls("prisma.member.findUnique({ where: { seat: { orgId: 1, role: 2 } } })")).toEqual([
      "read Member: orgId = 1 & role = 2",
    ]);
  });

  it("keeps branches of OR apart and shows what the others say", () => {
    expect(where("{ OR: [{ orgId: user.orgId }, { id: input.id }] }")).toBe(
      "orgId = user.orgId & or:id = input.id || id = input.id & or:orgId = user.orgId",
    );
    expect(where("{ AND: [{ orgId: user.orgId }, { OR: [{ name: q }] }] }")).toBe("orgId = user.orgId & name = q");
    expect(where("{ AND: { orgId: user.orgId }, OR: [] }")).toBe("orgId = user.orgId");
  });

  it("reads each list once that is put together of itself", () => {
    const more = (key: string, what: string): string => `if (q) w.${key} = [...(w.${key} ?? []), ${what}];`;
    expect(where("w", `const w: any = { orgId: user.orgId }; ${more("OR", "{ name: q }")}`)).toBe(
      "orgId = user.orgId & optional:name = q?",
    );
    expect(
      where("w", `const w: any = {}; ${more("AND", "{ name: q }")} w.AND = [...(w.AND ?? []), { orgId: user.orgId }];`),
    ).toBe("optional:name = q? & orgId = user.orgId");
    // in as many ways as there are orders of eight lists
    const keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const lists = keys.map((key) => more("OR", `{ name: input.${key} }`)).join(" ");
    expect(where("w", `const w: any = { orgId: user.orgId }; ${lists}`)).toMatch(/^orgId = user\.orgId & /);
  });

  it("gives up on filters that are made of too much", () => {
    const tower = (levels: number): string =>
      Array.from({ length: levels }, (_, i) => {
        const below = i === 0 ? "{ orgId: user.orgId }" : `l${i - 1}`;
        return `const l${i} = { AND: [${Array.from({ length: 10 }, () => below).join(", ")}] };`;
      }).join(" ");
    expect(where("l2", tower(3))).not.toMatch(/\?$/);
    expect(where("l3", tower(4))).toMatch(/\?$/);
  });

  it("knows conditions that may be missing", () => {
    expect(where("{ id: input.id, ...(user.orgId && { orgId: user.orgId }) }")).toBe(
      "id = input.id & optional:orgId = user.orgId?",
    );
    expect(where("{ id: input.id, ...(q ? { orgId: user.orgId } : {}) }")).toBe(
      "id = input.id & optional:orgId = user.orgId?",
    );
    expect(where("{ id: input.id, ...(q ? { orgId: user.orgId } : { ownerId: user.id }) }")).toBe(
      "id = input.id & orgId = user.orgId || id = input.id & ownerId = user.id",
    );
    expect(where("q ? { orgId: user.orgId } : { id: input.id }")).toBe("orgId = user.orgId || id = input.id");
    expect(where("{ orgId: q ? user.orgId : undefined }")).toBe("orgId = user.orgId/undefined?");
    expect(where("{ org: q ? { id: user.orgId } : undefined }")).toBe("optional:org.id = user.orgId?");
    expect(where("{ AND: [q && { orgId: user.orgId }, ...(q ? [{ name: q }] : [])] }")).toBe(
      "optional:orgId = user.orgId? & optional:name = q?",
    );
  });

  it("sees values that may be undefined unless the function asks", () => {
    expect(where("{ orgId: user?.orgId }")).toBe("orgId = user.orgId?");
    expect(where("{ orgId: user?.orgId }", "if (!user) throw new Error();")).toBe("orgId = user.orgId");
    expect(where("{ orgId }", "const orgId = user?.orgId; if (!orgId) return null;")).toBe("orgId = user.orgId");
    expect(calls("export const g = (orgId?: string) => prisma.project.findMany({ where: { orgId } });")).toEqual([
      "read Project: orgId = orgId?",
    ]);
  });

  it("knows that later spreads win", () => {
    expect(where("{ orgId: user.orgId, ...{ orgId: 'x', name: q } }")).toBe("orgId = x & name = q");
    expect(where("{ orgId: user.orgId, ...(q && { orgId: q }) }")).toBe("orgId = user.orgId || orgId = q");
    expect(where("{ orgId: user.orgId, ...input.where }")).toBe("orgId = user.orgId & * * input.where & ?");
  });

  it("marks what a request body may override", () => {
    const files = {
      "src/app.ts": `${CLIENT}
        import express from "express";
        export function handler(req: express.Request) {
          return prisma.project.findMany({ where: { orgId: 1, ...req.body.where } });
        }`,
    };
    const linked = link(files, SCHEMA);
    const fn = linked.program.file("src/app.ts")?.fn(1);
    if (fn === undefined) throw new Error("no function");
    const frame = { fn, site: null, given: [[REQUEST]], self: null, lexical: null, depth: 1 };
    const [v] = fn.calls;
    const site = { fn, v: v ?? 0, frame };
    const call = linked.data.recognise(
      site,
      linked.queries.evaluate({ fn, v: fn.callee(site.v), frame }),
      linked.queries,
    );
    expect(call && print(call)).toBe("read Project: replaced:orgId = 1 & * * input:body.where");
  });

  it("follows where-builders, variables and later writes", () => {
    expect(
      calls(`
        const scoped = (u, id) => ({ id, orgId: u.orgId });
        export const g = (user, input) => prisma.project.findFirst({ where: scoped(user, input.id) });`),
    ).toEqual(["read Project: id = input.id & orgId = user.orgId"]);
    expect(where("w", "const w: any = { id: input.id }; w.orgId = user.orgId;")).toBe(
      "id = input.id & orgId = user.orgId",
    );
    expect(where("w", "const w: any = { id: input.id }; if (q) { w.orgId = user.orgId; }")).toBe(
      "id = input.id & optional:orgId = user.orgId?",
    );
    expect(where("w", "const w: any = { id: input.id }; if (q) w.orgId = user.orgId; else throw new Error();")).toBe(
      "id = input.id & orgId = user.orgId",
    );
    expect(
      where("{ AND: all }", "const all: any[] = [{ id: input.id }]; if (q) all.push({ orgId: user.orgId });"),
    ).toBe("id = input.id & optional:orgId = user.orgId?");
  });

  it("says when it cannot read", () => {
    expect(where("input")).toBe("* * input & ?");
    expect(calls("export const g = (args) => prisma.project.findMany(args);")).toEqual(["read Project: * * args & ?"]);
    expect(calls("export const g = () => prisma.project.findMany();")).toEqual(["read Project: -"]);
  });
});

describe("rows that stand for the caller", () => {
  const keyed = (filter: string, before = ""): boolean => {
    const { program, queries, data } = link(
      {
        "src/app.ts": `${CLIENT} import { createHash } from "node:crypto";
        export async function f(token, id) { ${before} return prisma.user.findFirst({ where: ${filter} }); }`,
      },
      SCHEMA,
    );
    const fn = program.file("src/app.ts")?.fn(1);
    if (fn === undefined) throw new Error("no function");
    const given = [[source("credential", "headers.authorization")], [source("input", "body.id")]];
    const frame = { fn, site: null, given, self: null, lexical: null, depth: 1 };
    const row = source("row", "", { site: { fn, v: fn.calls.at(-1) ?? 0, frame } });
    return data.keyedByCaller(row, queries);
  };

  it("are those selected by a credential, hashed or not", () => {
    expect(keyed("{ email: token }")).toBe(true);
    expect(keyed("{ email: hash }", "const hash = createHash('sha256').update(token).digest('hex');")).toBe(true);
    expect(keyed("{ id }")).toBe(false);
    expect(keyed("{ OR: [{ email: token }, { id }] }")).toBe(false);
    expect(keyed("{ NOT: { email: token } }")).toBe(false);
  });
});

describe("prisma clients", () => {
  it("knows transactions, extensions, injected services and raw shapes", () => {
    expect(
      calls(
        `export const g = (id) => prisma.$transaction(async (tx) => { await tx.task.delete({ where: { id } }); });`,
      ),
    ).toEqual(["delete Task: id = id"]);
    expect(
      calls("const x = prisma.$extends({}); export const g = (id) => x.task.deleteMany({ where: { id } });"),
    ).toEqual(["delete Task: id = id"]);
    expect(
      calls(`class Service extends PrismaClient {}
        class Users { constructor(private readonly db: Service) {} all(id) { return this.db.user.count({ where: { id } }); } }`),
    ).toEqual(["read User: id = id; counts"]);
    expect(calls("export const g = (tx: Prisma.TransactionClient) => tx.user.create({ data: { id: 1 } });")).toEqual([
      "create User: -; sets id = 1",
    ]);
    expect(calls("export const g = ({ ctx, input }) => ctx.db.user.findFirst({ where: { id: input.id } });")).toEqual([
      "read User: id = #0.input.id",
    ]);
    expect(calls("export const g = (s) => s.user.create('x'); s.nothing.findMany({});")).toEqual([]);
  });

  it("reads what is written and what is loaded along", () => {
    expect(
      calls(`export const g = (user, input) => prisma.project.create({ data: {
        name: input.name, org: { connect: { id: input.orgId } }, owner: { connect: { id: user.id } } }, include: { tasks: true } });`),
    ).toEqual(["create Project: -; sets name = input.name, orgId = input.orgId, ownerId = user.id; loads tasks"]);
    expect(
      calls(
        "export const g = (id, body) => prisma.project.update({ where: { id }, data: { ...body, name: { set: 'x' } } });",
      ),
    ).toEqual(["update Project: id = id; sets name = x; whole body"]);
  });
});
