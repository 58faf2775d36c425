/** Prisma as one of the data layers. */
import type { DataModel } from "../../model/data-model.js";
import type { Origin, OriginQueries, Site } from "../../program/values/origin.js";
import type { ModelMatcher } from "../schema/match-model.js";
import type { DataCall } from "./data-call.js";
import type { DataLayer } from "./layer.js";
import { PrismaReader } from "./prisma.js";
import {
  isIndexedShape,
  isPrismaMethod,
  type PrismaCall,
  type PrismaProperties,
  prismaCallOf,
  prismaIndexed,
  prismaProperties,
  prismaShape,
} from "./prisma-client.js";
import { extendedFilters } from "./prisma-extensions.js";

/** `enhance(prisma, { user })`, `client.$setAuth(user)` of ZenStack: the policies of the schema hold for each call. */
function isEnhanced(callee: Origin): boolean {
  return (
    callee.kind === "package" &&
    /^@zenstackhq\//.test(callee.module) &&
    /^enhance\(\)\.|\.\$setAuth\(\)\./.test(callee.path)
  );
}

export class PrismaLayer implements DataLayer {
  readonly #properties: PrismaProperties;
  readonly #reader: PrismaReader;

  constructor(models: readonly DataModel[], matcher: ModelMatcher) {
    this.#properties = prismaProperties(models);
    this.#reader = new PrismaReader(matcher);
  }

  mayCall(name: string): boolean {
    return isPrismaMethod(name);
  }

  isCall(site: Site, callee: Origin, queries: OriginQueries): boolean {
    return this.#callOf(site, callee, queries) !== null;
  }

  isShape(site: Site): boolean {
    return prismaShape(site, this.#properties) !== null || isIndexedShape(site);
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    const call = this.#callOf(site, callee, queries);
    if (call === null) return null;
    const extended =
      callee.kind === "package" ? extendedFilters(callee, call.property, call.method, site, queries) : [];
    const read = this.#reader.read(call, site, queries, extended);
    return read !== null && isEnhanced(callee) ? { ...read, scopedBy: "the policies of the enhanced client" } : read;
  }

  #callOf(site: Site, callee: Origin, queries: OriginQueries): PrismaCall | null {
    return prismaCallOf(callee, site, this.#properties) ?? prismaIndexed(callee, site, this.#properties, queries);
  }

  /** An interactive transaction is given the client itself. */
  callbackArguments(callee: Origin): readonly (readonly Origin[])[] | undefined {
    if (callee.kind !== "package" || callee.previous === null) return undefined;
    return callee.path.endsWith(".$transaction") ? [[callee.previous]] : undefined;
  }
}
