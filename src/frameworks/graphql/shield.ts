/** graphql-shield: which rules of a tree run before a field, and in what combination. */
import { type LinkQueries, type Origin, type PackageOrigin, type Site, unknown } from "../../program/values/origin.js";
import { argumentOrigin, argumentSites, itemsOf, property } from "../classes/values.js";
import { firstLineOf, writtenName } from "../procedures/builder-chain.js";
import type { RawStep } from "../routing.js";
import { resolverArguments } from "./fields.js";

export interface ShieldTree {
  readonly rules: Origin;
  readonly site: Site;
  readonly options: Origin | undefined;
}

interface Rule {
  readonly origin: Origin;
  readonly site: Site;
}

const MODULE = "graphql-shield";
const ALL_OF = new Set(["and", "chain"]);
const ANY_OF = new Set(["or", "race"]);
const MAX_NESTING = 8;

/** The tree that a value is, null when it is none. */
export function shieldTree(origin: Origin, queries: LinkQueries): ShieldTree | null {
  if (origin.kind !== "package" || origin.module !== MODULE || origin.path !== "shield()" || origin.site === null) {
    return null;
  }
  const rules = argumentOrigin(origin.site, 0, queries);
  if (rules === undefined) return null;
  return { rules, site: origin.site, options: argumentOrigin(origin.site, 1, queries) };
}

/** Rules for one field: its own, else the type's `*`, else the type's, else the fallback, which allows by default. */
export function ruleSteps(tree: ShieldTree, type: string, field: string, queries: LinkQueries): readonly RawStep[] {
  const rule = ruleFor(tree, type, field, queries);
  return rule === null ? [] : stepsOf(rule, "", queries, 0);
}

function ruleFor(tree: ShieldTree, type: string, field: string, queries: LinkQueries): Rule | null {
  const ofType = ruleAt(tree.rules, type, tree.site, queries);
  if (ofType === null) return fallback(tree, queries);
  if (ofType.origin.kind !== "literal") return ofType;
  return (
    ruleAt(ofType.origin, field, ofType.site, queries) ??
    ruleAt(ofType.origin, "*", ofType.site, queries) ??
    fallback(tree, queries)
  );
}

function fallback(tree: ShieldTree, queries: LinkQueries): Rule | null {
  return tree.options === undefined ? null : ruleAt(tree.options, "fallbackRule", tree.site, queries);
}

function ruleAt(object: Origin, name: string, around: Site, queries: LinkQueries): Rule | null {
  const origin = property(object, name, queries);
  if (origin === undefined) return null;
  if (object.kind !== "literal") return { origin, site: around };
  const { fn, v, frame } = object.site;
  const value = [...fn.props(v)].findLast((prop) => prop.name === name)?.value;
  return { origin, site: value === undefined ? object.site : { fn, v: value, frame } };
}

function stepsOf(rule: Rule, name: string, queries: LinkQueries, depth: number): readonly RawStep[] {
  const { origin, site } = rule;
  const written = name || writtenName(site) || "rule";
  if (depth > MAX_NESTING || origin.kind !== "package" || origin.module !== MODULE) {
    return [stepOf(origin.kind === "function" ? origin : unknown("rule"), site, written)];
  }
  const called = calledName(origin);
  if (called === "allow") return [];
  if (ALL_OF.has(called)) return partsOf(origin, queries).flatMap((part) => stepsOf(part, "", queries, depth + 1));
  if (ANY_OF.has(called)) {
    const anyOf = partsOf(origin, queries).map((part) => stepsOf(part, "", queries, depth + 1));
    return [{ ...stepOf(unknown("alternatives"), site, written), anyOf }];
  }
  // a negated rule lets those pass whom the rule would stop
  if (called === "not" || called === "inputRule") return [];
  const body = functionOf(origin, queries);
  return [stepOf(body ?? origin, site, written)];
}

/** `rule({ cache })(fn)`, `rule("name", options)(fn)`: the function. */
function functionOf(origin: PackageOrigin, queries: LinkQueries): Origin | null {
  if (origin.site === null) return null;
  for (const site of argumentSites(origin.site)) {
    const found = queries.evaluate(site).find((o) => o.kind === "function");
    if (found !== undefined) return found;
  }
  return null;
}

function partsOf(origin: PackageOrigin, queries: LinkQueries): readonly Rule[] {
  return origin.site === null ? [] : argumentSites(origin.site).flatMap((site) => itemsOf(site, queries));
}

/** `and` of `and(a, b)`, `rule` of `rule()(f)`. */
function calledName(origin: PackageOrigin): string {
  return /^\w+/.exec(origin.path)?.[0] ?? "";
}

function stepOf(origin: Origin, site: Site, name: string): RawStep {
  return {
    name,
    kind: "guard",
    place: site.fn.start(site.v) < 0 ? site.fn.ownPlace : firstLineOf(site.fn, site.fn.place(site.v)),
    origin,
    given: resolverArguments,
    continuation: "returns-true",
    condition: "",
  };
}
