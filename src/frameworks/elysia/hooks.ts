/** Hooks of Elysia as steps: functions given to methods, options of routes and guards, and macros that options name. */
import { Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { calleeName } from "../../program/facts/refusals.js";
import { givenFrame } from "../../program/values/call-frames.js";
import type { Origin } from "../../program/values/origin.js";
import type { RawStep } from "../routing.js";
import { nameOf } from "../routing-tree/calls.js";
import { type Leaf, leavesOf } from "../routing-tree/handlers.js";
import { isOptions, optionSpots } from "../routing-tree/options.js";
import type { RunCall } from "../routing-tree/run.js";
import { at, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { elysiaArguments } from "./knowledge.js";

/** Kinds of hooks that run before the handler, in this order. */
const PHASES: ReadonlyMap<string, number> = new Map([
  ["onRequest", 0],
  ["parse", 1],
  ["transform", 2],
  ["derive", 2],
  ["beforeHandle", 3],
  ["resolve", 3],
]);
const METHOD_PHASE: Readonly<Record<string, string>> = {
  onRequest: "onRequest",
  onParse: "parse",
  onTransform: "transform",
  derive: "derive",
  onBeforeHandle: "beforeHandle",
  resolve: "resolve",
};

export type Scope = "local" | "scoped" | "global";

/** What one call of a hook's method adds. */
export function methodHooks(call: RunCall, name: string, values: Values): { steps: readonly RawStep[]; scope: Scope } {
  const args = Array.from(call.fn.args(call.v), (v): Spot => ({ ...call, v }));
  const [first] = args;
  const scoped = first !== undefined && isOptions(first, values);
  const spots = scoped ? args.slice(1) : args;
  return {
    steps: stepsFor(spots, METHOD_PHASE[name] ?? "beforeHandle", call.fn.place(call.v), values).map((step) =>
      step.name === "(anonymous)" ? { ...step, name } : step,
    ),
    scope: scoped ? scopeOf(first, values) : "local",
  };
}

/** `{ as: "scoped" }`; a request hook reaches everything. */
export function scopeOf(options: Spot, values: Values): Scope {
  const [spot] = optionSpots(options, "as", values);
  const text = spot === undefined ? null : values.text(spot);
  return text === "scoped" || text === "global" ? text : "local";
}

export function stepsFor(spots: readonly Spot[], phase: string, place: Place, values: Values): readonly RawStep[] {
  return leavesOf(spots, values).flatMap((leaf) =>
    leaf.origin.kind === "constant" || leaf.origin.kind === "literal" ? [] : [stepOf(leaf, phase, place)],
  );
}

function stepOf(leaf: Leaf, phase: string, place: Place): RawStep {
  return {
    name: leaf.name || nameOf(leaf.origin),
    kind: "hook",
    place,
    origin: leaf.origin,
    given: elysiaArguments,
    // what derive and resolve return becomes part of the context
    continuation: phase === "derive" || phase === "resolve" ? "returns-context" : "returns",
    condition: leaf.condition,
    phase: PHASES.get(phase) ?? 3,
  };
}

/** Hooks among the options of a route or a guard, and those of the macros that they switch on. */
export function optionHooks(options: Spot, place: Place, macros: Macros, values: Values): readonly RawStep[] {
  const own = [...PHASES.keys()].flatMap((phase) =>
    stepsFor(optionSpots(options, phase, values), phase, place, values),
  );
  return [...own, ...macros.steps(options, place)].sort((a, b) => (a.phase ?? 0) - (b.phase ?? 0));
}

/** `macro({ auth: { resolve } })`, `macro({ role(name) { return { beforeHandle } } })`, `macro("auth", …)` */
export class Macros {
  readonly #known = new Map<string, Origin[]>();

  constructor(private readonly values: Values) {}

  register(call: RunCall): void {
    const [first, second] = Array.from(call.fn.args(call.v), (v): Spot => ({ ...call, v }));
    const name = first === undefined || second === undefined ? null : this.values.text(first);
    if (name !== null && second !== undefined) this.#add(name, this.values.of(second));
    else if (first !== undefined) for (const origin of this.values.of(first)) this.#all(origin);
  }

  /** An object of definitions, or a function of the older form that returns one. */
  #all(origin: Origin): void {
    if (origin.kind === "function")
      for (const returned of this.values.queries.returnsOf(origin.fn)) this.#all(returned);
    if (origin.kind !== "literal" || origin.form !== "object") return;
    const { fn, v, frame } = origin.site;
    for (const prop of fn.props(v)) {
      if (prop.name !== "") this.#add(prop.name, this.values.queries.evaluate({ fn, v: prop.value, frame }));
    }
  }

  #add(name: string, definitions: readonly Origin[]): void {
    this.#known.set(name, [...(this.#known.get(name) ?? []), ...definitions]);
  }

  steps(options: Spot, place: Place): readonly RawStep[] {
    return [...this.#known].flatMap(([name, definitions]) => {
      const [given] = optionSpots(options, name, this.values);
      if (given === undefined || this.values.truth(given) === false) return [];
      const hooks = definitions.flatMap((one) => this.#hooksOf(one, this.values.of(given)));
      return hooks.map(({ origin, phase }) => stepOf({ origin, name, condition: "" }, phase, place));
    });
  }

  #hooksOf(definition: Origin, given: readonly Origin[]): readonly { origin: Origin; phase: string }[] {
    const { queries } = this.values;
    const made =
      definition.kind === "function"
        ? queries.bind(queries.returnsOf(definition.fn), givenFrame(definition, [given], definition.frame?.depth ?? 0))
        : [definition];
    const found = [...PHASES.keys()].flatMap((phase) =>
      made.flatMap((o) => functionsOf(queries.project(o, [phase]), this.values).map((origin) => ({ origin, phase }))),
    );
    return definition.kind === "function" ? [...found, ...this.#called(definition)] : found;
  }

  /** The older form: `auth(enabled) { onBeforeHandle(check) }` */
  #called({ fn, frame }: Extract<Origin, { kind: "function" }>): readonly { origin: Origin; phase: string }[] {
    return Array.from(fn.calls).flatMap((v) => {
      if (fn.op(v) !== Op.Call || calleeName(fn, fn.callee(v)) !== "onBeforeHandle") return [];
      const args = Array.from(fn.args(v), (arg): Spot => at({ fn, v: arg, frame }));
      return leavesOf(args, this.values).map(({ origin }) => ({ origin, phase: "beforeHandle" }));
    });
  }
}

function functionsOf(origins: readonly Origin[], values: Values): readonly Origin[] {
  return origins.flatMap((o) => {
    if (o.kind === "function" || o.kind === "package") return [o];
    return o.kind === "literal" && o.form === "array" ? values.elementsOf(o).items : [];
  });
}
