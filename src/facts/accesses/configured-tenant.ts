/**
 * A row of the one tenant that the configuration names (the vendor's own account, a shared workspace), picked by an id
 * that the request brings: the caller acts as that tenant, on whichever of its rows they like.
 */
import type { DataCall, FilterTerm } from "../../frameworks/data/data-call.js";
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import { isEnvironment } from "../../frameworks/knowledge/auth-level.js";
import type { TenancyModel } from "../../model/data-model.js";
import type { ConfiguredTenant } from "../../model/facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { isTenantKey } from "../tenancy/tenancy.js";
import { calledFrom, isPick } from "./reach-details.js";

const MAX_ROWS = 4;

type Checked = (value: Origin) => boolean;
type Finding = Omit<ConfiguredTenant, "use">;

export class ConfiguredTenants {
  constructor(
    private readonly tenancy: TenancyModel,
    private readonly data: DataRecogniser,
    private readonly queries: LinkQueries,
  ) {}

  /**
   * @param isChecked some check saw the value, whatever it held it against
   * @param handler the function of the entry, in which the call that leads there is what will be repaired
   */
  of(call: DataCall, isChecked: Checked, handler: FunctionView | null): ConfiguredTenant | null {
    const { alternatives } = call.filter;
    if (call.operation === "create" || alternatives.length === 0) return null;
    const found = alternatives.map((terms) => this.#in(terms, isChecked));
    const [first] = found;
    if (first === undefined || first === null || found.includes(null)) return null;
    const called = handler === null ? null : calledFrom(call.site, handler);
    return { ...first, use: called ?? call.site.fn.place(call.site.v) };
  }

  #in(terms: readonly FilterTerm[], isChecked: Checked): Finding | null {
    const inAll = terms.filter(({ position }) => position === "and");
    const tenant = inAll.find(
      (term) => isTenantKey(this.tenancy, last(term.column)) && this.#isConfigured(term.values),
    );
    if (tenant === undefined) return null;
    // beside a key of the caller's own it is no longer anybody's row
    const certain = terms.filter((term) => term.position === "and" || isThere(term, isChecked));
    if (certain.some((term) => term !== tenant && isCallers(term, isChecked))) return null;
    if (terms.some((term) => term !== tenant && isUnread(term))) return null;
    for (const term of inAll) {
      const picked = leaves(term.values).find((o) => isPickedByInput(o) && !isChecked(o));
      if (term !== tenant && picked?.kind === "source") return { column: last(tenant.column), path: picked.path };
    }
    return null;
  }

  /** The environment's, or read off rows that were found by nothing but the environment and constants. */
  #isConfigured(values: readonly Origin[], depth = 0): boolean {
    const given = leaves(values).filter((o) => o.kind !== "constant");
    return given.length > 0 && given.every((o) => isEnvironment(o) || this.#isOfConfiguredRow(o, depth));
  }

  #isOfConfiguredRow(origin: Origin, depth: number): boolean {
    if (origin.kind !== "source" || origin.source !== "row" || origin.site === null || depth > MAX_ROWS) return false;
    const call = this.data.loading(origin.site, this.queries);
    if (call === null || call.filter.alternatives.length === 0) return false;
    return call.filter.alternatives.every((terms) => {
      const values = terms.map((term) => leaves(term.values).filter((o) => o.kind !== "constant"));
      const speaking = values.filter((list) => list.length > 0);
      return speaking.length > 0 && speaking.every((list) => this.#isConfigured(list, depth + 1));
    });
  }
}

/** `if (forOrgId) filters.push(eq(keys.forOrgId, forOrgId))`: for a caller who has one it is there. */
function isThere({ position, when = [] }: FilterTerm, isChecked: Checked): boolean {
  return position === "optional" && when.length > 0 && when.every((value) => isChecked(value));
}

function isCallers(term: FilterTerm, isChecked: Checked): boolean {
  const values = leaves(term.values).filter((o) => o.kind !== "constant");
  return values.some((o) => o.kind !== "source" || o.source !== "row") && values.some(isChecked);
}

/** A key of which nothing is known: it may be the caller's own. */
function isUnread({ column, values }: FilterTerm): boolean {
  return /id$/i.test(last(column)) && leaves(values).some((o) => !isKnown(o));
}

function isKnown(origin: Origin): boolean {
  if (origin.kind === "constant" || origin.kind === "literal") return true;
  return isEnvironment(origin) || (origin.kind === "source" && KNOWN.has(origin.source));
}

const KNOWN: ReadonlySet<string> = new Set(["input", "row", "identity", "config"]);

function isPickedByInput(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "input" && isPick(origin);
}

function last(column: string): string {
  return column.split(".").at(-1) ?? column;
}
