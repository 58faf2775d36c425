/** Calls that take query text, by package: drivers, tags, and the raw doors of object mappers. */
import { Op } from "../../model/lowered.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../program/values/origin.js";
import { argumentsOf } from "./builders/knex-steps.js";
import { boundStatement } from "./d1.js";
import { fieldsOf, shapeOf } from "./literals.js";
import { isConditionCall, isSqlShape, isTextCall } from "./sql-shapes.js";
import type { SqlRequest } from "./sql-values.js";

type Form =
  /** `query(text, values)` or `query({ text, values })` */
  | "values"
  /** `all(text, a, b)` */
  | "rest"
  /** `prepare(text).all(a, b)`: the text is the argument of the step before */
  | "prepared"
  /** `prepare(text).bind(a, b).first()` */
  | "bound"
  /** a tagged template, or a call that is given one */
  | "tag";

interface Door {
  readonly layer: string;
  readonly module: RegExp;
  readonly path: RegExp;
  readonly form: Form;
}

const METHODS = new Set(
  (
    "query execute raw unsafe all get run exec any one many maybeOne oneFirst manyFirst first none oneOrNone " +
    "manyOrNone values iterate each $queryRaw $executeRaw $queryRawUnsafe $executeRawUnsafe command"
  ).split(" "),
);

const DOORS: readonly Door[] = [
  {
    layer: "pg",
    module: /^(?:pg|pg-pool|@neondatabase\/serverless|@vercel\/postgres|pg-promise)$/,
    path: /\.(?:query|any|one|many|none|oneOrNone|manyOrNone|result)$/,
    form: "values",
  },
  { layer: "pg", module: /^(?:@neondatabase\/serverless|@vercel\/postgres)$/, path: /^(?:neon\(\)|sql)$/, form: "tag" },
  {
    layer: "mysql",
    module: /^(?:mysql|mysql2|mysql2\/promise|mariadb)$/,
    path: /\.(?:query|execute)$/,
    form: "values",
  },
  { layer: "postgres", module: /^postgres$/, path: /^(?:postgres)?\(\)$|^(?:Sql|TransactionSql)\(\)$/, form: "tag" },
  { layer: "postgres", module: /^postgres$/, path: /\.unsafe$/, form: "values" },
  {
    layer: "slonik",
    module: /^slonik$/,
    path: /\.(?:query|any|one|many|maybeOne|oneFirst|manyFirst|exists)$/,
    form: "tag",
  },
  {
    layer: "sqlite",
    module: /^(?:better-sqlite3|bun:sqlite|node:sqlite|libsql)$/,
    path: /\.(?:prepare|query)\(\)\.(?:all|get|run|iterate|values)$/,
    form: "prepared",
  },
  {
    layer: "d1",
    module: /^cloudflare:d1$/,
    path: /^database\.prepare\(\)(?:\.bind\(\))?\.(?:all|first|run|raw)$/,
    form: "bound",
  },
  { layer: "sqlite", module: /^(?:sqlite|sqlite3|expo-sqlite)$/, path: /\.(?:all|get|run|each)$/, form: "values" },
  { layer: "libsql", module: /^@libsql\/client/, path: /\.execute$/, form: "values" },
  { layer: "clickhouse", module: /^@clickhouse\/client/, path: /\.(?:query|command|exec)$/, form: "values" },
  { layer: "prisma", module: /./, path: /\.\$(?:query|execute)Raw$/, form: "tag" },
  { layer: "prisma", module: /./, path: /\.\$(?:query|execute)RawUnsafe$/, form: "rest" },
  { layer: "typeorm", module: /^typeorm$/, path: /\(\)\.query$/, form: "values" },
  {
    layer: "sequelize",
    module: /^(?:sequelize|sequelize-typescript|@sequelize\/core)$/,
    path: /\.query$/,
    form: "values",
  },
  { layer: "knex", module: /^knex$/, path: /\(\)\.raw$/, form: "values" },
  { layer: "drizzle", module: /^drizzle-orm\//, path: /^drizzle\(\)\.(?:execute|all|get|run|values)$/, form: "tag" },
];

/** Names a call must have for anything here to be asked; a tag has no member name. */
export function isSqlMethod(name: string, site: Site): boolean {
  if (site.fn.op(site.v) === Op.Tagged || METHODS.has(name) || name === "result" || name === "exists") return true;
  return isTextCall(site) || isConditionCall(name, site);
}

export function isSqlCall(callee: Origin, site: Site): boolean {
  if (callee.kind !== "package") return isSqlShape(site);
  return doorOf(callee, site) !== undefined || isTextCall(site) || isConditionDoor(callee, site);
}

/** The text and values of a call; null when the callee takes none. */
export function sqlRequestOf(callee: Origin, site: Site, queries: OriginQueries): SqlRequest | null {
  const { fn, v, frame } = site;
  const at = (value: number): Site => ({ fn, v: value, frame });
  const method = fn.memberName(fn.callee(v)) || "sql";
  if (callee.kind !== "package") {
    if (callee.kind === "function" || callee.kind === "class" || !isSqlShape(site)) return null;
    if (method.startsWith("$")) return rawRequest(site, "prisma", method);
    if (fn.op(v) === Op.Tagged) return rawRequest(site, "sql", method);
    return valuesRequest(site, "sql", method, queries);
  }
  const door = doorOf(callee, site);
  if (door === undefined) {
    if (isConditionDoor(callee, site)) return conditionRequest(site, method);
    return isTextCall(site) ? valuesRequest(site, "sql", method, queries) : null;
  }
  if (fn.op(v) === Op.Tagged) {
    const name = lastName(callee.path);
    return { layer: door.layer, method: name === "" ? "sql" : name, text: at(v), values: null, rest: [] };
  }
  const args = Array.from(fn.args(v), at);
  const [first, ...rest] = args;
  if (door.form === "prepared") {
    const prepared = callee.previous?.site ?? null;
    const text = prepared === null ? undefined : prepared.fn.args(prepared.v)[0];
    if (prepared === null || text === undefined) return null;
    return { layer: door.layer, method, text: { ...prepared, v: text }, ...givenValues(args) };
  }
  if (door.form === "bound") {
    const statement = boundStatement(callee);
    const [text] = statement === null ? [] : argumentsOf(statement.prepared);
    if (statement === null || text === undefined) return null;
    return {
      layer: door.layer,
      method,
      text,
      values: null,
      rest: statement.bound === null ? [] : argumentsOf(statement.bound),
    };
  }
  if (first === undefined) return null;
  if (door.form === "values") return valuesRequest(site, door.layer, method, queries);
  return { layer: door.layer, method, text: first, values: null, rest: door.form === "rest" ? rest : [] };
}

/** `all(1, 2)` gives positions, `all({ id })` names. */
function givenValues(args: readonly Site[]): Pick<SqlRequest, "values" | "rest"> {
  const [only] = args;
  if (only !== undefined && args.length === 1) {
    const shape = shapeOf(only);
    const op = shape.kind === "plain" ? shape.site.fn.op(shape.site.v) : Op.Undefined;
    if (op === Op.Object || op === Op.Array) return { values: only, rest: [] };
  }
  return { values: null, rest: args };
}

function rawRequest(site: Site, layer: string, method: string): SqlRequest | null {
  const { fn, v, frame } = site;
  if (fn.op(v) === Op.Tagged) return { layer, method, text: site, values: null, rest: [] };
  const [text, ...rest] = Array.from(fn.args(v), (value): Site => ({ fn, v: value, frame }));
  return text === undefined ? null : { layer, method, text, values: null, rest };
}

/** `query(text, values)`, `query({ text, values })`, `query({ query, query_params })`, `execute({ sql, args })`. */
function valuesRequest(site: Site, layer: string, method: string, queries: OriginQueries): SqlRequest | null {
  const { fn, v, frame } = site;
  const [first, second] = fn.args(v);
  if (first === undefined) return null;
  const text: Site = { fn, v: first, frame };
  const values: Site | null = second === undefined ? null : { fn, v: second, frame };
  const { fields } = fieldsOf(text, queries, null);
  const given = fields.find((field) => /^(?:text|sql|query)$/.test(field.name));
  if (given === undefined) return { layer, method, text, values, rest: [] };
  const inner = fields.find((field) => /^(?:values|args|query_params|params|bind|replacements)$/.test(field.name));
  return { layer, method, text: given.site, values: inner?.site ?? values, rest: [] };
}

/** Mappers that are given a table, the words after WHERE and the values. */
const CONDITION_MAPPERS = /^redbean-node$/;

function isConditionDoor(callee: PackageOrigin, site: Site): boolean {
  return CONDITION_MAPPERS.test(callee.module) && isConditionCall(site.fn.memberName(site.fn.callee(site.v)), site);
}

/** `findOne("note", "id = ? AND user_id = ?", [id, user])`, `load("note", id)` as the statements they run. */
function conditionRequest(site: Site, method: string): SqlRequest | null {
  const { fn, v, frame } = site;
  const [table, condition, values] = Array.from(fn.args(v), (value): Site => ({ fn, v: value, frame }));
  if (table === undefined) return null;
  const given = { layer: "sql", method, text: table, values: values ?? null, rest: [] };
  if (method !== "load") return { ...given, around: { before: SELECTING, condition: condition ?? null } };
  const by = condition === undefined ? [] : [condition];
  return { ...given, rest: by, around: { before: SELECTING, condition: "id = ?" } };
}

const SELECTING = "select * from ";

function doorOf(callee: PackageOrigin, site: Site): Door | undefined {
  const tagged = site.fn.op(site.v) === Op.Tagged;
  return DOORS.find(
    (door) => door.module.test(callee.module) && door.path.test(callee.path) && (!tagged || door.form === "tag"),
  );
}

function lastName(path: string): string {
  return /\.([$\w]+)$/.exec(path)?.[1] ?? "";
}

/** The client with which a driver calls the function of a transaction. */
export function sqlTransaction(callee: Origin): readonly (readonly Origin[])[] | undefined {
  if (callee.kind !== "package" || callee.previous === null) return undefined;
  if (callee.module === "postgres" && /\.(?:begin|savepoint)$/.test(callee.path)) return [[callee.previous]];
  if (callee.module === "slonik" && /\.(?:transaction|connect)$/.test(callee.path)) return [[callee.previous]];
  if (callee.module === "pg-promise" && /\.(?:tx|task)$/.test(callee.path)) return [[callee.previous]];
  return undefined;
}
