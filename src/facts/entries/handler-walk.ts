/**
 * Goes through everything an entry point runs. What wrappers made the handler of is gone through by itself: however
 * much they do before they call it, the work is seen.
 */
import { Op } from "../../model/lowered.js";
import { commonFacts } from "../../program/facts/common-facts.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { frameFor, givenFrame } from "../../program/values/call-frames.js";
import { leaves } from "../../program/values/computed-origins.js";
import { frameArgument } from "../../program/values/frame-arguments.js";
import type { Frame, Origin, Site } from "../../program/values/origin.js";
import { argumentsAt, type Visit, walk } from "../../program/walks/walk.js";
import type { Analysis } from "../analysis.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

export interface HandlerWalk {
  /** a bound was hit: there may be more than was seen */
  readonly cut: boolean;
  /** what holds wherever the function that does the work is called */
  readonly work: readonly (readonly Fact[])[];
  /** what that function ensures itself wherever it is called */
  readonly own: readonly Fact[];
  /** where it is called was known by its name alone: which of the wrapper's ways lead there is not */
  readonly byName: boolean;
}

interface Work {
  readonly callee: FunctionOrigin;
  readonly site: Site;
  readonly facts: readonly Fact[];
  /** what it is called with where the call itself does not tell */
  readonly given?: Frame;
}

export interface NamedWork {
  readonly name: string;
  readonly work: FunctionOrigin;
  /** what a factory made of the request before it calls the function */
  readonly request: readonly Origin[];
}

const MAX_WORK = 4;
const MAX_WRAPPERS = 4;

/**
 * @param wrapped the function that does the work, null when nothing wraps it
 * @param named the same with its name among the options of a factory
 */
export function walkHandler(
  handler: FunctionOrigin,
  frame: Frame,
  wrapped: FunctionView | null,
  named: NamedWork | null,
  inherited: readonly Fact[],
  analysis: Analysis,
  visit: (visit: Visit) => boolean,
): HandlerWalk {
  const { guarantees, reachability } = analysis;
  const interesting = (fn: FunctionView, at: Site, inner: Frame): boolean =>
    reachability.reachesFrom(fn, at, inner.self);
  const work: Work[] = [];
  const outer = walk(handler, frame, guarantees, inherited, {
    interesting,
    visit: (one) => takeWork(one, wrapped, analysis, work) || visit(one),
  });
  // it may be called behind everything that was gone through
  if (outer.cut && wrapped !== null && work.length === 0) findWork(handler, frame, wrapped, inherited, analysis, work);
  const byName = named !== null && work.length === 0;
  if (byName) work.push(...namedWork(handler, frame, named, inherited, analysis));
  let { cut } = outer;
  for (const { callee, site, facts, given } of work.slice(0, MAX_WORK)) {
    const inner = walk(callee, given ?? frameFor(callee, site), guarantees, facts, { interesting, visit });
    cut ||= inner.cut;
  }
  // tried again after a failure, it ensures the same each time
  const each = work
    .slice(0, MAX_WORK)
    .map(({ callee, site, given }) =>
      guarantees.ensures(callee.fn, { kind: "accepted" }, given ?? frameFor(callee, site)),
    );
  const own = commonFacts(each, (facts) => guarantees.checks.level(facts, guarantees.queries));
  return {
    cut,
    work: work.map((one) => one.facts),
    own: work.length > MAX_WORK ? [] : own,
    byName: byName && work.length > 0,
  };
}

/** The one function that local wrappers were given to run (`asyncHandler(work)`); null where none or several were. */
export function workOf(handler: FunctionOrigin, { queries }: Analysis): FunctionView | null {
  let found: FunctionView | null = null;
  let current: FunctionOrigin | null = handler;
  for (let i = 0; i < MAX_WRAPPERS && current !== null; i += 1) {
    const given: readonly FunctionOrigin[] = current.frame === null ? [] : functionsGiven(current.frame, queries);
    const [only, ...others] = given;
    current = only !== undefined && others.length === 0 && only.fn !== current.fn ? only : null;
    if (current !== null) found = current.fn;
  }
  return found;
}

function functionsGiven(frame: Frame, queries: Analysis["queries"]): readonly FunctionOrigin[] {
  return frame.fn.info.params.flatMap((_, i) =>
    frameArgument(frame, i, queries).flatMap((o) => (o.kind === "function" && o.fn.hasBody ? [o] : [])),
  );
}

/** Only the way of the function itself: calls that hand on functions. */
function findWork(
  handler: FunctionOrigin,
  frame: Frame,
  wrapped: FunctionView,
  inherited: readonly Fact[],
  analysis: Analysis,
  work: Work[],
): void {
  const { guarantees } = analysis;
  walk(handler, frame, guarantees, inherited, {
    interesting: (_fn, at) => handsOnFunctions(at, analysis),
    visit: (one) => takeWork(one, wrapped, analysis, work),
  });
}

/**
 * `await route.handler(parsed, whole)` in the file of the factory: which route that is, is lost in its tables, and the
 * name says that it is the one which the options handed over.
 */
function namedWork(
  handler: FunctionOrigin,
  frame: Frame,
  { name, work: callee, request }: NamedWork,
  inherited: readonly Fact[],
  analysis: Analysis,
): readonly Work[] {
  const { guarantees } = analysis;
  const found: Work[] = [];
  walk(handler, frame, guarantees, inherited, {
    interesting: (fn, at) => fn.file === handler.fn.file || handsOnFunctions(at, analysis),
    visit: (visit) => {
      const { fn, v } = visit.site;
      const isNamed = fn.op(v) === Op.Call && fn.memberName(fn.callee(v)) === name && fn.file === handler.fn.file;
      if (!isNamed || visit.callees.some((o) => o.kind === "function")) return false;
      const args = argumentsAt(visit.site, guarantees.queries).map((given) => (given.every(isLost) ? request : given));
      const depth = Math.max(visit.site.frame?.depth ?? 0, callee.frame?.depth ?? 0);
      found.push({ callee, site: visit.site, facts: visit.facts(), given: givenFrame(callee, args, depth) });
      return true;
    },
  });
  return found;
}

function handsOnFunctions(at: Site, { queries }: Analysis): boolean {
  return argumentsAt(at, queries).some((origins) => origins.some((o) => o.kind === "function"));
}

/** Nothing is left of it, or it is what stands in a list before anything was put there. */
function isLost(origin: Origin): boolean {
  const isNothing = (o: Origin): boolean => o.kind === "unknown" || (o.kind === "constant" && o.value === undefined);
  return isNothing(origin) || (origin.kind === "derived" && leaves([origin]).every(isNothing));
}

/** Where a wrapper accepts one of several proofs, what they have in common is who calls. */
function takeWork(visit: Visit, wrapped: FunctionView | null, { guarantees }: Analysis, work: Work[]): boolean {
  if (wrapped === null) return false;
  const [callee, ...others] = visit.callees.filter((o) => o.kind === "function");
  if (callee?.kind !== "function" || callee.fn !== wrapped || others.length > 0) return false;
  const level = (facts: readonly Fact[]): ReturnType<typeof guarantees.checks.level> =>
    guarantees.checks.level(facts, guarantees.queries);
  const facts = visit.facts();
  const ways = level(facts) === null ? commonFacts(visit.ways(), level) : [];
  work.push({ callee, site: visit.site, facts: uniqueFacts([...facts, ...ways]) });
  return true;
}
