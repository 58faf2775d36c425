/** Which keys an access writes with values from the request: to the tenant, an owner, a parent, any other row. */
import type { DataCall, RelatedRows, WrittenColumn } from "../../frameworks/data/data-call.js";
import type { DataModel, Scoping, TenancyModel } from "../../model/data-model.js";
import type { WrittenKey } from "../../model/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import { isTenantKey, normalizeKey, scopingOf } from "../tenancy/tenancy.js";
import type { Ledger } from "./ledger.js";

type Source = Extract<Origin, { kind: "source" }>;
type Target = Pick<WrittenKey, "column" | "role" | "references">;

/** Data models by the names that accesses use. */
export class ModelIndex {
  readonly #models: ReadonlyMap<string, DataModel>;

  constructor(models: readonly DataModel[]) {
    this.#models = new Map(models.map((model) => [model.name, model]));
  }

  /** Keys of a model that lead to rows which belong to somebody. */
  keysOf(name: string, tenancy: TenancyModel): readonly Target[] {
    const scoping = scopingOf(tenancy, name);
    if (scoping === undefined) return [];
    const own = ownKeys(scoping, tenancy);
    const model = this.#models.get(name);
    const further = (model?.columns ?? []).flatMap(({ name: column, references: declared }): Target[] => {
      const references = declared === "" && isChosenTenant(column, tenancy) ? tenancy.root : declared;
      return references === "" || own.some((key) => same(key.column, column)) || !belongs(references, tenancy)
        ? []
        : [{ column, role: "reference", references }];
    });
    return [...own, ...further];
  }

  modelOf(name: string): DataModel | undefined {
    return this.#models.get(name);
  }

  primaryOf(name: string): readonly string[] {
    return (this.#models.get(name)?.columns ?? []).filter((column) => column.primary).map((column) => column.name);
  }
}

/** `activeOrganizationId`: the tenant that somebody works in, without a relation in the schema. */
function isChosenTenant(column: string, tenancy: TenancyModel): boolean {
  const [, name = ""] = /^(?:active|current|selected)_?(\w+)$/i.exec(column) ?? [];
  return name !== "" && isTenantKey(tenancy, name);
}

function ownKeys(scoping: Scoping, tenancy: TenancyModel): readonly Target[] {
  const parents = scoping.kind === "parent" || scoping.kind === "column" ? (scoping.parents ?? []) : [];
  const columns = scoping.kind === "column" ? scoping.columns : [];
  return [
    ...columns.map(({ column, role, references }): Target => ({ column, role, references })),
    ...parents
      .filter(({ column, model }) => column !== "" && belongs(model, tenancy))
      .map(({ column, model }): Target => ({ column, role: "parent", references: model })),
  ];
}

/** Rows of the model belong to somebody; users are invited and assigned by those who do not own them. */
export function belongs(model: string, tenancy: TenancyModel): boolean {
  const scoping = scopingOf(tenancy, model);
  return scoping !== undefined && scoping.kind !== "global" && model !== tenancy.user;
}

/** Keys written with a value from the request that nothing verified, and that is not verified where it is given. */
export function unverifiedKeys(
  call: DataCall,
  ledger: Ledger,
  tenancy: TenancyModel,
  models: ModelIndex,
  ifPresent: (value: Origin, written: WrittenColumn) => boolean,
): readonly WrittenKey[] {
  if (call.model === "") return [];
  const rows: readonly RelatedRows[] = [{ model: call.model, written: call.written }, ...(call.madeAlong ?? [])];
  return rows.flatMap((row) => [...keysIn(row, ledger, tenancy, models, ifPresent)]);
}

function* keysIn(
  { model, written: columns }: RelatedRows,
  ledger: Ledger,
  tenancy: TenancyModel,
  models: ModelIndex,
  ifPresent: (value: Origin, written: WrittenColumn) => boolean,
): Generator<WrittenKey> {
  if (columns.length === 0) return;
  const keys = models.keysOf(model, tenancy).filter((key) => key.role !== "owner");
  for (const written of columns) {
    const key = keys.find((one) => same(one.column, written.column)) ?? linkedRows(written, tenancy);
    const value = key === undefined ? undefined : foreignValue(written, ledger);
    if (key === undefined || value === undefined || ifPresent(value, written)) continue;
    if (ledger.isPerhapsOwn(value)) continue;
    if (isHeldWithTenant(key.column, models.modelOf(model), columns, ledger)) continue;
    if (namesOnlyWithin(models.modelOf(key.references), columns, ledger)) continue;
    if (written.within?.some((values) => isVerified(values, ledger)) === true) continue;
    yield { ...key, path: value.path, place: written.place };
  }
}

/**
 * `dataset Dataset @relation(fields: [datasetId, projectId], references: [id, projectId])`: the database takes the key
 * only together with the tenant that is written beside it, and that one is the caller's.
 */
function isHeldWithTenant(
  column: string,
  model: DataModel | undefined,
  written: readonly WrittenColumn[],
  ledger: Ledger,
): boolean {
  const relation = model?.relations.find(({ columns }) => columns.length > 1 && columns.some((c) => same(c, column)));
  const beside = relation?.columns.filter((c) => !same(c, column)) ?? [];
  return beside.some((other) => {
    return isVerified(written.find((one) => same(one.column, other))?.values ?? [], ledger);
  });
}

/**
 * `@@id([id, projectId])` of the row that is meant: its id names one only together with a tenant, and beside the key the
 * caller's own is written.
 */
function namesOnlyWithin(target: DataModel | undefined, written: readonly WrittenColumn[], ledger: Ledger): boolean {
  if (target === undefined || target.columns.some(({ name, unique }) => unique && OWN_ID.test(name))) return false;
  const keys = target.uniques.filter((names) => names.some((name) => OWN_ID.test(name)));
  const isWritten = (name: string): boolean =>
    !OWN_ID.test(name) && isVerified(written.find(({ column }) => same(column, name))?.values ?? [], ledger);
  return keys.length > 0 && keys.every((names) => names.some(isWritten));
}

const OWN_ID = /^_?(?:id|uuid)$/i;

function isVerified(values: readonly Origin[], ledger: Ledger): boolean {
  const parts = leaves(values);
  return parts.length > 0 && parts.every((value) => ledger.verified(value) !== null);
}

/** `policies: { connect: [{ id }] }`: rows that are put into a list of the row. */
function linkedRows({ column, linksTo }: WrittenColumn, tenancy: TenancyModel): Target | undefined {
  if (linksTo === undefined || !belongs(linksTo, tenancy)) return undefined;
  return { column, role: "reference", references: linksTo };
}

function foreignValue(written: WrittenColumn, ledger: Ledger): Source | undefined {
  const values = leaves(written.values);
  return values.find(
    (value): value is Source =>
      value.kind === "source" &&
      value.source === "input" &&
      value.path !== "" &&
      !MEMBER_OF_HEADER.test(value.path) &&
      ledger.verified(value) === null,
  );
}

/** a header is text: what has members was kept there by the server, under a key that could not be read */
const MEMBER_OF_HEADER = /^headers\.[^.]+\./;

export function same(a: string, b: string): boolean {
  return a === b || normalizeKey(a) === normalizeKey(b);
}
