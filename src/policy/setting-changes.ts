/** What differs between two policies apart from entry points and exceptions: tokens, guards, tenancy, rules, controls. */
import type { Grant } from "../model/facts.js";
import type { LocatedPlace } from "../model/place.js";
import type { Policy, TokenPolicy } from "../model/policy.js";
import type { Direction, PolicyChange } from "./changes.js";
import { missing } from "./loosening.js";

const SEVERITIES = ["off", "note", "warning", "error"];
const STRONG: ReadonlySet<Grant> = new Set<Grant>(["authentication", "decision", "signature", "stepUp"]);
const NO_TOKENS: TokenPolicy = { issuer: "optional", audience: "optional", algorithms: [], requiredClaims: [] };

/** For settings of which no place is kept: the manifest as a whole. */
function whole(policy: Policy): Pick<PolicyChange, "at" | "gone"> {
  return { at: { file: policy.file, region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 } }, gone: false };
}

function quoted(names: readonly string[]): string {
  return `'${names.join("' and '")}'`;
}

function* tokenChanges(before: Policy, after: Policy): Iterable<PolicyChange> {
  const [then, now] = [before.tokens ?? NO_TOKENS, after.tokens ?? NO_TOKENS];
  const place = whole(after);
  for (const key of ["issuer", "audience"] as const) {
    if (then[key] === now[key]) continue;
    const direction = now[key] === "optional" ? "loosened" : "tightened";
    yield { direction, what: `the ${key} of tokens becomes ${now[key]}`, ...place };
  }
  // no algorithm named is any
  const any = now.algorithms.length === 0;
  const added = then.algorithms.length === 0 ? [] : missing(now.algorithms, then.algorithms);
  const removed = any ? [] : missing(then.algorithms, now.algorithms);
  if (any && then.algorithms.length > 0)
    yield { direction: "loosened", what: "any algorithm of tokens is allowed", ...place };
  if (added.length > 0) yield { direction: "loosened", what: `tokens may use ${quoted(added)}`, ...place };
  if (removed.length > 0) yield { direction: "tightened", what: `tokens may not use ${quoted(removed)}`, ...place };
  if (then.algorithms.length === 0 && !any)
    yield { direction: "tightened", what: `tokens may use ${quoted(now.algorithms)} only`, ...place };
  const lost = missing(then.requiredClaims, now.requiredClaims);
  const won = missing(now.requiredClaims, then.requiredClaims);
  if (lost.length > 0)
    yield { direction: "loosened", what: `the claim ${quoted(lost)} is no longer required`, ...place };
  if (won.length > 0) yield { direction: "tightened", what: `the claim ${quoted(won)} is required`, ...place };
}

function* guardChanges(before: Policy, after: Policy): Iterable<PolicyChange> {
  for (const guard of after.guards) {
    const earlier = before.guards.find((other) => other.use === guard.use);
    if (earlier?.grants === guard.grants) continue;
    const place = { at: guard.at, gone: false };
    if (earlier === undefined) {
      yield { direction: "changed", what: `the guard '${guard.use}' is declared to grant ${guard.grants}`, ...place };
      continue;
    }
    const [then, now] = [STRONG.has(earlier.grants), STRONG.has(guard.grants)];
    const direction: Direction = then === now ? "changed" : now ? "loosened" : "tightened";
    yield { direction, what: `the guard '${guard.use}' grants ${guard.grants} instead of ${earlier.grants}`, ...place };
  }
  for (const guard of before.guards) {
    if (after.guards.some((other) => other.use === guard.use)) continue;
    yield { direction: "changed", what: `the guard '${guard.use}' is no longer declared`, at: guard.at, gone: true };
  }
}

function* modelChanges(before: Policy, after: Policy): Iterable<PolicyChange> {
  const names = (policy: Policy): readonly string[] => policy.tenancy.global.map((one) => one.name);
  const placed = (policy: Policy, name: string): LocatedPlace =>
    policy.tenancy.global.find((one) => one.name === name)?.at ?? whole(policy).at;
  for (const name of missing(names(after), names(before))) {
    const what = `the model '${name}' belongs to no tenant`;
    yield { direction: "loosened", what, at: placed(after, name), gone: false };
  }
  for (const name of missing(names(before), names(after))) {
    const what = `the model '${name}' is held to belong to a tenant`;
    yield { direction: "tightened", what, at: placed(before, name), gone: true };
  }
  for (const model of [...after.models, ...before.models.filter((one) => !isNamed(after, one.name))]) {
    const demand = (policy: Policy): readonly string[] =>
      policy.models.find((one) => one.name === model.name)?.write?.require ?? [];
    const place = { at: model.at, gone: !isNamed(after, model.name) };
    const dropped = missing(demand(before), demand(after));
    const added = missing(demand(after), demand(before));
    if (dropped.length > 0)
      yield { direction: "loosened", what: `writes to '${model.name}' drop ${dropped.join(" and ")}`, ...place };
    if (added.length > 0)
      yield { direction: "tightened", what: `writes to '${model.name}' demand ${added.join(" and ")}`, ...place };
  }
}

function isNamed(policy: Policy, model: string): boolean {
  return policy.models.some((one) => one.name === model);
}

function* ruleChanges(before: Policy, after: Policy): Iterable<PolicyChange> {
  const place = whole(after);
  for (const rule of new Set([...Object.keys(before.rules), ...Object.keys(after.rules)])) {
    const [then, now] = [before.rules[rule], after.rules[rule]];
    if (then === now) continue;
    const direction: Direction =
      now === "off"
        ? "loosened"
        : then === "off"
          ? "tightened"
          : then === undefined || now === undefined
            ? "changed"
            : SEVERITIES.indexOf(now) < SEVERITIES.indexOf(then)
              ? "loosened"
              : "tightened";
    yield {
      direction,
      what: `the rule ${rule} is set from ${then ?? "its default"} to ${now ?? "its default"}`,
      ...place,
    };
  }
}

/** Lists that say how to read the code: a longer one is neither more nor less. */
function* readingChanges(before: Policy, after: Policy): Iterable<PolicyChange> {
  const lists: readonly (readonly [string, (policy: Policy) => readonly string[]])[] = [
    ["the tenant keys", (policy) => policy.tenancy.keys],
    ["the owner keys", (policy) => policy.tenancy.ownerKeys],
    ["the trusted sources of the tenant", (policy) => policy.tenancy.sources],
    ["what binds every query to the tenant", (policy) => policy.tenancy.enforcedBy.map((one) => one.use)],
    ["the provider", (policy) => (policy.provider === "" ? [] : [policy.provider])],
    ["the policy layer", (policy) => policy.policyLayer],
    ["the end of set-up", (policy) => (policy.setupUntil === "" ? [] : [policy.setupUntil])],
    ["impersonation", ({ impersonation: one }) => (one === null ? [] : [`${one.use} (${one.allow})`])],
    [
      "the order of privileges",
      ({ privileges: one }) => (one === null ? [] : [`${one.column}: ${one.order.join(" < ")}`]),
    ],
    [
      "the controls",
      (policy) => policy.controls.map((one) => `${one.name}: ${one.at || "nowhere"}, ${one.owner || "nobody"}`),
    ],
  ];
  for (const [name, listOf] of lists) {
    const added = missing(listOf(after), listOf(before));
    const removed = missing(listOf(before), listOf(after));
    if (added.length + removed.length === 0) continue;
    const parts = [
      added.length > 0 ? `plus ${quoted(added)}` : "",
      removed.length > 0 ? `minus ${quoted(removed)}` : "",
    ];
    const writes =
      name === "impersonation" && before.impersonation?.allow === "read" && after.impersonation?.allow === "write";
    const what = `${name}: ${parts.filter((part) => part !== "").join(", ")}`;
    yield { direction: writes ? "loosened" : "changed", what, ...whole(after) };
  }
}

/** Everything that differs apart from entry points, bypasses and exceptions; in no particular order. */
export function settingChanges(before: Policy, after: Policy): readonly PolicyChange[] {
  return [
    ...tokenChanges(before, after),
    ...guardChanges(before, after),
    ...modelChanges(before, after),
    ...ruleChanges(before, after),
    ...readingChanges(before, after),
  ];
}
