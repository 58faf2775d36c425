/** AG305: a tenant predicate that stands where it does not filter. */
import type { Conjunct, ConjunctPosition, LooseQuantifier } from "../src/model/facts.js";
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { failedAccesses, failedDraft } from "./support/bound-accesses.js";
import { onePerPlace } from "./support/one-per-place.js";

type Message = "inOr" | "inOuterJoin" | "negated" | "replaced" | "ineffective" | "everyForSome" | "someForEvery";

const MESSAGE_OF: Readonly<Record<ConjunctPosition, Message>> = {
  or: "inOr",
  "outer-join": "inOuterJoin",
  negated: "negated",
  replaced: "replaced",
  and: "ineffective",
  optional: "ineffective",
};

export const ineffectiveTenantFilter = defineRule<Message>({
  meta: {
    code: "AG305",
    name: "ineffective-tenant-filter",
    title: "Tenant filter without effect",
    why: "The predicate is written down and rows of other tenants still pass, because it stands under OR, in the ON of an outer join, or is overridden. Reviewers see the column and move on.",
    severity: "error",
    securitySeverity: "8.1",
    precision: "high",
    cwe: [639, 863, 668],
    taxa: ["API1:2023", "A01:2025", "PR.AA-05", "PR.DS-10", "ASVS-8.4.1", "ASVS-8.2.2"],
    since: "0.1.0",
    messages: {
      inOr: "The tenant filter of '{access}' is one side of an OR, so the other side lets any tenant in.{detail}",
      inOuterJoin: "The tenant filter of '{access}' stands in the ON of an outer join, which keeps all rows.{detail}",
      negated: "The tenant filter of '{access}' is negated.{detail}",
      replaced: "The tenant filter of '{access}' is replaced by what is written after it.{detail}",
      ineffective: "The tenant filter of '{access}' does not filter.{detail}",
      everyForSome: "The request is refused only when every one of '{list}' is foreign.{detail}",
      someForEvery: "The request is let through when one of '{list}' is the caller's.{detail}",
    },
  },
  check(input) {
    const quantifiers = (input.facts.looseQuantifiers ?? []).map(quantifierDraft);
    const filters = failedAccesses(input, "ineffective").map((failed) => {
      const conjunct: Conjunct | null = failed.lead.reach.binding.conjunct;
      const draft = failedDraft<Message>(failed, conjunct === null ? "ineffective" : MESSAGE_OF[conjunct.position]);
      if (conjunct === null) return draft;
      return {
        ...draft,
        related: [{ place: conjunct.place, label: `'${conjunct.column}' stands here` }, ...draft.related],
      };
    });
    return onePerPlace([...filters, ...quantifiers]);
  },
});

/** One own id in a list lets all the foreign ones beside it pass. */
function quantifierDraft(one: LooseQuantifier): FindingDraft<Message> {
  const { method, list, among, symbol, place, use } = one;
  return {
    message: method === "every" ? "everyForSome" : "someForEvery",
    data: { list, detail: ` One that is found among '${among}' lets all the others pass with it.` },
    subject: `${place.file}#${symbol}`,
    aspect: `${method} ${list}`,
    place,
    related: [{ place: use, label: `all of '${list}' are taken here` }],
    flow: [
      { place, label: `'${list}' is held against '${among}'` },
      { place: use, label: `all of '${list}' are taken here, foreign ones too` },
    ],
    confidence: "inferred",
    severity: "error",
    remedy:
      method === "every" ? "refuse when some of them is foreign" : "let through only when every one of them is found",
  };
}
