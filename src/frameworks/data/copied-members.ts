/**
 * Functions of the project that copy an object onto another, member by member: constructors of entities that take all
 * they are given (`this[key] = value`), helpers that patch a row with changes (`row[key] = changes[key]`).
 */
import { MemberKind, NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { classesAbove } from "../../program/linking/class-members.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin, OriginQueries, Site } from "../../program/values/origin.js";

type InstanceOrigin = Extract<Origin, { kind: "instance" }>;

const MAX_VALUES = 400;

/** What a class was made with, when its constructor, or one that it extends, keeps all of it as its own members. */
export function constructedFrom(origin: InstanceOrigin, queries: OriginQueries): Site | null {
  const { site } = origin;
  if (site === null || site.fn.op(site.v) !== Op.New) return null;
  const [given] = site.fn.args(site.v);
  if (given === undefined || given === NONE) return null;
  for (const { file, index } of [origin, ...classesAbove(origin, queries)]) {
    const made = file.lowered.classes[index]?.members.find((m) => m.kind === MemberKind.Constructor && m.fn !== NONE);
    if (made !== undefined && copiesOnto(file.fn(made.fn), "this", 0)) return { ...site, v: given };
  }
  return null;
}

/** Arguments of a call that the called function copies onto the argument for which that is asked. */
export function patchedWith(call: Site, isTarget: (v: number) => boolean, queries: OriginQueries): readonly Site[] {
  const { fn, v, frame } = call;
  const args = Array.from(fn.args(v));
  const at = args.findIndex(isTarget);
  if (at < 0 || args.length < 2) return [];
  const callees = queries.evaluate({ fn, v: fn.callee(v), frame });
  return args.flatMap((arg, index) => {
    if (index === at) return [];
    const copied = callees.some((o) => o.kind === "function" && o.fn.hasBody && copiesOnto(o.fn, at, index));
    return copied ? [{ fn, v: arg, frame }] : [];
  });
}

/** The call behind a value patched its first argument, and gave it back. */
export function patchCall({ fn, v, frame }: Site): Site | null {
  const made = behind(fn, v);
  return fn.op(made) === Op.Call && fn.args(made).length > 1 ? { fn, v: made, frame } : null;
}

/** Whether a function writes the members of one parameter, whatever their names, to another or to its own object. */
function copiesOnto(fn: FunctionView, target: "this" | number, from: number): boolean {
  if (fn.valueCount > MAX_VALUES) return false;
  let written = false;
  let read = false;
  for (let v = 0; v < fn.valueCount && !(written && read); v += 1) {
    const op = fn.op(v);
    if (op === Op.SetIndex && isNamed(fn, fn.a(v), target)) written = true;
    else if (op === Op.Index && isNamed(fn, fn.a(v), from)) read = true;
    else if (op === Op.Call && ENTRIES.test(fn.memberName(fn.callee(v)))) {
      const [given] = fn.args(v);
      read ||= given !== undefined && isNamed(fn, given, from);
    }
  }
  return (written && read) || assigns(fn, target, from);
}

const ENTRIES = /^(?:entries|keys)$/;

/** `Object.assign(this, values)` */
function assigns(fn: FunctionView, target: "this" | number, from: number): boolean {
  return fn.calls.some((call) => {
    if (fn.op(call) !== Op.Call || fn.memberName(fn.callee(call)) !== "assign") return false;
    const [onto, ...given] = fn.args(call);
    return onto !== undefined && isNamed(fn, onto, target) && given.some((one) => isNamed(fn, one, from));
  });
}

function isNamed(fn: FunctionView, v: number, what: "this" | number): boolean {
  const value = behind(fn, v);
  if (fn.op(value) === Op.This) return what === "this";
  return fn.op(value) === Op.Param && fn.a(value) === what;
}
