/** What functions of packages and of the language call a callback with, as far as it tells who calls. */
import { type Origin, type Site, source } from "../../program/values/origin.js";
import { packageCheck } from "./packages.js";

/** Dialect of the two functions that a promise's executor gets. */
const SETTLE_DIALECT = "settle";
/** Dialect of the error that a verifying function hands its callback: without one, the token was verified. */
const VERIFICATION_DIALECT = "verification";
/** Dialect of the error of a strategy: without one there may still be no user. */
export const STRATEGY_DIALECT = "strategy";
const PASSPORT = /^(?:passport|koa-passport|@fastify\/passport)$/;

/** @returns undefined when nothing is known of the callback's arguments */
export function callbackOf(callee: Origin, site: Site): readonly (readonly Origin[])[] | undefined {
  if (callee.kind !== "package") return undefined;
  if (callee.module === "" && callee.path === "Promise") {
    return [
      [source("context", "resolve", { dialect: SETTLE_DIALECT })],
      [source("context", "reject", { dialect: SETTLE_DIALECT })],
    ];
  }
  // `authenticate("jwt", (error, user) => …)`: the user is whom the strategy verified, if it verified anybody
  if (PASSPORT.test(callee.module) && /(?:^|\.)authenticate$/.test(callee.path))
    return [[source("error", "", { site, dialect: STRATEGY_DIALECT })], [source("identity", "user", { site })]];
  const check = packageCheck(callee, site, null);
  if (check?.level !== "identity" || check.on !== "return") return undefined;
  return [[source("error", "", { site, dialect: VERIFICATION_DIALECT })], [source("identity", "claims", { site })]];
}

/** True for the error of a verification: where it is absent, the caller is known. */
export function isVerificationError(origin: Origin): boolean {
  if (origin.kind !== "source") return false;
  // `const { data, error } = await supabase.auth.getUser()`
  const beside = origin.source === "identity" && origin.path === "error" && !origin.named;
  return beside || origin.dialect === VERIFICATION_DIALECT;
}
