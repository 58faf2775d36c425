/** Whether a value was asked for with the caller's credential: the calls that made it are gone through. */
import { Op } from "../../model/lowered.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, PackageOrigin } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";

/** rows whose only argument is a value of their own */
const KEYED: ReadonlySet<number> = new Set([Op.Tagged, Op.Index]);
const MAX_LOOKED_AT = 60;

/** Whether an argument of any call on the way came from the caller's credential or identity. */
export function askedWithCredential(origin: PackageOrigin, queries: LinkQueries): boolean {
  return new CredentialSearch(queries).inCalls(origin, 0);
}

/** Looks into literals, templates, hashes and the arguments of the calls that made a value. Bounded. */
class CredentialSearch {
  readonly #seen = new Set<string>();

  constructor(private readonly queries: LinkQueries) {}

  inCalls(origin: PackageOrigin, depth: number): boolean {
    for (let step: PackageOrigin | null = origin; step !== null; step = step.previous) {
      const site = step.site;
      if (site === null || this.#seen.has(siteKey(site)) || this.#seen.size > MAX_LOOKED_AT) continue;
      this.#seen.add(siteKey(site));
      const args = KEYED.has(site.fn.op(site.v)) ? [site.fn.b(site.v)] : Array.from(site.fn.args(site.v).slice(0, 4));
      for (const v of args) {
        if (this.inValues(this.queries.evaluate({ fn: site.fn, v, frame: site.frame }), depth + 1)) return true;
      }
    }
    return false;
  }

  inValues(origins: readonly Origin[], depth: number): boolean {
    if (depth > 5) return false;
    return leaves(origins).some((origin) => {
      if (origin.kind === "source") return origin.source === "credential" || origin.source === "identity";
      if (origin.kind === "package") return this.inCalls(origin, depth + 1);
      if (origin.kind !== "literal" || this.#seen.has(siteKey(origin.site))) return false;
      this.#seen.add(siteKey(origin.site));
      return this.inValues(this.#parts(origin), depth + 1);
    });
  }

  #parts(origin: Extract<Origin, { kind: "literal" }>): readonly Origin[] {
    if (origin.form !== "template") return this.queries.project(origin, ["[]"]);
    const { fn, v, frame } = origin.site;
    const parts = Array.from(fn.list(fn.a(v))).filter((_, i) => i % 2 === 1);
    return parts.flatMap((part) => [...this.queries.evaluate({ fn, v: part, frame })]);
  }
}
