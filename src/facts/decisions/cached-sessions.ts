/** Sessions that are read from a cookie for as long as that was told to hold, whatever the database says meanwhile. */
import type { Place } from "../../model/place.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { secondsOf } from "../claims/token-lifetimes.js";
import { calledPackage } from "../verification/token-verifiers.js";

export interface CachedSession {
  /** where the library is set up */
  readonly setUpAt: Place;
  /** seconds */
  readonly lifetime: number;
}

const MAX_STEPS = 12;
/** what the library takes when nothing is said */
const USUAL = 300;

/** `auth.api.getSession({ headers })` of better-auth with `session: { cookieCache: { enabled: true, maxAge } }`. */
export function cachedSession(site: Site, queries: LinkQueries): CachedSession | null {
  const callee = calledPackage({ ...site, frame: null }, queries);
  if (callee === null || !callee.module.startsWith("better-auth") || !/\.api\.getSession$/.test(callee.path))
    return null;
  const [given] = site.fn.args(site.v);
  const asked = given === undefined ? [] : queries.evaluate({ fn: site.fn, v: given, frame: null });
  if (isTrue(asked.flatMap((o) => [...queries.project(o, ["query", "disableCookieCache"])]))) return null;
  const made = makerOf(callee);
  const [options] = made === null ? [] : made.fn.args(made.v);
  if (made === null || options === undefined) return null;
  const caches = queries
    .evaluate({ ...made, v: options })
    .flatMap((o) => [...queries.project(o, ["session", "cookieCache"])]);
  const read = (name: string): readonly Origin[] => caches.flatMap((o) => [...queries.project(o, [name])]);
  if (!isTrue(read("enabled"))) return null;
  return { setUpAt: made.fn.place(made.v), lifetime: secondsOf(read("maxAge")) ?? USUAL };
}

function isTrue(origins: readonly Origin[]): boolean {
  return origins.some((o) => o.kind === "constant" && o.value === true);
}

/** The call of `betterAuth` some steps before. */
function makerOf(callee: PackageOrigin): Site | null {
  let step: PackageOrigin | null = callee;
  for (let i = 0; i < MAX_STEPS && step !== null; i += 1, step = step.previous)
    if (step.path === "betterAuth()" && step.site !== null) return step.site;
  return null;
}
