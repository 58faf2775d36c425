/** Which keys a schema lets through to whoever reads what it parsed: the listed ones, anything, or nobody can tell. */
import { PropKind } from "../../model/lowered.js";
import { METHODS_OF_VALUES } from "../../program/linking/builtins.js";
import {
  type LinkQueries,
  type Origin,
  type PackageOrigin,
  type PassedSchema,
  type Site,
  type SourceOrigin,
  UNDEFINED,
} from "../../program/values/origin.js";
import { fieldsOfClass } from "./class-schemas.js";
import { fieldAt, schemaOfElements } from "./schema-choices.js";

export type SchemaNames = ReadonlySet<string> | null | "unknown";

const known = new WeakMap<PackageOrigin, SchemaNames>();

/** Names of the object that the schema describes; null when it lets everything through. */
export function namesOfSchema(callee: PassedSchema["callee"], queries: LinkQueries): SchemaNames {
  if (callee.kind === "instance") return fieldsOfClass(callee, queries);
  let names = known.get(callee);
  if (names === undefined) {
    names = readNames(callee, queries);
    known.set(callee, names);
  }
  return names;
}

/** What the schema drops is not there: `{ userId, ...input }` keeps its own `userId`. */
export function memberBehindSchema(
  origin: SourceOrigin,
  name: string,
  queries: LinkQueries,
): readonly Origin[] | undefined {
  if (origin.source !== "input" || origin.through || name === "[]" || METHODS_OF_VALUES.has(name)) return undefined;
  const described = schemaAt(origin, queries);
  const names = described === null ? "unknown" : namesOfSchema(described, queries);
  return names === null || names === "unknown" || names.has(name) ? undefined : [UNDEFINED];
}

/** What the schema that a value has passed says of it, or of its elements. */
function schemaAt({ schema, path }: SourceOrigin, queries: LinkQueries): PassedSchema["callee"] | null {
  if (schema === undefined || (path !== schema.path && !path.startsWith(`${schema.path}.`))) return null;
  if (schema.callee.kind === "instance") return path === schema.path ? schema.callee : null;
  const inside = path.slice(schema.path.length).split(".");
  const names = inside.filter((name) => name !== "" && name !== "[]");
  const [only, ...others] = fieldAt(schemaOfElements(schema.callee, queries), names, queries);
  return only === undefined || others.length > 0 ? null : schemaOfElements(only, queries);
}

function readNames(callee: PackageOrigin, queries: LinkQueries): SchemaNames {
  const steps: PackageOrigin[] = [];
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    if (step.site !== null) steps.unshift(step);
  }
  let names: SchemaNames = "unknown";
  for (const { path, site } of steps) {
    const name = /(\w+)\(\)$/.exec(path)?.[1] ?? "";
    if (site === null) return "unknown";
    names = afterStep(names, name, site, queries);
    if (names === "unknown") return "unknown";
  }
  return names;
}

/** What is let through once one more step of the schema was taken. */
function afterStep(before: SchemaNames, name: string, site: Site, queries: LinkQueries): SchemaNames {
  if (/^(?:passthrough|loose|looseObject|catchall|any|unknown|record)$/.test(name)) return null;
  if (JOINING.test(name)) return joined(before, name, site, queries);
  if (KEEPING.test(name)) return before;
  if (/^create(?:Insert|Update|Select)Schema$/.test(name)) return namesOfTable(site, queries);
  if (!/^(?:object|strictObject|extend|keys|append|omit|pick)$/.test(name)) return "unknown";
  // `Joi.object().keys({ … })`
  const keys = name === "object" && site.fn.args(site.v).length === 0 ? [] : objectKeys(site, queries);
  if (keys === null) return "unknown";
  if (name === "object" || name === "strictObject") return new Set(keys);
  if (before === null || before === "unknown") return before;
  if (name === "extend" || name === "keys" || name === "append") return new Set([...before, ...keys]);
  return new Set([...before].filter((key) => keys.includes(key) === (name === "pick")));
}

const KEEPING =
  /^(?:partial|required|strict|strip|min|max|length|label|messages?|xor|nand|with|without|when|passthrough|loose|describe|refine|superRefine|optional|nullable|nullish|default|brand|readonly|meta|openapi|register|catch|prefault|nonoptional|check|deepPartial)$/;

const JOINING = /^(?:and|or|merge|intersection|union)$/;

/**
 * `a.and(b)`, `z.intersection(a, b)`: what either of the schemas lets through may be there. Joi's `.and("a", "b")` only
 * says which keys come together.
 */
function joined(before: SchemaNames, name: string, { fn, v, frame }: Site, queries: LinkQueries): SchemaNames {
  const given = Array.from(fn.args(v)).flatMap((arg) => [...queries.evaluate({ fn, v: arg, frame })]);
  const isMethod = name !== "intersection" && name !== "union";
  if (isMethod && given.every((one) => one.kind === "constant")) return before;
  const listed = given.flatMap((one) => (one.kind === "literal" ? [...queries.project(one, ["[]"])] : [one]));
  const others = listed.map((one): SchemaNames => (one.kind === "package" ? namesOfSchema(one, queries) : "unknown"));
  const all = isMethod ? [before, ...others] : others;
  if (all.length === 0 || all.includes("unknown")) return "unknown";
  const names = all.flatMap((one) => (one === null || one === "unknown" ? [] : [...one]));
  return all.includes(null) ? null : new Set(names);
}

/** `createInsertSchema(orders)` of drizzle-zod and its like: all columns of the table. */
function namesOfTable({ fn, v, frame }: Site, queries: LinkQueries): SchemaNames {
  const [first] = fn.args(v);
  const [table, ...others] = first === undefined ? [] : queries.evaluate({ fn, v: first, frame });
  if (table?.kind !== "package" || others.length > 0 || table.site === null) return "unknown";
  if (!/^drizzle-orm\b/.test(table.module)) return "unknown";
  // `sqliteTable("orders", { … })`, `schema.table("orders", { … })`
  const columns = objectKeys(table.site, queries, 1);
  return columns === null ? "unknown" : new Set(columns);
}

/** Keys of an object literal among the arguments; null when they cannot be told. */
function objectKeys({ fn, v, frame }: Site, queries: LinkQueries, position = 0): readonly string[] | null {
  const first = fn.args(v)[position];
  if (first === undefined) return null;
  const [only, ...others] = queries.evaluate({ fn, v: first, frame });
  if (only === undefined || others.length > 0 || only.kind !== "literal" || only.form !== "object") return null;
  const props = [...only.site.fn.props(only.site.v)];
  return props.every((prop) => prop.kind === PropKind.Named) ? props.map((prop) => prop.name) : null;
}
