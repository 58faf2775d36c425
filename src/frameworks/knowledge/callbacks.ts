/** What functions of packages and of the language call a callback with, as far as it tells who calls. */
import { type Origin, type Site, source } from "../../program/values/origin.js";
import { packageCheck } from "./packages.js";

/** Dialect of the two functions that a promise's executor gets. */
const SETTLE_DIALECT = "settle";
/** Dialect of the error that a verifying function hands its callback: without one, the token was verified. */
const VERIFICATION_DIALECT = "verification";

/** @returns undefined when nothing is known of the callback's arguments */
export function callbackOf(callee: Origin, site: Site): readonly (readonly Origin[])[] | undefined {
  if (callee.kind !== "package") return undefined;
  if (callee.module === "" && callee.path === "Promise") {
    return [
      [source("context", "resolve", { dialect: SETTLE_DIALECT })],
      [source("context", "reject", { dialect: SETTLE_DIALECT })],
    ];
  }
  const check = packageCheck(callee);
  if (check?.level !== "identity" || check.on !== "return") return undefined;
  return [[source("error", "", { site, dialect: VERIFICATION_DIALECT })], [source("identity", "claims", { site })]];
}

/** True for the error of a verification: where it is absent, the caller is known. */
export function isVerificationError(origin: Origin): boolean {
  return origin.kind === "source" && origin.dialect === VERIFICATION_DIALECT;
}
