/** Firestore: `db.collection("orders").where("orgId", "==", x).get()`, `doc(id)`, and the path that leads to a document. */
import type { AccessOperation } from "../../../model/facts.js";
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { comparison } from "../builder-filter.js";
import { builderSteps } from "../builder-steps.js";
import type { DataCall } from "../data-call.js";
import { conjunction, negation, optional, type Reading, toFilter, UNFILTERED, UNREAD } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { methodOn } from "../receiver-method.js";
import { NOTHING_WRITTEN, writtenValues } from "../written-values.js";
import { argumentsOf } from "./knex-steps.js";

const OPERATIONS: ReadonlyMap<string, AccessOperation> = new Map([
  ["get", "read"],
  ["count", "read"],
  ["onSnapshot", "read"],
  ["add", "create"],
  ["create", "create"],
  ["set", "update"],
  ["update", "update"],
  ["delete", "delete"],
]);
const MODULE = /^(?:firebase-admin(?:\/.*)?|@google-cloud\/firestore|firebase\/firestore)$/;
const HANDLE = /\.(?:collection|collectionGroup|doc)\(\)/;
const STEP = /^(?:collection|collectionGroup|doc|where)$/;

const SHAPE = { module: MODULE, receiver: HANDLE };

export class FirestoreLayer implements DataLayer {
  constructor(private readonly models: ModelMatcher) {}

  mayCall(name: string): boolean {
    return OPERATIONS.has(name);
  }

  isCall(site: Site, callee: Origin): boolean {
    return OPERATIONS.has(methodOn(SHAPE, site, callee));
  }

  isShape(): boolean {
    return false;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    if (callee.kind !== "package" || !this.isCall(site, callee)) return null;
    const method = site.fn.memberName(site.fn.callee(site.v));
    const operation = OPERATIONS.get(method) ?? "read";
    const path = pathOf(callee, site, queries);
    const model = this.models.any(path.collection, site.fn.file.path);
    const creates = operation === "create";
    const [data] = argumentsOf(site);
    return {
      layer: "firestore",
      model: model?.name ?? path.collection,
      operation,
      method,
      site,
      filter: toFilter(creates ? UNFILTERED : conjunction(path.readings), site.fn.place(site.v)),
      ...(operation === "read" || data === undefined ? NOTHING_WRITTEN : writtenValues([data], queries, model)),
      loads: [],
      countOnly: method === "count",
      also: [],
    };
  }

  callbackArguments(): undefined {
    return undefined;
  }
}

interface DocumentPath {
  readonly collection: string;
  readonly readings: readonly Reading[];
}

/** Collections and ids on the way: an id of an outer collection limits what is found below it. */
function pathOf(callee: PackageOrigin, use: Site, queries: OriginQueries): DocumentPath {
  let path: DocumentPath = { collection: "", readings: [] };
  for (const step of builderSteps(callee, use, STEP)) {
    const [first, second, third] = argumentsOf(step.site);
    if (first === undefined) continue;
    if (step.name === "where") {
      const reading = third === undefined ? UNREAD : whereReading(first, second, third, queries);
      path = { ...path, readings: [...path.readings, step.conditional ? optional(reading) : reading] };
    } else path = step.name === "doc" ? onDocument(path, first, queries) : onCollection(path, first, queries);
  }
  return path;
}

/** `.doc(id)`, or `db.doc("orders/…")` with the collection before it. */
function onDocument({ collection, readings }: DocumentPath, key: Site, queries: OriginQueries): DocumentPath {
  const parts = collection === "" ? segments(key, queries) : [];
  if (parts.length < 2)
    return { collection, readings: [...readings, comparison("id", "=", queries.evaluate(key), key)] };
  const holder = named(parts.at(-2)?.values ?? []);
  return { collection: holder || collection, readings: [...readings, ...ids(parts)] };
}

/** `.collection("orders")`: what was said before is now said of the collection above. */
function onCollection({ collection, readings }: DocumentPath, name: Site, queries: OriginQueries): DocumentPath {
  const parts = segments(name, queries);
  return {
    collection: named(parts.at(-1)?.values ?? []) || collection,
    readings: [...readings.map((reading) => below(reading, collection)), ...ids(parts)],
  };
}

/** `id` of `tenants` becomes `tenantsId`: a key of what lies below. */
function below(reading: Reading, above: string): Reading {
  const alternatives = reading.alternatives.map((terms) =>
    terms.map((term) =>
      term.column === "id" && above !== "" ? { ...term, column: `${above.replace(/s$/, "")}Id` } : term,
    ),
  );
  return { alternatives, known: reading.known };
}

interface Segment {
  readonly values: readonly Origin[];
  readonly site: Site;
}

/** `` `tenants/${tenantId}/orders` `` as its parts. */
function segments(site: Site, queries: OriginQueries): readonly Segment[] {
  const { fn, v, frame } = site;
  if (fn.op(v) !== Op.Template) {
    const values = queries.evaluate(site);
    const text = named(values);
    if (!text.includes("/")) return [{ values, site }];
    return text.split("/").map((part) => ({ values: [{ kind: "constant", value: part }] as const, site }));
  }
  return Array.from(fn.list(fn.a(v))).flatMap((item, index): readonly Segment[] => {
    if (index % 2 === 1) return [{ values: queries.evaluate({ fn, v: item, frame }), site }];
    const parts = fn
      .text(item)
      .split("/")
      .filter((part) => part !== "");
    return parts.map((part) => ({ values: [{ kind: "constant", value: part }] as const, site }));
  });
}

/** Every second part of a path is the id of a document in the collection named before it. */
function ids(parts: readonly Segment[]): readonly Reading[] {
  return parts.flatMap((part, index) => {
    if (index % 2 === 0) return [];
    const own = index === parts.length - 1;
    const above = named(parts[index - 1]?.values ?? []);
    return [comparison(own ? "id" : `${above.replace(/s$/, "")}Id`, "=", part.values, part.site)];
  });
}

function whereReading(field: Site, operator: Site | undefined, value: Site, queries: OriginQueries): Reading {
  const column = named(queries.evaluate(field));
  const word = operator === undefined ? "==" : named(queries.evaluate(operator));
  const values = queries
    .evaluate(value)
    .flatMap((o) => (o.kind === "literal" && o.form === "array" ? queries.project(o, ["[]"]) : [o]));
  if (column === "") return UNREAD;
  const reading = comparison(column, WORDS.get(word) ?? word, values, value);
  return word === "!=" || word === "not-in" ? negation(reading) : reading;
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["==", "="],
  ["in", "in"],
  ["array-contains", "contains"],
  ["array-contains-any", "overlap"],
]);

function named(origins: readonly Origin[]): string {
  const [only] = origins;
  return only?.kind === "constant" && typeof only.value === "string" ? only.value : "";
}
