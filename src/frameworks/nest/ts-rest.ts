/** ts-rest in Nest: a method that hands over what implements a route of a contract, or all routes of it. */
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import type { Method } from "../classes/classes.js";
import type { Applied } from "../classes/decorators.js";
import { type FunctionOrigin, functionBehind } from "../package-calls.js";
import { lastName, originsOfArgument } from "../procedures/builder-chain.js";
import { contractRoutes } from "../ts-rest/contracts.js";

export interface ContractedRoute {
  readonly method: string;
  readonly paths: readonly string[];
  readonly unclear: boolean;
  readonly handedOver?: FunctionOrigin;
}

/** The routes of `@TsRestHandler(contract)` on a method; of `@TsRest(contract.one)`, whose method answers by itself. */
export function contractedRoutes(applied: Applied, method: Method, queries: LinkQueries): readonly ContractedRoute[] {
  const name = applied.name.split(".").at(-1) ?? "";
  if ((name !== "TsRestHandler" && name !== "TsRest") || applied.call === null) return [];
  const contract = originsOfArgument(applied.call, 0, queries);
  return contractRoutes(contract, name === "TsRest" ? [] : implementation(method, queries), queries).map((route) => {
    const handler = functionBehind([route.handler], queries);
    const base = { method: route.method, paths: [route.path], unclear: false };
    return handler === null ? base : { ...base, handedOver: handler };
  });
}

/** `return tsRestHandler(contract, implementation)` */
function implementation({ owner, member }: Method, queries: LinkQueries): readonly Origin[] {
  return queries.returnsOf(owner.file.fn(member.fn)).flatMap((returned) => {
    const made = returned.kind === "package" && lastName(returned.previous?.path ?? "") === "tsRestHandler";
    return made && returned.site !== null ? originsOfArgument(returned.site, 1, queries) : [];
  });
}
