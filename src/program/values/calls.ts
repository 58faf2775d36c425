/** What calling a value gives. */
import { NONE, Op } from "../../model/lowered.js";
import { argumentsOf, callGlobal, callMethod, METHODS_OF_TEXTS_AND_LISTS } from "../linking/builtins.js";
import { madeObject } from "../linking/made-objects.js";
import { frameFor, MAX_FRAME_DEPTH } from "./call-frames.js";
import { derived } from "./computed-origins.js";
import { valuesOfPairs } from "./kept-pairs.js";
import {
  FROM_NOTHING,
  keptUnder,
  type LinkQueries,
  type Origin,
  type PackageOrigin,
  packageCall,
  type Site,
  unknown,
} from "./origin.js";
import { distinct } from "./origin-keys.js";
import { chainMethod } from "./promises.js";
import { resultOfWrapped } from "./wrapped-results.js";

/** Origins of the result of calling (or constructing, or tagging with) `callee` at `site`. */
export function applyOrigin(callee: Origin, site: Site, queries: LinkQueries): readonly Origin[] {
  const chained = chainedPromise(callee, site, queries);
  if (chained !== null) return chained;
  switch (callee.kind) {
    case "function":
      return callFunction(callee, site, queries);
    case "class":
      return [{ kind: "instance", file: callee.file, index: callee.index, site }];
    case "package": {
      const handlers = queries.knowledge.handlersOf(callee, site, queries);
      if (handlers === "caller") return [{ kind: "apply", callee, site, path: [] }];
      if (handlers !== undefined) return distinct(handlers.flatMap((one) => applyOrigin(one, site, queries)));
      return (
        queries.knowledge.call(callee, site, queries) ??
        callGlobal(callee, site, queries) ?? [packageCall(callee, site)]
      );
    }
    case "parameter":
      return callParameter(callee, site, queries);
    case "apply":
      return [{ kind: "apply", callee, site, path: [] }];
    case "fallback":
      return distinct([...callee.value, ...callee.or].flatMap((o) => applyOrigin(o, site, queries)));
    case "source":
      return queries.knowledge.callSource(callee, site, queries) ?? [through([callee], site, queries)];
    case "derived":
      return callDerived(callee, site, queries);
    case "typed":
    case "unknown":
      return queries.knowledge.callByShape(site, queries) ?? [through(receiverOf(site, queries), site, queries)];
    case "constant":
      return [callee.value === undefined || callee.value === null ? FROM_NOTHING : unknown("call of a constant")];
    default:
      return [unknown(`call of a ${callee.kind}`)];
  }
}

/** `rows.then((found) => …)`: what a promise becomes does not depend on who made it. */
function chainedPromise(callee: Origin, site: Site, queries: LinkQueries): readonly Origin[] | null {
  if (callee.kind !== "source" && callee.kind !== "package" && callee.kind !== "unknown") return null;
  if (site.fn.op(site.v) !== Op.Call) return null;
  const method = chainMethod(site.fn, site.v);
  return method === "" ? null : callMethod(receiverOf(site, queries), method, site, queries);
}

function callFunction(
  callee: Extract<Origin, { kind: "function" }>,
  site: Site,
  queries: LinkQueries,
): readonly Origin[] {
  const frame = frameFor(callee, site);
  if (frame.depth > MAX_FRAME_DEPTH) return [unknown("call depth")];
  const made = site.fn.op(site.v) === Op.New ? madeObject(callee, site, queries) : null;
  if (made !== null) return [made];
  const results = queries.bind(queries.returnsOf(callee.fn), frame);
  return (results.every(isOpaque) ? resultOfWrapped(callee, site, queries) : null) ?? results;
}

/** What went through something that cannot be read. */
function isOpaque(origin: Origin): boolean {
  return origin.kind === "unknown" || origin.kind === "package" || (origin.kind === "derived" && origin.how === "call");
}

/** Types of what frameworks hand over: adapters say what it is, so the parameter stays one. */
const HANDED_OVER =
  /(?:Request|Reply|Response|Context(?:Contract)?|ArgumentsHost|Message|Headers|Cookies|Socket|Session|Event|Args)\(\)$/;

/** Types that a schema describes: the values are plain ones, lists and texts that the caller brings. */
const DESCRIBED = /(?:^|\.)(?:infer|input|output|TypeOf|Static|Infer(?:Input|Output)?|InferType)\(\)$/;

/** Instances whose methods give them back, and each plugin is handed one of its own. */
const CHAINED_INSTANCE = /Fastify\w*Instance\(\)$/;

/** A method of a parameter whose declared type is a package's class: no caller could make it anything else. */
function callParameter(
  callee: Extract<Origin, { kind: "parameter" }>,
  site: Site,
  queries: LinkQueries,
): readonly Origin[] {
  const client = calledClient(callee, queries);
  if (client !== null) return applyOrigin(client, site, queries);
  const info = callee.fn.info.params[callee.index];
  const type = callee.path.length === 0 || info === undefined ? undefined : callee.fn.file.lowered.types[info.type];
  const typed = type ? queries.typeOrigin(callee.fn.file, type) : null;
  if (
    typed === null ||
    typed.kind !== "package" ||
    HANDED_OVER.test(typed.path) ||
    DESCRIBED.test(typed.path) ||
    isOwnMethod(typed, callee.path)
  ) {
    return [{ kind: "apply", callee, site, path: [] }];
  }
  // `user.roles.includes(…)`: of a row that a package only describes, the caller says which it is
  if (callee.path.length > 1 && METHODS_OF_TEXTS_AND_LISTS.has(callee.path[callee.path.length - 1])) {
    return [{ kind: "apply", callee, site, path: [] }];
  }
  return distinct(queries.project(typed, callee.path).flatMap((o) => applyOrigin(o, site, queries)));
}

/** Clients of databases that are called themselves: `(db: Knex) => db("orders")`, `({ sql }: { sql: Sql }) => sql(rows)`. */
const CALLED_CLIENT = /(?:^|\.)(?:Knex|Transaction|Sql|TransactionSql)\(\)$/;

function calledClient(
  { fn, index, path }: Extract<Origin, { kind: "parameter" }>,
  queries: LinkQueries,
): PackageOrigin | null {
  const info = fn.info.params[index];
  const type = info === undefined ? undefined : fn.file.lowered.types[info.type];
  const typed = type === undefined ? null : queries.typeOrigin(fn.file, type);
  if (typed === null || (path.length > 0 && typed.kind !== "typed")) return null;
  const [client] = queries.project(typed, path);
  return client?.kind === "package" && CALLED_CLIENT.test(client.path) ? client : null;
}

function isOwnMethod(typed: PackageOrigin, path: readonly string[]): boolean {
  return path.length === 1 && CHAINED_INSTANCE.test(typed.path);
}

function callDerived(
  callee: Extract<Origin, { kind: "derived" }>,
  site: Site,
  queries: LinkQueries,
): readonly Origin[] {
  // a list is joined by one text; a query is joined with a table on a condition, and stays the query
  if (callee.how === "method:join" && site.fn.args(site.v).length > 1) return callee.of;
  if (callee.how.startsWith("method:")) return callMethod(callee.of, callee.how.slice(7), site, queries);
  if (callee.how === "bind") return callee.of;
  if (callee.how === "Map" && site.fn.memberName(site.fn.callee(site.v)) === "get") {
    if (callee.of.length === 0) return [keptUnder(site)];
    const made = receiverOf(site, queries).flatMap((o) => (o.kind === "derived" && o.how === "Map" ? o.of : []));
    const values = valuesOfPairs(made, site, queries);
    if (values !== null) return values;
    // `new Map((await ctx.db.find(…)).map(…))`: what is in it is known to whoever hands the client in
    if (made.some(({ kind }) => kind === "apply")) return [{ kind: "apply", callee, site, path: [] }];
  }
  return queries.knowledge.callByShape(site, queries) ?? [through([callee], site, queries)];
}

/** The result of a call that cannot be read: made of its arguments and its receiver. */
function through(receiver: readonly Origin[], site: Site, queries: LinkQueries): Origin {
  const of = [...receiver, ...argumentsOf(site, queries).flat()].filter((o) => o.kind !== "unknown");
  return derived(of, "call", site);
}

function receiverOf(site: Site, queries: LinkQueries): readonly Origin[] {
  const { fn, v, frame } = site;
  if (fn.op(v) !== Op.Call) return [];
  const callee = fn.callee(v);
  if (callee === NONE || fn.op(callee) !== Op.Member) return [];
  return queries.evaluate({ fn, v: fn.a(callee), frame });
}
