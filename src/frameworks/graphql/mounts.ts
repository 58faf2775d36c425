/** GraphQL servers mounted on an Express application: what runs before them for every request. */

import { Op } from "../../model/lowered.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { expressArguments } from "../arguments.js";
import { argumentSites, itemsOf, textOf } from "../classes/values.js";
import { firstLineOf, writtenName } from "../procedures/builder-chain.js";
import type { ProgramIndex, RawStep } from "../routing.js";
import { isServer } from "./servers.js";

const METHODS = ["use", "all", "post"];

interface Argument {
  readonly origin: Origin;
  readonly site: Site;
}

interface Registration {
  readonly call: Site;
  /** '' for every path */
  readonly path: string;
  readonly handlers: readonly Argument[];
}

/** Steps of each place at which a server is mounted: earlier handlers of the call, earlier set-ups of the application. */
export function mountSteps(index: ProgramIndex, queries: LinkQueries): readonly (readonly RawStep[])[] {
  const calls = METHODS.flatMap((name) => index.callsOfMember(name));
  return calls.flatMap((call) => {
    const mount = registrationOf(call, queries);
    const at = mount.handlers.findIndex(({ origin }) => isServer(origin));
    if (at < 0) return [];
    const earlier = calls
      .filter((other) => other.fn === call.fn && other.v < call.v && sameReceiver(other, call))
      .filter((other) => other.fn.memberName(other.fn.callee(other.v)) === "use")
      .toSorted((a, b) => a.v - b.v)
      .map((other) => registrationOf(other, queries))
      .filter((other) => other.path === "" || mount.path === other.path || mount.path.startsWith(`${other.path}/`))
      .filter((other) => !other.handlers.some(({ origin }) => isServer(origin)));
    const before = [...earlier.flatMap((one) => one.handlers), ...mount.handlers.slice(0, at)];
    return [before.flatMap(stepOf)];
  });
}

function registrationOf(call: Site, queries: LinkQueries): Registration {
  const [first] = argumentSites(call);
  const path = first === undefined ? null : textOf(queries.evaluate(first)[0]);
  const rest = path === null ? argumentSites(call) : argumentSites(call).slice(1);
  const handlers = rest.flatMap((site) => itemsOf(site, queries));
  return { call, path: (path ?? "").replace(/\/+$/, ""), handlers };
}

function sameReceiver(a: Site, b: Site): boolean {
  const left = a.fn.a(a.fn.callee(a.v));
  const right = b.fn.a(b.fn.callee(b.v));
  if (a.fn.op(left) !== Op.Var || b.fn.op(right) !== Op.Var) return left === right;
  return a.fn.a(left) === b.fn.a(right) && a.fn.b(left) === b.fn.b(right);
}

function stepOf({ origin, site }: Argument): readonly RawStep[] {
  if (origin.kind !== "function" && origin.kind !== "package") return [];
  const named = origin.kind === "function" ? origin.fn.info.name : origin.path.replaceAll("()", "");
  return [
    {
      name: writtenName(site) || named || "middleware",
      kind: "middleware",
      place: site.fn.start(site.v) < 0 ? site.fn.ownPlace : firstLineOf(site.fn, site.fn.place(site.v)),
      origin,
      given: expressArguments,
      continuation: "calls-next",
      condition: "",
    },
  ];
}
