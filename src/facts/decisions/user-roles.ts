/** Roles that stand on the user itself, and so hold in every tenant, told from roles that somebody has in one of them. */
import type { TenancyModel } from "../../model/data-model.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";

/** who is asked for where the whole service is administered */
const ADMINISTRATORS = /admin|super|root|staff|operator|sysop/i;
const ROLE = /role|privilege/i;
/** what leads from a session to its user; a role behind anything else is a role in that */
const USERS = new Set(["session", "user", "currentuser", "me", "viewer", "caller", "principal", "auth", "req"]);

/** The column of the user, when its role is held against one that names administrators; '' otherwise. */
export function administratorRole(held: Origin, against: readonly Origin[]): string {
  if (held.kind !== "source") return "";
  const path = held.path.split(".").filter((name) => !/^(?:\[\]|\d+)$/.test(name));
  const column = path.at(-1) ?? "";
  if (!ROLE.test(column) || !path.slice(0, -1).every((name) => USERS.has(name.toLowerCase()))) return "";
  const asked = leaves(against).filter((o) => o !== held);
  return asked.length > 0 && asked.every(namesAdministrators) ? column : "";
}

/** `"ADMIN"`, or a member of an enumeration that a package generated: `Role.ADMIN`. */
function namesAdministrators(origin: Origin): boolean {
  if (origin.kind === "constant") return typeof origin.value === "string" && ADMINISTRATORS.test(origin.value);
  return origin.kind === "package" && origin.site === null && ADMINISTRATORS.test(origin.path.split(".").at(-1) ?? "");
}

/** Users of many tenants have such a column of their own: what it says holds in all of them. */
export function isRoleOfUsers(column: string, tenancy: TenancyModel): boolean {
  return column !== "" && (tenancy.userRoles ?? []).includes(column);
}
