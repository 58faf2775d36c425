/** Payments that callers start for themselves: the session at the provider names them, whatever it is that they buy. */
import { Op } from "../../model/lowered.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Visit } from "../../program/walks/walk.js";
import type { Analysis } from "../analysis.js";

/** https://docs.stripe.com/api/checkout/sessions/create, https://docs.stripe.com/api/customer_portal/sessions/create */
const SESSIONS = /(?:^|\.)(?:checkout|billingPortal)\.sessions\.create$/;
const PAYER: readonly string[] = ["client_reference_id", "customer", "customer_email"];

/** True for the call that opens such a session for the caller alone. */
export function paysForCaller({ site, callees }: Visit, { queries }: Analysis): boolean {
  const { fn, v, frame } = site;
  if (fn.op(v) !== Op.Call || callees.length === 0) return false;
  if (!callees.every((o) => o.kind === "package" && o.module === "stripe" && SESSIONS.test(o.path))) return false;
  const [options] = fn.args(v);
  if (options === undefined) return false;
  const given = queries.evaluate({ fn, v: options, frame });
  const payers = leaves(given.flatMap((o) => PAYER.flatMap((key) => [...queries.project(o, [key])])));
  const named = payers.filter((o) => o.kind === "source");
  return (
    named.some(({ source }) => source === "identity") &&
    named.every(({ source }) => source === "identity" || source === "row" || source === "config")
  );
}
