/** Object types of a schema that is written as classes: which field leads to which type. */
import { MemberKind } from "../../model/lowered.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { infoOf, placeOfClass } from "../classes/classes.js";
import { type Applied, decorationsOf, find } from "../classes/decorators.js";
import { argumentOrigin, itemsOfOrigins } from "../classes/values.js";
import type { NestProject } from "./project.js";

const GRAPHQL = "@nestjs/graphql";

/** `@Field(() => User) author` of the classes that are object types. */
export function addTypeFields(project: NestProject): void {
  const { classes, queries } = project;
  for (const ref of project.all) {
    if (find(classes.decorationsOf(ref).applied, GRAPHQL, "ObjectType", "InterfaceType") === undefined) continue;
    const { name, members } = infoOf(ref);
    for (const member of members) {
      if (member.kind !== MemberKind.Field || member.decorators.length === 0) continue;
      const { applied } = decorationsOf(ref, member.decorators, placeOfClass(ref), queries);
      const field = find(applied, GRAPHQL, "Field");
      const yields = field === undefined ? "" : yieldedType(field, queries);
      if (yields !== "") project.typeFields.push({ type: name, name: member.name, yields });
    }
  }
}

/** `@Query(() => [Order])` yields Order; '' when the decorator does not say. */
export function yieldedType(applied: Applied, queries: LinkQueries): string {
  const first = argumentOrigin(applied.call, 0, queries);
  return first?.kind === "function" ? namedType(first, queries) : "";
}

/** `Order`, `() => Order`, `() => [Order]`; '' for scalars and what cannot be read. */
export function namedType(origin: Origin, queries: LinkQueries): string {
  const of: readonly Origin[] = origin.kind === "function" ? queries.returnsOf(origin.fn) : [origin];
  for (const one of of) {
    const items = one.kind === "literal" ? itemsOfOrigins([one], one.site, queries).map((item) => item.origin) : [one];
    const named = items.find((item) => item.kind === "class");
    if (named?.kind === "class") return named.file.lowered.classes[named.index].name;
  }
  return "";
}
