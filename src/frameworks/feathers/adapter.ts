/** Feathers: services with their methods, behind the hooks of the application and their own. */
import { constant, type Origin } from "../../program/values/origin.js";
import { callbackEntry } from "../callback-entry.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry, RawStep } from "../routing.js";
import { pushedElements } from "../routing-tree/additions.js";
import { Values } from "../routing-tree/values.js";
import { hooksFor } from "./hooks.js";
import { METHOD_KEY, methodArguments, SERVICE_KEY } from "./knowledge.js";
import { type HookCall, hookCallsIn, type Service, servicesIn } from "./services.js";

export const feathersAdapter: Adapter = {
  name: "feathers",
  packages: ["@feathersjs/feathers", "@feathersjs/express", "@feathersjs/koa", "@feathersjs/socketio"],
  collect,
};

const ADDRESS: Readonly<Record<string, readonly [method: string, below: string]>> = {
  find: ["GET", ""],
  get: ["GET", "/:id"],
  create: ["POST", ""],
  update: ["PUT", "/:id"],
  patch: ["PATCH", "/:id"],
  remove: ["DELETE", "/:id"],
};

function collect({ index, queries }: AdapterInput): AdapterOutput {
  const values = new Values(queries, pushedElements);
  const calls = hookCallsIn(index, values);
  const entries = servicesIn(index, values).flatMap((service) => entriesOf(service, calls, values));
  return { entries, faults: [], unknowns: [] };
}

function entriesOf(service: Service, calls: readonly HookCall[], values: Values): readonly RawEntry[] {
  return service.methods.flatMap(({ name, handler }) => {
    // the application's come first, around hooks before the others
    const found = ["", service.path].flatMap((path) =>
      calls.filter((call) => call.path === path).map((call) => hooksFor(call.given, name, values)),
    );
    if (found.some((hooks) => hooks.closed)) return [];
    const steps = [...found.flatMap((hooks) => hooks.around), ...found.flatMap((hooks) => hooks.before)];
    return [entryOf(service, name, handler, steps)];
  });
}

function entryOf(service: Service, name: string, handler: Origin, steps: readonly RawStep[]): RawEntry {
  const [method, below] = ADDRESS[name] ?? ["POST", ""];
  const own = handler.kind === "function";
  const base = callbackEntry(own ? handler : null, service.site, {
    transport: "http",
    framework: "feathers",
    method,
    path: `/${service.path}${below}`,
    given: methodArguments(name),
  });
  const { place } = base;
  return {
    ...base,
    handler,
    handlerName: name,
    steps: steps.map((step) => (step.place.file === "" ? { ...step, place } : step)),
    metadata: new Map([
      [SERVICE_KEY, [constant(service.path)]],
      [METHOD_KEY, [constant(name)]],
    ]),
    ...(own ? {} : { settled: true }),
  };
}
