/** Roles as values: which words an origin may be, and whether a name is that of a role. */
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";

const MAX_DEPTH = 2;
const MAX_WORDS = 16;

/** Names of columns and variables that say how high somebody stands, or who stands highest. */
export const ROLE_NAME = /roles?$|rank$|level$|permissions?$|is_?(?:super_?)?admin$|is_?owner$|owner(?:_?user)?_?id$/i;

/** What a source or row is read by, last: `member.role` → `role`. */
export function lastName(path: string): string {
  return (
    path
      .split(".")
      .filter((name) => name !== "[]")
      .at(-1) ?? ""
  );
}

/** The words among values: texts, members of enumerations, what lists and objects of them hold. */
export function wordsIn(origins: readonly Origin[], queries: LinkQueries, depth = 0): readonly string[] {
  const found = new Set<string>();
  for (const origin of leaves(origins)) {
    if (found.size >= MAX_WORDS) break;
    if (origin.kind === "constant" && typeof origin.value === "string") found.add(origin.value);
    else if (origin.kind === "package" && origin.site === null) {
      // `MemberRole.ADMIN` of a generated client; a member of the client itself is written in small letters
      const name = lastName(origin.path);
      if (/^[A-Z][A-Z0-9_]+$/.test(name) || /^\w+\.[A-Z]\w+$/.test(origin.path)) found.add(name);
    } else if (origin.kind === "literal" && origin.form !== "template" && origin.form !== "regex" && depth < MAX_DEPTH)
      for (const word of wordsIn(queries.project(origin, ["[]"]), queries, depth + 1)) found.add(word);
  }
  return [...found];
}
