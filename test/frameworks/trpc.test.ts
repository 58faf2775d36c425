import { describe, expect, test } from "vitest";
import { NO_DATA } from "../../src/frameworks/data/recogniser.js";
import { createKnowledge } from "../../src/frameworks/knowledge/knowledge.js";
import type { RawEntry } from "../../src/frameworks/routing.js";
import { trpcAdapter } from "../../src/frameworks/trpc/adapter.js";
import { programFrom } from "../support/program-from.js";

type Files = Readonly<Record<string, string>>;

const TRPC = `
  import { initTRPC, TRPCError } from "@trpc/server";
  const t = initTRPC.context().meta().create();
  export const { router, mergeRouters, middleware } = t;
  export const createTRPCRouter = t.router;
  export const publicProcedure = t.procedure;
  const isSignedIn = middleware(({ ctx, next }) => {
    if (!ctx.session) throw new TRPCError({ code: "UNAUTHORIZED" });
    return next({ ctx: { session: ctx.session } });
  });
  export const protectedProcedure = t.procedure.use(isSignedIn);
`;

function collect(files: Files): { readonly entries: readonly RawEntry[]; at(entry: RawEntry): string } {
  const made = programFrom({ "src/trpc.ts": TRPC, ...files }, { knowledge: createKnowledge(NO_DATA, []) });
  return { entries: trpcAdapter.collect({ ...made, entries: [] }).entries, at: (entry) => made.at(entry.place) };
}

/** `QUERY a.b [step, step]`, sorted. */
function routes(files: Files): readonly string[] {
  return collect(files)
    .entries.map(({ method, path, steps }) => {
      const names = steps.map((step) => (step.condition === "" ? step.name : `${step.name}?`)).join(", ");
      return `${method} ${path}${names === "" ? "" : ` [${names}]`}`;
    })
    .sort();
}

/** Routes of one file that has everything imported. */
function router(body: string): readonly string[] {
  return routes({
    "src/app.ts": `import { lazy } from "@trpc/server";
      import { router, mergeRouters, middleware, createTRPCRouter, publicProcedure, protectedProcedure } from "./trpc";
      ${body}`,
  });
}

describe("routers", () => {
  test("nesting by routers and by plain objects", () => {
    expect(
      router(`export const app = router({
        ping: publicProcedure.query(() => 1),
        notes: router({ add: protectedProcedure.input(z).mutation(() => 1) }),
        member: { watch: publicProcedure.subscription(async function* () {}) },
        ["a" + "b"]: publicProcedure.query(() => 1),
      });`),
    ).toEqual(["MUTATION notes.add [isSignedIn]", "QUERY ab", "QUERY ping", "SUBSCRIPTION member.watch"]);
  });

  test("across files, merged, spread, made by a helper", () => {
    expect(
      routes({
        "src/things.ts": `import { router, publicProcedure } from "./trpc";
          export const things = router({ list: publicProcedure.query(() => 1) });
          export const shared = { health: publicProcedure.query(() => 1) };
          export const old = router({ legacy: publicProcedure.query(() => 1) });`,
        "src/make.ts": `import { createTRPCRouter } from "./trpc"; export const make = (routes) => createTRPCRouter(routes);`,
        "src/app.ts": `import { mergeRouters, router, publicProcedure } from "./trpc";
          import { make } from "./make";
          import { old, shared, things } from "./things";
          const made = make({ x: publicProcedure.query(() => 1) });
          export const app = mergeRouters(router({ things, made, ...shared, ...old._def.procedures }), things);`,
      }),
    ).toEqual(["QUERY health", "QUERY legacy", "QUERY list", "QUERY made.x", "QUERY things.list"]);
  });

  test("lazy loading", () => {
    expect(
      routes({
        "src/users.ts": `import { router, publicProcedure } from "./trpc";
          export const users = router({ list: publicProcedure.query(() => 1) });`,
        "src/app.ts": `import { lazy } from "@trpc/server"; import { router } from "./trpc";
          export const app = router({
            a: lazy(() => import("./users").then((module) => module.users)),
            b: lazy(() => import("./users")),
            c: lazy(async () => (await import("./users")).users),
          });`,
      }),
    ).toEqual(["QUERY a.list", "QUERY b.list", "QUERY c.list"]);
  });

  test("routers that hold themselves or each other come to an end", () => {
    const chain = Array.from({ length: 30 }, (_, i) => `const r${i + 1} = router({ a: r${i}, b: r${i} });`).join("\n");
    const made = router(`const self = router({ again: self, both: self, ping: publicProcedure.query(() => 1) });
      const r0 = router({ x: publicProcedure.query(() => 1) });
      ${chain}
      export const app = router({ self });`);
    expect(made).toContain("QUERY self.ping");
  });

  test("a second root lists only what the first does not have", () => {
    expect(
      router(`const users = router({ list: publicProcedure.query(() => 1), one: publicProcedure.query(() => 1) });
        const extra = router({ more: publicProcedure.query(() => 1) });
        export const app = router({ users, ping: publicProcedure.query(() => 1) });
        export const rest = router({ userRouter: users, extra });`),
    ).toEqual(["QUERY extra.more", "QUERY ping", "QUERY users.list", "QUERY users.one"]);
  });
});

describe("builders", () => {
  test("steps keep their order and their names", () => {
    expect(
      router(`const admin = protectedProcedure.use(middleware(({ next }) => next())).input(z).use(log);
        function log({ next }) { return next(); }
        export const app = router({ purge: admin.mutation(() => 1), inline: publicProcedure.use(({ next }) => next()).query(() => 1) });`),
    ).toEqual(["MUTATION purge [isSignedIn, middleware, log]", "QUERY inline [use]"]);
  });

  test("an inline step takes the name of the builder that it makes", () => {
    expect(
      router(`const teamProcedure = protectedProcedure.use(({ next }) => next());
        export const app = router({ a: teamProcedure.query(() => 1) });`),
    ).toEqual(["QUERY a [isSignedIn, teamProcedure]"]);
  });

  test("piped middleware and concatenated builders", () => {
    expect(
      router(`const first = middleware(({ next }) => next());
        const second = first.unstable_pipe(({ next }) => next());
        const loader = publicProcedure.use(load);
        function load({ next }) { return next(); }
        export const app = router({
          a: publicProcedure.use(second).query(() => 1),
          b: protectedProcedure.concat(loader).query(() => 1),
        });`),
    ).toEqual(["QUERY a [second, second]", "QUERY b [isSignedIn, load]"]);
  });

  test("factories of builders", () => {
    const { entries } = collect({
      "src/app.ts": `import { router, protectedProcedure } from "./trpc";
        const withRole = (role) => protectedProcedure.use(({ ctx, next }) => { if (ctx.role !== role) throw new Error(); return next(); });
        const need = { permission: (name) => protectedProcedure.use(({ next }) => next()) };
        export const app = router({ a: withRole("admin").query(() => 1), b: need.permission("x").input(z).mutation(() => 1) });`,
    });
    expect(entries.map((entry) => entry.steps.map((step) => step.name))).toEqual([
      ["isSignedIn", "withRole"],
      ["isSignedIn", "permission"],
    ]);
    expect(entries.every((entry) => entry.steps.every((step) => step.origin.kind === "function"))).toBe(true);
  });

  test("a builder chosen by configuration has a conditional step", () => {
    expect(
      router(`const guard = middleware(({ next }) => next());
        const base = process.env.X ? publicProcedure.use(guard) : publicProcedure;
        export const app = router({ a: base.query(() => 1) });`),
    ).toEqual(["QUERY a [guard?]"]);
  });

  test("handler and place", () => {
    const { entries, at } = collect({
      "src/app.ts": `import { router, publicProcedure } from "./trpc";
        async function list({ ctx }) {}
        export const app = router({
          list: publicProcedure.query(list),
          add: publicProcedure
            .input(z)
            .mutation(({ input }) => input),
        });`,
    });
    expect(entries.map((entry) => `${entry.handler.kind} ${at(entry)} ${entry.group}`)).toEqual([
      "function src/app.ts:2 src/app.ts",
      "function src/app.ts:7 src/app.ts",
    ]);
  });

  test("a base that is not found leaves the entry undecided", () => {
    const { entries } = collect({
      "src/app.ts": `import { createTRPCRouter, publicProcedure } from "./gone";
        export const app = createTRPCRouter({ a: publicProcedure.input(z).query(() => 1), b: 5 });`,
    });
    expect(entries.map((entry) => [entry.method, entry.path, entry.incomplete])).toEqual([
      ["QUERY", "a", "procedure base not resolved"],
    ]);
  });

  test("what only looks like a procedure is none", () => {
    expect(
      router(`const db = makeDb(); export const x = router({ a: db.query("select 1") }); other({ b: db.query("x") });`),
    ).toEqual([]);
  });
});

describe("REST paths", () => {
  test("metadata gives a second entry", () => {
    const { entries } = collect({
      "src/app.ts": `import { router, protectedProcedure } from "./trpc";
        const meta = { openapi: { method: "PATCH", path: "/apps/{id}/x" } };
        export const app = router({
          get: protectedProcedure.meta({ openapi: { method: "get", path: "apps" } }).query(() => 1),
          update: protectedProcedure.meta(meta).mutation(() => 1),
          off: protectedProcedure.meta({ openapi: { enabled: false, method: "GET", path: "/off" } }).query(() => 1),
        });`,
    });
    expect(entries.filter((e) => e.transport === "http").map((e) => `${e.method} ${e.path}`)).toEqual([
      "GET /apps",
      "PATCH /apps/:id/x",
    ]);
    expect(entries.filter((e) => e.transport === "rpc")).toHaveLength(3);
    expect(entries.every((e) => e.steps.length === 1)).toBe(true);
  });
});
