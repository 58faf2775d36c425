/** What the rules about the manifest share. */
import type { LocatedPlace } from "../../src/model/place.js";
import type { PolicyRoute, Requirement } from "../../src/model/policy.js";
import type { FindingDraft, RuleInput } from "../../src/model/rule.js";

/** Without a manifest there is nothing that code could drift from. */
export function hasManifest(input: RuleInput): boolean {
  return input.policy.policy.file !== "";
}

/** The manifest speaks about the whole project; a scan of a part of it cannot tell what is missing. */
export function seesEverything(input: RuleInput): boolean {
  return hasManifest(input) && input.partial !== true;
}

/** An organisation's manifest speaks about many projects, so a line without use in this one is not stale. */
export function isOwn(at: LocatedPlace, input: RuleInput): boolean {
  return at.file === input.policy.policy.file;
}

/** The part of a draft that points into a manifest. */
export function inManifest(at: LocatedPlace): Pick<FindingDraft, "place" | "at" | "related" | "flow"> {
  return { place: { file: at.file, start: 0, end: 0 }, at, related: [], flow: [] };
}

const WORDS: Readonly<Record<Requirement, string>> = {
  authentication: "authentication",
  decision: "an authorization decision",
  stepUp: "a step-up",
  signature: "a verified signature",
};

/** `authentication and a step-up`. */
export function requirementWords(require: readonly Requirement[]): string {
  const words = require.map((requirement) => WORDS[requirement]);
  const last = words.pop() ?? "nothing";
  return words.length === 0 ? last : `${words.join(", ")} and ${last}`;
}

/** What decides about an entry: its rule, or the default. */
export function sourceOf(route: PolicyRoute | undefined): string {
  return route === undefined ? "the default for routes" : `the rule '${route.match}'`;
}
