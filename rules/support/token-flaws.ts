/** Drafts of what goes wrong around tokens: shared by AG204 to AG210. */

import type { FindingDraft, Severity } from "../../src/model/rule.js";
import type { TokenFlaw, TokenFlawKind } from "../../src/model/token-flaws.js";
import { claimed, lowered } from "./certainty.js";
import { onePerPlace } from "./one-per-place.js";
import { symbolSubject } from "./token-reads.js";
import { sentences } from "./wording.js";

/** How a rule tells of one kind of flaw. */
export interface FlawText<Message extends string> {
  readonly message: Message;
  readonly severity: Severity;
  readonly remedy: string;
}

/** Findings for the kinds that a rule speaks of; what is not proven is told one step more quietly. */
export function flawDrafts<Message extends string>(
  flaws: readonly TokenFlaw[],
  texts: Readonly<Partial<Record<TokenFlawKind, FlawText<Message>>>>,
): FindingDraft<Message>[] {
  return onePerPlace(
    flaws.flatMap((flaw) => {
      const text = texts[flaw.kind];
      return text === undefined ? [] : [draft(flaw, text)];
    }),
  );
}

function draft<Message extends string>(flaw: TokenFlaw, text: FlawText<Message>): FindingDraft<Message> {
  const places = flaw.evidence.map((line) => ({ place: line.place, label: line.note }));
  const confidence = claimed(flaw.confidence);
  return {
    message: text.message,
    data: { call: flaw.call, detail: sentences([flaw.detail]) },
    subject: symbolSubject(flaw.place, flaw.symbol),
    aspect: flaw.call,
    place: flaw.place,
    related: places,
    flow: places.length === 0 ? [] : [{ place: flaw.place, label: "it begins here" }, ...places],
    confidence,
    severity: confidence === "proven" ? text.severity : lowered(text.severity),
    remedy: text.remedy,
  };
}
