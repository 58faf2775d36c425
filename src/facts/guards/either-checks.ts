/**
 * `if (a) check(a); else check(b);` and then both are used: whoever sends both has one of them looked at. The id of the
 * other branch is verified only where the first one is missing.
 */
import type { EitherCheck } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { atomsOf } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { Fact } from "../../program/facts/facts.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Frame, Origin, SourceOrigin } from "../../program/values/origin.js";
import { Ledger } from "../accesses/ledger.js";
import { valueKey } from "../accesses/ledger-values.js";
import { isPick } from "../accesses/reach-details.js";
import { isShownUnlessReplaced } from "../accesses/replaced-values.js";
import type { Analysis } from "../analysis.js";
import type { JudgedEntry } from "../entries/entries.js";

const MAX_BRANCHES = 8;
const MAX_CALLS = 40;
/** what only tells about the request uses nothing */
const TELLS = /^(?:log|debug|info|warn|error|trace|track|capture|emit|set(?:Tag|Attributes?|Context)|addBreadcrumb)$/;

export function collectEitherChecks(judged: readonly JudgedEntry[], analysis: Analysis): readonly EitherCheck[] {
  const found = new Map<string, EitherCheck>();
  for (const { raw, entry, frame } of judged) {
    if (raw.handler.kind !== "function" || frame === null) continue;
    for (const check of new Handler(raw.handler.fn, frame, analysis).checks(entry.key)) {
      const key = `${check.place.file}:${check.place.start}:${check.used}`;
      if (!found.has(key)) found.set(key, check);
    }
  }
  return [...found.values()];
}

class Handler {
  constructor(
    private readonly fn: FunctionView,
    private readonly frame: Frame,
    private readonly analysis: Analysis,
  ) {}

  *checks(entry: string): Iterable<EitherCheck> {
    let asked = 0;
    for (const { terminator } of graphOf(this.fn).blocks) {
      if (terminator === NONE || this.fn.op(terminator) !== Op.Branch || asked > MAX_BRANCHES) continue;
      for (const side of [1, 0] as const) {
        const given = this.#presentOn(this.fn.a(terminator), side === 1);
        if (given === null) continue;
        asked += 1;
        yield* this.#after(terminator, side, given, entry);
      }
    }
  }

  /** The id that is there on one side of a test, when nothing else is asked. */
  #presentOn(test: number, sense: boolean): SourceOrigin | null {
    const { fn, frame } = this;
    const [only, ...others] = atomsOf(fn, test, sense);
    if (only?.kind !== "truthy" || others.length > 0) return null;
    const [origin, ...more] = this.analysis.queries.evaluate({ fn, v: only.v, frame }).filter(isPickOfInput);
    return origin !== undefined && more.length === 0 ? origin : null;
  }

  *#after(branch: number, side: 0 | 1, given: SourceOrigin, entry: string): Iterable<EitherCheck> {
    const seen = new Set([valueKey(given)]);
    let asked = 0;
    for (const call of this.fn.calls) {
      if (call < branch || this.fn.op(call) === Op.Tagged || asked > MAX_CALLS) continue;
      if (TELLS.test(calleeName(this.fn, this.fn.callee(call)))) continue;
      const others = this.#idsIn(call).filter((id) => !seen.has(valueKey(id)));
      if (others.length === 0) continue;
      asked += 1;
      const check = this.#ledger(call, branch, side === 1 ? 0 : 1)?.verified(given)?.via ?? null;
      for (const used of check === null ? [] : others) {
        if (check === null || !this.#onlyWithout(call, branch, side, used)) continue;
        seen.add(valueKey(used));
        const ids = { checked: given.path, used: used.path };
        const to = displayName(this.fn, call);
        yield { entry, to, name: check.name, at: check.place, ...ids, place: this.fn.place(call) };
      }
    }
  }

  /** True when an id is verified only on the side of a branch where the other one is missing. */
  #onlyWithout(call: number, branch: number, side: 0 | 1, used: SourceOrigin): boolean {
    if (this.#ways(call, branch, side === 1 ? 0 : 1, used).settled) return false;
    const without = this.#ways(call, branch, side, used);
    return without.settled && without.verified && !this.#isReplaced(call, used);
  }

  /** Where the other one is there, something of the caller's takes its place. */
  #isReplaced(call: number, used: SourceOrigin): boolean {
    const { fn, frame, analysis } = this;
    const isShown = (way: readonly Fact[]): boolean =>
      new Ledger(way, analysis.data, analysis.queries).verified(used) !== null;
    return isShownUnlessReplaced(used, { fn, v: call, frame }, [], analysis, isShown);
  }

  /** What is verified at a call when one side of the branch is not taken; null when the call is not reached then. */
  #ledger(call: number, branch: number, dead: 0 | 1): Ledger | null {
    const { fn, frame, analysis } = this;
    const site = { fn, v: call, frame };
    return analysis.guarantees.assuming(fn, branch, dead, () =>
      analysis.guarantees.reachable(site)
        ? new Ledger(analysis.guarantees.factsAt(site), analysis.data, analysis.queries)
        : null,
    );
  }

  /** Whether, when one side of the branch is not taken, an id is verified or missing (`else if (b)`) on every way. */
  #ways(
    call: number,
    branch: number,
    dead: 0 | 1,
    used: SourceOrigin,
  ): { readonly settled: boolean; readonly verified: boolean } {
    const { fn, frame, analysis } = this;
    const site = { fn, v: call, frame };
    const ways = analysis.guarantees.assuming(fn, branch, dead, () => analysis.guarantees.waysBy(site, site, []));
    const key = valueKey(used);
    let verified = false;
    const settled = ways.every((way) => {
      if (way.some((fact) => fact.kind === "absent" && fact.of.some((o) => valueKey(o) === key))) return true;
      const here = new Ledger(way, analysis.data, analysis.queries).verified(used) !== null;
      verified ||= here;
      return here;
    });
    return { settled, verified };
  }

  /** Ids of the request among the arguments of a call, those in objects written there included. */
  #idsIn(call: number): readonly SourceOrigin[] {
    const { fn } = this;
    const { queries } = this.analysis;
    return Array.from(fn.args(call).slice(0, 6)).flatMap((arg) =>
      leaves(queries.evaluate({ fn, v: arg, frame: this.frame }))
        .flatMap((o) => (o.kind === "literal" && o.form === "object" ? leaves(queries.project(o, ["[]"])) : [o]))
        .filter(isPickOfInput),
    );
  }
}

function isPickOfInput(origin: Origin): origin is SourceOrigin {
  return origin.kind === "source" && origin.source === "input" && isPick(origin);
}
