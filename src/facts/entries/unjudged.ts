/** What stands for an entry point that could not be judged. */
import type { RawEntry } from "../../frameworks/routing.js";
import type { JudgedEntry } from "./entries.js";
import { toldOf } from "./raw-fields.js";

/** The entry with nothing claimed about it. */
export function unjudgedEntry(raw: RawEntry, problem: string): JudgedEntry {
  return {
    raw,
    entry: {
      ...toldOf(raw),
      steps: [],
      nearMisses: [],
      protection: {
        decision: false,
        signature: false,
        stepUp: false,
        authentication: "unknown",
        confidence: "unknown",
        detail: problem,
      },
      intent: null,
      effects: [],
    },
    before: [],
    reached: [],
    after: [],
    ensured: [],
    cut: false,
    frame: null,
    passes: [],
  };
}
