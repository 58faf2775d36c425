/** Steps of which it is known that they turn callers away, and not by what. */
import type { Step } from "../../model/facts.js";

export function unreadStep(of: Pick<Step, "name" | "kind" | "place" | "definedAt">): Step {
  return { ...of, grants: "unknown", confidence: "unknown", condition: "", evidence: [] };
}
