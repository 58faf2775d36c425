/**
 * Everything that is done to a query builder after it was made: further calls of the chain, statements on a variable
 * that holds it, functions it is given to, and what the callers of the function that returns it go on with.
 */
import { FnFlag, NONE, Op } from "../../model/lowered.js";
import { canAvoid, leadsTo } from "../../program/facts/avoidance.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { frameFor } from "../../program/values/call-frames.js";
import { type Frame, type Origin, type OriginQueries, type Site, unknown } from "../../program/values/origin.js";
import type { Step, Stretch } from "./builder-steps.js";
import { frameInside } from "./literals.js";
import { wayAround } from "./way-around.js";

const MAX_STEPS = 80;
const MAX_DEPTH = 6;

/** Whether a step is taken, and on which stretch there are ways around it. */
type Taking = Pick<Step, "conditional" | "stretch" | "unless">;

const ALWAYS: Taking = { conditional: false };
const SOMETIMES: Taking = { conditional: true };

/** The steps of the builder that is made at a site, the making call itself first. */
export function chainFrom(start: Site, queries: OriginQueries, wanted: RegExp): readonly Step[] {
  const walker = new ChainWalker(queries, wanted);
  walker.steps.push({ name: calledAs(start), site: start, conditional: false });
  walker.follow(start, ALWAYS, 0);
  return walker.steps;
}

/** Steps in a function that is given a builder: `.where((q) => q.where(…).orWhere(…))`, `.where(function () { this… })`. */
export function stepsInside(
  callback: Site,
  queries: OriginQueries,
  wanted: RegExp,
  further: readonly Site[] = [],
): readonly Step[] {
  return stepsOf(queries.evaluate(callback), queries, wanted, further);
}

/** As `stepsInside`, of functions that are known already. */
export function stepsOf(
  callbacks: readonly Origin[],
  queries: OriginQueries,
  wanted: RegExp,
  further: readonly Site[],
): readonly Step[] {
  const walker = new ChainWalker(queries, wanted);
  for (const origin of callbacks) {
    if (origin.kind !== "function") continue;
    // what is handed on beside the builder fills the parameters behind it
    const frame = frameInside(origin, [[unknown("builder")], ...further.map((site) => queries.evaluate(site))]);
    walker.inFunction(origin.fn, frame, 0, true, ALWAYS, 0);
  }
  return walker.steps;
}

/** Name under which a step is called: `where` of `q.where()`, `db` of `db("orders")`. */
function calledAs({ fn, v }: Site): string {
  const callee = fn.callee(v);
  if (callee === NONE) return "";
  return fn.memberName(callee);
}

class ChainWalker {
  readonly steps: Step[] = [];
  readonly #seen = new Set<string>();
  readonly #taken = new Map<string, number>();

  constructor(
    private readonly queries: OriginQueries,
    private readonly wanted: RegExp,
  ) {}

  /** What uses a value that is a builder. */
  follow(site: Site, taking: Taking, depth: number): void {
    const { fn, v, frame } = site;
    const key = `${fn.id}:${v}:${frame?.depth ?? 0}`;
    if (depth > MAX_DEPTH || !this.#isNew(key, taking) || this.steps.length > MAX_STEPS) return;
    for (const user of usersOf(fn, v)) this.#use(site, user, taking, depth);
  }

  /** What was met on a way that is only sometimes taken is met again on one that always is. */
  #isNew(key: string, { conditional }: Taking): boolean {
    if (this.#seen.has(key) || (conditional && this.#seen.has(`sometimes:${key}`))) return false;
    this.#seen.add(conditional ? `sometimes:${key}` : key);
    return true;
  }

  #use(site: Site, user: number, taking: Taking, depth: number): void {
    const { fn, v, frame } = site;
    const at: Site = { fn, v: user, frame };
    switch (fn.op(user)) {
      case Op.Cast:
      case Op.Cond:
      case Op.Logic:
        this.follow(at, taking, depth);
        return;
      case Op.Member:
        this.#member(at, taking, depth);
        return;
      case Op.Store:
        if (fn.a(user) === 0) this.#variable(site, fn.b(user), taking, depth);
        return;
      case Op.Return:
        this.#returned(fn, frame, taking, depth);
        return;
      case Op.Call:
        if (fn.callee(user) !== v) this.#given(site, user, taking, depth);
        return;
      default:
        return;
    }
  }

  /** `builder.step(…)`; the result is the builder again. */
  #member(site: Site, taking: Taking, depth: number): void {
    const { fn, v, frame } = site;
    const name = fn.memberName(v);
    if (!this.wanted.test(name)) return;
    for (const call of usersOf(fn, v)) {
      if (fn.op(call) !== Op.Call || fn.callee(call) !== v) continue;
      const step: Site = { fn, v: call, frame };
      const key = `step:${fn.id}:${call}:${frame?.depth ?? 0}`;
      if (!this.#isNew(key, taking)) continue;
      this.#take(key, { name, site: step, ...taking });
      this.follow(step, taking, depth);
    }
  }

  #take(key: string, step: Step): void {
    const known = this.#taken.get(key);
    if (known === undefined) this.#taken.set(key, this.steps.push(step) - 1);
    else this.steps[known] = step;
  }

  /** Statements on a variable: those that can be gone around on the way to its last use hold only sometimes. */
  #variable(site: Site, slot: number, taking: Taking, depth: number): void {
    const { fn, v, frame } = site;
    const reads = readsOf(fn, slot).filter((read) => read > v && leadsTo(fn, v, read));
    const last = reads.at(-1) ?? NONE;
    for (const read of reads) {
      const around = read !== last && canAvoid(fn, v, read, last);
      const step: Site = { fn, v: read, frame };
      this.follow(step, around ? aroundAlso(taking, { fn, from: v, at: read, to: last }, frame) : taking, depth);
    }
  }

  /** The caller goes on with what a function returns; behind an `await` there is no builder any more. */
  #returned(fn: FunctionView, frame: Frame | null, taking: Taking, depth: number): void {
    if (frame === null || frame.fn !== fn || frame.site === null || (fn.info.flags & FnFlag.Async) !== 0) return;
    this.follow(frame.site, taking, depth + 1);
  }

  /** A local function that is given the builder. */
  #given(site: Site, call: number, taking: Taking, depth: number): void {
    const { fn, frame } = site;
    const index = Array.from(fn.args(call)).indexOf(site.v);
    if (index < 0) return;
    const callees = this.queries.evaluate({ fn, v: fn.callee(call), frame });
    for (const callee of callees) {
      if (callee.kind !== "function") continue;
      const inner = frameFor(callee, { fn, v: call, frame });
      this.inFunction(callee.fn, inner, index, false, taking, depth + 1);
    }
  }

  /** Steps on a parameter of a function, or on its `this`. */
  inFunction(fn: FunctionView, frame: Frame | null, index: number, self: boolean, taking: Taking, depth: number): void {
    if (!fn.hasBody || depth > MAX_DEPTH) return;
    for (let v = 0; v < fn.valueCount; v += 1) {
      const op = fn.op(v);
      if (!(op === Op.Param && fn.a(v) === index) && !(self && op === Op.This)) continue;
      for (const user of usersOf(fn, v)) {
        const sometimes = op === Op.This && canAvoid(fn, 0, user, NONE) ? SOMETIMES : taking;
        if (fn.op(user) === Op.Store && fn.a(user) === 0) this.#parameter(fn, frame, fn.b(user), taking, depth);
        else this.#use({ fn, v, frame }, user, sometimes, depth);
      }
    }
  }

  #parameter(fn: FunctionView, frame: Frame | null, slot: number, taking: Taking, depth: number): void {
    for (const read of readsOf(fn, slot)) {
      this.follow({ fn, v: read, frame }, canAvoid(fn, 0, read, NONE) ? SOMETIMES : taking, depth);
    }
  }
}

/** There is a way around it, from where the first of several in a row parts. */
function aroundAlso({ conditional, stretch }: Taking, own: Stretch, frame: Frame | null): Taking {
  const { fn, from, at, to } = own;
  if (!conditional) return { conditional: true, stretch: own, unless: wayAround({ fn, v: from, frame }, at, to) };
  return stretch?.fn === own.fn ? { conditional, stretch: { ...own, from: stretch.from } } : SOMETIMES;
}

/** The last call of a chain that begins with a call: `selectFrom("a").where(…).execute()`; the call itself where it stands alone. */
export function chainEnd(fn: FunctionView, start: number): number {
  let end = start;
  for (let i = 0; i < MAX_STEPS; i += 1) {
    const [member, ...others] = usersOf(fn, end);
    if (member === undefined || others.length > 0 || fn.op(member) !== Op.Member) return end;
    const [call, ...more] = usersOf(fn, member);
    if (call === undefined || more.length > 0 || fn.op(call) !== Op.Call || fn.callee(call) !== member) return end;
    end = call;
  }
  return end;
}

const users = new WeakMap<FunctionView, ReadonlyMap<number, readonly number[]>>();

/** Values of a function that take a value as it is. */
export function usersOf(fn: FunctionView, v: number): readonly number[] {
  let known = users.get(fn);
  if (known === undefined) {
    known = indexUsers(fn);
    users.set(fn, known);
  }
  return known.get(v) ?? [];
}

function indexUsers(fn: FunctionView): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  const add = (value: number, user: number): void => {
    if (value === NONE) return;
    const known = found.get(value);
    if (known === undefined) found.set(value, [user]);
    else known.push(user);
  };
  for (let v = 0; v < fn.valueCount; v += 1) {
    switch (fn.op(v)) {
      case Op.Member:
      case Op.Cast:
      case Op.Return:
        add(fn.a(v), v);
        break;
      case Op.Store:
        add(fn.c(v), v);
        break;
      case Op.Cond:
      case Op.Logic:
        add(fn.b(v), v);
        add(fn.c(v), v);
        break;
      case Op.Call:
        add(fn.callee(v), v);
        for (const arg of fn.args(v)) add(arg, v);
        break;
      default:
        break;
    }
  }
  return found;
}

const reads = new WeakMap<FunctionView, ReadonlyMap<number, readonly number[]>>();

function readsOf(fn: FunctionView, slot: number): readonly number[] {
  let known = reads.get(fn);
  if (known === undefined) {
    const found = new Map<number, number[]>();
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) !== Op.Var || fn.a(v) !== 0) continue;
      const list = found.get(fn.b(v));
      if (list === undefined) found.set(fn.b(v), [v]);
      else list.push(v);
    }
    known = found;
    reads.set(fn, known);
  }
  return known.get(slot) ?? [];
}
