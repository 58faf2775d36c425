/** Fields of a GraphQL schema as entry points: operations by their name, other fields by their type and name. */
import type { Place } from "../../model/place.js";
import { type EntryContext, type Origin, type SourceOrigin, source } from "../../program/values/origin.js";
import { nextOrigin, requestOrigin } from "../arguments.js";
import { parentObject } from "../parent-object.js";
import type { Arguments, RawEntry, RawStep } from "../routing.js";

/** A field with the function that resolves it. */
export interface SchemaField {
  readonly framework: string;
  /** `Query`, `Mutation`, `Subscription`, or the type it belongs to */
  readonly type: string;
  readonly name: string;
  readonly handler: Origin;
  readonly given: Arguments;
  readonly place: Place;
  readonly registration: Place;
  readonly steps: readonly RawStep[];
  readonly group: string;
  readonly incomplete: string;
}

/** Dialect of the object that authorization functions and middleware of resolvers get: `{ root, args, context, info }`. */
export const DATA_DIALECT = "graphql-data";
/** The context is a plain object that services fill: its members are read as those of builders' contexts. */
export const CONTEXT_DIALECT = "builder";

const OPERATIONS: Readonly<Record<string, string>> = {
  Query: "QUERY",
  Mutation: "MUTATION",
  Subscription: "SUBSCRIPTION",
};

/** The object that the context function made. */
export function contextOrigin(context: EntryContext): Origin {
  return requestOrigin(CONTEXT_DIALECT, context);
}

export function inputOrigin(context: EntryContext): Origin {
  return source("input", "args", { context });
}

/** `(parent, args, context, info)`, behind as many leading arguments as the library puts in front. */
export const resolverArguments: Arguments = (context) => [
  [parentObject(context)],
  [inputOrigin(context)],
  [contextOrigin(context)],
  [source("neutral", "info", { context })],
];

/** `(query, parent, args, context, info)`, as resolvers on a data layer's type are called. */
export const queriedArguments: Arguments = (context) => [[source("neutral", "query")], ...resolverArguments(context)];

/** `(resolve, parent, args, context, info)`, as middleware of schemas is called. */
export const resolvingArguments: Arguments = (context) => [[nextOrigin(context)], ...resolverArguments(context)];

/** `({ root, args, context, info }, next)` */
export const dataArguments: Arguments = (context) => [[dataOrigin(context)], [nextOrigin(context)]];

export function dataOrigin(context: EntryContext): Origin {
  return source("context", "", { dialect: DATA_DIALECT, context });
}

/** Members of `{ root, args, context, info }`. */
export function dataMember(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect !== DATA_DIALECT || origin.context === null || origin.path !== "") return undefined;
  if (name === "context") return [contextOrigin(origin.context)];
  if (name === "args") return [inputOrigin(origin.context)];
  return name === "root" ? [parentObject(origin.context)] : [source("neutral", name, { context: origin.context })];
}

/** True for the types whose fields are operations. */
export function isOperation(type: string): boolean {
  return Object.hasOwn(OPERATIONS, type);
}

export function entryOf(field: SchemaField): RawEntry {
  const { type, name } = field;
  const operation = isOperation(type) ? OPERATIONS[type] : undefined;
  const path = operation === undefined ? `${type}.${name}` : name;
  return {
    transport: "graphql",
    framework: field.framework,
    method: operation ?? "FIELD",
    path,
    handler: field.handler,
    handlerName: `${type}.${name}`,
    given: field.given,
    place: field.place,
    registration: field.registration,
    steps: field.steps,
    nearMisses: [],
    metadata: new Map(),
    group: field.group,
    publicMarker: null,
    incomplete: field.incomplete,
  };
}
