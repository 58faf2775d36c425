/** Socket.IO: what namespaces check when a socket connects, and the events that its handlers listen to. */
import { type EntryContext, type Origin, type PackageOrigin, type Site, source } from "../../program/values/origin.js";
import { nextOrigin, requestOrigin } from "../arguments.js";
import { callbackEntry, stepAt } from "../callback-entry.js";
import {
  type CallRule,
  type FunctionOrigin,
  functionBehind,
  type PackageCall,
  packageCalls,
} from "../package-calls.js";
import {
  chainOf,
  functionArgument,
  nameOfFunction,
  originsOfArgument,
  textOf,
  writtenName,
} from "../procedures/builder-chain.js";
import type { AdapterInput, Arguments, RawEntry, RawStep } from "../routing.js";
import { NO_CONTEXT, type SocketCall, socketCalls } from "./events.js";
import { callsOnGiven } from "./given-servers.js";
import { SOCKET } from "./knowledge.js";

const RULES: readonly CallRule[] = [
  {
    module: /^socket\.io$/,
    path: /^(?:\w+(?:\.\w+)?|)\(\)(?:\.sockets|\.(?:of|use|on)\(\))*\.(?:on|once|use)$/,
    names: ["on", "once", "use"],
  },
  { module: /^socket\.io$/, path: /^(?:Namespace|Server)\(\)\.(?:on|once|use)$/, names: ["on", "once", "use"] },
];
/** fired by the server itself */
const OWN_EVENTS = new Set(["disconnect", "disconnecting", "error", "newListener", "removeListener"]);

const socketArguments: Arguments = (context) => [[requestOrigin(SOCKET, context)], [nextOrigin(context)]];
const packetArguments: Arguments = (context) => [[source("input", "packet", { context })], [nextOrigin(context)]];

/** Entries of all namespaces. */
export function socketIoEntries(input: AdapterInput): readonly RawEntry[] {
  const calls = [...packageCalls(RULES, input), ...callsOnGiven(RULES[0], input)];
  return calls.flatMap((call) => {
    const event = textOf(originsOfArgument(call.site, 0, input.queries));
    if (event !== "connection" && event !== "connect") return [];
    const handler = functionArgument(call.site, input.queries);
    const namespace = namespaceOf(call.callee, input);
    const steps = calls.flatMap((other) => checkOf(other, namespace, input));
    return handler === null ? [] : entriesOf(call.site, handler, namespace, steps, input);
  });
}

/** `/` for the server itself; each namespace has checks of its own. */
function namespaceOf(callee: PackageOrigin, { queries }: AdapterInput): string {
  const of = chainOf(callee).findLast((call) => call.name === "of");
  if (of === undefined) return "/";
  const [origin] = originsOfArgument(of.site, 0, queries);
  return textOf(origin === undefined ? [] : [origin]) ?? "*";
}

/** `io.use(f)` of the same namespace. */
function checkOf({ site, callee }: PackageCall<CallRule>, namespace: string, input: AdapterInput): readonly RawStep[] {
  if (!callee.path.endsWith(".use") || namespaceOf(callee, input) !== namespace) return [];
  const origins = originsOfArgument(site, 0, input.queries);
  const origin: Origin | undefined = functionBehind(origins, input.queries) ?? origins[0];
  const place = site.fn.place(site.v);
  return origin === undefined
    ? []
    : [stepAt(origin, nameAt(site, origin), place, socketArguments, "calls-next", "middleware")];
}

function nameAt(site: Site, origin: Origin): string {
  const written = writtenName({ ...site, v: site.fn.args(site.v)[0] ?? site.v });
  return written || (origin.kind === "function" ? nameOfFunction(origin.fn) : "") || "use";
}

function entriesOf(
  site: Site,
  handler: FunctionOrigin,
  namespace: string,
  steps: readonly RawStep[],
  { queries }: AdapterInput,
): readonly RawEntry[] {
  const own = { transport: "ws", framework: "socket.io", group: `${site.fn.file.path}#${namespace}` } as const;
  const calls = socketCalls(handler, socketArguments, queries);
  const packets = calls.filter((call) => call.name === "use").flatMap((call) => packetCheck(call));
  const connect = callbackEntry(handler, site, {
    ...own,
    method: "CONNECT",
    path: namespace,
    given: socketArguments,
    steps,
  });
  const events = calls
    .filter((call) => call.name !== "use" && !OWN_EVENTS.has(call.event))
    .map((call) => {
      const fn = call.handlerUnder(NO_CONTEXT);
      return callbackEntry(fn, call.site, {
        ...own,
        method: "MESSAGE",
        path: `${namespace === "/" ? "" : namespace.replace(/^\//, "")}${namespace === "/" ? "" : "/"}${call.event}`,
        given: eventArguments(fn),
        handlerUnder: (context) => call.handlerUnder(context) ?? { kind: "unknown", why: "handler" },
        steps: [...steps, connectionCheck(handler, call, socketArguments), ...packets],
      });
    });
  // a connection that listens to something is what it listens to
  return events.length > 0 ? events : [connect];
}

/** What the connection's function checked before it listened. */
export function connectionCheck(connection: FunctionOrigin, call: SocketCall, given: Arguments): RawStep {
  const name = nameOfFunction(connection.fn) || "connection";
  return { ...stepAt(connection, name, call.site.fn.place(call.site.v), given, "reaches"), reaches: call.reaches };
}

function packetCheck(call: SocketCall): readonly RawStep[] {
  const origin = call.handlerUnder(NO_CONTEXT);
  return origin === null
    ? []
    : [stepAt(origin, "socket.use", call.site.fn.place(call.site.v), packetArguments, "calls-next", "middleware")];
}

/** Everything the client sent; it may be followed by a function that answers. */
export function eventArguments(fn: FunctionOrigin | null): Arguments {
  const names = fn === null ? [] : fn.fn.info.params.map((param, index) => param.name || String(index));
  return (context: EntryContext) => names.map((name) => [source("input", `args.${name}`, { context })]);
}
