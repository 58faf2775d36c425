/** What an entry's functions may vouch for: not for the work that they do themselves. */
import { WITHOUT_CALLER } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { isCheckingName } from "../../program/facts/fact-reader.js";
import type { Fact } from "../../program/facts/facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Site } from "../../program/values/origin.js";
import type { JudgedEntry } from "../entries/entries.js";

const MAX_LEVELS = 12;

/**
 * That a function came back says what holds inside it, and that is known there. Of what it was handed one that does the
 * work itself vouches for nothing to that work, unless its name says that it is there to check.
 */
export function withoutOwn(facts: readonly Fact[], site: Site, one: JudgedEntry): readonly Fact[] {
  if (!facts.some((fact) => fact.kind === "passed")) return facts;
  const around = functionsAround(site);
  const working = workersOf(one);
  const isOwn = (fact: Fact): boolean =>
    fact.kind === "passed" &&
    fact.level === "check" &&
    fact.check !== undefined &&
    around.has(fact.check.fn) &&
    working.has(fact.check.fn) &&
    !isCheckingName(fact.check.fn.info.name);
  return facts.some(isOwn) ? facts.filter((fact) => !isOwn(fact)) : facts;
}

/** The functions that were called on the way to a site. */
export function functionsAround(site: Site): ReadonlySet<FunctionView> {
  const around = new Set<FunctionView>();
  let { fn, frame } = site;
  for (let level = 0; frame !== null && level < MAX_LEVELS; level += 1) {
    around.add(fn);
    if (frame.site === null) break;
    ({ fn, frame } = frame.site);
  }
  return around;
}

/** The function that an entry without a caller runs. */
export function jobOf({ entry, raw }: JudgedEntry): FunctionView | null {
  return WITHOUT_CALLER.has(entry.transport) && raw.handler.kind === "function" ? raw.handler.fn : null;
}

/** `await checkAlerts()`, which also runs every minute: what it does is the service's own work, whoever has it done now. */
export function isWorkOfTheService(site: Site, jobs: ReadonlySet<FunctionView>): boolean {
  let { fn, frame } = site;
  for (let level = 0; frame !== null && frame.site !== null && level < MAX_LEVELS; level += 1) {
    const call = frame.site;
    if (jobs.has(fn) && call.fn.op(call.v) === Op.Call && call.fn.args(call.v).length === 0 && givesNothing(fn))
      return true;
    ({ fn, frame } = call);
  }
  return false;
}

function givesNothing(fn: FunctionView): boolean {
  return fn.returns.every((row) => fn.a(row) === NONE);
}

const workers = new WeakMap<JudgedEntry, ReadonlySet<FunctionView>>();

/** Functions on the way to something that the entry writes. */
function workersOf(one: JudgedEntry): ReadonlySet<FunctionView> {
  let found = workers.get(one);
  if (found === undefined) {
    const writes = one.reached.filter(({ call }) => call.operation !== "read" && call.operation !== "raw");
    found = new Set(writes.flatMap(({ call }) => [...functionsAround(call.site)]));
    workers.set(one, found);
  }
  return found;
}
