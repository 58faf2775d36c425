/** Objects of functions that a package hands back wrapped: `injectArguments({ findTag, dropTag }, { db }).findTag(…)`. */

import { Op, PropKind } from "../../model/lowered.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";

const LEAST_FUNCTIONS = 2;
const MOST_FUNCTIONS = 60;

/**
 * A member of what a package made of an object of functions is the function of that name, and what stands beside the
 * object is handed to each of them. Undefined for other package values.
 */
export function bundledMember(
  origin: PackageOrigin,
  name: string,
  queries: LinkQueries,
): readonly Origin[] | undefined {
  const { site } = origin;
  if (site === null || origin.module === "" || !origin.path.endsWith("()") || site.fn.op(site.v) !== Op.Call)
    return undefined;
  const args = site.fn.args(site.v);
  if (args.length === 0 || args.length > 2) return undefined;
  const bundle = objectAt(site, args[0], queries);
  if (bundle === null || !holdsFunctions(bundle)) return undefined;
  const members = queries.project({ kind: "literal", form: "object", site: bundle }, [name]);
  if (members.length === 0 || !members.every((one) => one.kind === "function")) return undefined;
  const beside = args.length === 2 ? objectAt(site, args[1], queries) : null;
  if (beside === null) return members;
  const handed: readonly Origin[] = [{ kind: "literal", form: "object", site: beside }];
  return members.map((one) => (one.kind === "function" ? { ...one, beside: handed } : one));
}

function objectAt({ fn, frame }: Site, v: number, queries: LinkQueries): Site | null {
  const [only, ...others] = queries.evaluate({ fn, v, frame });
  return only?.kind === "literal" && only.form === "object" && others.length === 0 ? only.site : null;
}

/** Nothing but names, of functions that are declared elsewhere: no settings, no schemas, no modules to be loaded. */
function holdsFunctions({ fn, v }: Site): boolean {
  const props = [...fn.props(v)];
  if (props.length < LEAST_FUNCTIONS || props.length > MOST_FUNCTIONS) return false;
  return props.every(({ kind, value }) => kind === PropKind.Named && fn.op(value) === Op.Var);
}
