/** Whether a condition is settled by what the callers pass: literal options, a method, decorator metadata. */
import { LogicKind, NONE, Op, SlotKind } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { isNamedByPath, restsOnPath, samePath, truthOfPathCall } from "../paths/path-tests.js";
import { truthOfTest } from "../paths/text-tests.js";
import type { ConstantValue, Frame, Origin, OriginQueries } from "../values/origin.js";
import { behind } from "./conditions.js";
import type { FlowOptions, Graph } from "./control-flow.js";
import { loopOver } from "./loop-heads.js";

const MAX_NESTING = 12;

/** A variable of the function whose truth is taken for granted. */
export interface KnownSlot {
  readonly slot: number;
  readonly truth: boolean;
}

/** @returns undefined when the condition is open */
export function truthOf(
  fn: FunctionView,
  v: number,
  frame: Frame | null,
  queries: OriginQueries,
  known: KnownSlot | null = null,
  depth = 0,
): boolean | undefined {
  if (depth > MAX_NESTING || v === NONE) return undefined;
  if (fn.op(v) === Op.Var && isReassignable(fn, v)) {
    if (known !== null && fn.a(v) === 0 && fn.b(v) === known.slot) return known.truth;
    // declared without a value it may still be undefined, so only falsehood is certain
    return truthOfOrigins(queries.evaluate({ fn, v, frame })) === false ? false : undefined;
  }
  const value = behind(fn, v);
  switch (fn.op(value)) {
    case Op.Unary: {
      if (fn.text(fn.a(value)) !== "!") return undefined;
      const inner = truthOf(fn, fn.b(value), frame, queries, known, depth + 1);
      return inner === undefined ? undefined : !inner;
    }
    case Op.Logic:
      return truthOfLogic(fn, value, frame, queries, known, depth);
    case Op.Binary:
      return truthOfBinary(fn, value, frame, queries);
    case Op.Cond: {
      const test = truthOf(fn, fn.a(value), frame, queries, known, depth + 1);
      if (test === undefined) break;
      return truthOf(fn, test ? fn.b(value) : fn.c(value), frame, queries, known, depth + 1);
    }
  }
  const origins = queries.evaluate({ fn, v: value, frame });
  const truth = truthOfOrigins(origins);
  if (truth !== undefined || frame === null || !restsOnPath(origins)) return truth;
  return truthOfPathCall(fn, value, frame, queries, (inner, v, under) =>
    truthOf(inner, v, under, queries, null, depth + 1),
  );
}

function isReassignable(fn: FunctionView, variable: number): boolean {
  const kind = fn.ancestor(fn.a(variable))?.info.slots[fn.b(variable)]?.kind;
  return kind === SlotKind.Let || kind === SlotKind.Var;
}

function truthOfLogic(
  fn: FunctionView,
  v: number,
  frame: Frame | null,
  queries: OriginQueries,
  known: KnownSlot | null,
  depth: number,
): boolean | undefined {
  const kind = fn.a(v);
  const left = truthOf(fn, fn.b(v), frame, queries, known, depth + 1);
  const right = truthOf(fn, fn.c(v), frame, queries, known, depth + 1);
  if (kind === LogicKind.And) {
    if (left === false || right === false) return false;
    return left === true && right === true ? true : undefined;
  }
  if (kind === LogicKind.Or) {
    if (left === true || right === true) return true;
    return left === false && right === false ? false : undefined;
  }
  return undefined;
}

function truthOfBinary(fn: FunctionView, v: number, frame: Frame | null, queries: OriginQueries): boolean | undefined {
  const operator = fn.text(fn.a(v));
  if (operator === "in") return truthOfIn(fn, v, frame, queries);
  if (/^[<>]=?$/.test(operator)) return truthOfOrder(fn, v, operator, frame, queries);
  const equality = operator === "===" || operator === "==";
  if (!equality && operator !== "!==" && operator !== "!=") return undefined;
  const types = truthOfTypeof(fn, v, frame, queries);
  if (types !== undefined) return types === equality;
  const left = queries.evaluate({ fn, v: fn.b(v), frame });
  const right = queries.evaluate({ fn, v: fn.c(v), frame });
  if (right.length === 1 && isNothing(right[0]) && left.length > 0 && left.every(isTrueOrFalse)) return !equality;
  const same = sameValues(left, right, operator.length === 2);
  return same === undefined ? undefined : same === equality;
}

function isNothing(origin: Origin): boolean {
  return origin.kind === "constant" && (origin.value === null || origin.value === undefined);
}

const VERDICTS = new Set(
  "! === !== == != < > <= >= in instanceof every some includes has test startsWith endsWith".split(" "),
);

/** True or false, and so there, whichever it is. */
export function isTrueOrFalse(origin: Origin): boolean {
  if (origin.kind === "constant") return typeof origin.value === "boolean";
  if (origin.kind === "derived") return VERDICTS.has(origin.how.replace(/^method:/, ""));
  return origin.kind === "package" && /\.(?:every|some|includes|has|test|startsWith|endsWith)\(\)$/.test(origin.path);
}

/** Of several values that it may be each must differ: `(metadata ?? "all") === "none"`. */
function sameValues(left: readonly Origin[], right: readonly Origin[], loose: boolean): boolean | undefined {
  const [a, ...others] = left;
  const [b, ...more] = right;
  if (a === undefined || b === undefined) return undefined;
  if (others.length === 0 && more.length === 0) return sameValue(a, b, loose);
  return left.every((one) => right.every((other) => sameValue(one, other, loose) === false)) ? false : undefined;
}

/** `level >= Level.form`, where the level is what a decorator says */
function truthOfOrder(
  fn: FunctionView,
  v: number,
  operator: string,
  frame: Frame | null,
  queries: OriginQueries,
): boolean | undefined {
  const [left, ...more] = queries.evaluate({ fn, v: fn.b(v), frame });
  const [right, ...others] = queries.evaluate({ fn, v: fn.c(v), frame });
  if (left?.kind !== "constant" || right?.kind !== "constant" || more.length > 0 || others.length > 0) return undefined;
  if (typeof left.value !== "number" || typeof right.value !== "number") return undefined;
  if (operator.startsWith("<")) return operator === "<" ? left.value < right.value : left.value <= right.value;
  return operator === ">" ? left.value > right.value : left.value >= right.value;
}

/** `"admin" in options`, where the options are written out */
function truthOfIn(fn: FunctionView, v: number, frame: Frame | null, queries: OriginQueries): boolean | undefined {
  const key = behind(fn, fn.b(v));
  const [object, ...others] = queries.evaluate({ fn, v: fn.c(v), frame });
  if (fn.op(key) !== Op.String || object?.kind !== "literal" || object.form !== "object" || others.length > 0)
    return undefined;
  const props = [...object.site.fn.props(object.site.v)];
  if (props.some((prop) => prop.name === fn.text(fn.a(key)))) return true;
  return props.every((prop) => prop.name !== "") ? false : undefined;
}

/** `typeof route === "string"` */
function truthOfTypeof(fn: FunctionView, v: number, frame: Frame | null, queries: OriginQueries): boolean | undefined {
  const left = behind(fn, fn.b(v));
  const right = behind(fn, fn.c(v));
  if (fn.op(left) !== Op.Unary || fn.text(fn.a(left)) !== "typeof" || fn.op(right) !== Op.String) return undefined;
  const [only, ...others] = queries.evaluate({ fn, v: fn.b(left), frame });
  if (only === undefined || others.length > 0) return undefined;
  const type = typeOf(only);
  return type === "" ? undefined : type === fn.text(fn.a(right));
}

function typeOf(origin: Origin): string {
  if (origin.kind === "constant") return origin.value === null ? "object" : typeof origin.value;
  if (origin.kind === "literal") return origin.form === "template" ? "string" : "object";
  if (origin.kind === "package" && origin.module === "" && /^(?:RegExp|Set|Map|Date|URL)\(\)$/.test(origin.path))
    return "object";
  return origin.kind === "function" || origin.kind === "class" ? "function" : "";
}

function sameValue(a: Origin, b: Origin, loose: boolean): boolean | undefined {
  if (a.kind === "constant" && b.kind === "constant") {
    if (loose && a.value == null && b.value == null) return true;
    return a.value === b.value;
  }
  const path = samePath(a, b);
  if (path !== undefined) return path;
  const solid = (o: Origin): boolean => o.kind === "literal" || o.kind === "function" || o.kind === "class";
  if ((solid(a) && b.kind === "constant") || (solid(b) && a.kind === "constant")) return false;
  return undefined;
}

export function truthOfOrigins(origins: readonly Origin[]): boolean | undefined {
  let answer: boolean | undefined;
  for (const origin of origins) {
    const one = truthOfOrigin(origin);
    if (one === undefined || (answer !== undefined && answer !== one)) return undefined;
    answer = one;
  }
  return answer;
}

/** what always gives an array: the rest of a call's arguments, and what is listed of an object */
const LISTS = /^(?:rest|Object\.(?:keys|values|entries))$/;

function truthOfOrigin(origin: Origin): boolean | undefined {
  switch (origin.kind) {
    case "constant":
      return truthy(origin.value);
    case "literal":
    case "function":
    case "class":
    case "instance":
    case "namespace":
      return true;
    case "source":
      // what is thrown, or handed on as a failure, is an object
      return (origin.source === "error" && origin.dialect === "") || isNamedByPath(origin) ? true : undefined;
    case "derived":
      // an array is there, however few it holds
      return LISTS.test(origin.how) ? true : (truthOfDifference(origin) ?? truthOfTest(origin.how, origin.of));
    default:
      return undefined;
  }
}

/** `"rest" === undefined`, as a function's answer: two values that are written out and differ. */
function truthOfDifference({ how, of }: Extract<Origin, { kind: "derived" }>): boolean | undefined {
  if (how !== "===" && how !== "!==") return undefined;
  const [a, b, ...others] = of;
  if (a?.kind !== "constant" || b?.kind !== "constant" || others.length > 0 || a.value === b.value) return undefined;
  return how === "!==";
}

function truthy(value: ConstantValue): boolean {
  return Boolean(value);
}

/** Sides of branches that cannot be taken under a frame. */
export function deadSides(
  fn: FunctionView,
  graph: Graph,
  frame: Frame | null,
  queries: OriginQueries,
  known: KnownSlot | null = null,
): ReadonlyMap<number, 0 | 1> {
  const dead = new Map<number, 0 | 1>();
  for (const block of graph.blocks) {
    const row = block.terminator;
    if (row === NONE || fn.op(row) !== Op.Branch) continue;
    const truth = truthOf(fn, fn.a(row), frame, queries, known);
    // a loop is left when its list is done, though the list is there
    if (truth === true && loopOver(fn, fn.a(row)) !== NONE) continue;
    if (truth !== undefined) dead.set(row, truth ? 0 : 1);
  }
  return dead;
}

/** Equal for two option sets that shape a flow alike. */
export function optionsKey(options: FlowOptions): string {
  return `${deadKey(options.dead)}/${endsKey(options.ends)}`;
}

const deadKeys = new WeakMap<ReadonlyMap<number, 0 | 1>, string>();

function deadKey(dead: ReadonlyMap<number, 0 | 1>): string {
  if (dead.size === 0) return "";
  let key = deadKeys.get(dead);
  if (key === undefined) {
    key = Array.from(dead, ([row, side]) => `${row}${side === 1 ? "t" : "f"}`).join(",");
    deadKeys.set(dead, key);
  }
  return key;
}

const endsKeys = new WeakMap<ReadonlySet<number>, string>();

/** The set is the same object for all flows of a function, and asked for at each of its calls. */
function endsKey(ends: ReadonlySet<number>): string {
  let key = endsKeys.get(ends);
  if (key === undefined) {
    key = [...ends].join(",");
    endsKeys.set(ends, key);
  }
  return key;
}
