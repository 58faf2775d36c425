/** What several ways through a function have in common, and what is left of each of them where that is nothing. */
import { dependsOnCaller, leaves } from "../values/computed-origins.js";
import type { Origin, PackageOrigin } from "../values/origin.js";
import { type AuthLevel, type Fact, factKey, rank } from "./facts.js";
import { underCondition } from "./settled-facts.js";

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
  if (weakest !== null) {
    if (!common.some((f) => f === weakest.fact)) {
      const ofMachines = weakest.level === "secret" || weakest.level === "signature";
      const orKnown = ofMachines && levels.some((one) => one !== null && mayBeKnown(one));
      const { level: least, fact } = weakest;
      common.push({ kind: "authenticated", level: least, ...(orKnown ? { orKnown } : {}), via: fact.via });
    }
    const told = toldOnEachWay(paths, new Set(common.map(factKey)));
    if (told !== null) common.push(told);
  } else {
    // what holds on every way is said already: alternatives are about the rest
    const shared = new Set(common.map(factKey));
    const own = paths.map((path) => path.filter((fact) => !shared.has(factKey(fact))));
    const settled = paths.map((path, i) => (path.length > MAX_SETTLED_FACTS ? identityOf(levels[i] ?? null) : null));
    // of a way on which the caller is known already only that counts
    const rest = own.map((path, i) => settled[i] ?? path);
    // and what tells it from the others, which may be why it was asked
    const told = own.map((path, i) => (settled[i] === null ? path : path.filter(({ kind }) => kind !== "either")));
    const either = eitherOf(rest) ?? openOf(underCondition(told));
    if (either !== null) common.push(either);
  }
  return common;
}

/** The fact by which the caller is known, alone; null where they are not. */
function identityOf(level: { readonly level: AuthLevel; readonly fact: Fact } | null): readonly Fact[] | null {
  return level?.level === "identity" ? [level.fact] : null;
}

function mayBeKnown({ level, fact }: { readonly level: AuthLevel; readonly fact: Fact }): boolean {
  return level === "identity" || (fact.kind === "authenticated" && fact.orKnown === true);
}

/** Of ways on which the caller is known: the rows and comparisons of each, which may say what he may have. */
function toldOnEachWay(paths: readonly (readonly Fact[])[], shared: ReadonlySet<string>): Fact | null {
  if (paths.length > MAX_TOLD_PATHS) return null;
  const rest = paths.map((path) =>
    path.filter((fact) => tells(fact) && !shared.has(factKey(fact))).slice(-MAX_TOLD_FACTS),
  );
  return rest.every((path) => path.length > 0) ? eitherOf(rest) : null;
}

function tells(fact: Fact): boolean {
  if (fact.kind === "equal" || fact.kind === "either") return true;
  if (fact.kind === "passed") return fact.level === "check" || fact.level === "decision";
  return fact.kind === "present" && fact.of.some(isTelling);
}

/** A row, what the caller is, and what was found by something: `user.isAdmin`, `user.seats.find((seat) => seat.orgId === orgId)`. */
function isTelling(origin: Origin): boolean {
  if (origin.kind !== "derived")
    return origin.kind === "source" && (origin.source === "row" || origin.source === "identity");
  return leaves(origin.of).some((part) => part.kind === "source" && (part.source === "input" || part.source === "row"));
}

const MAX_TOLD_PATHS = 4;
const MAX_TOLD_FACTS = 4;
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
  return openOf(alternativesOf(paths) ?? underCondition(paths));
}

function openOf(either: Fact | null): Fact | null {
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
      return [...fact.args, fact.asked ?? []].some((arg) => arg.some(hangsOnArguments));
    case "either":
    case "handed":
      return true;
    case "authenticated":
      return false;
  }
}

/** Rows and results of packages carry their arguments in the call that made them. */
function hangsOnArguments(origin: Origin): boolean {
  if (dependsOnCaller(origin) || (origin.kind === "derived" && isTelling(origin))) return true;
  if (origin.kind === "package") return origin.site !== null || (origin.previous !== null && isAnswer(origin.previous));
  return origin.kind === "source" && origin.site !== null;
}

/** `store.get(id).public`: what an answer says hangs on what was asked. */
function isAnswer({ path, site }: PackageOrigin): boolean {
  return site !== null && path.endsWith("()");
}
