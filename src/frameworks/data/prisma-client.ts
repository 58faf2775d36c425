/** Which calls are calls of a Prisma client: by the package that made the client, or by the written shape. */
import type { DataModel } from "../../model/data-model.js";
import type { AccessOperation } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, OriginQueries, Site } from "../../program/values/origin.js";

const OPERATIONS: ReadonlyMap<string, AccessOperation> = new Map([
  ["findUnique", "read"],
  ["findUniqueOrThrow", "read"],
  ["findFirst", "read"],
  ["findFirstOrThrow", "read"],
  ["findMany", "read"],
  ["count", "read"],
  ["aggregate", "read"],
  ["groupBy", "read"],
  ["create", "create"],
  ["createMany", "create"],
  ["createManyAndReturn", "create"],
  ["update", "update"],
  ["updateMany", "update"],
  ["updateManyAndReturn", "update"],
  ["upsert", "update"],
  ["delete", "delete"],
  ["deleteMany", "delete"],
]);
/** names that other libraries' objects have as well */
const COMMON = new Set(["create", "update", "delete", "count", "aggregate", "upsert", "groupBy"]);
export const COUNTING: ReadonlySet<string> = new Set(["count", "aggregate", "groupBy"]);

export interface PrismaCall {
  /** property of the client: `apiKey` */
  readonly property: string;
  readonly method: string;
  readonly operation: AccessOperation;
}

/** The Prisma models of the project by the client property that reads them. */
export type PrismaProperties = ReadonlyMap<string, DataModel>;

export function prismaProperties(models: readonly DataModel[]): PrismaProperties {
  const found = new Map<string, DataModel>();
  for (const model of models) {
    if (model.layer !== "prisma") continue;
    const property = model.name.slice(0, 1).toLowerCase() + model.name.slice(1);
    if (!found.has(property)) found.set(property, model);
  }
  return found;
}

/** Names a call must have for anything here to be asked. */
export function isPrismaMethod(name: string): boolean {
  return OPERATIONS.has(name);
}

const CLIENT =
  /(?:^|\.)(?:\w*PrismaClient\w*|Prisma\.TransactionClient|TransactionClient|getPrismaClientClass\(\))\(\)/;
const PRISMA_MODULE = /prisma/i;
const DATABASE_MODULE = /(?:^|[/@_-])(?:db|database|prisma|data|orm)(?:$|[/_-])/i;

/** The call that a callee of known origin is. */
export function prismaCallOf(callee: Origin, site: Site, properties: PrismaProperties): PrismaCall | null {
  switch (callee.kind) {
    case "package":
      return fromPackage(callee.module, callee.path, site, properties);
    case "unknown":
    case "typed":
    case "parameter":
    case "apply":
    case "derived":
    case "source":
    case "fallback":
    case "instance":
      return prismaShape(site, properties);
    default:
      return null;
  }
}

function fromPackage(module: string, path: string, site: Site, properties: PrismaProperties): PrismaCall | null {
  const dot = path.lastIndexOf(".");
  const method = path.slice(dot + 1);
  if (!isPrismaMethod(method)) return null;
  const receiver = path.slice(0, Math.max(0, dot));
  const isClient = CLIENT.test(receiver) || (PRISMA_MODULE.test(module) && receiver !== "");
  const property = receiver.slice(receiver.lastIndexOf(".") + 1);
  const operation = OPERATIONS.get(method);
  if (operation === undefined || !/^\w+$/.test(property) || property === receiver) return null;
  if (isClient) return { property, method, operation };
  if (!properties.has(property)) return null;
  if (COMMON.has(method) && module !== "" && !DATABASE_MODULE.test(module) && !hasPrismaArguments(site)) return null;
  return { property, method, operation };
}

/** `anything.<model>.<operation>(…)`, judged by the text alone. */
export function prismaShape(site: Site, properties: PrismaProperties): PrismaCall | null {
  const { fn, v } = site;
  if (fn.op(v) !== Op.Call) return null;
  const callee = fn.callee(v);
  const method = fn.memberName(callee);
  if (!isPrismaMethod(method)) return null;
  const table = fn.a(callee);
  const property = fn.memberName(table);
  const operation = OPERATIONS.get(method);
  if (operation === undefined || !properties.has(property)) return null;
  if (COMMON.has(method) && !hasPrismaArguments(site) && !isClientName(site, fn.a(table))) return null;
  return { property, method, operation };
}

/** `client[model].findMany(…)`: the model is the one that the helper was told. */
export function prismaIndexed(
  callee: Origin,
  site: Site,
  properties: PrismaProperties,
  queries: OriginQueries,
): PrismaCall | null {
  if (callee.kind === "function" || callee.kind === "class" || !isIndexedShape(site)) return null;
  const { fn, v, frame } = site;
  const method = fn.memberName(fn.callee(v));
  const operation = OPERATIONS.get(method);
  const names = leaves(queries.evaluate({ fn, v: fn.b(fn.a(fn.callee(v))), frame }));
  const [only, ...others] = new Set(names.map((o) => (o.kind === "constant" ? String(o.value) : "")));
  if (operation === undefined || only === undefined || others.length > 0 || !properties.has(only)) return null;
  return { property: only, method, operation };
}

/** The text of such a call, whichever model it is. */
export function isIndexedShape(site: Site): boolean {
  const { fn, v } = site;
  if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member) return false;
  const method = fn.memberName(fn.callee(v));
  const table = fn.a(fn.callee(v));
  if (!isPrismaMethod(method) || fn.op(table) !== Op.Index) return false;
  return !COMMON.has(method) || hasPrismaArguments(site) || isClientName(site, fn.a(table));
}

const ARGUMENTS = ["where", "data", "create", "by", "_count", "_sum"];

function hasPrismaArguments(site: Site): boolean {
  const { fn, v } = site;
  const [first] = fn.args(v);
  if (first === undefined || fn.op(first) !== Op.Object) return false;
  return ARGUMENTS.some((name) => fn.prop(first, name) !== NONE);
}

/** `prisma.x.create(args)`, `ctx.db.x.create(args)`, `tx.x.create(args)`. */
function isClientName(site: Site, v: number): boolean {
  const { fn } = site;
  const op = fn.op(v);
  let name = "";
  if (op === Op.Member) name = fn.memberName(v);
  else if (op === Op.Global) name = fn.text(fn.a(v));
  else if (op === Op.Var) name = fn.ancestor(fn.a(v))?.info.slots[fn.b(v)]?.name ?? "";
  return /^(?:\w*prisma\w*|\$?db|database|tx|trx|transaction|client|\$?replica\w*|\w*Db|\w*Tx)$/i.test(name);
}
