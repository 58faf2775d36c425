/**
 * What an object got after it was made: members written one by one, and whole objects copied onto it with
 * `Object.assign(order, req.body)` or a repository's `merge(order, changes)`.
 */

import { Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Site } from "../../program/values/origin.js";
import { slotOfMade, writesToSlot } from "../../program/values/writes.js";

export type Addition =
  | { readonly kind: "member"; readonly name: string; readonly site: Site; readonly place: Place }
  | {
      readonly kind: "object";
      readonly site: Site;
      readonly place: Place;
      /** keys that are set besides, before it was copied or after */
      readonly without: readonly string[];
    };

export type CopiedObject = Extract<Addition, { kind: "object" }>;

/**
 * Additions to a variable, or to a value that was put in one.
 *
 * @param use call for which they are sought: what happens after it in the same function does not count
 */
export function additionsTo(value: Site, use: Site | null): readonly Addition[] {
  const { fn, frame } = value;
  const slot = slotOf(fn, value.v);
  if (slot === null) return [];
  const end = use !== null && use.fn === fn ? use.v : fn.valueCount;
  const found: Addition[] = [];
  for (const write of writesToSlot(fn, slot)) {
    if (write.at < end)
      found.push({ kind: "member", name: write.name, site: { fn, v: write.value, frame }, place: fn.place(write.at) });
  }
  for (const call of fn.calls) {
    if (call >= end || !copiesOnto(fn, call, slot)) continue;
    const args = Array.from(fn.args(call));
    // the variable is what the method is called on, or stands before what is copied onto it
    const given = args.slice(args.findIndex((arg) => isVariable(fn, arg, slot)) + 1);
    for (const [at, v] of given.entries()) {
      const later = given.slice(at + 1).flatMap((other) => namedKeys(fn, other));
      const without = [...later, ...keysWritten(fn, slot, call, end), ...keysWrittenBefore(fn, v, call)];
      found.push({ kind: "object", site: { fn, v, frame }, place: fn.place(call), without });
    }
  }
  return found;
}

/** Whole objects that were copied onto a variable before it is used: `Object.assign(row, req.body)`. */
export function copiedOnto(use: Site): readonly CopiedObject[] {
  return additionsTo(use, use).filter((one) => one.kind === "object");
}

/** Identity of the variable an expression names, for those who must not go through it twice. */
export function variableKey(value: Site): string | null {
  const slot = slotOf(value.fn, value.v);
  return slot === null ? null : `${value.fn.id}:${slot}`;
}

function slotOf(fn: FunctionView, value: number): number | null {
  // `const order = await load()`: what is behind the variable was stored in it by way of a promise
  const named = fn.op(value) === Op.Cast ? fn.a(value) : value;
  if (fn.op(named) === Op.Var && fn.a(named) === 0 && fn.op(behind(fn, named)) !== Op.Var) return fn.b(named);
  const v = behind(fn, value);
  if (fn.op(v) === Op.Var) return fn.a(v) === 0 ? fn.b(v) : null;
  return slotOfMade(fn, v);
}

/** `order.set(req.body)`, `order.merge(req.body)` */
const OWN = /^(?:set|assign|merge|fill|overwrite|setAttributes)$/;

function copiesOnto(fn: FunctionView, call: number, slot: number): boolean {
  if (fn.op(call) !== Op.Call) return false;
  const args = Array.from(fn.args(call));
  const method = fn.callee(call);
  if (args.length === 1 && fn.op(method) === Op.Member && isVariable(fn, fn.a(method), slot))
    return OWN.test(fn.memberName(method));
  // a manager's `merge` names the entity first
  const at = args.findIndex((arg) => isVariable(fn, arg, slot));
  if (at < 0 || at > 1 || at === args.length - 1) return false;
  const callee = fn.callee(call);
  const name = fn.memberName(callee);
  if (name === "merge") return true;
  if (at !== 0) return false;
  const object = name === "assign" ? fn.a(callee) : -1;
  return object >= 0 && fn.op(object) === Op.Global && fn.text(fn.a(object)) === "Object";
}

function isVariable(fn: FunctionView, v: number, slot: number): boolean {
  return fn.op(v) === Op.Var && fn.a(v) === 0 && fn.b(v) === slot;
}

function namedKeys(fn: FunctionView, v: number): readonly string[] {
  if (fn.op(v) !== Op.Object) return [];
  return [...fn.props(v)].map((prop) => prop.name).filter((name) => name !== "");
}

function keysWritten(fn: FunctionView, slot: number, after: number, before: number): readonly string[] {
  return writesToSlot(fn, slot)
    .filter((write) => write.at > after && write.at < before)
    .map((write) => write.name);
}

/** `body.orgId = caller.orgId` before the body is copied */
function keysWrittenBefore(fn: FunctionView, value: number, call: number): readonly string[] {
  const v = behind(fn, value);
  return fn.op(v) === Op.Var && fn.a(v) === 0 ? keysWritten(fn, fn.b(v), -1, call) : [];
}
