/** Confidences and severities as an order, for the places where the weaker or the worse of two counts. */
import type { Confidence } from "../../src/model/facts.js";
import type { Severity } from "../../src/model/rule.js";

const CERTAINTY: Readonly<Record<Confidence, number>> = { proven: 3, inferred: 2, named: 1, unknown: 0 };
const WEIGHT: Readonly<Record<Severity, number>> = { error: 2, warning: 1, note: 0 };

/** The less certain of two; a finding is never sure of more than its weakest part. */
export function weaker(a: Confidence, b: Confidence): Confidence {
  return CERTAINTY[a] <= CERTAINTY[b] ? a : b;
}

/** What a finding may claim: something reported at all is at least known by name. */
export function claimed(confidence: Confidence): Confidence {
  return confidence === "unknown" ? "named" : confidence;
}

/** Below zero when `a` is more certain. */
export function byCertainty(a: Confidence, b: Confidence): number {
  return CERTAINTY[b] - CERTAINTY[a];
}

/** Below zero when `a` is worse. */
export function bySeverity(a: Severity, b: Severity): number {
  return WEIGHT[b] - WEIGHT[a];
}

/** One step down; a note stays a note. */
export function lowered(severity: Severity): Severity {
  return severity === "error" ? "warning" : "note";
}
