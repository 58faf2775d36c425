/**
 * Clients made by `$extends({ query: … })`: what a call really asks for is what the extension hands to `query`.
 * An extension covers the operations that it names and no others, and what is spread last wins.
 */
import { NONE, Op } from "../../model/lowered.js";
import { canAvoid } from "../../program/facts/avoidance.js";
import { Flow, graphOf } from "../../program/facts/control-flow.js";
import { deadSides } from "../../program/facts/truth.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { givenFrame } from "../../program/values/call-frames.js";
import {
  constant,
  type Frame,
  type LinkQueries,
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  type SourceOrigin,
  source,
} from "../../program/values/origin.js";
import { alternativesOf, fieldsOf } from "./literals.js";

/** Where an extended call takes its filter from. */
export interface ExtendedFilter {
  /** the filter that is handed on, when that is written in the extension; else the caller's own holds */
  readonly where: Site | null;
  /** columns that the extension sets on the caller's filter */
  readonly columns: readonly { readonly name: string; readonly site: Site; readonly conditional: boolean }[];
}

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

const DIALECT = "prisma-extension";
const MAX_EXTENSIONS = 6;

/**
 * What the extensions of a client make of one call, the client's own first.
 *
 * @param property of the client that was called: `order`
 * @returns one list for each extension that has something to say: the ways in which it hands the call on
 */
export function extendedFilters(
  callee: PackageOrigin,
  property: string,
  method: string,
  site: Site,
  queries: OriginQueries,
): readonly (readonly ExtendedFilter[])[] {
  const found: (readonly ExtendedFilter[])[] = [];
  for (const made of extensionsOf(callee)) {
    for (const definition of definitionsAt(made, queries)) {
      for (const hook of hooksFor(definition, property, method, queries)) {
        const ways = waysThrough(hook, property, method, site, queries);
        if (ways.length > 0) found.push(ways);
      }
    }
  }
  return found.slice(0, MAX_EXTENSIONS);
}

/** The `$extends(…)` calls through which a client came. */
function extensionsOf(callee: PackageOrigin): readonly Site[] {
  const found: Site[] = [];
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    if (step.path.endsWith(".$extends()") && step.site !== null) found.unshift(step.site);
  }
  return found;
}

function definitionsAt({ fn, v, frame }: Site, queries: OriginQueries): readonly Origin[] {
  const [first] = fn.args(v);
  if (first === undefined) return [];
  return queries.evaluate({ fn, v: first, frame }).flatMap((origin) => {
    if (origin.kind !== "package" || !origin.path.endsWith("defineExtension()") || origin.site === null)
      return [origin];
    const { site } = origin;
    const [given] = site.fn.args(site.v);
    return given === undefined ? [] : queries.evaluate({ ...site, v: given });
  });
}

/** The functions that an extension runs in the place of an operation. */
function hooksFor(
  definition: Origin,
  property: string,
  method: string,
  queries: OriginQueries,
): readonly FunctionOrigin[] {
  if (definition.kind !== "literal") return [];
  const model = property.slice(0, 1).toLowerCase() + property.slice(1);
  const paths = [model, "$allModels"].flatMap((name) => [
    ["query", name, method],
    ["query", name, "$allOperations"],
  ]);
  for (const path of [...paths, ["query", "$allOperations"]]) {
    const functions = queries
      .project(definition, path)
      .flatMap((origin) => (origin.kind === "function" ? [origin] : []));
    // the most special one runs, and it alone
    if (functions.length > 0) return functions;
  }
  return [];
}

function waysThrough(
  hook: FunctionOrigin,
  property: string,
  method: string,
  call: Site,
  queries: OriginQueries,
): readonly ExtendedFilter[] {
  const { fn } = hook;
  const given = source("context", `${property}.${method}`, { dialect: DIALECT, site: call });
  const frame = givenFrame(hook, [[given]], call.frame?.depth ?? 0);
  const graph = graphOf(fn);
  const flow = new Flow(fn, graph, { dead: deadSides(fn, graph, frame, queries), ends: new Set() });
  return Array.from(fn.calls)
    .filter((v) => fn.op(v) === Op.Call && isParameter(fn, fn.callee(v), ["query"], queries) && flow.reachable(v))
    .map((v) => handedOn(fn, v, frame, queries));
}

function handedOn(fn: FunctionView, call: number, frame: Frame, queries: OriginQueries): ExtendedFilter {
  const [given = NONE] = fn.args(call);
  if (given === NONE) return { where: null, columns: [] };
  if (!isParameter(fn, given, ["args"], queries)) {
    const { fields } = fieldsOf({ fn, v: given, frame }, queries, null);
    const where = fields.filter((field) => field.name === "where").at(-1);
    return { where: where?.site ?? null, columns: [] };
  }
  const columns: { name: string; site: Site; conditional: boolean }[] = [];
  let where: Site | null = null;
  for (let v = 0; v < call; v += 1) {
    if (fn.op(v) !== Op.SetMember) continue;
    const site: Site = { fn, v: fn.c(v), frame };
    const name = fn.text(fn.b(v));
    const conditional = canAvoid(fn, 0, v, call);
    if (isParameter(fn, fn.a(v), ["args", "where"], queries)) columns.push({ name, site, conditional });
    else if (name === "where" && isParameter(fn, fn.a(v), ["args"], queries) && !conditional) where = site;
  }
  return { where, columns };
}

/** Whether a value is what the hook's own parameter has under a path; seen without a caller. */
function isParameter(fn: FunctionView, v: number, path: readonly string[], queries: OriginQueries): boolean {
  return alternativesOf(queries.evaluate({ fn, v, frame: null })).some(
    (origin) =>
      origin.kind === "parameter" &&
      origin.fn === fn &&
      origin.index === 0 &&
      origin.path.length === path.length &&
      origin.path.every((name, at) => name === path[at]),
  );
}

/** What a hook is given: the arguments of the call, and which model and operation it is. */
export const prismaExtensionKnowledge = {
  member(origin: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
    if (origin.dialect !== DIALECT || origin.site === null) return undefined;
    const [property = "", method = ""] = origin.path.split(".");
    if (name === "operation") return [constant(method)];
    if (name === "model") return [constant(property.slice(0, 1).toUpperCase() + property.slice(1))];
    if (name !== "args") return undefined;
    const { fn, v, frame } = origin.site;
    const [first] = fn.args(v);
    return first === undefined ? [constant(undefined)] : queries.evaluate({ fn, v: first, frame });
  },
  callSource: (): undefined => undefined,
  call: (): undefined => undefined,
};
