/** How high roles stand that services name alike: who owns a tenant stands above who administers it, and so on down. */

const RANKS: ReadonlyMap<string, number> = new Map(
  [
    ["none", "external", "guest", "anonymous", "viewer", "reader", "readonly", "observer", "subscriber", "spectator"],
    ["member", "user", "editor", "writer", "author", "developer", "contributor", "collaborator", "agent", "employee"],
    ["manager", "maintainer", "moderator", "supervisor", "coordinator", "lead"],
    ["admin", "administrator"],
    ["owner", "founder"],
    ["superadmin", "sysadmin", "superuser", "root", "globaladmin", "platformadmin", "instanceadmin", "siteadmin"],
  ].flatMap((names, rank) => names.map((name): [string, number] => [name, rank])),
);

/** what a role is a role in: `ORG_ADMIN`, `workspace:owner`, `roleManager` */
const WITHIN = /^(?:role|org|organi[sz]ation|team|workspace|project|account|tenant|company|space|group)(?=.)/;

/** The rank of administrators: who has it or a higher one may do nearly everything. */
export const ADMINISTRATORS = 3;

/** How high a role stands among those that are commonly known, null for any other word. */
export function rankOf(role: string): number | null {
  const plain = role.toLowerCase().replaceAll(/[^a-z]/g, "");
  return RANKS.get(plain) ?? RANKS.get(plain.replace(WITHIN, "")) ?? null;
}

/** The lowest rank among roles, null when one of them is not known or there is none. */
export function lowestRank(roles: readonly string[]): number | null {
  const ranks = roles.map(rankOf);
  if (ranks.length === 0 || ranks.some((rank) => rank === null)) return null;
  return Math.min(...ranks.filter((rank) => rank !== null));
}

/** The roles that stand above a rank, the highest first. */
export function rolesAbove(rank: number, roles: readonly string[]): readonly string[] {
  const above = [...new Set(roles)].filter((role) => (rankOf(role) ?? -1) > rank);
  return above.sort((a, b) => (rankOf(b) ?? 0) - (rankOf(a) ?? 0) || (a < b ? -1 : 1));
}
