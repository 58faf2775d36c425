/** AG302: the tenant value of a predicate comes from the request, and nobody asked whether the caller belongs there. */

import type { Place } from "../src/model/place.js";
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { type FailedAccess, type FailedReach, failedAccesses, failedDraft } from "./support/bound-accesses.js";
import { onePerCause } from "./support/one-per-cause.js";
import { onePerPlace } from "./support/one-per-place.js";
import { tenantPlaces } from "./support/repair-place.js";

type Message = "fromInput" | "columnFromInput";

export const tenantFromInput = defineRule<Message>({
  meta: {
    code: "AG302",
    name: "tenant-from-input",
    title: "Tenant chosen by the request",
    why: "A tenant predicate protects only if its value comes from the verified identity. When the request supplies it, the caller chooses whose data to see.",
    severity: "error",
    securitySeverity: "8.1",
    precision: "high",
    cwe: [639, 807, 602],
    taxa: ["API1:2023", "A01:2025", "PR.AA-05", "ASVS-8.3.1", "ASVS-8.4.1"],
    since: "0.1.0",
    messages: {
      fromInput: "'{access}' takes its filter from the request.{detail}",
      columnFromInput:
        "'{access}' takes the value of '{column}' from the request, and membership is not checked.{detail}",
    },
  },
  check(input) {
    const placeOf = tenantPlaces(input.facts.entries);
    const failed = failedAccesses(input, "tenant-from-input").flatMap((one) => perCall(one, placeOf));
    return onePerPlace(onePerCause(failed.map(({ one, at }) => ({ draft: draft(one, at), cause: causeOf(one) }))));
  },
});

interface Told {
  readonly one: FailedAccess;
  /** the call in the handler that hands the tenant down */
  readonly at: Place | undefined;
}

/** Each handler that hands a tenant down unchecked is repaired by itself. */
function perCall(failed: FailedAccess, placeOf: ReturnType<typeof tenantPlaces>): Told[] {
  const calls = new Map<string, { readonly at: Place | undefined; readonly reaches: FailedReach[] }>();
  for (const one of failed.reaches) {
    // a tenant that is looked up by its own key can be bound in that query
    const ownKey = /^(?:id|uuid|slug)$/i.test(one.reach.binding.conjunct?.column ?? "");
    const at = ownKey ? undefined : placeOf(one.entry, one.reach);
    const key = at === undefined ? "" : `${at.file}:${at.start}`;
    const known = calls.get(key);
    if (known === undefined) calls.set(key, { at, reaches: [one] });
    else known.reaches.push(one);
  }
  return [...calls.values()].flatMap(({ at, reaches }) => {
    const [lead] = reaches;
    return lead === undefined ? [] : [{ one: { ...failed, lead, reaches }, at }];
  });
}

/** The value in the filter, as one entry point hands it down. */
function causeOf({ lead }: FailedAccess): string {
  const origin = lead.reach.binding.conjunct?.values.find((value) => value.source === "input");
  return origin === undefined ? "" : `${lead.entry.key}|${origin.path}|${origin.place.file}:${origin.place.start}`;
}

function draft(failed: FailedAccess, at: Place | undefined): FindingDraft<Message> {
  const base = failedDraft<Message>(failed, "fromInput");
  const conjunct = failed.lead.reach.binding.conjunct;
  if (conjunct === null || conjunct.column === "*") return base;
  const origin = conjunct.values.find((value) => value.source === "input");
  return {
    ...base,
    message: "columnFromInput",
    data: { ...base.data, column: conjunct.column },
    // the predicate that takes the value is what will be repaired
    place: at ?? (conjunct.place.file === base.place.file ? conjunct.place : base.place),
    related: [
      ...(at === undefined ? [] : [{ place: failed.access.place, label: "the query that takes it" }]),
      ...(origin === undefined ? [] : [{ place: origin.place, label: `the value comes from '${origin.path}'` }]),
      ...base.related,
    ],
  };
}
