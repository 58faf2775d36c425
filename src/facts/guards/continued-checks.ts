/**
 * Checks in what a promise goes on with: `load(id).then((row) => { if (row.orgId !== caller.orgId) return refuse(); … })`.
 * What was loaded leaves only through the functions that the chain hands it to.
 */

import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { givenFrame } from "../../program/values/call-frames.js";
import type { Site } from "../../program/values/origin.js";
import { chainMethod, chainReceiver } from "../../program/values/promises.js";
import type { Analysis } from "../analysis.js";

const MAX_LINKS = 12;

/** What holds wherever the chain behind a call is gone through to its end without a refusal. */
export function factsOfContinuations(site: Site, analysis: Analysis): readonly Fact[] {
  const found: Fact[] = [];
  let at: Site | null = site;
  for (let i = 0; at !== null && i < MAX_LINKS; i += 1) {
    const link = nextLink(at.fn, at.v);
    if (link === NONE) {
      at = isHandedBack(at.fn, at.v) ? (at.frame?.site ?? null) : null;
      continue;
    }
    const next: Site = { ...at, v: link };
    if (chainMethod(at.fn, link) === "then") found.push(...ensuredBy(next, at, analysis));
    at = next;
  }
  return uniqueFacts(found);
}

/** `.then(…)`, `.catch(…)` or `.finally(…)` of the promise itself. */
function nextLink(fn: FunctionView, v: number): number {
  for (const call of fn.calls) {
    if (call > v && fn.op(call) === Op.Call && chainMethod(fn, call) !== "" && chainReceiver(fn, call) === v)
      return call;
  }
  return NONE;
}

function isHandedBack(fn: FunctionView, v: number): boolean {
  return fn.returns.some((row) => fn.a(row) !== NONE && behind(fn, fn.a(row)) === v);
}

function ensuredBy({ fn, v, frame }: Site, receiver: Site, { guarantees, queries }: Analysis): readonly Fact[] {
  const [first] = fn.args(v);
  if (first === undefined) return [];
  const [callback, ...others] = queries.evaluate({ fn, v: first, frame });
  if (callback?.kind !== "function" || others.length > 0) return [];
  const depth = Math.max(frame?.depth ?? 0, callback.frame?.depth ?? 0);
  return guarantees.ensures(
    callback.fn,
    { kind: "accepted" },
    givenFrame(callback, [queries.evaluate(receiver)], depth),
  );
}
