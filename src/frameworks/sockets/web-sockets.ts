/** Servers of ws: what turns connections away before they are upgraded, and the messages of those that were not. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { givenFrame } from "../../program/values/call-frames.js";
import {
  type EntryContext,
  type Frame,
  type PackageOrigin,
  type Site,
  source,
  unknown,
} from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { nextOrigin, requestOrigin } from "../arguments.js";
import { callbackEntry, stepAt } from "../callback-entry.js";
import { type CallRule, type FunctionOrigin, functionBehind, packageCalls } from "../package-calls.js";
import {
  argumentAt,
  chainOf,
  functionArgument,
  nameOfFunction,
  originsOfArgument,
  textOf,
} from "../procedures/builder-chain.js";
import type { AdapterInput, Arguments, RawEntry, RawStep } from "../routing.js";
import { NO_CONTEXT, socketCalls } from "./events.js";
import { SOCKET } from "./knowledge.js";
import { connectionCheck, eventArguments } from "./socket-io.js";

const CONNECTIONS: readonly CallRule[] = [
  { module: /^ws$/, path: /^(?:WebSocketServer|WebSocket\.Server|Server|)\(\)\.on$/, names: ["on"] },
];
const UPGRADES: readonly CallRule[] = [
  {
    module: /^ws$/,
    path: /^(?:WebSocketServer|WebSocket\.Server|Server|)\(\)\.handleUpgrade$/,
    names: ["handleUpgrade"],
  },
];

const connectionArguments: Arguments = (context) => [
  [requestOrigin(SOCKET, context)],
  [requestOrigin("express", context)],
];
const upgradeArguments: Arguments = (context) => [
  [requestOrigin("express", context)],
  [source("neutral", "socket")],
  [source("neutral", "head")],
];
const clientArguments: Arguments = (context) => [[requestOrigin("express", context)], [nextOrigin(context)]];

/** Entries of all servers. */
export function webSocketEntries(input: AdapterInput): readonly RawEntry[] {
  return packageCalls(CONNECTIONS, input).flatMap(({ site, callee }) => {
    const { queries } = input;
    if (textOf(originsOfArgument(site, 0, queries)) !== "connection") return [];
    const handler = functionArgument(site, queries);
    const made = chainOf(callee).at(-1)?.site ?? null;
    const options = made === null ? [] : originsOfArgument(made, 0, queries);
    const path = textOf(options.flatMap((o) => queries.project(o, ["path"]))) ?? "/";
    const steps = [...verifyClient(made, input), ...upgrades(made, input)];
    return handler === null ? [] : entriesOf(site, handler, path, steps, input);
  });
}

function entriesOf(
  site: Site,
  handler: FunctionOrigin,
  path: string,
  steps: readonly RawStep[],
  { queries }: AdapterInput,
): readonly RawEntry[] {
  const own = { transport: "ws", framework: "ws", path } as const;
  const messages = socketCalls(handler, connectionArguments, queries).filter((call) => call.event === "message");
  const connect = callbackEntry(handler, site, { ...own, method: "CONNECT", given: connectionArguments, steps });
  if (messages.length === 0) return [connect];
  return messages.map((call) => {
    const fn = call.handlerUnder(NO_CONTEXT);
    return callbackEntry(fn, call.site, {
      ...own,
      method: "MESSAGE",
      given: eventArguments(fn),
      handlerUnder: (context) => call.handlerUnder(context) ?? unknown("handler"),
      steps: [...steps, connectionCheck(handler, call, connectionArguments)],
    });
  });
}

/** `new WebSocketServer({ verifyClient })`: `(info) => boolean`, or `(info, accept) => accept(true)`. */
function verifyClient(made: Site | null, { queries }: AdapterInput): readonly RawStep[] {
  if (made === null) return [];
  const given = originsOfArgument(made, 0, queries).flatMap((o) => queries.project(o, ["verifyClient"]));
  const origin = functionBehind(given, queries);
  if (origin === null) return [];
  const continuation = origin.fn.info.params.length > 1 ? "calls-next" : "returns-true";
  return [
    stepAt(origin, nameOfFunction(origin.fn) || "verifyClient", made.fn.place(made.v), clientArguments, continuation),
  ];
}

/** What the server's `upgrade` listener checked before it handed the connection over. */
function upgrades(made: Site | null, input: AdapterInput): readonly RawStep[] {
  const calls = packageCalls(UPGRADES, input).filter(({ callee }) => isOf(callee, made));
  return calls.flatMap(({ site }) => {
    const listener = listenerAround(site.fn, input);
    const place = site.fn.place(site.v);
    if (listener === null) return [stepAt(unknown("upgrade"), "upgrade", place, upgradeArguments, "reaches")];
    const name = nameOfFunction(listener.fn) || "upgrade";
    return [
      {
        ...stepAt(listener, name, place, upgradeArguments, "reaches"),
        reaches: (context) => sitesBetween(listener, site, context),
      },
    ];
  });
}

function isOf(callee: PackageOrigin, made: Site | null): boolean {
  const own = chainOf(callee).at(-1)?.site ?? null;
  return own === null || made === null || siteKey(own) === siteKey(made);
}

/** The function given to `server.on("upgrade", …)` in which a call stands. */
function listenerAround(fn: FunctionView, { index, queries }: AdapterInput): FunctionOrigin | null {
  for (const site of index.callsOfMember("on")) {
    if (textOf(originsOfArgument(site, 0, queries)) !== "upgrade" || argumentAt(site, 1) === null) continue;
    const listener = functionArgument(site, queries);
    for (let at: FunctionView | null = fn; at !== null; at = at.parent) if (listener?.fn === at) return listener;
  }
  return null;
}

/** The call, after the places where the closures around it were made. */
function sitesBetween(listener: FunctionOrigin, call: Site, context: EntryContext): readonly Site[] {
  const closures: FunctionView[] = [];
  for (let fn = call.fn; fn !== listener.fn && fn.parent !== null; fn = fn.parent) closures.unshift(fn);
  let frame: Frame = givenFrame(listener, upgradeArguments(context));
  let home = listener.fn;
  const sites: Site[] = [];
  for (const fn of closures) {
    const made = Array.from({ length: home.valueCount }, (_, v) => v).find(
      (v) => home.op(v) === Op.Closure && home.a(v) === fn.index,
    );
    if (made !== undefined) sites.push({ fn: home, v: made, frame });
    const given = fn.info.params.map(() => [unknown("callback")]);
    frame = givenFrame({ kind: "function", fn, frame, self: null }, given);
    home = fn;
  }
  return [...sites, { ...call, frame }];
}
