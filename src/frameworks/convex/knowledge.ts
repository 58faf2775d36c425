/** What Convex hands to its functions: a context that knows who calls, and arguments that a wrapper may have added to. */

import type { LinkQueries, OriginQueries } from "../../program/values/origin.js";
import {
  type Origin,
  type PackageOrigin,
  type Site,
  type SourceOrigin,
  source,
  unknown,
} from "../../program/values/origin.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";

/** the context that is the first argument */
export const CONVEX = "convex";
/** the second: what the client sent, and what wrappers put beside it */
export const CONVEX_ARGUMENTS = "convex-arguments";

export const convexKnowledge: FrameworkKnowledge = { member, callSource, call };

function member(origin: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (origin.dialect === CONVEX_ARGUMENTS && origin.source === "input" && origin.path === "args")
    return added(origin, "args", name, queries);
  if (origin.dialect !== CONVEX || origin.source !== "context") return undefined;
  const { context, path } = origin;
  if (path === "auth") return [source("context", `auth.${name}`, { dialect: CONVEX, context })];
  if (path !== "") return undefined;
  if (name === "auth") return [source("context", "auth", { dialect: CONVEX, context })];
  // what is read from the database is told by the shape of the call; what other functions answer is not followed
  const open = name === "db" || /^run(?:Query|Mutation|Action)$/.test(name);
  return added(origin, "ctx", name, queries) ?? [open ? unknown("context of Convex") : source("neutral", name)];
}

/** `input: async (ctx) => ({ ctx: { user }, args: {} })`: what the wrapper's function said it adds. */
function added(
  { context }: SourceOrigin,
  to: "ctx" | "args",
  name: string,
  queries: LinkQueries,
): readonly Origin[] | undefined {
  const given = context?.attached.get(to) ?? [];
  const found = given
    .flatMap((origin) => [...queries.project(origin, [name])])
    .filter((o) => o.kind !== "unknown" && !(o.kind === "constant" && o.value === undefined));
  return found.length === 0 ? undefined : found;
}

/** Nobody made sure that somebody is signed in: it is null where nobody is. */
function callSource(origin: SourceOrigin, site: Site, _: OriginQueries): readonly Origin[] | undefined {
  if (origin.dialect !== CONVEX || origin.path !== "auth.getUserIdentity") return undefined;
  return [source("identity", "identity", { site })];
}

const OF_LIBRARIES: readonly (readonly [RegExp, RegExp])[] = [
  [/^@convex-dev\/auth\/server$/, /^getAuth(?:UserId|SessionId)$/],
  [/^@convex-dev\/better-auth(?:\/.*)?$/, /^createClient\(\)\.(?:safeGet|get)AuthUser(?:Id)?$/],
];

function call({ module, path }: PackageOrigin, site: Site): readonly Origin[] | undefined {
  const known = OF_LIBRARIES.some(([package_, name]) => package_.test(module) && name.test(path));
  return known ? [source("identity", "user", { site })] : undefined;
}
