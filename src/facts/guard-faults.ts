/** Checks that cannot stop the request (AG103): not awaited, result unused, swallowed, passed over. */
import type { GuardFault } from "../model/facts.js";
import type { Analysis } from "./analysis.js";
import type { JudgedEntry } from "./entries.js";

/** Faults of the guards that run for the entries, one per place. */
export function collectGuardFaults(_judged: readonly JudgedEntry[], _analysis: Analysis): readonly GuardFault[] {
  return [];
}
