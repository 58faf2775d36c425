/**
 * What MikroORM writes when its unit of work is flushed: rows handed to `persist`, `remove` and `assign`.
 * https://mikro-orm.io/docs/unit-of-work, https://mikro-orm.io/docs/entity-helper
 */
import type { DataModel } from "../../../model/data-model.js";
import type { AccessOperation } from "../../../model/facts.js";
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { comparison } from "../builder-filter.js";
import { argumentsOf } from "../builders/knex-steps.js";
import type { DataCall, Filter } from "../data-call.js";
import { toFilter, UNFILTERED } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { entityName } from "../typeorm-entities.js";
import { entityWrites } from "../typeorm-writes.js";
import { NOTHING_WRITTEN, type WrittenValues, writtenValues } from "../written-values.js";
import { keyTerm, type LoadingCall } from "./loaded-records.js";
import { classOf, isManager, isRepository, keyOf, MIKRO } from "./mikro.js";

const OPERATIONS: ReadonlyMap<string, AccessOperation> = new Map([
  ["persist", "create"],
  ["persistAndFlush", "create"],
  ["persistLater", "create"],
  ["assign", "update"],
  ["remove", "delete"],
  ["removeAndFlush", "delete"],
  ["removeLater", "delete"],
]);

/** A row as it is handed over: which model's, by which filter it was picked. */
interface Handed {
  readonly model: string;
  readonly filter: Filter;
}

export class MikroUnitLayer implements DataLayer {
  constructor(
    private readonly models: ModelMatcher,
    private readonly loadedBy: LoadingCall,
  ) {}

  mayCall(name: string): boolean {
    return OPERATIONS.has(name);
  }

  isCall(site: Site, callee: Origin, queries: OriginQueries): boolean {
    return this.read(site, callee, queries) !== null;
  }

  isShape(): boolean {
    return false;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    if (callee.kind !== "package" || site.fn.op(site.v) !== Op.Call || !MIKRO.test(callee.module)) return null;
    const dot = callee.path.lastIndexOf(".");
    const method = callee.path.slice(dot + 1);
    const operation = OPERATIONS.get(method);
    if (operation === undefined) return null;
    const [entity, data] = handedTo(site, callee, callee.path.slice(0, dot));
    if (entity === undefined) return null;
    const handed = operation === "create" ? this.#made(entity, site, queries) : this.#picked(entity, site, queries);
    if (handed === null) return null;
    const model = this.models.named(handed.model, site.fn.file.path);
    return {
      layer: "mikro-orm",
      model: handed.model,
      operation,
      method,
      site,
      filter: handed.filter,
      ...this.#written(operation, entity, data, { site, model, queries }),
      loads: [],
      countOnly: false,
      also: [],
    };
  }

  callbackArguments(): undefined {
    return undefined;
  }

  /** `em.persist(new Note(…))`: what `em.create` makes is a call of its own. */
  #made(entity: Site, site: Site, queries: OriginQueries): Handed | null {
    for (const origin of queries.evaluate(entity)) {
      if (origin.kind !== "instance") continue;
      const name = entityName(origin);
      if (this.models.named(name, site.fn.file.path) === undefined) continue;
      return { model: name, filter: toFilter(UNFILTERED, site.fn.place(site.v)) };
    }
    return null;
  }

  /** A row that was loaded before, or one that is only referred to by its key. */
  #picked(entity: Site, site: Site, queries: OriginQueries): Handed | null {
    for (const origin of queries.evaluate(entity)) {
      if (origin.kind === "package") {
        const handed = this.#referred(origin, site, queries);
        if (handed !== null) return handed;
      }
      if (origin.kind !== "source" || origin.source !== "row" || origin.site === null || origin.path !== "") continue;
      const loading = this.loadedBy(origin.site, queries);
      if (loading?.layer !== "mikro-orm" || loading.operation !== "read") continue;
      const key = keyTerm(origin, site, this.models.named(loading.model, site.fn.file.path));
      const { alternatives } = loading.filter;
      // it is the row that was found, and whoever knows whose that one is knows whose this is
      const terms = alternatives.length === 0 ? [[key]] : alternatives.map((one) => [...one, key]);
      return { model: loading.model, filter: { ...loading.filter, alternatives: terms } };
    }
    return null;
  }

  /** `em.getReference(Note, id)` */
  #referred({ module, path, site: made }: PackageOrigin, site: Site, queries: OriginQueries): Handed | null {
    if (!MIKRO.test(module) || made === null || !/\.getReference\(\)$/.test(path)) return null;
    const [entity, key] = argumentsOf(made);
    const name = classOf(entity, queries);
    if (key === undefined || name === "") return null;
    const model = this.models.named(name, site.fn.file.path);
    const term = comparison(keyOf(model), "=", queries.evaluate(key), key, { vanishes: false });
    return { model: model?.name ?? name, filter: toFilter(term, key.fn.place(key.v)) };
  }

  #written(
    operation: AccessOperation,
    entity: Site,
    data: Site | undefined,
    { site, model, queries }: { site: Site; model: DataModel | undefined; queries: OriginQueries },
  ): WrittenValues & Pick<DataCall, "enteredAt"> {
    if (operation === "update") return data === undefined ? NOTHING_WRITTEN : writtenValues([data], queries, model);
    if (operation === "delete") return NOTHING_WRITTEN;
    const { written, whole, enteredAt } = entityWrites(entity, site, model, queries);
    return { written, writtenWhole: whole, enteredAt };
  }
}

/** `em.remove(row)`, `repository.assign(row, data)`, `wrap(row).assign(data)` */
function handedTo(site: Site, callee: PackageOrigin, receiver: string): readonly Site[] {
  const args = argumentsOf(site);
  if (isManager(receiver) || isRepository(receiver)) return args;
  const wrapping = /^wrap\(\)$/.test(receiver) ? (callee.previous?.site ?? null) : null;
  return wrapping === null ? [] : [...argumentsOf(wrapping).slice(0, 1), ...args];
}
