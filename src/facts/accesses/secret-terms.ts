/** Conditions that name a secret of the row, or of one that belongs to it: a token, an invitation's code. */
import type { DataCall, FilterTerm } from "../../frameworks/data/data-call.js";
import type { TenancyModel } from "../../model/data-model.js";
import { leaves } from "../../program/values/computed-origins.js";
import { isHandedOut } from "../tenancy/tenancy-capabilities.js";

/** @param model of the rows that are sought */
export function namesSecret(term: FilterTerm, model: string, { capabilities }: TenancyModel): boolean {
  if (term.position !== "and") return false;
  // `signers.some.token`: the secret of a row that belongs to the one that is sought
  const [column = "", ...path] = term.column.split(".").reverse();
  if (path.length > 0)
    return isHandedOut(column) || capabilities.some((c) => sameName(c.slice(c.indexOf(".") + 1), column));
  const name = `${term.model || model}.${term.column}`;
  return capabilities.some((c) => sameName(c, name));
}

/** On every way to the rows a secret is asked for that the request has to bring. */
export function asksForSecret({ filter: { alternatives }, model }: DataCall, tenancy: TenancyModel): boolean {
  return (
    alternatives.length > 0 &&
    alternatives.every((terms) => terms.some((term) => namesSecret(term, model, tenancy) && isBrought(term)))
  );
}

function isBrought({ values, vanishes }: FilterTerm): boolean {
  const brought = leaves(values);
  return (
    !vanishes &&
    brought.length > 0 &&
    brought.every((o) => o.kind === "source" && (o.source === "input" || o.source === "credential"))
  );
}

function sameName(a: string, b: string): boolean {
  return a === b || a.replaceAll("_", "").toLowerCase() === b.replaceAll("_", "").toLowerCase();
}
