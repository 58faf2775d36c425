/**
 * Goes through the program's start-up in the order in which it would run: module bodies after what they import,
 * local functions where they are called, callbacks of tables once per element. Registrations met on the way are
 * handed to the adapter in that order, with the arguments of the calls that led there bound.
 */
import { MemberKind, NONE, Op } from "../../model/lowered.js";
import { superOrigins } from "../../program/linking/class-members.js";
import { isOfComputedLoad, valuesLoaded } from "../../program/linking/folder-modules.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { givenFrame, MAX_FRAME_DEPTH } from "../../program/values/call-frames.js";
import { type Frame, type Origin, RECEIVER, unknown } from "../../program/values/origin.js";
import { calledName } from "../called-names.js";
import type { ProgramIndex } from "../routing.js";
import { holdsImport, isParameter } from "./callee-shapes.js";
import { conditionsAt } from "./conditions.js";
import { roundsOf } from "./loops.js";
import { namesSought } from "./names.js";
import { importersClosure, importOrder, knowersClosure } from "./order.js";
import type { Condition } from "./routing-tree.js";
import { candidatesIn, memoryOf, type RunMemory, type RunRecord } from "./run-memory.js";
import { NO_BINDINGS, type Spot, site } from "./spot.js";
import type { Values } from "./values.js";

export interface RunCall extends Spot {
  /** tests that held on the way here */
  readonly conditions: readonly Condition[];
}

export interface RunVisitor {
  readonly framework: string;
  /**
   * May this call be a registration? Asked once per call of the program, without knowing who called, and not again for
   * files that stay as they are while others are edited.
   */
  candidate(fn: FunctionView, v: number): boolean;
  /**
   * @param enter goes into a function that the framework will call with these arguments (a plugin)
   * @returns true when the call was a registration or part of one
   */
  visit(call: RunCall, enter: Enter): boolean;
  /** A table of registrations was gone through that could not be read to its end. */
  unreadTable(call: RunCall): void;
}

type FunctionOrigin = Extract<Origin, { kind: "function" }>;
export type Enter = (callee: FunctionOrigin, given: readonly (readonly Origin[])[]) => void;

const MAX_NESTING = 16;
const MAX_RUNS = 20_000;
const EACH = new Set(["forEach", "map", "flatMap", "each", "forOwn", "forIn"]);

export function runProgram(values: Values, index: ProgramIndex, visitor: RunVisitor): void {
  new Run(values, visitor).start(index);
}

class Run {
  readonly #candidates = new Map<FunctionView, ReadonlySet<number>>();
  readonly #memory: RunMemory;
  readonly #ran = new Set<FunctionView>();
  readonly #stack: FunctionView[] = [];
  #runs = 0;
  /** of what is run; null inside of what the visitor itself goes into */
  #record: { readonly told: RunRecord["told"][number][]; readonly ran: FunctionView[] } | null = null;

  constructor(
    private readonly values: Values,
    private readonly visitor: RunVisitor,
  ) {
    this.#memory = memoryOf(visitor);
  }

  start(index: ProgramIndex): void {
    const { program } = this.values.queries;
    for (const file of index.files())
      for (const [fn, calls] of this.#memory.candidates.of(file, () => candidatesIn(file, this.visitor)))
        this.#candidates.set(fn, calls);
    const files = new Set([...this.#candidates.keys()].map((fn) => fn.file));
    this.#memory.names = namesSought(this.values.queries, index, this.#candidates, this.#memory.names);
    for (const file of importOrder(program, importersClosure(this.values.queries, files))) this.#runAlone(file.module);
    const unseen = [...this.#candidates.keys()].filter((fn) => !this.#ran.has(fn));
    if (unseen.length === 0) return;
    // nobody in sight starts them: `class Server { start() { this.register(routes()); } }`
    // whether it leads to one costs most for the many functions of files that know nothing of theirs
    const near = knowersClosure(this.values.queries, files);
    const starting = [...index.files()]
      .filter((file) => near.has(file))
      .flatMap((file) => [...file.functions()])
      .filter((fn) => !this.#ran.has(fn) && !this.#candidates.has(fn) && this.reaches(fn));
    const left = [...starting, ...unseen];
    const called = this.#calledAmong(left);
    // what another one calls runs there first, with what it is given there
    for (const fn of [...left.filter((one) => !called.has(one)), ...left]) {
      if (!this.#ran.has(fn)) this.#runAlone(fn);
    }
  }

  /** The body of a module, or a function of which nothing is known that it is given; or what it told the last time. */
  #runAlone(alone: FunctionView): void {
    const known = this.#memory.runs.get(alone);
    if (known !== undefined) {
      for (const fn of known.ran) this.#ran.add(fn);
      for (const { what, call } of known.told) {
        if (what === "unread") this.visitor.unreadTable(call);
        else this.visitor.visit(call, this.#entering(call));
      }
      return;
    }
    const record = { told: [], ran: [] };
    this.#record = record;
    this.#enter(alone, null, []);
    this.#record = null;
    if (this.#runs < MAX_RUNS) this.#memory.runs.set(alone, record);
  }

  #unreadTable(call: RunCall): void {
    this.#record?.told.push({ what: "unread", call });
    this.visitor.unreadTable(call);
  }

  /** What the visitor goes into from a registration it does each time. */
  #entering(call: RunCall): Enter {
    return (callee, given) => {
      const record = this.#record;
      this.#record = null;
      this.#enter(callee.fn, givenFrame(callee, given, callee.frame?.depth ?? 0), call.conditions);
      this.#record = record;
    };
  }

  /** Those of the functions that others of them call. */
  #calledAmong(functions: readonly FunctionView[]): ReadonlySet<FunctionView> {
    const asked = new Set(functions);
    const called = new Set<FunctionView>();
    for (const fn of functions) {
      for (const v of fn.calls) {
        if (fn.op(v) === Op.Tagged || !this.#worthEvaluating(fn, fn.callee(v))) continue;
        for (const callee of this.values.queries.evaluate({ fn, v: fn.callee(v), frame: null })) {
          const entered = callee.kind === "class" ? this.#constructorOf(callee) : functionOf(callee);
          if (entered !== null && entered !== fn && asked.has(entered)) called.add(entered);
        }
      }
    }
    return called;
  }

  /** The nearest constructor that is written out. */
  #constructorOf(callee: Origin): FunctionView | null {
    let current: Origin | undefined = callee;
    for (let depth = 0; depth < 6 && current?.kind === "class"; depth += 1) {
      const { file, index } = current;
      const member = file.lowered.classes[index]?.members.find(
        (m) => m.kind === MemberKind.Constructor && m.fn !== NONE,
      );
      if (member !== undefined) return file.fn(member.fn);
      [current] = superOrigins(file, index, this.values.queries);
    }
    return null;
  }

  #enter(fn: FunctionView, frame: Frame | null, conditions: readonly Condition[]): void {
    if (!fn.hasBody || this.#stack.includes(fn) || this.#stack.length > MAX_NESTING) return;
    if ((frame?.depth ?? 0) > MAX_FRAME_DEPTH || this.#runs >= MAX_RUNS) return;
    this.#runs += 1;
    this.#ran.add(fn);
    this.#record?.ran.push(fn);
    this.#stack.push(fn);
    for (const v of fn.calls) {
      if (fn.op(v) === Op.Tagged || !this.#matters(fn, v)) continue;
      const spot: Spot = { fn, v, frame, bindings: NO_BINDINGS };
      const rounds = roundsOf(spot, this.values);
      if (!rounds.complete) this.#unreadTable({ ...spot, conditions });
      for (const bindings of rounds.bindings) {
        const here = conditionsAt({ ...spot, bindings }, this.values);
        if (here !== null) this.#call({ ...spot, bindings, conditions: [...conditions, ...here] });
      }
    }
    this.#stack.pop();
  }

  /** Calls that neither register nor lead to something that does are passed over at once. */
  #matters(fn: FunctionView, v: number): boolean {
    if (this.#candidates.get(fn)?.has(v)) return true;
    const callee = fn.callee(v);
    // what a caller handed in is known only when it is called
    return fn.op(callee) === Op.Super || isParameter(fn, callee) || this.#leads(fn, v);
  }

  #call(call: RunCall): void {
    if (this.#candidates.get(call.fn)?.has(call.v)) {
      this.#record?.told.push({ what: "call", call });
      if (this.visitor.visit(call, this.#entering(call))) return;
    }
    for (const callee of this.#callees(call)) {
      if (callee.kind === "function") {
        if (this.reaches(callee.fn) || this.#closures(call).length > 0) {
          this.#enter(callee.fn, this.values.frame(callee, call), call.conditions);
        }
      } else if (callee.kind === "class") this.#construct(callee, call, madeBySuper(call));
      else this.#callbacks(call);
    }
  }

  #callees(call: RunCall): readonly Origin[] {
    const { fn, v } = call;
    if (fn.op(fn.callee(v)) === Op.Super) return superOrigins(fn.file, fn.thisClass, this.values.queries);
    return (
      valuesLoaded({ ...site(call), v: fn.callee(v) }, this.values.queries) ??
      this.values.of({ ...call, v: fn.callee(v) })
    );
  }

  #construct(callee: Extract<Origin, { kind: "class" }>, call: RunCall, self: Origin | null): void {
    const info = callee.file.lowered.classes[callee.index];
    if (info === undefined) return;
    const own: Origin = self ?? { kind: "instance", file: callee.file, index: callee.index, site: site(call) };
    const member = info.members.find((m) => m.kind === MemberKind.Constructor && m.fn !== NONE);
    if (member === undefined) {
      for (const parent of superOrigins(callee.file, callee.index, this.values.queries)) {
        if (parent.kind === "class") this.#construct(parent, call, own);
      }
      return;
    }
    const ctor: FunctionOrigin = { kind: "function", fn: callee.file.fn(member.fn), frame: callee.frame, self: own };
    this.#enter(ctor.fn, this.values.frame(ctor, call), call.conditions);
  }

  /** Functions handed to something that cannot be read; for tables, once per element. */
  #callbacks(call: RunCall): void {
    const { fn } = call;
    const callee = fn.callee(call.v);
    const name = fn.memberName(callee);
    for (const closure of this.#closures(call)) {
      const depth = closure.frame?.depth ?? 0;
      if (!EACH.has(name)) {
        const given = closure.fn.info.params.map((_, i) => [this.#declared(closure.fn, i)]);
        this.#enter(closure.fn, givenFrame(closure, given, depth), call.conditions);
        continue;
      }
      const turns = this.values.turns(call);
      if (!turns.complete) this.#unreadTable(call);
      for (const given of turns.arguments) this.#enter(closure.fn, givenFrame(closure, given, depth), call.conditions);
      this.#ran.add(closure.fn);
      this.#record?.ran.push(closure.fn);
    }
  }

  #declared(fn: FunctionView, index: number): Origin {
    const type = fn.file.lowered.types[fn.info.params[index]?.type ?? NONE];
    return (type ? this.values.queries.typeOrigin(fn.file, type) : null) ?? unknown("callback");
  }

  #closures(call: Spot): readonly FunctionOrigin[] {
    const found: FunctionOrigin[] = [];
    for (const arg of call.fn.args(call.v)) {
      if (!this.#worthEvaluating(call.fn, arg)) continue;
      for (const origin of this.values.queries.evaluate({ fn: call.fn, v: arg, frame: call.frame })) {
        if (origin.kind === "function" && this.reaches(origin.fn)) found.push(origin);
      }
    }
    return found;
  }

  /** Can a registration be reached by calling the function, as far as one sees without its arguments? */
  reaches(fn: FunctionView): boolean {
    const known = this.#memory.reaches.get(fn);
    if (known !== undefined) return known;
    // a cycle adds nothing that its other members do not find
    this.#memory.reaches.set(fn, false);
    let found = this.#candidates.has(fn);
    if (!found) for (const v of fn.calls) found ||= this.#leads(fn, v);
    this.#memory.reaches.set(fn, found);
    return found;
  }

  #leads(fn: FunctionView, v: number): boolean {
    if (fn.op(v) === Op.Tagged) return false;
    if (this.#worthEvaluating(fn, fn.callee(v))) {
      const callees =
        valuesLoaded({ fn, v: fn.callee(v), frame: null }, this.values.queries) ??
        this.values.queries.evaluate({ fn, v: fn.callee(v), frame: null });
      for (const callee of callees) {
        if (callee.kind === "function" && this.reaches(callee.fn)) return true;
        if (callee.kind === "class" && this.#constructorReaches(callee, 0)) return true;
        // which method of that name it is, the object tells when it is made
        if (callee.kind === "parameter" && callee.index === RECEIVER) return true;
      }
    }
    return this.#closures({ fn, v, frame: null, bindings: NO_BINDINGS }).length > 0;
  }

  #worthEvaluating(fn: FunctionView, v: number): boolean {
    if (fn.op(v) === Op.Closure || isParameter(fn, v)) return true;
    const name = calledName(fn, v);
    return name === "" ? holdsImport(fn, v) : this.#memory.names.names.has(name) || isOfComputedLoad(fn, v);
  }

  #constructorReaches(callee: Extract<Origin, { kind: "class" }>, depth: number): boolean {
    const info = callee.file.lowered.classes[callee.index];
    if (info === undefined || depth > 6) return false;
    const methods = info.members.filter((m) => m.fn !== NONE && (m.kind === MemberKind.Constructor || !m.static));
    // a base class may call any method of the class from its constructor
    if (methods.some((m) => this.reaches(callee.file.fn(m.fn)))) return true;
    return superOrigins(callee.file, callee.index, this.values.queries).some(
      (parent) => parent.kind === "class" && this.#constructorReaches(parent, depth + 1),
    );
  }
}

function functionOf(callee: Origin): FunctionView | null {
  return callee.kind === "function" ? callee.fn : null;
}

/** `super(…)` goes on making the object whose constructor calls it. */
function madeBySuper(call: Spot): Origin | null {
  return call.fn.op(call.fn.callee(call.v)) === Op.Super ? (call.frame?.self ?? null) : null;
}
