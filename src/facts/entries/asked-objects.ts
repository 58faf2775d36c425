/**
 * Keys of an object that a guard makes, asks what the caller may do, and leaves on the request:
 * `context.mayDo(permissions)`, where that compares `this.shopId` with the shops of the caller. Whatever named the shop,
 * the guard decided about the caller's rights in it, so that those behind act within it.
 */
import { Op } from "../../model/lowered.js";
import type { Fact } from "../../program/facts/facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { type Frame, type Origin, source } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { isKey } from "../accesses/key-columns.js";
import type { Analysis } from "../analysis.js";
import type { StoredPath } from "./attached.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

const MAX_INNER = 3;

/** Puts those keys in the place of the object. @param facts what holds behind the guard, which decides by them */
export function attachAsked(
  stored: readonly StoredPath[],
  guard: {
    readonly name: string;
    readonly origin: FunctionOrigin;
    readonly frame: Frame;
    readonly facts: readonly Fact[];
  },
  { queries }: Analysis,
  attached: Map<string, readonly Origin[]>,
): void {
  const { origin, frame, facts } = guard;
  const tested = new Set(facts.flatMap((fact) => allOf(fact).flatMap(({ via }) => via.map(({ name }) => name))));
  for (const { path, site, target, origins } of stored) {
    const made = new Set(origins.flatMap(siteOfMade));
    if (made.size === 0) continue;
    const keys = new Set<string>();
    for (const v of origin.fn.calls) {
      const callee = origin.fn.callee(v);
      if (origin.fn.op(callee) !== Op.Member || !tested.has(origin.fn.memberName(callee))) continue;
      const asked = queries.evaluate({ fn: origin.fn, v: origin.fn.a(callee), frame });
      if (!asked.some((o) => siteOfMade(o).some((key) => made.has(key)))) continue;
      for (const method of queries.evaluate({ fn: origin.fn, v: callee, frame }))
        if (method.kind === "function") for (const key of keysRead(method.fn, 0)) keys.add(key);
    }
    if (keys.size === 0) continue;
    attached.delete(path);
    for (const key of keys)
      attached.set(`${path}.${key}`, [
        { ...source("request", `${path}.${key}`, { site, context: target.context }), checkedBy: guard.name },
      ]);
  }
}

function allOf(fact: Fact): readonly Fact[] {
  return fact.kind === "either" ? [fact, ...fact.paths.flat().flatMap(allOf)] : [fact];
}

function siteOfMade(origin: Origin): readonly string[] {
  return origin.kind === "instance" && origin.site !== null ? [siteKey(origin.site)] : [];
}

/** `this.shopId`, in the method and in what it is put together of */
function keysRead(fn: FunctionView, depth: number): readonly string[] {
  const found: string[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Member && fn.op(fn.a(v)) === Op.This && isKey(fn.memberName(v))) found.push(fn.memberName(v));
    if (op === Op.Closure && depth < MAX_INNER) found.push(...keysRead(fn.file.fn(fn.a(v)), depth + 1));
  }
  return found;
}
