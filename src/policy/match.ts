/** The manifest held against the facts: what each entry needs, what is left over, what the policy layer is. */
import { globTest, type PathTest } from "../base/glob.js";
import { type EntryPoint, type Facts, WITHOUT_CALLER } from "../model/facts.js";
import {
  type AppliedPolicy,
  type EntryPolicy,
  isPlaceholder,
  type Policy,
  type PolicyException,
} from "../model/policy.js";
import { compileRoute, matchesEntry, matchesSubject, mostSpecific } from "./route-pattern.js";

/** Folder and file names under which projects keep their decisions. */
const LAYER_NAMES: ReadonlySet<string> = new Set(
  "policy policies permission permissions ability abilities authz acl rbac guard guards authorization".split(" "),
);

function requirementOf(policy: Policy, entry: EntryPoint, route: number): EntryPolicy {
  const rule = policy.routes[route];
  if (rule !== undefined) return { entry, route, public: rule.public, require: rule.public ? [] : rule.require };
  // a default that demands a caller's identity says nothing about what nobody calls
  const require = WITHOUT_CALLER.has(entry.transport) ? [] : policy.defaultRequire;
  return { entry, route: -1, public: false, require };
}

/**
 * Holds a policy against the facts.
 *
 * @param policy from `readPolicy`, or the default one
 * @param facts of the same scan
 * @returns one record for each entry in the order of the facts, and what the manifest says in vain
 */
export function applyPolicy(policy: Policy, facts: Facts): AppliedPolicy {
  const patterns = policy.routes.map((route) => compileRoute(route.match, route.in));
  const entries = facts.entries.map((entry) => requirementOf(policy, entry, mostSpecific(patterns, entry)));
  const unusedRoutes = [...patterns.keys()].filter((index) => {
    const pattern = patterns[index];
    // a rule that a more specific one always overrides is in use as long as it matches
    return pattern !== undefined && !facts.entries.some((entry) => matchesEntry(pattern, entry));
  });
  return {
    policy,
    entries,
    unusedRoutes,
    unusedExceptions: staleExceptions(policy.exceptions, facts.entries),
    policyLayer: policyLayerOf(policy, facts),
  };
}

function staleExceptions(exceptions: readonly PolicyException[], entries: readonly EntryPoint[]): readonly number[] {
  return [...exceptions.keys()].filter((index) => {
    const subject = exceptions[index]?.subject ?? "";
    // only `METHOD /path` surely means an entry; other subjects are names of files and functions
    if (!/^[A-Z*|]+\s+\//.test(subject)) return false;
    const pattern = compileRoute(subject);
    return !entries.some((entry) => matchesEntry(pattern, entry));
  });
}

function isLayerName(part: string): boolean {
  if (LAYER_NAMES.has(part.toLowerCase())) return true;
  // user.policy.ts, jwt.guard.ts
  const pieces = part.toLowerCase().split(".").slice(0, -1);
  const kind = pieces[pieces.length - 1];
  return kind !== undefined && LAYER_NAMES.has(kind);
}

/** The folder named like a policy layer in which a file lies, '' when only the file itself belongs to it. */
export function policyFolder(file: string): string {
  const parts = file.split("/");
  const index = parts.slice(0, -1).findIndex((part) => LAYER_NAMES.has(part.toLowerCase()));
  return index < 0 ? "" : parts.slice(0, index + 1).join("/");
}

/** Fewer entries than this show no habit: what they share is not yet a layer. */
const HABIT = 3;

/** Files that define guards on which most of the guarded entries depend, unless they define entries as well. */
function guardFiles(facts: Facts): ReadonlySet<string> {
  const guarded = facts.entries.filter((entry) => entry.protection.authentication === "rejects").length;
  const withEntries = new Set(facts.entries.map((entry) => entry.place.file));
  const files = facts.guards
    .filter((guard) => guard.grants === "decision" || guard.grants === "authentication")
    .filter((guard) => guard.uses >= HABIT && guard.uses * 2 > guarded && !withEntries.has(guard.place.file))
    .map((guard) => guard.place.file);
  return new Set(files);
}

function policyLayerOf(policy: Policy, facts: Facts): PathTest {
  return policy.policyLayer.length > 0 ? globTest(policy.policyLayer) : discoverPolicyLayer(facts);
}

/**
 * The policy layer of a project that declares none: files that are named like one, and those that define the guards on
 * which most entries depend.
 *
 * @returns a test over paths from the root
 */
export function discoverPolicyLayer(facts: Facts): PathTest {
  const files = guardFiles(facts);
  return (file) => files.has(file) || file.split("/").some(isLayerName);
}

/**
 * The exception that covers a finding. One that is past its date, or that lacks a reason or an owner, covers nothing:
 * the finding comes back, and AG604 tells why.
 *
 * @param policy from `readPolicy`
 * @param rule code and name of the finding's rule; the exception may use either
 * @param subject of the finding
 * @param today ISO date of the run
 * @returns null when there is none
 */
export function findException(
  policy: Policy,
  rule: { readonly code: string; readonly name: string },
  subject: string,
  today: string,
): PolicyException | null {
  const found = policy.exceptions.find(
    (exception) =>
      [rule.code.toLowerCase(), rule.name].includes(exception.rule.toLowerCase()) &&
      (exception.expires === "" || exception.expires >= today) &&
      !isPlaceholder(exception.reason) &&
      !isPlaceholder(exception.owner) &&
      matchesSubject(exception.subject, subject),
  );
  return found ?? null;
}
