/** Statements about origins that hold at a point: what the atoms of a function mean for its callers. */
import type { Place } from "../../model/place.js";
import { attach } from "../values/frames.js";
import {
  dependsOnCaller,
  distinct,
  type Frame,
  leaves,
  type Origin,
  type OriginQueries,
  originKey,
  type Site,
  siteKey,
} from "../values/origin.js";
import { type Exit, exitName } from "./exits.js";

/** Where a fact was established, outermost call first; for names of steps and chains of evidence. */
export interface FactSource {
  readonly name: string;
  readonly place: Place;
  /** where the called check is defined, when it is in the project */
  readonly definedAt: Place | null;
}

export type AuthLevel = "identity" | "signature" | "secret" | "presence";

export type Fact =
  /** the value is there and truthy */
  | { readonly kind: "present"; readonly of: readonly Origin[]; readonly via: readonly FactSource[] }
  /** the value is missing or falsy */
  | { readonly kind: "absent"; readonly of: readonly Origin[]; readonly via: readonly FactSource[] }
  | {
      readonly kind: "equal";
      readonly left: readonly Origin[];
      readonly right: readonly Origin[];
      readonly via: readonly FactSource[];
    }
  | {
      readonly kind: "unequal";
      readonly left: readonly Origin[];
      readonly right: readonly Origin[];
      readonly via: readonly FactSource[];
    }
  /** a check that can refuse did not, given these arguments */
  | {
      readonly kind: "passed";
      readonly name: string;
      readonly args: readonly (readonly Origin[])[];
      /** what the check itself was seen to need; `named` when only its name says that it checks */
      readonly level: AuthLevel | "decision" | "check";
      readonly named: boolean;
      /** the function of the project that it is */
      readonly check?: Extract<Origin, { kind: "function" }>;
      readonly via: readonly FactSource[];
    }
  /** one of these sets of facts holds; how well that shows the caller is known only where the arguments are */
  | { readonly kind: "either"; readonly paths: readonly (readonly Fact[])[]; readonly via: readonly FactSource[] }
  /** what the caller handed over was called and left in this way: what that says is known where it is known */
  | {
      readonly kind: "handed";
      readonly site: Site;
      readonly exit: Exit;
      readonly awaited: boolean;
      readonly via: readonly FactSource[];
    }
  /** on every path some fact of this level holds, though not the same one */
  | { readonly kind: "authenticated"; readonly level: AuthLevel; readonly via: readonly FactSource[] };

export const MAX_FACTS = 64;

/** Facts never change, and are held against each other wherever paths meet. */
const factKeys = new WeakMap<Fact, string>();

export function factKey(fact: Fact): string {
  let key = factKeys.get(fact);
  if (key === undefined) {
    key = keyOf(fact);
    factKeys.set(fact, key);
  }
  return key;
}

function keyOf(fact: Fact): string {
  switch (fact.kind) {
    case "present":
    case "absent":
      return `${fact.kind}:${keys(fact.of)}`;
    case "equal":
    case "unequal":
      return `${fact.kind}:${[keys(fact.left), keys(fact.right)].sort().join("=")}`;
    case "passed":
      return `passed:${fact.name}:${fact.args.map(keys).join(",")}`;
    case "either":
      return `either:${fact.paths.map((path) => path.map(factKey).join("&")).join("|")}`;
    case "handed":
      return `handed:${siteKey(fact.site)}:${exitName(fact.exit)}`;
    case "authenticated":
      return `authenticated:${fact.level}`;
  }
}

function keys(origins: readonly Origin[]): string {
  return origins.length === 1 ? originKey(origins[0]) : origins.map(originKey).sort().join("|");
}

/** The fact as a caller sees it: its parameters replaced, the call put in front of its evidence. */
export function bindFact(fact: Fact, frame: Frame | null, via: FactSource | null, queries: OriginQueries): Fact {
  const sources = via === null ? fact.via : [via, ...fact.via].slice(0, 8);
  const bind = (origins: readonly Origin[]): readonly Origin[] => queries.bind(origins, frame);
  switch (fact.kind) {
    case "present":
    case "absent":
      return { ...fact, of: bind(fact.of), via: sources };
    case "equal":
    case "unequal":
      return { ...fact, left: bind(fact.left), right: bind(fact.right), via: sources };
    case "passed":
      return { ...fact, args: fact.args.map(bind), via: sources };
    case "either":
      return {
        ...fact,
        paths: fact.paths.map((path) => path.map((one) => bindFact(one, frame, null, queries))),
        via: sources,
      };
    case "handed":
      return { ...fact, site: frame === null ? fact.site : attach(fact.site, frame), via: sources };
    case "authenticated":
      return { ...fact, via: sources };
  }
}

export function uniqueFacts(facts: readonly Fact[]): readonly Fact[] {
  if (facts.length < 2) return facts;
  const seen = new Map<string, Fact>();
  for (const fact of facts) {
    const key = factKey(fact);
    if (!seen.has(key)) seen.set(key, fact);
    if (seen.size >= MAX_FACTS) break;
  }
  return [...seen.values()];
}

/** Facts that hold on each of several paths. `level` says how well a path is authenticated by its facts. */
export function commonFacts(
  paths: readonly (readonly Fact[])[],
  level: (facts: readonly Fact[]) => { readonly level: AuthLevel; readonly fact: Fact } | null,
): readonly Fact[] {
  if (paths.length === 0) return [];
  if (paths.length === 1) return paths[0];
  const counts = new Map<string, { fact: Fact; count: number }>();
  for (const path of paths) {
    for (const [key, fact] of new Map(path.map((f) => [factKey(f), f]))) {
      const known = counts.get(key);
      if (known) known.count += 1;
      else counts.set(key, { fact, count: 1 });
    }
  }
  const common = [...counts.values()].filter((c) => c.count === paths.length).map((c) => c.fact);
  const levels = paths.map(level);
  const weakest = levels.reduce((a, b) => (a === null || b === null ? null : rank(b.level) < rank(a.level) ? b : a));
  if (weakest !== null && !common.some((f) => f === weakest.fact)) {
    common.push({ kind: "authenticated", level: weakest.level, via: weakest.fact.via });
  } else if (weakest === null) {
    // what holds on every way is said already: alternatives are about the rest
    const shared = new Set(common.map(factKey));
    const rest = paths.map((path, i) => {
      const settled = levels[i];
      // of a way on which the caller is known already only that counts
      if (settled?.level === "identity" && path.length > MAX_SETTLED_FACTS) return [settled.fact];
      return path.filter((fact) => !shared.has(factKey(fact)));
    });
    const either = eitherOf(rest);
    if (either !== null) common.push(either);
  }
  return common;
}

const MAX_SETTLED_FACTS = 6;
const MAX_EITHER_PATHS = 8;
const MAX_EITHER_FACTS = 12;
const MAX_EITHER_SIZE = 24;

/** How many facts lie inside a fact, itself included. */
function sizeOf(fact: Fact): number {
  if (fact.kind !== "either") return 1;
  let size = 1;
  for (const path of fact.paths) for (const one of path) size += sizeOf(one);
  return size;
}

/** Alternatives that are too many, without those inside them; nothing when that leaves one of them open. */
function withoutNested(fact: Fact): readonly Fact[] {
  if (fact.kind !== "either") return [];
  const paths = fact.paths.map((path) => path.filter((one) => one.kind !== "either"));
  const plain: Fact = { ...fact, paths };
  return paths.every((path) => path.length > 0) && sizeOf(plain) <= MAX_EITHER_SIZE ? [plain] : [];
}

/** Kept only when a caller can still tell more than is known here: something in each path hangs on its arguments. */
function eitherOf(paths: readonly (readonly Fact[])[]): Fact | null {
  const either = alternativesOf(paths);
  return either?.kind === "either" && either.paths.some((path) => path.some(factDependsOnCaller)) ? either : null;
}

/** Alternatives of which each says something; null when one is open, or when they are too many. */
export function alternativesOf(paths: readonly (readonly Fact[])[]): Fact | null {
  // alternatives of alternatives multiply: beyond a size only what holds outright is kept
  const open = weakestPaths(
    paths.map((path) =>
      path
        .filter((fact) => fact.kind !== "absent" && fact.kind !== "unequal")
        .flatMap((fact) => (sizeOf(fact) <= MAX_EITHER_SIZE ? [fact] : withoutNested(fact))),
    ),
  );
  if (open.length > MAX_EITHER_PATHS || !open.every((path) => path.length > 0 && path.length <= MAX_EITHER_FACTS * 3))
    return null;
  return { kind: "either", paths: open.map((path) => path.slice(-MAX_EITHER_FACTS)), via: open[0][0].via };
}

/** A path on which all of another holds, and more, adds nothing to the alternatives. */
function weakestPaths(paths: readonly (readonly Fact[])[]): readonly (readonly Fact[])[] {
  const keys = paths.map((path) => new Set(path.map(factKey)));
  const within = (i: number, j: number): boolean => [...keys[i]].every((key) => keys[j].has(key));
  return paths.filter((_, j) => !paths.some((_other, i) => i !== j && within(i, j) && (i < j || !within(j, i))));
}

function factDependsOnCaller(fact: Fact): boolean {
  switch (fact.kind) {
    case "present":
    case "absent":
      return fact.of.some(hangsOnArguments);
    case "equal":
    case "unequal":
      return fact.left.some(hangsOnArguments) || fact.right.some(hangsOnArguments);
    case "passed":
      return fact.args.some((arg) => arg.some(hangsOnArguments));
    case "either":
    case "handed":
      return true;
    case "authenticated":
      return false;
  }
}

/** Rows and results of packages carry their arguments in the call that made them. */
function hangsOnArguments(origin: Origin): boolean {
  return dependsOnCaller(origin) || ((origin.kind === "source" || origin.kind === "package") && origin.site !== null);
}

const RANK: Readonly<Record<AuthLevel, number>> = { presence: 0, secret: 1, signature: 2, identity: 3 };

export function rank(level: AuthLevel): number {
  return RANK[level];
}

const TEST = /^(?:includes|some|every|has)$/;

/**
 * Origins that a truthy value can have: missing and false alternatives are gone. A test (`roles.includes("admin")`)
 * stays whole, since what it was made of was held against each other.
 */
export function truthyOrigins(origins: readonly Origin[]): readonly Origin[] {
  const kept = origins
    .flatMap((o) => (o.kind === "derived" && TEST.test(o.how) ? [o] : leaves([o])))
    .filter((o) => !(o.kind === "constant" && !o.value));
  return distinct(kept);
}
