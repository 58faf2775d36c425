/** Whether a value was asked for with the caller's credential: the calls that made it are gone through. */
import { Op } from "../../model/lowered.js";
import { isAwaited } from "../../program/facts/consumption.js";
import { calleeName } from "../../program/facts/refusals.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { filledWith } from "./put-in-objects.js";

/** rows whose only argument is a value of their own */
const KEYED: ReadonlySet<number> = new Set([Op.Tagged, Op.Index]);
const MAX_LOOKED_AT = 60;

/** Whether an argument of any call on the way came from the caller's credential or identity. */
export function askedWithCredential(origin: PackageOrigin, queries: LinkQueries): boolean {
  return new CredentialSearch(queries).inCalls(origin, 0);
}

const LOOKS_UP =
  /^_?(?:get|find|fetch|load|lookup|lookUp|retrieve|query|select|verify|validate|authenticate|introspect|by|one|first)(?![a-z])/;
/** what only takes a credential apart tells nothing of who sent it */
const TAKES_APART = /hash|decod|pars|encod|payload|claims|header|cookie/i;

/**
 * `await app.db.sessions.getOrExpire(request.sid)` of something that cannot be read: what is waited for and found by
 * the caller's credential stands for its owner, as far as the name of the call can be believed.
 */
export function looksUp({ fn, v }: Site): boolean {
  if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member || !isAwaited(fn, v)) return false;
  const name = calleeName(fn, fn.callee(v));
  return LOOKS_UP.test(name) && !TAKES_APART.test(name);
}

/** Whether one of the first arguments of a call is the caller's credential, or holds it. */
export function holdsCredential(args: readonly (readonly Origin[])[], queries: LinkQueries): boolean {
  const search = new CredentialSearch(queries, false);
  return args.slice(0, 3).some((arg) => search.inValues(arg, 2));
}

/** Looks into literals, templates, hashes and the arguments of the calls that made a value. Bounded. */
class CredentialSearch {
  readonly #seen = new Set<string>();

  /** @param orIdentity what was already found to be the caller counts as well */
  constructor(
    private readonly queries: LinkQueries,
    private readonly orIdentity = true,
  ) {}

  inCalls(origin: PackageOrigin, depth: number): boolean {
    for (let step: PackageOrigin | null = origin; step !== null; step = step.previous) {
      const site = step.site;
      if (site === null || this.#seen.has(siteKey(site)) || this.#seen.size > MAX_LOOKED_AT) continue;
      this.#seen.add(siteKey(site));
      const args = KEYED.has(site.fn.op(site.v)) ? [site.fn.b(site.v)] : Array.from(site.fn.args(site.v).slice(0, 4));
      for (const v of args) {
        if (this.inValues(this.queries.evaluate({ fn: site.fn, v, frame: site.frame }), depth + 1)) return true;
      }
      // a list of headers is made empty, and filled by calls of its own
      if (site.fn.op(site.v) === Op.New && this.inValues(filledWith(site, this.queries), depth + 1)) return true;
    }
    return false;
  }

  inValues(origins: readonly Origin[], depth: number): boolean {
    if (depth > 5) return false;
    return leaves(origins).some((origin) => {
      if (origin.kind === "source")
        return (
          origin.source === "credential" || isAllHeaders(origin) || (this.orIdentity && origin.source === "identity")
        );
      if (origin.kind === "package") return this.inCalls(origin, depth + 1);
      if (origin.kind !== "literal" || this.#seen.has(siteKey(origin.site))) return false;
      this.#seen.add(siteKey(origin.site));
      return this.inValues(this.#parts(origin), depth + 1);
    });
  }

  #parts(origin: Extract<Origin, { kind: "literal" }>): readonly Origin[] {
    if (origin.form === "object")
      return [...this.queries.project(origin, ["[]"]), ...filledWith(origin.site, this.queries)];
    if (origin.form !== "template") return this.queries.project(origin, ["[]"]);
    const { fn, v, frame } = origin.site;
    return fn.templateValues(v).flatMap((part) => [...this.queries.evaluate({ fn, v: part, frame })]);
  }
}

/** All headers of a request: whoever is sent them is sent the credential among them. */
export function isAllHeaders({ source, path }: Extract<Origin, { kind: "source" }>): boolean {
  return source === "input" && /^headers(?:\.(?:entries|\*|\[\](?:\.1)?))?$/.test(path);
}
