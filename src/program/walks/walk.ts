/**
 * Goes through everything that runs when a function is called: its calls, those of the local functions it calls,
 * of closures it hands on. Arguments are bound call by call, so each visit sees the values of this entry alone.
 */
import { MemberKind, NONE, Op } from "../../model/lowered.js";
import type { Flow } from "../facts/control-flow.js";
import { displayName } from "../facts/fact-reader.js";
import { type Fact, type FactSource, uniqueFacts } from "../facts/facts.js";
import type { Guarantees } from "../facts/guarantees.js";
import type { FunctionView } from "../linking/function-view.js";
import { frameFor, givenFrame } from "../values/call-frames.js";
import { mayBeHandedIn } from "../values/computed-origins.js";
import { frameArgument } from "../values/frame-arguments.js";
import { FramedMemo } from "../values/framed-memo.js";
import { bindingsDone } from "../values/frames.js";
import {
  type Frame,
  type LinkQueries,
  type Origin,
  type PackageOrigin,
  type Site,
  source,
  UNDEFINED,
  unknown,
} from "../values/origin.js";
import { siteKey } from "../values/origin-keys.js";
import { chainMethod, chainReceiver } from "../values/promises.js";

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
  /** Answers that turn the caller away end a path. */
  readonly refusalsEnd?: boolean;
  /** Functions that cannot matter, called at that site with that frame, are not entered. */
  interesting(fn: FunctionView, site: Site, frame: Frame): boolean;
}

export interface WalkOutcome {
  /** a bound was hit: there may be more than was seen */
  readonly cut: boolean;
}

const MAX_CALLS_DEEP = 12;
const MAX_FUNCTIONS = 250;
/** how often a function that runs others stands inside of itself */
const MAX_NESTED = 4;
/** work that one entry may cost; services where everything calls everything end here */
const MAX_BINDINGS = 60_000;

/** What a package makes of a function (`createAuthMiddleware(f)`) runs when what was made is asked, and not here. */
const MADE_FOR_LATER = /(?:^|\.)(?:create|define)\w*(?:Middleware|Endpoint)$/;

interface CallbackRun {
  readonly given: readonly (readonly Origin[])[];
  readonly facts: FactsThere;
}

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
  /** all that one walk may cost was spent */
  #spent = false;
  #entered = 0;
  readonly #began = bindingsDone();
  readonly #stack: FunctionView[] = [];
  /** functions that are given nothing: what they do once they do each time */
  readonly #settled = new Set<FunctionView>();

  constructor(
    private readonly guarantees: Guarantees,
    private readonly options: WalkOptions,
  ) {}

  enter(fn: FunctionView, frame: Frame, inherited: FactsThere, chain: readonly FactSource[], depth: number): void {
    if (!fn.hasBody || this.#settled.has(fn) || (this.#stack.includes(fn) && !this.#runsOther(fn, frame))) return;
    const deep = depth > MAX_CALLS_DEEP;
    if (!deep && (this.#entered >= MAX_FUNCTIONS || this.#isDear())) this.#spent = true;
    if (deep || this.#spent) {
      // one way that leads too deep ends there, and the others are gone through
      this.cut = true;
      return;
    }
    this.#entered += 1;
    this.#stack.push(fn);
    const flow = this.guarantees.flow(fn, frame, this.options.refusalsEnd ?? false);
    for (const call of fn.calls) {
      if (this.#isDear()) this.#spent = true;
      if (this.#spent || !flow.reachable(call)) continue;
      this.#call({ fn, v: call, frame }, inherited, chain, depth);
    }
    if (this.#spent) this.cut = true;
    if (this.options.write !== undefined) this.#writes(fn, frame, flow, inherited);
    this.#stack.pop();
    if (isGivenNothing(fn)) this.#settled.add(fn);
  }

  #isDear(): boolean {
    return bindingsDone() - this.#began > MAX_BINDINGS;
  }

  #writes(fn: FunctionView, frame: Frame, flow: Flow, inherited: FactsThere): void {
    for (let v = 0; v < fn.valueCount; v += 1) {
      const op = fn.op(v);
      if ((op !== Op.SetMember && op !== Op.SetIndex) || !flow.reachable(v)) continue;
      const site: Site = { fn, v, frame };
      this.options.write?.(site, () => this.#factsAt(site, inherited));
    }
  }

  #factsAt(site: Site, inherited: FactsThere): readonly Fact[] {
    return uniqueFacts([...this.guarantees.factsAt(site, this.options.refusalsEnd), ...inherited()]);
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
      this.guarantees
        .waysTo(site, this.options.refusalsEnd ? "answered" : "needed")
        .map((way) => uniqueFacts([...way, ...inherited()]));
    if (this.options.visit({ site, callees, chain, facts, ways })) return;
    for (const callee of callees.length === 0 ? [unknown("callee")] : callees) {
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
    if (!this.options.interesting(callee.fn, site, inner)) return;
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

  /** `traced("outer", () => traced("inner", () => work()))`: once more inside of itself, and it runs something else. */
  #runsOther(fn: FunctionView, frame: Frame): boolean {
    if (this.#stack.filter((one) => one === fn).length >= MAX_NESTED) return false;
    for (let around: Frame | null = frame; around !== null; around = around.lexical) {
      const given = around;
      const runs = given.fn.info.params.flatMap((_, index) => frameArgument(given, index, this.guarantees.queries));
      if (runs.some((o) => o.kind === "function" && o.fn.hasBody && !this.#stack.includes(o.fn))) return true;
    }
    return false;
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
    if (fn.op(v) === Op.Tagged || (callee.kind === "package" && MADE_FOR_LATER.test(callee.path))) return;
    const { queries } = this.guarantees;
    for (const arg of fn.args(v)) {
      // most arguments are plain values whoever calls: they need not be bound to know that
      if (!queries.evaluate({ fn, v: arg, frame: null }).some(mayBeHandedIn)) continue;
      for (const origin of queries.evaluate({ fn, v: arg, frame })) {
        if (origin.kind !== "function") continue;
        for (const run of this.#runs(callee, site, origin, facts)) {
          const inner = givenFrame(origin, run.given, Math.max(frame?.depth ?? 0, origin.frame?.depth ?? 0));
          this.#descend(origin, inner, site, run.facts, chain, depth);
        }
      }
    }
  }

  /** The ways in which a callback is run: with which arguments, and what holds then. */
  #runs(callee: Origin, site: Site, callback: FunctionOrigin, facts: FactsThere): readonly CallbackRun[] {
    const { fn, v, frame } = site;
    if (fn.op(v) === Op.Call && chainMethod(fn, v) === "then") {
      const given = [this.guarantees.queries.evaluate({ fn, v: chainReceiver(fn, v), frame })];
      const settled = (): readonly Fact[] => this.guarantees.fulfilled({ fn, v: chainReceiver(fn, v), frame });
      const isFulfilment = fn.args(v).length < 2 || this.#isFirstArgument(site, callback);
      return [{ given, facts: isFulfilment ? () => uniqueFacts([...facts(), ...settled()]) : facts }];
    }
    const handed = this.#callbackArguments(callee, site);
    if (handed === null) return [];
    const given = handed ?? callback.fn.info.params.map(() => [unknown("callback")]);
    const check =
      callee.kind === "package" ? this.guarantees.checks.continuation(callee, this.guarantees.queries) : undefined;
    if (callee.kind !== "package") return [{ given, facts }];
    if (check === undefined) return [{ given, facts: this.#behindWrapper(callee, site, callback, facts) }];
    const passed = this.guarantees.reader.checked(check, callee, site);
    return [
      { given: [[UNDEFINED]], facts: () => uniqueFacts([...facts(), passed]) },
      { given: [[source("error", "", {})]], facts },
    ];
  }

  /** `verifySignature(handler)` */
  #behindWrapper(callee: PackageOrigin, site: Site, callback: FunctionOrigin, facts: FactsThere): FactsThere {
    const { checks, queries, reader } = this.guarantees;
    const check = this.#isFirstArgument(site, callback) ? checks.wrapper(callee, site, queries) : undefined;
    return check === undefined ? facts : () => uniqueFacts([...facts(), reader.checked(check, callee, site)]);
  }

  #isFirstArgument(site: Site, callback: FunctionOrigin): boolean {
    const { fn, v, frame } = site;
    return this.guarantees.queries
      .evaluate({ fn, v: fn.args(v)[0], frame })
      .some((o) => o.kind === "function" && o.fn === callback.fn);
  }

  #callbackArguments(callee: Origin, site: Site): readonly (readonly Origin[])[] | null | undefined {
    const { queries } = this.guarantees;
    const known = queries.knowledge.callbackArguments(callee, site, queries);
    if (known !== undefined) return known;
    if (callee.kind !== "derived" || !callee.how.startsWith("method:")) return undefined;
    return [callee.of.flatMap((o) => [...queries.project(o, ["[]"])])];
  }
}

/** Neither arguments nor a receiver nor variables of a function around it. */
function isGivenNothing({ info, parent }: FunctionView): boolean {
  return info.params.length === 0 && info.class === NONE && parent !== null && parent.index === 0;
}

/** What a call is given, argument by argument; nothing for tagged templates. */
export function argumentsAt(site: Site, queries: LinkQueries): readonly (readonly Origin[])[] {
  const { fn, v, frame } = site;
  if (fn.op(v) === Op.Tagged) return [];
  return Array.from(fn.args(v), (arg) => queries.evaluate({ fn, v: arg, frame }));
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
