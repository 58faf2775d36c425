/** What one policy demands less, or more, than an earlier one: entry points and everything that is let through. */
import { byText } from "../base/path.js";
import type { LocatedPlace } from "../model/place.js";
import type { Policy, PolicyRoute, Requirement } from "../model/policy.js";
import { missing } from "./loosening.js";
import { compareSpecificity, compileRoute, covers } from "./route-pattern.js";
import { settingChanges } from "./setting-changes.js";

/** `changed` is what a reviewer should see although neither side demands more. */
export type Direction = "loosened" | "tightened" | "changed";

export interface PolicyChange {
  readonly direction: Direction;
  /** in the words of a sentence without its full stop */
  readonly what: string;
  /** in the later manifest; in the earlier one for what is gone */
  readonly at: LocatedPlace;
  /** the place is in the earlier manifest */
  readonly gone: boolean;
}

interface Demand {
  readonly public: boolean;
  readonly require: readonly Requirement[];
  readonly roles: readonly string[];
  readonly tests?: readonly string[];
}

/** A line of either side about something that may skip checks, or be ignored. */
interface Allowance {
  readonly name: string;
  readonly owner: string;
  readonly expires: string;
  readonly at: LocatedPlace;
}

/** What a policy demands of every entry that a rule speaks about: its own rule of that text, else the nearest wider one. */
function demandOf(policy: Policy, rule: PolicyRoute): Demand {
  const own = policy.routes.findLast((other) => other.match === rule.match && (other.in ?? "") === (rule.in ?? ""));
  if (own !== undefined) return { ...own, tests: own.tests ?? policy.defaultTests ?? [] };
  const pattern = compileRoute(rule.match, rule.in);
  const wider = policy.routes
    .map((route) => ({ route, pattern: compileRoute(route.match, route.in) }))
    .filter((other) => covers(other.pattern, pattern))
    .sort((a, b) => compareSpecificity(b.pattern, a.pattern))[0];
  const found = wider?.route ?? { public: false, require: policy.defaultRequire, roles: [] };
  return { ...found, tests: wider?.route.tests ?? policy.defaultTests ?? [] };
}

function* routeChanges(before: Policy, after: Policy): Iterable<PolicyChange> {
  const seen = new Set<string>();
  for (const [side, gone] of [
    [after, false],
    [before, true],
  ] as const) {
    for (const rule of side.routes) {
      const key = `${rule.match}\0${rule.in ?? ""}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const within = rule.in === undefined || rule.in === "" ? "" : ` in '${rule.in}'`;
      const place = { at: rule.at, gone };
      yield* demandChanges(`'${rule.match}'${within}`, demandOf(before, rule), demandOf(after, rule), place);
    }
  }
}

type Placed = Pick<PolicyChange, "at" | "gone">;

function* demandChanges(subject: string, before: Demand, after: Demand, place: Placed): Iterable<PolicyChange> {
  if (after.public !== before.public) {
    const what = after.public ? `${subject} is made public` : `${subject} is no longer public`;
    yield { direction: after.public ? "loosened" : "tightened", what, ...place };
    return;
  }
  const dropped = missing(before.require, after.require);
  const added = missing(after.require, before.require);
  if (dropped.length > 0) yield { direction: "loosened", what: `${subject} drops ${dropped.join(" and ")}`, ...place };
  if (added.length > 0) yield { direction: "tightened", what: `${subject} demands ${added.join(" and ")}`, ...place };
  yield* testChanges(subject, before.tests ?? [], after.tests ?? [], place);
  yield* roleChanges(subject, before.roles, after.roles, place);
}

function* testChanges(
  subject: string,
  before: readonly string[],
  after: readonly string[],
  place: Placed,
): Iterable<PolicyChange> {
  const dropped = missing(before, after);
  const added = missing(after, before);
  if (dropped.length > 0)
    yield { direction: "loosened", what: `${subject} drops the tests of ${dropped.join(" and ")}`, ...place };
  if (added.length > 0)
    yield { direction: "tightened", what: `${subject} demands tests of ${added.join(" and ")}`, ...place };
}

function* roleChanges(
  subject: string,
  before: readonly string[],
  after: readonly string[],
  place: Placed,
): Iterable<PolicyChange> {
  const added = missing(after, before);
  const removed = missing(before, after);
  if (before.length === 0 && added.length > 0) {
    yield { direction: "tightened", what: `${subject} admits only ${after.join(" and ")}`, ...place };
  } else if (after.length === 0 && removed.length > 0) {
    yield { direction: "loosened", what: `${subject} no longer names the roles that it admits`, ...place };
  } else {
    if (added.length > 0) yield { direction: "loosened", what: `${subject} admits ${added.join(" and ")}`, ...place };
    if (removed.length > 0)
      yield { direction: "tightened", what: `${subject} no longer admits ${removed.join(" and ")}`, ...place };
  }
}

function* allowanceChanges(
  kind: string,
  before: readonly Allowance[],
  after: readonly Allowance[],
): Iterable<PolicyChange> {
  for (const item of after) {
    const earlier = before.find((other) => other.name === item.name);
    const place = { at: item.at, gone: false };
    if (earlier === undefined) {
      yield { direction: "loosened", what: `the ${kind} ${item.name} is added`, ...place };
      continue;
    }
    if (earlier.expires !== item.expires) yield { ...dateChange(kind, earlier, item), ...place };
    if (earlier.owner !== item.owner) {
      const what = `the ${kind} ${item.name} passes from '${earlier.owner}' to '${item.owner}'`;
      yield { direction: "changed", what, ...place };
    }
  }
  for (const item of before) {
    if (after.some((other) => other.name === item.name)) continue;
    yield { direction: "tightened", what: `the ${kind} ${item.name} is removed`, at: item.at, gone: true };
  }
}

/** ISO dates compare as texts; no date is never. */
function dateChange(kind: string, before: Allowance, after: Allowance): Pick<PolicyChange, "direction" | "what"> {
  const longer = after.expires === "" || (before.expires !== "" && after.expires > before.expires);
  const now = after.expires === "" ? "no longer ends" : `ends on ${after.expires}`;
  const then = before.expires === "" ? "" : ` (before: ${before.expires})`;
  return { direction: longer ? "loosened" : "tightened", what: `the ${kind} ${after.name} ${now}${then}` };
}

function allowancesOf(policy: Policy): Readonly<Record<"bypass" | "exception", readonly Allowance[]>> {
  return {
    bypass: policy.bypasses.map((one) => ({ ...one, name: `at '${one.use}'` })),
    exception: policy.exceptions.map((one) => ({ ...one, name: `from ${one.rule} for '${one.subject}'` })),
  };
}

/** Public rules that both sides have: their dates only, the rest is told with the routes. */
function* publicChanges(before: Policy, after: Policy): Iterable<PolicyChange> {
  const open = (policy: Policy): readonly Allowance[] =>
    policy.routes.filter((route) => route.public).map((route) => ({ ...route, name: `'${route.match}'` }));
  const earlier = open(before);
  const both = open(after).filter((one) => earlier.some((other) => other.name === one.name));
  const changes = allowanceChanges("public rule", earlier, both);
  for (const change of changes) if (!change.gone) yield change;
}

function* defaultChanges(before: Policy, after: Policy): Iterable<PolicyChange> {
  const at = { file: after.file, region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 } };
  const demand = (policy: Policy): Demand => ({
    public: false,
    require: policy.defaultRequire,
    roles: [],
    tests: policy.defaultTests ?? [],
  });
  yield* demandChanges("the default for routes", demand(before), demand(after), { at, gone: false });
}

const ORDER: readonly Direction[] = ["loosened", "tightened", "changed"];

/**
 * Compares two policies, each with everything it extends merged in.
 *
 * @param before the earlier one; the default policy when there was none
 * @param after the later one
 * @returns what was loosened first, then what was tightened, then what is merely different; each by place
 */
export function policyChanges(before: Policy, after: Policy): readonly PolicyChange[] {
  const [then, now] = [allowancesOf(before), allowancesOf(after)];
  const changes = [
    ...defaultChanges(before, after),
    ...routeChanges(before, after),
    ...publicChanges(before, after),
    ...allowanceChanges("bypass", then.bypass, now.bypass),
    ...allowanceChanges("exception", then.exception, now.exception),
    ...settingChanges(before, after),
  ];
  return changes.sort(
    (a, b) =>
      ORDER.indexOf(a.direction) - ORDER.indexOf(b.direction) ||
      byText(a.at.file, b.at.file) ||
      a.at.region.startLine - b.at.region.startLine ||
      byText(a.what, b.what),
  );
}
