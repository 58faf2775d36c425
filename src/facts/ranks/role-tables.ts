/**
 * Tables of what each role may do (`{ OWNER: ["members:remove", …], ADMIN: […] }`), as checks look them up by the caller's
 * role: which of the roles a check lets through that is told what for.
 */
import { rankOf } from "../../base/role-ranks.js";
import { Op, PropKind } from "../../model/lowered.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { lastName } from "./role-values.js";

type Passed = Extract<Fact, { kind: "passed" }>;
type Literal = Extract<Origin, { kind: "literal" }>;

const MAX_VALUES = 600;
const MAX_DEPTH = 5;
const MAX_WORDS = 400;

/** The roles whose entries hold everything that the check was told and that the table knows; empty without such a table. */
export function rolesByTable({ check, args }: Passed, queries: LinkQueries): readonly string[] {
  if (check === undefined || check.fn.valueCount > MAX_VALUES) return [];
  const { fn } = check;
  const told = new Set<string>();
  collect(args.flat(), told, queries, 0);
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Index) continue;
    for (const table of queries.evaluate({ fn, v: fn.a(v), frame: null })) {
      const roles = table.kind === "literal" && table.form === "object" ? entriesOf(table, queries) : [];
      const asked = [...told].filter((word) => roles.some(({ words }) => words.has(word)));
      if (roles.length < 2 || asked.length === 0) continue;
      return roles.filter(({ words }) => asked.every((word) => words.has(word))).map(({ role }) => role);
    }
  }
  return [];
}

interface Entry {
  readonly role: string;
  readonly words: ReadonlySet<string>;
}

/** Empty where a key is no role that is commonly known. */
function entriesOf(table: Literal, queries: LinkQueries): readonly Entry[] {
  const { fn, v, frame } = table.site;
  const found: Entry[] = [];
  for (const prop of fn.props(v)) {
    const role = prop.kind === PropKind.Named ? prop.name : computedName(queries.evaluate({ fn, v: prop.key, frame }));
    if (rankOf(role) === null) return [];
    const words = new Set<string>();
    collect(queries.evaluate({ fn, v: prop.value, frame }), words, queries, 0);
    found.push({ role, words });
  }
  return found;
}

/** `[Role.ADMIN]: …` */
function computedName([only, ...others]: readonly Origin[]): string {
  if (only === undefined || others.length > 0) return "";
  if (only.kind === "constant") return String(only.value);
  return only.kind === "package" ? lastName(only.path) : "";
}

/** All texts in a value, in the lists and objects it holds. */
function collect(origins: readonly Origin[], words: Set<string>, queries: LinkQueries, depth: number): void {
  if (depth > MAX_DEPTH || words.size > MAX_WORDS) return;
  for (const origin of leaves(origins)) {
    if (origin.kind === "constant" && typeof origin.value === "string") words.add(origin.value);
    else if (origin.kind === "package" && origin.site === null && origin.path.includes("."))
      words.add(lastName(origin.path));
    if (origin.kind !== "literal" || (origin.form !== "object" && origin.form !== "array")) continue;
    const { fn, v, frame } = origin.site;
    const parts = origin.form === "object" ? [...fn.props(v)].map((prop) => prop.value) : [...fn.list(fn.a(v))];
    for (const part of parts) {
      const item = fn.op(part) === Op.Spread ? fn.a(part) : part;
      collect(queries.evaluate({ fn, v: item, frame }), words, queries, depth + 1);
    }
  }
}
