/**
 * Checks that run only when there is something to check: `if (id && !(await mayUse(user, id))) return`, a block that
 * tests a list when it was given, a loop that rejects on any element. What they show holds for the value if it is there.
 */
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import { canAvoid } from "../../program/facts/avoidance.js";
import { atomsOf, behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import { FramedMemo } from "../../program/values/framed-memo.js";
import type { Frame, Origin, Site } from "../../program/values/origin.js";
import { valueKey } from "../accesses/ledger-values.js";
import type { Analysis } from "../analysis.js";

const MAX_BRANCHES = 12;
const MAX_LEVELS = 6;

/** Facts that hold at a data call, or where it was called from, provided that the value is there. */
export function factsIfPresent(value: Origin, site: Site, analysis: Analysis): readonly Fact[] {
  const key = valueKey(value);
  return uniqueFacts(levelsOf(site).flatMap((at) => [...new Search(value, key, at, analysis).run()]));
}

/**
 * Facts of ways on that go past a data call: what is answered after it, what a caught failure ends. What a transaction
 * has written is taken back where it throws, so that a check may follow in it.
 */
export function factsAround(site: Site, reads: boolean, analysis: Analysis): readonly Fact[] {
  const { guarantees } = analysis;
  const levels = levelsOf(site);
  const outermost = levels.findLastIndex(({ fn }) => runsInTransaction(fn));
  return uniqueFacts(
    levels.flatMap((at, level) => {
      const { fn, v, frame } = at;
      const past = reads ? "reads" : level <= outermost ? "writes" : "";
      const find = (): readonly Fact[] => [
        ...guarantees.factsIfFailuresEnd(at),
        ...(past === "" ? [] : guarantees.after(at, reads)),
      ];
      return frame === null ? find() : around.get(frame, `${fn.key(v)}${past}`, find);
    }),
  );
}

/** The calls that lead to one access of a handler lead to most of its others as well. */
const around = new FramedMemo<string, readonly Fact[]>();

/** `db.transaction(async (tx) => { … })`, `prisma.$transaction(…)`, `em.transactional(…)` */
function runsInTransaction(fn: FunctionView): boolean {
  const { parent } = fn;
  if (parent === null) return false;
  for (let v = 0; v < parent.valueCount; v += 1) {
    if (parent.op(v) !== Op.Call || !/^\$?transaction(?:al)?$/i.test(parent.memberName(parent.callee(v)))) continue;
    for (const arg of parent.args(v))
      if (parent.op(arg) === Op.Closure && parent.file.fn(parent.a(arg)) === fn) return true;
  }
  return false;
}

/** The call and the calls that led to it, innermost first. */
export function levelsOf(site: Site): readonly Site[] {
  const found: Site[] = [];
  let at: Site | null = site;
  for (let level = 0; at !== null && level < MAX_LEVELS; level += 1) {
    found.push(at);
    at = at.frame === null ? null : (at.frame.site ?? madeAt(at.frame));
  }
  return found;
}

/** Where a closure that a package calls was made: what holds there holds in it. */
function madeAt(frame: Frame): Site | null {
  const { parent } = frame.fn;
  if (parent === null || frame.lexical === null) return null;
  for (let v = 0; v < parent.valueCount; v += 1) {
    if (parent.op(v) === Op.Closure && parent.file.fn(parent.a(v)) === frame.fn) {
      return { fn: parent, v, frame: frame.lexical };
    }
  }
  return null;
}

class Search {
  constructor(
    private readonly value: Origin,
    private readonly key: string,
    private readonly at: Site,
    private readonly analysis: Analysis,
  ) {}

  run(): readonly Fact[] {
    const { fn } = this.at;
    const found: Fact[] = [];
    let asked = 0;
    for (const { terminator, first } of graphOf(fn).blocks) {
      if (terminator === NONE || terminator > this.at.v || asked >= MAX_BRANCHES) continue;
      if (fn.op(terminator) === Op.Branch && this.#speaksOf(fn.a(terminator))) {
        asked += 1;
        found.push(...this.#branch(terminator));
      } else if (fn.op(terminator) === Op.Jump && fn.a(terminator) !== NONE) {
        found.push(...this.#loop(terminator, first));
      }
    }
    return found;
  }

  /** What holds here when the branch was left the way it is left with the value there. */
  #branch(row: number): readonly Fact[] {
    const { fn, frame } = this.at;
    const { guarantees } = this.analysis;
    const test = behind(fn, fn.a(row));
    const assumed = (side: 0 | 1): readonly Fact[] =>
      guarantees.assuming(fn, row, side, () => guarantees.factsAt(this.at));
    // `if (ids && ids.length > 0) { … }`, taken as if there always were some
    if (this.#onlyPresence(test)) return assumed(0);
    if (fn.op(test) === Op.Logic && fn.a(test) === LogicKind.And) {
      const holds = guarantees.flow(fn, frame, false).factsAt(this.at.v);
      if (!holds.some((atom) => atom.kind === "falsy" && atom.v === test)) return [];
      const [given, check] = this.#isPresence(fn.b(test)) ? [fn.b(test), fn.c(test)] : [fn.c(test), fn.b(test)];
      return this.#isPresence(given) ? guarantees.reader.read(atomsOf(fn, check, false), fn, frame) : [];
    }
    return this.#isAbsence(test) ? assumed(1) : [];
  }

  /** Facts at the end of a loop over the list that has to be gone through to get here. */
  #loop(jump: number, first: number): readonly Fact[] {
    const { fn, frame } = this.at;
    const header = graphOf(fn).blocks[fn.a(jump)];
    if (header === undefined || header.first >= first || header.terminator === NONE) return [];
    if (fn.op(header.terminator) !== Op.Branch || !this.#isList(fn.a(header.terminator))) return [];
    const { guarantees } = this.analysis;
    const inside = this.at.v > header.first && this.at.v < jump;
    if (inside || canAvoid(fn, 0, header.first, this.at.v)) return [];
    return guarantees.factsAt({ fn, v: jump, frame });
  }

  #speaksOf(v: number): boolean {
    const { fn } = this.at;
    const test = behind(fn, v);
    if (fn.op(test) !== Op.Logic || fn.a(test) !== LogicKind.And)
      return this.#isPresence(test) || this.#isAbsence(test);
    return this.#isPresence(fn.b(test)) || this.#isPresence(fn.c(test));
  }

  /** Nothing else is asked than whether the value is there. */
  #onlyPresence(v: number): boolean {
    const { fn } = this.at;
    const test = behind(fn, v);
    if (fn.op(test) !== Op.Logic) return this.#isPresence(test);
    return fn.a(test) === LogicKind.And && this.#onlyPresence(fn.b(test)) && this.#onlyPresence(fn.c(test));
  }

  #isPresence(v: number): boolean {
    return this.#atomsSay(v, true);
  }

  #isAbsence(v: number): boolean {
    return this.#atomsSay(v, false);
  }

  /** Whether a test that comes out true says that the value is there (or missing). */
  #atomsSay(v: number, present: boolean): boolean {
    const { fn } = this.at;
    return atomsOf(fn, v, true).some(({ kind, v: said }) => {
      if (kind === "holds") return present && (this.#isCount(fn, said) || this.#asksForKey(fn, said));
      if (kind === "unequal") return present && this.#isOtherThanText(fn, said);
      if (kind !== (present ? "truthy" : "falsy")) return false;
      return this.#isValue(said) || this.#isValue(counted(fn, said)) || this.#asksForKey(fn, said);
    });
  }

  /** `"orgId" in input`, `Object.hasOwn(input, "orgId")`, `has("orgId", input)`, `input.hasOwnProperty("orgId")` */
  #asksForKey(fn: FunctionView, v: number): boolean {
    const [name, holder] = keyAskedFor(fn, v);
    if (name === "" || holder === NONE) return false;
    const { queries } = this.analysis;
    const held = leaves(queries.evaluate({ fn, v: holder, frame: this.at.frame }));
    return held.some((one) => leaves(queries.project(one, [name])).some((origin) => valueKey(origin) === this.key));
  }

  #isCount(fn: FunctionView, v: number): boolean {
    const operator = fn.text(fn.a(v));
    return (operator === ">" || operator === ">=") && this.#isValue(counted(fn, behind(fn, fn.b(v))));
  }

  /** `parentId !== "root"`: a word that stands for none. */
  #isOtherThanText(fn: FunctionView, v: number): boolean {
    const sides = [behind(fn, fn.b(v)), behind(fn, fn.c(v))];
    return sides.some((side, i) => fn.op(sides[1 - i] ?? NONE) === Op.String && this.#isValue(side));
  }

  #isList(v: number): boolean {
    const list = behind(this.at.fn, v);
    return this.#isValue(list) || this.#holdsValue(list);
  }

  /** The value is a member of the elements: `items` of `item.id`. */
  #holdsValue(v: number): boolean {
    const { fn, frame } = this.at;
    const value = this.value;
    if (v === NONE || value.kind !== "source") return false;
    return leaves(this.analysis.queries.evaluate({ fn, v, frame })).some(
      (list) => list.kind === "source" && list.source === value.source && value.path.startsWith(`${list.path}.`),
    );
  }

  #isValue(v: number): boolean {
    if (v === NONE) return false;
    const { fn, frame } = this.at;
    if (fn.op(v) === Op.Call && fn.memberName(fn.callee(v)) !== "entries" && !dropsMissing(fn, v)) return false;
    const { queries } = this.analysis;
    return leaves(queries.evaluate({ fn, v, frame })).some((origin) => {
      if (valueKey(origin) === this.key) return true;
      // a list that it was put into
      if (origin.kind !== "literal" || origin.form !== "array") return false;
      return leaves(queries.project(origin, ["[]"])).some((item) => valueKey(item) === this.key);
    });
  }
}

/** `[first, second].filter(Boolean)`: those that are there are left. */
function dropsMissing(fn: FunctionView, call: number): boolean {
  const [test, ...others] = fn.args(call);
  if (fn.memberName(fn.callee(call)) !== "filter" || test === undefined || others.length > 0) return false;
  return fn.op(test) === Op.Global && fn.text(fn.a(test)) === "Boolean";
}

/** The name that is looked for and what it is looked for in. */
function keyAskedFor(fn: FunctionView, v: number): readonly [string, number] {
  const textOf = (value: number): string => (fn.op(value) === Op.String ? fn.text(fn.a(value)) : "");
  if (fn.op(v) === Op.Binary && fn.text(fn.a(v)) === "in") return [textOf(behind(fn, fn.b(v))), fn.c(v)];
  if (fn.op(v) !== Op.Call) return ["", NONE];
  const callee = fn.callee(v);
  const [first = NONE, second = NONE] = fn.args(v);
  if (fn.op(callee) === Op.Member && fn.memberName(callee) === "hasOwnProperty")
    return [first === NONE ? "" : textOf(behind(fn, first)), fn.a(callee)];
  if (second === NONE || !/^(?:has|hasIn|hasOwn|hasKey)$/.test(nameOfCallee(fn, callee))) return ["", NONE];
  const name = textOf(behind(fn, first));
  return name === "" ? [textOf(behind(fn, second)), first] : [name, second];
}

/** `has`, imported or of an object */
function nameOfCallee(fn: FunctionView, callee: number): string {
  if (fn.op(callee) === Op.Member) return fn.memberName(callee);
  return fn.op(callee) === Op.Var ? (fn.ancestor(fn.a(callee))?.info.slots[fn.b(callee)]?.name ?? "") : "";
}

/** `ids` of `ids.length`; NONE for anything else. */
function counted(fn: FunctionView, v: number): number {
  if (fn.op(v) !== Op.Member) return NONE;
  const name = fn.memberName(v);
  return name === "length" || name === "size" ? behind(fn, fn.a(v)) : NONE;
}
