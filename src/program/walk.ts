/**
 * Goes through everything that runs when a function is called: its calls, those of the local functions it calls,
 * of closures it hands on. Arguments are bound call by call, so each visit sees the values of this entry alone.
 */
import { FnHint, MemberKind, NONE, Op } from "../model/lowered.js";
import type { Flow } from "./control-flow.js";
import { displayName } from "./fact-reader.js";
import { type Fact, type FactSource, uniqueFacts } from "./facts.js";
import { FramedMemo } from "./framed-memo.js";
import { bindingsDone } from "./frames.js";
import type { FunctionView } from "./function-view.js";
import type { Guarantees } from "./guarantees.js";
import { type Frame, frameFor, givenFrame, type Origin, type Site, siteKey, unknown } from "./origin.js";

export interface Visit {
  readonly site: Site;
  readonly callees: readonly Origin[];
  /** calls from the entry down to here, outermost first */
  readonly chain: readonly FactSource[];
  /** what holds when control reaches the call; computed when asked */
  facts(): readonly Fact[];
  /** the same for each way through the calling function */
  ways(): readonly (readonly Fact[])[];
}

export interface WalkOptions {
  /** Called for each call reached. True: it is dealt with, do not go into it. */
  visit(visit: Visit): boolean;
  /** Called for each write to a member. */
  write?(site: Site, facts: () => readonly Fact[]): void;
  /** Functions that cannot matter are not entered. */
  interesting(fn: FunctionView): boolean;
}

export interface WalkOutcome {
  /** a bound was hit: there may be more than was seen */
  readonly cut: boolean;
}

const MAX_CALLS_DEEP = 12;
const MAX_FUNCTIONS = 250;
/** work that one entry may cost; services where everything calls everything end here */
const MAX_BINDINGS = 60_000;

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

/** What holds where a function was called; asked for only when a visit wants to know. */
type FactsThere = () => readonly Fact[];

export function walk(
  start: FunctionOrigin,
  frame: Frame,
  guarantees: Guarantees,
  inherited: readonly Fact[],
  options: WalkOptions,
): WalkOutcome {
  const walker = new Walker(guarantees, options);
  walker.enter(start.fn, frame, () => inherited, [], 0);
  return { cut: walker.cut };
}

class Walker {
  cut = false;
  #entered = 0;
  readonly #began = bindingsDone();
  readonly #stack: FunctionView[] = [];

  constructor(
    private readonly guarantees: Guarantees,
    private readonly options: WalkOptions,
  ) {}

  enter(fn: FunctionView, frame: Frame, inherited: FactsThere, chain: readonly FactSource[], depth: number): void {
    if (!fn.hasBody || this.#stack.includes(fn)) return;
    if (depth > MAX_CALLS_DEEP || this.#entered >= MAX_FUNCTIONS || bindingsDone() - this.#began > MAX_BINDINGS) {
      this.cut = true;
      return;
    }
    this.#entered += 1;
    this.#stack.push(fn);
    const flow = this.guarantees.flow(fn, frame, false);
    for (const call of fn.calls) {
      if (bindingsDone() - this.#began > MAX_BINDINGS) this.cut = true;
      if (this.cut || !flow.reachable(call)) continue;
      this.#call({ fn, v: call, frame }, inherited, chain, depth);
    }
    if (this.options.write !== undefined) this.#writes(fn, frame, flow, inherited);
    this.#stack.pop();
  }

  #writes(fn: FunctionView, frame: Frame, flow: Flow, inherited: FactsThere): void {
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) !== Op.SetMember || !flow.reachable(v)) continue;
      const site: Site = { fn, v, frame };
      this.options.write?.(site, () => this.#factsAt(site, inherited));
    }
  }

  #factsAt(site: Site, inherited: FactsThere): readonly Fact[] {
    return uniqueFacts([...this.guarantees.factsAt(site), ...inherited()]);
  }

  #call(site: Site, inherited: FactsThere, chain: readonly FactSource[], depth: number): void {
    const { fn, v, frame } = site;
    const { queries } = this.guarantees;
    const callees = queries.evaluate({ fn, v: fn.callee(v), frame });
    let known: readonly Fact[] | undefined;
    const facts = (): readonly Fact[] => {
      known ??= this.#factsAt(site, inherited);
      return known;
    };
    const ways = (): readonly (readonly Fact[])[] =>
      this.guarantees.waysTo(site).map((way) => uniqueFacts([...way, ...inherited()]));
    if (this.options.visit({ site, callees, chain, facts, ways })) return;
    for (const callee of callees) {
      if (callee.kind === "function") this.#descend(callee, frameAt(callee, site), site, facts, chain, depth);
      else if (callee.kind === "class") this.#construct(callee, site, facts, chain, depth);
      else this.#callbacks(callee, site, facts, chain, depth);
    }
  }

  #descend(
    callee: FunctionOrigin,
    inner: Frame,
    site: Site,
    facts: () => readonly Fact[],
    chain: readonly FactSource[],
    depth: number,
  ): void {
    if (!this.options.interesting(callee.fn) && (callee.fn.info.hints & FnHint.CallsParameter) === 0) return;
    const step: FactSource = {
      name: callee.fn.info.name || displayName(site.fn, site.v),
      place: site.fn.place(site.v),
      definedAt: callee.fn.ownPlace,
    };
    this.enter(callee.fn, inner, facts, [...chain, step], depth + 1);
  }

  #construct(
    callee: Extract<Origin, { kind: "class" }>,
    site: Site,
    facts: () => readonly Fact[],
    chain: readonly FactSource[],
    depth: number,
  ): void {
    const info = callee.file.lowered.classes[callee.index];
    const member = info.members.find((m) => m.kind === MemberKind.Constructor && m.fn !== NONE);
    if (member === undefined) return;
    const ctor: FunctionOrigin = { kind: "function", fn: callee.file.fn(member.fn), frame: callee.frame, self: null };
    this.#descend(ctor, frameAt(ctor, site), site, facts, chain, depth);
  }

  /** Functions handed to something that cannot be read run at that point, with arguments nobody knows. */
  #callbacks(
    callee: Origin,
    site: Site,
    facts: () => readonly Fact[],
    chain: readonly FactSource[],
    depth: number,
  ): void {
    const { fn, v, frame } = site;
    if (fn.op(v) === Op.Tagged) return;
    const { queries } = this.guarantees;
    for (const arg of fn.args(v)) {
      for (const origin of queries.evaluate({ fn, v: arg, frame })) {
        if (origin.kind !== "function") continue;
        const given = this.#callbackArguments(callee, site) ?? origin.fn.info.params.map(() => [unknown("callback")]);
        const inner = givenFrame(origin, given, Math.max(frame?.depth ?? 0, origin.frame?.depth ?? 0));
        this.#descend(origin, inner, site, facts, chain, depth);
      }
    }
  }

  #callbackArguments(callee: Origin, site: Site): readonly (readonly Origin[])[] | undefined {
    const { queries } = this.guarantees;
    const known = queries.knowledge.callbackArguments(callee, site, queries);
    if (known !== undefined) return known;
    if (callee.kind !== "derived" || !callee.how.startsWith("method:")) return undefined;
    if (callee.how === "method:then" || callee.how === "method:finally") return [callee.of];
    return [callee.of.flatMap((o) => [...queries.project(o, ["[]"])])];
  }
}

const frames = new FramedMemo<Origin, Map<string, Frame>>();

/** Several walks come by the same call; with the same frame they find what is known behind it. */
function frameAt(callee: FunctionOrigin, site: Site): Frame {
  if (site.frame === null) return frameFor(callee, site);
  const known = frames.get(site.frame, callee, () => new Map());
  const key = siteKey(site);
  const frame = known.get(key) ?? frameFor(callee, site);
  known.set(key, frame);
  return frame;
}

/** Functions from which a call of interest can be reached, found once for the whole program. */
export class Reachability {
  readonly #memo = new Map<FunctionView, boolean>();

  constructor(
    private readonly guarantees: Guarantees,
    private readonly isInteresting: (site: Site, callees: readonly Origin[]) => boolean,
  ) {}

  reaches(fn: FunctionView): boolean {
    const known = this.#memo.get(fn);
    if (known !== undefined) return known;
    const visited = new Set<FunctionView>();
    const answer = this.#search(fn, visited, 0);
    // a search that came back empty has shown the same for all that it saw
    if (!answer) for (const seen of visited) this.#memo.set(seen, false);
    this.#memo.set(fn, answer);
    return answer;
  }

  #search(fn: FunctionView, visited: Set<FunctionView>, depth: number): boolean {
    const known = this.#memo.get(fn);
    if (known !== undefined) return known;
    if (visited.has(fn) || depth > 40 || !fn.hasBody) return false;
    visited.add(fn);
    const { queries } = this.guarantees;
    for (const call of fn.calls) {
      const site: Site = { fn, v: call, frame: null };
      const callees = queries.evaluate({ fn, v: fn.callee(call), frame: null });
      if (this.isInteresting(site, callees) || this.#searchCallees(site, callees, visited, depth)) {
        this.#memo.set(fn, true);
        return true;
      }
    }
    return false;
  }

  #searchCallees(site: Site, callees: readonly Origin[], visited: Set<FunctionView>, depth: number): boolean {
    for (const callee of callees) {
      if (callee.kind === "function" && this.#search(callee.fn, visited, depth + 1)) return true;
      // what a caller passes in may do anything
      if (callee.kind === "parameter" || callee.kind === "apply") return true;
    }
    const { fn, v } = site;
    if (fn.op(v) === Op.Tagged) return false;
    for (const arg of fn.args(v)) {
      if (fn.op(arg) !== Op.Closure && fn.op(arg) !== Op.Var) continue;
      for (const origin of this.guarantees.queries.evaluate({ fn, v: arg, frame: null })) {
        if (origin.kind === "function" && this.#search(origin.fn, visited, depth + 1)) return true;
      }
    }
    return false;
  }
}
