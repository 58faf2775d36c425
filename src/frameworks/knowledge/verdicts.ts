/** Recognises calls of decision engines, and what of their results a value is. */
import { PropKind } from "../../model/lowered.js";
import type { Verdict } from "../../program/facts/fact-reader.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../program/values/origin.js";
import { ENGINE_CALLS, type EngineCall } from "./engines.js";

const byModule = new Map<string, readonly EngineCall[]>();

function callsFor(module: string): readonly EngineCall[] {
  let known = byModule.get(module);
  if (known === undefined) {
    known = ENGINE_CALLS.filter((call) => call.module.test(module));
    byModule.set(module, known);
  }
  return known;
}

/** True when the engine's answer is a promise. */
export function isAsyncDecision(callee: PackageOrigin): boolean {
  return callsFor(callee.module).some((call) => call.async && call.given === undefined && call.path.test(callee.path));
}

/** The engine call that a call of this function is, null for any other. */
export function engineCall(callee: Origin, site: Site, queries: OriginQueries): EngineCall | null {
  if (callee.kind !== "package") return null;
  for (const call of callsFor(callee.module)) {
    if (!call.path.test(callee.path)) continue;
    if (call.given === undefined || isGiven(call.given, site, queries)) return isTrial(site, queries) ? null : call;
  }
  return null;
}

/** `isAuthorized({ principal: { type: "User", id: "test" }, policies })`: nobody asks, a policy is tried for its form. */
function isTrial({ fn, v, frame }: Site, queries: OriginQueries): boolean {
  const [first] = fn.args(v);
  if (first === undefined) return false;
  const [asked, ...others] = queries.evaluate({ fn, v: first, frame });
  if (asked === undefined || others.length > 0) return false;
  const [principal, ...more] = queries.project(asked, ["principal"]);
  if (principal?.kind !== "literal" || principal.form !== "object" || more.length > 0) return false;
  const { site } = principal;
  const fields = [...site.fn.props(site.v)];
  return (
    fields.length > 0 &&
    fields.every(
      (field) =>
        field.kind === PropKind.Named &&
        queries.evaluate({ fn: site.fn, v: field.value, frame: site.frame }).every((o) => o.kind === "constant"),
    )
  );
}

function isGiven(wanted: RegExp, site: Site, queries: OriginQueries): boolean {
  const { fn, v, frame } = site;
  const [first] = fn.args(v);
  if (first === undefined) return false;
  return textsIn(queries.evaluate({ fn, v: first, frame })).some((text) => wanted.test(text));
}

/** Texts that a value is made of, and paths of package values. */
function textsIn(origins: readonly Origin[]): readonly string[] {
  return leaves(origins).flatMap((origin) => {
    if (origin.kind === "constant") return typeof origin.value === "string" ? [origin.value] : [];
    if (origin.kind === "package") return [origin.path];
    if (origin.kind !== "literal" || origin.form !== "template") return [];
    const { fn, v } = origin.site;
    return Array.from(fn.list(fn.a(v))).flatMap((part, i) => (i % 2 === 0 ? [fn.text(part)] : []));
  });
}

/** What of an engine's answer a value is. */
export interface Answer {
  readonly call: EngineCall;
  /** the deciding call */
  readonly site: Site;
  /** what was read from its result, elements as `[]`; '' for the result itself */
  readonly path: string;
}

/** The engine call that a value was read from, null when there is none. */
export function answerOf(origin: Origin, queries: OriginQueries): Answer | null {
  if (origin.kind !== "package" || callsFor(origin.module).length === 0) return null;
  for (let step: PackageOrigin | null = origin; step !== null; step = step.previous) {
    if (step.site === null || step.previous === null) continue;
    const call = engineCall(step.previous, step.site, queries);
    if (call === null) continue;
    const rest = origin.path.slice(step.path.length).replace(/^\./, "");
    return { call, site: step.site, path: rest.replace(/(^|\.)\d+(?=\.|$)/g, "$1[]") };
  }
  return null;
}

/** True when the value is the verdict itself. */
export function isVerdict({ call, path }: Answer): boolean {
  return call.at.test(path);
}

/**
 * What it says that a value is truthy, falsy or equal to another: that an engine allowed, null when it says nothing.
 *
 * @param other what it is equal to; undefined when it was tested by itself
 */
export function verdictOf(
  origin: Origin,
  truthy: boolean,
  other: readonly Origin[] | undefined,
  queries: OriginQueries,
): Verdict | null {
  const answer = answerOf(origin, queries);
  if (answer === null) return truthy && other === undefined ? carriedOut(origin, queries) : null;
  if (!isVerdict(answer)) return null;
  const { call, site } = answer;
  const allowed =
    other === undefined ? saysYes(call, truthy) : truthy && other.length > 0 && other.every((o) => allows(call, o));
  return allowed ? { name: call.engine, site, async: call.async } : null;
}

/** `rows[0].allowed` of `pool.query(await oso.authorizeLocal(…))`: what the database answered to the text of an engine. */
function carriedOut(origin: Origin, queries: OriginQueries): Verdict | null {
  if (origin.kind !== "source" || origin.source !== "row" || origin.site === null) return null;
  const { fn, v, frame } = origin.site;
  for (const arg of fn.args(v)) {
    for (const text of queries.evaluate({ fn, v: arg, frame })) {
      const plan = answerOf(text, queries);
      if (plan?.call.carriedOut?.test(origin.path) === true && plan.path === "")
        return { name: plan.call.engine, site: plan.site, async: plan.call.async };
    }
  }
  return null;
}

function saysYes(call: EngineCall, truthy: boolean): boolean {
  if (call.form === "denial") return !truthy;
  return truthy && (call.form === "flag" || call.form === "flag-or-missing");
}

/** Whether a value is one of those by which the engine allows. */
export function allows(call: EngineCall, origin: Origin): boolean {
  if (origin.kind === "constant") return call.allows?.some((word) => word === origin.value) === true;
  return origin.kind === "package" && call.allowName?.test(origin.path) === true;
}
