/** Looking at the values of a function from below: what uses a value, where a variable is read, what a function is called. */
import { NONE, Op, PropKind } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";

/** Values that a row reads, in source order. */
export function operandsOf(fn: FunctionView, v: number): readonly number[] {
  switch (fn.op(v)) {
    case Op.Template:
      return fn.templateValues(v);
    case Op.Array:
      return [...fn.list(fn.a(v))];
    case Op.Object:
      return [...fn.props(v)].flatMap((p) => (p.kind === PropKind.Computed ? [p.key, p.value] : [p.value]));
    case Op.Call:
    case Op.New:
      return [fn.a(v), ...fn.args(v)];
    case Op.Index:
    case Op.Default:
    case Op.Tagged:
      return [fn.a(v), fn.b(v)];
    case Op.Jsx:
      return [fn.b(v)];
    case Op.Binary:
    case Op.Logic:
      return [fn.b(v), fn.c(v)];
    case Op.Cond:
      return [fn.a(v), fn.b(v), fn.c(v)];
    case Op.Unary:
      return [fn.b(v)];
    case Op.Store:
      return [fn.c(v)];
    case Op.SetMember:
      return [fn.a(v), fn.c(v)];
    case Op.SetIndex:
      return [fn.a(v), fn.b(v), fn.c(v)];
    case Op.Member:
    case Op.Element:
    case Op.Rest:
    case Op.Iterated:
    case Op.Spread:
    case Op.Await:
    case Op.Yield:
    case Op.Cast:
    case Op.Branch:
    case Op.Return:
    case Op.Throw:
      return fn.a(v) === NONE ? [] : [fn.a(v)];
    default:
      return [];
  }
}

const users = new WeakMap<FunctionView, ReadonlyMap<number, readonly number[]>>();

/** Rows of the same function that read a value. */
export function usersOf(fn: FunctionView, v: number): readonly number[] {
  let known = users.get(fn);
  if (known === undefined) {
    const made = new Map<number, number[]>();
    for (let row = 0; row < fn.valueCount; row += 1) {
      for (const operand of operandsOf(fn, row)) {
        const list = made.get(operand);
        if (list === undefined) made.set(operand, [row]);
        else list.push(row);
      }
    }
    known = made;
    users.set(fn, known);
  }
  return known.get(v) ?? [];
}

export interface Spot {
  readonly fn: FunctionView;
  readonly v: number;
}

const readers = new WeakMap<ProgramFile, ReadonlyMap<string, readonly Spot[]>>();

/** Reads of a variable in the function that declares it and in those inside. */
export function readsOf(owner: FunctionView, slot: number): readonly Spot[] {
  const { file } = owner;
  let known = readers.get(file);
  if (known === undefined) {
    const made = new Map<string, Spot[]>();
    for (let i = 0; i < file.functionCount; i += 1) collectReads(file.fn(i), made);
    known = made;
    readers.set(file, known);
  }
  return known.get(`${owner.index}:${slot}`) ?? [];
}

function collectReads(fn: FunctionView, into: Map<string, Spot[]>): void {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Var) continue;
    const owner = fn.ancestor(fn.a(v));
    if (owner === null) continue;
    const key = `${owner.index}:${fn.b(v)}`;
    const list = into.get(key);
    if (list === undefined) into.set(key, [{ fn, v }]);
    else list.push({ fn, v });
  }
}

/** Name of the function in which something stands, `Class.method` for methods, '' at the top level. */
export function symbolOf(fn: FunctionView): string {
  for (let at: FunctionView | null = fn; at !== null; at = at.parent) {
    const { name } = at.info;
    if (at.info.class !== NONE) {
      const owner = at.file.lowered.classes[at.info.class]?.name ?? "";
      const member = name === "" ? "constructor" : name;
      return owner === "" ? member : `${owner}.${member}`;
    }
    if (name !== "" && at.info.parent !== NONE) return name;
  }
  return "";
}

/** Whether one function stands inside another or is it. */
export function isWithin(inner: FunctionView, outer: FunctionView): boolean {
  for (let at: FunctionView | null = inner; at !== null; at = at.parent) if (at === outer) return true;
  return false;
}
