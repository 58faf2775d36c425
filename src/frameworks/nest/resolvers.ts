/** GraphQL resolvers: operations, and fields that only run below an operation. */
import type { LinkQueries } from "../../program/values/origin.js";
import type { DecoratedClass, Method } from "../classes/classes.js";
import { type Applied, find, isFrom } from "../classes/decorators.js";
import { argumentOrigin, argumentSites, type ClassRef, classKey, property, textOf } from "../classes/values.js";
import type { Application } from "./applications.js";
import { addTypeFields, namedType, yieldedType } from "./object-types.js";
import type { NestProject } from "./project.js";

const GRAPHQL = "@nestjs/graphql";
const OPERATIONS: Readonly<Record<string, string>> = {
  Query: "QUERY",
  Mutation: "MUTATION",
  Subscription: "SUBSCRIPTION",
};
const FIELDS: ReadonlySet<string> = new Set(["ResolveField", "ResolveProperty", "ResolveReference"]);

/** Adds the operations and fields of all resolvers. */
export function addResolvers(project: NestProject): void {
  addTypeFields(project);
  const resolvers = project.all.filter(
    (ref) => find(project.classes.decorationsOf(ref).applied, GRAPHQL, "Resolver") || providesOperations(ref, project),
  );
  const extended = new Set(resolvers.flatMap((ref) => project.classes.read(ref).chain.slice(1).map(classKey)));
  for (const ref of resolvers) {
    if (extended.has(classKey(ref)) && project.modulesOf(ref).length === 0) continue;
    const cls = project.classes.read(ref);
    const [app] = project.applicationsOf(ref);
    if (app === undefined) continue;
    for (const method of project.classes.methods(cls)) addMethod(cls, method, app, project);
  }
}

/** Nest asks the methods of every provider, so a class without `@Resolver()` is one as well. */
function providesOperations(ref: ClassRef, project: NestProject): boolean {
  if (project.modulesOf(ref).length === 0) return false;
  return project.classes
    .methods(project.classes.read(ref))
    .some(({ decorations }) =>
      decorations.applied.some((applied) => isFrom(applied, GRAPHQL) && Object.hasOwn(OPERATIONS, applied.name)),
    );
}

function addMethod(cls: DecoratedClass, method: Method, app: Application, project: NestProject): void {
  for (const applied of method.decorations.applied) {
    if (!isFrom(applied, GRAPHQL)) continue;
    const operation = Object.hasOwn(OPERATIONS, applied.name) ? OPERATIONS[applied.name] : undefined;
    if (operation === undefined && !FIELDS.has(applied.name)) continue;
    const name = fieldName(applied, method, project.queries);
    const type = operation ?? typeName(cls, project.queries);
    const yields = yieldedType(applied, project.queries);
    if (yields !== "") project.typeFields.push({ type, name, yields });
    const guarded = operation !== undefined || project.guardsFields;
    if (!guarded) reportGuards(cls, method, name, project);
    project.add(cls, method, app, {
      transport: "graphql",
      method: operation ?? "FIELD",
      path: operation === undefined ? `${type}.${name}` : name,
      type: "graphql",
      route: { method: "POST", path: "/graphql", controller: "" },
      guarded,
      globallyGuarded: guarded,
      before: project.directives(applied.name in OPERATIONS ? applied.name : type, name),
      incomplete: "",
    });
  }
}

/** The name that a decorator gives: a text in front, or the `name` of its options. */
function fieldName(applied: Applied, method: Method, queries: LinkQueries): string {
  if (applied.name === "ResolveReference") return "__resolveReference";
  if (applied.call === null) return method.name;
  for (const site of argumentSites(applied.call)) {
    for (const origin of queries.evaluate(site)) {
      const name = textOf(origin) ?? textOf(property(origin, "name", queries));
      if (name !== null) return name;
    }
  }
  return method.name;
}

/** `@Resolver(() => Team)` is about Team. */
function typeName(cls: DecoratedClass, queries: LinkQueries): string {
  const resolver = find(cls.own.applied, GRAPHQL, "Resolver") ?? find(cls.applied, GRAPHQL, "Resolver");
  const first = argumentOrigin(resolver?.call ?? null, 0, queries);
  return first === undefined ? cls.name : namedType(first, queries) || textOf(first) || cls.name;
}

function reportGuards(cls: DecoratedClass, method: Method, name: string, project: NestProject): void {
  for (const step of project.steps.decorated(method.decorations.applied).steps) {
    const type = typeName(cls, project.queries);
    project.fieldFaults.push({
      type,
      fault: {
        kind: "field-not-guarded",
        name: step.name,
        place: step.place,
        note: `${type}.${name} is a field: guards run on fields only with fieldResolverEnhancers: ['guards']`,
      },
    });
  }
}
