/** By what does a manifest demand less than it did before? Unlike an extended one, what it no longer says is gone. */
import type { PolicyLoosened } from "../model/change.js";
import type { Policy, PolicyRoute } from "../model/policy.js";
import { demandedFor, missing, SEVERITY_ORDER } from "./loosening.js";
import { compileRoute } from "./route-pattern.js";

/**
 * Compares two states of one manifest, each merged with what it extends.
 *
 * @returns one record for each line by which less is demanded, or more is let through
 */
export function loosenedSince(before: Policy, after: Policy): readonly PolicyLoosened[] {
  if (after.file === "" && before.file !== "") return [{ what: `the manifest '${before.file}' is gone`, at: null }];
  return [
    ...defaults(before, after),
    ...routes(before, after),
    ...routesTakenOut(before, after),
    ...tolerated(before, after),
    ...rules(before, after),
    ...tokens(before, after),
    ...data(before, after),
  ];
}

function* defaults(before: Policy, after: Policy): Iterable<PolicyLoosened> {
  const dropped = before.defaultDeclared ? missing(before.defaultRequire, after.defaultRequire) : [];
  if (dropped.length > 0) yield { what: `the default for routes drops ${dropped.join(" and ")}`, at: null };
}

const sameRoute = (a: PolicyRoute, b: PolicyRoute): boolean => a.match === b.match && (a.in ?? "") === (b.in ?? "");

function* routes(before: Policy, after: Policy): Iterable<PolicyLoosened> {
  for (const route of after.routes) {
    const old = before.routes.find((other) => sameRoute(other, route));
    const dropped = missing([...demandedFor(before, compileRoute(route.match, route.in))], route.require);
    if (route.public && old?.public !== true) {
      yield {
        what: old ? `'${route.match}' is made public` : `a public route '${route.match}' is added`,
        at: route.at,
      };
    } else if (!route.public && dropped.length > 0) {
      yield { what: `'${route.match}' drops ${dropped.join(" and ")}`, at: route.at };
    }
    if (old !== undefined) yield* rolesWidened(old, route);
  }
}

function* rolesWidened(old: PolicyRoute, { match, roles, at }: PolicyRoute): Iterable<PolicyLoosened> {
  if (old.roles.length === 0) return;
  const added = missing(roles, old.roles);
  if (roles.length === 0) yield { what: `'${match}' names no role any more`, at };
  else if (added.length > 0) yield { what: `'${match}' admits the role ${added.join(" and ")}`, at };
}

function* routesTakenOut(before: Policy, after: Policy): Iterable<PolicyLoosened> {
  for (const route of before.routes) {
    if (route.public || after.routes.some((other) => sameRoute(other, route))) continue;
    const left = [...demandedFor(after, compileRoute(route.match, route.in))];
    const dropped = missing(route.require, left.length > 0 ? left : after.defaultRequire);
    if (dropped.length > 0)
      yield { what: `'${route.match}' is taken out, which demanded ${dropped.join(" and ")}`, at: null };
  }
}

function* tolerated(before: Policy, after: Policy): Iterable<PolicyLoosened> {
  for (const { rule, subject, expires, at } of after.exceptions) {
    const old = before.exceptions.find((one) => one.rule === rule && one.subject === subject);
    const what = `an exception from ${rule} for '${subject}'`;
    if (old === undefined) yield { what: `${what} is added`, at };
    else if (isLater(expires, old.expires)) yield { what: `${what} is extended ${until(expires)}`, at };
  }
  for (const { use, expires, at } of after.bypasses) {
    const old = before.bypasses.find((one) => one.use === use);
    if (old === undefined) yield { what: `a bypass at '${use}' is added`, at };
    else if (isLater(expires, old.expires)) yield { what: `the bypass at '${use}' is extended ${until(expires)}`, at };
  }
  if (before.impersonation?.allow === "read" && after.impersonation?.allow === "write")
    yield { what: "impersonation may write", at: after.impersonation.at };
}

/** '' never ends. */
function isLater(date: string, before: string): boolean {
  return before !== "" && (date === "" || date > before);
}

function until(date: string): string {
  return date === "" ? "without an end" : `to ${date}`;
}

function* rules(before: Policy, after: Policy): Iterable<PolicyLoosened> {
  for (const rule of new Set([...Object.keys(before.rules), ...Object.keys(after.rules)])) {
    const [was, is] = [before.rules[rule], after.rules[rule]];
    if (was !== undefined && is !== undefined && SEVERITY_ORDER.indexOf(is) < SEVERITY_ORDER.indexOf(was))
      yield { what: `the rule ${rule} is lowered from ${was} to ${is}`, at: null };
    else if (was === undefined && is === "off") yield { what: `the rule ${rule} is turned off`, at: null };
  }
}

function* tokens(before: Policy, after: Policy): Iterable<PolicyLoosened> {
  if (before.tokens === null) return;
  const now = after.tokens;
  if (now === null) {
    yield { what: "the demands on tokens are taken out", at: null };
    return;
  }
  for (const key of ["issuer", "audience"] as const) {
    if (before.tokens[key] === "required" && now[key] === "optional")
      yield { what: `the ${key} of tokens becomes optional`, at: null };
  }
  const algorithms = before.tokens.algorithms.length > 0 ? missing(now.algorithms, before.tokens.algorithms) : [];
  if (before.tokens.algorithms.length > 0 && now.algorithms.length === 0)
    yield { what: "any algorithm of tokens is allowed", at: null };
  if (algorithms.length > 0) yield { what: `the algorithm ${algorithms.join(" and ")} of tokens is allowed`, at: null };
  const claims = missing(before.tokens.requiredClaims, now.requiredClaims);
  if (claims.length > 0) yield { what: `the claim ${claims.join(" and ")} of tokens is no longer required`, at: null };
}

function* data(before: Policy, after: Policy): Iterable<PolicyLoosened> {
  for (const { name, at } of after.tenancy.global) {
    if (!before.tenancy.global.some((one) => one.name === name))
      yield { what: `the model '${name}' is declared to belong to no tenant`, at };
  }
  for (const { use, at } of after.tenancy.enforcedBy) {
    if (!before.tenancy.enforcedBy.some((one) => one.use === use))
      yield { what: `'${use}' is trusted to bind queries to a tenant`, at };
  }
  for (const model of after.models) {
    const old = before.models.find((one) => one.name === model.name);
    const dropped = missing(old?.write?.require ?? [], model.write?.require ?? []);
    if (dropped.length > 0) yield { what: `writes to '${model.name}' drop ${dropped.join(" and ")}`, at: model.at };
    for (const use of missing(model.enforcedBy, old?.enforcedBy ?? []))
      yield { what: `'${use}' is trusted to bind '${model.name}' to a tenant`, at: model.at };
  }
  for (const guard of after.guards) {
    const old = before.guards.find((one) => one.use === guard.use);
    if (old === undefined) yield { what: `'${guard.use}' is trusted to grant ${guard.grants}`, at: guard.at };
    else if (old.grants !== guard.grants)
      yield { what: `'${guard.use}' grants ${guard.grants} instead of ${old.grants}`, at: guard.at };
  }
}
