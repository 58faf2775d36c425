/** By which lines does a manifest demand less than the one it extends? The lines hold, and are reported. */
import type { LocatedPlace } from "../model/place.js";
import type { Policy, Requirement } from "../model/policy.js";
import type { ParsedManifest } from "./parse-manifest.js";
import { compareSpecificity, compileRoute, covers, type RoutePattern, sharesMethod } from "./route-pattern.js";

export type Loosening = Policy["loosenings"][number];

/** Weakest first. */
export const SEVERITY_ORDER = ["off", "note", "warning", "error"];

/** What is demanded and not given. */
export function missing(demanded: readonly string[], given: readonly string[]): readonly string[] {
  return demanded.filter((item) => !given.includes(item));
}

/** What was written down: the built-in default is nobody's demand. */
function demandedByDefault(parent: Policy): readonly Requirement[] {
  return parent.defaultDeclared ? parent.defaultRequire : [];
}

function* defaultLoosenings(parent: Policy, { manifest, placeOf }: ParsedManifest): Iterable<Loosening> {
  const own = manifest.routes?.default?.require;
  if (own === undefined) return;
  const dropped = missing(demandedByDefault(parent), own);
  const at = placeOf(["routes", "default"]);
  if (dropped.length > 0) yield { what: `the default for routes drops ${dropped.join(" and ")}`, at };
}

/** What the extended manifest demands of entries for which the nearer pattern will decide. */
export function demandedFor(parent: Policy, pattern: RoutePattern): ReadonlySet<Requirement> {
  const compiled = parent.routes.map((route) => ({ route, pattern: compileRoute(route.match, route.in) }));
  const wider = compiled
    .filter((other) => covers(other.pattern, pattern))
    .sort((a, b) => compareSpecificity(b.pattern, a.pattern))[0];
  // a narrower rule keeps deciding about its entries unless the nearer pattern is the more specific one
  const overruled = compiled.filter(
    (other) =>
      compareSpecificity(pattern, other.pattern) >= 0 &&
      sharesMethod(pattern, other.pattern) &&
      covers({ ...pattern, methods: null, within: null }, other.pattern),
  );
  const demands = [wider?.route.require ?? demandedByDefault(parent), ...overruled.map((other) => other.route.require)];
  return new Set(demands.flat());
}

function* routeLoosenings(parent: Policy, parsed: ParsedManifest): Iterable<Loosening> {
  const fallback = parsed.manifest.routes?.default?.require ?? parent.defaultRequire;
  for (const [index, rule] of (parsed.manifest.routes?.rules ?? []).entries()) {
    const require = rule.public === true ? [] : (rule.require ?? fallback);
    const dropped = missing([...demandedFor(parent, compileRoute(rule.match, rule.in))], require);
    if (dropped.length === 0) continue;
    const what =
      rule.public === true ? `'${rule.match}' is made public` : `'${rule.match}' drops ${dropped.join(" and ")}`;
    yield { what, at: parsed.placeOf(["routes", "rules", index]) };
  }
}

function* tokenLoosenings(parent: Policy, { manifest, placeOf }: ParsedManifest): Iterable<Loosening> {
  const before = parent.tokens;
  const own = manifest.identity?.tokens;
  if (before === null || own === undefined) return;
  const at = (key: string): LocatedPlace => placeOf(["identity", "tokens", key]);
  for (const key of ["issuer", "audience"] as const) {
    if (before[key] === "required" && own[key] === "optional")
      yield { what: `the ${key} of tokens becomes optional`, at: at(key) };
  }
  if (own.algorithms !== undefined && before.algorithms.length > 0) {
    const added = missing(own.algorithms, before.algorithms);
    const all = own.algorithms.length === 0;
    const what = all
      ? "any algorithm of tokens is allowed"
      : `the algorithm ${added.join(" and ")} of tokens is allowed`;
    if (all || added.length > 0) yield { what, at: at("algorithms") };
  }
  const claims = own.requiredClaims === undefined ? [] : missing(before.requiredClaims, own.requiredClaims);
  if (claims.length > 0)
    yield { what: `the claim ${claims.join(" and ")} of tokens is no longer required`, at: at("requiredClaims") };
}

function* guardLoosenings(parent: Policy, { manifest, placeOf }: ParsedManifest): Iterable<Loosening> {
  for (const [index, guard] of (manifest.guards ?? []).entries()) {
    const before = parent.guards.find((other) => other.use === guard.use);
    if (before === undefined || before.grants === guard.grants) continue;
    const what = `the guard '${guard.use}' grants ${guard.grants} instead of ${before.grants}`;
    yield { what, at: placeOf(["guards", index]) };
  }
  for (const [index, glob] of (manifest.policyLayer ?? []).entries()) {
    if (parent.policyLayer.length === 0 || parent.policyLayer.includes(glob)) continue;
    yield { what: `the policy layer grows by '${glob}'`, at: placeOf(["policyLayer", index]) };
  }
}

function* tolerationLoosenings(parent: Policy, { manifest, placeOf }: ParsedManifest): Iterable<Loosening> {
  for (const [index, { at }] of (manifest.bypasses ?? []).entries()) {
    if (parent.bypasses.some((bypass) => bypass.use === at)) continue;
    yield { what: `a bypass at '${at}' is added`, at: placeOf(["bypasses", index]) };
  }
  for (const [index, { rule, subject }] of (manifest.exceptions ?? []).entries()) {
    if (parent.exceptions.some((exception) => exception.rule === rule && exception.subject === subject)) continue;
    yield { what: `an exception from ${rule} for '${subject}' is added`, at: placeOf(["exceptions", index]) };
  }
  const { impersonation } = manifest;
  if (parent.impersonation?.allow === "read" && impersonation?.allow === "write") {
    yield { what: "impersonation may write", at: placeOf(["impersonation", "allow"]) };
  }
}

function* ruleLoosenings(parent: Policy, { manifest, placeOf }: ParsedManifest): Iterable<Loosening> {
  for (const [rule, setting] of Object.entries(manifest.rules ?? {})) {
    const before = parent.rules[rule];
    const weaker = before !== undefined && SEVERITY_ORDER.indexOf(setting) < SEVERITY_ORDER.indexOf(before);
    // where the extended manifest is silent the rule's own severity holds, which only `off` surely undercuts
    if (weaker)
      yield { what: `the rule ${rule} is lowered from ${before} to ${setting}`, at: placeOf(["rules", rule]) };
    else if (before === undefined && setting === "off")
      yield { what: `the rule ${rule} is turned off`, at: placeOf(["rules", rule]) };
  }
}

function* modelLoosenings(parent: Policy, { manifest, placeOf }: ParsedManifest): Iterable<Loosening> {
  for (const [index, name] of (manifest.tenancy?.global ?? []).entries()) {
    if (parent.tenancy.global.some((model) => model.name === name)) continue;
    if (!parent.models.some((model) => model.name === name)) continue;
    yield { what: `the model '${name}' no longer belongs to a tenant`, at: placeOf(["tenancy", "global", index]) };
  }
  for (const [name, model] of Object.entries(manifest.models ?? {})) {
    const before = parent.models.find((other) => other.name === name);
    if (before === undefined) continue;
    const dropped = missing(before.write?.require ?? [], model.write?.require ?? []);
    const at = placeOf(["models", name]);
    if (dropped.length > 0) yield { what: `writes to '${name}' drop ${dropped.join(" and ")}`, at };
    const unbound = missing(before.enforcedBy, model.enforcedBy ?? []);
    if (unbound.length > 0) yield { what: `'${name}' is no longer enforced by '${unbound.join("' and '")}'`, at };
  }
}

/**
 * Compares a manifest with what it extends.
 *
 * @param parent the merged policy of everything extended
 * @param parsed the nearer manifest
 * @returns one record for each line by which less is demanded, in the words of a finding
 */
export function findLoosenings(parent: Policy, parsed: ParsedManifest): readonly Loosening[] {
  return [
    ...defaultLoosenings(parent, parsed),
    ...routeLoosenings(parent, parsed),
    ...tokenLoosenings(parent, parsed),
    ...guardLoosenings(parent, parsed),
    ...tolerationLoosenings(parent, parsed),
    ...ruleLoosenings(parent, parsed),
    ...modelLoosenings(parent, parsed),
  ];
}
