/**
 * Guards that ask for the permission which a decorator names, where the caller's own permissions come from too far away
 * to be followed: what was demanded is in the metadata, and that it was asked for says the name of the test.
 */
import type { Fact } from "../../program/facts/facts.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { EntryContext, LinkQueries, Origin } from "../../program/values/origin.js";
import { refusesCallers } from "./guard-strength.js";

/** Metadata that says what the caller must be or may do. */
export const DEMAND = /role|permission|scope|privilege|abilit|polic|access|grant|claim/i;
/** Values that demand nothing of the caller, or no more than that the row is his. */
const OPEN = /(?:^|[._:])(?:public|anonymous|guest|everyone|anyone|any|all|none|owner|self)$/i;
const OWNER = /(?:^|[._:])(?:owner|self)$/i;
const TEST =
  /(?:^|\.)\w*(?:has|have|can|check|may|is|match|verify|validate)\w*(?:permission|role|access|scope|privilege|abilit|allowed|authori[sz]ed|claim)\w*$/i;

const MAX_DEPTH = 3;

/** Whether this entry demands something and a test that is called for it was passed. */
export function asksForDemand(facts: readonly Fact[], context: EntryContext, queries: LinkQueries): boolean {
  return demands(context, queries) && facts.some((fact) => fact.via.some((via) => TEST.test(via.name)));
}

/** Whether decorators demand something of who calls this entry. */
export function demands({ metadata }: EntryContext, queries: LinkQueries): boolean {
  for (const [key, values] of metadata) {
    if (!DEMAND.test(key)) continue;
    if (namesDemands(values, queries)) return true;
  }
  return false;
}

/** Where a decorator lets in whoever owns the row that the entry is about: the key of that metadata, else null. */
export function demandOfOwner({ metadata }: Pick<EntryContext, "metadata">, queries: LinkQueries): string | null {
  for (const [key, values] of metadata) {
    if (!DEMAND.test(key)) continue;
    if (
      values
        .flatMap((value) => [...valuesOf(value, queries)])
        .flatMap(textOf)
        .some((text) => OWNER.test(text))
    )
      return key;
  }
  return null;
}

const READS_METADATA = /^getAllAnd(?:Override|Merge)$|^get(?:Meta)?$/;

/** A guard that reads what decorators say and turns callers away. */
export function refusesByMetadata(fn: FunctionView): boolean {
  return refusesCallers(fn) && Array.from(fn.calls).some((v) => READS_METADATA.test(calleeName(fn, fn.callee(v))));
}

/** A role, a permission or a list of them that asks something of the caller. */
export function namesDemand(value: Origin, queries: LinkQueries): boolean {
  return namesDemands([value], queries);
}

function namesDemands(values: readonly Origin[], queries: LinkQueries): boolean {
  const named = values.flatMap((value) => [...valuesOf(value, queries)]).flatMap(textOf);
  return named.length > 0 && !named.some((text) => OPEN.test(text));
}

/** `["notes:read"]`, `[{ resource: "notes", actions: ["read"] }]` */
function valuesOf(value: Origin, queries: LinkQueries, depth = 0): readonly Origin[] {
  const isHolder = value.kind === "literal" && (value.form === "array" || value.form === "object");
  if (!isHolder || depth >= MAX_DEPTH) return leaves([value]);
  return queries.project(value, ["[]"]).flatMap((inner) => [...valuesOf(inner, queries, depth + 1)]);
}

function textOf(origin: Origin): readonly string[] {
  if (origin.kind === "constant") return typeof origin.value === "string" && origin.value !== "" ? [origin.value] : [];
  return origin.kind === "package" ? [origin.path] : [];
}
