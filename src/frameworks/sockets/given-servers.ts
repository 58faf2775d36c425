/** Socket.IO servers that a function is given without a type, and the namespaces that it makes of them. */
import {
  type Origin,
  type PackageOrigin,
  packageCall,
  packageMember,
  packageRoot,
  type Site,
} from "../../program/values/origin.js";
import { originKey } from "../../program/values/origin-keys.js";
import type { CallRule, PackageCall } from "../package-calls.js";
import { originsOfArgument, textOf } from "../procedures/builder-chain.js";
import type { AdapterInput } from "../routing.js";

/** The server, or the call of `of` that made the namespace; what is called on it is the rest. */
interface Given {
  readonly key: string;
  readonly of: Site | null;
  readonly name: string;
}

/** `io.on("connection", …)`, `io.of("/rooms").on("connection", …)`, and what the same namespaces `use`. */
export function callsOnGiven<R extends CallRule>(rule: R, input: AdapterInput): readonly PackageCall<R>[] {
  const { index, queries } = input;
  if (!index.imports("socket.io")) return [];
  const callOf = (site: Site): PackageCall<R> | null => {
    const given = givenAt(site, input);
    return given === null ? null : { rule, site, callee: asPackage(given) };
  };
  const listening = new Set<string>();
  const connections = index.callsOfMember("on").flatMap((site) => {
    const event = textOf(originsOfArgument(site, 0, queries));
    const call = event === "connection" || event === "connect" ? callOf(site) : null;
    if (call !== null) listening.add(givenAt(site, input)?.key ?? "");
    return call ?? [];
  });
  // whatever else a parameter may be, only a server or a namespace listens to connections
  const checks = index.callsOfMember("use").flatMap((site) => {
    const given = listening.size === 0 ? null : givenAt(site, input);
    return given !== null && listening.has(given.key) ? (callOf(site) ?? []) : [];
  });
  return [...connections, ...checks];
}

function givenAt({ fn, v, frame }: Site, { queries }: AdapterInput): Given | null {
  const [callee] = queries.evaluate({ fn, v: fn.callee(v), frame });
  if (callee?.kind === "parameter") {
    const [name] = callee.path.slice(-1);
    return name === undefined
      ? null
      : { key: originKey({ ...callee, path: callee.path.slice(0, -1) }), of: null, name };
  }
  if (callee?.kind !== "apply" || callee.path.length !== 1 || !makesNamespace(callee.callee)) return null;
  const [namespace] = originsOfArgument(callee.site, 0, queries);
  const server = callee.callee.kind === "parameter" ? originKey(callee.callee) : "";
  return {
    key: `${server}>${namespace === undefined ? "" : originKey(namespace)}`,
    of: callee.site,
    name: callee.path[0],
  };
}

function makesNamespace(origin: Origin): boolean {
  return origin.kind === "parameter" && origin.path.at(-1) === "of";
}

function asPackage({ of, name }: Given): PackageOrigin {
  let origin = made(packageMember(packageRoot("socket.io"), "Server"), null);
  if (of !== null) origin = made(packageMember(origin, "of"), of);
  const called = packageMember(origin, name);
  return called.kind === "package" ? called : origin;
}

function made(origin: Origin, site: Site | null): PackageOrigin {
  const called = origin.kind === "package" ? packageCall(origin, site) : origin;
  return called.kind === "package" ? called : packageRoot("socket.io");
}
