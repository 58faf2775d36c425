import { describe, expect, test } from "vitest";
import { NO_DATA } from "../../src/frameworks/data/recogniser.js";
import { createKnowledge } from "../../src/frameworks/knowledge/knowledge.js";
import { nextAdapter } from "../../src/frameworks/next/adapter.js";
import { compileMatcher } from "../../src/frameworks/next/matcher.js";
import type { RawEntry } from "../../src/frameworks/routing.js";
import { programFrom } from "../support/program-from.js";

type Files = Readonly<Record<string, string>>;

function collect(files: Files): { readonly entries: readonly RawEntry[]; at(entry: RawEntry): string } {
  const made = programFrom(files, { knowledge: createKnowledge(NO_DATA, []) });
  const { entries } = nextAdapter.collect({ ...made, entries: [] });
  return { entries, at: (entry) => made.at(entry.place) };
}

/** `GET /x [step]`, sorted. */
function routes(files: Files): readonly string[] {
  return collect(files)
    .entries.map(({ method, path, steps }) => {
      const names = steps.map((step) => step.name).join(", ");
      return `${method} ${path}${names === "" ? "" : ` [${names}]`}`;
    })
    .sort();
}

const CONFIG = { "next.config.js": "module.exports = {};" };

describe("route files", () => {
  test("every form of export", () => {
    const files = {
      "src/app/api/a/route.ts": `
        export async function GET() {}
        export const POST = async () => {};
        export const dynamic = "force-dynamic";
        export function helper() {}`,
      "src/app/api/b/route.ts": `export { GET, POST } from "../a/route";`,
      "src/app/api/c/route.js": `import { handlers } from "../../../handlers"; export const { GET, DELETE } = handlers;`,
      "src/app/api/d/route.mjs": `async function h() {} export { h as PUT, h as PATCH };`,
      "src/app/api/e/route.ts": `export * from "../a/route";`,
      "src/handlers.ts": `export const handlers = { GET: async () => {}, DELETE: async () => {} };`,
    };
    expect(routes(files)).toEqual([
      "DELETE /api/c",
      "GET /api/a",
      "GET /api/b",
      "GET /api/c",
      "GET /api/e",
      "PATCH /api/d",
      "POST /api/a",
      "POST /api/b",
      "POST /api/e",
      "PUT /api/d",
    ]);
    expect(collect(files).entries.every((entry) => entry.handler.kind === "function")).toBe(true);
  });

  test("segments", () => {
    const route = "export async function GET() {}";
    const paths = [
      "(site)/api/grouped",
      "users/[id]",
      "files/[...path]",
      "docs/[[...slug]]",
      "_internal/x",
      "shop/@modal/cart",
      "feed/(.)photo/[id]",
      "feed/(..)photo",
      "a/b/(...)top",
    ];
    const files = Object.fromEntries(paths.map((path) => [`app/${path}/route.ts`, route]));
    expect(routes(files)).toEqual([
      "GET /api/grouped",
      "GET /docs/*slug",
      "GET /feed/photo/:id",
      "GET /files/*path",
      "GET /photo",
      "GET /shop/cart",
      "GET /top",
      "GET /users/:id",
    ]);
  });

  test("the app folder in a workspace", () => {
    const route = "export async function GET() {}";
    expect(
      routes({
        "apps/web/next.config.mjs": "export default {};",
        "apps/web/app/app/route.ts": route,
        "packages/app/src/app/api/route.ts": route,
      }),
    ).toEqual(["GET /api", "GET /app"]);
  });

  test("the base path of the configuration", () => {
    const files = {
      "next.config.ts": `import plugin from "plugin"; const config = { basePath: "/docs" }; export default plugin(config);`,
      "app/api/x/route.ts": "export async function GET() {}",
    };
    expect(routes(files)).toEqual(["GET /docs/api/x"]);
  });

  test("groups by the first two segments", () => {
    const { entries } = collect({ "app/api/links/[id]/x/route.ts": "export async function GET() {}" });
    expect(entries.map((entry) => entry.group)).toEqual(["/api/links"]);
  });
});

describe("wrappers", () => {
  const wrapper = `
    export const withAuth = (handler, { optional = false } = {}) => async (request) => handler({ request });
    export const withTiming = (handler) => async (request) => handler(request);
    export const createRoute = (options) => async (request, response) => options.fn({ request });`;

  test("of the project are gone through; the place is the innermost function", () => {
    const { entries, at } = collect({
      "lib/wrap.ts": wrapper,
      "app/api/x/route.ts": `import { withAuth, withTiming, createRoute } from "../../../lib/wrap";
        export const GET = withTiming(
          withAuth(
            async ({ request }) => {}, { optional: true }));
        export const POST = createRoute({
          name: "x",
          fn: async () => {} });`,
    });
    expect(entries.map((entry) => `${entry.method} ${at(entry)} ${entry.handler.kind}`)).toEqual([
      "GET app/api/x/route.ts:4 function",
      "POST app/api/x/route.ts:7 function",
    ]);
  });

  test("of packages become steps before the function they wrap", () => {
    const { entries, at } = collect({
      "app/api/x/route.ts": `import { withLimits } from "some-package";
        export const GET = withLimits(
          async (request) => {});`,
    });
    expect(entries.map((entry) => [at(entry), entry.steps.map((step) => `${step.name} ${step.kind}`)])).toEqual([
      ["app/api/x/route.ts:3", ["withLimits wrapper"]],
    ]);
    expect(entries[0].publicMarker).toBeNull();
  });

  test("that cannot be found keep their function", () => {
    const { entries } = collect({
      "app/api/x/route.ts": `import { withAuth } from "./gone"; export const GET = withAuth(async (request) => {});`,
    });
    expect(entries.map((entry) => [entry.handler.kind, entry.steps.map((step) => step.name)])).toEqual([
      ["function", ["withAuth"]],
    ]);
  });
});

describe("API routes below pages", () => {
  const api = (body: string): readonly string[] => routes({ ...CONFIG, "pages/api/x.ts": body });

  test("paths", () => {
    const file = "export default function handler(req, res) {}";
    const files = {
      "pages/api/index.ts": file,
      "pages/api/teams/[id]/index.ts": file,
      "src/pages/api/[...all].ts": file,
    };
    expect(routes({ ...CONFIG, ...files })).toEqual(["ALL /api", "ALL /api/*all", "ALL /api/teams/:id"]);
    expect(routes(files)).toEqual([]);
  });

  test("methods compared with", () => {
    expect(api(`export default async function handler(req, res) { if (req.method !== "POST") return; }`)).toEqual([
      "POST /api/x",
    ]);
    expect(
      api(`export default (req, res) => {
        if (req.method === "OPTIONS") return;
        if (req.method === "GET") { return; } else if ("PUT" === req.method) { return; } }`),
    ).toEqual(["GET /api/x", "PUT /api/x"]);
    expect(
      api(`const handler = async (req, res) => { const { method } = req;
        switch (method) { case "GET": return; case "DELETE": return; default: } }; export default handler;`),
    ).toEqual(["DELETE /api/x", "GET /api/x"]);
    expect(
      api(`export default (req, res) => { if (!["POST", "PATCH"].includes(req.method)) return res.status(405); };`),
    ).toEqual(["PATCH /api/x", "POST /api/x"]);
  });

  test("tables by method, through wrappers and closures", () => {
    const files = {
      ...CONFIG,
      "lib/with.ts": `import { context } from "tracing";
        export function withMiddlewares(handlers) {
          return async (req, res) => context.with({}, async () => {
            const method = req.method;
            if (!handlers[method]) throw new Error("no");
            return handlers[method](req, res);
          });
        }
        export const wrap = (handler) => async (req, res) => { log(req); return handler(req, res); };
        function log(req) { if (req.method === "DELETE") console.log(); }`,
      "pages/api/a.ts": `import { withMiddlewares } from "../../lib/with";
        export default withMiddlewares({
          GET: async (req, res) => {},
          POST: async (req, res) => {},
        });`,
      "pages/api/b.ts": `import { wrap } from "../../lib/with";
        export default wrap(async (req, res) => { if (req.method === "PUT") return; });`,
    };
    const { entries, at } = collect(files);
    expect(entries.map((entry) => `${entry.method} ${entry.path} ${at(entry)}`)).toEqual([
      "GET /api/a pages/api/a.ts:3",
      "POST /api/a pages/api/a.ts:4",
      "PUT /api/b pages/api/b.ts:2",
    ]);
  });

  test("next-connect", () => {
    expect(
      api(`import { createRouter } from "next-connect";
        import { guard } from "./guard";
        const router = createRouter();
        router.get(async (req, res) => {});
        router.use(guard);
        router.use(other).post(guard, async (req, res) => {}).delete(async (req, res) => {});
        function other(req, res, next) { next(); }
        export default router.handler();`),
    ).toEqual(["DELETE /api/x [guard, other]", "GET /api/x", "POST /api/x [guard, other, guard]"]);
  });
});

describe("server actions", () => {
  test("exports of a file, functions that say so themselves", () => {
    const files = {
      "app/actions.ts": `"use server";
        const wrap = (f) => async (...args) => f(...args);
        export async function rename(name) {}
        export const remove = async (id) => {};
        export const wrapped = wrap(async (id) => {});
        export const limit = 5;
        export function plain() {}
        async function internal() {}`,
      "app/form.tsx": `export function Form() {
          async function save(data) { "use server"; }
          return <form action={save}><button formAction={async () => { "use server"; }} />
            <button formAction={async () => { "use server"; }} />
            {wrap(async () => { "use server"; })}</form>;
        }`,
      "app/client.tsx": `"use client"; export async function notOne() {}`,
    };
    expect(routes(files)).toEqual([
      "POST app/actions.ts#remove",
      "POST app/actions.ts#rename",
      "POST app/actions.ts#wrapped",
      "POST app/form.tsx#action-1",
      "POST app/form.tsx#formAction",
      "POST app/form.tsx#formAction-2",
      "POST app/form.tsx#save",
    ]);
  });

  test("all arguments come from the browser", () => {
    const { entries } = collect({ "app/actions.ts": `"use server"; export async function f(id, { name }) {}` });
    const [given] = entries.map((entry) => entry.given({ method: "POST", metadata: new Map(), attached: new Map() }));
    expect(given.flat().map((o) => (o.kind === "source" ? `${o.source} ${o.path}` : o.kind))).toEqual([
      "input args.id",
      "input args.1",
    ]);
  });

  test("next-safe-action", () => {
    const files = {
      "lib/client.ts": `import { createSafeActionClient } from "next-safe-action";
        export const client = createSafeActionClient().use(async ({ next }) => next());
        export const authed = client.use(requireSession);
        async function requireSession({ next }) { return next({ ctx: {} }); }`,
      "app/actions.ts": `"use server";
        import { authed, client } from "../lib/client";
        export const open = client.schema(s).action(async ({ parsedInput }) => {});
        export const closed = authed.metadata({}).inputSchema(s).action(async ({ ctx }) => {});`,
    };
    expect(routes(files)).toEqual([
      "POST app/actions.ts#closed [client, requireSession]",
      "POST app/actions.ts#open [client]",
    ]);
  });
});

describe("pages", () => {
  test("asynchronous server components and getServerSideProps", () => {
    const { entries } = collect({
      ...CONFIG,
      "app/orders/[id]/page.tsx": "export default async function Page({ params }) { return <p />; }",
      "app/plain/page.tsx": "export default function Page() { return <p />; }",
      "app/client/page.tsx": `"use client"; export default async function Page() { return <p />; }`,
      "app/layout.tsx": "export default async function Layout() { return <p />; }",
      "pages/old/[id].tsx": "export default function P() {} export async function getServerSideProps({ params }) {}",
      "pages/static.tsx": "export default function P() {} export async function getStaticProps() {}",
      "pages/_app.tsx": "export default function A() {} export async function getServerSideProps() {}",
    });
    expect(entries.map((e) => `${e.transport} ${e.method} ${e.path}`)).toEqual([
      "page GET /orders/:id",
      "page GET /old/:id",
    ]);
  });
});

describe("middleware", () => {
  const route = "export async function GET() {}";
  const files = { "app/api/x/route.ts": route, "app/dashboard/x/route.ts": route };

  test("covers everything without a matcher, and is marked as edge", () => {
    const { entries } = collect({ ...files, "middleware.ts": "export function middleware(request) {}" });
    expect(entries.map((entry) => entry.steps.map((step) => `${step.name} ${step.condition}`))).toEqual([
      ["middleware edge"],
      ["middleware edge"],
    ]);
  });

  test("covers what its patterns say", () => {
    const withMatcher = (matcher: string): readonly string[] =>
      routes({
        ...files,
        "src/proxy.ts": `export default function proxy() {} export const config = { matcher: ${matcher} };`,
      });
    const api = ["GET /api/x [proxy]", "GET /dashboard/x"];
    const dashboard = ["GET /api/x", "GET /dashboard/x [proxy]"];
    expect(withMatcher(`"/api/:path*"`)).toEqual(api);
    expect(withMatcher(`["/api/x"]`)).toEqual(api);
    expect(withMatcher(`["/((?!api|_next/static|favicon.ico).*)"]`)).toEqual(dashboard);
    expect(withMatcher(`[{ source: "/dashboard/:path+", missing: [{ type: "header", key: "x" }] }]`)).toEqual(
      dashboard,
    );
    expect(withMatcher(`[{ source: "/api/:path*", has: [{ type: "header", key: "x" }] }, "/dashboard/(.*)"]`)).toEqual(
      dashboard,
    );
  });

  test("says so when its patterns cannot be read", () => {
    const { entries } = collect({
      ...files,
      "middleware.ts": `import { list } from "./gone"; export function middleware() {} export const config = { matcher: list };`,
    });
    expect(entries.map((entry) => entry.incomplete !== "")).toEqual([true, true]);
  });

  test("of another project of the workspace is left out", () => {
    const made = routes({ "apps/a/app/x/route.ts": route, "apps/b/middleware.ts": "export default () => {};" });
    expect(made).toEqual(["GET /x"]);
  });

  test("made by packages", () => {
    const { entries } = collect({
      "app/x/route.ts": route,
      "middleware.ts": `import { clerkMiddleware } from "@clerk/nextjs/server";
        export default clerkMiddleware(async (auth, request) => { await auth.protect(); });`,
    });
    expect(entries[0].steps.map((step) => step.origin.kind)).toEqual(["package", "function"]);
  });

  test("patterns", () => {
    const matches = (pattern: string, path: string): boolean | undefined => compileMatcher(pattern)?.test(path);
    expect(matches("/a/:path*", "/a")).toBe(true);
    expect(matches("/a/:path*", "/a/b/c")).toBe(true);
    expect(matches("/a/:path*", "/ab")).toBe(false);
    expect(matches("/a/:path+", "/a")).toBe(false);
    expect(matches("/a/:id?", "/a/b/c")).toBe(false);
    expect(matches("/:lang(en|de)/x", "/de/x")).toBe(true);
    expect(matches("/:lang(en|de)/x", "/fr/x")).toBe(false);
    expect(matches("/(api|trpc)(.*)", "/trpc/x")).toBe(true);
    expect(matches("/((?!_next|[^?]*\\.(?:html?|css|js(?!on)|png)).*)", "/x/y")).toBe(true);
    expect(matches("/((?!_next|[^?]*\\.(?:html?|css|js(?!on)|png)).*)", "/x/y.png")).toBe(false);
    // each ending is tried for itself, however many there are
    const endings = "/((?!api|_next/static|.*\\.png$|.*\\.svg$|.*\\.(?:jpe?g|gif)$|.*\\.ico$).*)";
    expect(matches(endings, "/orders/1")).toBe(true);
    expect(matches(endings, "/api/orders")).toBe(false);
    expect(matches(endings, "/logo.svg")).toBe(false);
  });

  test("patterns that would be slow or are broken are not read", () => {
    expect(compileMatcher("/((a+)+)+b")).toBeNull();
    expect(compileMatcher("/(.*.*.*.*.*x)")).toBeNull();
    expect(compileMatcher("/((?!.*.*.*.*.*x).*)")).toBeNull();
    expect(compileMatcher("/([)].*.*.*.*.*x)")).toBeNull();
    expect(compileMatcher(`/${"(x|x)".repeat(40)}y`)).toBeNull();
    expect(compileMatcher(`/(${"a?".repeat(40)}b)`)).toBeNull();
    expect(compileMatcher("/(a")).toBeNull();
    expect(compileMatcher("no-slash")).toBeNull();
  });
});

describe("files that hand requests to a library", () => {
  const markers = (files: Files): readonly (string | undefined)[] =>
    collect({ ...CONFIG, ...files }).entries.map((entry) => entry.publicMarker?.reason);

  test("sign-in", () => {
    expect(
      markers({
        "app/api/auth/[...nextauth]/route.ts": `import NextAuth from "next-auth"; const h = NextAuth({}); export { h as GET };`,
        "auth.ts": `import NextAuth from "next-auth"; export const { handlers } = NextAuth({});`,
        "app/api/b/route.ts": `import { handlers } from "../../../auth"; export const { POST } = handlers;`,
        "app/api/c/route.ts": `import { toNextJsHandler } from "better-auth/next-js"; export const { GET } = toNextJsHandler({});`,
        "pages/api/d.ts": `import NextAuth from "next-auth"; export default async function auth(req, res) { return await NextAuth(req, res, {}); }`,
      }),
    ).toEqual([
      "handlers of next-auth",
      "handlers of next-auth",
      "handlers of better-auth/next-js",
      "handlers of next-auth",
    ]);
  });

  test("other routers", () => {
    const [marker] = markers({
      "app/api/trpc/[trpc]/route.ts": `import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
        const handler = (req) => fetchRequestHandler({ req }); export { handler as GET };`,
    });
    expect(marker).toContain("listed on their own");
  });
});
