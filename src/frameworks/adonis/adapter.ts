/** AdonisJS 5 and 6: the routes file with its groups and resources, named middleware, controllers imported when they are needed. */
import { type Origin, unknown } from "../../program/values/origin.js";
import { callbackEntry } from "../callback-entry.js";
import { headOfFunction } from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry, RawStep } from "../routing.js";
import { pushedElements } from "../routing-tree/additions.js";
import { normalizePath } from "../routing-tree/paths.js";
import { runProgram } from "../routing-tree/run.js";
import type { Spot } from "../routing-tree/spot.js";
import { Values } from "../routing-tree/values.js";
import { classNamed, methodOf } from "./classes.js";
import { contextArguments } from "./knowledge.js";
import { Middleware } from "./middleware.js";
import { ACTIONS, groupSteps, prefixOf, type Resource, type Route, resourcePath } from "./records.js";
import { Registrations } from "./registrations.js";

export const adonisAdapter: Adapter = {
  name: "adonis",
  packages: ["@adonisjs/core", "@ioc:Adonis/Core/Route"],
  collect,
};

function collect(input: AdapterInput): AdapterOutput {
  const values = new Values(input.queries, pushedElements);
  const registrations = new Registrations(values, new Middleware(input, values));
  runProgram(values, input.index, registrations);
  const reader = new EntryReader(input, values, registrations.global);
  const entries = registrations.routes.flatMap((one) =>
    one.kind === "route" ? reader.ofRoute(one) : reader.ofResource(one),
  );
  return { entries, faults: [], unknowns: registrations.unknowns };
}

class EntryReader {
  constructor(
    private readonly input: AdapterInput,
    private readonly values: Values,
    private readonly global: readonly RawStep[],
  ) {}

  ofRoute(route: Route): readonly RawEntry[] {
    if (route.path === null) return [];
    const path = normalizePath(`${prefixOf(route.parent)}/${route.prefix}/${route.path}`.replace(/\/+/g, "/"));
    const handler = this.#handler(route.handler);
    const steps = [...this.global, ...groupSteps(route.parent), ...route.steps];
    return route.methods.map((method) => this.#entry(route, method, path, handler, steps));
  }

  ofResource(resource: Resource): readonly RawEntry[] {
    const base = `${prefixOf(resource.parent)}/${resource.prefix}${resourcePath(resource.name)}`.replace(/\/+/g, "/");
    const controller = this.#controller(resource.controller);
    return resource.actions.flatMap((action) => {
      const [methods, below] = ACTIONS[action] ?? [[], ""];
      const handler = methodOf(controller, action, this.input.queries);
      // an action that the controller lacks answers nobody
      if (handler === null && controller.some((o) => o.kind !== "unknown")) return [];
      const own = resource.stepsOf.filter((one) => one.actions.includes(action)).map((one) => one.step);
      const steps = [...this.global, ...groupSteps(resource.parent), ...resource.steps, ...own];
      return methods.map((method) =>
        this.#entry(resource, method, normalizePath(base + below), handler ?? unknown("controller"), steps),
      );
    });
  }

  #entry(record: Route | Resource, method: string, path: string, handler: Origin, steps: readonly RawStep[]): RawEntry {
    const { call, place } = record;
    const fn = handler.kind === "function" ? handler : null;
    const own = { transport: "http", framework: "adonis", method, path, given: contextArguments } as const;
    const base = callbackEntry(fn, call, own);
    return { ...base, steps, registration: place, place: fn === null ? place : headOfFunction(fn.fn) };
  }

  /** `[UsersController, "index"]`, `"UsersController.index"`, a function */
  #handler(spot: Spot | undefined): Origin {
    if (spot === undefined) return unknown("handler");
    const text = this.values.text(spot);
    if (text !== null) return this.#byText(text);
    for (const origin of this.values.of(spot)) {
      if (origin.kind === "literal" && origin.form === "array") {
        const { fn, v, frame } = origin.site;
        const [controller, method] = Array.from(fn.list(fn.a(v)), (item): Spot => ({ ...spot, fn, v: item, frame }));
        const name = method === undefined ? "handle" : (this.values.text(method) ?? "handle");
        return methodOf(this.#controller(controller), name, this.input.queries) ?? unknown("controller");
      }
      const lazy = methodOf([origin], "handle", this.input.queries);
      if (lazy !== null) return lazy;
      if (origin.kind === "function") return origin;
    }
    return unknown("handler");
  }

  #controller(spot: Spot | undefined): readonly Origin[] {
    if (spot === undefined) return [];
    const text = this.values.text(spot);
    if (text === null) return this.values.of(spot);
    return [classNamed(text, /controllers/i, this.input.program) ?? unknown("controller")];
  }

  #byText(text: string): Origin {
    const [name = "", method = "handle"] = text.split(".");
    const file = classNamed(name, /controllers/i, this.input.program);
    return (file === null ? null : methodOf([file], method, this.input.queries)) ?? unknown("controller");
  }
}
