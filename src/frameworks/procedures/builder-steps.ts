/** What `.use(…)` of a builder adds: functions that call `next`, middleware values, other builders. */
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { source, unknown } from "../../program/values/origin.js";
import type { Arguments, RawStep } from "../routing.js";
import {
  argumentAt,
  type ChainCall,
  chainOf,
  functionArgument,
  lastName,
  nameOfBuilder,
  nameOfFunction,
  originsOfArgument,
  writtenName,
} from "./builder-chain.js";

/** A step together with the call that added it, by which alternatives are compared. */
export interface BuilderStep extends RawStep {
  readonly addedAt: Site;
}

const MAX_NESTING = 6;
/** `.schema(…)` in older versions of next-safe-action */
const INPUT = /^(?:input|inputSchema|schema)$/;
const MIDDLEWARE_MAKERS = /^(?:middleware|create|createMiddleware)$/;
/** `oo.spec(middleware, …)` documents what it is given, and hands it back */
const DOCUMENTS = /^spec$/;
const PIPES = /^(?:unstable_pipe|pipe|concat)$/;
const JOINS = /^(?:concat|unstable_concat)$/;

/** `({ ctx, input, next })` as builders call everything. */
export function builderArguments(dialect: string): Arguments {
  let known = argumentsOf.get(dialect);
  if (known === undefined) {
    // oRPC gives the input a second time
    known = (context) => [
      [source("context", "", { dialect, context })],
      ...(dialect === "orpc" ? [[source("input", "input", { context })]] : []),
    ];
    argumentsOf.set(dialect, known);
  }
  return known;
}

/** What the handler of a procedure gets: its input went through the schema that the chain names, when it names one. */
export function handlerArguments(calls: readonly ChainCall[], dialect: string, queries: LinkQueries): Arguments {
  const plain = builderArguments(dialect);
  const [only, ...others] = calls.filter((call) => INPUT.test(call.name));
  if (only === undefined || others.length > 0) return plain;
  const [schema, ...further] = originsOfArgument(only.site, 0, queries);
  if (schema?.kind !== "package" || further.length > 0) return plain;
  return (context) =>
    plain(context).map((origins) =>
      origins.map((o) => (o.kind === "source" ? { ...o, schema: { callee: schema, path: "input" } } : o)),
    );
}

/** One function per dialect: steps that are called alike can be told to be. */
const argumentsOf = new Map<string, Arguments>();

/** Steps that a chain adds, in order. */
export function builderSteps(
  calls: readonly ChainCall[],
  dialect: string,
  queries: LinkQueries,
  depth = 0,
): readonly BuilderStep[] {
  return calls.flatMap((call) => {
    if (call.name === "use") return builderStep(call, dialect, queries);
    if (!JOINS.test(call.name) || depth > MAX_NESTING) return [];
    return joined(call, dialect, queries, depth);
  });
}

/** `a.concat(b)`: b's own steps follow. */
function joined(call: ChainCall, dialect: string, queries: LinkQueries, depth: number): readonly BuilderStep[] {
  const others = originsOfArgument(call.site, 0, queries);
  const other = others.find((o) => o.kind === "package");
  if (other !== undefined) return builderSteps(chainOf(other), dialect, queries, depth + 1);
  return [stepOf(others[0] ?? unknown("no argument"), call.site, "concat", dialect)];
}

/** The steps of one call of `use` or its like. */
export function builderStep(call: ChainCall, dialect: string, queries: LinkQueries): readonly BuilderStep[] {
  const argument = argumentAt(call.site, 0);
  if (argument === null) return [];
  const origins = queries.evaluate(argument);
  const origin =
    origins.find((o) => o.kind === "function") ??
    origins.find((o) => o.kind === "package") ??
    origins[0] ??
    unknown("no value");
  const name = writtenName(argument) || nameOfBuilder(call.site) || call.name;
  return unfold(origin, name, call.site, dialect, queries, 0);
}

/** `t.middleware(f)` is f; `a.unstable_pipe(b)` is a, then b. */
function unfold(
  origin: Origin,
  name: string,
  site: Site,
  dialect: string,
  queries: LinkQueries,
  depth: number,
): readonly BuilderStep[] {
  if (origin.kind !== "package" || origin.site === null || depth > MAX_NESTING) {
    const own = origin.kind === "function" ? nameOfFunction(origin.fn) : "";
    return [stepOf(origin, site, name || own, dialect)];
  }
  const maker = lastName(origin.previous?.path ?? "");
  if (PIPES.test(maker) && origin.previous?.previous) {
    const [second] = originsOfArgument(origin.site, 0, queries);
    const argument = argumentAt(origin.site, 0);
    const written = (argument === null ? "" : writtenName(argument)) || name;
    return [
      ...unfold(origin.previous.previous, name, site, dialect, queries, depth + 1),
      ...unfold(second ?? unknown("no argument"), written, origin.site, dialect, queries, depth + 1),
    ];
  }
  if (DOCUMENTS.test(maker) && /^@orpc\//.test(origin.module)) {
    const [documented] = originsOfArgument(origin.site, 0, queries);
    return unfold(documented ?? unknown("no argument"), name, site, dialect, queries, depth + 1);
  }
  const inner = isMiddleware(origin, maker) ? functionArgument(origin.site, queries) : null;
  return [stepOf(inner ?? origin, site, name, dialect)];
}

function isMiddleware(origin: PackageOrigin, maker: string): boolean {
  return MIDDLEWARE_MAKERS.test(maker) && /^(?:@trpc\/server|next-safe-action|@orpc\/server)$/.test(origin.module);
}

function stepOf(origin: Origin, addedAt: Site, name: string, dialect: string): BuilderStep {
  return {
    name,
    kind: "builder",
    place: addedAt.fn.place(addedAt.v),
    origin,
    given: builderArguments(dialect),
    continuation: "calls-next",
    condition: "",
    addedAt,
  };
}
