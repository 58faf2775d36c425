/** What the analyses of this room share: the program, its guarantees, the data layers. */
import type { DataRecogniser } from "../frameworks/data/recogniser.js";
import { STRATEGY_DIALECT } from "../frameworks/knowledge/callbacks.js";
import { createChecks } from "../frameworks/knowledge/knowledge.js";
import { asksService, changesOutside, readsStore } from "../frameworks/knowledge/outside.js";
import { sendsMessage } from "../frameworks/knowledge/queues.js";
import type { ProgramIndex } from "../frameworks/routing.js";
import { Op } from "../model/lowered.js";
import { Guarantees } from "../program/facts/guarantees.js";
import type { Program } from "../program/linking/program.js";
import type { LinkQueries, Origin, Site } from "../program/values/origin.js";
import { Carriers } from "../program/walks/carriers.js";
import { Reachability } from "../program/walks/reachability.js";
import { chooseBy } from "./accesses/possible-choices.js";

export interface Analysis {
  readonly program: Program;
  readonly queries: LinkQueries;
  readonly guarantees: Guarantees;
  readonly data: DataRecogniser;
  readonly index: ProgramIndex;
  /** functions from which data or a continuation can be reached */
  readonly reachability: Reachability;
  /** calls that are handed the request or its continuation */
  readonly requestCarriers: Carriers;
}

/**
 * What the analyses of a program work with.
 *
 * @param before of nearly the same program, with the same data layers: what it found where nothing changed is taken over
 */
export function analysisOf(
  program: Program,
  queries: LinkQueries,
  data: DataRecogniser,
  index: ProgramIndex,
  before?: Analysis,
): Analysis {
  const guarantees = new Guarantees(queries, createChecks(data), before?.guarantees);
  chooseBy(data, guarantees);
  const reachability = new Reachability(
    guarantees,
    (site, callees) =>
      data.isDataShape(site) ||
      callees.some(
        (callee) =>
          isContinuation(callee) ||
          data.isDataCall(site, callee, queries) ||
          changesOutside(callee, site, queries) ||
          (callee.kind === "package" && (asksService(callee) || readsStore(callee))) ||
          sendsMessage(callee),
      ),
    "may",
    before?.reachability,
  );
  const requestCarriers = new Carriers(queries, isRequestItself);
  return { program, queries, guarantees, data, index, reachability, requestCarriers };
}

/** The request, response or continuation; not what is read from them. */
function isRequestItself(origin: Origin): boolean {
  if (origin.kind !== "source") return false;
  return origin.source === "context" || (origin.source === "request" && /^(?:response)?$/.test(origin.path));
}

/** True for the continuation that a framework hands to middleware. */
export function isContinuation(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "context" && origin.dialect === "next";
}

/** True for a continuation that an answer before it makes void. */
export function isVoidAfterAnswer(origin: Origin): boolean {
  return isContinuation(origin) && origin.kind === "source" && origin.path === "done";
}

/** Some branch of the function asks whether there was an error. */
function testsError({ fn, frame }: Site, queries: LinkQueries): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Branch) continue;
    const tested = queries.evaluate({ fn, v: fn.a(v), frame });
    if (tested.some((o) => o.kind === "source" && o.dialect === STRATEGY_DIALECT)) return true;
  }
  return false;
}

/** `next(error)`, `next("route")`, `accept(false)`: not a way to the handler. */
export function passesError(site: Site, callees: readonly Origin[], queries: LinkQueries): boolean {
  const { fn, v, frame } = site;
  const args = fn.args(v);
  if (args.length === 0) return false;
  const origins = queries.evaluate({ fn, v: args[0], frame });
  // where there is no route to be left, the word is passed over
  const outside = callees.some((o) => isContinuation(o) && o.kind === "source" && o.path === "use");
  if (outside && origins.every((o) => o.kind === "constant" && o.value === "route")) return false;
  // `(error, user) => next(error)` of a strategy: where nobody asked whether there is one, it hands on nothing
  if (origins.every((o) => o.kind === "source" && o.dialect === STRATEGY_DIALECT)) return testsError(site, queries);
  // builders hand on `{ ctx }`; errors are instances, caught values, strings
  return origins.some(
    (o) =>
      o.kind === "instance" ||
      (o.kind === "package" && o.path.includes("()")) ||
      (o.kind === "source" && o.source === "error") ||
      (o.kind === "constant" && (typeof o.value === "string" || o.value === false)) ||
      (o.kind === "derived" && o.how === "call"),
  );
}
