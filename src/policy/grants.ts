/** `guards:` of the manifest held against the steps that were found: the manifest knows what a step does. */
import { bareName, codeReference } from "../base/code-reference.js";
import { globTest } from "../base/glob.js";
import type { AuthenticationLevel, EntryPoint, Facts, Grant, Protection, Step } from "../model/facts.js";
import type { Policy, PolicyGuard } from "../model/policy.js";

/** `file#symbol` taken apart; `file` is '' for a symbol of a package. */
interface GuardMatcher {
  readonly guard: PolicyGuard;
  readonly isFile: boolean;
  readonly matchesFile: (file: string) => boolean;
  /** '' for every step that the file defines */
  readonly symbol: string;
}

function matcherOf(guard: PolicyGuard): GuardMatcher {
  const { source, symbol, isFile } = codeReference(guard.use);
  return { guard, isFile, matchesFile: globTest([source]), symbol };
}

function isMeant(matcher: GuardMatcher, step: Step, symbols: ReadonlyMap<string, string>): boolean {
  if (!matcher.isFile) return step.definedAt === null && bareName(step.name) === bareName(matcher.symbol);
  if (step.definedAt === null || !matcher.matchesFile(step.definedAt.file)) return false;
  if (matcher.symbol === "") return true;
  // the name under which a step is used may differ from the name under which it is defined
  const defined = symbols.get(`${step.definedAt.file}:${step.definedAt.start}`);
  return [defined ?? step.name, step.name].some((name) => bareName(name) === bareName(matcher.symbol));
}

function has(steps: readonly Step[], ...grants: readonly Grant[]): boolean {
  return steps.some((step) => step.condition === "" && grants.includes(step.grants));
}

function levelOf(steps: readonly Step[], before: AuthenticationLevel): AuthenticationLevel {
  if (has(steps, "authentication", "decision")) return before === "edge-only" ? before : "rejects";
  if (steps.some((step) => step.grants === "authentication" || step.grants === "decision")) return "conditional";
  if (has(steps, "unknown")) return "unknown";
  if (has(steps, "presence")) return "presence";
  return has(steps, "attach") ? "attach" : "none";
}

function protectionOf(steps: readonly Step[], before: Protection): Protection {
  const authentication = levelOf(steps, before.authentication);
  return {
    authentication,
    decision: has(steps, "decision"),
    signature: has(steps, "signature"),
    stepUp: has(steps, "stepUp"),
    confidence: "proven",
    detail: authentication === before.authentication ? before.detail : "",
  };
}

/**
 * Lets the manifest say what steps grant, where the code did not or not the same, and derives the protection of the
 * entries concerned again. Unknowns that the manifest has decided are dropped.
 *
 * @param policy with the declared guards
 * @param facts as found in the code
 * @returns the same facts when no declared guard changes anything
 */
export function applyGuards(policy: Policy, facts: Facts): Facts {
  if (policy.guards.length === 0) return facts;
  const matchers = policy.guards.map(matcherOf);
  const symbols = new Map(
    facts.guards.map((guard) => [
      `${guard.place.file}:${guard.place.start}`,
      guard.symbol.slice(guard.symbol.lastIndexOf("#") + 1),
    ]),
  );
  const decided = new Set<string>();
  const regrant = (step: Step): Step => {
    const guard = matchers.findLast((matcher) => isMeant(matcher, step, symbols))?.guard;
    if (guard === undefined || guard.grants === step.grants) return step;
    decided.add(`${step.place.file}:${step.place.start}`);
    return { ...step, grants: guard.grants, confidence: "proven" };
  };
  const entries = facts.entries.map((entry): EntryPoint => {
    const steps = entry.steps.map(regrant);
    const same = steps.every((step, index) => step === entry.steps[index]);
    return same ? entry : { ...entry, steps, protection: protectionOf(steps, entry.protection) };
  });
  if (decided.size === 0) return facts;
  const unknowns = facts.unknowns.filter(
    ({ kind, place }) => kind !== "unresolved-guard" || !decided.has(`${place.file}:${place.start}`),
  );
  return { ...facts, entries, unknowns };
}
