/** What holds where a guard comes back that lets a request pass by that. */
import type { RawStep } from "../../frameworks/routing.js";
import { commonFacts } from "../../program/facts/common-facts.js";
import type { Fact } from "../../program/facts/facts.js";
import type { Frame, Origin, Site } from "../../program/values/origin.js";
import { returnsPromise } from "../../program/values/promises.js";
import type { Analysis } from "../analysis.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

/** `return new Promise((resolve, reject) => …)`: what holds wherever it is fulfilled. */
export function factsOnFulfilment(origin: FunctionOrigin, frame: Frame, analysis: Analysis): readonly Fact[] {
  return ofPromises(origin, frame, analysis, (site) => analysis.guarantees.fulfilled(site));
}

/** The same of a guard that lets pass what it is fulfilled with, if that counts as true. */
export function factsOnAcceptance(origin: FunctionOrigin, frame: Frame, analysis: Analysis): readonly Fact[] {
  return ofPromises(origin, frame, analysis, (site) => analysis.guarantees.fulfilledTrue(site));
}

function ofPromises(
  { fn }: FunctionOrigin,
  frame: Frame,
  { guarantees, queries }: Analysis,
  shownAt: (site: Site) => readonly Fact[],
): readonly Fact[] {
  if (!returnsPromise(fn)) return [];
  const paths = Array.from(fn.returns, (row) => shownAt({ fn, v: fn.a(row), frame }));
  return commonFacts(paths, (facts) => guarantees.checks.level(facts, queries));
}

/** What holds where a function that tests the path comes back, for the path of this entry. */
export function factsAtExits(origin: FunctionOrigin, frame: Frame, { guarantees }: Analysis): readonly Fact[] {
  const paths = atExits(origin, frame, guarantees);
  return commonFacts(paths, (facts) => guarantees.checks.level(facts, guarantees.queries));
}

function atExits(
  { fn }: FunctionOrigin,
  frame: Frame,
  guarantees: Analysis["guarantees"],
): readonly (readonly Fact[])[] {
  const exits = guarantees.flow(fn, frame, true).exits();
  return exits.map((v) => guarantees.factsAt({ fn, v, frame }, true));
}

/** The ways on which a guard lets by that does so by coming back: a setting may decide which of them asks. */
export function waysBack(
  { continuation }: RawStep,
  origin: FunctionOrigin,
  frame: Frame,
  { guarantees }: Analysis,
): readonly (readonly Fact[])[] {
  return /^returns-(?:unanswered|context)$|^returns$/.test(continuation) ? atExits(origin, frame, guarantees) : [];
}
