/**
 * What the service has sealed under a key of its own and opens again: an API key that holds whose it is, a session in
 * a cookie. Whoever sends it got it from the service, so that it says who calls as a signed token does.
 * https://nodejs.org/api/crypto.html#cryptocreatedecipherivalgorithm-key-iv-options
 */
import { dependsOnCaller, leaves } from "../../program/values/computed-origins.js";
import { fedTo } from "../../program/values/fed-objects.js";
import { type Origin, type OriginQueries, type PackageOrigin, type Site, source } from "../../program/values/origin.js";
import { distinct } from "../../program/values/origin-keys.js";

/** What a decipher gives. @returns undefined where it is known to the callers alone what was opened, or with which key */
export function decipheredValue(
  callee: PackageOrigin,
  site: Site,
  queries: OriginQueries,
): readonly Origin[] | undefined {
  const made = callee.previous?.site ?? null;
  if (made === null) return undefined;
  const key = argumentsOf(made, queries).slice(1, 2).flat();
  return opened([...argumentsOf(site, queries).flat(), ...fedTo(made, queries)], key, site);
}

/** `AES.decrypt(sealed, key)`, `unseal(sealed, key)`: the same in one call */
export function openedValue(_callee: PackageOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  const [sealed = [], key = []] = argumentsOf(site, queries);
  return opened(sealed, key, site);
}

function opened(sealed: readonly Origin[], key: readonly Origin[], site: Site): readonly Origin[] | undefined {
  if ([...key, ...sealed].some(dependsOnCaller)) return undefined;
  const from = leaves(sealed);
  // what a verified token holds is as good as the token, in whatever form it stands there
  if ((from.some(isSent) && isOfConfiguration(key)) || from.some((o) => o.kind === "source" && o.source === "identity"))
    return [source("identity", "sealed", { site })];
  if (!from.some((o) => o.kind === "source" && o.source === "row")) return undefined;
  return [{ kind: "derived", of: distinct([...key, ...sealed]), how: "computed", site }];
}

function isSent(origin: Origin): boolean {
  return origin.kind === "source" && (origin.source === "input" || origin.source === "credential");
}

/** nobody but the service can have sealed it */
function isOfConfiguration(key: readonly Origin[]): boolean {
  const from = leaves(key);
  return from.some(isConfigured) && !from.some(isSent);
}

function isConfigured(origin: Origin): boolean {
  if (origin.kind === "source") return origin.source === "config";
  return origin.kind === "package" && origin.module === "" && origin.path.startsWith("process.env.");
}

function argumentsOf({ fn, v, frame }: Site, queries: OriginQueries): readonly (readonly Origin[])[] {
  return Array.from(fn.args(v).slice(0, 4), (arg) => queries.evaluate({ fn, v: arg, frame }));
}
