/** Properties of resolver maps as fields: functions, `{ subscribe, resolve }`, and functions wrapped by packages. */
import type { Place } from "../../model/place.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { unknown } from "../../program/values/origin.js";
import { argumentSites, property } from "../classes/values.js";
import { firstLineOf, headOfFunction, writtenName } from "../procedures/builder-chain.js";
import type { RawStep } from "../routing.js";
import { isOperation, resolverArguments, type SchemaField } from "./fields.js";
import type { MappedField } from "./resolver-map.js";

interface Resolved {
  readonly handler: Origin;
  readonly steps: readonly RawStep[];
}

const MAX_NESTING = 6;

/** @returns null for what resolves nothing: scalars, enums, settings of a type */
export function schemaField(
  field: MappedField,
  before: readonly RawStep[],
  incomplete: string,
  queries: LinkQueries,
): SchemaField | null {
  const found = resolvedBy(field.origins, field.site, queries, 0);
  if (found === null && !isOperation(field.type)) return null;
  const { handler, steps } = found ?? { handler: unknown("resolver could not be read"), steps: [] };
  const registration = placeOf(field.site);
  return {
    framework: "graphql",
    type: field.type,
    name: field.name,
    handler,
    given: resolverArguments,
    place: handler.kind === "function" ? headOfFunction(handler.fn) : registration,
    registration,
    steps: [...before, ...steps],
    group: `${field.site.fn.file.path}#${field.type}`,
    incomplete,
  };
}

function resolvedBy(origins: readonly Origin[], site: Site, queries: LinkQueries, depth: number): Resolved | null {
  if (depth > MAX_NESTING) return null;
  const fn = origins.find((o) => o.kind === "function");
  if (fn !== undefined) return { handler: fn, steps: [] };
  for (const origin of origins) {
    const made =
      origin.kind === "literal" && origin.form === "object"
        ? ofObject(origin, site, queries, depth)
        : origin.kind === "package" && origin.site !== null
          ? ofWrapper(origin, origin.site, queries, depth)
          : null;
    if (made !== null) return made;
  }
  return null;
}

/** `{ subscribe, resolve }`: who subscribes is decided in `subscribe`. */
function ofObject(origin: Origin, site: Site, queries: LinkQueries, depth: number): Resolved | null {
  for (const name of ["subscribe", "resolve"]) {
    if (property(origin, name, queries) === undefined) continue;
    const found = resolvedBy(queries.project(origin, [name]), site, queries, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

/** `combineResolvers(a, b, resolver)`: each may end the request; of other packages' wrappers the last function runs. */
function ofWrapper(origin: PackageOrigin, call: Site, queries: LinkQueries, depth: number): Resolved | null {
  const args = argumentSites(call);
  const inner = args.map((site) => resolvedBy(queries.evaluate(site), site, queries, depth + 1));
  const last = inner.findLast((one) => one !== null) ?? null;
  if (last === null) return null;
  if (!/(?:^|\.)combineResolvers\(\)$/.test(origin.path)) {
    const first = inner.find((one) => one !== null) ?? last;
    return { handler: first.handler, steps: [wrapperStep(origin, call), ...first.steps] };
  }
  const steps = args.slice(0, -1).flatMap((site, i): readonly RawStep[] => {
    const one = inner[i];
    return one === null ? [] : [...one.steps, resolverStep(one.handler, site)];
  });
  return { handler: last.handler, steps: [...steps, ...last.steps] };
}

function resolverStep(origin: Origin, site: Site): RawStep {
  return {
    name: writtenName(site) || "resolver",
    kind: "wrapper",
    place: placeOf(site),
    origin,
    given: resolverArguments,
    continuation: "returns",
    condition: "",
  };
}

function wrapperStep(origin: PackageOrigin, call: Site): RawStep {
  return { ...resolverStep(origin, call), name: origin.path.replaceAll("()", "") || "wrapper" };
}

function placeOf(site: Site): Place {
  return site.fn.start(site.v) < 0 ? site.fn.ownPlace : firstLineOf(site.fn, site.fn.place(site.v));
}
