/** One procedure of a builder as an entry point: what runs before it, its resolver, its name in the router. */
import { Op } from "../../model/lowered.js";
import { calleeName } from "../../program/facts/refusals.js";
import { type LinkQueries, type Origin, type Site, unknown } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { META, type RawEntry } from "../routing.js";
import {
  argumentAt,
  type ChainCall,
  chainOf,
  firstLineOf,
  headOfFunction,
  originsOfArgument,
} from "./builder-chain.js";
import { type BuilderStep, builderArguments, builderSteps, handlerArguments } from "./builder-steps.js";
import { finishingCall, type Mounted, type RouterDialect } from "./procedure-routers.js";

const CONDITIONAL = "set-up decides";

/** The entry of a procedure under its name in the router. */
export function procedureEntry(procedure: Mounted, dialect: RouterDialect, queries: LinkQueries): RawEntry {
  const { framework } = dialect;
  const [main] = procedure.chains;
  const finishing = main === undefined ? null : finishingCall(main, dialect);
  const call = finishing?.site ?? procedure.site;
  const kind = finishing?.name ?? calleeMember(procedure.site);
  const around = procedure.within.flatMap((router) => builderSteps(chainOf(router), framework, queries));
  const own = commonSteps(procedure.chains.map(chainOf), framework, queries);
  const resolvers = originsOfArgument(call, 0, queries);
  const handler = resolvers.find((o) => o.kind === "function") ?? resolvers[0] ?? unknown("no resolver");
  const registration = firstLineOf(call.fn, call.fn.place(call.v));
  const group = procedure.path.includes(".") ? procedure.path.slice(0, procedure.path.lastIndexOf(".")) : "";
  return {
    transport: "rpc",
    framework,
    method: kind.toUpperCase(),
    path: procedure.path,
    handler,
    handlerName: procedure.path,
    given: main === undefined ? builderArguments(framework) : handlerArguments(chainOf(main), framework, queries),
    place: handlerPlace(handler, call) ?? registration,
    registration,
    steps: [...around, ...own],
    nearMisses: [],
    metadata: metadataOf(main === undefined ? [] : chainOf(main), queries),
    group: group || procedure.site.fn.file.path,
    publicMarker: null,
    builder: rootName(call),
    incomplete: procedure.known ? "" : "procedure base not resolved",
  };
}

/** `.meta({ check: ({ input }) => … })`, which the steps of the builder get to see. */
function metadataOf(calls: readonly ChainCall[], queries: LinkQueries): ReadonlyMap<string, readonly Origin[]> {
  const given = calls.filter((call) => call.name === "meta").map((call) => originsOfArgument(call.site, 0, queries));
  const last = given.at(-1);
  return last === undefined ? new Map() : new Map([[META, last]]);
}

/** Name at the root of a chain of calls: `publicProcedure` of `publicProcedure.input(x).query(f)`. */
function rootName({ fn, v }: Site): string {
  let at = v;
  for (let steps = 0; steps < 60; steps += 1) {
    const op = fn.op(at);
    if (op === Op.Call) at = fn.callee(at);
    else if (op === Op.Member && fn.op(fn.a(at)) !== Op.Var && fn.op(fn.a(at)) !== Op.Global) at = fn.a(at);
    else break;
  }
  // `t.procedure` is named for what it is, `publicProcedure.query` for what it is made from
  const named = fn.op(at) === Op.Member && fn.memberName(at) !== "procedure" ? fn.a(at) : at;
  return calleeName(fn, named);
}

/** The resolver's head, when it is written in the call or elsewhere in the project. */
function handlerPlace(handler: Origin, call: Site): RawEntry["place"] | null {
  if (handler.kind === "function") return headOfFunction(handler.fn);
  const argument = argumentAt(call, 0);
  return argument === null || argument.fn.start(argument.v) < 0
    ? null
    : firstLineOf(argument.fn, argument.fn.place(argument.v));
}

function calleeMember({ fn, v }: Site): string {
  return fn.op(v) === Op.Call ? fn.memberName(fn.callee(v)) : "";
}

/** Steps of all alternatives in the order of the longest; one that not all have is conditional. */
function commonSteps(
  calls: readonly (readonly ChainCall[])[],
  dialect: string,
  queries: LinkQueries,
): readonly BuilderStep[] {
  const alternatives = calls.map((chain) => builderSteps(chain, dialect, queries));
  const longest = alternatives.toSorted((a, b) => b.length - a.length)[0] ?? [];
  if (alternatives.length < 2) return longest;
  const keys = alternatives.map((steps) => new Set(steps.map((step) => siteKey(step.addedAt))));
  return longest.map((step) =>
    keys.every((known) => known.has(siteKey(step.addedAt))) ? step : { ...step, condition: CONDITIONAL },
  );
}
