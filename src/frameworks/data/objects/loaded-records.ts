/**
 * Rows that write themselves: documents of Mongoose, instances of Sequelize and of Lucid, loaded or made before.
 * https://mongoosejs.com/docs/documents.html, https://sequelize.org/docs/v6/core-concepts/model-instances/
 */
import type { DataModel } from "../../../model/data-model.js";
import type { AccessOperation } from "../../../model/facts.js";
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, Site, SourceOrigin } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { argumentsOf } from "../builders/knex-steps.js";
import type { DataCall, FilterTerm } from "../data-call.js";
import type { DataLayer } from "../layer.js";
import { entityWrites } from "../typeorm-writes.js";
import { NOTHING_WRITTEN, writtenValues } from "../written-values.js";

const OPERATIONS: ReadonlyMap<string, AccessOperation> = new Map([
  ["save", "update"],
  ["update", "update"],
  ["updateOne", "update"],
  ["updateAttributes", "update"],
  ["destroy", "delete"],
  ["deleteOne", "delete"],
  ["delete", "delete"],
  ["remove", "delete"],
]);
const LAYERS: ReadonlySet<string> = new Set(["mongoose", "sequelize", "lucid"]);

/** The data call that a row was loaded by. */
export type LoadingCall = (site: Site, queries: OriginQueries) => DataCall | null;

export class RecordLayer implements DataLayer {
  constructor(
    private readonly models: ModelMatcher,
    private readonly loadedBy: LoadingCall,
  ) {}

  mayCall(name: string): boolean {
    return OPERATIONS.has(name);
  }

  /** Without the call that loaded it nothing is known of a row. */
  isCall(site: Site, callee: Origin, queries: OriginQueries): boolean {
    const record = recordOf(site, callee);
    return record !== null && this.#loading(record, queries) !== null;
  }

  isShape(): boolean {
    return false;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    const record = recordOf(site, callee);
    const loading = record === null ? null : this.#loading(record, queries);
    if (record === null || loading === null) return null;
    const { method, operation, row } = record;
    const model = this.models.any(loading.model, site.fn.file.path);
    const key = keyTerm(row, site, model);
    const { alternatives } = loading.filter;
    return {
      layer: loading.layer,
      model: loading.model,
      operation,
      method,
      site,
      // it is the row that was found, and whoever knows whose that one is knows whose this is
      filter: {
        ...loading.filter,
        alternatives: alternatives.length === 0 ? [[key]] : alternatives.map((terms) => [...terms, key]),
      },
      ...writtenBy(method, site, model, queries),
      loads: [],
      countOnly: false,
      also: [],
    };
  }

  callbackArguments(): undefined {
    return undefined;
  }

  /** The read that the row came from, when rows of its library write themselves. */
  #loading(record: LoadedRecord, queries: OriginQueries): DataCall | null {
    const loading = this.loadedBy(record.site, queries);
    return loading !== null && LAYERS.has(loading.layer) && loading.operation === "read" ? loading : null;
  }
}

interface LoadedRecord {
  readonly method: string;
  readonly operation: AccessOperation;
  readonly row: SourceOrigin;
  /** the call that loaded it */
  readonly site: Site;
}

function recordOf({ fn, v }: Site, callee: Origin): LoadedRecord | null {
  if (callee.kind !== "source" || callee.source !== "row" || callee.site === null || fn.op(v) !== Op.Call) return null;
  const operation = OPERATIONS.get(callee.path);
  if (operation === undefined || (callee.site.fn === fn && callee.site.v === v)) return null;
  return { method: callee.path, operation, row: { ...callee, path: "" }, site: callee.site };
}

/** The row is picked by its own key. */
export function keyTerm(row: SourceOrigin, site: Site, model: DataModel | undefined): FilterTerm {
  const column = model?.columns.find((one) => one.primary)?.name ?? "_id";
  const values: readonly Origin[] = [{ ...row, path: column }];
  return {
    column,
    model: "",
    operator: "=",
    position: "and",
    values,
    vanishes: false,
    place: site.fn.place(site.v),
  };
}

function writtenBy(
  method: string,
  site: Site,
  model: DataModel | undefined,
  queries: OriginQueries,
): Pick<DataCall, "written" | "writtenWhole" | "enteredAt"> {
  const { fn, v, frame } = site;
  if (method !== "save") {
    const [data] = OPERATIONS.get(method) === "update" ? argumentsOf(site) : [];
    return data === undefined ? NOTHING_WRITTEN : writtenValues([data], queries, model);
  }
  const receiver: Site = { fn, v: fn.a(fn.callee(v)), frame };
  const { written, whole, enteredAt } = entityWrites(receiver, site, model, queries);
  return { written, writtenWhole: whole, enteredAt };
}
