/** A test whether who calls stands on a list of people of the configuration: `env.ADMIN_EMAILS?.some((one) => one === user.email)`. */
import { Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { namesOf } from "./bypass-text.js";

const ABOVE_ALL = /admin|superuser|super_user|staff|root|operator|owner/i;
const CONFIGURED = /^(?:env|config|configuration|settings)$|^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;
const PERSON = /^(?:u?id|user_?id|e?mail|user_?name|sub|login)$/i;
const CALLER = /^(?:user|session|caller|viewer|me|currentUser|current_user|account|auth|actor|ctx|req|request)$/;

export function asksConfiguredPeople(fn: FunctionView, test: number): boolean {
  const v = behind(fn, test);
  if (fn.op(v) !== Op.Call) return false;
  const callee = fn.callee(v);
  const [sought] = fn.args(v);
  if (sought === undefined || fn.op(callee) !== Op.Member) return false;
  const list = namesOf(fn, fn.a(callee));
  if (!list.some((name) => CONFIGURED.test(name)) || !ABOVE_ALL.test(list.at(-1) ?? "")) return false;
  if (fn.text(fn.b(callee)) === "includes") return isPerson(fn, sought);
  return fn.text(fn.b(callee)) === "some" && fn.op(sought) === Op.Closure && comparesPerson(fn.file.fn(fn.a(sought)));
}

function isPerson(fn: FunctionView, v: number): boolean {
  const names = namesOf(fn, behind(fn, v));
  return PERSON.test(names.at(-1) ?? "") && names.slice(0, -1).some((name) => CALLER.test(name));
}

/** `(one) => one === user.email` and nothing else */
function comparesPerson(fn: FunctionView): boolean {
  if (!fn.hasBody || fn.returns.length !== 1) return false;
  const value = fn.a(fn.returns[0]);
  if (value < 0 || fn.op(value) !== Op.Binary || !/^===?$/.test(fn.text(fn.a(value)))) return false;
  return isPerson(fn, fn.b(value)) || isPerson(fn, fn.c(value));
}
