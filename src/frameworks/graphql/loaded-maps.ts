/**
 * Resolver maps that no code names: a folder of them is read while the service starts (`autoload("./resolvers")`,
 * `loadFilesSync("resolvers")`, `readdirSync` and `require`). They are told by what they export.
 */
import { NONE } from "../../model/lowered.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { isOperation } from "./fields.js";
import { type ResolverMap, readMapOf } from "./resolver-map.js";

const OPERATIONS = ["Query", "Mutation", "Subscription"];

/** Packages that serve a schema; clients have maps of their own, for what the browser keeps. */
export const SERVING = [
  "@apollo/server",
  "apollo-server",
  "apollo-server-express",
  "apollo-server-koa",
  "apollo-server-fastify",
  "apollo-server-hapi",
  "apollo-server-lambda",
  "@graphql-tools/schema",
  "@graphql-tools/load-files",
  "graphql-tools",
  "graphql-yoga",
  "mercurius",
  "express-graphql",
];

/** The maps among the exports of files, but of those from which a field is known already. */
export function loadedMaps(
  files: Iterable<ProgramFile>,
  known: ReadonlySet<string>,
  queries: LinkQueries,
): readonly ResolverMap[] {
  const found: ResolverMap[] = [];
  for (const file of files) {
    if (known.has(file.path) || !OPERATIONS.some((name) => file.lowered.strings.includes(name))) continue;
    const whole: Origin = { kind: "namespace", file };
    const values = file.lowered.exports.flatMap((item) =>
      item.kind === "star" || item.typeOnly ? [] : queries.project(whole, [item.name]),
    );
    const site = { fn: file.module, v: NONE, frame: null };
    const maps = [...values, whole].map((value) => readMapOf(value, site, queries));
    const map = maps.find((one) => one.fields.some(resolvesOperation));
    if (map !== undefined) found.push({ fields: map.fields, unread: [] });
  }
  return found;
}

function resolvesOperation({ type, origins }: ResolverMap["fields"][number]): boolean {
  return (
    isOperation(type) && origins.some((o) => o.kind === "function" || (o.kind === "literal" && o.form === "object"))
  );
}
