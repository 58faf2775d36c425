/** DynamoDB: commands of the third SDK that are sent, and the document clients whose methods are called. */
import type { AccessOperation } from "../../../model/facts.js";
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { argumentsOf } from "../builders/knex-steps.js";
import type { DataCall } from "../data-call.js";
import { conjunction, type Reading, toFilter, UNFILTERED } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { NOTHING_WRITTEN, writtenValues } from "../written-values.js";
import { expressionReading } from "./dynamodb-expressions.js";
import { fieldOf, type ItemKey, keyOf, plainItem, tableOf } from "./dynamodb-keys.js";

/** What a command, or the method of that name, does; `batch` ones hold several in a form of their own. */
const OPERATIONS: ReadonlyMap<string, AccessOperation> = new Map([
  ["get", "read"],
  ["query", "read"],
  ["scan", "read"],
  ["put", "create"],
  ["update", "update"],
  ["delete", "delete"],
]);
const COMMAND = /^(Get|Query|Scan|Put|Update|Delete)(?:Item)?Command\(\)$/;
const METHOD = /^(get|query|scan|put|update|delete)(?:Item)?$/;
const CLIENT =
  /^(?:DynamoDBDocument\.from\(\)|DynamoDBDocument\(\)|DynamoDB\(\)|DynamoDB\.DocumentClient\(\)|DocumentClient\(\))$/;
const MODULE = /^(?:@aws-sdk\/(?:lib|client)-dynamodb|aws-sdk(?:\/clients\/dynamodb)?)$/;

export class DynamoLayer implements DataLayer {
  constructor(private readonly models: ModelMatcher) {}

  mayCall(name: string): boolean {
    return name === "send" || METHOD.test(name);
  }

  isCall(site: Site, callee: Origin, queries: OriginQueries): boolean {
    return requestOf(site, callee, queries) !== null;
  }

  isShape(): boolean {
    return false;
  }

  /** `client.get(params).promise()` of the second SDK */
  continues(name: string): boolean {
    return name === "promise";
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    const request = requestOf(site, callee, queries);
    if (request === null) return null;
    const { method, input } = request;
    const operation = OPERATIONS.get(method) ?? "read";
    const key = keyOf(fieldOf(input, "Key", queries), queries);
    const expressions = ["KeyConditionExpression", "FilterExpression", "ConditionExpression"].map((name) =>
      expressionReading(input, name, queries),
    );
    const item = operation === "create" ? plainItem(fieldOf(input, "Item", queries), queries) : null;
    const table = tableOf(fieldOf(input, "TableName", queries), queries) || labelOf(key, expressions, item, queries);
    const model = this.models.any(table, site.fn.file.path);
    const name = model?.name ?? table;
    return {
      layer: "dynamodb",
      model: name,
      operation,
      method,
      site,
      filter: toFilter(
        filterOf(operation, [key.reading, ...expressions.map((one) => one.reading)]),
        site.fn.place(site.v),
      ),
      ...(item === null ? NOTHING_WRITTEN : writtenValues([item], queries, model)),
      // whoever's it is, an item with the same key is replaced
      ...(operation === "create" ? { upsertsByKey: true } : {}),
      loads: [],
      countOnly: false,
      also: [],
    };
  }

  callbackArguments(): undefined {
    return undefined;
  }
}

interface Request {
  readonly method: string;
  readonly input: Site | null;
}

/** The operation and its input: of the command that is sent, or of the method itself. */
function requestOf(site: Site, callee: Origin, queries: OriginQueries): Request | null {
  if (callee.kind !== "package" || site.fn.op(site.v) !== Op.Call || !MODULE.test(callee.module)) return null;
  const [first] = argumentsOf(site);
  const dot = callee.path.lastIndexOf(".");
  const name = callee.path.slice(dot + 1);
  if (name === "send") {
    const command = first === undefined ? undefined : queries.evaluate(first).find(isCommand);
    const made = command?.kind === "package" ? COMMAND.exec(command.path) : null;
    if (command?.kind !== "package" || command.site === null || made === null) return null;
    const [input] = argumentsOf(command.site);
    return { method: made[1].toLowerCase(), input: input ?? null };
  }
  const own = METHOD.exec(name);
  if (own === null || !CLIENT.test(callee.path.slice(0, dot))) return null;
  return { method: own[1], input: first ?? null };
}

function isCommand(origin: Origin): origin is PackageOrigin {
  return origin.kind === "package" && MODULE.test(origin.module) && COMMAND.test(origin.path);
}

function filterOf(operation: AccessOperation, readings: readonly (Reading | null)[]): Reading {
  if (operation === "create") return UNFILTERED;
  return conjunction(readings.map((reading) => reading ?? UNFILTERED));
}

/** Tables that hold everything: what stands before the id says what it is of. */
function labelOf(
  key: ItemKey,
  expressions: readonly { readonly label: string }[],
  item: Site | null,
  queries: OriginQueries,
): string {
  const written = item === null ? "" : keyOf(item, queries).label;
  return key.label || expressions.map((one) => one.label).find((label) => label !== "") || written;
}
