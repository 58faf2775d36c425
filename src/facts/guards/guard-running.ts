/** Goes through the functions that run for an entry, as far as something in them can be a fault of a guard. */

import type { RawEntry } from "../../frameworks/routing.js";
import type { Confidence, Evidence, GuardFaultKind } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { givenFrame } from "../../program/values/call-frames.js";
import type { EntryContext, Frame, Origin, Site } from "../../program/values/origin.js";
import { walk } from "../../program/walks/walk.js";
import type { Analysis } from "../analysis.js";
import type { JudgedEntry } from "../entries/entries.js";
import { attach, type EntrySteps, stepsOf } from "../entries/entry-steps.js";
import { workOf } from "../entries/handler-walk.js";

/** A fault as one detector sees it in one function. */
export interface Suspect {
  readonly kind: GuardFaultKind;
  readonly name: string;
  readonly place: Place;
  readonly evidence: readonly Evidence[];
  readonly confidence: Confidence;
}

/** A call reached for an entry, with what holds before it. */
export interface Running {
  readonly site: Site;
  readonly callees: readonly Origin[];
  facts(): readonly Fact[];
  readonly analysis: Analysis;
}

export interface Detectors {
  /** cheap and without a frame: whether a function is worth going into */
  suspicious(fn: FunctionView): boolean;
  /** a call of such a function */
  call(running: Running): readonly Suspect[];
  /** such a function as a whole, once per set of arguments */
  whole(fn: FunctionView, frame: Frame, analysis: Analysis): readonly Suspect[];
}

const MAX_CALLERS = 8;

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

/** Finds what the detectors see in everything that runs for entries. */
export class Runner {
  readonly #inSteps = new Map<EntrySteps, readonly Suspect[]>();
  readonly #walked = new Map<FunctionView, number>();
  readonly #below = new Map<FunctionView, boolean>();
  readonly #verdicts = new Map<string, { readonly suspects: readonly Suspect[]; readonly asked: number }>();

  constructor(
    private readonly analysis: Analysis,
    private readonly detectors: Detectors,
  ) {}

  of(judged: JudgedEntry): readonly Suspect[] {
    const { raw } = judged;
    const functions = [raw.handler, ...raw.steps.map((step) => step.origin)].filter((o) => o.kind === "function");
    const work = raw.handler.kind === "function" ? workOf(raw.handler, this.analysis) : null;
    const isWork = work !== null && this.#leadsToSuspects(work);
    if (!isWork && !functions.some((origin) => this.#leadsToSuspects(origin.fn))) return [];
    const steps = stepsOf(raw, this.analysis);
    const inSteps = this.#inSteps.get(steps) ?? this.#ofSteps(raw, steps);
    this.#inSteps.set(steps, inSteps);
    if (raw.handler.kind !== "function" || judged.frame === null) return inSteps;
    // `handled(this.update.bind(this))`: what a wrapper calls is known by what it was given alone
    const around = isWork ? raw.handler.fn : null;
    return [...inSteps, ...this.#run(raw.handler, judged.frame, uniqueFacts(steps.facts), around)];
  }

  /** Each step sees what those before it left on the request. */
  #ofSteps(raw: RawEntry, { judged, context: { method, metadata } }: EntrySteps): readonly Suspect[] {
    const found: Suspect[] = [];
    const attached = new Map<string, readonly Origin[]>();
    const inherited: Fact[] = [];
    for (const [i, step] of raw.steps.entries()) {
      const context: EntryContext = { method, metadata, attached };
      if (step.origin.kind === "function" && this.#isNew(step.origin.fn))
        found.push(...this.#run(step.origin, givenFrame(step.origin, step.given(context)), inherited));
      if (judged[i].step.condition === "") inherited.push(...judged[i].facts);
      attach(attached, judged[i]);
    }
    return found;
  }

  /** A step that stands before everything is gone through for a few lists of steps, not for each. */
  #isNew(fn: FunctionView): boolean {
    const walked = this.#walked.get(fn) ?? 0;
    this.#walked.set(fn, walked + 1);
    return walked < MAX_CALLERS;
  }

  #run(
    origin: FunctionOrigin,
    frame: Frame,
    inherited: readonly Fact[],
    around: FunctionView | null = null,
  ): readonly Suspect[] {
    if (origin.fn !== around && !this.#leadsToSuspects(origin.fn)) return [];
    const found: Suspect[] = [];
    const seen = new Set<Frame | null>();
    const { analysis, detectors } = this;
    walk(origin, frame, analysis.guarantees, inherited, {
      interesting: (fn) => fn === around || this.#leadsToSuspects(fn),
      visit: ({ site, callees, facts }) => {
        if (!detectors.suspicious(site.fn)) return false;
        const { frame } = site;
        if (frame !== null && !seen.has(frame)) {
          seen.add(frame);
          found.push(...this.#judged(site.fn, NONE, () => detectors.whole(site.fn, frame, analysis)));
        }
        if (site.fn.op(site.v) === Op.Call)
          found.push(...this.#judged(site.fn, site.v, () => detectors.call({ site, callees, facts, analysis })));
        return false;
      },
    });
    return found;
  }

  /** What was found once is not sought again, what was not found is sought for a few more callers. */
  #judged(fn: FunctionView, v: number, judge: () => readonly Suspect[]): readonly Suspect[] {
    const key = `${fn.id}/${v}`;
    const known = this.#verdicts.get(key);
    if (known !== undefined && (known.suspects.length > 0 || known.asked >= MAX_CALLERS)) return known.suspects;
    const suspects = judge();
    this.#verdicts.set(key, { suspects, asked: (known?.asked ?? 0) + 1 });
    return suspects;
  }

  #leadsToSuspects(fn: FunctionView): boolean {
    const known = this.#below.get(fn);
    if (known !== undefined) return known;
    const visited = new Set<FunctionView>();
    const answer = this.#search(fn, visited, 0);
    if (!answer) for (const seen of visited) this.#below.set(seen, false);
    this.#below.set(fn, answer);
    return answer;
  }

  #search(fn: FunctionView, visited: Set<FunctionView>, depth: number): boolean {
    const known = this.#below.get(fn);
    if (known !== undefined) return known;
    if (visited.has(fn) || depth > 20 || !fn.hasBody) return false;
    visited.add(fn);
    if (this.detectors.suspicious(fn)) return true;
    return Array.from(fn.calls).some((v) => {
      const spots = [fn.callee(v), ...(fn.op(v) === Op.Tagged ? [] : fn.args(v))];
      return spots.some((spot, i) => {
        const op = fn.op(spot);
        if (i > 0 && op !== Op.Closure && op !== Op.Var && op !== Op.Member && op !== Op.Call) return false;
        return this.analysis.queries
          .evaluate({ fn, v: spot, frame: null })
          .some((o) => o.kind === "function" && this.#search(o.fn, visited, depth + 1));
      });
    });
  }
}
