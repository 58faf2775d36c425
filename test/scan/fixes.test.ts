/** Repairs taken from siblings: each one is made, and what was found is gone, with no other fault of guards in its place. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "sarif";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Finding, Fix } from "../../src/model/finding.js";
import { lineStartsOf } from "../../src/scan/snippets.js";
import { hasMultitool, multitoolMessages, schemaErrors } from "../report/sarif-validator.js";
import { authgap } from "../support/cli.js";
import { removeFolder, scanFolder, temporaryFolder, writeFiles } from "../support/run-scan.js";

const DB = 'import { PrismaClient } from "@prisma/client";\nexport const db = new PrismaClient();\n';
const EXPRESS_GUARD = `export function requireUser(req, res, next) {
  if (!req.session?.user) return res.status(401).end();
  next();
}
`;
const WITH_AUTH = `import { getServerSession } from "next-auth";
type Handler = (request: Request) => Promise<Response>;
export const withAuth = (handler: Handler): Handler => async (request) => {
  const session = await getServerSession();
  if (session === null) return new Response("", { status: 401 });
  return handler(request);
};
`;
const NOTES_ROUTE = `import { withAuth } from "../../../lib/with-auth";
import { db } from "../../../lib/db";

export const GET = withAuth(async (request) => Response.json(await db.note.findMany()));
export const PUT = withAuth(async (request) => Response.json(await db.note.update({ data: await request.json() })));
`;
const TRPC = `import { initTRPC, TRPCError } from "@trpc/server";
const t = initTRPC.context<{ user: { id: string } | null }>().create();
export const router = t.router;
export const procedure = t.procedure;
export const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (ctx.user === null) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { user: ctx.user } });
});
`;

interface Case {
  readonly files: Readonly<Record<string, string>>;
  /** rule and subject */
  readonly finding: readonly [string, string];
  readonly file: string;
  /** what the repaired file holds */
  readonly holds: readonly string[];
  readonly sure: boolean;
}

const CASES: Readonly<Record<string, Case>> = {
  "a middleware that the file does not know yet": {
    files: {
      "src/guards.ts": EXPRESS_GUARD,
      "src/db.ts": DB,
      "src/app.ts": `import express from "express";
import { notes } from "./routes/notes.js";
import { tags } from "./routes/tags.js";
const app = express();
app.use("/notes", notes);
app.use("/tags", tags);
`,
      "src/routes/notes.ts": `import { Router } from "express";
import { requireUser } from "../guards.js";
import { db } from "../db.js";
export const notes = Router();
notes.get("/", requireUser, async (req, res) => res.json(await db.note.findMany()));
notes.post("/", requireUser, async (req, res) => res.json(await db.note.create({ data: req.body })));
`,
      "src/routes/tags.ts": `import { Router } from "express";
import { db } from "../db.js";

export const tags = Router();
tags.post("/", async (req, res) => res.json(await db.tag.create({ data: req.body })));
`,
    },
    finding: ["AG101", "POST /tags"],
    file: "src/routes/tags.ts",
    holds: ['import { requireUser } from "../guards.js";', 'tags.post("/", requireUser, async'],
    sure: true,
  },
  "a hook among the options of a route": {
    files: {
      "src/db.ts": DB,
      "src/app.ts": `import Fastify from "fastify";
import { db } from "./db.js";
const app = Fastify();
async function requireUser(request, reply) {
  if (!request.session.user) return reply.code(401).send();
}
app.get("/notes", { preHandler: [requireUser] }, async () => db.note.findMany());
app.put("/notes", { preHandler: [requireUser] }, async (request) => db.note.update({ data: request.body }));
app.post("/notes", async (request) => db.note.create({ data: request.body }));
`,
    },
    finding: ["AG101", "POST /notes"],
    file: "src/app.ts",
    holds: ['app.post("/notes", { preHandler: [requireUser] }, async'],
    sure: true,
  },
  "a wrapper around a declared function": {
    files: {
      "src/lib/with-auth.ts": WITH_AUTH,
      "src/lib/db.ts": DB,
      "src/app/api/notes/route.ts": `${NOTES_ROUTE}export async function POST(request: Request) {
  return Response.json(await db.note.create({ data: await request.json() }));
}
`,
    },
    finding: ["AG101", "POST /api/notes"],
    file: "src/app/api/notes/route.ts",
    holds: ["export const POST = withAuth(async function POST(request: Request) {", "});\n"],
    sure: true,
  },
  "a wrapper that another file has": {
    files: {
      "src/lib/with-auth.ts": WITH_AUTH,
      "src/lib/db.ts": DB,
      "src/app/api/notes/route.ts": NOTES_ROUTE,
      "src/app/api/notes/tags/route.ts": `import { db } from "../../../../lib/db";

export const DELETE = async (request: Request) => {
  return Response.json(await db.tag.deleteMany());
};
`,
    },
    finding: ["AG101", "DELETE /api/notes/tags"],
    file: "src/app/api/notes/tags/route.ts",
    holds: [
      'import { withAuth } from "../../../../lib/with-auth";',
      "export const DELETE = withAuth(async (request: Request) => {",
      "});\n",
    ],
    sure: true,
  },
  "a decorator of another controller": {
    files: {
      "src/jwt.guard.ts": `import { CanActivate, ExecutionContext, Injectable } from "@nestjs/common";
@Injectable()
export class JwtGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    return context.switchToHttp().getRequest().session.user !== undefined;
  }
}
`,
      "src/notes.controller.ts": `import { Controller, Get, Post, UseGuards } from "@nestjs/common";
import { JwtGuard } from "./jwt.guard";
import { db } from "./db";
@Controller("notes")
export class NotesController {
  @Get()
  @UseGuards(JwtGuard)
  all() {
    return db.note.findMany();
  }
  @Post("import")
  @UseGuards(JwtGuard)
  load() {
    return db.note.deleteMany();
  }
}
`,
      "src/tags.controller.ts": `import { Controller, Post } from "@nestjs/common";
import { db } from "./db";
@Controller("tags")
export class TagsController {
  @Post()
  create() {
    return db.tag.create({ data: { name: "a" } });
  }
}
`,
      "src/db.ts": DB,
    },
    finding: ["AG101", "POST /tags"],
    file: "src/tags.controller.ts",
    holds: ["UseGuards", 'import { JwtGuard } from "./jwt.guard";', "  @UseGuards(JwtGuard)\n"],
    sure: true,
  },
  "a builder of procedures": {
    files: {
      "src/trpc.ts": TRPC,
      "src/db.ts": DB,
      "src/notes.ts": `import { procedure, protectedProcedure, router } from "./trpc";
import { db } from "./db";
export const notes = router({
  all: protectedProcedure.query(() => db.note.findMany()),
  add: protectedProcedure.mutation(() => db.note.create({ data: {} })),
  change: protectedProcedure.mutation(() => db.note.update({ data: {} })),
  remove: protectedProcedure.mutation(() => db.note.delete({ where: {} })),
  load: protectedProcedure.mutation(() => db.note.createMany({ data: [] })),
  sort: protectedProcedure.mutation(() => db.note.updateMany({ data: {} })),
  clear: procedure.mutation(() => db.note.deleteMany()),
});
`,
    },
    finding: ["AG101", "MUTATION clear"],
    file: "src/notes.ts",
    holds: ["clear: protectedProcedure.mutation"],
    sure: true,
  },
};

let folder = "";

beforeEach(() => {
  folder = temporaryFolder("fixes");
  writeFiles(folder, { "package.json": '{ "name": "service" }\n' });
});

afterEach(() => removeFolder(folder));

async function findings(): Promise<readonly Finding[]> {
  return (await scanFolder(folder)).result.findings;
}

function applied(text: string, { edits }: Pick<Fix, "edits">): string {
  const starts = lineStartsOf(text);
  const offset = (line: number, column: number): number => (starts[line - 1] ?? 0) + column - 1;
  return edits.reduceRight(
    (now, { region, insert }) =>
      now.slice(0, offset(region.startLine, region.startColumn)) +
      insert +
      now.slice(offset(region.endLine, region.endColumn)),
    text,
  );
}

describe("the guard of the siblings", () => {
  test.each(Object.entries(CASES))("%s", async (_, { files, finding: [rule, subject], file, holds, sure }) => {
    writeFiles(folder, files);
    const before = await findings();
    const found = before.find((one) => one.rule.code === rule && one.subject === subject);
    expect(before.map((one) => `${one.rule.code} ${one.subject}`)).toContain(`${rule} ${subject}`);
    const fix = found?.fix;
    expect(fix?.file).toBe(file);
    expect(fix?.sure).toBe(sure);
    if (fix === undefined) return;
    const text = applied(readFileSync(join(folder, file), "utf8"), fix);
    for (const piece of holds) expect(text).toContain(piece);
    writeFiles(folder, { [file]: text });
    // a guarded entry may still lack a decision, which nobody asked about before
    const left = (await findings()).filter((one) => one.rule.code.startsWith("AG1"));
    expect(left.filter((one) => one.subject === subject)).toEqual([]);
    expect(left.length).toBeLessThan(before.filter((one) => one.rule.code.startsWith("AG1")).length);
  });

  test("is not offered where siblings show nothing, nor surely where they disagree", async () => {
    const app = (guard: string): string => `import express from "express";
import { requireUser, requireToken } from "./guards.js";
import { db } from "./db.js";
const app = express();
app.get("/notes", ${guard}async (req, res) => res.json(await db.note.findMany()));
app.put("/notes", ${guard === "" ? "" : "requireToken, "}async (req, res) => res.json(await db.note.update({ data: req.body })));
app.post("/notes", async (req, res) => res.json(await db.note.create({ data: req.body })));
`;
    const guards = EXPRESS_GUARD + EXPRESS_GUARD.replace("requireUser", "requireToken");
    writeFiles(folder, { "src/guards.ts": guards, "src/db.ts": DB, "src/app.ts": app("") });
    expect((await findings()).map((one) => one.fix)).not.toContainEqual(expect.anything());
    writeFiles(folder, { "src/app.ts": app("requireUser, ") });
    const fixes = (await findings()).flatMap((one) => one.fix ?? []);
    expect(fixes.map(({ sure }) => sure)).not.toContain(true);
    expect(fixes.length).toBeGreaterThan(0);
  });
});

describe("fixes in SARIF", () => {
  test("are those that are sure, valid, and bring no message of the validator", async () => {
    const { files, file } = CASES["a decorator of another controller"] ?? { files: {}, file: "" };
    writeFiles(folder, files);
    const { stdout } = authgap(["scan", "--no-cache", "--format", "sarif", "--profile", "audit"], folder);
    const log: Log = JSON.parse(stdout);
    const fixes = (log.runs[0]?.results ?? []).flatMap((result) => result.fixes ?? []);
    expect(fixes.length).toBeGreaterThan(0);
    const lines = readFileSync(join(folder, file), "utf8").split("\n");
    for (const { description, artifactChanges } of fixes) {
      expect(description?.text).toMatch(/\.$/);
      for (const { artifactLocation, replacements } of artifactChanges) {
        expect(artifactLocation).toEqual({ uri: file, uriBaseId: "%SRCROOT%" });
        for (const { deletedRegion, insertedContent } of replacements) {
          const line = lines[(deletedRegion.startLine ?? 0) - 1] ?? "";
          // viewers clamp what begins before the first word of a line
          expect(deletedRegion.startColumn).toBeGreaterThan(line.length - line.trimStart().length);
          expect(insertedContent?.text).toBeDefined();
        }
      }
    }
    expect(schemaErrors(stdout)).toEqual([]);
    // a folder without a repository has no provenance to tell of
    const messages = hasMultitool ? multitoolMessages(stdout) : [];
    expect(messages.filter((message) => !message.startsWith("SARIF2003"))).toEqual([]);
  }, 120_000);
});
