import { describe, expect, test } from "vitest";
import { expressAdapter } from "../../src/frameworks/express/adapter.js";
import type { AdapterOutput } from "../../src/frameworks/routing.js";
import { programFrom } from "../support/program-from.js";

interface Seen extends AdapterOutput {
  /** `GET /x | step, step | handler` */
  readonly routes: readonly string[];
  at(place: { readonly file: string; readonly start: number }): string;
}

function collect(source: string | Readonly<Record<string, string>>): Seen {
  const files = typeof source === "string" ? { "src/app.ts": source } : source;
  const { program, queries, index, at } = programFrom(files);
  const output = expressAdapter.collect({ program, queries, index, entries: [] });
  const routes = output.entries.map((entry) => {
    const steps = entry.steps.map((step) => (step.condition === "" ? step.name : `${step.name} if ${step.condition}`));
    return `${entry.method} ${entry.path} | ${steps.join(", ")} | ${entry.handlerName}`;
  });
  return { ...output, routes, at };
}

const HEAD = `
import express, { Router } from "express";
const app = express();
function guard(req, res, next) { if (!req.user) return res.sendStatus(401); next(); }
function other(req, res, next) { next(); }
function h(req, res) { res.json({}); }
`;

function routesOf(body: string): readonly string[] {
  return collect(HEAD + body).routes;
}

describe("applications and routers", () => {
  test("every way of making one", () => {
    const made = collect({
      "src/app.ts": `
        import express from "express";
        import * as all from "express";
        import PromiseRouter from "express-promise-router";
        import Other from "router";
        const { Router } = require("express");
        const h = (req, res) => {};
        const app = express(); app.get("/a", h);
        const b = all.Router(); b.get("/b", h); app.use(b);
        const c = Router(); c.get("/c", h); app.use(c);
        const d = PromiseRouter(); d.get("/d", h); app.use(d);
        const e = new Other(); e.get("/e", h); app.use(e);
        const f = new express.Router(); f.get("/f", h); app.use(f);
      `,
    });
    expect(made.entries.map((e) => e.path)).toEqual(["/a", "/b", "/c", "/d", "/e", "/f"]);
    expect(made.entries.every((e) => e.incomplete === "")).toBe(true);
  });

  test("through barrels, factories and fields", () => {
    const { routes } = collect({
      "src/index.ts": `
        import express from "express";
        import { users, makeOrders } from "./routes";
        import Pets from "./pets";
        const app = express();
        app.use("/users", users);
        app.use("/orders", makeOrders());
        app.use("/pets", new Pets().router);
        app.use("/late", require("./late"));
        (async () => { app.use("/later", (await import("./later")).default); })();
      `,
      "src/routes/index.ts": `export { default as users } from "./users"; export * from "./orders";`,
      "src/routes/users.ts": `import { Router } from "express"; const r = Router(); r.get("/:id", show); export default r; function show(req, res) {}`,
      "src/routes/orders.ts": `import { Router } from "express"; export const makeOrders = () => { const r = Router(); r.get("/", list); return r; }; function list(req, res) {}`,
      "src/pets.ts": `
        import { Router } from "express";
        export default class Pets {
          router = Router();
          constructor() { this.init(); }
          init() { this.router.get("/", this.list.bind(this)); }
          list(req, res) {}
        }`,
      "src/late.js": `const { Router } = require("express"); const r = Router(); r.get("/", late); module.exports = r; function late(req, res) {}`,
      "src/later.ts": `import { Router } from "express"; const r = Router(); r.get("/", later); export default r; function later(req, res) {}`,
    });
    expect([...routes].sort()).toEqual([
      "GET /late |  | late",
      "GET /later |  | later",
      "GET /orders |  | list",
      "GET /pets |  | this.list.bind",
      "GET /users/:id |  | show",
    ]);
  });

  test("a router that nobody mounts is shown and marked", () => {
    const { entries } = collect(`import { Router } from "express"; const r = Router(); r.get("/x", (req, res) => {});`);
    expect(entries).toHaveLength(1);
    expect(entries[0].incomplete).toBe("router is not mounted in sight");
    expect(entries[0].group).toBe("src/app.ts#r");
  });
});

describe("entries", () => {
  test("verbs, all, and a setting that is none", () => {
    expect(
      routesOf(`app.get("env"); app.get("/a", h); app.post("/a", h); app.delete("/a", h); app.all("/b", h);`),
    ).toEqual(["GET /a |  | h", "POST /a |  | h", "DELETE /a |  | h", "ALL /b |  | h"]);
  });

  test("paths as lists, expressions, parameters and catch-alls", () => {
    const found = routesOf(`
      app.get(["/a", "/b"], h); app.get(/^\\/c\\/d$/, h); app.get("/u/:id(\\\\d+)", h);
      app.get("/v/:id?", h); app.get("/w/*rest", h); app.get("/x{/*rest}", h); app.get("*", h);`);
    expect(found.map((r) => r.split(" ")[1])).toEqual([
      "/a",
      "/b",
      "/c/d",
      "/u/:id",
      "/v/:id",
      "/w/*rest",
      "/x/*rest",
      "/*",
    ]);
  });

  test("route() with several verbs; all() on it guards the later ones", () => {
    expect(routesOf(`app.route("/x").get(h).all(guard).post(other, h); const r = app.route("/y"); r.get(h);`)).toEqual([
      "GET /x |  | h",
      "POST /x | guard, other | h",
      "GET /y |  | h",
    ]);
  });

  test("handlers nested in arrays, spread, alternatives", () => {
    expect(
      routesOf(`const both = [guard, [other]];
        app.get("/a", both, h); app.get("/b", [guard, [[other]]], ...[other], h); app.get("/c", ...both, h);
        app.get("/d", process.env.X ? guard : other, h);`),
    ).toEqual([
      "GET /a | guard, other | h",
      "GET /b | guard, other, other | h",
      "GET /c | guard, other | h",
      "GET /d | guard if process.env.X, other if not process.env.X | h",
    ]);
  });

  test("places: the handler's own line, or the registration", () => {
    const { entries, at } = collect(`${HEAD}app.get("/a", h);\napp.get("/b",\n  (req, res) => {});`);
    expect(entries.map((e) => [at(e.place), at(e.registration)])).toEqual([
      ["src/app.ts:6", "src/app.ts:7"],
      ["src/app.ts:8", "src/app.ts:8"],
    ]);
  });

  test("wrappers of packages and of the project keep the function inside", () => {
    const { entries, at } = collect(`import express from "express"; import asyncHandler from "express-async-handler";
      const app = express();
      const wrap = (fn) => (req, res, next) => Promise.resolve(fn(req, res, next)).catch(next);
      async function one(req, res) {}
      app.get("/a", asyncHandler(one));
      app.get("/b", wrap(one));
      app.get("/c", (req, res, next) => one(req, res));`);
    expect(entries.map((e) => e.handler.kind)).toEqual(["function", "function", "function"]);
    expect(entries.map((e) => at(e.place))).toEqual(["src/app.ts:4", "src/app.ts:4", "src/app.ts:7"]);
  });

  test("a handler that cannot be read is an entry and an unknown", () => {
    const { routes, unknowns } = collect(`${HEAD}import { gone } from "./gone"; app.get("/a", guard, gone);`);
    expect(routes).toEqual(["GET /a | guard | gone"]);
    expect(unknowns).toEqual([]);
    expect(collect(`${HEAD}import { gone } from "./gone"; app.get("/a", gone);`).unknowns).toHaveLength(1);
  });
});

describe("set-ups", () => {
  test("order decides", () => {
    const { routes, entries } = collect(`${HEAD}app.get("/a", h); app.use(guard); app.get("/b", h);`);
    expect(routes).toEqual(["GET /a |  | h", "GET /b | guard | h"]);
    expect(entries[0].nearMisses.map((m) => [m.why, m.step.name])).toEqual([["registered-later", "guard"]]);
    expect(entries[1].nearMisses).toEqual([]);
  });

  test("prefixes go by segments and ignore case", () => {
    const { routes, entries } = collect(
      `${HEAD}app.use("/admin", guard); app.get("/admin", h); app.get("/ADMIN/x", h); app.get("/administrator", h);`,
    );
    expect(routes).toEqual(["GET /admin | guard | h", "GET /ADMIN/x | guard | h", "GET /administrator |  | h"]);
    expect(entries[2].nearMisses.map((m) => m.why)).toEqual(["path-not-covered"]);
  });

  test("parameters, catch-alls, lists and expressions as prefixes", () => {
    expect(
      routesOf(`app.use("/:tenant/x", guard); app.use("/api/*splat", other); app.use(["/p", "/q"], guard); app.use(/^\\/re\\//, other);
        app.get("/t/x/y", h); app.get("/api/z", h); app.get("/q/1", h); app.get("/re/1", h); app.get("/none", h);`),
    ).toEqual([
      "GET /t/x/y | guard | h",
      "GET /api/z | other | h",
      "GET /q/1 | guard | h",
      "GET /re/1 | other | h",
      "GET /none |  | h",
    ]);
  });

  test("all() is exact", () => {
    const { routes, entries } = collect(
      `${HEAD}app.all("/admin", guard); app.get("/admin", h); app.get("/admin/x", h);`,
    );
    expect(routes).toEqual(["GET /admin | guard | h", "GET /admin/x |  | h"]);
    expect(entries[1].nearMisses.map((m) => m.why)).toEqual(["path-not-covered"]);
    expect(routesOf(`app.all("/api/*", guard); app.get("/api/x", h);`)).toEqual(["GET /api/x | guard | h"]);
  });

  test("mounts: the parent's earlier set-ups hold for all of the child", () => {
    expect(
      routesOf(`const r = Router(); app.use(guard); app.use("/v1", other, r); app.use(guard); r.get("/a", h);`),
    ).toEqual(["GET /v1/a | guard, other | h"]);
  });

  test("sub-applications and nested routers", () => {
    expect(
      routesOf(
        `const admin = express(); const r = Router(); admin.use(guard); admin.use("/u", r); r.get("/:id", h); app.use("/admin", admin);`,
      ),
    ).toEqual(["GET /admin/u/:id | guard | h"]);
  });

  test("what a router mounted at the root sets up reaches its later neighbours", () => {
    expect(
      routesOf(
        `const a = Router(); a.use(guard); a.get("/a", h); const b = Router(); b.get("/b", h); app.use(b); app.use(a); app.use("/c", b);`,
      ),
    ).toEqual(["GET /b |  | h", "GET /a | guard | h", "GET /c/b | guard | h"]);
  });

  test("param callbacks run for routes of the same router that have the parameter", () => {
    expect(
      routesOf(
        `const r = Router(); r.param("id", guard); r.get("/:id", h); r.get("/", h); app.use("/x", r); app.get("/y/:id", h);`,
      ),
    ).toEqual(["GET /x/:id | guard | h", "GET /x |  | h", "GET /y/:id |  | h"]);
  });

  test("four parameters make an error handler", () => {
    const { routes, faults } = collect(`${HEAD}
      app.use(function auth(req, res, next, role) { if (!req.user) return res.sendStatus(401); next(); });
      app.get("/a", h);
      app.use((err, req, res, next) => { res.status(401).end(); });`);
    expect(routes).toEqual(["GET /a |  | h"]);
    expect(faults.map((f) => [f.kind, f.name])).toEqual([["error-handler-arity", "auth"]]);
  });

  test("a set-up under a test is conditional, unless the route hangs on the same test", () => {
    expect(routesOf(`if (process.env.AUTH) { app.use(guard); app.get("/in", h); } app.get("/out", h);`)).toEqual([
      "GET /in | guard | h",
      "GET /out | guard if process.env.AUTH | h",
    ]);
  });

  test("values of packages keep their name and origin; static files are no entries", () => {
    const { routes, entries } = collect(`import express from "express"; import passport from "passport";
      const app = express(); app.use(express.static("public")); app.use(passport.initialize());
      app.get("/a", passport.authenticate("jwt", { session: false }), (req, res) => {});`);
    expect(routes).toEqual(["GET /a | express.static, passport.initialize, passport.authenticate | (anonymous)"]);
    const origin = entries[0].steps[2].origin;
    expect(origin.kind === "package" && `${origin.module}:${origin.path}`).toBe("passport:authenticate()");
  });

  test("what ends the request is no set-up; with a path it is an entry", () => {
    expect(routesOf(`app.use("/hook", (req, res) => {}); app.use((req, res) => res.status(404).end());`)).toEqual([
      "ALL /hook |  | (anonymous)",
    ]);
  });
});

describe("registrations elsewhere", () => {
  test("functions that take the application register where they are called", () => {
    const { routes } = collect({
      "src/app.ts": `${HEAD}import register from "./routes"; import { secure } from "./secure";
        app.get("/before", h); secure(app); register({ app });`,
      "src/secure.ts": `import type { Express } from "express"; import { apply } from "./apply"; export function secure(server: Express) { apply(server); }`,
      "src/apply.ts": `export const apply = (x) => { x.use(function auth(req, res, next) { next(); }); };`,
      "src/routes.ts": `export default ({ app }) => { app.get("/after", (req, res) => {}); };`,
    });
    expect(routes).toEqual(["GET /before |  | h", "GET /after | auth | (anonymous)"]);
  });

  test("without a caller they are a root of their own", () => {
    const { entries } = collect(
      `import type { Application } from "express"; export function routes(app: Application) { app.get("/x", (req, res) => {}); }`,
    );
    expect(entries.map((e) => [e.path, e.incomplete])).toEqual([["/x", "router is not mounted in sight"]]);
  });

  test("classes that build the application", () => {
    expect(
      collect(`import express, { Application, Router } from "express";
        class Users { public router = Router(); public path = "/users";
          constructor() { this.router.get(this.path + "/:id", this.show); } show = (req, res) => {}; }
        class App { public app: Application;
          constructor(routes) { this.app = express(); this.middleware(); this.routes(routes); }
          private middleware() { this.app.use(function auth(req, res, next) { next(); }); }
          private routes(routes) { routes.forEach((route) => { this.app.use("/", route.router); }); } }
        new App([new Users()]);`).routes,
    ).toEqual(["GET /users/:id | auth | this.show"]);
  });

  test("a helper that is given method, path and handler", () => {
    const { routes, entries, at } = collect(`${HEAD}
      function add(server, method, path, fn) { if (method === "get") server.get(path, fn); else server.post(path, fn); }
      add(app, "get", "/a", h);
      add(app, "post", "/b", h);`);
    expect(routes).toEqual(["GET /a |  | h", "POST /b |  | h"]);
    expect(entries.map((e) => at(e.registration))).toEqual(["src/app.ts:9", "src/app.ts:10"]);
  });
});

describe("tables of routes", () => {
  const TABLES = {
    "src/users.ts": `export const users = [{ method: "get", path: "/users", middleware: [auth], handler: list }, { method: "post", path: "/users", middleware: [], handler: add }];
      function auth(req, res, next) { next(); } function list(req, res) {} function add(req, res) {}`,
    "src/orders.ts": `import { define } from "./define"; export const orders = [define({ method: "delete", path: "/orders/:id", version: "v2" }, (req, res) => {})];`,
    "src/define.ts": `export function define(data, fn) { const { method, path } = data; return { method, path, version: data.version, handler: (req, res, next) => fn(req, res) }; }`,
  };
  const ALL = `import express from "express"; import { users } from "./users"; import { orders } from "./orders";
    const app = express(); const all = [...users].concat(orders);`;

  test("forEach with computed methods and versions", () => {
    const { entries } = collect({
      ...TABLES,
      "src/app.ts": `${ALL} all.forEach((route) => { const version = route.version ?? "v1"; app[route.method](\`/\${version}\${route.path}\`, ...(route.middleware ?? []), route.handler); });`,
    });
    expect(entries.map((e) => [e.method, e.path, e.steps.length])).toEqual([
      ["GET", "/v1/users", 1],
      ["POST", "/v1/users", 0],
      ["DELETE", "/v2/orders/:id", 0],
    ]);
  });

  test("for-of, with the item taken apart", () => {
    const { entries, unknowns } = collect({
      ...TABLES,
      "src/app.ts": `${ALL} for (const { method, path, handler } of all) { app[method](path, handler); }`,
    });
    expect(entries.map((e) => `${e.method} ${e.path}`)).toEqual(["GET /users", "POST /users", "DELETE /orders/:id"]);
    expect(unknowns).toEqual([]);
  });

  test("branches that the element decides", () => {
    const { routes } = collect(`${HEAD}
      [{ path: "/a", mw: [guard] }, { path: "/b", mw: [] }].forEach((r) => {
        const all = [...(r.mw ?? [])];
        if (all.length > 0) app.get(r.path, all, h); else app.get(r.path, h);
      });`);
    expect(routes).toEqual(["GET /a | guard | h", "GET /b |  | h"]);
  });

  test("routes pushed to the table, made from other data", () => {
    const { entries } = collect({
      "src/app.ts": `import express from "express"; const app = express(); const routes = [];
        const models = [{ base: "/cats" }, { base: "/dogs" }];
        function of(model) { const made = []; ["get", "post"].forEach((method) => { made.push({ method, path: ("/" + model.base + "/").replace(/\\/{2,}/g, "/") }); }); return made; }
        models.forEach((model) => { routes.push(...of(model)); });
        routes.forEach((r) => { app[r.method](r.path, (req, res) => {}); });`,
    });
    expect(entries.map((e) => `${e.method} ${e.path}`)).toEqual(["GET /cats", "POST /cats", "GET /dogs", "POST /dogs"]);
  });

  test("handlers from an object that is filled key by key", () => {
    const { entries } = collect({
      "src/app.ts": `import express from "express"; import * as raw from "./controller"; import wrapAll from "./wrap";
        const app = express(); const controller = wrapAll(raw); app.get("/a", controller.list);`,
      "src/controller.ts": `export function list(req, res) {}`,
      "src/wrap.ts": `import asyncHandler from "express-async-handler"; export default function wrapAll(from) { const to = {}; Object.keys(from).forEach((key) => { to[key] = asyncHandler(from[key]); }); return to; }`,
    });
    expect(entries.map((e) => e.handler.kind === "function" && e.handler.fn.info.name)).toEqual(["list"]);
  });

  test("what cannot be read is said, not passed over", () => {
    const { unknowns, entries } = collect(`${HEAD}import { load } from "somewhere";
      app.get("/a", h); load().forEach((r) => app[r.method](r.path, r.handler)); app.get("/b", h);`);
    expect(entries.map((e) => e.incomplete === "")).toEqual([true, true]);
    expect(unknowns.map((u) => u.kind)).toContain("dynamic-registration");
    expect(unknowns[0].remedy).toContain("match");
  });
});
