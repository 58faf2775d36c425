/** What rules drafted in an earlier run, used again where facts and manifest say what they said. */
import { isDeepStrictEqual } from "node:util";
import type { Facts, Unknown } from "../model/facts.js";
import type { Policy } from "../model/policy.js";
import type { RuleInput } from "../model/rule.js";
import type { DraftOf } from "./findings.js";
import type { Move } from "./layout.js";
import { piecesMoved } from "./moved-places.js";

/** Everything that drafts depend on, but for the facts. */
export interface JudgedBy extends Pick<RuleInput, "profile" | "today" | "partial"> {
  /** the manifest */
  readonly policy: Policy;
  /** codes */
  readonly rules: readonly string[];
  /** what could not be read before any fact was looked for */
  readonly unread: readonly Unknown[];
}

/** Facts that hold, with their places as they are now. */
export interface SameFacts {
  /** as they were told to `keep` */
  readonly before: Facts;
  readonly moves: ReadonlyMap<string, Move>;
}

export class KeptDrafts {
  #kept: { readonly facts: Facts; readonly by: JudgedBy; readonly drafts: readonly DraftOf[] } | null = null;

  keep(facts: Facts, by: JudgedBy, drafts: readonly DraftOf[]): void {
    this.#kept = { facts, by, drafts };
  }

  /** Null when other facts were judged, or were judged by something else, or a place could not be followed. */
  again({ before, moves }: SameFacts, by: JudgedBy): readonly DraftOf[] | null {
    if (this.#kept?.facts !== before || !isDeepStrictEqual(this.#kept.by, by)) return null;
    const moved = piecesMoved(this.#kept.drafts, moves) ?? [];
    const drafts = moved.filter(isDraft);
    return drafts.length === this.#kept.drafts.length ? drafts : null;
  }
}

function isDraft(value: unknown): value is DraftOf {
  return typeof value === "object" && value !== null && "rule" in value && "draft" in value;
}
