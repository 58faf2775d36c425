/** Members of classes and of their instances: methods, fields, constructor properties, what a superclass has. */
import { FnFlag, MemberKind, NONE, Op } from "../../model/lowered.js";
import { frameFor, givenFrame } from "../values/call-frames.js";
import {
  constant,
  type Frame,
  type LinkQueries,
  type Origin,
  type OriginQueries,
  packageCall,
  packageMember,
  RECEIVER,
  type Site,
  source,
  unknown,
} from "../values/origin.js";
import { distinct } from "../values/origin-keys.js";
import { staticWrites } from "../values/static-members.js";
import { writesToThis } from "../values/writes.js";
import type { FunctionView, ProgramFile } from "./function-view.js";

type InstanceOrigin = Extract<Origin, { kind: "instance" }>;
type ClassOrigin = Extract<Origin, { kind: "class" }>;

const MAX_ANCESTORS = 12;

export function memberOfInstance(
  origin: InstanceOrigin,
  name: string,
  queries: LinkQueries,
  depth = 0,
  object: InstanceOrigin = origin,
): readonly Origin[] {
  const info = origin.file.lowered.classes[origin.index];
  if (info === undefined || depth > MAX_ANCESTORS) return [unknown("class")];
  for (const item of info.members) {
    if (item.name !== name || item.static || item.fn === NONE) continue;
    const callee: Extract<Origin, { kind: "function" }> = {
      kind: "function",
      fn: origin.file.fn(item.fn),
      frame: null,
      self: object,
    };
    if (item.kind === MemberKind.Method && !item.abstract) return [callee];
    if (item.kind === MemberKind.Getter) return queries.bind(queries.returnsOf(callee.fn), givenFrame(callee, []));
  }
  const field = fieldOfInstance(origin, name, queries, object);
  if (field.length > 0) return field;
  return inherited(origin, name, queries, depth, object);
}

/** Field initialiser, constructor property, assignment in the constructor or in another method, annotation. */
function fieldOfInstance(
  origin: InstanceOrigin,
  name: string,
  queries: LinkQueries,
  object: InstanceOrigin,
): readonly Origin[] {
  const info = origin.file.lowered.classes[origin.index];
  const ctor = constructorOf(origin);
  const frame = ctor === null || origin.site === null ? null : constructorFrame(ctor, object, origin.site);
  const found: Origin[] = [];
  if (info.init !== NONE) {
    const init = origin.file.fn(info.init);
    const made = origin.site === null ? null : constructorFrame(init, object, origin.site);
    found.push(...written(init, name, made, queries));
  }
  if (ctor !== null) {
    found.push(...constructorProperty(ctor, name, frame, queries));
    found.push(...written(ctor, name, frame, queries));
  }
  // `this.client = null` in the constructor, and the client where it connects
  if (found.every(isNothing)) {
    for (const item of info.members) {
      if (item.kind === MemberKind.Method && !item.static && item.fn !== NONE) {
        // `this.password = await hash(this.password)` says nothing of where it came from
        found.push(...written(origin.file.fn(item.fn), name, null, queries).filter((o) => !isMadeOfItself(o, name)));
      }
    }
  }
  if (found.some((o) => o.kind !== "unknown" && !isNothing(o))) return distinct(found);
  const field = info.members.find((m) => m.name === name && m.kind === MemberKind.Field);
  const type = field === undefined ? undefined : origin.file.lowered.types[field.type];
  const typed = type ? queries.typeOrigin(origin.file, type) : null;
  const held = injected(origin.file.fn(info.inFn), origin.index, field?.decorators ?? [], typed, queries);
  if (held.length > 0) return held;
  if (typed !== null) return [typed];
  return found.length > 0 ? distinct(found) : field === undefined ? [] : [unknown("field")];
}

function isMadeOfItself(origin: Origin, name: string): boolean {
  return (
    origin.kind === "derived" &&
    origin.of.some(
      (o) => (o.kind === "parameter" && o.index === RECEIVER && o.path[0] === name) || isMadeOfItself(o, name),
    )
  );
}

function isNothing(origin: Origin): boolean {
  return origin.kind === "constant" && origin.value == null;
}

/**
 * The frame in which a constructor, or the initialiser of fields, ran when the object was made: of the object's class or
 * of one that it extends. Null for other functions, and for an object of which the making is not known.
 */
export function constructionFrame(origin: InstanceOrigin, fn: FunctionView, queries: OriginQueries): Frame | null {
  let current = origin;
  for (let depth = 0; depth < MAX_ANCESTORS && current.site !== null; depth += 1) {
    if (current.file === fn.file && makes(current, fn)) return constructorFrame(fn, origin, current.site);
    const parent = superclassOf(current, queries);
    if (parent === null) return null;
    current = { kind: "instance", ...parent, site: siteOfParent(current, origin) };
  }
  return null;
}

function makes(origin: InstanceOrigin, fn: FunctionView): boolean {
  if ((fn.info.flags & FnFlag.Constructor) !== 0) return fn.info.class === origin.index;
  return origin.file.lowered.classes[origin.index]?.init === fn.index;
}

/** Is the object one of the class, or of a class that extends it? */
export function isInstanceOf(
  origin: InstanceOrigin,
  file: ProgramFile,
  index: number,
  queries: OriginQueries,
): boolean {
  if (origin.file === file && origin.index === index) return true;
  for (const above of classesAbove(origin, queries)) if (above.file === file && above.index === index) return true;
  return false;
}

/** A class of the project. */
export interface ClassRef {
  readonly file: ProgramFile;
  readonly index: number;
}

/** The class of the project that a class extends; null when there is none, or when it is a package's. */
function superclassOf({ file, index }: ClassRef, queries: OriginQueries): ClassRef | null {
  const parent = superOrigins(file, index, queries).find((o) => o.kind === "class");
  return parent?.kind === "class" ? { file: parent.file, index: parent.index } : null;
}

/** The classes of the project that a class extends, the nearest first. */
export function* classesAbove(below: ClassRef, queries: OriginQueries): Generator<ClassRef> {
  let current = superclassOf(below, queries);
  for (let depth = 1; depth < MAX_ANCESTORS && current !== null; depth += 1) {
    yield current;
    current = superclassOf(current, queries);
  }
}

function constructorOf(origin: InstanceOrigin): FunctionView | null {
  const { members } = origin.file.lowered.classes[origin.index];
  const declared = members.find((m) => m.kind === MemberKind.Constructor && m.fn !== NONE);
  return declared === undefined ? null : origin.file.fn(declared.fn);
}

/** Where the superclass's constructor is called: `super(…)`, or as the class itself where it has no constructor. */
function siteOfParent(origin: InstanceOrigin, object: InstanceOrigin): Site | null {
  const ctor = constructorOf(origin);
  if (ctor === null) return origin.site;
  const v = ctor.calls.find((call) => ctor.op(call) === Op.Call && ctor.op(ctor.callee(call)) === Op.Super);
  if (v === undefined) return null;
  // who makes the object may be out of sight: what its own constructor hands on is written there all the same
  return { fn: ctor, v, frame: origin.site === null ? null : constructorFrame(ctor, object, origin.site) };
}

/** @param object what is being made, of the constructor's class or of one below it */
function constructorFrame(ctor: FunctionView, object: InstanceOrigin, site: Site): Frame {
  return frameFor({ kind: "function", fn: ctor, frame: null, self: { ...object, site: null } }, site);
}

function constructorProperty(
  ctor: FunctionView,
  name: string,
  frame: Frame | null,
  queries: LinkQueries,
): readonly Origin[] {
  const index = ctor.info.params.findIndex((p) => p.property && p.name === name);
  if (index < 0) return [];
  const parameter: Origin = { kind: "parameter", fn: ctor, index, path: [] };
  const preset = presetOf(ctor, index);
  if (frame !== null) {
    const given = preset === NONE ? queries.bind([parameter], frame) : queries.evaluate({ fn: ctor, v: preset, frame });
    const bound = given.map((origin) => typedParameter(origin, queries));
    if (!bound.every((o) => o.kind === "unknown")) return bound;
  }
  const type = ctor.file.lowered.types[ctor.info.params[index].type];
  if (type?.kind === "name" && REQUEST_TYPE.test(type.name)) return [source("request", "", { dialect: "express" })];
  const typed = type ? queries.typeOrigin(ctor.file, type) : null;
  const held = injected(ctor.parent, ctor.info.class, ctor.info.params[index].decorators, typed, queries);
  if (held.length > 0) return held;
  if (typed !== null && !isPlainData(typed, queries)) return [typed];
  // where the making is out of sight, nobody is known to hand over another
  return preset === NONE ? [parameter] : queries.evaluate({ fn: ctor, v: ctor.b(preset), frame: null });
}

/** What a container injects for the token that a decorator names, where the annotation names no class that can be read. */
function injected(
  around: FunctionView | null,
  inside: number,
  decorators: readonly number[],
  typed: Origin | null,
  queries: LinkQueries,
): readonly Origin[] {
  if (around === null || (typed !== null && !isOpen(typed))) return [];
  // an abstract class is a token itself
  const token: Origin | null =
    typed?.kind === "instance" ? { kind: "class", file: typed.file, index: typed.index, frame: null } : null;
  if (decorators.length === 0 && token === null) return [];
  const named = decorators.map((v) => ({ fn: around, v, frame: null }));
  const held = queries.knowledge.provided(named, token, queries);
  // one that wraps another of its kind is not handed itself
  return held.filter((o) => !(o.kind === "instance" && o.file === around.file && o.index === inside));
}

/** An interface or an abstract class: what stands behind it is somebody else's to say. */
function isOpen(typed: Origin): boolean {
  if (typed.kind === "typed") return true;
  if (typed.kind !== "instance") return false;
  return typed.file.lowered.classes[typed.index]?.members.some((member) => member.abstract) === true;
}

/** `constructor(private readonly orders = new OrderRepository())`: the parameter with what stands for it when it is left out. */
function presetOf(ctor: FunctionView, index: number): number {
  if (!ctor.info.params[index].hasDefault) return NONE;
  for (let v = 0; v < ctor.valueCount; v += 1) {
    if (ctor.op(v) === Op.Default && ctor.op(ctor.a(v)) === Op.Param && ctor.a(ctor.a(v)) === index) return v;
  }
  return NONE;
}

/** Request-scoped services get the request injected under a type of the framework's or of their own. */
const REQUEST_TYPE = /^(?:\w+\.)?\w*Request(?:With\w+)?$/;

function written(fn: FunctionView, name: string, frame: Frame | null, queries: LinkQueries): readonly Origin[] {
  const found: Origin[] = [];
  for (const write of writesToThis(fn)) {
    if (write.name !== name) continue;
    for (const origin of queries.evaluate({ fn, v: write.value, frame })) found.push(typedParameter(origin, queries));
  }
  return found;
}

/**
 * `this.x = x` in a constructor nobody called in sight: the parameter's annotation says what it is, and of what it is
 * taken out of (`constructor({ orders }: Services)`) that of the member, where it is a class.
 */
function typedParameter(origin: Origin, queries: LinkQueries): Origin {
  if (origin.kind !== "parameter") return origin;
  const type = origin.fn.file.lowered.types[origin.fn.info.params[origin.index]?.type ?? NONE];
  const typed = type ? queries.typeOrigin(origin.fn.file, type) : null;
  if (typed === null) return origin;
  if (origin.path.length === 0) return isPlainData(typed, queries) ? origin : typed;
  const [held, ...others] = typed.kind === "typed" ? queries.project(typed, origin.path) : [];
  return held?.kind === "instance" && others.length === 0 ? held : origin;
}

/** `{ role: string; rights: string[] }`: nothing in it could be called, so what is handed over says more than its type. */
function isPlainData(origin: Origin, queries: LinkQueries, depth = 0): boolean {
  if (origin.kind !== "typed" || origin.path.length > 0 || depth > 2) return false;
  const { file, type } = origin;
  const declared = type.kind === "name" ? file.lowered.typeDeclarations.find((t) => t.name === type.name) : undefined;
  const members = type.kind === "object" ? type.members : (declared?.members ?? []);
  if (members.length === 0 || (declared?.extends.length ?? 0) > 0) return false;
  return members.every((member) => {
    if (member.type.kind === "function") return false;
    const typed = queries.typeOrigin(file, member.type);
    return typed === null || isPlainData(typed, queries, depth + 1);
  });
}

function inherited(
  origin: InstanceOrigin,
  name: string,
  queries: LinkQueries,
  depth: number,
  object = origin,
): readonly Origin[] {
  for (const parent of superOrigins(origin.file, origin.index, queries)) {
    if (parent.kind === "class") {
      const above: InstanceOrigin = {
        kind: "instance",
        file: parent.file,
        index: parent.index,
        site: siteOfParent(origin, object),
      };
      return memberOfInstance(above, name, queries, depth + 1, object);
    }
    if (parent.kind === "package") {
      const made = packageCall(parent, origin.site);
      return made.kind === "package" ? [packageMember(made, name)] : [made];
    }
  }
  return [unknown(`no member ${name}`)];
}

/** `super.name` inside a class: what its superclass has, with the same receiver. */
export function memberOfSuper(origin: InstanceOrigin, name: string, queries: LinkQueries): readonly Origin[] {
  return inherited(origin, name, queries, 0);
}

/**
 * What a class extends; empty for a class without a parent.
 * @param frame of the function that made the class: `Base` in `(Base) => class extends Base {}`
 */
export function superOrigins(
  file: ProgramFile,
  index: number,
  queries: OriginQueries,
  frame: Frame | null = null,
): readonly Origin[] {
  const info = file.lowered.classes[index];
  if (info === undefined || info.extends === NONE) return [];
  return queries.evaluate({ fn: file.fn(info.inFn), v: info.extends, frame });
}

/** What the annotation of a static field says it holds. */
function declaredStatic({ file, index }: ClassOrigin, name: string, queries: LinkQueries): Origin | null {
  const { members } = file.lowered.classes[index];
  const field = members.find((m) => m.static && m.name === name && m.kind === MemberKind.Field);
  const type = field === undefined ? undefined : file.lowered.types[field.type];
  const typed = type ? queries.typeOrigin(file, type) : null;
  return typed === null || isPlainData(typed, queries) ? null : typed;
}

function nameOfClass({ file, index }: ClassOrigin): string {
  return file.lowered.classes[index]?.name ?? "";
}

export function memberOfClass(
  origin: ClassOrigin,
  name: string,
  queries: LinkQueries,
  depth = 0,
  object: ClassOrigin = origin,
): readonly Origin[] {
  const info = origin.file.lowered.classes[origin.index];
  if (info === undefined || depth > MAX_ANCESTORS) return [unknown("class")];
  for (const item of info.members) {
    if (!item.static || item.name !== name || item.fn === NONE) continue;
    const callee: Extract<Origin, { kind: "function" }> = {
      kind: "function",
      fn: origin.file.fn(item.fn),
      frame: origin.frame,
      self: object,
    };
    if (item.kind === MemberKind.Getter) return queries.bind(queries.returnsOf(callee.fn), givenFrame(callee, []));
    return [callee];
  }
  const begun = info.staticInit === NONE ? [] : written(origin.file.fn(info.staticInit), name, null, queries);
  if (begun.some((o) => !isNothing(o))) return distinct(begun);
  // `private static instance: Client | null = null`, set when it is first asked for
  const later = staticWrites(origin.file, info.name, name).flatMap(({ fn, v }) => [
    ...queries.evaluate({ fn, v, frame: null }),
  ]);
  const kept = [...begun, ...later];
  // `private static $main: App`, set by whoever starts the service
  const isOpen = kept.every((o) => isNothing(o) || o.kind === "parameter" || o.kind === "unknown");
  const typed = isOpen ? declaredStatic(origin, name, queries) : null;
  if (typed !== null) return [typed];
  if (kept.length > 0) return distinct(kept);
  for (const parent of superOrigins(origin.file, origin.index, queries, origin.frame)) {
    if (parent.kind === "class") return memberOfClass(parent, name, queries, depth + 1, object);
    if (parent.kind === "package") return [packageMember(parent, name)];
  }
  return name === "name" ? [constant(nameOfClass(object))] : [unknown(`no static member ${name}`)];
}
