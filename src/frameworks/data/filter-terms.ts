/** Combining what was read of a filter: conjunction, alternatives, OR, NOT, and parts that may be missing. */
import type { Place } from "../../model/place.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import type { Choice, Filter, FilterTerm } from "./data-call.js";

/** A filter in the making: alternatives of conjunctions. */
export interface Reading {
  readonly alternatives: readonly (readonly FilterTerm[])[];
  readonly known: boolean;
}

/** No condition at all. */
export const UNFILTERED: Reading = { alternatives: [[]], known: true };
/** Something that could not be read stands there. */
export const UNREAD: Reading = { alternatives: [[]], known: false };

const MAX_ALTERNATIVES = 8;
const MAX_TERMS = 80;

export function termReading(term: FilterTerm): Reading {
  return { alternatives: [[term]], known: true };
}

/** All of them hold. */
export function conjunction(readings: readonly Reading[]): Reading {
  let alternatives: readonly (readonly FilterTerm[])[] = [[]];
  for (const reading of readings) {
    const next = bounded(reading.alternatives, Math.max(1, Math.floor(MAX_ALTERNATIVES / alternatives.length)));
    alternatives = alternatives.flatMap((left) => next.map((right) => [...left, ...right].slice(0, MAX_TERMS)));
  }
  return { alternatives, known: readings.every((reading) => reading.known) };
}

/** One of them is the filter; which one is decided elsewhere. */
export function eitherOf(readings: readonly Reading[]): Reading {
  const [only] = readings;
  if (only !== undefined && readings.length === 1) return only;
  const alternatives = readings.flatMap((reading) => reading.alternatives);
  return {
    alternatives: bounded(alternatives.length === 0 ? [[]] : alternatives, MAX_ALTERNATIVES),
    known: readings.every((reading) => reading.known),
  };
}

/**
 * At least one of them holds. Each branch is an alternative of its own, since a row is only bound when every branch binds
 * it; the terms of the other branches stay visible in position `or`, where they filter nothing.
 */
export function disjunction(readings: readonly Reading[]): Reading {
  if (readings.length === 0) return UNFILTERED;
  const [only] = readings;
  if (only !== undefined && readings.length === 1) return only;
  const beside = readings.map((reading) => foremost(reading.alternatives).map(ineffective));
  const branches = function* (): Generator<readonly FilterTerm[]> {
    for (const [index, reading] of readings.entries()) {
      const others = foremost(beside, index);
      for (const terms of reading.alternatives) yield [...terms, ...others].slice(0, MAX_TERMS);
    }
  };
  const count = readings.reduce((sum, { alternatives }) => sum + alternatives.length, 0);
  return {
    alternatives: count > MAX_ALTERNATIVES ? [summedUp(branches)] : [...branches()],
    known: readings.every((reading) => reading.known),
  };
}

/** As many terms as any alternative may have, in order: of hundreds of branches the rest would be cut off again. */
function foremost(lists: readonly (readonly FilterTerm[])[], without = -1): readonly FilterTerm[] {
  const found: FilterTerm[] = [];
  for (const [at, list] of lists.entries()) {
    if (found.length >= MAX_TERMS) break;
    if (at !== without) found.push(...list.slice(0, MAX_TERMS - found.length));
  }
  return found;
}

export function negation(reading: Reading): Reading {
  const terms = reading.alternatives.flat().map((term): FilterTerm => ({ ...term, position: "negated" }));
  return { alternatives: [uniqueTerms([terms])], known: reading.known };
}

/** The part is there only sometimes: when all of `when` is truthy, as far as that is known. */
export function optional(reading: Reading, when: readonly Origin[] = [], unless?: Choice): Reading {
  return {
    alternatives: reading.alternatives.map((terms) => terms.map((term) => weak(term, when, unless))),
    known: reading.known,
  };
}

/** It stands in the ON of an outer join, which drops no row of the table that is read. */
export function outer(reading: Reading): Reading {
  return {
    alternatives: reading.alternatives.map((terms) =>
      terms.map((term) => ({ ...term, position: "outer-join" as const })),
    ),
    known: reading.known,
  };
}

/** Something written later takes its place; it stays visible and filters nothing. */
export function superseded(reading: Reading): Reading {
  return {
    alternatives: reading.alternatives.map((terms) =>
      terms.map((term) => ({ ...term, position: "replaced" as const })),
    ),
    known: reading.known,
  };
}

/** It is one of several filters, and was chosen in that way. */
export function chosen(reading: Reading, choice: Choice): Reading {
  const terms = (all: readonly FilterTerm[]): readonly FilterTerm[] =>
    all.map((term) => ({ ...term, chosen: [...(term.chosen ?? []), choice] }));
  return { alternatives: reading.alternatives.map(terms), known: reading.known };
}

function weak(
  { unless: _, vanishesBesides: __, ...term }: FilterTerm,
  when: readonly Origin[],
  unless?: Choice,
): FilterTerm {
  if (term.position !== "and") return { ...term, vanishes: true, when: [] };
  // what drops when its own value is missing is there when that is, too
  const all = term.vanishes && when.length > 0 ? [...when, ...term.values] : when;
  const droppedWhen = unless === undefined ? {} : { unless, ...(term.vanishes ? { vanishesBesides: true } : {}) };
  return { ...term, position: "optional", vanishes: true, when: all, ...droppedWhen };
}

function ineffective(term: FilterTerm): FilterTerm {
  return { ...term, position: term.position === "negated" ? "negated" : "or" };
}

/** Too many alternatives become one. */
function bounded(alternatives: readonly (readonly FilterTerm[])[], limit: number): readonly (readonly FilterTerm[])[] {
  return alternatives.length <= limit ? alternatives : [summedUp(() => alternatives)];
}

/** What all alternatives share still filters, the rest stands in position `or`. Most of hundreds need not be looked at. */
function summedUp(alternatives: () => Iterable<readonly FilterTerm[]>): readonly FilterTerm[] {
  const all = uniqueTerms(alternatives());
  const shared = new Set(all.map(termKey));
  for (const terms of alternatives()) {
    if (shared.size === 0) break;
    const own = new Set(terms.map(termKey));
    for (const key of shared) if (!own.has(key)) shared.delete(key);
  }
  return all.map((term) => (shared.has(termKey(term)) ? term : ineffective(term)));
}

function uniqueTerms(lists: Iterable<readonly FilterTerm[]>): readonly FilterTerm[] {
  const seen = new Map<string, FilterTerm>();
  for (const terms of lists) {
    for (const term of terms) {
      if (seen.size >= MAX_TERMS) return [...seen.values()];
      if (!seen.has(termKey(term))) seen.set(termKey(term), term);
    }
  }
  return [...seen.values()];
}

/** Terms never change, and one stands in many alternatives. */
const termKeys = new WeakMap<FilterTerm, string>();

function termKey(term: FilterTerm): string {
  let key = termKeys.get(term);
  if (key === undefined) {
    const { place, column, operator, position } = term;
    key = `${place.file}:${place.start}:${column}:${operator}:${position}`;
    termKeys.set(term, key);
  }
  return key;
}

/** A filter, or a part of one, that is a value and no literal: a request body is known to be anything, the rest is not known. */
export function wholeValue(values: readonly Origin[], column: string, place: Place): Reading {
  const fromClient = (origin: Origin): boolean =>
    origin.kind === "source" && (origin.source === "input" || origin.source === "claims-unverified");
  const found = leaves(values);
  const known = found.length > 0 && found.every(fromClient);
  const term: FilterTerm = { column, model: "", operator: "*", position: "and", values, vanishes: false, place };
  return { alternatives: [[term]], known };
}

export function toFilter(reading: Reading, place: Place): Filter {
  return { alternatives: reading.alternatives, known: reading.known, place };
}
