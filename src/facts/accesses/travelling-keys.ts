/** Where the rows that a function finds go: whether anything but their keys is told to anybody, and to whom. */
import { NONE, Op } from "../../model/lowered.js";
import { isReadInside } from "../../program/facts/only-tested.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { isKey } from "./key-columns.js";

/** what an ability, a policy or a checker is asked by */
export const DECIDES = /^(?:can(?:not)?|may|is(?:Allowed|Permitted|Authorized)|allows|permits|enforce)$/;
const COMPARING = /^(?:[!=]==?|instanceof)$/;
const QUANTIFIES = /^(?:some|every)$/;
/** `rows.map((row) => row.id)`, `find(id).then((rows) => …)` */
const MAPS = /^(?:map|flatMap|then)$/;
const KEEPS = /^(?:filter|slice|flat)$/;
const LISTED = /^(?:map|flatMap|then|filter|slice|flat|length)$/;

export interface Travels {
  readonly returned: boolean;
  /** calls that are handed it */
  readonly calls: ReadonlySet<number>;
  /** a decision was asked about each of the rows */
  readonly asked: boolean;
  /** keys of several rows were put together */
  readonly mapped: boolean;
}

/** Where a value of a function goes; of a row nothing but its keys may go on. */
export class Travelled {
  readonly #rows = new Set<number>();
  readonly #told = new Set<number>();
  readonly #slots = new Set<number>();
  readonly #slotsOfRows = new Set<number>();
  readonly #calls = new Set<number>();
  #returned = false;
  #asked = false;
  #mapped = false;

  constructor(
    private readonly fn: FunctionView,
    value: number,
    isRow: boolean,
    /**
     * `here`: whatever is told of it goes no further than where it was loaded; `lists`: there may be many, of which the
     * keys are put together
     */
    private readonly as: "row" | "here" | "lists" = "row",
  ) {
    (isRow ? this.#rows : this.#told).add(value);
  }

  /** @returns null where it goes somewhere that is not followed, or more than keys go on */
  run(): Travels | null {
    for (let row = 0; row < this.fn.valueCount; row += 1) if (!this.#row(row)) return null;
    return { returned: this.#returned, calls: this.#calls, asked: this.#asked, mapped: this.#mapped };
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
        if (this.as === "lists" && this.#holds(a) && LISTED.test(fn.text(fn.b(row)))) return true;
        if (this.#rows.has(a) && this.as !== "here" && !isKey(fn.text(fn.b(row)))) return false;
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
    if (this.as === "lists" && isReadInside(fn, fn.b(row))) return false;
    (this.#rows.has(value) ? this.#slotsOfRows : this.#slots).add(fn.b(row));
    return true;
  }

  #call(row: number): boolean {
    const { fn } = this;
    if (this.as === "here" && this.#isAskedOfEach(row)) return true;
    if (this.as === "lists" && this.#leavesKeys(row)) {
      this.#told.add(row);
      return true;
    }
    if (this.#holds(fn.callee(row)) || this.#isMethodOfHeld(row)) return false;
    const handed = Array.from(fn.args(row)).filter((arg) => this.#holds(fn.op(arg) === Op.Spread ? fn.a(arg) : arg));
    if (handed.some((arg) => this.#rows.has(arg))) return false;
    if (handed.length > 0) this.#calls.add(row);
    return true;
  }

  #isMethodOfHeld(row: number): boolean {
    const { fn } = this;
    return fn.op(fn.callee(row)) === Op.Member && this.#holds(fn.a(fn.callee(row)));
  }

  /** `rows.map((row) => row.id)`, and of keys those that are kept: its function tells nothing else to anybody. */
  #leavesKeys(row: number): boolean {
    const { fn } = this;
    if (!this.#isMethodOfHeld(row)) return false;
    const name = fn.memberName(fn.callee(row));
    const ofRows = this.#rows.has(fn.a(fn.callee(row)));
    const [callback, ...others] = fn.args(row);
    if (!(ofRows ? MAPS : KEEPS).test(name) || others.length > 0) return false;
    if (callback === undefined || fn.op(callback) !== Op.Closure) return !ofRows && callback === undefined;
    const inner = fn.file.fn(fn.a(callback));
    const param = parameterOf(inner);
    if (param === undefined) return false;
    const travels = new Travelled(inner, param, ofRows, "lists").run();
    if (travels === null || travels.calls.size > 0 || (ofRows && !travels.returned)) return false;
    this.#mapped ||= name === "then" ? travels.mapped : ofRows;
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
    const param = parameterOf(inner);
    if (param === undefined) return false;
    const asked = new Travelled(inner, param, true, "here").run();
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

/** The value of the only parameter that is read. */
function parameterOf(fn: FunctionView): number | undefined {
  return Array.from({ length: fn.valueCount }, (_, v) => v).find((v) => fn.op(v) === Op.Param);
}
