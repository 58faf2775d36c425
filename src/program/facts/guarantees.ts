/**
 * What is certain once a function has come back, come back truthy, or not refused. Rejecting is not a flag: it is
 * what normal continuation ensures. The exits that refuse are dropped, the facts at the others intersected.
 */
import { FnHint, NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { answersOf, isFailure, RESULT_OK } from "../linking/result-values.js";
import { takeOver } from "../linking/taken-over.js";
import { restsOnPath } from "../paths/path-tests.js";
import { TEXT_FORMS, TEXT_TESTS } from "../paths/text-tests.js";
import { frameFor, MAX_FRAME_DEPTH, runsInside } from "../values/call-frames.js";
import { dependsOnCaller, leaves } from "../values/computed-origins.js";
import { FramedMemo } from "../values/framed-memo.js";
import { settleHanded } from "../values/handed-calls.js";
import type { Frame, LinkQueries, Origin, Site } from "../values/origin.js";
import { originKey } from "../values/origin-keys.js";
import { assumingSlot, propertyAt, returnedSlot } from "../values/slot-assumptions.js";
import { AnsweredSides } from "./answered-sides.js";
import { isCaughtBehind, isForOthersToo } from "./avoidance.js";
import { callsWhatIsCarried } from "./carried-callees.js";
import { commonFacts } from "./common-facts.js";
import { type Atom, atomsOf, behind } from "./conditions.js";
import { isAwaited } from "./consumption.js";
import { Flow, type FlowOptions, graphOf } from "./control-flow.js";
import { type Exit, exitName } from "./exits.js";
import { type CheckKnowledge, FactReader, type GuaranteeQueries } from "./fact-reader.js";
import { bindFact, type Fact, uniqueFacts } from "./facts.js";
import { soleParameter } from "./handed-values.js";
import { listsGoneThrough } from "./loop-heads.js";
import { isFilled } from "./loop-rounds.js";
import { PromiseFacts } from "./promise-facts.js";
import { refusedStatus } from "./refusals.js";
import { deadSides, optionsKey, truthOf, truthOfOrigins } from "./truth.js";
import { isText } from "./typed-results.js";
import { handsAnswerOn, handsOutNothing, isRejection, returnsAnswer, returnsError, waysOut } from "./ways-out.js";
import { sidesPast } from "./ways-through.js";

const LOOKS_THROUGH: ReadonlySet<string> = new Set(["find", "findLast", "filter", "some"]);
const MAX_NESTING = 24;
/** of a function whose callees are asked what settles their tests */
const MAX_CALLS_BELOW = 12;

interface WaysAsked {
  readonly frame: Frame | null;
  /** what holds on all of them besides */
  readonly also: readonly Atom[];
  /** row up to which the last block counts */
  readonly until: number;
  readonly unanswered: boolean;
}

interface Leaving {
  readonly flow: Flow;
  /** the flow is the function's own, not one in which the returned variable is settled */
  readonly own: boolean;
  readonly frame: Frame | null;
}

/** of a helper that puts together what it throws */
const MAX_BLOCKS_TO_THROW = 24;

/** Behind the question who calls, a function that a person reads at a glance tells what each way showed besides. */
const MOST_BLOCKS_BEYOND = 24;
const MOST_WAYS_BEYOND = 4;

export class Guarantees implements GuaranteeQueries {
  readonly #flows = new Map<FunctionView, Map<string, Flow>>();
  readonly #memo = new Map<FunctionView, Map<string, readonly Fact[]>>();
  /** what is being computed → its position among that */
  readonly #active = new Map<string, number>();
  readonly #ends = new Map<
    FunctionView,
    { readonly never: ReadonlySet<number>; readonly refusing: ReadonlySet<number> }
  >();
  readonly #neverReturns = new Map<FunctionView, boolean>();
  readonly #testLeaves = new Map<FunctionView, readonly Origin[]>();
  readonly #ownDead = new Map<FunctionView, ReadonlyMap<number, 0 | 1>>();
  readonly #frameDead = new FramedMemo<FunctionView, ReadonlyMap<number, 0 | 1>>();
  readonly #frameSettles = new FramedMemo<FunctionView, boolean>();
  readonly #choosing = new FramedMemo<FunctionView, boolean>();
  readonly #framed = new FramedMemo<FunctionView, Map<string, readonly Fact[]>>();
  /** lowest of those positions that an unfinished answer depends on */
  #taintedFrom = Number.POSITIVE_INFINITY;
  #assumption: { readonly fn: FunctionView; readonly dead: ReadonlyMap<number, 0 | 1> } | null = null;
  readonly reader: FactReader;
  readonly #promises: PromiseFacts;
  readonly #answered: AnsweredSides;

  /** @param before what it found of functions that both programs have is taken over */
  constructor(
    readonly queries: LinkQueries,
    readonly checks: CheckKnowledge,
    before?: Guarantees,
  ) {
    this.reader = new FactReader(this, before?.reader);
    this.#promises = new PromiseFacts(this);
    this.#answered = new AnsweredSides(this, before === undefined ? undefined : before.#answered);
    if (before !== undefined) this.#takeOver(before);
  }

  #takeOver(before: Guarantees): void {
    const { program } = this.queries;
    takeOver(this.#flows, before.#flows, program);
    takeOver(this.#memo, before.#memo, program);
    takeOver(this.#ends, before.#ends, program);
    takeOver(this.#neverReturns, before.#neverReturns, program);
    takeOver(this.#testLeaves, before.#testLeaves, program);
    takeOver(this.#ownDead, before.#ownDead, program);
  }

  /** Facts at a value, in terms of what the frame leaves open. */
  factsAt(site: Site, refusalsEnd = false): readonly Fact[] {
    const flow = this.flow(site.fn, site.frame, refusalsEnd);
    return this.reader.read(flow.factsAt(site.v), site.fn, site.frame, refusalsEnd);
  }

  /**
   * Facts at a value for each way that leads there; one set where nothing but the common facts can be told.
   *
   * @param which told apart only where it matters who calls, or every one
   */
  waysTo(site: Site, which: "needed" | "answered" | "every" = "needed"): readonly (readonly Fact[])[] {
    const { fn, v, frame } = site;
    const flow = this.flow(fn, frame, which === "answered");
    if (which === "every") return flow.waysTo(v).map((way) => this.reader.read(way, fn, frame));
    return this.#waysIn(flow, v, { frame, also: [], until: v, unanswered: which === "answered" });
  }

  /**
   * Facts at a value for each way that comes by an earlier row of its function and by none of some others.
   *
   * @param by told by what holds there; another function's row rules no way out
   */
  waysBy(site: Site, by: Site, without: readonly number[]): readonly (readonly Fact[])[] {
    const { fn, v, frame } = site;
    const { dead, ends } = this.#options(fn, frame, false);
    const flow = this.#flowFor(fn, { dead, ends: new Set([...ends, ...without]) });
    if (!flow.reachable(v)) return [];
    const needed = by.fn === fn ? flow.factsAt(by.v) : [];
    const ways = flow.waysTo(v).filter((way) => needed.every((atom) => way.includes(atom)));
    return ways.map((way) => this.reader.read(way, fn, frame));
  }

  /** Ways are told apart only where what they have in common says nothing of the caller. */
  #waysIn(flow: Flow, v: number, { frame, also, until, unanswered }: WaysAsked): readonly (readonly Fact[])[] {
    const { fn } = flow;
    const read = (atoms: readonly Atom[]): readonly Fact[] =>
      this.reader.read([...atoms, ...also], fn, frame, unanswered);
    const common = read(flow.factsAt(v, until));
    if (fn.info.blockCount < 3) return [common];
    // that a credential is there says nothing of who brought it, which each way may find out for itself
    const known = this.checks.level(common, this.queries);
    const isKnown = known !== null && known.level !== "presence";
    if (isKnown && fn.info.blockCount > MOST_BLOCKS_BEYOND) return [common];
    const ways = flow.waysTo(v, until);
    return ways.length < 2 || (isKnown && ways.length > MOST_WAYS_BEYOND) ? [common] : ways.map(read);
  }

  fulfilled(site: Site): readonly Fact[] {
    return this.#promises.fulfilled(site);
  }

  /** As `fulfilled`, with something that counts as true: a guard that answers by `resolve(isAdmin)`. */
  fulfilledTrue(site: Site): readonly Fact[] {
    return this.#promises.accepted(site);
  }

  adapted(middleware: Extract<Origin, { kind: "function" }>, site: Site): readonly Fact[] {
    return this.#promises.adapted(middleware, site);
  }

  reachable(site: Site, refusalsEnd = false): boolean {
    return this.flow(site.fn, site.frame, refusalsEnd).reachable(site.v);
  }

  /** Facts that hold whenever the function is left that way, bound to the frame. */
  ensures(fn: FunctionView, exit: Exit, frame: Frame | null): readonly Fact[] {
    if (!this.#worthAsking(fn, exit)) return [];
    const refusalsEnd = exit.kind === "accepted" || exit.kind === "unanswered";
    const options = this.#options(fn, frame, refusalsEnd);
    const variants = this.#variants(fn, exit, options, frame);
    const assumed = [...variants].map(([slot, one]) => `${slot}=${optionsKey(one)}`);
    const key = `${exitName(exit)}/${optionsKey(options)}/${assumed.join(";")}`;
    const inside = frame !== null && runsInside(fn, frame);
    if (frame !== null && !inside && this.#choosesByFrame(fn, frame))
      return this.#rememberFramed(fn, frame, key, () => this.#compute(fn, exit, options, variants, frame));
    const symbolic = this.#remember(fn, key, () => this.#compute(fn, exit, options, variants, null));
    if (frame === null) return symbolic;
    const bound = this.#bound(symbolic, frame);
    // a tree that calls itself for each branch would be gone through once for every way down to its leaves
    if (inside || (!this.#looksThrough(fn, frame) && !callsWhatIsCarried(fn, frame, this.queries))) return bound;
    // what was found in a list of the caller's own says who they are only to those who know whose list it is
    const seen = this.#rememberFramed(fn, frame, key, () => this.#compute(fn, exit, options, variants, frame));
    return uniqueFacts([...bound, ...seen]);
  }

  /** The flow of a function, without what leads past a value, and without what refuses. */
  #flowOver({ fn, v, frame }: Site): Flow {
    const options = this.#options(fn, frame, true);
    const past = sidesPast(fn, graphOf(fn), v);
    const dead = past.size === 0 ? options.dead : new Map([...past, ...options.dead]);
    const flow = this.#flowFor(fn, { ...options, dead });
    if (flow.cut || flow.exitsAfter(v).length > 0) return flow;
    // `res.json(found)` without a return comes to the `res.status(405).end()` for all other methods
    const { never } = this.#endsOf(fn);
    const ends = [...options.ends].filter((row) => never.has(row) || !isForOthersToo(fn, v, row));
    return this.#flowFor(fn, { dead, ends: new Set(ends) });
  }

  /** What holds on each of the ways out that lead over a value and that refuse nothing. */
  waysOver(site: Site): readonly (readonly Fact[])[] {
    const { fn, v, frame } = site;
    const flow = this.#flowOver(site);
    if (flow.cut) return [];
    return flow.exitsAfter(v).flatMap((row) => flow.waysTo(row).map((way) => this.reader.read(way, fn, frame)));
  }

  /** What holds at the ways out that lead over a value and that refuse nothing. */
  after(site: Site, reads: boolean): readonly Fact[] {
    const { fn, frame } = site;
    const flow = this.#flowOver(site);
    if (flow.cut) return [];
    const beyond = flow.factsBehind(site.v);
    const paths: (readonly Fact[])[] = [];
    const exits = flow.exitsAfter(site.v);
    const looksUp = exits.some(
      (row) => fn.op(row) === Op.Return && fn.a(row) !== NONE && behind(fn, fn.a(row)) === behind(fn, site.v),
    );
    for (const row of exits) {
      // `if (foreign) return;` before the work hands out nothing
      if (exits.length > 1 && row !== exits.at(-1) && fn.op(row) === Op.Return && fn.a(row) === NONE) continue;
      // of what was read a failure that is caught shows nothing; what was written stays
      if (reads && isCaughtBehind(fn, site.v, row)) continue;
      // nor does `if (row.owner !== me) return null;` of a function that is there to find the row
      if (looksUp && fn.op(row) === Op.Return && isNothing(fn, fn.a(row))) continue;
      for (const out of waysOut(fn, fn.op(row) === Op.Return ? fn.a(row) : NONE, this.queries)) {
        const extra = this.#acceptedValue(fn, out.value);
        if (extra === null) continue;
        const atoms = [...(beyond(row) ?? flow.factsAt(row)), ...out.atoms];
        paths.push(uniqueFacts([...this.reader.read(atoms, fn, frame), ...this.#bound(extra, frame)]));
      }
      if (paths.length > 40) return [];
    }
    // what refuses all other methods is come by where the answer was given before
    if (paths.length === 0)
      for (const row of exits.filter((exit) => isForOthersToo(fn, site.v, exit)))
        paths.push(this.reader.read(beyond(row) ?? flow.factsAt(row), fn, frame));
    return uniqueFacts(commonFacts(paths, (facts) => this.checks.level(facts, this.queries)));
  }

  #bound(facts: readonly Fact[], frame: Frame | null): readonly Fact[] {
    const bound = facts.flatMap((fact) => {
      const own = bindFact(fact, frame, null, this.queries);
      return frame === null ? [own] : [own, ...this.#handedIn(fact, frame)];
    });
    return settleHanded(bound, (handed) => {
      const { fn, v, frame: at } = handed.site;
      return at === null ? [handed] : this.reader.calleeFacts(fn, v, at, handed.exit, handed.awaited);
    });
  }

  /** A parameter that was tested says what it says where its value was made. */
  #handedIn(fact: Fact, frame: Frame): readonly Fact[] {
    const parameter = fact.kind === "present" ? soleParameter(fact.of) : null;
    return parameter === null ? [] : this.reader.handedIn(parameter, true, frame);
  }

  /** For exits that return a variable stored several times: the flow in which it ends as asked. */
  #variants(fn: FunctionView, exit: Exit, options: FlowOptions, frame: Frame | null): ReadonlyMap<number, FlowOptions> {
    const found = new Map<number, FlowOptions>();
    if (exit.kind !== "truthy" && exit.kind !== "falsy" && exit.kind !== "member") return found;
    const truth = exit.kind === "member" ? exit.truthy : exit.kind === "truthy";
    for (const row of fn.returns) {
      const slot = returnedSlot(fn, fn.a(row), memberOf(exit));
      if (slot === NONE || found.has(slot) || found.size > 4) continue;
      const assuming = assumingSlot(fn, graphOf(fn), { slot, truth }, options, frame, this.queries);
      // `let ok = false; ok = await check(user); return ok`: what it was at first has been stored over
      if (this.#flowFor(fn, assuming).reachable(row)) found.set(slot, assuming);
    }
    return found;
  }

  /** Answers questions as if one side of a branch could not be taken. */
  assuming<T>(fn: FunctionView, branch: number, deadSide: 0 | 1, ask: () => T): T {
    return this.assumingAll(fn, new Map([[branch, deadSide]]), ask);
  }

  /** The same of several branches of a function. */
  assumingAll<T>(fn: FunctionView, dead: ReadonlyMap<number, 0 | 1>, ask: () => T): T {
    const outer = this.#assumption;
    this.#assumption = { fn, dead };
    try {
      return ask();
    } finally {
      this.#assumption = outer;
    }
  }

  flow(fn: FunctionView, frame: Frame | null, refusalsEnd: boolean): Flow {
    return this.#flowFor(fn, this.#options(fn, frame, refusalsEnd));
  }

  /** Facts at a value for those who take it that a failure which was answered goes no further. */
  factsIfFailuresEnd(site: Site): readonly Fact[] {
    const { fn, frame } = site;
    const { dead, ends } = this.#options(fn, frame, false);
    const { blocks, blockOf } = graphOf(fn);
    const handlers = new Set(blocks.map((block) => block.handler).filter((id) => id !== NONE));
    const answered = [...this.#endsOf(fn).refusing].filter((row) => handlers.has(blockOf[row]));
    if (answered.length === 0) return [];
    const flow = this.#flowFor(fn, { dead, ends: new Set([...ends, ...answered]) });
    return this.reader.read(flow.factsAt(site.v), fn, frame);
  }

  /** True when no path through a local function comes back. */
  neverReturns(fn: FunctionView): boolean {
    const known = this.#neverReturns.get(fn);
    if (known !== undefined) return known;
    this.#neverReturns.set(fn, false);
    const answer = fn.hasBody && (fn.info.hints & (FnHint.Throws | FnHint.Calls)) !== 0 && this.#hasNoExit(fn);
    this.#neverReturns.set(fn, answer);
    return answer;
  }

  #hasNoExit(fn: FunctionView): boolean {
    if (fn.returns.length > 3 || fn.info.blockCount > MAX_BLOCKS_TO_THROW) return false;
    const exits = this.flow(fn, null, false).exits();
    return exits.every((row) => fn.op(row) === Op.Return && isRejection(fn, fn.a(row)));
  }

  #flowFor(fn: FunctionView, options: FlowOptions): Flow {
    let flows = this.#flows.get(fn);
    if (flows === undefined) {
      flows = new Map();
      this.#flows.set(fn, flows);
    }
    const key = optionsKey(options);
    let flow = flows.get(key);
    if (flow === undefined) {
      flow = new Flow(fn, graphOf(fn), options);
      flows.set(key, flow);
    }
    return flow;
  }

  #options(fn: FunctionView, frame: Frame | null, refusalsEnd: boolean): FlowOptions {
    const ends = this.#endsOf(fn);
    const settled = frame !== null && this.#frameSettles.get(frame, fn, () => this.#frameSettlesTests(fn, frame));
    const found = settled
      ? this.#frameDead.get(frame, fn, () => deadSides(fn, graphOf(fn), frame, this.queries))
      : this.#ownDeadSides(fn);
    const assumed = this.#assumption;
    const dead = assumed?.fn === fn ? new Map([...found, ...assumed.dead]) : found;
    if (!refusalsEnd) return { dead, ends: ends.never };
    const answered = this.#answered.of(fn);
    return { dead: answered.size === 0 ? dead : new Map([...answered, ...dead]), ends: ends.refusing };
  }

  #ownDeadSides(fn: FunctionView): ReadonlyMap<number, 0 | 1> {
    let known = this.#ownDead.get(fn);
    if (known === undefined) {
      known = deadSides(fn, graphOf(fn), null, this.queries);
      this.#ownDead.set(fn, known);
    }
    return known;
  }

  /** Whether anything the frame passes in decides a branch: otherwise all callers share one flow. */
  #frameSettlesTests(fn: FunctionView, frame: Frame): boolean {
    return this.#leavesOfTests(fn).some((leaf) => {
      const bound = this.queries.bind([leaf], frame);
      return truthOfOrigins(bound) !== undefined || bound.every((o) => o.kind === "constant") || restsOnPath(bound);
    });
  }

  /** Whether what holds is another thing for each caller, and not only said of other values. */
  #choosesByFrame(fn: FunctionView, frame: Frame): boolean {
    return this.#choosing.get(frame, fn, () => this.#choosesTest(fn, frame) || this.#choosesBelow(fn, frame, 0));
  }

  /** `user.seats.find((seat) => seat.orgId === id)`: that the list is the caller's own shows where the user comes from. */
  #looksThrough(fn: FunctionView, frame: Frame): boolean {
    // what each round demands is known where the list is: `for (const role of wanted) …`
    const lists = Array.from(listsGoneThrough(fn));
    if (lists.some((list) => isFilled(fn, list, frame, this.queries) || this.#isFoundByFrame(fn, list, frame)))
      return true;
    return Array.from(fn.calls).some((v) => {
      if (fn.op(v) !== Op.Call || !LOOKS_THROUGH.has(fn.memberName(fn.callee(v)))) return false;
      const list = fn.a(fn.callee(v));
      if (!this.queries.evaluate({ fn, v: list, frame: null }).some(dependsOnCaller)) return false;
      return this.queries
        .evaluate({ fn, v: list, frame })
        .some((o) => o.kind === "source" && (o.source === "identity" || o.source === "row"));
    });
  }

  /** Rows of a client that the caller hands in. */
  #isFoundByFrame(fn: FunctionView, list: number, frame: Frame): boolean {
    const isRow = (o: Origin): boolean => o.kind === "source" && o.source === "row";
    if (!this.queries.evaluate({ fn, v: list, frame: null }).some(dependsOnCaller)) return false;
    return leaves(this.queries.evaluate({ fn, v: list, frame })).some(isRow);
  }

  /** `const denied = "admin" in options ? !user.admin : !mayUse(user)`: the caller says which of the two is tested. */
  #choosesTest(fn: FunctionView, frame: Frame): boolean {
    return graphOf(fn).blocks.some(({ terminator: row }) => {
      if (row === NONE || fn.op(row) !== Op.Branch) return false;
      const test = behind(fn, fn.a(row));
      const chosen = fn.op(test) === Op.Unary ? behind(fn, fn.b(test)) : test;
      return fn.op(chosen) === Op.Cond && truthOf(fn, fn.a(chosen), frame, this.queries) !== undefined;
    });
  }

  /** `return this.demanded(context)`: what a decorator says of the handler settles the tests of what is called here. */
  #choosesBelow(fn: FunctionView, frame: Frame, depth: number): boolean {
    if (depth > 1 || fn.calls.length > MAX_CALLS_BELOW) return false;
    return Array.from(fn.calls).some((v) => {
      if (fn.op(v) !== Op.Call || fn.args(v).length === 0) return false;
      return this.queries.evaluate({ fn, v: fn.callee(v), frame }).some((callee) => {
        if (callee.kind !== "function" || !callee.fn.hasBody) return false;
        const inner = frameFor(callee, { fn, v, frame });
        if (inner.depth > MAX_FRAME_DEPTH) return false;
        const settles = this.#leavesOfTests(callee.fn).some(
          (leaf) =>
            leaf.kind === "package" &&
            truthOfOrigins([leaf]) === undefined &&
            truthOfOrigins(this.queries.bind([leaf], inner)) !== undefined,
        );
        return settles || this.#choosesBelow(callee.fn, inner, depth + 1);
      });
    });
  }

  #rememberFramed(fn: FunctionView, frame: Frame, key: string, compute: () => readonly Fact[]): readonly Fact[] {
    const known = this.#framed.get(frame, fn, () => new Map());
    const found = known.get(key);
    if (found !== undefined) return found;
    known.set(key, []);
    const facts = compute();
    known.set(key, facts);
    return facts;
  }

  /** What the branch conditions of a function are made of, as far as its callers decide it. */
  #leavesOfTests(fn: FunctionView): readonly Origin[] {
    let known = this.#testLeaves.get(fn);
    if (known === undefined) {
      const found = new Map<string, Origin>();
      for (const block of graphOf(fn).blocks) {
        if (block.terminator === NONE || fn.op(block.terminator) !== Op.Branch) continue;
        for (const leaf of this.#operandLeaves(fn, fn.a(block.terminator), 0))
          found.set(JSON.stringify(leafKey(leaf)), leaf);
        if (found.size > 24) break;
      }
      known = [...found.values()];
      this.#testLeaves.set(fn, known);
    }
    return known;
  }

  #operandLeaves(fn: FunctionView, v: number, depth: number): readonly Origin[] {
    if (v === NONE || depth > 6) return [];
    const value = behind(fn, v);
    switch (fn.op(value)) {
      case Op.Unary:
        return this.#operandLeaves(fn, fn.b(value), depth + 1);
      case Op.Logic:
      case Op.Binary:
        return [...this.#operandLeaves(fn, fn.b(value), depth + 1), ...this.#operandLeaves(fn, fn.c(value), depth + 1)];
      default:
        return leaves(this.queries.evaluate({ fn, v: value, frame: null })).filter(
          (o) => o.kind === "parameter" || o.kind === "package" || isTextTest(o),
        );
    }
  }

  /** Somewhere in it the request is refused, or something is thrown. */
  refuses(fn: FunctionView): boolean {
    return (fn.info.hints & FnHint.Throws) !== 0 || this.#endsOf(fn).refusing.size > 0;
  }

  #endsOf(fn: FunctionView): { readonly never: ReadonlySet<number>; readonly refusing: ReadonlySet<number> } {
    let known = this.#ends.get(fn);
    if (known === undefined) {
      this.#ends.set(fn, { never: new Set(), refusing: new Set() });
      const never = new Set<number>();
      const refusing = new Set<number>();
      for (let v = 0; v < fn.valueCount; v += 1) {
        const op = fn.op(v);
        if (op !== Op.Call && op !== Op.New && op !== Op.SetMember) continue;
        if (op === Op.Call && this.#callNeverReturns(fn, v)) never.add(v);
        else if (op !== Op.New && refusedStatus(fn, v, this.queries) > 0) refusing.add(v);
      }
      for (const v of never) refusing.add(v);
      known = { never, refusing };
      this.#ends.set(fn, known);
    }
    return known;
  }

  #callNeverReturns(fn: FunctionView, call: number): boolean {
    if (fn.isOptionalCall(call)) return false;
    const callees = this.queries.evaluate({ fn, v: fn.callee(call), frame: null });
    return (
      callees.length > 0 &&
      callees.every((o) => {
        if (throwsByName(fn, call, o)) return true;
        if (o.kind === "package") return this.checks.never(o);
        return o.kind === "function" && (!o.fn.isAsync || isThrownAt(fn, call, o.fn)) && this.neverReturns(o.fn);
      })
    );
  }

  #worthAsking(fn: FunctionView, exit: Exit): boolean {
    if (!fn.hasBody || this.#active.size > MAX_NESTING) return false;
    const hints = fn.info.hints;
    if (exit.kind === "truthy" || exit.kind === "falsy" || exit.kind === "member") return true;
    return (hints & (FnHint.Throws | FnHint.Branches | FnHint.Calls)) !== 0;
  }

  /** What hangs on an ancestor that was unfinished is not kept: it would depend on who asked first. */
  #remember(fn: FunctionView, key: string, compute: () => readonly Fact[]): readonly Fact[] {
    let memo = this.#memo.get(fn);
    if (memo === undefined) {
      memo = new Map();
      this.#memo.set(fn, memo);
    }
    const known = memo.get(key);
    if (known !== undefined) return known;
    const active = `${fn.id}/${key}`;
    const met = this.#active.get(active);
    if (met !== undefined) {
      this.#taintedFrom = Math.min(this.#taintedFrom, met);
      return [];
    }
    const position = this.#active.size;
    this.#active.set(active, position);
    try {
      const facts = compute();
      if (this.#taintedFrom >= position) {
        memo.set(key, facts);
        this.#taintedFrom = Number.POSITIVE_INFINITY;
      }
      return facts;
    } finally {
      this.#active.delete(active);
      if (position === 0) this.#taintedFrom = Number.POSITIVE_INFINITY;
    }
  }

  #compute(
    fn: FunctionView,
    exit: Exit,
    options: FlowOptions,
    variants: ReadonlyMap<number, FlowOptions>,
    frame: Frame | null,
  ): readonly Fact[] {
    const flow = this.#flowFor(fn, options);
    if (flow.cut) return [];
    const paths: (readonly Fact[])[] = [];
    for (const row of flow.exits()) {
      const value = fn.op(row) === Op.Return ? fn.a(row) : NONE;
      const slot = variants.size === 0 ? NONE : returnedSlot(fn, value, memberOf(exit));
      const variant = variants.get(slot);
      const taken = variant === undefined ? flow : this.#flowFor(fn, variant);
      if (taken !== flow && !taken.reachable(row)) continue;
      paths.push(...this.#pathsOut(row, value, exit, { flow: taken, own: taken === flow, frame }));
      if (paths.length > 40) break;
    }
    return uniqueFacts(commonFacts(paths, (facts) => this.checks.level(facts, this.queries)));
  }

  #pathsOut(row: number, value: number, exit: Exit, { flow, own, frame }: Leaving): readonly (readonly Fact[])[] {
    const { fn } = flow;
    return waysOut(fn, value, this.queries).flatMap((out) => {
      if (handsAnswerOn(fn, refusedBy(fn, out.value, exit), [...flow.factsAt(row), ...out.atoms], this.queries))
        return [];
      // where the flow itself settles how the variable ends, its stores no longer speak for it
      const extra = this.#exitFacts(fn, out.value, exit, frame) ?? (own ? null : []);
      if (extra === null) return [];
      // a call that is the last row has come back as well
      const asked: WaysAsked = { frame, also: out.atoms, until: row + 1, unanswered: exit.kind === "unanswered" };
      const added = frame === null ? extra : this.#bound(extra, frame);
      const ways = this.#waysIn(flow, row, asked).map((way) => uniqueFacts([...way, ...added]));
      return ways.filter((facts) => !this.checks.outsideProduction(facts));
    });
  }

  /** What a returned value adds to the facts of its exit; null when the exit is not of the kind asked about. */
  #exitFacts(fn: FunctionView, value: number, exit: Exit, frame: Frame | null): readonly Fact[] | null {
    switch (exit.kind) {
      case "return":
      case "unanswered":
        // whoever waits for it gets an exception
        return isRejection(fn, value) ? null : [];
      case "accepted":
        return this.#acceptedValue(fn, value);
      case "truthy":
      case "falsy": {
        const wanted = exit.kind === "truthy";
        if (value === NONE) return wanted ? null : [];
        const truth = truthOfOrigins(this.queries.evaluate({ fn, v: value, frame: null }));
        if (truth !== undefined && truth !== wanted) return null;
        if (returnsError(fn, value, this.queries) || (!wanted && returnsAnswer(fn, value, this.queries))) return null;
        return truth === wanted ? [] : this.reader.read(atomsOf(fn, value, wanted), fn, frame);
      }
      case "no-text":
        return this.#noTextFacts(fn, value);
      case "member":
        return this.#memberFacts(fn, value, exit.name, exit.truthy);
    }
  }

  #noTextFacts(fn: FunctionView, value: number): readonly Fact[] | null {
    if (value === NONE) return [];
    const returned = behind(fn, value);
    if (isText(this.queries.evaluate({ fn, v: returned, frame: null }))) return null;
    return fn.op(returned) === Op.Call ? this.reader.calleeFacts(fn, returned, null, { kind: "no-text" }) : [];
  }

  #acceptedValue(fn: FunctionView, value: number): readonly Fact[] | null {
    if (value === NONE) return [];
    const returned = behind(fn, value);
    if (refusedStatus(fn, returned, this.queries) > 0 || returnsError(fn, returned, this.queries)) return null;
    if (isFailure(fn, returned, this.queries)) return null;
    if (handsOutNothing(fn, returned) && this.#handsOutSomething(fn)) return null;
    if (fn.op(returned) !== Op.Call) return [];
    return this.reader.calleeFacts(fn, returned, null, { kind: "accepted" });
  }

  /** On some way out: where all lists are empty, none of them refuses. */
  #handsOutSomething(fn: FunctionView): boolean {
    return fn.returns.some((row) => {
      const ways = fn.a(row) === NONE ? [] : waysOut(fn, fn.a(row), this.queries);
      return ways.some(({ value }) => !handsOutNothing(fn, value) && refusedStatus(fn, value, this.queries) === 0);
    });
  }

  /** `E.left(error)` itself, not a function of the project that may return it. */
  #makesResult(fn: FunctionView, call: number): boolean {
    const callees = this.queries.evaluate({ fn, v: fn.callee(call), frame: null });
    return callees.length > 0 && callees.every((callee) => callee.kind === "package");
  }

  #memberFacts(fn: FunctionView, value: number, name: string, wanted: boolean): readonly Fact[] | null {
    if (value === NONE) return wanted ? null : [];
    const returned = behind(fn, value);
    const members = this.queries
      .evaluate({ fn, v: returned, frame: null })
      .flatMap((o) => [...answersOf(o, name, { fn, v: returned, frame: null }, this.queries)]);
    const truth = members.length === 0 ? undefined : truthOfOrigins(members);
    if (truth !== undefined && truth !== wanted) return null;
    const written = fn.op(returned) === Op.Object ? propertyAt(fn, returned, name) : NONE;
    if (!wanted && written !== NONE && returnsAnswer(fn, written, this.queries)) return null;
    if (fn.op(returned) === Op.Call && (name !== RESULT_OK || !this.#makesResult(fn, returned))) {
      return this.reader.calleeFacts(fn, returned, null, { kind: "member", name, truthy: wanted });
    }
    return truth === wanted ? [] : this.reader.member(fn, returned, name, wanted);
  }
}

function isNothing(fn: FunctionView, v: number): boolean {
  const op = v === NONE ? Op.Undefined : fn.op(behind(fn, v));
  return op === Op.Null || op === Op.Undefined || op === Op.False;
}

/** Of an asynchronous function the failure comes to whoever waits for it; one that has something to return may do so. */
function isThrownAt(fn: FunctionView, call: number, callee: FunctionView): boolean {
  return isAwaited(fn, call) && callee.returns.every((row) => callee.a(row) === NONE);
}

/** The value by which a way out is not the one asked about where it is an answer: an answer is there, and refuses. */
function refusedBy(fn: FunctionView, value: number, exit: Exit): number {
  if (value === NONE || exit.kind === "accepted" || exit.kind === "falsy") return value;
  if (exit.kind !== "member" || exit.truthy) return NONE;
  const returned = behind(fn, value);
  return fn.op(returned) === Op.Object ? propertyAt(fn, returned, exit.name) : NONE;
}

function memberOf(exit: Exit): string | null {
  return exit.kind === "member" ? exit.name : null;
}

/**
 * `ctx.throw(401)`: a request object's method of that name, not a generator's; and `ctx.rights.throwForbidden()`, of
 * which nothing can be read but what it says that it does.
 */
function throwsByName(fn: FunctionView, call: number, callee: Origin): boolean {
  const name = fn.memberName(fn.callee(call));
  if (name !== "throw" || fn.args(call).length === 0) return THROWS.test(name) && isUnread(callee);
  return callee.kind === "parameter" || (callee.kind === "source" && callee.source === "request");
}

const THROWS = /^throw(?!\w*(?:If|Unless|When))[A-Z_]\w*$/;

function isUnread({ kind }: Origin): boolean {
  return kind === "parameter" || kind === "apply" || kind === "unknown" || kind === "source" || kind === "derived";
}

/** `path.startsWith("/admin")` on what the caller passes. */
function isTextTest(origin: Origin): boolean {
  if (origin.kind !== "apply") return false;
  const { callee } = origin;
  const name = callee.kind === "parameter" ? (callee.path.at(-1) ?? "") : "";
  return TEXT_TESTS.has(name) || TEXT_FORMS.has(name);
}

function leafKey(origin: Origin): readonly unknown[] {
  if (origin.kind === "apply") return [originKey(origin)];
  if (origin.kind === "parameter") return [origin.fn.id, origin.index, origin.path];
  return origin.kind === "package" ? [origin.module, origin.path, origin.site?.fn.id, origin.site?.v] : [];
}
