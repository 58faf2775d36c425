/**
 * What is known of every element once a list was tested as a whole: `ids.every((id) => own.has(id))`, or nothing left of
 * `ids.filter((id) => !own.has(id))`. The elements carry the origin of their list.
 */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { distinct, type Frame, givenFrame, leaves, type Origin, type OriginQueries } from "../values/origin.js";
import { type Atom, atomsOf, behind } from "./conditions.js";
import type { Fact } from "./facts.js";

/** For which outcome of the test all elements answered alike, and how the callback answered then. */
const TESTS: ReadonlyMap<string, { readonly outcome: boolean; readonly answer: boolean }> = new Map([
  ["every", { outcome: true, answer: true }],
  ["some", { outcome: false, answer: false }],
  ["filter", { outcome: false, answer: false }],
  ["find", { outcome: false, answer: false }],
]);

/** Answers that show one element for which the callback said yes. */
const SHOWS_ONE: ReadonlySet<string> = new Set(["some", "find", "findLast", "filter"]);

/** Facts about the elements of a list, when `v` is such a test and came out as `truthy`. */
export function elementFacts(
  fn: FunctionView,
  v: number,
  truthy: boolean,
  frame: Frame | null,
  queries: OriginQueries,
  read: (atoms: readonly Atom[], fn: FunctionView, frame: Frame | null) => readonly Fact[],
): readonly Fact[] {
  const call = behind(fn, v);
  if (call === NONE || fn.op(call) !== Op.Call) return [];
  const callee = fn.callee(call);
  const name = fn.memberName(callee);
  const test = TESTS.get(name);
  const [callback] = fn.args(call);
  const ofAll = test?.outcome === truthy;
  if (callback === undefined || !(ofAll || (truthy && SHOWS_ONE.has(name)))) return [];
  const list = queries.evaluate({ fn, v: fn.a(callee), frame });
  const elements = distinct(list.flatMap((o) => [...queries.project(o, ["[]"])]));
  const found: Fact[] = [];
  for (const origin of queries.evaluate({ fn, v: callback, frame })) {
    if (origin.kind !== "function" || !origin.fn.hasBody || origin.fn.returns.length !== 1) return [];
    const [row] = origin.fn.returns;
    const inner = givenFrame(origin, [elements], frame?.depth ?? 0);
    const answer = ofAll ? (test?.answer ?? true) : true;
    const facts = read(atomsOf(origin.fn, origin.fn.a(row), answer), origin.fn, inner);
    found.push(...(ofAll ? facts : facts.filter(comparesWithIdentity)));
  }
  return found;
}

/**
 * `user.projects.find((project) => project.id === id)`: the id is one of the caller's. Of a list of other things one
 * element says nothing about the rest.
 */
function comparesWithIdentity(fact: Fact): boolean {
  return fact.kind === "equal" && [fact.left, fact.right].some(isIdentityOnly);
}

function isIdentityOnly(origins: readonly Origin[]): boolean {
  const parts = leaves(origins);
  return parts.length > 0 && parts.every((o) => o.kind === "source" && o.source === "identity");
}
