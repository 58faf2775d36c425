/**
 * `if (ids.every((id) => !own.has(id))) refuse();`: turned away is only who brings nothing but foreign ids. One id of the
 * caller's own in the list lets all the others pass, and the list is worked through after that.
 */
import type { ProgramIndex } from "../../frameworks/routing.js";
import type { LooseQuantifier } from "../../model/facts.js";
import { IterKind, NONE, Op } from "../../model/lowered.js";
import { atomsOf, behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import { displayName } from "../../program/facts/fact-reader.js";
import { calleeName, refusedStatus } from "../../program/facts/refusals.js";
import { returnsError } from "../../program/facts/ways-out.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { isFailure } from "../../program/linking/result-values.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { originKey } from "../../program/values/origin-keys.js";
import type { Analysis } from "../analysis.js";

/** How the callback answers, and how the test comes out, where the request goes on. */
interface Passing {
  readonly foreign: boolean;
  readonly outcome: boolean;
}

const PASSES: ReadonlyMap<string, Passing> = new Map([
  ["every", { foreign: true, outcome: false }],
  ["some", { foreign: false, outcome: true }],
]);
const MEMBERSHIP: ReadonlySet<string> = new Set(["includes", "has", "some", "find", "findIndex", "indexOf"]);
/** what is done with each element of a list */
const WORKS: ReadonlySet<string> = new Set(["map", "flatMap", "forEach", "reduce"]);
const TELLS =
  /^(?:log|debug|info|warn|error|trace|track|capture|emit|JSON|stringify|join|String|set(?:Tag|Attributes?))$/;
const LOADS = /^(?:find|get|list|load|fetch|query|select)(?:[A-Z]|$)/;
const MAX_FUNCTIONS = 40;

interface QuantifiedCall {
  readonly fn: FunctionView;
  readonly v: number;
  readonly method: string;
  readonly passes: Passing;
}

/** Every call in the program that asks all elements of a list, or any one of them. */
export function quantifiedCalls(index: ProgramIndex): readonly QuantifiedCall[] {
  return [...PASSES].flatMap(([method, passes]) =>
    index.callsOfMember(method).map(({ fn, v }) => ({ fn, v, method, passes })),
  );
}

/** Those of the calls that let a list pass of which only one element was looked at. */
export function collectLooseQuantifiers(
  calls: readonly QuantifiedCall[],
  analysis: Analysis,
): readonly LooseQuantifier[] {
  return calls.flatMap(({ fn, v, method, passes }) => {
    const fault = new Quantifier(fn, v, analysis).fault(passes);
    return fault === null ? [] : [{ ...fault, method }];
  });
}

class Quantifier {
  readonly #queries: LinkQueries;
  readonly #list: readonly Origin[];

  constructor(
    private readonly fn: FunctionView,
    private readonly call: number,
    analysis: Analysis,
  ) {
    this.#queries = analysis.queries;
    this.#list = this.#evaluate(fn, fn.a(fn.callee(call)));
  }

  fault(passes: Passing): Omit<LooseQuantifier, "method"> | null {
    const { fn, call } = this;
    if (!this.#list.some(isGiven) || this.#list.some(isKnown)) return null;
    const refusing = this.#refusingBranch(passes.outcome);
    const member = refusing === NONE ? null : this.#membership(passes.foreign);
    if (member === null || this.#testedAgain(member, refusing)) return null;
    const use = this.#useAfter(refusing);
    if (use === null) return null;
    const list = displayName(fn, fn.a(fn.callee(call)));
    const among = displayName(member.fn, member.collection);
    return { list, among, symbol: symbolOf(fn), place: fn.place(call), use };
  }

  #evaluate(fn: FunctionView, v: number): readonly Origin[] {
    return leaves(this.#queries.evaluate({ fn, v, frame: null }));
  }

  /** The branch one of whose sides goes on with this outcome while the other refuses; NONE when there is none. */
  #refusingBranch(outcome: boolean): number {
    const { fn, call } = this;
    const kind = outcome ? "truthy" : "falsy";
    for (const { terminator } of graphOf(fn).blocks) {
      if (terminator === NONE || terminator < call || fn.op(terminator) !== Op.Branch) continue;
      for (const sense of [true, false]) {
        if (!atomsOf(fn, fn.a(terminator), sense).some((atom) => atom.kind === kind && atom.v === call)) continue;
        if (this.#refuses(sense ? fn.c(terminator) : fn.b(terminator))) return terminator;
      }
    }
    return NONE;
  }

  #refuses(start: number): boolean {
    const { fn } = this;
    const { blocks } = graphOf(fn);
    let at = start;
    for (let step = 0; step < 6; step += 1) {
      const { first, end, terminator } = blocks[at];
      for (let v = first; v < end; v += 1)
        if (fn.op(v) === Op.Call && refusedStatus(fn, v, this.#queries) > 0) return true;
      if (terminator === NONE) return false;
      if (fn.op(terminator) === Op.Throw) return true;
      if (fn.op(terminator) === Op.Return) return this.#isRefusal(fn.a(terminator));
      if (fn.op(terminator) !== Op.Jump) return false;
      at = fn.a(terminator);
    }
    return false;
  }

  #isRefusal(value: number): boolean {
    const { fn } = this;
    if (value === NONE) return false;
    const v = behind(fn, value);
    if (refusedStatus(fn, v, this.#queries) > 0 || returnsError(fn, v, this.#queries)) return true;
    if (isFailure(fn, v, this.#queries)) return true;
    if (fn.op(v) !== Op.Object) return false;
    const says = (name: string): number => behind(fn, fn.prop(v, name));
    if (["success", "ok", "valid"].some((name) => fn.prop(v, name) !== NONE && fn.op(says(name)) === Op.False))
      return true;
    return fn.prop(v, "error") !== NONE && fn.op(says("error")) !== Op.Null;
  }

  /** The collection in which the callback looks its element up, when it does nothing else. */
  #membership(foreign: boolean): { readonly fn: FunctionView; readonly collection: number } | null {
    const [callback] = this.fn.args(this.call);
    const [only, ...others] = callback === undefined ? [] : this.#evaluate(this.fn, callback);
    if (only?.kind !== "function" || others.length > 0 || only.fn.returns.length !== 1) return null;
    const inner = only.fn;
    const [atom, ...more] = atomsOf(inner, inner.a(inner.returns[0]), !foreign);
    if (atom?.kind !== "truthy" || more.length > 0 || inner.op(atom.v) !== Op.Call) return null;
    const callee = inner.callee(atom.v);
    if (inner.op(callee) !== Op.Member || !MEMBERSHIP.has(inner.memberName(callee))) return null;
    const collection = inner.a(callee);
    const rows = this.#evaluate(inner, collection);
    if (rows.length === 0 || !rows.some(isLoaded) || rows.some((o) => o.kind === "constant")) return null;
    return this.#asksFor(inner, atom.v) ? { fn: inner, collection } : null;
  }

  /** The element is what is looked for: an argument, or a side of the comparison in a further callback. */
  #asksFor(inner: FunctionView, call: number): boolean {
    const isElement = (o: Origin): boolean => o.kind === "parameter" && o.fn === inner && o.index === 0;
    return Array.from(inner.args(call)).some((arg) =>
      this.#evaluate(inner, arg).some((o) => {
        if (o.kind !== "function") return isElement(o);
        const [row] = o.fn.returns;
        const compared = row === undefined ? NONE : behind(o.fn, o.fn.a(row));
        if (compared === NONE || o.fn.op(compared) !== Op.Binary) return false;
        return [o.fn.b(compared), o.fn.c(compared)].some((side) => this.#evaluate(o.fn, side).some(isElement));
      }),
    );
  }

  /** Somewhere behind it the collection is asked again, element by element. */
  #testedAgain(member: { readonly fn: FunctionView; readonly collection: number }, branch: number): boolean {
    const keys = new Set(this.#evaluate(member.fn, member.collection).map(originKey));
    return this.#callsBehind(branch).some(({ fn, v }) => {
      if (fn.op(v) !== Op.Call) return false;
      const callee = fn.callee(v);
      const name = fn.memberName(callee);
      if (!MEMBERSHIP.has(name) && name !== "filter" && name !== "get") return false;
      const asked = [fn.a(callee), ...fn.args(v)].flatMap((part) => this.#evaluate(fn, part));
      return asked.some((o) => keys.has(originKey(o)));
    });
  }

  /** Where the list is worked through after the test. */
  #useAfter(branch: number): LooseQuantifier["use"] | null {
    const keys = new Set(
      this.#list.flatMap((o) => [o, ...this.#queries.project(o, ["[]"])]).map((origin) => originKey(origin)),
    );
    const isList = (at: FunctionView, v: number): boolean =>
      this.#evaluate(at, v)
        .flatMap((o) => this.#insides(o, 0))
        .some((o) => keys.has(originKey(o)));
    for (const at of this.#functionsBehind()) {
      for (let v = at === this.fn ? branch : 0; v < at.valueCount; v += 1)
        if (this.#takes(at, v, isList)) return at.place(v);
    }
    return null;
  }

  #takes(at: FunctionView, v: number, isList: (at: FunctionView, v: number) => boolean): boolean {
    if (at.op(v) === Op.Iterated) return at.b(v) !== IterKind.In && isList(at, at.a(v));
    if (at.op(v) !== Op.Call || TELLS.test(calleeName(at, at.callee(v)))) return false;
    const name = at.memberName(at.callee(v));
    if (WORKS.has(name) && isList(at, at.a(at.callee(v)))) return true;
    return !MEMBERSHIP.has(name) && Array.from(at.args(v)).some((arg) => isList(at, arg));
  }

  /** A value, and what object literals around it carry: `{ data: { stageId } }`. */
  #insides(origin: Origin, depth: number): readonly Origin[] {
    if (origin.kind !== "literal" || origin.form !== "object" || depth > 2) return [origin];
    return leaves(this.#queries.project(origin, ["[]"])).flatMap((o) => this.#insides(o, depth + 1));
  }

  #callsBehind(branch: number): readonly { readonly fn: FunctionView; readonly v: number }[] {
    return this.#functionsBehind().flatMap((fn) =>
      Array.from(fn.calls, (v) => ({ fn, v })).filter(({ v }) => fn !== this.fn || v > branch),
    );
  }

  /** The function itself and the closures that are made after the branch. */
  #functionsBehind(): readonly FunctionView[] {
    const { fn, call } = this;
    const after = fn.place(call).end;
    const within: FunctionView[] = [fn];
    for (let i = 0; i < fn.file.functionCount && within.length < MAX_FUNCTIONS; i += 1) {
      const one = fn.file.fn(i);
      if (one !== fn && one.ownPlace.start >= after && within.some((outer) => one.parent === outer)) within.push(one);
    }
    return within;
  }
}

/** What comes from outside of the function: the request itself, or what its caller hands in. */
function isGiven(origin: Origin): boolean {
  return origin.kind === "parameter" || (origin.kind === "source" && origin.source === "input");
}

function isKnown(origin: Origin): boolean {
  return origin.kind === "constant" || (origin.kind === "source" && origin.source !== "input");
}

/** Rows, or what was made of them: the keys of a map, a set of ids. */
function isLoaded(origin: Origin): boolean {
  if (origin.kind === "source") return origin.source === "row";
  if (origin.kind === "derived") return leaves(origin.of).some(isLoaded);
  // a client that was handed in was asked for it
  if (origin.kind === "apply") return LOADS.test(calleeName(origin.site.fn, origin.site.fn.callee(origin.site.v)));
  return false;
}

function symbolOf(fn: FunctionView): string {
  let outer: FunctionView | null = fn;
  for (let level = 0; outer !== null && level < 20; level += 1, outer = outer.parent)
    if (outer.info.name !== "") return outer.info.name;
  return "";
}
