/** Checks that are made only while a setting says so: `if (secret && given !== secret) return 403`, `case "anonymous":`. */
import { isEnvironment } from "../../frameworks/knowledge/auth-level.js";
import type { Confidence, Grant } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { grade } from "./grades.js";

export interface ConfiguredCheck {
  readonly grants: Grant;
  readonly confidence: Confidence;
  /** the setting without which nothing is asked */
  readonly condition: string;
  /** what holds while it is there */
  readonly facts: readonly Fact[];
}

const SHOWS_CALLER: ReadonlySet<Grant> = new Set(["authentication", "decision", "signature"]);

function showsCaller({ grants }: { readonly grants: Grant }): boolean {
  return SHOWS_CALLER.has(grants);
}

/** Of several ways on, those that no setting opens show who calls. */
export function configuredCheck(facts: readonly Fact[], analysis: Analysis): ConfiguredCheck | null {
  return checkBeside(isSetting, facts, analysis);
}

/** The same of a guard that takes its modes apart; one that asks while the service is closed to most is no guard else. */
export function checkOfOtherModes(facts: readonly Fact[], analysis: Analysis): ConfiguredCheck | null {
  return checkBeside(isMode, facts, analysis);
}

function checkBeside(
  opens: (path: readonly Fact[]) => boolean,
  facts: readonly Fact[],
  analysis: Analysis,
): ConfiguredCheck | null {
  for (const fact of facts) {
    if (fact.kind !== "either") continue;
    const ways = fact.paths.map((path) => ({ path, ...grade(path, new Map(), analysis) }));
    const asked = ways.find(showsCaller);
    const open = ways.filter((way) => !showsCaller(way)).map(({ path }) => path);
    const [first] = open;
    if (first === undefined || asked === undefined || !open.every(opens)) continue;
    return { grants: asked.grants, confidence: "inferred", condition: nameOf(first), facts: asked.path };
  }
  return null;
}

/** It holds by what the environment says, and by nothing of the request. */
function isSetting(path: readonly Fact[]): boolean {
  return path.length > 0 && path.every(isOfSetting);
}

/** The way of a mode that is set (`config.authMode === "anonymous"`), whatever else is done there. */
function isMode(path: readonly Fact[]): boolean {
  return path.some((fact) => fact.kind === "equal" && isOfSetting(fact));
}

function isOfSetting(fact: Fact): boolean {
  return compared(fact).some(isEnvironment) && compared(fact).every(isFixed);
}

function compared(fact: Fact): readonly Origin[] {
  if (fact.kind === "present" || fact.kind === "absent") return leaves(fact.of);
  return fact.kind === "equal" || fact.kind === "unequal" ? leaves([...fact.left, ...fact.right]) : [];
}

function isFixed(origin: Origin): boolean {
  return origin.kind === "constant" || isEnvironment(origin);
}

function nameOf(path: readonly Fact[]): string {
  const setting = path.flatMap(compared).find(isEnvironment);
  return setting?.kind === "package" || setting?.kind === "source" ? setting.path : "configuration";
}
