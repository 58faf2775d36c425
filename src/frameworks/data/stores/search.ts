/** Search engines and stores of vectors: which index is asked, and what limits the documents to the caller's. */
import type { AccessOperation } from "../../../model/facts.js";
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { comparison } from "../builder-filter.js";
import { argumentsOf } from "../builders/knex-steps.js";
import type { DataCall } from "../data-call.js";
import { conjunction, type Reading, toFilter, UNFILTERED } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { ObjectFilterReader } from "../object-filter.js";
import { DOLLAR, OperatorDialect } from "../operator-dialect.js";
import { NOTHING_WRITTEN } from "../written-values.js";
import { attributeOf, fieldOf } from "./dynamodb-keys.js";
import { ElasticDialect, qdrantFilter } from "./elastic-query.js";
import { plainText, textFilter } from "./filter-text.js";

interface Asked {
  readonly index: Site | null;
  readonly reading: Reading;
}

interface Engine {
  readonly name: string;
  readonly module: RegExp;
  /** of what is called, up to the method */
  readonly receiver: RegExp;
  readonly methods: Readonly<Record<string, AccessOperation>>;
  ask(callee: PackageOrigin, site: Site, queries: OriginQueries): Asked;
}

const WHOLE = { prefix: "", model: undefined, relation: false } as const;

const ENGINES: readonly Engine[] = [
  {
    name: "elasticsearch",
    module: /^@(?:elastic\/elasticsearch|opensearch-project\/opensearch)(?:\/.*)?$/,
    receiver: /^(?:\w+\.)?Client\(\)$/,
    methods: {
      search: "read",
      count: "read",
      get: "read",
      getSource: "read",
      delete: "delete",
      update: "update",
      deleteByQuery: "delete",
      updateByQuery: "update",
    },
    ask: askElastic,
  },
  {
    name: "meilisearch",
    module: /^meilisearch$/,
    receiver: /^Meili(?:S|s)earch\(\)\.index\(\)$/,
    methods: { search: "read", getDocument: "read", getDocuments: "read", deleteDocument: "delete" },
    ask: askMeili,
  },
  {
    name: "typesense",
    module: /^typesense$/,
    receiver: /^(?:\w+\.)?Client\(\)\.collections\(\)\.documents\(\)$/,
    methods: { search: "read", retrieve: "read", delete: "delete", update: "update" },
    ask: askTypesense,
  },
  {
    name: "pinecone",
    module: /^@pinecone-database\/pinecone$/,
    receiver: /^Pinecone\(\)\.(?:index|Index)\(\)(?:\.namespace\(\))?$/,
    methods: { query: "read", fetch: "read", deleteOne: "delete", deleteMany: "delete" },
    ask: askPinecone,
  },
  {
    name: "qdrant",
    module: /^@qdrant\/(?:js-client-rest|js-client-grpc)$/,
    receiver: /^QdrantClient\(\)$/,
    methods: { search: "read", query: "read", scroll: "read", retrieve: "read", delete: "delete" },
    ask: askQdrant,
  },
];

export class SearchLayer implements DataLayer {
  constructor(private readonly models: ModelMatcher) {}

  mayCall(name: string): boolean {
    return ENGINES.some((engine) => Object.hasOwn(engine.methods, name));
  }

  isCall(site: Site, callee: Origin): boolean {
    return engineOf(site, callee) !== null;
  }

  isShape(): boolean {
    return false;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    const found = engineOf(site, callee);
    if (found === null || callee.kind !== "package") return null;
    const { engine, method } = found;
    const { index, reading } = engine.ask(callee, site, queries);
    const table = plainText(index, queries);
    const model = this.models.any(table, site.fn.file.path);
    return {
      layer: engine.name,
      model: model?.name ?? table,
      operation: engine.methods[method] ?? "read",
      method,
      site,
      filter: toFilter(reading, site.fn.place(site.v)),
      ...NOTHING_WRITTEN,
      loads: [],
      countOnly: method === "count",
      also: [],
    };
  }

  callbackArguments(): undefined {
    return undefined;
  }
}

function engineOf(site: Site, callee: Origin): { readonly engine: Engine; readonly method: string } | null {
  if (callee.kind !== "package" || site.fn.op(site.v) !== Op.Call) return null;
  const dot = callee.path.lastIndexOf(".");
  const method = callee.path.slice(dot + 1);
  const receiver = callee.path.slice(0, dot);
  const engine = ENGINES.find(
    (one) => one.module.test(callee.module) && Object.hasOwn(one.methods, method) && one.receiver.test(receiver),
  );
  return engine === undefined ? null : { engine, method };
}

/** `search({ index, query })`, `search({ index, body: { query } })`, `get({ index, id })` */
function askElastic(_callee: PackageOrigin, site: Site, queries: OriginQueries): Asked {
  const [options = null] = argumentsOf(site);
  const id = fieldOf(options, "id", queries);
  const query = fieldOf(options, "query", queries) ?? fieldOf(fieldOf(options, "body", queries), "query", queries);
  const readings: Reading[] = id === null ? [] : [comparison("id", "=", queries.evaluate(id), id)];
  if (query !== null) readings.push(new ObjectFilterReader(queries, new ElasticDialect(), site).where(query, WHOLE));
  return { index: fieldOf(options, "index", queries), reading: conjunction(readings) };
}

/** `index("orders").search(text, { filter })`, `getDocument(id)` */
function askMeili(callee: PackageOrigin, site: Site, queries: OriginQueries): Asked {
  const [first = null, second = null] = argumentsOf(site);
  const index = stepOf(callee, ".index()");
  if (/Document$/.test(callee.path)) {
    return { index, reading: first === null ? UNFILTERED : comparison("id", "=", queries.evaluate(first), first) };
  }
  return { index, reading: textFilter(fieldOf(second ?? first, "filter", queries), queries) };
}

/** `collections("orders").documents().search({ filter_by })`, `documents(id).retrieve()` */
function askTypesense(callee: PackageOrigin, site: Site, queries: OriginQueries): Asked {
  const index = stepOf(callee, ".collections()");
  const id = stepOf(callee, ".documents()");
  if (id !== null) return { index, reading: comparison("id", "=", queries.evaluate(id), id) };
  const [options = null] = argumentsOf(site);
  return { index, reading: textFilter(fieldOf(options, "filter_by", queries), queries) };
}

/** `index("orders").namespace(tenant).query({ filter })`: a namespace holds what is one tenant's. */
function askPinecone(callee: PackageOrigin, site: Site, queries: OriginQueries): Asked {
  const [options = null] = argumentsOf(site);
  const space = stepOf(callee, ".namespace()");
  const filter = fieldOf(options, "filter", queries);
  const readings: Reading[] = [];
  if (space !== null) readings.push(attributeOf("pk", space, "=", queries).reading);
  if (filter !== null)
    readings.push(new ObjectFilterReader(queries, new OperatorDialect(DOLLAR), site).where(filter, WHOLE));
  return { index: stepOf(callee, ".index()") ?? stepOf(callee, ".Index()"), reading: conjunction(readings) };
}

function askQdrant(_callee: PackageOrigin, site: Site, queries: OriginQueries): Asked {
  const [index = null, options = null] = argumentsOf(site);
  return { index, reading: qdrantFilter(fieldOf(options, "filter", queries), queries) };
}

/** The first argument of a call on the way to the method. */
function stepOf(callee: PackageOrigin, ending: string): Site | null {
  for (let step: PackageOrigin | null = callee.previous; step !== null; step = step.previous) {
    if (step.site !== null && step.path.endsWith(ending)) return argumentsOf(step.site)[0] ?? null;
  }
  return null;
}
