/** Checks inside a handler that are made only while a setting is there: `if (secret && given !== secret) return 403`. */
import { isEnvironment } from "../../frameworks/knowledge/auth-level.js";
import type { Confidence, Grant } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { grade } from "./steps.js";

export interface ConfiguredCheck {
  readonly grants: Grant;
  readonly confidence: Confidence;
  /** the setting without which nothing is asked */
  readonly condition: string;
  /** what holds while it is there */
  readonly facts: readonly Fact[];
}

const SHOWS_CALLER: ReadonlySet<Grant> = new Set(["authentication", "decision", "signature"]);

/** Of several ways on, those that no setting opens show who calls. */
export function configuredCheck(facts: readonly Fact[], analysis: Analysis): ConfiguredCheck | null {
  for (const fact of facts) {
    if (fact.kind !== "either") continue;
    const open = fact.paths.filter(isSetting);
    const [asked, ...others] = fact.paths.filter((path) => !isSetting(path));
    const [first] = open;
    if (first === undefined || asked === undefined) continue;
    const grades = [asked, ...others].map((path) => grade(path, new Map(), analysis));
    const [{ grants }] = grades;
    if (!grades.every((one) => SHOWS_CALLER.has(one.grants))) continue;
    return { grants, confidence: "inferred", condition: nameOf(first), facts: asked };
  }
  return null;
}

/** It holds by what the environment says, and by nothing of the request. */
function isSetting(path: readonly Fact[]): boolean {
  return path.length > 0 && path.every((fact) => compared(fact).some(isEnvironment) && compared(fact).every(isFixed));
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
