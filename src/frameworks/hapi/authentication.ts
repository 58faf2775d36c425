/** Authentication as configuration: schemes, strategies, the server's default, and what a route says about it. */
import { ONE_OF_SEVERAL } from "../../model/facts.js";
import type { Place } from "../../model/place.js";
import { type Origin, packageMember, packageRoot } from "../../program/values/origin.js";
import type { RawStep } from "../routing.js";
import { isOptions, optionSpots } from "../routing-tree/options.js";
import type { RunCall } from "../routing-tree/run.js";
import type { Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { hapiArguments } from "./knowledge.js";

/** The value of an `auth` option; what is not given comes from the server's default. */
export interface AuthSetting {
  readonly kind: "off" | "on" | "unread";
  /** names of strategies, any of which may let the request pass; null: the default's */
  readonly strategies: readonly string[] | null;
  readonly mode: string | null;
  /** demands something of those who are known */
  readonly scoped: boolean;
  readonly place: Place;
  /** why it may not hold, '' when it always does */
  readonly condition: string;
}

/** Where the steps of authentication stand among the extension points. */
const AUTHENTICATE = 2;
const ACCESS = 4;

export function readAuth(spot: Spot, values: Values, condition: string): AuthSetting {
  const place = spot.fn.place(spot.v);
  const base: AuthSetting = { kind: "on", strategies: null, mode: null, scoped: false, place, condition };
  if (isOptions(spot, values)) return { ...base, ...settingsOf(spot, values) };
  const origins = values.of(spot).filter((o) => !(o.kind === "constant" && o.value === undefined));
  const names = origins.flatMap((o) => values.textOf(o) ?? []);
  const off = origins.some((o) => o.kind === "constant" && o.value === false);
  if (off && origins.length === 1) return { ...base, kind: "off" };
  if (names.length === 0) return { ...base, kind: "unread" };
  return { ...base, strategies: names, mode: "required", condition: off ? ONE_OF_SEVERAL : condition };
}

function settingsOf(spot: Spot, values: Values): Pick<AuthSetting, "strategies" | "mode" | "scoped"> {
  const text = (name: string): string | null => {
    const [found] = optionSpots(spot, name, values);
    return found === undefined ? null : values.text(found);
  };
  const listed = optionSpots(spot, "strategies", values).flatMap((s) =>
    values.elements(s).items.flatMap((o) => values.textOf(o) ?? []),
  );
  const one = text("strategy");
  const given = (name: string): boolean =>
    optionSpots(spot, name, values).some((s) => values.truth(s) !== false && values.text(s) !== "any");
  return {
    strategies: one !== null ? [one] : listed.length > 0 ? listed : null,
    mode: text("mode"),
    scoped: ["scope", "access", "entity"].some(given),
  };
}

/** What is known of a server's schemes and strategies. */
export class Strategies {
  /** scheme → the function that answers for it */
  readonly #schemes = new Map<string, Origin>();
  readonly #strategies = new Map<string, string>();

  constructor(private readonly values: Values) {}

  /** `server.auth.scheme(name, make)` */
  scheme(call: RunCall): void {
    const [first, second] = Array.from(call.fn.args(call.v), (v): Spot => ({ ...call, v }));
    const name = first === undefined ? null : this.values.text(first);
    if (name === null || second === undefined) return;
    for (const made of this.values.of(second)) {
      if (made.kind !== "function") continue;
      const { queries } = this.values;
      const found = queries.returnsOf(made.fn).flatMap((o) => [...queries.project(o, ["authenticate"])]);
      const authenticate = found.find((o) => o.kind === "function");
      if (authenticate !== undefined) this.#schemes.set(name, authenticate);
    }
  }

  /** `server.auth.strategy(name, scheme, options)` */
  strategy(call: RunCall): void {
    const [first, second] = Array.from(call.fn.args(call.v), (v): Spot => ({ ...call, v }));
    const name = first === undefined ? null : this.values.text(first);
    const scheme = second === undefined ? null : this.values.text(second);
    if (name !== null && scheme !== null) this.#strategies.set(name, scheme);
  }

  /** Steps that a setting comes to, completed by the server's default. */
  steps(own: AuthSetting | null, byDefault: AuthSetting | null): readonly RawStep[] {
    const setting = own ?? byDefault;
    if (setting === null || setting.kind !== "on") return [];
    const names = setting.strategies ?? byDefault?.strategies ?? [];
    const mode = setting.mode ?? (setting.strategies === null ? byDefault?.mode : null) ?? "required";
    const required = mode === "required";
    const each = names.map((name) => this.#step(name, required, setting));
    const [first] = each;
    if (first === undefined) return [];
    const name = each.map((step) => step.name).join(" or ");
    const authenticated = each.length === 1 ? first : { ...first, name, anyOf: each.map((step) => [step]) };
    // callers that are not known are not asked for a scope where a strategy only tries
    const scoped = setting.scoped || (setting.strategies === null && byDefault?.scoped === true);
    return scoped && required ? [authenticated, scopeStep(setting)] : [authenticated];
  }

  #step(name: string, required: boolean, setting: AuthSetting): RawStep {
    const scheme = this.#schemes.get(this.#strategies.get(name) ?? name);
    const base = stepAt(`auth ${name}`, setting, AUTHENTICATE);
    if (!required) return { ...base, origin: authOrigin("try") };
    // whatever was made of the credentials, only `h.authenticated` lets the request pass
    return scheme === undefined ? base : { ...base, origin: scheme, continuation: "calls-next" };
  }
}

function scopeStep(setting: AuthSetting): RawStep {
  return { ...stepAt("auth scope", setting, ACCESS), origin: authOrigin("scope") };
}

function stepAt(name: string, { place, condition }: AuthSetting, phase: number): RawStep {
  const origin = authOrigin("required");
  return { name, kind: "hook", place, origin, given: hapiArguments, continuation: "returns", condition, phase };
}

/** Stands for what the framework does by itself, see the list of known steps. */
function authOrigin(what: "required" | "try" | "scope"): Origin {
  return packageMember(packageRoot("@hapi/hapi"), `auth.${what}`);
}
