/** What a function may hand back at one exit: `a ? b : c` is two ways out, and a returned error is none. */
import { LogicKind, NONE, Op, PropKind } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import type { LinkQueries, Origin, PackageOrigin } from "../values/origin.js";
import { isPromiseConstructor } from "../values/promises.js";
import { type Atom, atomsOf, behind } from "./conditions.js";

/** One value that an exit may return, and what was tested before it was chosen. */
export interface WayOut {
  readonly value: number;
  readonly atoms: readonly Atom[];
}

const MAX_WAYS = 8;
const ERROR_CLASS = /(?:^|\.)\w*(?:Error|Exception)\(\)$/;

/** The values among which a returned one is chosen; the value itself when nothing is chosen. */
export function waysOut(fn: FunctionView, value: number, queries: LinkQueries): readonly WayOut[] {
  const found: WayOut[] = [];
  const open: WayOut[] = [{ value, atoms: [] }];
  while (open.length > 0 && found.length < MAX_WAYS) {
    const way = open.pop();
    if (way === undefined) break;
    const v = way.value === NONE ? NONE : behind(fn, way.value);
    if (v === NONE) found.push(way);
    else if (fn.op(v) === Op.Cond) {
      open.push({ value: fn.c(v), atoms: [...way.atoms, ...atomsOf(fn, fn.a(v), false)] });
      open.push({ value: fn.b(v), atoms: [...way.atoms, ...atomsOf(fn, fn.a(v), true)] });
    } else if (isOrError(fn, v, queries)) open.push({ value: fn.b(v), atoms: way.atoms });
    else found.push(way);
  }
  return found;
}

/** `allowed || new Error("no")`: what stands on the left is the only other way out. */
function isOrError(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  if (fn.op(v) !== Op.Logic || fn.a(v) === LogicKind.And) return false;
  return returnsError(fn, fn.c(v), queries);
}

/** `[]`, `{ items: [], total: 0 }`, `{ error: "no" }`, `res.json([])`: written on the spot for whoever is to get nothing. */
export function handsOutNothing(fn: FunctionView, value: number): boolean {
  if (value === NONE) return false;
  const v = behind(fn, value);
  if (fn.op(v) === Op.Array) return fn.list(fn.a(v)).length === 0;
  if (fn.op(v) === Op.Object) return isEmptyPage(fn, v) || tellsFailure(fn, v);
  if (fn.op(v) !== Op.Call || !ANSWERING.has(fn.memberName(fn.callee(v)))) return false;
  const [only, ...others] = fn.args(v);
  return only !== undefined && others.length === 0 && fn.op(behind(fn, only)) !== Op.Call && handsOutNothing(fn, only);
}

const ANSWERING: ReadonlySet<string> = new Set(["json", "send", "ok"]);
const LITERALS: ReadonlySet<number> = new Set([Op.Number, Op.Null, Op.Undefined, Op.False, Op.String]);

/** An empty list and, beside it, nothing but literals. */
function isEmptyPage(fn: FunctionView, object: number): boolean {
  const list = fn.list(fn.a(object));
  let empty = false;
  for (let i = 0; i + 2 < list.length; i += 3) {
    if (list[i] !== PropKind.Named) return false;
    const value = behind(fn, list[i + 2]);
    if (fn.op(value) === Op.Array && fn.list(fn.a(value)).length === 0) empty = true;
    else if (!LITERALS.has(fn.op(value))) return false;
  }
  return empty;
}

const SUCCEEDS = /^(?:is)?(?:success(?:ful)?|ok|okay|succeeded|valid)$/i;
const ERROR_KEY = /^(?:error|errors|err|failure|serverError|validationErrors|fieldErrors)$/;
const MAX_DEPTH = 4;

/** `{ success: false, error: "not found" }`: says that it failed, and why, and nothing besides. */
function tellsFailure(fn: FunctionView, object: number): boolean {
  const props = [...fn.props(object)];
  if (!props.every(({ kind, value }) => kind === PropKind.Named && isOnlyWords(fn, value, 0))) return false;
  return props.some(({ name, value }) => {
    const op = fn.op(behind(fn, value));
    if (SUCCEEDS.test(name)) return op === Op.False;
    return ERROR_KEY.test(name) && !MISSING.has(op) && op !== Op.False;
  });
}

/** `{ success: false, message: error.message }`: the answer of a service that keeps to one status says so itself. */
export function saysItFailed(fn: FunctionView, value: number): boolean {
  const v = behind(fn, value);
  if (fn.op(v) !== Op.Object || !tellsFailure(fn, v)) return false;
  return [...fn.props(v)].some(({ name, value: told }) => SUCCEEDS.test(name) && fn.op(behind(fn, told)) === Op.False);
}

const MISSING: ReadonlySet<number> = new Set([Op.Null, Op.Undefined]);

/** Literals and texts, and what an error says of itself. */
function isOnlyWords(fn: FunctionView, value: number, depth: number): boolean {
  if (value === NONE || depth > MAX_DEPTH) return false;
  const v = behind(fn, value);
  const op = fn.op(v);
  if (LITERALS.has(op) || op === Op.True || op === Op.Template) return true;
  if (op === Op.Array) return Array.from(fn.list(fn.a(v))).every((item) => isOnlyWords(fn, item, depth + 1));
  if (op === Op.Object) return [...fn.props(v)].every((prop) => isOnlyWords(fn, prop.value, depth + 1));
  if (op === Op.Cond || op === Op.Logic)
    return isOnlyWords(fn, fn.b(v), depth + 1) && isOnlyWords(fn, fn.c(v), depth + 1);
  return isOfError(fn, v);
}

/** `error.message`, `parsed.error.flatten().fieldErrors` */
function isOfError(fn: FunctionView, value: number): boolean {
  let v = value;
  for (let i = 0; i < MAX_DEPTH + 2; i += 1) {
    const op = fn.op(v);
    if (op === Op.Caught) return true;
    if (op === Op.Call) v = behind(fn, fn.callee(v));
    else if (op !== Op.Member) return false;
    else if (ERROR_KEY.test(fn.memberName(v))) return true;
    else v = behind(fn, fn.a(v));
  }
  return false;
}

/** True for a value that is an error made on the spot: callers that look at results take it for a refusal. */
export function returnsError(fn: FunctionView, value: number, queries: LinkQueries): boolean {
  if (value === NONE) return false;
  const v = behind(fn, value);
  if (fn.op(v) !== Op.New && fn.op(v) !== Op.Call) return false;
  if (isRejection(fn, v)) return true;
  const origins = queries.evaluate({ fn, v, frame: null });
  return origins.length > 0 && origins.every(isError);
}

const ANSWER = /(?:^|\.)(?:Next)?Response(?:\(\)|\.(?:json|redirect|error)\(\))$/;

/** True for a response object made on the spot: a helper that answers so says no to callers that look at its result. */
export function returnsAnswer(fn: FunctionView, value: number, queries: LinkQueries): boolean {
  const v = behind(fn, value);
  if (fn.op(v) !== Op.New && fn.op(v) !== Op.Call) return false;
  const origins = queries.evaluate({ fn, v, frame: null });
  return origins.length > 0 && origins.every(isAnswer);
}

export function isAnswer(origin: Origin): origin is PackageOrigin {
  return origin.kind === "package" && ANSWER.test(origin.path);
}

/** `if (known instanceof Response) return known;`: the refusal of another guard is handed on. */
export function handsAnswerOn(fn: FunctionView, value: number, atoms: readonly Atom[], queries: LinkQueries): boolean {
  if (value === NONE) return false;
  const returned = behind(fn, value);
  return atoms.some(({ kind, v }) => {
    if (kind !== "holds" || fn.text(fn.a(v)) !== "instanceof" || behind(fn, fn.b(v)) !== returned) return false;
    const classes = queries.evaluate({ fn, v: fn.c(v), frame: null });
    return classes.length > 0 && classes.every((o) => o.kind === "package" && ANSWER_CLASS.test(o.path));
  });
}

const ANSWER_CLASS = /(?:^|\.)(?:Next)?Response$/;

/** `return Promise.reject(error)`, `return new Promise((resolve, reject) => reject(error))` */
export function isRejection(fn: FunctionView, value: number): boolean {
  const v = value === NONE ? NONE : behind(fn, value);
  if (v === NONE || (fn.op(v) !== Op.New && fn.op(v) !== Op.Call)) return false;
  const callee = fn.callee(v);
  if (fn.op(v) === Op.New) return isPromiseConstructor(fn, callee) && isNeverFulfilled(fn, v);
  if (fn.op(v) !== Op.Call || fn.op(callee) !== Op.Member || fn.text(fn.b(callee)) !== "reject") return false;
  const object = fn.a(callee);
  return fn.op(object) === Op.Global && fn.text(fn.a(object)) === "Promise";
}

/** The function that makes the promise calls what rejects it, and never names what would fulfil it. */
function isNeverFulfilled(fn: FunctionView, made: number): boolean {
  const [executor] = fn.args(made);
  if (executor === undefined || fn.op(executor) !== Op.Closure) return false;
  const inner = fn.file.fn(fn.a(executor));
  return inner.info.params.length === 2 && isNamed(inner, 1) && !isNamed(inner, 0);
}

/** Is a parameter read anywhere in the function or in those inside it? */
function isNamed(fn: FunctionView, parameter: number): boolean {
  for (let index = fn.index; index < fn.file.functionCount; index += 1) {
    const at = fn.file.fn(index);
    for (let v = 0; v < at.valueCount; v += 1) {
      if (at.op(v) !== Op.Var || at.ancestor(at.a(v)) !== fn) continue;
      if (fn.storesTo(at.b(v)).some((stored) => fn.op(stored) === Op.Param && fn.a(stored) === parameter)) return true;
    }
  }
  return false;
}

function isError(origin: Origin): boolean {
  if (origin.kind === "package") return ERROR_CLASS.test(origin.path);
  if (origin.kind !== "instance") return false;
  return /(?:Error|Exception)$/.test(origin.file.lowered.classes[origin.index].name);
}
