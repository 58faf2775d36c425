/** Which accesses of an entry point touch data that belongs to somebody, and how to say so. */
import type { Scoping } from "../../src/model/data-model.js";
import type { Access, EntryPoint, Reach } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import { oncePerRun } from "./once-per-run.js";
import { reachesBy } from "./reaches.js";
import { isMemberOfNoPerson, isRoleOfNoPerson } from "./role-holders.js";
import { listed } from "./wording.js";

export interface ReachedAccess {
  readonly access: Access;
  readonly reach: Reach;
}

/** Looks up how models are scoped; models that the manifest calls global are nobody's. */
export class TenantData {
  private readonly scopings = new Map<string, Scoping>();
  private readonly reachedBy = new Map<number, readonly ReachedAccess[]>();
  private readonly input: RuleInput;

  constructor(input: RuleInput) {
    this.input = input;
    for (const scoping of input.facts.tenancy.scopings) {
      if (scoping.kind !== "global") this.scopings.set(scoping.model, scoping);
    }
    for (const global of input.policy.policy.tenancy.global) this.scopings.delete(global.name);
  }

  scopingOf(model: string): Scoping | null {
    return this.scopings.get(model) ?? null;
  }

  holds(model: string): boolean {
    return this.scopings.has(model);
  }

  /** A bank account whose entries the project keeps: it is written down there, and no money moves by it. */
  isBookkeeping(model: string): boolean {
    if (!/bank_?accounts?$/i.test(model)) return false;
    return this.input.facts.models.some(
      ({ name, columns }) =>
        /transactions?$|statements?$|balances?$|entr(?:y|ies)$/i.test(name) &&
        columns.some((column) => /^bank_?account_?id$/i.test(column.name)),
    );
  }

  /** A role that customers keep for what calls them, and that says nothing of what people may do here. */
  isRoleOfNoPerson(model: string): boolean {
    return isRoleOfNoPerson(model, this.input.facts);
  }

  /** In a project where no model was found to be the tenant: that which members are written to be members of. */
  isJoined(model: string, members: readonly ReachedAccess[]): boolean {
    const { models, tenancy } = this.input.facts;
    if (tenancy.root !== "" || model === tenancy.user) return false;
    const joins = (member: string): boolean =>
      models.some(({ name, columns }) => name === member && columns.some(({ references }) => references === model));
    return members.length > 0 && members.every(({ access }) => joins(access.model));
  }

  isMemberOfNoPerson(model: string): boolean {
    return isMemberOfNoPerson(model, this.input.facts);
  }

  /** Everything this entry reaches, with the verdict on its own path. */
  reached(entry: EntryPoint, index: number): readonly ReachedAccess[] {
    let known = this.reachedBy.get(index);
    if (known === undefined) {
      known = this.reachedOf(entry, index);
      this.reachedBy.set(index, known);
    }
    return known;
  }

  private reachedOf(entry: EntryPoint, index: number): readonly ReachedAccess[] {
    const found: ReachedAccess[] = [];
    for (const at of entry.accesses) {
      const access = this.input.facts.accesses[at];
      if (access === undefined) continue;
      const [reach] = reachesBy(access, index);
      if (reach !== undefined) found.push({ access, reach });
    }
    return found;
  }

  /** The accesses on tenant data that nothing ties to a tenant, an owner or a secret. */
  exposed(entry: EntryPoint, index: number): ReachedAccess[] {
    return this.reached(entry, index).filter(
      ({ access, reach }) =>
        this.holds(access.model) &&
        reach.binding.verdict !== "bound" &&
        reach.binding.verdict !== "not-scoped" &&
        !countsAll(access),
    );
  }

  /** One sentence on why rows of the model belong to somebody. */
  why(model: string): string {
    const scoping = this.scopingOf(model);
    if (scoping === null) return "";
    switch (scoping.kind) {
      case "root":
        return `'${model}' is the tenant itself`;
      case "column":
        return columnReason(scoping.model, scoping.columns);
      case "parent":
        return `'${model}' belongs to a tenant through its parent ${listed(scoping.parents.map((link) => link.model))}`;
      case "grant":
        return `who may see a row of '${model}' stands in ${listed(scoping.grants.map((link) => link.model))}`;
      case "global":
        return "";
    }
  }
}

export const tenantData = oncePerRun((input) => new TenantData(input));

/** How many rows there are in the whole service: a number that is nobody's, as long as the request narrows it by nothing. */
export function countsAll({ operation, method, conjuncts }: Access): boolean {
  if (operation !== "read" || !/^(?:count|estimatedDocumentCount|countDocuments)$/.test(method)) return false;
  return conjuncts.every(({ values }) => values.every(({ source }) => source === "constant" || source === "config"));
}

function columnReason(model: string, columns: Extract<Scoping, { kind: "column" }>["columns"]): string {
  const first = columns.find((column) => column.role === "tenant") ?? columns[0];
  if (first === undefined) return "";
  const because = first.why === "" ? "" : ` (${first.why})`;
  return `'${model}' belongs to ${first.role === "tenant" ? "a tenant" : "an owner"} through '${first.column}'${because}`;
}

/** `Order.update`, or the method alone where the model is unknown. */
export function accessName(access: Access): string {
  return access.model === "" ? access.method : `${access.model}.${access.method}`;
}
