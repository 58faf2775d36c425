/** Files that hand the whole request to a library which brings its own rules: sign-in, other routers. */
import type { Place } from "../../model/place.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import type { RawEntry } from "../routing.js";

interface Delegate {
  readonly module: RegExp;
  readonly path: RegExp;
  readonly reason: (module: string) => string;
}

const signIn = (module: string): string => `handlers of ${module}`;
const others = (module: string): string => `hands requests to ${module}, whose entry points are listed on their own`;

const DELEGATES: readonly Delegate[] = [
  {
    module: /^(?:next-auth(?:\/next)?|@auth\/.*)$/,
    path: /^(?:NextAuth|Auth|)\(\)(?:\(\)|\.handlers\b.*)?$/,
    reason: signIn,
  },
  { module: /^better-auth(?:\/.*)?$/, path: /^(?:toNextJsHandler\(\)|betterAuth\(\)\.handler)/, reason: signIn },
  { module: /^(?:@auth0\/.*|@kinde-oss\/.*|@workos-inc\/.*)$/, path: /^handleAuth\(\)/, reason: signIn },
  { module: /^supertokens-node(?:\/.*)?$/, path: /^getAppDirRequestHandler\(\)/, reason: signIn },
  {
    module: /^@trpc\/server(?:\/.*)?$/,
    path: /^(?:fetchRequestHandler|createNextApiHandler|nodeHTTPRequestHandler|createHTTPHandler)\(\)/,
    reason: others,
  },
  { module: /^@ts-rest\/(?:next|serverless)(?:\/.*)?$/, path: /^create(?:Next|Lambda|Azure)\w+\(\)/, reason: others },
  { module: /^(?:trpc-to-openapi|trpc-openapi)(?:\/.*)?$/, path: /^createOpenApi\w+\(\)/, reason: others },
  { module: /^@hono\/auth-js$/, path: /^authHandler\(\)$/, reason: signIn },
  {
    module: /^(?:@hono\/swagger-ui|@scalar\/\S+|@hono\/graphiql|hono-openapi|swagger-ui-express|redoc-express)$/,
    path: /^(?:swaggerUI|SwaggerUI|Scalar|apiReference|openAPISpecs|openAPIRouteHandler|generateSpecs)\(\)$/,
    reason: () => "documentation of the interface",
  },
  {
    module: /^(?:@hono\/node-server\/serve-static|hono\/(?:bun|deno|cloudflare-\w+)|serve-static|koa-static)$/,
    path: /^(?:serveStatic|)\(\)$/,
    reason: () => "files that are served as they are",
  },
  { module: /^(?:mcp-handler|@vercel\/mcp-adapter)$/, path: /^(?:createMcpHandler|withMcpAuth)\(\)/, reason: others },
  { module: /^hono(?:\/.*)?$/, path: /^(?:handle\(\)|Hono\(\).*\.fetch(?:\(\))?$)/, reason: others },
];

/** A mark when the value, or what its function returns, is a library's own handler. */
export function delegateMarker(
  origins: readonly Origin[],
  place: Place,
  queries: LinkQueries,
): RawEntry["publicMarker"] {
  for (const origin of origins) {
    const found = delegate(origin.kind === "function" ? queries.returnsOf(origin.fn) : [origin]);
    if (found !== null) return { reason: found, place };
  }
  return null;
}

function delegate(origins: readonly Origin[]): string | null {
  for (const origin of origins) {
    if (origin.kind !== "package") continue;
    const known = DELEGATES.find((d) => d.module.test(origin.module) && d.path.test(origin.path));
    if (known !== undefined) return known.reason(origin.module);
  }
  return null;
}
