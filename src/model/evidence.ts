/** How sure a statement is, and what it rests on. */
import type { Place } from "./place.js";

/** How sure a statement is: resolved and dominating, inferred from behaviour, by name only, not decided. */
export type Confidence = "proven" | "inferred" | "named" | "unknown";

/** One line of evidence: what stands there and why it matters. */
export interface Evidence {
  readonly place: Place;
  readonly note: string;
}
