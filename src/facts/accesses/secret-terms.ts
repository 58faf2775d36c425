/** Conditions that name a secret of the row, or of one that belongs to it: a token, an invitation's code. */
import type { DataCall, FilterTerm } from "../../frameworks/data/data-call.js";
import type { TenancyModel } from "../../model/data-model.js";
import { leaves } from "../../program/values/computed-origins.js";
import { isHandedOut } from "../tenancy/tenancy-capabilities.js";
import { plainName } from "./null-tests.js";

/** @param model of the rows that are sought */
export function namesSecret(term: FilterTerm, model: string, tenancy: TenancyModel): boolean {
  if (term.position !== "and") return false;
  const { names, columns } = secretsOf(tenancy);
  // `signers.some.token`: the secret of a row that belongs to the one that is sought
  const [column = "", ...path] = term.column.split(".").reverse();
  if (path.length > 0) return isHandedOut(column) || columns.has(plainName(column));
  return names.has(plainName(`${term.model || model}.${term.column}`));
}

interface SecretNames {
  readonly names: ReadonlySet<string>;
  readonly columns: ReadonlySet<string>;
}

/** by the tenancy that they are of; each ledger asks about each row that was found */
const secrets = new WeakMap<TenancyModel, SecretNames>();

function secretsOf(tenancy: TenancyModel): SecretNames {
  let known = secrets.get(tenancy);
  if (known === undefined) {
    const names = tenancy.capabilities.map(plainName);
    known = { names: new Set(names), columns: new Set(names.map((name) => name.slice(name.indexOf(".") + 1))) };
    secrets.set(tenancy, known);
  }
  return known;
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
