/**
 * Rows that are looked up to tell a check which tenant is meant: `context: async (params) => ({ orgId: (await
 * find(params.slug))?.id })`, which a wrapper hands to `authenticate(request, context)`. Nothing of them is shown.
 */
import { NONE, Op } from "../../model/lowered.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { isKey } from "./key-columns.js";

const MAX_ROWS = 4000;
const COMPARING = /^(?:[!=]==?|instanceof)$/;

/** True when only keys of what is found leave the function, and its caller hands them to nothing but checks. */
export function isToldToChecks(site: Site, analysis: Analysis): boolean {
  const { fn, v, frame } = site;
  if (isAskedOfChecks(site, analysis)) return true;
  const caller = frame?.site ?? null;
  if (caller === null || fn.valueCount > MAX_ROWS || caller.fn.valueCount > MAX_ROWS) return false;
  const inside = new Travelled(fn, v, true).run();
  if (inside === null || !inside.returned || inside.calls.size > 0) return false;
  const outside = new Travelled(caller.fn, caller.v, false).run();
  if (outside === null || outside.returned || outside.calls.size === 0) return false;
  return [...outside.calls].every((call) => isCheck({ ...caller, v: call }, analysis));
}

/** `ability.can("write", { kind: row.kind })`, `rows.some((row) => !ability.can("write", row.kind))`: a decision, and no more. */
function isAskedOfChecks({ fn, v, frame }: Site, analysis: Analysis): boolean {
  if (fn.valueCount > MAX_ROWS) return false;
  const travels = new Travelled(fn, v, true, true).run();
  if (travels === null || travels.returned || (travels.calls.size === 0 && !travels.asked)) return false;
  return [...travels.calls].every(
    (call) => DECIDES.test(calleeName(fn, fn.callee(call))) || isCheck({ fn, v: call, frame }, analysis),
  );
}

/** what an ability, a policy or a checker is asked by */
const DECIDES = /^(?:can(?:not)?|may|is(?:Allowed|Permitted|Authorized)|allows|permits|enforce)$/;
const QUANTIFIES = /^(?:some|every)$/;

function isCheck(site: Site, { guarantees, queries }: Analysis): boolean {
  const name = calleeName(site.fn, site.fn.callee(site.v));
  return (["return", "truthy"] as const).some((on) => {
    const check = guarantees.checks.namedCheck(name, site, on, queries);
    return check !== undefined && check.level !== "look-up";
  });
}

interface Travels {
  readonly returned: boolean;
  /** calls that are handed it */
  readonly calls: ReadonlySet<number>;
  /** a decision was asked about each of the rows */
  readonly asked: boolean;
}

/** Where a value of a function goes; of a row nothing but its keys may go on. */
class Travelled {
  readonly #rows = new Set<number>();
  readonly #told = new Set<number>();
  readonly #slots = new Set<number>();
  readonly #slotsOfRows = new Set<number>();
  readonly #calls = new Set<number>();
  #returned = false;
  #asked = false;

  constructor(
    private readonly fn: FunctionView,
    value: number,
    isRow: boolean,
    /** whatever is told of it goes no further than where it was loaded */
    private readonly here = false,
  ) {
    (isRow ? this.#rows : this.#told).add(value);
  }

  /** @returns null where it goes somewhere that is not followed, or more than keys go on */
  run(): Travels | null {
    for (let row = 0; row < this.fn.valueCount; row += 1) if (!this.#row(row)) return null;
    return { returned: this.#returned, calls: this.#calls, asked: this.#asked };
  }

  #row(row: number): boolean {
    const { fn } = this;
    const a = fn.a(row);
    switch (fn.op(row)) {
      case Op.Var:
        if (a === 0 && this.#slotsOfRows.has(fn.b(row))) this.#rows.add(row);
        if (a === 0 && this.#slots.has(fn.b(row))) this.#told.add(row);
        return true;
      case Op.Await:
      case Op.Cast:
        return this.#carries(row, [a]);
      case Op.Logic:
      case Op.Cond:
        return this.#carries(row, [fn.b(row), fn.c(row)]);
      case Op.Member:
        if (this.#rows.has(a) && !this.here && !isKey(fn.text(fn.b(row)))) return false;
        if (this.#rows.has(a) || this.#told.has(a)) this.#told.add(row);
        return true;
      case Op.Object: {
        const values = Array.from(fn.props(row), ({ value }) => value);
        if (values.some((value) => this.#rows.has(value))) return false;
        return this.#carries(row, values);
      }
      case Op.Store:
        return this.#store(row);
      case Op.Call:
      case Op.New:
        return this.#call(row);
      case Op.Return:
        if (this.#rows.has(a)) return false;
        this.#returned ||= this.#told.has(a);
        return true;
      case Op.Branch:
      case Op.Unary:
        return true;
      case Op.Binary:
        return COMPARING.test(fn.text(a)) || ![fn.b(row), fn.c(row)].some((v) => this.#holds(v));
      default:
        return !this.#isKeptIn(row);
    }
  }

  #holds(v: number): boolean {
    return v !== NONE && (this.#rows.has(v) || this.#told.has(v));
  }

  #carries(row: number, from: readonly number[]): boolean {
    if (from.some((v) => this.#rows.has(v))) this.#rows.add(row);
    if (from.some((v) => this.#told.has(v))) this.#told.add(row);
    return true;
  }

  #store(row: number): boolean {
    const { fn } = this;
    const value = fn.c(row);
    if (!this.#holds(value)) return true;
    if (fn.a(row) !== 0 || fn.info.slots[fn.b(row)]?.storedInInner === true) return false;
    (this.#rows.has(value) ? this.#slotsOfRows : this.#slots).add(fn.b(row));
    return true;
  }

  #call(row: number): boolean {
    const { fn } = this;
    if (this.here && this.#isAskedOfEach(row)) return true;
    if (this.#holds(fn.callee(row))) return false;
    const handed = Array.from(fn.args(row)).filter((arg) => this.#holds(fn.op(arg) === Op.Spread ? fn.a(arg) : arg));
    if (handed.some((arg) => this.#rows.has(arg))) return false;
    if (handed.length > 0) this.#calls.add(row);
    return true;
  }

  /** `rows.some((row) => …)`: its function asks about each of them, and gives back no more than a yes or no. */
  #isAskedOfEach(row: number): boolean {
    const { fn } = this;
    const callee = fn.callee(row);
    if (fn.op(callee) !== Op.Member || !this.#rows.has(fn.a(callee)) || !QUANTIFIES.test(fn.memberName(callee)))
      return false;
    const [callback, ...others] = fn.args(row);
    if (callback === undefined || others.length > 0 || fn.op(callback) !== Op.Closure) return false;
    const inner = fn.file.fn(fn.a(callback));
    const param = Array.from({ length: inner.valueCount }, (_, v) => v).find((v) => inner.op(v) === Op.Param);
    if (param === undefined) return false;
    const asked = new Travelled(inner, param, true, true).run();
    const checks = asked === null || asked.returned ? [] : [...asked.calls];
    if (checks.length === 0 || !checks.every((call) => DECIDES.test(calleeName(inner, inner.callee(call)))))
      return false;
    this.#asked = true;
    return true;
  }

  /** A list, a text, a throw, a member of something else. */
  #isKeptIn(row: number): boolean {
    const { fn } = this;
    switch (fn.op(row)) {
      case Op.Array:
      case Op.Template:
        return Array.from(fn.list(fn.a(row))).some((item) => this.#holds(item));
      case Op.SetMember:
      case Op.SetIndex:
        return this.#holds(fn.c(row));
      case Op.Index:
      case Op.Element:
      case Op.Throw:
      case Op.Yield:
      case Op.Iterated:
      case Op.Rest:
      case Op.Spread:
      case Op.Tagged:
        return this.#holds(fn.a(row));
      default:
        return false;
    }
  }
}
