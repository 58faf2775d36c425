/** What implements a service of a protocol of calls: an object, a module, an instance of a class. */
import { MemberKind } from "../../model/lowered.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { keysOf } from "../object-keys.js";

/** Names of the methods that an implementation has; of an instance, those that others may call. */
export function methodsOfService(implementation: Origin, queries: LinkQueries): readonly string[] {
  if (implementation.kind !== "instance") return keysOf(implementation, queries);
  return implementation.file.lowered.classes[implementation.index].members.flatMap((member) =>
    !member.static &&
    member.access === "public" &&
    (member.kind === MemberKind.Method || member.kind === MemberKind.Field)
      ? [member.name]
      : [],
  );
}

/** `orders.v1.OrderService.service` by its last name: what a path starts with. */
export function nameOfService(written: string): string {
  return (
    written
      .replace(/\.service$/, "")
      .split(".")
      .at(-1) ?? ""
  );
}
