/**
 * Checks that are made under a condition, and places that are reached under the same one: `if (kind === "team")
 * check(team)`, and later `if (kind === "team") use(team)`. Of the two ways through the check the one that asked
 * nothing cannot have been taken by whoever gets to the use.
 */
import type { Origin } from "../values/origin.js";
import { type Fact, factKey, uniqueFacts } from "./facts.js";

const MAX_CHECKED = 12;
const MAX_PARTED = 8;

/**
 * One way on which something was checked, and one that is told from it by a comparison or by a value that is missing:
 * kept for those who know how that came out. Null for ways that nothing tells apart.
 */
export function underCondition(paths: readonly (readonly Fact[])[]): Fact | null {
  const [first, second, ...others] = paths;
  if (first === undefined || second === undefined) return null;
  if (others.length > 0) return toldApart(paths);
  return conditional(first, second) ?? conditional(second, first);
}

/** Where ways part again after a check that the row asked for: of each side what its ways have in common. */
function toldApart(paths: readonly (readonly Fact[])[]): Fact | null {
  if (paths.length > MAX_PARTED) return null;
  const keys = paths.map((path) => new Set(path.map(factKey)));
  const asked = new Set<string>();
  for (const fact of paths.flat()) {
    const key = factKey(fact);
    if (!tellsApart(fact) || asked.has(key)) continue;
    asked.add(key);
    const unasked = paths.filter((_, i) => keys[i].has(key));
    const checked = paths.filter((_, i) => !keys[i].has(key));
    if (checked.length === 0 || !checked.every((path) => path.some((one) => contradict(fact, one)))) continue;
    const told = conditional(shared(unasked), shared(checked));
    if (told !== null) return told;
  }
  return null;
}

/** `row.visibility !== "private"`, `!row.private`; whether something was sent is not told of a row. */
function tellsApart(fact: Fact): boolean {
  if (fact.kind === "unequal") return [fact.left, fact.right].some((side) => side.every((o) => o.kind === "constant"));
  return fact.kind === "absent" && fact.of.some((o) => o.kind === "source" && o.source === "row");
}

function shared(paths: readonly (readonly Fact[])[]): readonly Fact[] {
  const others = paths.slice(1).map((path) => new Set(path.map(factKey)));
  return (paths[0] ?? []).filter((fact) => others.every((keys) => keys.has(factKey(fact))));
}

function conditional(unasked: readonly Fact[], checked: readonly Fact[]): Fact | null {
  if (!unasked.every((fact) => fact.kind === "unequal" || fact.kind === "absent")) return null;
  const denied = unasked.find((fact) => checked.some((other) => contradict(fact, other)));
  const shown = checked.filter((fact) => fact.kind !== "unequal" && fact.kind !== "absent");
  if (denied === undefined || shown.length < 2) return null;
  return { kind: "either", paths: [[denied], shown.slice(-MAX_CHECKED)], via: shown[0].via };
}

/** Holds whatever came out of a condition that was asked on the way. */
export function isCertain(fact: Fact): boolean {
  return (
    fact.kind !== "either" ||
    fact.paths.every((path) => path.some(({ kind }) => kind !== "unequal" && kind !== "absent"))
  );
}

/** Alternatives of which what is known leaves one are that one. */
export function settledFacts(facts: readonly Fact[]): readonly Fact[] {
  const known = facts.filter(isPlain);
  if (known.length === 0 || !facts.some((fact) => fact.kind === "either")) return facts;
  const found: Fact[] = [];
  for (const fact of facts) {
    if (fact.kind !== "either") {
      found.push(fact);
      continue;
    }
    const possible = fact.paths.filter((path) => !path.some((one) => known.some((other) => contradict(one, other))));
    if (possible.length === 1) found.push(...possible[0]);
    else found.push(fact);
  }
  return found.length === facts.length ? facts : uniqueFacts(found);
}

/**
 * `(draft && !mayDraft) || (!draft && !mayPublish)` refuses: either it is no draft or the one was shown, and either it is
 * one or the other was. Whatever it is, one of both was shown.
 */
export function resolvents(facts: readonly Fact[]): readonly Fact[] {
  const either = facts.filter((fact) => fact.kind === "either");
  if (either.length === 0) return either;
  const parted = either.flatMap(partedBy);
  const found: Fact[] = [];
  for (const [i, one] of parted.entries()) {
    const other = parted.slice(i + 1).find(({ unasked }) => contradict(one.unasked, unasked));
    if (other !== undefined) found.push({ kind: "either", paths: [one.asked, other.asked], via: one.via });
  }
  return found;
}

interface Parted {
  readonly unasked: Fact;
  readonly asked: readonly Fact[];
  readonly via: Fact["via"];
}

/** Two ways, on one of which nothing was shown but that it was taken. */
function partedBy({ paths, via }: Extract<Fact, { kind: "either" }>): readonly Parted[] {
  const [first, second, ...others] = paths;
  if (first === undefined || second === undefined || others.length > 0) return [];
  return [
    [first, second],
    [second, first],
  ].flatMap(([way, asked]) => {
    const [unasked, ...more] = way;
    return unasked !== undefined && more.length === 0 && isPlain(unasked) ? [{ unasked, asked, via }] : [];
  });
}

/** Facts that no single way through the program can show together. */
export function isContradictory(facts: readonly Fact[]): boolean {
  const known = facts.filter(isPlain);
  return known.some((fact, i) => known.some((other, j) => j > i && contradict(fact, other)));
}

function isPlain({ kind }: Fact): boolean {
  return kind === "equal" || kind === "unequal" || kind === "present" || kind === "absent";
}

/** Both cannot hold at once. */
function contradict(a: Fact, b: Fact): boolean {
  if (a.kind === "equal" && b.kind === "equal") return otherConstant(a, b);
  const opposite =
    (a.kind === "equal" && b.kind === "unequal") ||
    (a.kind === "unequal" && b.kind === "equal") ||
    (a.kind === "present" && b.kind === "absent") ||
    (a.kind === "absent" && b.kind === "present");
  return opposite && saysOfSame(a, b);
}

/** What comes after their kinds is the same; lengths first, which differ for nearly all. */
function saysOfSame(a: Fact, b: Fact): boolean {
  const [own, other] = [factKey(a), factKey(b)];
  return own.length - a.kind.length === other.length - b.kind.length && own.endsWith(other.slice(b.kind.length));
}

type Equal = Extract<Fact, { kind: "equal" }>;

/** A comparison with a constant, taken apart once: it is held against all others wherever ways part. */
class Comparison {
  readonly constant: string | undefined;
  readonly #value: readonly Origin[];
  #key: string | undefined;

  constructor({ left, right }: Equal) {
    const constant = constantOf(right);
    this.#value = constant === undefined ? right : left;
    this.constant = constant ?? constantOf(left);
  }

  /** of what was compared with it */
  get key(): string {
    this.#key ??= factKey({ kind: "present", of: this.#value, via: [] });
    return this.#key;
  }
}

const comparisons = new WeakMap<Equal, Comparison>();

function comparisonOf(fact: Equal): Comparison {
  let known = comparisons.get(fact);
  if (known === undefined) {
    known = new Comparison(fact);
    comparisons.set(fact, known);
  }
  return known;
}

/** `kind === "team"` and `kind === "user"` */
function otherConstant(a: Equal, b: Equal): boolean {
  const [one, other] = [comparisonOf(a), comparisonOf(b)];
  if (one.constant === undefined || other.constant === undefined || one.constant === other.constant) return false;
  return one.key === other.key;
}

function constantOf(origins: readonly Origin[]): string | undefined {
  const [only, ...others] = origins;
  if (only?.kind !== "constant" || others.length > 0) return undefined;
  return `${typeof only.value}:${String(only.value)}`;
}
