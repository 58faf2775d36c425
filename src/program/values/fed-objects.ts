/**
 * Objects that are fed call by call and asked at the end: `const hash = createHash("sha256"); hash.update(token);
 * return hash.digest()`. What they give is made of what they were fed.
 */
import { Op } from "../../model/lowered.js";
import { behind } from "../facts/conditions.js";
import type { Origin, OriginQueries, Site } from "./origin.js";

const FEEDING: ReadonlySet<string> = new Set(["update", "write", "append"]);

/** What is fed, in the same function, to the object that a call made. */
export function fedTo(made: Site, queries: OriginQueries): readonly Origin[] {
  const { fn, v, frame } = made;
  const found: Origin[] = [];
  for (const call of fn.calls) {
    if (call <= v || fn.op(call) !== Op.Call) continue;
    const callee = fn.callee(call);
    if (fn.op(callee) !== Op.Member || !FEEDING.has(fn.memberName(callee)) || behind(fn, fn.a(callee)) !== v) continue;
    for (const arg of fn.args(call)) found.push(...queries.evaluate({ fn, v: arg, frame }));
  }
  return found;
}
