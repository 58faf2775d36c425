/** Encore.ts: `api(options, handler)` values; `auth: true` sends every call through the gateway's handler first. */
import {
  type LinkQueries,
  type Origin,
  packageMember,
  type Site,
  source,
  unknown,
} from "../../program/values/origin.js";
import { nextOrigin, requestOrigin, responseOrigin } from "../arguments.js";
import { property, propertyItems, textOf } from "../classes/values.js";
import {
  argumentAt,
  firstLineOf,
  headOfFunction,
  nameOfBuilder,
  originsOfArgument,
} from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, AdapterOutput, Arguments, RawEntry, RawStep } from "../routing.js";
import { joinPaths, normalizePath } from "../routing-tree/paths.js";
import { readServices, type ServiceMiddleware } from "./services.js";

const MODULE = "encore.dev/api";
const MAKERS = ["raw", "streamIn", "streamOut", "streamInOut"];

export const encoreAdapter: Adapter = { name: "encore", packages: ["encore.dev"], collect };

function collect(input: AdapterInput): AdapterOutput {
  const { index, queries } = input;
  if (!index.imports(MODULE)) return { entries: [], faults: [], unknowns: [] };
  const calls = [...index.callsOfName("api"), ...MAKERS.flatMap((name) => index.callsOfMember(name))];
  const gateway = gatewayHandler(input);
  const services = readServices(index, queries);
  const entries = calls.flatMap((call) => {
    const [callee] = queries.evaluate({ ...call, v: call.fn.callee(call.v) });
    if (callee?.kind !== "package" || callee.module !== MODULE || !/^api(?:\.|$)/.test(callee.path)) return [];
    return entriesOf(call, callee.path, gateway, services, queries);
  });
  return { entries, faults: [], unknowns: [] };
}

interface GatewayHandler {
  readonly origin: Origin;
  readonly site: Site;
}

/** The function of `authHandler(…)` that a gateway has. */
function gatewayHandler({ index, queries }: AdapterInput): GatewayHandler | null {
  for (const site of index.callsOfName("authHandler")) {
    const [made] = queries.evaluate(site);
    if (made?.kind !== "package" || made.module !== "encore.dev/auth") continue;
    const origin = originsOfArgument(site, 0, queries).find((o) => o.kind === "function");
    if (origin !== undefined) return { origin, site };
  }
  return null;
}

function entriesOf(
  call: Site,
  kind: string,
  gateway: GatewayHandler | null,
  services: readonly ServiceMiddleware[],
  queries: LinkQueries,
): readonly RawEntry[] {
  const [options] = originsOfArgument(call, 0, queries);
  if (options === undefined || isFalse(property(options, "expose", queries), false)) return [];
  const demanded = !isFalse(property(options, "auth", queries), false);
  const name = nameOfBuilder(call) || "api";
  const path = textOf(property(options, "path", queries)) ?? name;
  const methods = propertyItems(options, "method", queries).flatMap(({ origin }) => textOf(origin) ?? []);
  const handlers = originsOfArgument(call, 1, queries);
  const handler = handlers.find((o) => o.kind === "function") ?? handlers[0] ?? unknown("no handler");
  const registration = firstLineOf(call.fn, call.fn.place(call.v));
  const file = call.fn.file.path;
  const steps = [
    ...(demanded ? [authStep(call, gateway, queries)] : []),
    ...services.filter((one) => one.covers(file, demanded)).map((one) => one.step),
  ];
  return (methods.length > 0 ? methods : [kind === "api" ? "POST" : "ALL"]).map((method) => ({
    transport: /stream/.test(kind) ? "ws" : "http",
    framework: "encore",
    method: method === "*" ? "ALL" : method.toUpperCase(),
    path: normalizePath(joinPaths("", path.replace("!", "*"))),
    handler,
    handlerName: name,
    given: kind === "api.raw" ? rawArguments : requestArguments,
    place: handler.kind === "function" ? headOfFunction(handler.fn) : registration,
    registration,
    steps,
    nearMisses: [],
    metadata: new Map(),
    group: file.slice(0, Math.max(0, file.lastIndexOf("/"))),
    publicMarker: null,
    incomplete: "",
  }));
}

/** True for what is false, and for what is not set when that means false. */
function isFalse(origin: Origin | undefined, unset: boolean): boolean {
  return origin === undefined ? !unset : origin.kind === "constant" && !origin.value;
}

/** The gateway hands its function what the caller sent as proof. */
const proofArguments: Arguments = () => [[source("credential", "")]];
/** `({ id, body })`; streams get the stream as well. */
const requestArguments: Arguments = (context) => [[source("input", "args", { context })], [unknown("stream")]];
const rawArguments: Arguments = (context) => [
  [requestOrigin("express", context)],
  [responseOrigin("express", context)],
  [nextOrigin(context)],
];

function authStep(call: Site, gateway: GatewayHandler | null, queries: LinkQueries): RawStep {
  const [made] = queries.evaluate(call);
  const options = argumentAt(call, 0) ?? call;
  return {
    name: gateway === null ? "auth" : nameOfBuilder(gateway.site) || "authHandler",
    kind: "hook",
    place: firstLineOf(options.fn, options.fn.place(options.v)),
    origin:
      gateway?.origin ?? (made?.kind === "package" ? packageMember(made, "auth") : unknown("no gateway in sight")),
    given: proofArguments,
    continuation: "returns-true",
    condition: "",
  };
}
