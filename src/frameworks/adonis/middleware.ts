/** Middleware of AdonisJS as steps: named, by collection or by string, lazily imported, written in place. */
import type { Place } from "../../model/place.js";
import { type Origin, type PackageOrigin, packageMember, packageRoot, unknown } from "../../program/values/origin.js";
import { originsOfArgument } from "../procedures/builder-chain.js";
import type { AdapterInput, RawStep } from "../routing.js";
import { nameOf } from "../routing-tree/calls.js";
import { leavesOf } from "../routing-tree/handlers.js";
import type { Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { classNamed, methodOf } from "./classes.js";
import { contextArguments } from "./knowledge.js";

const NAMED = /^named\(\)\.(\w+)\(\)$/;

export class Middleware {
  readonly #byName = new Map<string, readonly Origin[]>();

  constructor(
    private readonly input: AdapterInput,
    private readonly values: Values,
  ) {
    for (const site of input.index.callsOfMember("registerNamed"))
      this.#register(originsOfArgument(site, 0, input.queries));
  }

  #register(collections: readonly Origin[]): void {
    for (const origin of collections) {
      if (origin.kind !== "literal" || origin.form !== "object") continue;
      const { fn, v, frame } = origin.site;
      for (const prop of fn.props(v)) {
        if (prop.name !== "") this.#byName.set(prop.name, this.values.queries.evaluate({ fn, v: prop.value, frame }));
      }
    }
  }

  /** The steps that arguments of `use` or `middleware` come to. */
  steps(spots: readonly Spot[], place: Place): readonly RawStep[] {
    return leavesOf(spots, this.values).flatMap(({ origin, name }) => {
      const text = this.values.textOf(origin);
      if (text !== null) return [this.#byText(text, place)];
      if (origin.kind === "constant") return [];
      return [this.#step(origin, name, place)];
    });
  }

  /** `auth:api,web` */
  #byText(text: string, place: Place): RawStep {
    const [name = ""] = text.split(":");
    const given = this.#byName.get(name) ?? [];
    return this.#made(name, this.#handler(given), place);
  }

  #step(origin: Origin, name: string, place: Place): RawStep {
    const named = origin.kind === "package" ? NAMED.exec(origin.path) : null;
    if (origin.kind === "package" && named !== null) {
      const [, key = ""] = named;
      return this.#made(key, this.#handler(this.#collected(origin, key)), place);
    }
    const lazy = origin.kind === "function" ? methodOf([origin], "handle", this.values.queries) : null;
    return this.#made(name || nameOf(origin), lazy ?? origin, place);
  }

  /** `middleware.auth()` of `router.named({ auth: () => import("…") })` */
  #collected(origin: PackageOrigin, key: string): readonly Origin[] {
    const made = origin.previous?.previous ?? null;
    if (made === null || made.site === null) return [];
    return originsOfArgument(made.site, 0, this.values.queries).flatMap((o) => this.values.queries.project(o, [key]));
  }

  #handler(given: readonly Origin[]): Origin {
    const { queries } = this.values;
    const own = methodOf(given, "handle", queries);
    if (own !== null) return own;
    for (const origin of given) {
      const text = this.values.textOf(origin) ?? this.#imported(origin);
      const file = text === null ? null : classNamed(text, /middleware/i, this.input.program);
      const found = file === null ? null : methodOf([file], "handle", queries);
      if (found !== null) return found;
    }
    // the framework's own, when the project has none in sight
    return given.length > 0 ? packageMember(packageRoot("@adonisjs/core"), "middleware") : unknown("middleware");
  }

  /** `() => import("App/Middleware/Auth")`, an alias that only the framework knows */
  #imported(origin: Origin): string | null {
    const returned = origin.kind === "function" ? this.values.queries.returnsOf(origin.fn) : [];
    const found = returned.find((o) => o.kind === "package" && o.module.startsWith("App/"));
    return found?.kind === "package" ? found.module : null;
  }

  #made(name: string, origin: Origin, place: Place): RawStep {
    const kind = "middleware";
    return { name, kind, place, origin, given: contextArguments, continuation: "calls-next", condition: "" };
  }
}
