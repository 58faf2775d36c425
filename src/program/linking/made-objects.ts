/**
 * Objects that plain functions make: `function Session(cache) { this.cache = cache; }`, `Session.prototype.check = check`,
 * `new Session(cache)`. What classes were before there were any.
 */
import { NONE, Op } from "../../model/lowered.js";
import { frameFor } from "../values/call-frames.js";
import { derived } from "../values/computed-origins.js";
import { type LinkQueries, type Origin, type Site, unknown } from "../values/origin.js";
import { distinct } from "../values/origin-keys.js";
import { writesToThis } from "../values/writes.js";
import type { FunctionView, ProgramFile } from "./function-view.js";
import type { Program } from "./program.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;
type DerivedOrigin = Extract<Origin, { kind: "derived" }>;

/** How a value is made that a function made when it was called with `new`; the function is what it is made of. */
export const MADE = "made with new";

interface Prototypes {
  /** the function that makes objects → what all of them have */
  readonly members: ReadonlyMap<FunctionView, ReadonlyMap<string, Site>>;
  /** in which `this` is such an object */
  readonly functions: ReadonlySet<FunctionView>;
}

const known = new WeakMap<Program, Prototypes>();
const NONE_YET: Prototypes = { members: new Map(), functions: new Set() };

/** The object, null when the function is no maker of objects. */
export function madeObject(maker: FunctionOrigin, site: Site, queries: LinkQueries): DerivedOrigin | null {
  return prototypesOf(queries).members.has(maker.fn) ? derived([maker], MADE, site) : null;
}

/** Is `this` in the function an object that a plain function made? */
export function isOfPrototype(fn: FunctionView, queries: LinkQueries): boolean {
  return prototypesOf(queries).functions.has(fn);
}

export function memberOfMade(object: DerivedOrigin, name: string, queries: LinkQueries): readonly Origin[] {
  const found = object.of.flatMap((maker) =>
    maker.kind === "function" ? [...memberMadeBy(maker, object, name, queries)] : [],
  );
  return found.length > 0 ? distinct(found) : [unknown(`no member ${name}`)];
}

function memberMadeBy(
  maker: FunctionOrigin,
  object: DerivedOrigin,
  name: string,
  queries: LinkQueries,
): readonly Origin[] {
  const shared = prototypesOf(queries).members.get(maker.fn)?.get(name);
  if (shared !== undefined) {
    return queries.evaluate(shared).map((o): Origin => (o.kind === "function" ? { ...o, self: object } : o));
  }
  const frame = object.site === null ? null : frameFor({ ...maker, self: { ...object, site: null } }, object.site);
  return writesToThis(maker.fn)
    .filter((write) => write.name === name)
    .flatMap((write) => [...queries.evaluate({ fn: maker.fn, v: write.value, frame })]);
}

function prototypesOf(queries: LinkQueries): Prototypes {
  let found = known.get(queries.program);
  if (found === undefined) {
    // what is asked for while they are collected does not see them
    known.set(queries.program, NONE_YET);
    found = collect(queries);
    known.set(queries.program, found);
  }
  return found;
}

interface Shared {
  readonly maker: Site;
  readonly name: string;
  readonly value: Site;
}

function collect(queries: LinkQueries): Prototypes {
  const members = new Map<FunctionView, Map<string, Site>>();
  const functions = new Set<FunctionView>();
  for (const file of queries.program.files) {
    if (!file.lowered.strings.includes("prototype")) continue;
    for (const { maker, name, value } of sharedIn(file)) {
      for (const made of queries.evaluate(maker)) {
        if (made.kind !== "function") continue;
        const own = members.get(made.fn) ?? new Map<string, Site>();
        members.set(made.fn, own.set(name, value));
        functions.add(made.fn);
        for (const o of queries.evaluate(value)) if (o.kind === "function") functions.add(o.fn);
      }
    }
  }
  return { members, functions };
}

function* sharedIn(file: ProgramFile): Generator<Shared> {
  for (let index = 0; index < file.functionCount; index += 1) {
    const fn = file.fn(index);
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) === Op.SetMember) yield* written(fn, v);
      else if (fn.op(v) === Op.Call && fn.memberName(fn.callee(v)) === "assign") yield* assigned(fn, v);
    }
  }
}

/** `Session.prototype.check = check`, `Session.prototype = { check }` */
function* written(fn: FunctionView, v: number): Generator<Shared> {
  const target = fn.a(v);
  const name = fn.text(fn.b(v));
  if (name === "prototype") yield* propertiesOf(fn, target, fn.c(v));
  else if (fn.memberName(target) === "prototype") yield { maker: at(fn, fn.a(target)), name, value: at(fn, fn.c(v)) };
}

/** `Object.assign(Session.prototype, { check })` */
function* assigned(fn: FunctionView, v: number): Generator<Shared> {
  const [target, ...sources] = fn.args(v);
  if (target === undefined || fn.memberName(target) !== "prototype") return;
  for (const source of sources) yield* propertiesOf(fn, fn.a(target), source);
}

function* propertiesOf(fn: FunctionView, maker: number, object: number): Generator<Shared> {
  if (object === NONE || fn.op(object) !== Op.Object) return;
  for (const { name, value } of fn.props(object)) {
    if (name !== "") yield { maker: at(fn, maker), name, value: at(fn, value) };
  }
}

function at(fn: FunctionView, v: number): Site {
  return { fn, v, frame: null };
}
