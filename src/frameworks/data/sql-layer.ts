/** Query texts as one of the data layers. */
import type { Origin, OriginQueries, Site } from "../../program/values/origin.js";
import type { ModelMatcher } from "../schema/match-model.js";
import type { DataCall } from "./data-call.js";
import type { DataLayer } from "./layer.js";
import { SqlReader } from "./sql-call.js";
import { isSqlCall, isSqlMethod, sqlRequestOf, sqlTransaction } from "./sql-clients.js";
import { isSqlShape } from "./sql-shapes.js";

export class SqlLayer implements DataLayer {
  readonly #reader: SqlReader;

  constructor(matcher: ModelMatcher) {
    this.#reader = new SqlReader(matcher);
  }

  mayCall(name: string, site: Site): boolean {
    return isSqlMethod(name, site);
  }

  isCall(site: Site, callee: Origin): boolean {
    return isSqlCall(callee, site);
  }

  isShape(site: Site): boolean {
    return isSqlShape(site);
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    const request = sqlRequestOf(callee, site, queries);
    return request === null ? null : this.#reader.read(request, site, queries);
  }

  callbackArguments(callee: Origin): readonly (readonly Origin[])[] | undefined {
    return sqlTransaction(callee);
  }
}
