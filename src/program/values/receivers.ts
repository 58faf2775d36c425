/**
 * Members of `this` that only the class of the object can tell: abstract ones, those that a subclass overrides, and what
 * its constructor hands on to the one above (`super(Device)`).
 * Inside the method they are seen as members of the receiver, which is handed in like an argument.
 */
import { FnFlag, MemberKind, NONE, Op } from "../../model/lowered.js";
import { type ClassRef, classesAbove } from "../linking/class-members.js";
import type { FunctionView, ProgramFile } from "../linking/function-view.js";
import { isOfPrototype } from "../linking/made-objects.js";
import type { Program } from "../linking/program.js";
import { isHandedOver, literalAround, ownerOfThis } from "./literal-methods.js";
import { type Frame, type LinkQueries, type Origin, type ParameterOrigin, RECEIVER, unknown } from "./origin.js";

/**
 * The member as one of the receiver, when the class where it is read does not settle what it is; else null.
 *
 * @param v where it is read
 */
export function memberOfReceiver(
  fn: FunctionView,
  v: number,
  found: readonly Origin[],
  queries: LinkQueries,
): ParameterOrigin | null {
  const name = fn.text(fn.b(v));
  const index = fn.thisClass;
  if (index === NONE) return memberOutsideClass(fn, name, found, queries);
  const missing = found.every((o) => o.kind === "unknown" || isFieldOfPackage(o)) && !isOpened(fn, v, found);
  // a getter of the class above tells another name for each class below it
  const key = isStatic(fn) ? ofClassItself("name") : name;
  if (!missing && !overridden(queries).get(fn.file)?.get(index)?.has(key)) return null;
  return { kind: "parameter", fn: methodAround(fn), index: RECEIVER, path: [name] };
}

/** `this.password` of a class that extends one of a package: what a record has, which only the record tells. */
function isFieldOfPackage(origin: Origin): boolean {
  return origin.kind === "package" && origin.site === null && /^\w+\(\)\.\w+$/.test(origin.path);
}

const opened = new WeakMap<FunctionView, ReadonlySet<number>>();

/** A member of a package's class that is called, or of which something is read: what that is the package tells. */
function isOpened(fn: FunctionView, v: number, found: readonly Origin[]): boolean {
  if (!found.some(isFieldOfPackage)) return false;
  let known = opened.get(fn);
  if (known === undefined) {
    const objects = new Set<number>();
    for (let row = 0; row < fn.valueCount; row += 1) {
      const op = fn.op(row);
      if (op === Op.Member || op === Op.Index) objects.add(fn.a(row));
      else if (op === Op.Call || op === Op.New) objects.add(fn.callee(row));
    }
    known = objects;
    opened.set(fn, known);
  }
  return known.has(v);
}

/** What `this` is under a frame of the method: the object it is called on, else one of the class itself. */
export function receiverOf(frame: Frame): readonly Origin[] {
  if (frame.self !== null) return [frame.self];
  const { fn } = frame;
  const index = fn.thisClass;
  if (index === NONE) return [unknown("this")];
  return isStatic(fn)
    ? [{ kind: "class", file: fn.file, index, frame: null }]
    : [{ kind: "instance", file: fn.file, index, site: null }];
}

/** In a static method `this` is the class itself, or the one below it on which the method is called. */
export function isStatic(fn: FunctionView): boolean {
  return (methodAround(fn).info.flags & FnFlag.Static) !== 0;
}

function ofClassItself(name: string): string {
  return `static ${name}`;
}

/** What an object literal does not have itself, and all that is read in a function that was handed over. */
function memberOutsideClass(
  fn: FunctionView,
  name: string,
  found: readonly Origin[],
  queries: LinkQueries,
): ParameterOrigin | null {
  const owner = ownerOfThis(fn);
  if (literalAround(owner) === null && !isHandedOver(owner) && !isOfPrototype(owner, queries)) return null;
  const missing = found.every((o) => o.kind === "unknown" || (o.kind === "constant" && o.value === undefined));
  return missing ? { kind: "parameter", fn: owner, index: RECEIVER, path: [name] } : null;
}

function methodAround(fn: FunctionView): FunctionView {
  let method = fn;
  while (method.info.class === NONE && method.parent !== null) method = method.parent;
  return method;
}

type Names = Map<ProgramFile, Map<number, Set<string>>>;
const known = new WeakMap<Program, Names>();

/** Of each class the names of members that some class below it declares anew. */
function overridden(queries: LinkQueries): Names {
  const kept = known.get(queries.program);
  if (kept !== undefined) return kept;
  const names: Names = new Map();
  known.set(queries.program, names);
  for (const file of queries.program.files) {
    for (const [index, info] of file.lowered.classes.entries()) {
      if (info.extends === NONE) continue;
      const own = info.members.filter(
        (m) => !m.static && m.fn !== NONE && m.kind !== MemberKind.Constructor && !m.abstract,
      );
      const anew = [...own.map((m) => m.name), ofClassItself("name")];
      const above = [...classesAbove({ file, index }, queries)];
      for (const one of above) addTo(one, anew, names);
      const [parent] = above;
      if (parent !== undefined && handsOn(file, index)) addTo(parent, constructorProperties(parent), names);
    }
  }
  return names;
}

function addTo({ file, index }: ClassRef, own: readonly string[], names: Names): void {
  const ofFile = names.get(file) ?? new Map<number, Set<string>>();
  names.set(file, ofFile);
  const ofClass = ofFile.get(index) ?? new Set<string>();
  ofFile.set(index, ofClass);
  for (const name of own) ofClass.add(name);
}

/** Its own constructor calls `super` with something that it writes itself. */
function handsOn(file: ProgramFile, index: number): boolean {
  const ctor = constructorIn(file, index);
  if (ctor === null) return false;
  return Array.from(ctor.calls).some(
    (call) =>
      ctor.op(call) === Op.Call &&
      ctor.op(ctor.callee(call)) === Op.Super &&
      Array.from(ctor.args(call)).some((arg) => ctor.op(arg) !== Op.Param),
  );
}

/** What a constructor keeps as it is given: `constructor(protected model: Model<T>)`. */
function constructorProperties({ file, index }: ClassRef): readonly string[] {
  const ctor = constructorIn(file, index);
  return ctor === null ? [] : ctor.info.params.filter((param) => param.property).map((param) => param.name);
}

function constructorIn(file: ProgramFile, index: number): FunctionView | null {
  const found = file.lowered.classes[index]?.members.find((m) => m.kind === MemberKind.Constructor && m.fn !== NONE);
  return found === undefined ? null : file.fn(found.fn);
}
