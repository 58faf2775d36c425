/** What a function did to members of rows that stand in its variables or in members of those, before they are saved. */
import { NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { Site } from "../../program/values/origin.js";

export interface MemberChange {
  /** the object whose member it is */
  readonly object: number;
  readonly name: string;
  readonly site: Site;
  readonly place: Place;
  /** a list of related rows, to which this was added */
  readonly linked: boolean;
}

const ADDING: ReadonlySet<string> = new Set(["push", "unshift", "add"]);

/**
 * Members of members that are set (`staff.user.roles = roles`), and lists that are added to (`user.roles.push(role)`).
 *
 * @param use what comes after it in the same function does not count
 */
export function memberChanges({ fn, v, frame }: Site, use: Site): readonly MemberChange[] {
  const found: MemberChange[] = [];
  const end = use.fn === fn ? use.v : fn.valueCount;
  for (let at = 0; at < end; at += 1) {
    if (fn.op(at) === Op.SetMember) {
      // what is set on a variable itself is read with what the variable was made of
      if (fn.op(v) !== Op.Member) continue;
      const site: Site = { fn, v: fn.c(at), frame };
      found.push({ object: fn.a(at), name: fn.text(fn.b(at)), site, place: fn.place(at), linked: false });
      continue;
    }
    if (fn.op(at) !== Op.Call || !ADDING.has(fn.memberName(fn.callee(at)))) continue;
    const list = fn.a(fn.callee(at));
    if (list === NONE || fn.op(list) !== Op.Member) continue;
    for (const item of fn.args(at)) {
      const site: Site = { fn, v: item, frame };
      found.push({ object: fn.a(list), name: fn.memberName(list), site, place: fn.place(at), linked: true });
    }
  }
  return found;
}
