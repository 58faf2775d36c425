/** What the atoms of a function mean: values become origins, calls become what their callees ensure. */
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { FunctionView } from "../linking/function-view.js";
import { resultFacts } from "../linking/result-values.js";
import { takeOver } from "../linking/taken-over.js";
import { frameFor, MAX_FRAME_DEPTH } from "../values/call-frames.js";
import { leaves } from "../values/computed-origins.js";
import { PerFrame } from "../values/framed-memo.js";
import { isHandedOver, isOfHandedOver, isUnread } from "../values/handed-calls.js";
import type { Frame, LinkQueries, Origin, PackageOrigin, ParameterOrigin, Site } from "../values/origin.js";
import { chainMethod, chainReceiver, isWaitedForTogether, makesPromise, returnsPromise } from "../values/promises.js";
import { writesToSlot } from "../values/writes.js";
import { alternativeFacts, type FactsOf, memberFacts } from "./alternative-facts.js";
import { askedOfAnswer } from "./asked-answers.js";
import { alternativesOf, commonFacts } from "./common-facts.js";
import { type Atom, atomsOf, behind } from "./conditions.js";
import { isAwaited } from "./consumption.js";
import type { Flow } from "./control-flow.js";
import { countedBy, isOne, isZero, keptWhole, soughtPosition } from "./counted-lists.js";
import { type ElementReader, elementFacts, roundFacts } from "./element-facts.js";
import { presenceTest } from "./emptiness.js";
import { comparedByCall } from "./equality-calls.js";
import type { Exit } from "./exits.js";
import {
  type AuthLevel,
  bindFact,
  type CheckLevel,
  type Fact,
  type FactSource,
  truthyOrigins,
  uniqueFacts,
} from "./facts.js";
import { gradedAnswer, type LevelTest } from "./graded-answers.js";
import { handedValue, soleParameter } from "./handed-values.js";
import { keyedLookUp } from "./keyed-look-ups.js";
import { listsGoneThrough, loopOver } from "./loop-heads.js";
import { isFilled, roundAtoms, roundEnds, saidOfRow } from "./loop-rounds.js";
import { calleeName } from "./refusals.js";
import { isCertain, underCondition } from "./settled-facts.js";
import { isTrueOrFalse, truthOf, truthOfOrigins } from "./truth.js";
import { isNoText, typeTest } from "./typed-results.js";
import { verdictFacts } from "./verdict-facts.js";

/** What adapters know about checks that packages make. */
export interface CheckKnowledge {
  /** What it means that a package call came back, or came back truthy. */
  check(callee: PackageOrigin, site: Site, queries: LinkQueries): PackageCheck | undefined;
  /** What it means that a method of something handed in (`request.jwtVerify()`) came back, or came back truthy. */
  checkMethod(name: string, site: Site): PackageCheck | undefined;
  /** What a call of something unresolved means, judged by its name and what it is given. */
  namedCheck(name: string, site: Site, on: "return" | "truthy", queries: LinkQueries): PackageCheck | undefined;
  /** What it means that a package function calls the continuation that it was given, without an error. */
  continuation(callee: PackageOrigin, queries: LinkQueries): PackageCheck | undefined;
  /** What holds wherever a package function, called there, runs the handler that is its first argument. */
  wrapper(callee: PackageOrigin, site: Site, queries: LinkQueries): PackageCheck | undefined;
  /** True for calls of decision engines: their names say nothing, only their verdicts do. */
  asksEngine(callee: Origin, site: Site, queries: LinkQueries): boolean;
  /** What it says that a value is truthy or falsy, or equal to others: null unless it is a verdict that allows. */
  verdict(origin: Origin, truthy: boolean, other: readonly Origin[] | undefined, queries: LinkQueries): Verdict | null;
  /** True for package functions that never come back: `redirect`, `notFound`. */
  never(callee: PackageOrigin): boolean;
  /** The function of the caller's that a package call runs, giving back what it gives; null when it is no such call. */
  runs(callee: PackageOrigin, site: Site, queries: LinkQueries): Extract<Origin, { kind: "function" }> | null;
  /** True when the facts of a path rule out that it is taken in production. */
  outsideProduction(facts: readonly Fact[]): boolean;
  /** True for calls of a data layer that fail where there is no row to work on. */
  demandsRow(site: Site, queries: LinkQueries): boolean;
  /** How well the facts of one path show who calls. */
  level(facts: readonly Fact[], queries: LinkQueries): { readonly level: AuthLevel; readonly fact: Fact } | null;
}

/** A decision engine allowed. */
export interface Verdict {
  readonly name: string;
  /** the call that decided */
  readonly site: Site;
  readonly async: boolean;
}

export interface PackageCheck {
  readonly on: "return" | "truthy";
  readonly level: CheckLevel;
  readonly named: boolean;
  /** a decision about whoever sent the request, whom it turns away where nobody is known */
  readonly ofCaller?: true;
}

export interface GuaranteeQueries {
  readonly queries: LinkQueries;
  readonly checks: CheckKnowledge;
  /** @param refusalsEnd nothing runs after a request was refused */
  flow(fn: FunctionView, frame: Frame | null, refusalsEnd: boolean): Flow;
  ensures(fn: FunctionView, exit: Exit, frame: Frame | null): readonly Fact[];
  /** somewhere in it the request is refused, or something is thrown */
  refuses(fn: FunctionView): boolean;
  /** what holds whenever control reaches a value */
  factsAt(site: Site): readonly Fact[];
  reachable(site: Site): boolean;
  /** what holds once the promise at a value is fulfilled */
  fulfilled(site: Site): readonly Fact[];
  /** what holds once a package that was given middleware, and called with request and response, has come back */
  adapted(middleware: Extract<Origin, { kind: "function" }>, site: Site): readonly Fact[];
}

/** by value and kind of the atom; with the function where a frame is asked about another than its own */
type FactsOfAtoms = Map<number | string, readonly Fact[]>;

const ATOMS: readonly Atom["kind"][] = ["truthy", "falsy", "equal", "unequal", "holds", "fails", "returned", "done"];
const UNANSWERED = ATOMS.length;

export class FactReader {
  readonly #symbolic = new Map<FunctionView, FactsOfAtoms>();
  readonly #framed = new PerFrame<FactsOfAtoms>();

  readonly #handing = new Set<string>();
  readonly #alternatives: FactsOf;
  readonly #elementReader: ElementReader;

  /** @param before what it read in functions that both programs have is taken over */
  constructor(
    private readonly guarantees: GuaranteeQueries,
    before?: FactReader,
  ) {
    if (before !== undefined) takeOver(this.#symbolic, before.#symbolic, guarantees.queries.program);
    this.#elementReader = {
      read: (atoms, fn, frame) => this.read(atoms, fn, frame),
      ensures: (fn, exit, frame) => guarantees.ensures(fn, exit, frame),
    };
    this.#alternatives = {
      queries: guarantees.queries,
      read: (atoms, fn, frame) => this.read(atoms, fn, frame),
      ofCall: (fn, call, frame, exit) => this.calleeFacts(fn, call, frame, exit),
      common: (paths) => commonFacts(paths, (facts) => guarantees.checks.level(facts, guarantees.queries)),
      at: (fn, v, frame) => (guarantees.reachable({ fn, v, frame }) ? guarantees.factsAt({ fn, v, frame }) : null),
    };
  }

  /** @param unanswered what was called on the way has not answered the request either */
  read(atoms: readonly Atom[], fn: FunctionView, frame: Frame | null, unanswered = false): readonly Fact[] {
    return uniqueFacts(atoms.flatMap((atom) => this.#one(atom, fn, frame, unanswered)));
  }

  #one(atom: Atom, fn: FunctionView, frame: Frame | null, unanswered: boolean): readonly Fact[] {
    const memo = this.#memoFor(fn, frame);
    const left = atom.kind === "returned" && unanswered;
    const kind = left ? UNANSWERED : ATOMS.indexOf(atom.kind);
    const own = atom.v * (UNANSWERED + 1) + kind;
    const key = frame === null || frame.fn === fn ? own : `${fn.id}/${own}`;
    const known = memo.get(key);
    if (known !== undefined) return known;
    memo.set(key, []);
    const facts = left ? this.#returned(fn, atom.v, frame, { kind: "unanswered" }) : this.#interpret(atom, fn, frame);
    memo.set(key, facts);
    return facts;
  }

  #memoFor(fn: FunctionView, frame: Frame | null): FactsOfAtoms {
    const store = frame === null ? this.#symbolic.get(fn) : this.#framed.get(frame);
    if (store !== undefined) return store;
    const made: FactsOfAtoms = new Map();
    if (frame === null) this.#symbolic.set(fn, made);
    else this.#framed.set(frame, made);
    return made;
  }

  #interpret(atom: Atom, fn: FunctionView, frame: Frame | null): readonly Fact[] {
    switch (atom.kind) {
      case "truthy":
        return this.#presence(fn, atom.v, true, frame);
      case "falsy":
        return this.#presence(fn, atom.v, false, frame);
      case "equal":
      case "unequal":
        return this.#comparison(fn, atom.v, atom.kind, frame);
      case "holds":
      case "fails":
        return this.#relation(fn, atom.v, atom.kind === "holds", frame);
      case "returned":
        return this.#returned(fn, atom.v, frame, { kind: "return" });
      case "done":
        return this.#rounds(fn, atom.v, loopOver(fn, atom.v), frame);
    }
  }

  #presence(fn: FunctionView, v: number, truthy: boolean, frame: Frame | null): readonly Fact[] {
    const via = [this.#source(fn, v)];
    const origins = this.guarantees.queries.evaluate({ fn, v, frame });
    const own: Fact = truthy
      ? { kind: "present", of: truthyOrigins(origins), via }
      : { kind: "absent", of: origins, via };
    const { checks, queries } = this.guarantees;
    const decided = verdictFacts(origins, truthy, undefined, via[0], checks, queries);
    if (decided.length > 0) return [...decided, own];
    const tested = [...this.#tested(fn, v, truthy, frame, own), ...(truthy ? this.#kept(fn, v, frame, via) : [])];
    if (frame === null || tested.length > 1) return tested;
    const parameter = soleParameter(queries.evaluate({ fn, v, frame: null }));
    return parameter === null ? tested : [...tested, ...this.handedIn(parameter, truthy, frame)];
  }

  /** What a parameter being truthy or falsy says where the value was made that the caller handed in. */
  handedIn(parameter: ParameterOrigin, truthy: boolean, frame: Frame): readonly Fact[] {
    const handed = handedValue(parameter, frame, this.guarantees.queries);
    if (handed === null || this.#handing.size >= MAX_HANDING) return [];
    const { fn, v, frame: outer } = handed.site;
    // `state = next(state)`: the value was made of itself
    const key = `${fn.key(v)}.${handed.path.join(".")}`;
    if (this.#handing.has(key)) return [];
    this.#handing.add(key);
    try {
      return handed.path.length === 0
        ? this.read(atomsOf(fn, v, truthy), fn, outer)
        : (memberFacts(fn, v, handed.path.join("."), truthy, outer, this.#alternatives) ?? []);
    } finally {
      this.#handing.delete(key);
    }
  }

  /** The loop has come to its end: what each round shows, where there was one. */
  #rounds(fn: FunctionView, list: number, head: number, frame: Frame | null): readonly Fact[] {
    const flow = this.guarantees.flow(fn, frame, false);
    if (isFilled(fn, list, frame, this.guarantees.queries)) return this.read(roundAtoms(flow, head), fn, frame);
    const none = this.#presence(fn, behind(fn, list), false, frame);
    const rounds = this.#roundsOfRows(fn, list, flow, head, frame);
    return rounds === null ? none : [...none, rounds];
  }

  /** `for (const row of rows) if (row.ownerId !== user.id) throw …`: there was no row, or each was held against somebody. */
  #roundsOfRows(fn: FunctionView, list: number, flow: Flow, head: number, frame: Frame | null): Fact | null {
    const given = leaves(this.guarantees.queries.evaluate({ fn, v: list, frame }));
    const rows = given.filter(isRow);
    // beside what a client, or one that a step left on the request, is told that could not be read
    const isUnread = (o: Origin): boolean =>
      o.kind === "apply" || o.kind === "unknown" || (o.kind === "source" && o.source === "request");
    if (rows.length === 0 || !given.every((o) => isRow(o) || isUnread(o))) return null;
    const ends = roundEnds(flow, head);
    if (ends.length > MAX_ROUND_ENDS) return null;
    const ways = ends.map((atoms) => this.read(atoms, fn, frame).flatMap((fact) => saidOfRow(fact, rows)));
    if (!ways.some((facts) => facts.some(({ kind }) => kind === "equal"))) return null;
    const none: Fact = { kind: "absent", of: rows, via: [this.#source(fn, list)] };
    return { kind: "either", paths: [[none], ...ways], via: none.via };
  }

  #tested(fn: FunctionView, v: number, truthy: boolean, frame: Frame | null, own: Fact): readonly Fact[] {
    switch (fn.op(v)) {
      case Op.Call:
        return [...this.#callTested(fn, v, truthy, frame), own];
      case Op.Member:
      case Op.Element:
        return [...this.#memberTested(fn, v, truthy, frame), own];
      case Op.Logic:
        return this.#logicTested(fn, v, truthy, frame, own);
      case Op.Cond: {
        const chosen = truthOf(fn, fn.a(v), frame, this.guarantees.queries);
        if (chosen !== undefined)
          return [...this.read(atomsOf(fn, chosen ? fn.b(v) : fn.c(v), truthy), fn, frame), own];
        return truthy ? [...alternativeFacts(fn, v, frame, this.#alternatives), own] : [own];
      }
      default:
        return truthy ? [...alternativeFacts(fn, v, frame, this.#alternatives), own] : [own];
    }
  }

  #callTested(fn: FunctionView, v: number, truthy: boolean, frame: Frame | null): readonly Fact[] {
    const caught = truthy ? this.#withoutFailure(fn, v, frame) : NONE;
    if (caught !== NONE)
      return [
        ...this.guarantees.fulfilled({ fn, v: caught, frame }),
        ...this.calleeFacts(fn, caught, frame, { kind: "truthy" }, true),
      ];
    const result = resultFacts(fn, v, truthy, frame, this.#alternatives);
    if (result !== null) return result;
    const compared = comparedByCall(fn, v, frame, this.guarantees.queries);
    if (compared !== null) return this.#compared(fn, v, compared, truthy ? "equal" : "unequal", frame);
    const facts = this.calleeFacts(fn, v, frame, { kind: truthy ? "truthy" : "falsy" });
    const each = truthy && isGoneThrough(fn, v) ? this.#eachLeft(fn, v, frame) : this.#elements(fn, v, truthy, frame);
    if (!truthy) return [...facts, ...each];
    const site: Site = { fn, v, frame };
    const asked = askedOfAnswer(site, this.#arguments(site), this.#source(fn, v), this.guarantees.queries);
    return [...facts, ...each, ...this.#namedCheck(fn, v, "truthy", frame), ...(asked === null ? [] : [asked])];
  }

  #logicTested(fn: FunctionView, v: number, truthy: boolean, frame: Frame | null, own: Fact): readonly Fact[] {
    const either = (fn.a(v) === LogicKind.Or) === truthy && fn.a(v) !== LogicKind.Nullish;
    if (!either) return [own];
    // `options.role && user.role !== options.role`: a side that the callers rule out was not the reason
    const possible = [fn.b(v), fn.c(v)].filter(
      (side) =>
        truthOf(fn, side, frame, this.guarantees.queries) !== !truthy &&
        (truthy || !isOfPath(this.guarantees.queries.evaluate({ fn, v: side, frame }))),
    );
    const [only, second] = possible;
    if (only !== undefined && second === undefined) return this.read(atomsOf(fn, only, truthy), fn, frame);
    const sides = [fn.b(v), fn.c(v)].map((side) => this.read(atomsOf(fn, side, truthy), fn, frame));
    const level = (facts: readonly Fact[]): ReturnType<CheckKnowledge["level"]> =>
      this.guarantees.checks.level(facts, this.guarantees.queries);
    // `flag || session`: the side that says nothing of the caller is enough, whatever the other one is
    const open = [fn.b(v), fn.c(v)].some((side, i) => !isCall(fn, side) && level(sides[i]) === null);
    const common = commonFacts(sides, level);
    // `user.id === id || user.isAdmin`: both sides know the caller, and what each says of the id counts
    const told = sides.every((side) => level(side)?.level === "identity") ? alternativesOf(sides) : null;
    const also = told === null || common.some((fact) => fact.kind === "either") ? [] : [told];
    // `adminsOnly && !user.isAdmin` that refused nobody: they are one where it is asked
    const asked = told === null && !truthy ? this.#whereAsked(fn, v, sides, frame) : null;
    if (asked !== null) also.push(asked);
    // `stage !== "production" || underTest`: on a developer's machine, for one reason or the other
    if (sides.every((side) => this.guarantees.checks.outsideProduction(side)))
      also.push({ kind: "either", paths: sides, via: own.via });
    return [...common, ...also, ...(open && level([own]) !== null ? [] : [own])];
  }

  /** The second side holds under the first one: kept for those who know how that came out. */
  #whereAsked(fn: FunctionView, v: number, sides: readonly (readonly Fact[])[], frame: Frame | null): Fact | null {
    const [unasked, checked] = sides;
    if (unasked === undefined || checked === undefined) return null;
    return underCondition([unasked, [...this.read(atomsOf(fn, fn.b(v), true), fn, frame), ...checked]]);
  }

  /** `await require(user, id).catch(() => null)` that is there: the call whose failure would have made it nothing. */
  #withoutFailure(fn: FunctionView, call: number, frame: Frame | null): number {
    if (chainMethod(fn, call) !== "catch" || !isAwaited(fn, call)) return NONE;
    const [handler, ...others] = Array.from(fn.args(call));
    if (handler === undefined || others.length > 0) return NONE;
    const { queries } = this.guarantees;
    const handlers = queries.evaluate({ fn, v: handler, frame });
    const nothing = handlers.every(
      (o) => o.kind === "function" && queries.returnsOf(o.fn).every((given) => truthOfOrigins([given]) === false),
    );
    const receiver = behind(fn, chainReceiver(fn, call));
    return handlers.length > 0 && nothing && fn.op(receiver) === Op.Call ? receiver : NONE;
  }

  /** What a member of a value being truthy or falsy says; null when it cannot be. */
  member(fn: FunctionView, object: number, name: string, truthy: boolean): readonly Fact[] | null {
    return memberFacts(fn, object, name, truthy, null, this.#alternatives);
  }

  #memberTested(fn: FunctionView, v: number, truthy: boolean, frame: Frame | null): readonly Fact[] {
    if (countedBy(fn, v) !== NONE) return this.#elements(fn, behind(fn, fn.a(v)), truthy, frame);
    const { object, name } = memberPath(fn, v);
    // `rows.find(…)?.active`: something was found
    const found = truthy ? this.#elements(fn, object, true, frame) : [];
    return [...(memberFacts(fn, object, name, truthy, frame, this.#alternatives) ?? []), ...found];
  }

  /** `for (const one of given.filter(isKnown))`, also where a helper filters: what is left answered the callback well. */
  #eachLeft(fn: FunctionView, v: number, frame: Frame | null): readonly Fact[] {
    const { queries } = this.guarantees;
    if (fn.memberName(fn.callee(v)) === "filter")
      return elementFacts(fn, v, true, frame, queries, this.#elementReader, { each: true });
    const callees = queries.evaluate({ fn, v: fn.callee(v), frame });
    const [only, ...others] = callees.filter((o) => o.kind === "function" && o.fn.hasBody);
    if (only?.kind !== "function" || others.length > 0 || only.fn.returns.length !== 1) return [];
    const inner = frameFor(only, { fn, v, frame });
    const left = behind(only.fn, only.fn.a(only.fn.returns[0]));
    if (inner.depth > MAX_FRAME_DEPTH || only.fn.op(left) !== Op.Call) return [];
    return elementFacts(only.fn, left, true, inner, queries, this.#elementReader, { each: true });
  }

  /** @param as the test that the call amounts to where its result is not itself the answer */
  #elements(fn: FunctionView, v: number, truthy: boolean, frame: Frame | null, as?: "every" | "find"): readonly Fact[] {
    const { queries } = this.guarantees;
    return elementFacts(fn, v, truthy, frame, queries, this.#elementReader, as === undefined ? {} : { as });
  }

  #comparison(fn: FunctionView, v: number, kind: "equal" | "unequal", frame: Frame | null): readonly Fact[] {
    const left = behind(fn, fn.b(v));
    const right = behind(fn, fn.c(v));
    for (const [value, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const counted = fn.op(other) === Op.Number ? countedBy(fn, value) : NONE;
      if (counted === NONE) continue;
      if (isZero(fn, other)) return this.#presence(fn, behind(fn, counted), kind === "unequal", frame);
      // `if (rows.length !== 1) return`: so many there are, and not none
      if (kind === "equal") return this.#presence(fn, behind(fn, counted), true, frame);
    }
    const whole = kind === "equal" ? keptWhole(fn, left, right, frame, this.guarantees.queries) : NONE;
    if (whole !== NONE) return this.#elements(fn, whole, true, frame, "every");
    const sought = soughtPosition(fn, "==", left, right);
    if (sought !== NONE) return this.#elements(fn, sought, kind === "unequal", frame, "find");
    const type = typeTest(fn, v);
    if (type !== null && isNoText(type, kind === "equal"))
      return this.calleeFacts(fn, type.call, frame, { kind: "no-text" });
    return this.#compared(fn, v, [left, right], kind, frame);
  }

  #compared(
    fn: FunctionView,
    v: number,
    [left, right]: readonly [number, number],
    kind: "equal" | "unequal",
    frame: Frame | null,
  ): readonly Fact[] {
    const via = this.#source(fn, v);
    const { checks, queries } = this.guarantees;
    const evaluate = (side: number): readonly Origin[] => queries.evaluate({ fn, v: side, frame });
    const sides = [evaluate(left), evaluate(right)] as const;
    const decided =
      kind === "unequal"
        ? []
        : [
            ...verdictFacts(sides[0], true, sides[1], via, checks, queries),
            ...verdictFacts(sides[1], true, sides[0], via, checks, queries),
          ];
    // what is equal to something is there
    const kept = [left, right].flatMap((side, at) =>
      kind === "equal" && truthOfOrigins(sides[1 - at] ?? []) !== false ? this.#kept(fn, side, frame, [via]) : [],
    );
    const graded = this.#graded(fn, { operator: "==", holds: kind === "equal", left, right }, frame);
    return [...decided, { kind, left: sides[0], right: sides[1], via: [via] }, ...kept, ...graded];
  }

  /** `if ((await levelOf(user, note)) < Level.Write) throw …`: what a level was asked for was allowed. */
  #graded(fn: FunctionView, test: LevelTest, frame: Frame | null): readonly Fact[] {
    const found = gradedAnswer(fn, test, frame, this.guarantees.queries);
    if (found === null) return [];
    const { call, callee } = found;
    return [this.#passed(callee, { fn, v: call, frame }, this.#source(fn, call), { kind: "truthy" })];
  }

  /** `user.roles[projectId]` that is there, or is something: the key is among those of the holder. */
  #kept(fn: FunctionView, v: number, frame: Frame | null, via: readonly FactSource[]): readonly Fact[] {
    const found = keyedLookUp(fn, v, frame, this.guarantees.queries);
    return found === null ? [] : [{ kind: "present", of: [found], via }];
  }

  #relation(fn: FunctionView, v: number, holds: boolean, frame: Frame | null): readonly Fact[] {
    const operator = fn.text(fn.a(v));
    const left = behind(fn, fn.b(v));
    const right = behind(fn, fn.c(v));
    if (operator === "instanceof") {
      return !holds && fn.op(left) === Op.Call ? this.calleeFacts(fn, left, frame, { kind: "accepted" }) : [];
    }
    if (operator === "in") {
      const name = fn.op(left) === Op.String ? fn.text(fn.a(left)) : "";
      if (name === "" || fn.op(right) !== Op.Call) return [];
      return this.calleeFacts(fn, right, frame, { kind: "member", name, truthy: holds });
    }
    const counted = countedBy(fn, left);
    if (counted !== NONE && (isZero(fn, right) || isOne(fn, right))) {
      const present = (operator === ">" || operator === ">=") === holds;
      return this.#presence(fn, behind(fn, counted), present, frame);
    }
    const { queries } = this.guarantees;
    const whole = operator === (holds ? ">=" : "<") ? keptWhole(fn, left, right, frame, queries) : NONE;
    if (whole !== NONE) return this.#elements(fn, whole, true, frame, "every");
    const sought = soughtPosition(fn, operator, left, right);
    if (sought !== NONE) return this.#elements(fn, sought, operator.startsWith(">") === holds, frame, "find");
    const args = [left, right].map((side) => queries.evaluate({ fn, v: side, frame }));
    return [
      ...this.#graded(fn, { operator, holds, left, right }, frame),
      {
        kind: "passed",
        name: `comparison ${operator}`,
        args,
        level: "check",
        named: false,
        via: [this.#source(fn, v)],
      },
    ];
  }

  #returned(fn: FunctionView, call: number, frame: Frame | null, exit: Exit): readonly Fact[] {
    if (fn.op(call) === Op.Tagged || fn.isOptionalCall(call) || presenceTest(fn, call) !== null) return [];
    if (makesPromise(fn, call) || isWaitedForTogether(fn, call))
      return isAwaited(fn, call) ? this.guarantees.fulfilled({ fn, v: call, frame }) : [];
    return [
      ...this.calleeFacts(fn, call, frame, exit),
      ...this.#namedCheck(fn, call, "return", frame),
      ...(isAwaited(fn, call) ? this.foundOrThrown(fn, call, frame) : []),
      ...this.#asserted(fn, call, frame),
      ...(fn.op(call) === Op.Call ? roundFacts(fn, call, frame, this.guarantees.queries, this.#elementReader) : []),
    ];
  }

  /** `findFirstOrThrow`, `findOneOrFail`, `delete` of a single row: once its promise is fulfilled there is a row. */
  foundOrThrown(fn: FunctionView, call: number, frame: Frame | null): readonly Fact[] {
    const name = fn.op(call) === Op.Call ? fn.memberName(fn.callee(call)) : "";
    const { checks, queries } = this.guarantees;
    const changes = /^(?:update|delete)$/.test(name) && checks.demandsRow({ fn, v: call, frame }, queries);
    if (!changes && !/(?:OrThrow|OrFail)$/.test(name)) return [];
    const rows = this.guarantees.queries.evaluate({ fn, v: call, frame }).filter(isRow);
    const changed = changes ? { changed: true as const } : {};
    return rows.length === 0 ? [] : [{ kind: "present", of: rows, ...changed, via: [this.#source(fn, call)] }];
  }

  /** `ctx.assert(user, 401)`, `assert(user)`, `invariant(user)`: whoever gets past it has what was asserted. */
  #asserted(fn: FunctionView, call: number, frame: Frame | null): readonly Fact[] {
    const callee = fn.callee(call);
    const args = fn.args(call);
    if (fn.op(call) !== Op.Call || args.length === 0 || !ASSERTING_NAME.test(calleeName(fn, callee))) return [];
    const callees = this.guarantees.queries.evaluate({ fn, v: callee, frame });
    const throws = callees.every((o) => {
      if (o.kind === "package") return ASSERTING_MODULE.test(o.module);
      return args.length > 1 && (o.kind === "parameter" || (o.kind === "source" && o.source === "request"));
    });
    return callees.length > 0 && throws ? this.read(atomsOf(fn, args[0], true), fn, frame) : [];
  }

  /** What all possible callees of a call ensure for that way of leaving them; `awaited`: its promise is fulfilled. */
  calleeFacts(
    fn: FunctionView,
    call: number,
    frame: Frame | null,
    exit: Exit,
    awaited = isAwaited(fn, call),
  ): readonly Fact[] {
    const { queries, checks } = this.guarantees;
    const site: Site = { fn, v: call, frame };
    const callees = queries
      .evaluate({ fn, v: fn.callee(call), frame })
      .map((callee) => (callee.kind === "package" ? (checks.runs(callee, site, queries) ?? callee) : callee));
    const isHanded = (o: Origin): boolean => isHandedOver(o) || (exit.kind === "truthy" && isOfHandedOver(o));
    if (callees.some(isHanded)) {
      const settled = callees.every((o) => isHanded(o) || o.kind === "function" || o.kind === "package");
      return settled ? [{ kind: "handed", site, exit, awaited, via: [this.#source(fn, call)] }] : [];
    }
    const readable = callees.filter((o) => !isUnread(o) && !(exit.kind === "truthy" && this.#isNever(o)));
    const paths: (readonly Fact[])[] = [];
    for (const callee of readable.some((o) => o.kind === "function") ? readable : callees) {
      if (callee.kind === "function") paths.push(this.#functionFacts(callee, site, exit, awaited));
      else if (callee.kind === "package")
        paths.push([...this.#packageFacts(callee, site, exit), ...this.#adapted(callee, site, awaited)]);
      else {
        const method = methodCalled(callee);
        if (method === null) return [];
        paths.push(this.#methodFacts(method, site, exit));
      }
    }
    return commonFacts(paths, (facts) => checks.level(facts, queries));
  }

  /** `let check = () => false;`, set to something else later: what came out true was not this one. */
  #isNever(callee: Origin): boolean {
    if (callee.kind !== "function" || callee.fn.isAsync) return false;
    const returned = this.guarantees.queries.returnsOf(callee.fn);
    return returned.length > 0 && returned.every((o) => o.kind === "constant" && !o.value);
  }

  #functionFacts(
    callee: Extract<Origin, { kind: "function" }>,
    site: Site,
    exit: Exit,
    awaited: boolean,
  ): readonly Fact[] {
    const { fn, v } = site;
    const promised = returnsPromise(callee.fn);
    // the value of an async function is a promise: true whatever it decides, and its throws come later
    if ((callee.fn.isAsync || promised) && exit.kind !== "accepted" && !awaited) return [];
    const inner = frameFor(callee, site);
    if (inner.depth > MAX_FRAME_DEPTH) return [];
    const via = this.#source(fn, v, callee.fn.ownPlace);
    const own = this.guarantees.ensures(callee.fn, exit, inner);
    const facts = promised && exit.kind === "return" ? [...own, ...this.#promised(callee.fn, inner)] : own;
    // what it asks only under a condition it may not have asked here
    const passed = this.#decides(callee.fn, exit, facts.some(isCertain)) ? [this.#passed(callee, site, via, exit)] : [];
    passed.push(...this.#ofArguments(callee.fn, exit, site));
    return [...facts.map((fact) => bindFact(fact, null, via, this.guarantees.queries)), ...passed];
  }

  /** `ok(await find(key))` whose value is there: what was handed in is there, and that says what `find` ensures. */
  #ofArguments(callee: FunctionView, exit: Exit, { fn, v, frame }: Site): Fact[] {
    if (fn.op(v) !== Op.Call || callee.info.params.length === 0) return [];
    const args = fn.args(v);
    if (!args.some((arg) => fn.op(behind(fn, arg)) === Op.Call)) return [];
    return this.guarantees.ensures(callee, exit, null).flatMap((fact) => {
      const [only, ...others] = fact.kind === "present" ? fact.of : [];
      if (only?.kind !== "parameter" || others.length > 0 || only.fn !== callee || only.path.length > 0) return [];
      const arg = args[only.index] ?? NONE;
      return arg === NONE || fn.op(behind(fn, arg)) !== Op.Call ? [] : this.read(atomsOf(fn, arg, true), fn, frame);
    });
  }

  /** With the caller's arguments: which function calls back is often one of them. */
  #promised(fn: FunctionView, frame: Frame): readonly Fact[] {
    const paths = Array.from(fn.returns, (row) => this.guarantees.fulfilled({ fn, v: fn.a(row), frame }));
    return commonFacts(paths, (facts) => this.guarantees.checks.level(facts, this.guarantees.queries));
  }

  /**
   * Whether getting past a local function says something about its arguments as such: it gives a verdict that was
   * tested, or it is there to refuse. A look-up says no more than what holds inside it.
   */
  #decides(fn: FunctionView, exit: Exit, ensuresSomething: boolean): boolean {
    if (exit.kind === "member") return exit.truthy && this.#decidesInMember(fn, exit.name);
    if (isCheckingName(fn.info.name)) return ensuresSomething || exit.kind === "truthy";
    const returned = this.guarantees.queries.returnsOf(fn);
    if (exit.kind === "truthy") return returned.length > 0 && returned.every(isVerdict);
    return ensuresSomething && returned.every((o) => o.kind === "constant") && this.#turnsAway(fn);
  }

  /**
   * What is known after a function that never refuses is known because of what it was handed: `if (rows.length === 0)
   * return;` says nothing of the one row that is written to a log.
   */
  #turnsAway(fn: FunctionView): boolean {
    if (this.guarantees.refuses(fn)) return true;
    // after a loop over a list nothing more is known than that it may have been empty
    const always = this.guarantees.ensures(fn, { kind: "return" }, null);
    // that a row was there to be changed turned nobody away
    const isChange = (fact: Fact): boolean => fact.kind === "present" && fact.changed === true;
    return always.some((fact) => fact.kind !== "absent" && !isChange(fact) && isCertain(fact));
  }

  /** `if (!(await accessTo(user, id))?.canManage) throw …`: the verdict is a member of what the check gives. */
  #decidesInMember(fn: FunctionView, path: string): boolean {
    const name = path.split(".").at(-1) ?? "";
    if (!isCheckingName(name) && !VERDICT_NAME.test(name) && !TELLS_PERMISSIONS.test(fn.info.name)) return false;
    const { queries } = this.guarantees;
    const given = queries.returnsOf(fn).flatMap((o) => [...queries.project(o, path.split("."))]);
    const computed = given.filter((o) => o.kind !== "constant");
    if (computed.length === 0) return false;
    // `update: isAuthorized && ["title", "slug"]`: what may be changed, or nothing
    const orNothing = given.some((o) => o.kind === "constant" && !o.value);
    return given.every((o) => isVerdict(o) || (orNothing && o.kind === "literal" && o.form === "array"));
  }

  #passed(callee: Extract<Origin, { kind: "function" }>, site: Site, via: FactSource, exit: Exit): Fact {
    const name = callee.fn.info.name || calleeName(site.fn, site.fn.callee(site.v));
    return {
      kind: "passed",
      name,
      args: this.#arguments(site),
      ...this.#heldBy(callee),
      level: "check",
      named: false,
      check: callee,
      ...(exit.kind === "member" ? { verdictIn: exit.name } : {}),
      via: [via],
    };
  }

  /**
   * `new Access(db, session.user).mayRead(ids)`, `can().user(session.user.id).perform("read").on(ids)`: what the check's
   * object was told when it was made.
   */
  #heldBy(callee: Extract<Origin, { kind: "function" }>): Partial<Pick<Extract<Fact, { kind: "passed" }>, "held">> {
    const { self } = callee;
    const makers = self?.kind === "instance" && self.site !== null ? [self.site] : makersOf(callee.frame);
    const held = makers
      .flatMap((maker) => this.#arguments(maker).flat())
      .filter((o) => o.kind === "parameter" || (o.kind === "source" && o.source === "identity"));
    return held.length === 0 ? {} : { held };
  }

  #packageFacts(callee: PackageOrigin, site: Site, exit: Exit): readonly Fact[] {
    const check = this.guarantees.checks.check(callee, site, this.guarantees.queries);
    if (check === undefined) return [];
    const on = testedBy(exit);
    if (check.on !== on || exit.kind === "falsy") return [];
    const passed = this.checked(check, callee, site);
    return check.ofCaller === true ? [passed, { kind: "authenticated", level: "identity", via: passed.via }] : [passed];
  }

  /** `await adapt(middleware)(req, res)`: it comes back when the middleware goes on, and never when that does not. */
  #adapted(callee: PackageOrigin, { fn, v, frame }: Site, awaited: boolean): readonly Fact[] {
    const { site } = callee;
    if (!awaited || site === null || !callee.path.endsWith("()") || fn.args(v).length !== 2) return [];
    if (site.fn.op(site.v) !== Op.Call || site.fn.args(site.v).length !== 1) return [];
    const { queries } = this.guarantees;
    const [middleware, ...others] = queries.evaluate({ fn: site.fn, v: site.fn.args(site.v)[0], frame: site.frame });
    if (middleware?.kind !== "function" || others.length > 0 || middleware.fn.info.params.length !== 3) return [];
    return this.guarantees
      .adapted(middleware, { fn, v, frame })
      .map((fact) => bindFact(fact, null, this.#source(fn, v, middleware.fn.ownPlace), queries));
  }

  /** What a check of a package says, where it was passed. */
  checked(check: PackageCheck, callee: PackageOrigin, site: Site): Fact {
    return this.#checked(check, callee.path.split(".").at(-1)?.replace(/\(\)/g, "") ?? callee.path, site);
  }

  #methodFacts(name: string, site: Site, exit: Exit): readonly Fact[] {
    const check = name === "" ? undefined : this.guarantees.checks.checkMethod(name, site);
    if (check === undefined || check.on !== testedBy(exit) || exit.kind === "falsy") return [];
    return [this.#checked(check, name, site)];
  }

  #checked(check: PackageCheck, name: string, site: Site): Fact {
    const via = [this.#source(site.fn, site.v)];
    return { kind: "passed", name, args: this.#arguments(site), level: check.level, named: check.named, via };
  }

  /** A check that nothing in sight explains: only its name and its arguments speak. */
  #namedCheck(fn: FunctionView, call: number, on: "return" | "truthy", frame: Frame | null): readonly Fact[] {
    const { queries, checks } = this.guarantees;
    const callees = queries.evaluate({ fn, v: fn.callee(call), frame });
    if (callees.some((o) => (o.kind === "function" && o.fn.hasBody) || o.kind === "parameter" || o.kind === "apply"))
      return [];
    if (callees.some((o) => o.kind === "package" && checks.check(o, { fn, v: call, frame }, queries) !== undefined))
      return [];
    if (callees.some((o) => checks.asksEngine(o, { fn, v: call, frame }, queries))) return [];
    const name = calleeName(fn, fn.callee(call));
    const check = checks.namedCheck(name, { fn, v: call, frame }, on, queries);
    return check === undefined || check.on !== on ? [] : [this.#checked(check, name, { fn, v: call, frame })];
  }

  #arguments(site: Site): readonly (readonly Origin[])[] {
    const { fn, v, frame } = site;
    const { queries } = this.guarantees;
    return Array.from(fn.args(v).slice(0, 8), (arg) => {
      const given = queries.evaluate({ fn, v: arg, frame });
      // what was put on the request for the check goes with it
      return given.some(isRequest) ? [...given, ...keptBefore({ fn, v: arg, frame }, v, queries)] : given;
    });
  }

  #source(fn: FunctionView, v: number, definedAt: Place | null = null): FactSource {
    return { name: displayName(fn, v), place: fn.place(v), definedAt };
  }
}

function isRequest(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "request" && origin.path === "";
}

/** `req.scheme = schemeOf(req); if (!(await authorize(req)))`: values that the same function put on what it hands over. */
function keptBefore({ fn, v, frame }: Site, call: number, queries: LinkQueries): readonly Origin[] {
  if (fn.op(v) !== Op.Var || fn.a(v) !== 0) return [];
  const before = writesToSlot(fn, fn.b(v)).filter((write) => write.at < call);
  return before.flatMap(({ value }) => queries.evaluate({ fn, v: value, frame }).filter((o) => o.kind !== "unknown"));
}

/** `result.valid` of `const { result } = check()`: the call and the path that is read from what it gives. */
function memberPath(fn: FunctionView, v: number): { readonly object: number; readonly name: string } {
  const names: string[] = [];
  let object = v;
  for (let i = 0; i < 4 && (fn.op(object) === Op.Member || fn.op(object) === Op.Element); i += 1) {
    names.unshift(fn.op(object) === Op.Member ? fn.text(fn.b(object)) : String(fn.b(object)));
    object = behind(fn, fn.a(object));
  }
  return { object, name: names.join(".") };
}

/** How a value is written, in short: `getSession()`, `req.user`. */
export function displayName(fn: FunctionView, v: number): string {
  switch (fn.op(v)) {
    case Op.Call:
    case Op.New:
      return calleeName(fn, fn.callee(v));
    case Op.Member:
      return `${displayName(fn, fn.a(v))}.${fn.text(fn.b(v))}`.replace(/^\./, "");
    case Op.Await:
    case Op.Cast:
      return displayName(fn, fn.a(v));
    case Op.Binary:
      return `${displayName(fn, fn.b(v))} ${fn.text(fn.a(v))} ${displayName(fn, fn.c(v))}`.trim();
    case Op.Param:
      return fn.info.params[fn.a(v)]?.name ?? "";
    case Op.This:
      return "this";
    default:
      return calleeName(fn, v);
  }
}

/** values handed on by functions that were handed them */
const MAX_HANDING = 6;
/** where rounds of a loop end */
const MAX_ROUND_ENDS = 4;
const ASSERTING_NAME = /^(?:assert|ok|invariant)$/;
const ASSERTING_MODULE = /^(?:(?:node:)?assert(?:\/strict)?|http-assert|tiny-invariant|invariant|ts-invariant)$/;
const CHECKING_NAME =
  /^(?:require|assert|ensure|check|verify|validate|authori[sz]e|enforce|guard|protect|throw_?[iI]f|must|can|may|has|is)(?:[A-Z_]|$)/;

/** functions whose result says, member by member, what somebody may do */
const TELLS_PERMISSIONS = /permissions?$|abilities$|privileges?$/i;
const VERDICT_NAME = /allowed|permitted|authori[sz]ed|granted/i;

/** The name of a function whose whole purpose is to refuse. */
export function isCheckingName(name: string): boolean {
  return CHECKING_NAME.test(name);
}

function isWayOfReturning({ kind }: Exit): boolean {
  return kind === "accepted" || kind === "unanswered" || kind === "no-text";
}

function testedBy(exit: Exit): PackageCheck["on"] {
  return exit.kind === "return" || isWayOfReturning(exit) ? "return" : "truthy";
}

/** Constants and what comparisons, tests and unreadable calls give; not rows and objects, which are looked up. */
function isVerdict(origin: Origin): boolean {
  if (origin.kind === "constant") return typeof origin.value === "boolean" || origin.value == null;
  if (origin.kind === "derived") return origin.how !== "call" || !origin.of.some(isRow);
  if (origin.kind === "package") return isTrueOrFalse(origin);
  return origin.kind === "source" && origin.source === "neutral";
}

/** A part of the path is there whenever the path matched: `websiteId && !(await mayView(websiteId))`. */
function isOfPath(origins: readonly Origin[]): boolean {
  return (
    origins.length > 0 &&
    origins.every((o) => o.kind === "source" && o.source === "input" && /^params\.[\w-]+$/.test(o.path))
  );
}

function isRow(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "row";
}

/** Whether a loop goes through what a call gives. */
function isGoneThrough(fn: FunctionView, call: number): boolean {
  return Array.from(listsGoneThrough(fn)).some((list) => behind(fn, list) === call);
}

function isCall(fn: FunctionView, v: number): boolean {
  return fn.op(behind(fn, v)) === Op.Call;
}

/** Name of a method of something that was handed in, with or without a context; null for everything else. */
function methodCalled(callee: Origin): string | null {
  if (callee.kind === "parameter" || callee.kind === "apply") return callee.path.at(-1) ?? "";
  return callee.kind === "source" && callee.source === "request" ? (callee.path.split(".").at(-1) ?? "") : null;
}

const MAX_MAKERS = 3;

/** The calls of the functions around a closure, by which it came to be. */
function makersOf(frame: Frame | null): readonly Site[] {
  const found: Site[] = [];
  for (let around = frame; around !== null && found.length < MAX_MAKERS; around = around.lexical)
    if (around.site !== null && around.fn.parent !== null) found.push(around.site);
  return found;
}
