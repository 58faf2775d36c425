/** Scopes of Pothos' auth plug-in: what a field demands, and the function of the builder that says what a caller has. */
import { NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { givenFrame } from "../../program/values/call-frames.js";
import {
  type LinkQueries,
  type Origin,
  type PackageOrigin,
  type Site,
  source,
  unknown,
} from "../../program/values/origin.js";
import { property, propertyItems } from "../classes/values.js";
import { argumentAt, firstLineOf, originsOfArgument } from "../procedures/builder-chain.js";
import type { RawFault, RawStep } from "../routing.js";
import { CONTEXT_DIALECT, contextOrigin, resolverArguments } from "./fields.js";

const PLUGIN = "@pothos/plugin-scope-auth";
const MAX_NESTING = 4;

export class ScopeReader {
  readonly #faults = new Map<string, RawFault>();

  constructor(private readonly queries: LinkQueries) {}

  /** Scopes on fields of a builder that lacks the plug-in. */
  get faults(): readonly RawFault[] {
    return [...this.#faults.values()];
  }

  /** Steps of a field: `authScopes` in its options, `withAuth` before its maker. */
  ofField(site: Site, options: Origin | undefined, builder: PackageOrigin): readonly RawStep[] {
    const before = scopesBefore(site);
    const written = before === null ? [] : this.queries.evaluate(before);
    return [property(options, "authScopes", this.queries), ...written].flatMap((scopes) =>
      this.stepsOf(scopes, builder, site),
    );
  }

  /** The steps that a value of `authScopes` is: an object of scopes, or a function that returns one. */
  stepsOf(scopes: Origin | undefined, builder: PackageOrigin, around: Site): readonly RawStep[] {
    if (scopes === undefined || (scopes.kind === "constant" && scopes.value === undefined)) return [];
    const place = firstLineOf(around.fn, around.fn.place(around.v));
    const settings = builder.site === null ? undefined : originsOfArgument(builder.site, 0, this.queries)[0];
    if (!this.#hasPlugin(settings)) {
      const note = "the builder's plugins do not list the scope-auth plug-in, so nothing reads the scopes";
      const fault: RawFault = { kind: "metadata-without-guard", name: "authScopes", place, note };
      this.#faults.set(`${place.file}:${place.start}`, fault);
      return [];
    }
    if (scopes.kind === "function") return this.#ofFunction(scopes, settings, place);
    return this.#ofObject(scopes, settings, place, 0);
  }

  #hasPlugin(settings: Origin | undefined): boolean {
    if (settings?.kind !== "literal") return true;
    const listed = propertyItems(settings, "plugins", this.queries);
    if (listed.some(({ origin }) => origin.kind === "unknown" || origin.kind === "parameter")) return true;
    return listed.some(({ origin }) => origin.kind === "package" && origin.module === PLUGIN);
  }

  /** A function that answers yes or no, or with the scopes to demand. */
  #ofFunction(fn: Extract<Origin, { kind: "function" }>, settings: Origin | undefined, place: Place): RawStep[] {
    const maps = this.queries.returnsOf(fn.fn).filter((o) => o.kind === "literal" && o.form === "object");
    const step: RawStep = { ...this.#step("authScopes", place, fn), given: resolverArguments };
    if (maps.length === 0) return [step];
    // what a scope is given may be taken from the arguments of the function
    const bound = (made: RawStep): RawStep => ({
      ...made,
      given: (context) => {
        const frame = givenFrame(fn, resolverArguments(context));
        return made.given(context).map((values) => this.queries.bind(values, frame));
      },
      ...(made.anyOf === undefined ? {} : { anyOf: made.anyOf.map((way) => way.map(bound)) }),
    });
    const anyOf = maps.map((map) => this.#ofObject(map, settings, place, 0).map(bound));
    return [{ ...step, anyOf }];
  }

  /** Any of the scopes suffices, unless they stand below `$all` or the builder says that all are needed. */
  #ofObject(scopes: Origin, settings: Origin | undefined, place: Place, depth: number, any = false): RawStep[] {
    if (scopes.kind !== "literal" || scopes.form !== "object" || depth > MAX_NESTING) {
      return [this.#step("authScopes", place, unknown("scopes"))];
    }
    const { fn, v, frame } = scopes.site;
    const ways = [...fn.props(v)].flatMap((prop): RawStep[][] => {
      const value = this.queries.evaluate({ fn, v: prop.value, frame });
      const [first] = value;
      if (prop.name === "$all" && first !== undefined) {
        const all = this.#parts(first, settings, place, depth);
        return all.length === 0 ? [] : [all.flat()];
      }
      if (prop.name === "$any" && first !== undefined) return [this.#ofObject(first, settings, place, depth + 1, true)];
      // a scope that is set to false is not demanded
      if (first?.kind === "constant" && !first.value) return [];
      return [[this.#scope(prop.name, value, settings, place)]];
    });
    const [only] = ways;
    if (only === undefined) return [];
    if (!any && this.#needsAll(settings)) return ways.flat();
    return ways.length === 1 ? only : [{ ...this.#step("authScopes", place, unknown("alternatives")), anyOf: ways }];
  }

  #needsAll(settings: Origin | undefined): boolean {
    const nested = property(settings, "scopeAuth", this.queries);
    const strategy =
      property(nested, "defaultStrategy", this.queries) ?? property(settings, "defaultStrategy", this.queries);
    return strategy?.kind === "constant" && strategy.value === "all";
  }

  #parts(all: Origin, settings: Origin | undefined, place: Place, depth: number): RawStep[][] {
    if (all.kind !== "literal" || all.form !== "object") return [this.#ofObject(all, settings, place, depth + 1)];
    const { fn, v, frame } = all.site;
    return [...fn.props(v)].map((prop) => {
      const value = this.queries.evaluate({ fn, v: prop.value, frame });
      return [this.#scope(prop.name, value, settings, place)];
    });
  }

  /** One scope: the property of that name in what the builder's function returns for the context. */
  #scope(name: string, value: readonly Origin[], settings: Origin | undefined, place: Place): RawStep {
    const nested = property(settings, "scopeAuth", this.queries);
    const initializer = property(nested, "authScopes", this.queries) ?? property(settings, "authScopes", this.queries);
    const step = this.#step(name, place, initializer ?? unknown("no scopes in sight"));
    if (initializer?.kind !== "function") return step;
    // a loader is made per request, where the context is not known yet: its members tell by their names
    const frame = givenFrame(initializer, [[source("request", "", { dialect: CONTEXT_DIALECT })]]);
    const loader = this.queries
      .bind(this.queries.returnsOf(initializer.fn), frame)
      .flatMap((o) => this.queries.project(o, [name]))
      .find((o) => o.kind === "function");
    if (loader === undefined) return { ...step, continuation: `returns-true:${name}` };
    return { ...step, origin: loader, given: () => [value] };
  }

  #step(name: string, place: Place, origin: Origin): RawStep {
    return {
      name,
      kind: "guard",
      place,
      origin,
      given: (context) => [[contextOrigin(context)]],
      continuation: "returns-true",
      condition: "",
    };
  }
}

/** `t.withAuth({ … }).field(…)`: the scopes that stand before a maker. */
function scopesBefore(site: Site): Site | null {
  const { fn } = site;
  const callee = fn.op(site.v) === Op.Call ? fn.callee(site.v) : NONE;
  if (callee === NONE || fn.op(callee) !== Op.Member) return null;
  const receiver = fn.a(callee);
  if (fn.op(receiver) !== Op.Call || fn.memberName(fn.callee(receiver)) !== "withAuth") return null;
  return argumentAt({ ...site, v: receiver }, 0);
}
