/** Exported middleware: one function, a list of them, or what a library's `sequence` made of several. */
import { NONE, Op } from "../../model/lowered.js";
import { type LinkQueries, type Origin, type Site, unknown } from "../../program/values/origin.js";
import { argumentAt, lastName, nameOfFunction, originsOfArgument, writtenName } from "../procedures/builder-chain.js";
import type { Arguments, Continuation, RawStep } from "../routing.js";
import type { Exported } from "./exports.js";

const MAX_STEPS = 30;
const MAX_NESTING = 5;
/** calls that run the functions they are given, one after the other */
const SEQUENCE = /^(?:sequence|pipe|compose|chain)$/;
/** calls that hand back the function they are given */
const SAME = /^(?:defineMiddleware|createMiddleware|defineEventHandler|eventHandler|defineHandler|fromNodeMiddleware)$/;

/** The functions that an exported value runs, in order. */
export function orderedSteps(
  exported: Exported,
  given: Arguments,
  continuation: Continuation,
  queries: LinkQueries,
): readonly RawStep[] {
  const found: Found[] = [];
  unfold({ origins: exported.origins, name: "", site: null }, 0, found, queries);
  return found.slice(0, MAX_STEPS).map(({ origin, name, site }) => ({
    name: name || (origin.kind === "function" ? nameOfFunction(origin.fn) : "") || exported.name,
    kind: "middleware",
    // variables have no place of their own
    place: site === null || site.fn.start(site.v) === NONE ? exported.place : site.fn.place(site.v),
    origin,
    given,
    continuation,
    condition: "",
  }));
}

interface Candidate {
  readonly origins: readonly Origin[];
  readonly name: string;
  /** where it is written, null for the export itself */
  readonly site: Site | null;
}

interface Found {
  readonly origin: Origin;
  readonly name: string;
  readonly site: Site | null;
}

function unfold(one: Candidate, depth: number, found: Found[], queries: LinkQueries): void {
  const origin = telling(one.origins);
  const parts = depth > MAX_NESTING || found.length >= MAX_STEPS ? [] : partsOf(origin, one.name, queries);
  if (parts.length === 0) found.push({ origin, name: one.name, site: one.site });
  for (const part of parts) unfold(part, depth + 1, found, queries);
}

/** What a list holds, what a combining call is given; none for a function itself. */
function partsOf(origin: Origin, name: string, queries: LinkQueries): readonly Candidate[] {
  if (origin.kind === "literal" && origin.form === "array") {
    const { fn, v, frame } = origin.site;
    return Array.from(fn.list(fn.a(v)), (item) => {
      const site: Site = { fn, v: fn.op(item) === Op.Spread ? fn.a(item) : item, frame };
      return { origins: queries.evaluate(site), name: writtenName(site), site };
    });
  }
  if (origin.kind !== "package" || origin.site === null) return [];
  const made = lastName(origin.path.replace(/\(\)$/, ""));
  if (!SEQUENCE.test(made) && !SAME.test(made)) return [];
  const parts: Candidate[] = [];
  for (let i = 0; i < MAX_STEPS; i += 1) {
    const site = argumentAt(origin.site, i);
    if (site === null) break;
    parts.push({ origins: originsOfArgument(origin.site, i, queries), name: writtenName(site) || name, site });
  }
  return parts;
}

/** The alternative that tells most. */
function telling(origins: readonly Origin[]): Origin {
  return (
    origins.find((o) => o.kind === "function") ??
    origins.find((o) => o.kind === "literal") ??
    origins.find((o) => o.kind === "package") ??
    origins[0] ??
    unknown("no value")
  );
}
