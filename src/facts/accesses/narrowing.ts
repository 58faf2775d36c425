/** Reads within the caller's tenant that are narrowed to what belongs to some row of it. */
import type { DataCall, FilterTerm } from "../../frameworks/data/data-call.js";
import type { TenancyModel } from "../../model/data-model.js";
import { leaves } from "../../program/values/computed-origins.js";
import { isIdentity } from "../decisions/decisions.js";
import { isOwnerKey } from "../tenancy/tenancy.js";
import type { Ledger } from "./ledger.js";
import type { ModelIndex } from "./written-keys.js";

/** `where: { teamId: user.teamId, collectionId }`: which collections of the team the caller may see is another question. */
export function narrowedByInput(call: DataCall, ledger: Ledger, models: ModelIndex, tenancy: TenancyModel): boolean {
  if (call.operation !== "read") return false;
  const keys = models.keysOf(call.model, tenancy).filter(({ role }) => role === "parent" || role === "reference");
  return call.filter.alternatives.some(
    (terms) =>
      !showsWhatCallerMaySee(terms, tenancy) &&
      terms.some(
        ({ column, position, values }) =>
          // who leaves the condition out sees all of it anyway
          position === "and" &&
          keys.some((key) => key.column === column) &&
          leaves(values).some((o) => o.kind === "source" && o.source === "input" && ledger.verified(o) === null),
      ),
  );
}

/** `OR: [{ visibility: { in: visibleTo(role) } }, { userId: me }]`: the rows themselves say who may see them. */
function showsWhatCallerMaySee(terms: readonly FilterTerm[], tenancy: TenancyModel): boolean {
  return terms.some(
    ({ column, position, values }) =>
      (position === "and" || position === "or") && isOwnerKey(tenancy, column) && leaves(values).some(isIdentity),
  );
}
