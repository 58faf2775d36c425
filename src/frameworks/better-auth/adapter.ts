/** better-auth: endpoints that plugins add below the library's own route. */
import { type LinkQueries, type Origin, packageMember, packageRoot, type Site } from "../../program/values/origin.js";
import { requestArguments, stepAt } from "../callback-entry.js";
import { functionBehind } from "../package-calls.js";
import { originsOfArgument, textOf, writtenName } from "../procedures/builder-chain.js";
import { type RegisteredRule, registeredEntries } from "../registered-functions.js";
import type { Adapter, RawStep } from "../routing.js";

export const betterAuthAdapter: Adapter = {
  name: "better-auth",
  packages: ["better-auth", "@better-auth/core"],
  collect: (input) => ({ entries: registeredEntries([ENDPOINT], input), faults: [], unknowns: [] }),
};

const MOUNT = "/api/auth";
const MODULE = /^(?:better-auth|@better-auth\/core)(?:\/.*)?$/;

const ENDPOINT: RegisteredRule = {
  framework: "better-auth",
  transport: "http",
  method: "ALL",
  module: MODULE,
  path: /^createAuthEndpoint$/,
  names: ["createAuthEndpoint"],
  handler: { argument: "first" },
  name: [{ of: "call", argument: 0, property: "" }],
  given: requestArguments("better-auth"),
  steps: usedSteps,
  address,
};

function address(name: string, site: Site, queries: LinkQueries): readonly { method: string; path: string }[] {
  const given = originsOfArgument(site, 1, queries).flatMap((o) => queries.project(o, ["method"]));
  const listed = [0, 1, 2].flatMap((at) => textOf(given.flatMap((o) => queries.project(o, [String(at)]))) ?? []);
  const one = textOf(given);
  const methods = one !== null ? [one] : listed.length > 0 ? listed : ["ALL"];
  const path = `${MOUNT}${name.startsWith("/") ? "" : "/"}${name}`;
  return methods.map((method) => ({ method: method === "*" ? "ALL" : method.toUpperCase(), path }));
}

/** `{ use: [sessionMiddleware, mine] }` */
function usedSteps(site: Site, queries: LinkQueries): readonly RawStep[] {
  const lists = originsOfArgument(site, 1, queries).flatMap((o) => queries.project(o, ["use"]));
  return lists.flatMap((list) => {
    if (list.kind !== "literal" || list.form !== "array") return [];
    const { fn, v, frame } = list.site;
    return Array.from(fn.list(fn.a(v)), (item) => {
      const origins = queries.evaluate({ fn, v: item, frame });
      const name = writtenName({ fn, v: item, frame });
      return stepAt(
        behind(origins, queries),
        name,
        fn.place(item),
        requestArguments("better-auth"),
        "returns",
        "middleware",
      );
    });
  });
}

/** A middleware of the project is the function that `createAuthMiddleware` was given. */
function behind(origins: readonly Origin[], queries: LinkQueries): Origin {
  return functionBehind(origins, queries) ?? origins[0] ?? packageMember(packageRoot("better-auth"), "middleware");
}
