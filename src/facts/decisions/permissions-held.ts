/** Checks that ask what somebody may do: of the permissions that were loaded with a row, of what a step left on the request. */
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";

/** `hasAllPermissions(form.permissions, ["form_delete"])`: what was loaded with the row as what may be done with it. */
export function holdsPermissions({ name, args }: Extract<Fact, { kind: "passed" }>): boolean {
  if (args.length < 2 || !/permission|privilege|abilit/i.test(name)) return false;
  const sides = args.map((arg) => leaves(arg));
  const held = (o: Origin): boolean => o.kind === "source" && o.source === "row" && HELD.test(o.path);
  const demanded = (o: Origin): boolean =>
    o.kind === "literal" || (o.kind === "constant" && typeof o.value === "string");
  return sides.some((side) => side.some(held)) && sides.some((side) => side.length > 0 && side.every(demanded));
}

/** `hasPermission(user, ["order::update"])`: of who calls it is asked what the code names, and nothing of any row. */
export function demandsOfCaller(
  { name, args }: Extract<Fact, { kind: "passed" }>,
  isCaller: (origin: Origin) => boolean,
  queries: LinkQueries,
): boolean {
  if (!/permission|privilege|abilit|role/i.test(name.split(".").at(-1) ?? "")) return false;
  const given = args.map((arg) => elementsOf(arg, queries).filter((o) => o.kind !== "constant" || o.value != null));
  const asked = given.filter((arg) => !arg.some(isCaller));
  return (
    asked.length < given.length &&
    given.every((arg) => asked.includes(arg) || arg.every(isCaller)) &&
    asked.some((arg) => arg.some(isWord)) &&
    asked.every((arg) => arg.every((o) => o.kind === "constant" || isWord(o)))
  );
}

function elementsOf(values: readonly Origin[], queries: LinkQueries): readonly Origin[] {
  return leaves(values).flatMap((o) =>
    o.kind === "literal" && o.form === "array" ? leaves(queries.project(o, ["[]"])) : [o],
  );
}

/** A text, or a member of an enumeration of a package. */
function isWord(origin: Origin): boolean {
  if (origin.kind === "constant") return typeof origin.value === "string";
  return origin.kind === "package" && origin.site === null && /^\w+\.\w+$/.test(origin.path);
}

/** `req.context.permissions.canUpdate(row)`: what a step before left on the request is asked, whose rights it holds. */
export function isAskedOfRights({ name, asked }: Extract<Fact, { kind: "passed" }>): boolean {
  return (
    ABLE.test(name) &&
    leaves(asked ?? []).some((o) => o.kind === "source" && OF_STEPS.has(o.source) && RIGHTS.test(o.path))
  );
}

/** What may be done is in the name: `canCreateTeam`, `user.canDelete`, and no `user.canceledAt`. */
export const ABLE = /(?:^|\.)(?:can|may)[A-Z]\w*$/;
const OF_STEPS: ReadonlySet<string> = new Set(["request", "context", "identity"]);
const RIGHTS = /(?:^|\.)(?:permissions?|abilit(?:y|ies)|acl|rights|privileges?|authz|polic(?:y|ies))$/i;

const HELD = /(?:^|\.)(?:permissions?|privileges?|abilities)(?:\.\[\])?$/i;
