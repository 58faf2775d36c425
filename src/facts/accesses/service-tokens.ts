/**
 * Tokens that the service keeps in its database for programs that run the installation: the row names no tenant and no
 * user that it stands for, at most who made it. Whoever presents one is a machine of the service.
 */
import type { TenancyModel } from "../../model/data-model.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { isIdentity } from "../decisions/decisions.js";
import { isOwnerKey, isTenantKey, scopingOf } from "../tenancy/tenancy.js";
import type { ModelIndex } from "./written-keys.js";

const MAKER = /creat|issued|made|added/i;
const SECRET = /token|secret|key|hash/i;

/** All that is known of the caller is such a token. */
export function holdsServiceToken(
  facts: readonly Fact[],
  tenancy: TenancyModel,
  models: ModelIndex,
  analysis: Analysis,
): boolean {
  let held = false;
  for (const origin of facts.flatMap((fact) => (fact.kind === "present" ? fact.of : []))) {
    if (isIdentity(origin)) return false;
    if (origin.kind !== "source" || origin.source !== "row" || origin.site === null) continue;
    const model = modelFoundByCredential(origin.site, analysis);
    if (model === null) continue;
    if (!standsForNobody(model, tenancy, models)) return false;
    held = true;
  }
  return held;
}

/** The model of the row, when it was found by nothing but what the caller presented. */
function modelFoundByCredential(site: Site, { data, queries }: Analysis): string | null {
  const call = data.loading(site, queries);
  if (call === null || call.model === "") return null;
  const { alternatives } = call.filter;
  const found = alternatives.every((terms) => {
    const sought = terms.filter((term) => term.position === "and" && SECRET.test(term.column));
    const values = sought.flatMap((term) => [...leaves(term.values)]).filter((o) => o.kind !== "constant");
    return values.length > 0 && values.every(isCredential);
  });
  return alternatives.length > 0 && found ? call.model : null;
}

function isCredential(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "credential";
}

function standsForNobody(name: string, tenancy: TenancyModel, models: ModelIndex): boolean {
  const model = models.modelOf(name);
  // a key that stands in the row of a user or of a tenant is theirs
  if (model === undefined || name === tenancy.user || scopingOf(tenancy, name)?.kind === "root") return false;
  return model.columns.every((column) => {
    const key = column.references !== "" || isTenantKey(tenancy, column.name) || isOwnerKey(tenancy, column.name);
    return !key || MAKER.test(column.name);
  });
}
