/**
 * Keys with which the services of one system sign what they send each other: `jwt.verify(token, config.microserviceSecret)`.
 * Whoever holds such a token is a machine of the service, and what stands in it is what that machine asks for; nobody's
 * sign-in ends with one.
 */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { OriginQueries, Site } from "../../program/values/origin.js";

const OF_MACHINES =
  /micro_?service|service_?to_?service|(?:^|_)s2s(?:_|$)|inter_?service|internal|machine_?to|(?:^|_)m2m(?:_|$)|worker|cron(?:_|job|secret|$)/i;
/** a key of people that is told by where it is used */
const OF_PEOPLE = /user|customer|member|session|(?:^|_)access_?token|refresh/i;

const MAX_STEPS = 6;

/**
 * The second argument of a call that verifies a token, or the `secret` among its options, is named so.
 *
 * @param queries null where no more is asked than how it is written
 */
export function isKeyOfMachines({ fn, v }: Site, queries: OriginQueries | null): boolean {
  if (fn.op(v) !== Op.Call) return false;
  const key = keyAmong(fn, fn.args(v)[1] ?? NONE);
  const names = key === NONE ? [] : [...namesOfKey(fn, key), ...configuredNames({ fn, v: key, frame: null }, queries)];
  return names.some((name) => OF_MACHINES.test(name)) && !names.some((name) => OF_PEOPLE.test(name));
}

/** `{ secret: key }` of what takes options there. */
function keyAmong(fn: FunctionView, argument: number): number {
  if (argument === NONE || fn.op(argument) !== Op.Object) return argument;
  const given = fn.props(argument).find(({ name }) => /^(?:secret|publicKey|key)$/.test(name));
  return given?.value ?? NONE;
}

/** The names under which it was kept on the way here: of variables and of members. */
function namesOfKey(fn: FunctionView, key: number): readonly string[] {
  const found: string[] = [];
  let v = key;
  for (let steps = 0; steps < MAX_STEPS && v !== NONE; steps += 1) {
    const op = fn.op(v);
    if (op === Op.Member) {
      found.push(fn.text(fn.b(v)));
      return found;
    }
    if (op === Op.Var) {
      const owner = fn.ancestor(fn.a(v));
      const slot = fn.b(v);
      found.push(owner?.info.slots[slot]?.name ?? "");
      const [only, ...others] = owner === fn ? fn.storesTo(slot) : [];
      v = only !== undefined && others.length === 0 ? only : NONE;
    } else if (op === Op.Await || op === Op.Cast || op === Op.Store) v = op === Op.Store ? fn.c(v) : fn.a(v);
    else return found;
  }
  return found;
}

/** `process.env.INTERNAL_JWT_SECRET` */
function configuredNames(site: Site, queries: OriginQueries | null): readonly string[] {
  if (queries === null) return [];
  return queries
    .evaluate(site)
    .flatMap((o) => (o.kind === "package" || (o.kind === "source" && o.source === "config") ? [o.path] : []))
    .map((path) => path.split(".").at(-1) ?? "");
}
