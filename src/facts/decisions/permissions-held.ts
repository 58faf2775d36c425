/** Checks that ask what somebody may do: of the permissions that were loaded with a row, of what a step left on the request. */
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";

/** `hasAllPermissions(form.permissions, ["form_delete"])`: what was loaded with the row as what may be done with it. */
export function holdsPermissions({ name, args }: Extract<Fact, { kind: "passed" }>): boolean {
  if (args.length < 2 || !/permission|privilege|abilit/i.test(name)) return false;
  const sides = args.map((arg) => leaves(arg));
  const held = (o: Origin): boolean => o.kind === "source" && o.source === "row" && HELD.test(o.path);
  const demanded = (o: Origin): boolean =>
    o.kind === "literal" || (o.kind === "constant" && typeof o.value === "string");
  return sides.some((side) => side.some(held)) && sides.some((side) => side.length > 0 && side.every(demanded));
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
