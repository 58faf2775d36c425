/** The call that names the model of an access, where the access itself stands in a helper for any model. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { frameFor } from "../../program/values/call-frames.js";
import type { Frame, Site } from "../../program/values/origin.js";
import { siteKey, wayTo } from "../../program/values/origin-keys.js";
import type { Analysis } from "../analysis.js";
import { callOf, isWithin } from "./reach-details.js";

/** A base repository, a method of its subclass, a helper beside: further out stands what the entry is about. */
const MAX_LEVELS = 4;

/**
 * A base repository reads the rows of whichever model its subclass stands for: one line for all of them, and right
 * for each as long as its callers are. What has to change is the call that names the model and the rows.
 */
export class NamingSites {
  readonly #concrete = new Map<string, boolean>();
  readonly #known = new Map<string, Site | null>();

  constructor(private readonly analysis: Analysis) {}

  /** The nearest call on the way from which the model is plain; null where the access names it itself, or none does. */
  of(call: DataCall): Site | null {
    if (call.model === "" || this.#isConcrete(call)) return null;
    const key = `${siteKey(call.site)}${wayTo(call.site)}/${call.model}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = this.#search(call);
      this.#known.set(key, known);
    }
    return known;
  }

  #isConcrete(call: DataCall): boolean {
    const key = `${siteKey(call.site)}/${call.model}`;
    let known = this.#concrete.get(key);
    if (known === undefined) {
      known = this.#modelAt({ ...call.site, frame: withoutCalls(call.site.frame) }) === call.model;
      this.#concrete.set(key, known);
    }
    return known;
  }

  #search(call: DataCall): Site | null {
    const way: Site[] = [call.site];
    for (let at = callOf(call.site.frame); at !== null && way.length <= MAX_LEVELS; at = callOf(at.frame)) {
      // a client that is handed to a closure: what the closure calls is named where it is called
      if (isWithin(call.site.fn, at.fn)) return null;
      way.push(at);
      if (this.#modelFrom(way) === call.model) return at;
    }
    return null;
  }

  /** The model that the access has when nothing is known but what stands at the outermost of these calls and below. */
  #modelFrom(way: readonly Site[]): string {
    const { queries } = this.analysis;
    let frame: Frame | null = withoutCalls(way.at(-1)?.frame ?? null);
    for (let level = way.length - 1; level > 0; level -= 1) {
      const at: Site = { ...way[level], frame };
      const callees = queries.evaluate({ ...at, v: at.fn.callee(at.v) });
      const callee = callees.find((o) => o.kind === "function" && o.fn === calledIn(way[level - 1]));
      if (callee?.kind !== "function") return "";
      frame = frameFor(callee, at);
    }
    return this.#modelAt({ ...way[0], frame });
  }

  #modelAt(site: Site): string {
    const { data, queries } = this.analysis;
    return data.loading(site, queries)?.model ?? "";
  }
}

/** The function that was called to get to a site: its own, or the one around the closure that it stands in. */
function calledIn({ fn, frame }: Site): FunctionView {
  let current = frame;
  while (current !== null && current.site === null) current = current.lexical;
  return current?.fn ?? fn;
}

/** What adapters told of the arguments stays, what callers gave goes. */
function withoutCalls(frame: Frame | null): Frame | null {
  if (frame === null || frame.site !== null) return null;
  return { ...frame, lexical: withoutCalls(frame.lexical) };
}
