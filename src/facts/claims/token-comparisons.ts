/** What tests and comparisons of claims decide. */
import { Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import * as words from "../verification/token-words.js";
import { type Item, lastStep } from "./token-scopes.js";
import type { Taken } from "./token-sinks.js";

const NOTHING: Taken = { how: "passed" };

/**
 * Only whether it is there: says something when it is a privilege, or the answer of a function that says "verify".
 *
 * @param session what is followed is a session, whose being there is taken for somebody being signed in
 */
export function takenByPresence(item: Item, session: boolean): Taken {
  if (words.PRIVILEGE_CLAIM.test(item.member)) return { how: "used", as: "decision" };
  if (session && /^(?:|data|session|user)$/.test(item.member)) return { how: "used", as: "decision", named: true };
  // somebody was made of them, and now it is asked whether there is somebody
  if (item.ups > 0 && item.caller !== "") return { how: "used", as: "identity" };
  const verifies = item.ups > 0 && item.member === "" && words.VERIFYING_NAME.test(lastStep(item));
  return verifies ? { how: "used", as: "decision", named: true } : NOTHING;
}

/** `claims.role === "admin"`; other operators compute something of them. */
export function takenByOperator(item: Item, row: number): Taken {
  const { fn, v } = item;
  const operator = fn.text(fn.a(row));
  if (!/^(?:[!=]==?|[<>]=?|in|instanceof)$/.test(operator)) return { how: "carried" };
  const op = fn.op(behind(fn, fn.b(row) === v ? fn.c(row) : fn.b(row)));
  if (op === Op.Null || op === Op.Undefined || operator === "instanceof" || operator === "in") return NOTHING;
  if (words.TIME_CLAIM.test(item.member) || words.KEY_CLAIM.test(item.member)) return NOTHING;
  if (fn.op(v) === Op.Binary || item.member === "") return NOTHING;
  // telling kinds of tokens apart only chooses who will verify
  return { how: "used", as: words.KIND_NAME.test(fn.info.name) ? "key-selection" : "decision" };
}
