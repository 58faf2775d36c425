/** AG301: a query on tenant data that nothing ties to the caller's tenant or to the caller. */
import type { Access, Reach } from "../src/model/facts.js";
import type { Place } from "../src/model/place.js";
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { type FailedAccess, type FailedReach, failedAccesses, failedDraft } from "./support/bound-accesses.js";
import { onePerPlace } from "./support/one-per-place.js";
import { type ParentRows, parentRows } from "./support/parent-rows.js";
import { handlerHabits, tenantPlaces } from "./support/repair-place.js";
import { accessName } from "./support/tenant-data.js";
import { sentences } from "./support/wording.js";

type Message = "unbound" | "tenantChosen" | "ofParent";

export const unscopedQuery = defineRule<Message>({
  meta: {
    code: "AG301",
    name: "unscoped-query",
    title: "Query on tenant data without a tenant or owner predicate",
    why: "A signed-in caller who guesses or learns an id reads or changes rows of another tenant. Being authenticated says who is calling, not whose row it is.",
    severity: "error",
    securitySeverity: "8.1",
    precision: "high",
    cwe: [639, 566, 863],
    taxa: ["API1:2023", "A01:2025", "PR.AA-05", "PR.DS-10", "ASVS-8.2.2", "ASVS-8.4.1"],
    since: "0.1.0",
    messages: {
      unbound: "'{access}' is not bound to the caller's tenant or owner.{detail}",
      tenantChosen: "'{access}' picks a tenant without asking whether the caller belongs to it.{detail}",
      ofParent:
        "'{entry}' hands out the '{model}' of whoever its parent is, and no check holds that against the caller.{detail}",
    },
  },
  check(input) {
    // nothing filters a create: what is written into it is judged elsewhere
    const failed = failedAccesses(input, "unbound", isPlain).filter(
      ({ access }) => access.operation !== "create" && !(input.facts.tenancy.root === "" && countsAll(access)),
    );
    const placeOf = tenantPlaces(input.facts.entries);
    const habits = handlerHabits(input.facts);
    return onePerPlace<Message>([
      ...failed.flatMap((one) => perCaller(one, placeOf, habits)),
      ...parentRows(input).map(fieldDraft),
    ]);
  },
});

/** Where there are no tenants, how many rows there are altogether tells of nobody. */
function countsAll({ method, conjuncts }: Access): boolean {
  const asked = conjuncts.some(({ values }) => values.some(({ source }) => source === "input"));
  return COUNTS.test(method) && !asked;
}

const COUNTS = /^(?:get)?(?:estimated)?(?:document)?count(?:documents|by)?$/i;
const FEW = 4;

/** `{ siteId }`: whose site it is was to be asked before; what is picked by its own key can be bound in that query. */
function isAskedByParent({ access, tenants }: FailedAccess): boolean {
  const scoping = tenants.scopingOf(access.model);
  if (scoping?.kind !== "parent" && scoping?.kind !== "column") return false;
  const keys = new Set((scoping.parents ?? []).map(({ column }) => column).filter((column) => column !== ""));
  return access.conjuncts.some(({ column }) => keys.has(column));
}

/**
 * A helper finds a row by its id, and most who call it compare what they get, or the handlers around ask before they
 * hand an id down: the repair is made where that is forgotten, and not in the helper.
 */
function perCaller(
  failed: FailedAccess,
  placeOf: ReturnType<typeof tenantPlaces>,
  habits: ReturnType<typeof handlerHabits>,
): FindingDraft<Message>[] {
  const message: Message = failed.tenants.scopingOf(failed.access.model)?.kind === "root" ? "tenantChosen" : "unbound";
  const comparing = failed.access.reaches.filter(({ binding }) => binding.verdict === "bound").length;
  const forgetting = failed.reaches.length;
  const most = comparing >= (forgetting > FEW ? 2 * forgetting : Math.max(2, forgetting));
  const told = failed.queriedAt === undefined;
  const isRead = failed.access.operation === "read";
  const compared = told && (isRead ? most : habits.checkBefore(failed));
  const askedBefore = told && isRead && forgetting <= FEW && isAskedByParent(failed);
  if (!compared && !askedBefore) return [failedDraft<Message>(failed, message)];
  const placeIn = (one: FailedReach): Place | undefined => {
    if (decidesItself(one)) return undefined;
    return compared ? one.reach.calledAt : placeOf(one.entry, one.reach);
  };
  const groups = new Map<string, FailedReach[]>();
  const seen = new Set<string>();
  for (const one of failed.reaches.toSorted(byCall)) {
    const at = placeIn(one);
    const key = at === undefined ? "" : `${at.file}:${at.start}`;
    // who calls twice compares once
    if (at !== undefined && seen.has(one.entry.key) && !groups.has(key)) continue;
    seen.add(one.entry.key);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((reaches) => {
    const [lead] = reaches;
    if (lead === undefined) return [];
    const draft = failedDraft<Message>({ ...failed, lead, reaches }, message);
    const calledAt = placeIn(lead);
    if (calledAt === undefined) return [draft];
    const label = !compared
      ? "the query that takes it"
      : isRead
        ? "the row is picked here, and others compare it"
        : "the row is changed here, and others ask about it before";
    const related = [{ place: failed.access.place, label }, ...draft.related];
    return [{ ...draft, place: calledAt, related }];
  });
}

/** A check in the handler itself may well be about the row, by a way that was not seen. */
function decidesItself({ entry }: FailedReach): boolean {
  if (entry.decidesSometimes === true) return true;
  return entry.steps.some((step) => step.kind === "inline" && step.grants === "decision");
}

function byCall(a: FailedReach, b: FailedReach): number {
  return (a.reach.calledAt?.start ?? 0) - (b.reach.calledAt?.start ?? 0);
}

/** A check that went to another id is AG304, an identity that was handed in for nothing AG308. */
function isPlain(reach: Reach): boolean {
  return reach.otherCheck === undefined && reach.unusedPrincipal === undefined;
}

/** The query is as it should be; who may ask for the field is what is missing, so the field is where it points. */
function fieldDraft({ entry, access, type, way }: ParentRows): FindingDraft<Message> {
  return {
    message: "ofParent",
    data: {
      entry: entry.path,
      model: access.model,
      detail: sentences([`'${type}' is also what '${way}' yields, so the parent can be somebody else`]),
    },
    subject: entry.key,
    aspect: accessName(access),
    place: entry.place,
    related: [{ place: access.place, label: `'${accessName(access)}' is filtered by the parent` }],
    flow: [
      { place: entry.place, label: `'${entry.path}' is asked for on any '${type}'` },
      { place: access.place, label: `'${accessName(access)}' reads what belongs to it` },
    ],
    confidence: "inferred",
    severity: "warning",
    remedy: "compare the parent with the caller first, and answer nothing to anybody else",
  };
}
