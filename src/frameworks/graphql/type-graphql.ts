/** type-graphql: operations and fields of resolver classes, with the checker and the middleware around them. */
import { type EntryContext, type LinkQueries, type Origin, source } from "../../program/values/origin.js";
import { ClassReader, type DecoratedClass, instanceOf, type Method } from "../classes/classes.js";
import { type Applied, find, isFrom } from "../classes/decorators.js";
import { decoratedArguments, madeDecorator } from "../classes/parameters.js";
import { argumentOrigin, argumentSites, classKey, property, textOf } from "../classes/values.js";
import { parentObject } from "../parent-object.js";
import type { AdapterInput, RawStep } from "../routing.js";
import { contextOrigin, dataOrigin, inputOrigin, type SchemaField } from "./fields.js";
import { SchemaSettings } from "./type-graphql-settings.js";

const MODULE = "type-graphql";
const OPERATIONS: ReadonlySet<string> = new Set(["Query", "Mutation", "Subscription"]);
const FIELDS: ReadonlySet<string> = new Set(["FieldResolver", "Field"]);
const MAKERS: ReadonlySet<string> = new Set(["createParamDecorator", "createParameterDecorator"]);

/** The fields of all resolver classes, and of object types whose fields are methods. */
export function typeGraphqlFields(
  input: AdapterInput,
  before: (file: string) => readonly RawStep[],
): readonly SchemaField[] {
  const { index, queries, program } = input;
  if (!index.imports(MODULE)) return [];
  const classes = new ClassReader(queries);
  const settings = new SchemaSettings(index, queries, classes);
  const found: SchemaField[] = [];
  const extended = new Set<string>();
  const all: DecoratedClass[] = [];
  for (const file of program.files) {
    for (let i = 0; i < file.lowered.classes.length; i += 1) {
      const cls = classes.read({ kind: "class", file, index: i, frame: null });
      if (find(cls.applied, MODULE, "Resolver", "ObjectType", "InterfaceType") === undefined) continue;
      all.push(cls);
      for (const parent of cls.chain.slice(1)) extended.add(classKey(parent));
    }
  }
  for (const cls of all) {
    if (extended.has(classKey(cls.ref)) && find(cls.own.applied, MODULE, "Resolver") === undefined) continue;
    for (const method of classes.methods(cls)) {
      found.push(...fieldsOf(cls, method, settings, before(cls.ref.file.path), queries));
    }
  }
  return found;
}

function fieldsOf(
  cls: DecoratedClass,
  method: Method,
  settings: SchemaSettings,
  before: readonly RawStep[],
  queries: LinkQueries,
): readonly SchemaField[] {
  return method.decorations.applied.flatMap((applied): readonly SchemaField[] => {
    if (!isFrom(applied, MODULE)) return [];
    const operation = OPERATIONS.has(applied.name);
    if (!operation && !FIELDS.has(applied.name)) return [];
    const { owner, member } = method;
    const [unread] = [...method.decorations.unread, ...cls.own.unread];
    return [
      {
        framework: MODULE,
        type: operation ? applied.name : typeName(cls, queries),
        name: fieldName(applied, method, queries),
        handler: { kind: "function", fn: owner.file.fn(member.fn), frame: owner.frame, self: instanceOf(cls.ref) },
        given: decoratedArguments(method, queries, (a, context) => parameter(a, context, queries)),
        place: method.place,
        registration: method.place,
        steps: [...before, ...settings.stepsOf(cls, method)],
        group: `${cls.ref.file.path}#${cls.name}`,
        incomplete: unread === undefined ? "" : `a decorator could not be read: ${unread}`,
      },
    ];
  });
}

/** `@Query(() => [Order], { name: "orders" })` */
function fieldName(applied: Applied, method: Method, queries: LinkQueries): string {
  for (const site of applied.call === null ? [] : argumentSites(applied.call)) {
    for (const origin of queries.evaluate(site)) {
      const name = textOf(property(origin, "name", queries));
      if (name !== null) return name;
    }
  }
  return method.name;
}

/** `@Resolver(() => Team)` is about Team; an object type is about itself. */
function typeName(cls: DecoratedClass, queries: LinkQueries): string {
  const resolver = find(cls.own.applied, MODULE, "Resolver") ?? find(cls.applied, MODULE, "Resolver");
  const first = argumentOrigin(resolver?.call ?? null, 0, queries);
  const of: readonly Origin[] =
    first?.kind === "function" ? queries.returnsOf(first.fn) : first === undefined ? [] : [first];
  const named = of.find((o) => o.kind === "class");
  return named?.kind === "class" ? named.file.lowered.classes[named.index].name : cls.name;
}

function parameter(applied: Applied, context: EntryContext, queries: LinkQueries): readonly Origin[] | null {
  const made = madeDecorator(applied, MAKERS, () => [[dataOrigin(context)]], queries);
  if (made !== null) return made;
  if (!isFrom(applied, MODULE)) return null;
  const name = textOf(argumentOrigin(applied.call, 0, queries));
  switch (applied.name) {
    case "Arg":
      return [source("input", name === null ? "args" : `args.${name}`, { context })];
    case "Args":
      return [inputOrigin(context)];
    case "Ctx":
      return name === null ? [contextOrigin(context)] : queries.project(contextOrigin(context), [name]);
    case "Root":
      return [parentObject(context)];
    case "Info":
    case "PubSub":
      return [source("neutral", "info", { context })];
    default:
      return null;
  }
}
