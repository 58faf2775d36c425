/**
 * Keys of a value that were set or deleted where it stands, before it is used: `req.body.orgId = user.orgId` and
 * `delete req.body.role` before `create(req.body)`.
 */
import { Op } from "../../model/lowered.js";
import { canAvoid } from "../../program/facts/avoidance.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { type Origin, type Site, withoutKeys } from "../../program/values/origin.js";

export interface ReplacedKey {
  readonly name: string;
  /** what was set, null where the key was deleted */
  readonly site: Site | null;
}

const MAX_LEVELS = 8;

/** Keys that are replaced on every way to the use of a variable or a member (`data`, `req.body`) in its function. */
export function replacedKeys({ fn, v, frame }: Site): readonly ReplacedKey[] {
  const found: ReplacedKey[] = [];
  const ways = [...new Set([v, behind(fn, v)])].filter((one) => fn.op(one) === Op.Var || fn.op(one) === Op.Member);
  if (ways.length === 0) return found;
  for (let at = 0; at < fn.valueCount; at += 1) {
    const member = memberChanged(fn, at);
    if (member === null || at > v || !ways.some((way) => isSame(fn, way, member.object, 0))) continue;
    if (canAvoid(fn, 0, at, v)) continue;
    found.push({ name: member.name, site: member.value === null ? null : { fn, v: member.value, frame } });
  }
  return found;
}

/** A value as it is used: itself without the keys that were replaced where it stands, and what was set in their place. */
export function asReplaced(
  origin: Origin,
  use: Site,
): { readonly whole: Origin; readonly set: readonly { readonly name: string; readonly site: Site }[] } {
  const replaced = replacedKeys(use);
  return {
    whole: withoutKeys(
      origin,
      replaced.map(({ name }) => name),
    ),
    set: replaced.flatMap(({ name, site }) => (site === null ? [] : [{ name, site }])),
  };
}

interface Change {
  readonly object: number;
  readonly name: string;
  readonly value: number | null;
}

function memberChanged(fn: FunctionView, v: number): Change | null {
  if (fn.op(v) === Op.SetMember) return { object: fn.a(v), name: fn.text(fn.b(v)), value: fn.c(v) };
  if (fn.op(v) !== Op.Unary || fn.text(fn.a(v)) !== "delete") return null;
  const deleted = fn.b(v);
  return fn.op(deleted) === Op.Member ? { object: fn.a(deleted), name: fn.memberName(deleted), value: null } : null;
}

/** Two expressions that name the same variable, or the same member of it. */
export function isSame(fn: FunctionView, a: number, b: number, depth = 0): boolean {
  const [left, right] = [uncast(fn, a), uncast(fn, b)];
  if (left === right) return true;
  if (depth > MAX_LEVELS || fn.op(left) !== fn.op(right)) return false;
  if (fn.op(left) === Op.Var) return fn.a(left) === fn.a(right) && fn.b(left) === fn.b(right);
  if (fn.op(left) !== Op.Member || fn.memberName(left) !== fn.memberName(right)) return false;
  return isSame(fn, fn.a(left), fn.a(right), depth + 1);
}

function uncast(fn: FunctionView, v: number): number {
  let current = v;
  while (fn.op(current) === Op.Cast) current = fn.a(current);
  return current;
}
