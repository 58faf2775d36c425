/** Calls that make routers of tRPC. */
import { Op } from "../../model/lowered.js";
import { calleeName } from "../../program/facts/refusals.js";
import { ByFile } from "../../program/linking/by-file.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries, Site } from "../../program/values/origin.js";
import { originsOfArgument } from "../procedures/builder-chain.js";
import { isRouter, type RouterDialect } from "../procedures/procedure-routers.js";
import type { ProgramIndex } from "../routing.js";

const MODULE = "@trpc/server";
const KINDS = new Set(["query", "mutation", "subscription"]);

export const TRPC: RouterDialect = {
  framework: "trpc",
  module: /^@trpc\/server$/,
  finishing: KINDS,
  routers: new Set(["router", "mergeRouters"]),
  merging: new Set(["mergeRouters"]),
  looksLikeProcedure: ({ fn, v }) => isProcedureCall(fn, v),
};

/** Whether anything of the program may be a router: asked first, because most programs have none. */
export function mayHaveRouters(index: ProgramIndex): boolean {
  if (index.imports(MODULE)) return true;
  return [...KINDS].some((kind) => index.callsOfMember(kind).some(({ fn, v }) => isProcedureCall(fn, v)));
}

/** Calls that make routers, nested and merged ones included. */
export function routerCalls(index: ProgramIndex, queries: LinkQueries): readonly Site[] {
  return [...index.files()].flatMap((file) =>
    likely.of(file, likelyRouters).filter((site) => {
      const origins = queries.evaluate(site);
      const made =
        origins.some((o) => isRouter(o, TRPC)) ||
        (origins.every((o) => o.kind !== "package") && holdsProcedures(site.fn, site.v));
      // inside of a helper the object is a parameter: the helper's callers are read instead
      return made && !isForwarded(site, queries);
    }),
  );
}

const likely = new ByFile<readonly Site[]>();

function likelyRouters(file: ProgramFile): readonly Site[] {
  const found: Site[] = [];
  for (const fn of file.functions())
    for (const v of fn.calls) if (fn.op(v) === Op.Call && looksLikeRouter(fn, v)) found.push({ fn, v, frame: null });
  return found;
}

function looksLikeRouter(fn: FunctionView, v: number): boolean {
  return /router/i.test(calleeName(fn, fn.callee(v))) || holdsProcedures(fn, v);
}

/** An object with a property that is written `something.query(…)` and the like. */
function holdsProcedures(fn: FunctionView, v: number): boolean {
  const [first] = fn.args(v);
  if (first === undefined || fn.op(first) !== Op.Object) return false;
  for (const prop of fn.props(first)) if (isProcedureCall(fn, prop.value)) return true;
  return false;
}

function isProcedureCall(fn: FunctionView, v: number): boolean {
  if (fn.op(v) !== Op.Call || !KINDS.has(fn.memberName(fn.callee(v)))) return false;
  return /procedure/i.test(baseName(fn, v));
}

/** Name at the root of a chain of calls: `publicProcedure` of `publicProcedure.input(x).query(f)`. */
function baseName(fn: FunctionView, value: number): string {
  for (let v = value, steps = 0; steps < 60; steps += 1) {
    const op = fn.op(v);
    if (op === Op.Call) v = fn.callee(v);
    else if (op === Op.Member && fn.op(fn.a(v)) !== Op.Var && fn.op(fn.a(v)) !== Op.Global) v = fn.a(v);
    else return op === Op.Member ? `${calleeName(fn, fn.a(v))}.${fn.memberName(v)}` : calleeName(fn, v);
  }
  return "";
}

function isForwarded(site: Site, queries: LinkQueries): boolean {
  return originsOfArgument(site, 0, queries).every((o) => o.kind === "parameter");
}
