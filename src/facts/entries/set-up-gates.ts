/**
 * Entry points that are open until the service is set up: they turn everybody away once a state of the system says that
 * there is nothing left to set up. Who calls is not asked, so it is no authentication; nor is it forgotten.
 */
import type { DataCall } from "../../frameworks/data/data-call.js";
import { isEnvironment } from "../../frameworks/knowledge/auth-level.js";
import type { RawEntry } from "../../frameworks/routing.js";
import type { PublicIntent } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";

const SET_UP =
  /(?:^|[/._-])(?:on-?boarding|set-?up|install(?:ation|er)?|bootstrap|wizard|initiali[sz]e|init|(?:create-?)?(?:first|initial)-?\w+|(?:create|register|add)-?admin(?:istrator)?(?:-?(?:user|account))?)(?:$|[/._-])/i;
const MAX_DEPTH = 3;

/** @param after what holds when the handler has not refused */
export function setUpIntent(raw: RawEntry, after: readonly Fact[], analysis: Analysis): PublicIntent | null {
  if (!isNamedForSetUp(raw)) return null;
  return after.some((fact) => testsState(fact, analysis, 0))
    ? { by: "convention", reason: "open until the service is set up", place: null }
    : null;
}

interface Done {
  readonly reached: readonly { readonly call: DataCall }[];
  readonly effects: readonly string[];
}

/**
 * What a client asks before there is anybody to sign in: whether the service is set up.
 *
 * @param done what its handler does; it only tells of the system when nothing of the request picks any of it
 */
export function setUpQuestion(raw: RawEntry, done: Done): PublicIntent | null {
  if ((raw.method !== "GET" && raw.method !== "QUERY") || !isNamedForSetUp(raw)) return null;
  return done.effects.length === 0 && done.reached.length > 0 && done.reached.every(({ call }) => isAboutSystem(call))
    ? { by: "convention", reason: "tells whether the service is set up", place: null }
    : null;
}

/** One row, or how many there are: a list of all of them is another matter. */
function isAboutSystem({ operation, filter, countOnly, method }: DataCall): boolean {
  if (operation !== "read" || !filter.known) return false;
  if (!countOnly && !/first|one|count|exists|unique|\bget\b/i.test(method)) return false;
  return filter.alternatives.every((terms) => terms.every((term) => leaves(term.values).every(isWritten)));
}

function isWritten(origin: Origin): boolean {
  return origin.kind === "constant" || origin.kind === "package";
}

function isNamedForSetUp(raw: RawEntry): boolean {
  const names = [raw.path, raw.handlerName, raw.path.split(".").at(-1) ?? "", raw.builder ?? ""];
  return names.some((name) => SET_UP.test(name) || SET_UP.test(inWords(name)));
}

/** `initSettings` → `init-Settings` */
function inWords(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])/g, "$1-$2");
}

/** Something stored was looked at, and nothing of the request went into it. */
function testsState(fact: Fact, analysis: Analysis, depth: number): boolean {
  switch (fact.kind) {
    case "present":
    case "absent":
      return isState(fact.of, analysis);
    case "equal":
    case "unequal":
      return isState([...fact.left, ...fact.right], analysis);
    case "passed":
      return fact.level === "check" && isState(fact.args.flat(), analysis);
    case "either":
      return depth < MAX_DEPTH && fact.paths.every((path) => path.some((one) => testsState(one, analysis, depth + 1)));
    default:
      return false;
  }
}

function isState(origins: readonly Origin[], analysis: Analysis): boolean {
  const parts = leaves(origins);
  const stored = (part: Origin): boolean => isEnvironment(part) || isOfTheSystem(part, analysis);
  return parts.some(stored) && parts.every((part) => stored(part) || part.kind === "constant" || isOpen(part));
}

/** A row that nothing of the request picked. */
function isOfTheSystem(origin: Origin, { data, queries }: Analysis): boolean {
  if (origin.kind !== "source" || origin.source !== "row" || origin.site === null) return false;
  const call = data.loading(origin.site, queries);
  if (call === null) return false;
  const picked = call.filter.alternatives.flat().flatMap((term) => [...leaves(term.values)]);
  return call.filter.known && picked.every((value) => value.kind === "constant" || value.kind === "package");
}

/** What could not be followed stands beside what could. */
function isOpen(origin: Origin): boolean {
  return origin.kind === "unknown" || (origin.kind === "source" && origin.source === "neutral");
}
