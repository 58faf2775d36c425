/** Reading the options of a verification: what is absent, what may be undefined, what cannot be read. */
import { NONE, Op } from "../../model/lowered.js";
import { leaves } from "../../program/values/computed-origins.js";
import { type Origin, type Site, UNDEFINED } from "../../program/values/origin.js";
import type { TokenContext } from "../claims/token-context.js";
import type { Verifier } from "./token-libraries.js";

export type OptionState = "absent" | "present" | "maybe" | "unknown";

export interface OptionValue {
  readonly state: OptionState;
  readonly origins: readonly Origin[];
  /** the variable of the environment that may be unset, when that is the doubt */
  readonly variable: string;
}

const UNREAD: OptionValue = { state: "unknown", origins: [], variable: "" };
const ABSENT: OptionValue = { state: "absent", origins: [UNDEFINED], variable: "" };

/** Reads options of one call by name. Options that cannot be read at all leave every answer unknown. */
export class TokenOptions {
  readonly #objects: readonly Origin[] | null;

  constructor(
    private readonly site: Site,
    verifier: Verifier,
    private readonly context: TokenContext,
  ) {
    this.#objects = this.#find(verifier);
  }

  #find(verifier: Verifier): readonly Origin[] | null {
    const { fn, v, frame } = this.site;
    if (verifier.options === NONE) return [];
    const args = fn.args(v);
    if ([...args].some((arg) => fn.op(arg) === Op.Spread)) return null;
    const arg = args[verifier.options];
    if (arg === undefined) return [];
    const origins = this.context.queries.evaluate({ fn, v: arg, frame });
    // a callback in the place of the options
    if (origins.every((o) => o.kind === "function")) return [];
    const readable = origins.every(
      (o) => (o.kind === "literal" && o.form !== "template") || o.kind === "constant" || o.kind === "package",
    );
    // an array or a text in this place is the algorithm itself
    return readable ? origins.filter((o) => o.kind === "literal" && o.form === "object") : null;
  }

  get readable(): boolean {
    return this.#objects !== null;
  }

  /** The first of several names that is set. */
  read(names: readonly string[]): OptionValue {
    let open: OptionValue = this.#objects === null ? UNREAD : ABSENT;
    for (const name of names) {
      const value = this.#one(name);
      if (value.state !== "absent") return value;
      open = value;
    }
    return open;
  }

  #one(name: string): OptionValue {
    if (this.#objects === null) return UNREAD;
    if (this.#objects.length === 0) return ABSENT;
    const { queries } = this.context;
    const values = this.#objects.map((object) => queries.project(object, name.split(".")));
    const states = values.map((origins) => this.context.stateOf(origins));
    const worst = states.find((s) => s.state === "unknown") ?? states.find((s) => s.state === "absent") ?? states[0];
    return worst ?? ABSENT;
  }
}

/** Texts and numbers among origins, arrays opened. */
export function constantsOf(origins: readonly Origin[], context: TokenContext): readonly (string | number)[] {
  const found: (string | number)[] = [];
  for (const origin of elementsOf(origins, context)) {
    if (origin.kind === "constant" && (typeof origin.value === "string" || typeof origin.value === "number"))
      found.push(origin.value);
  }
  return found;
}

/** What an array holds; other values stand for themselves. */
export function elementsOf(origins: readonly Origin[], context: TokenContext): readonly Origin[] {
  return leaves(origins).flatMap((o) =>
    o.kind === "literal" && o.form === "array" ? [...leaves(context.queries.project(o, ["[]"]))] : [o],
  );
}
