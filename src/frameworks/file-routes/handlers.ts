/** From an exported value to the function that runs: wrappers of packages taken off, local ones left to the engine. */
import { NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { frameArgument } from "../../program/values/frame-arguments.js";
import { type Frame, type LinkQueries, type Origin, type Site, unknown } from "../../program/values/origin.js";
import { functionArgument, headOfFunction, nameOfFunction } from "../procedures/builder-chain.js";
import type { Arguments, RawEntry, RawStep } from "../routing.js";

export type FunctionOrigin = Extract<Origin, { kind: "function" }>;

export interface Handler {
  readonly origin: Origin;
  readonly name: string;
  /** first line of the innermost local function, the export when there is none */
  readonly place: Place;
  /** packages that wrap it, outermost first */
  readonly steps: readonly RawStep[];
  /** the function that does the work, when local wrappers made `origin` of it */
  readonly wrapped: FunctionView | null;
  /** the options that hand that function over under a name; null when it is handed over by itself */
  readonly options?: HandedOptions | null;
}

export type HandedOptions = NonNullable<RawEntry["handedAs"]>;

interface Handed {
  readonly work: FunctionOrigin;
  readonly options: HandedOptions | null;
}

const MAX_WRAPPERS = 8;
/** properties of an options object under which factories take the function that does the work */
const WORK = ["fn", "handler", "handle", "action", "execute", "run", "resolver", "controller"];

/** Reads an exported value. `method` chooses among handlers kept in an object by method. */
export function handlerOf(
  origins: readonly Origin[],
  exported: { readonly name: string; readonly place: Place },
  method: string,
  given: Arguments,
  queries: LinkQueries,
): Handler {
  const steps: RawStep[] = [];
  let origin = best(origins);
  for (let i = 0; i < MAX_WRAPPERS && origin.kind !== "function"; i += 1) {
    const site: Site | null = origin.kind === "package" || origin.kind === "derived" ? origin.site : null;
    const inner: FunctionOrigin | null = site === null ? null : functionArgument(site, queries);
    if (site === null || inner === null) break;
    steps.push({
      name: displayName(site.fn, site.fn.callee(site.v)),
      kind: "wrapper",
      place: site.fn.place(site.v),
      origin: origin.kind === "package" ? origin : calleeOf(site, queries),
      given,
      continuation: "returns",
      condition: "",
    });
    origin = inner;
  }
  const handed = origin.kind === "function" ? innermostHanded(origin, method, queries) : null;
  const innermost = handed?.work ?? null;
  const place = innermost === null ? exported.place : headOfFunction(innermost.fn);
  const own = innermost === null ? "" : nameOfFunction(innermost.fn);
  const wrapped = innermost === null || innermost === origin ? null : innermost.fn;
  return { origin, steps, place, name: own === "" ? exported.name : own, wrapped, options: handed?.options ?? null };
}

/** The alternative that tells most. */
function best(origins: readonly Origin[]): Origin {
  return (
    origins.find((o) => o.kind === "function") ??
    origins.find((o) => o.kind === "package") ??
    origins.find((o) => o.kind === "derived") ??
    origins[0] ??
    unknown("no value")
  );
}

function calleeOf(site: Site, queries: LinkQueries): Origin {
  const { fn, v, frame } = site;
  return best(queries.evaluate({ fn, v: fn.callee(v), frame }));
}

/** The handler inside of what local wrappers returned; the function itself when it wraps nothing. */
export function innermostOf(origin: FunctionOrigin, method: string, queries: LinkQueries): FunctionOrigin {
  return innermostHanded(origin, method, queries).work;
}

function innermostHanded(origin: FunctionOrigin, method: string, queries: LinkQueries): Handed {
  let current: Handed = { work: origin, options: null };
  for (let i = 0; i < MAX_WRAPPERS; i += 1) {
    const inner = wrappedBy(current.work, method, queries);
    if (inner === null) return current;
    current = inner;
  }
  return current;
}

function wrappedBy(origin: FunctionOrigin, method: string, queries: LinkQueries): Handed | null {
  for (let frame: Frame | null = origin.frame; frame !== null; frame = frame.lexical) {
    for (let i = 0; i < frame.fn.info.params.length; i += 1) {
      const found = handedTo(frameArgument(frame, i, queries), method, queries);
      if (found !== null && found.work.fn !== origin.fn) return found;
    }
  }
  return null;
}

function handedTo(origins: readonly Origin[], method: string, queries: LinkQueries): Handed | null {
  for (const origin of origins) {
    if (origin.kind === "function" && origin.fn.hasBody)
      return madeBy(origin, queries) ?? { work: origin, options: null };
    // `createRoute(...args)`
    for (const one of origin.kind === "derived" ? (origin.rest?.known ?? []) : []) {
      const found = handedTo(one, method, queries);
      if (found !== null) return found;
    }
    if (origin.kind !== "literal" || origin.form !== "object") continue;
    for (const name of method === "" ? WORK : [method, ...WORK]) {
      for (const inner of queries.project(origin, [name])) {
        if (inner.kind === "function") return { work: inner, options: { name, object: origin, work: inner } };
        // `{ GET: { auth: true, handle } }`
        const work = name === method ? handedTo([inner], "", queries) : null;
        if (work !== null) return work;
      }
    }
  }
  return null;
}

/** `(version) => ({ request: schemas[version], handler })`: what is handed over makes the options of the route. */
function madeBy({ fn }: FunctionOrigin, queries: LinkQueries): Handed | null {
  const [made, ...others] = queries.returnsOf(fn);
  if (made?.kind !== "literal" || made.form !== "object" || others.length > 0 || made.site.fn !== fn) return null;
  return handedTo([made], "", queries);
}

/** The value that a call site's callee is a member of, NONE for plain calls. */
export function receiverOf(site: Site): number {
  const { fn, v } = site;
  const callee = fn.op(v) === Op.Call ? fn.callee(v) : NONE;
  return callee !== NONE && fn.op(callee) === Op.Member ? fn.a(callee) : NONE;
}
