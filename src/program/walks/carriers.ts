/** Which calls are handed something of interest, directly or inside closures and objects: the others need no visit. */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { FramedMemo } from "../values/framed-memo.js";
import type { Frame, LinkQueries, Origin } from "../values/origin.js";

const MAX_DEPTH = 3;

export class Carriers {
  readonly #memo = new FramedMemo<FunctionView, boolean>();

  constructor(
    private readonly queries: LinkQueries,
    private readonly isCarrier: (origin: Origin) => boolean,
  ) {}

  /** Whether code that runs in the frame has it: as an argument, or from the functions around it. */
  holds(frame: Frame | null): boolean {
    if (frame === null) return false;
    return this.#memo.get(frame, frame.fn, () => this.holds(frame.lexical) || this.#given(frame));
  }

  #given(frame: Frame): boolean {
    if (frame.self !== null && this.#carries(frame.self, 0)) return true;
    const { givenIn } = frame;
    const isCarried = (given: readonly Origin[]): boolean =>
      this.#any(givenIn === undefined ? given : this.queries.bind(given, givenIn), 0);
    if (frame.given.some(isCarried)) return true;
    const { site } = frame;
    if (site === null || site.fn.op(site.v) === Op.Tagged) return false;
    return Array.from(site.fn.args(site.v)).some((arg) => this.#at(site.fn, arg, site.frame, 0));
  }

  #at(fn: FunctionView, v: number, frame: Frame | null, depth: number): boolean {
    const value = fn.op(v) === Op.Spread ? fn.a(v) : v;
    return value !== NONE && this.#any(this.queries.evaluate({ fn, v: value, frame }), depth);
  }

  #any(origins: readonly Origin[], depth: number): boolean {
    return origins.some((origin) => this.#carries(origin, depth));
  }

  #carries(origin: Origin, depth: number): boolean {
    if (this.isCarrier(origin)) return true;
    if (depth > MAX_DEPTH) return false;
    switch (origin.kind) {
      case "function":
        return this.holds(origin.frame);
      case "literal": {
        const { fn, v, frame } = origin.site;
        if (fn.op(v) === Op.Array)
          return Array.from(fn.list(fn.a(v))).some((item) => this.#at(fn, item, frame, depth + 1));
        return [...fn.props(v)].some((prop) => this.#at(fn, prop.value, frame, depth + 1));
      }
      case "instance": {
        const made = origin.site;
        if (made === null || made.fn.op(made.v) !== Op.New) return false;
        return Array.from(made.fn.args(made.v)).some((arg) => this.#at(made.fn, arg, made.frame, depth + 1));
      }
      case "fallback":
        return this.#any(origin.value, depth + 1) || this.#any(origin.or, depth + 1);
      case "derived":
        return origin.rest?.known.some((argument) => this.#any(argument, depth + 1)) ?? false;
      default:
        return false;
    }
  }
}
