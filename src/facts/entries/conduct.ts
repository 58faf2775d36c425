/** What runs for an entry point besides its checks of identity: records that it leaves, stronger sign-ins that it demands. */
import type { RawStep } from "../../frameworks/routing.js";
import type { Step } from "../../model/facts.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin } from "../../program/values/origin.js";
import { Reachability } from "../../program/walks/reachability.js";
import type { Analysis } from "../analysis.js";
import type { Attempts } from "../attempts.js";
import { namesOf } from "../bypasses/bypass-text.js";
import { demandedScopes } from "../decisions/scopes.js";
import type { JudgedEntry } from "./entries.js";
import { asksByName, asksForStrength, comparesStrength } from "./step-up.js";

/** Names of what keeps a trail of who did what. */
const AUDIT =
  /audit|activity_?(?:log|record|entry|event|service|feed)|(?:security|access|change|admin)_?log|(?:log|record|track|save|write)_?(?:security_?|user_?|admin_?)?(?:activity|action)/i;
const AUDIT_MODEL = /audit|activit(?:y|ies)|(?:security|event|access|change)_?logs?$/i;
const LOG = /(?:^|\.)(?:log|logger|logging|winston|pino)\.(?:info|warn|error|log|notice|http|verbose|debug)$/i;
const EVENT = /^(?:emit|dispatch|publish|track|capture|notify|raise)(?:Async|Event\w*)?$/;
/** Metadata under which decorators put what somebody must be allowed. */
const RIGHTS = /permission|roles?$|polic(?:y|ies)|abilit|privilege|(?:^|[-_.:])acl|entitlement/i;
const NO_CALLER: ReadonlySet<string> = new Set(["queue", "cron", "page"]);

/** Entry points with what is seen of their conduct. */
export function withConduct(
  judged: readonly JudgedEntry[],
  analysis: Analysis,
  attempts: Attempts,
): readonly JudgedEntry[] {
  const reader = new ConductReader(analysis);
  return judged.map((one) => {
    if (NO_CALLER.has(one.entry.transport)) return one;
    return attempts.attempt(
      `the conduct of '${one.entry.key}'`,
      one.entry.place,
      () => reader.read(one),
      () => one,
    );
  });
}

class ConductReader {
  readonly #audits: Reachability;
  readonly #strengthens: Reachability;

  constructor(private readonly analysis: Analysis) {
    const { guarantees, queries } = analysis;
    this.#audits = new Reachability(guarantees, ({ fn, v }) => AUDIT.test(calledNames(fn, v)), "never");
    this.#strengthens = new Reachability(
      guarantees,
      ({ fn, v }, callees) =>
        asksForStrength(fn, v, callees, queries) ||
        callees.some((o) => o.kind === "function" && comparesStrength(o.fn)),
      "never",
    );
  }

  read(one: JudgedEntry): JudgedEntry {
    const { raw, entry } = one;
    const steps = flat(raw.steps);
    const functions = [raw.handler, ...steps.map((step) => step.origin)].flatMap((o) =>
      o.kind === "function" && o.fn.hasBody ? [o.fn] : [],
    );
    if (raw.wrapped !== undefined && raw.wrapped !== null) functions.push(raw.wrapped);
    const records = this.#records(one, steps, functions);
    const stronger = this.#stronger(one, steps, functions);
    const scopes = demandedScopes(one, steps, this.analysis);
    const declares = [...raw.metadata].some(([key, values]) => RIGHTS.test(key) && values.length > 0);
    if (records === null && stronger === null && scopes.length === 0 && !declares) return one;
    return {
      ...one,
      entry: {
        ...entry,
        ...(records === null ? {} : { records }),
        ...(scopes.length === 0 ? {} : { scopes }),
        ...(declares ? { declaresRights: true } : {}),
        ...(stronger === null
          ? {}
          : { steps: [...entry.steps, stronger], protection: { ...entry.protection, stepUp: true } }),
      },
    };
  }

  #records(
    { raw, reached }: JudgedEntry,
    steps: readonly RawStep[],
    functions: readonly FunctionView[],
  ): "audit" | "log" | null {
    const kept = reached.some(({ call }) => call.operation === "create" && AUDIT_MODEL.test(call.model));
    const named =
      steps.some((step) => AUDIT.test(step.name)) || [...raw.metadata.keys()].some((key) => AUDIT.test(key));
    if (kept || named || functions.some((fn) => this.#audits.reach(fn) === "always")) return "audit";
    return functions.some(logs) ? "log" : null;
  }

  /** The step that demands a recent or stronger sign-in, with the place where it is asked for. */
  #stronger(one: JudgedEntry, steps: readonly RawStep[], functions: readonly FunctionView[]): Step | null {
    for (const step of steps) {
      const asks =
        asksByName(lastName(step)) ||
        (step.origin.kind === "function" && step.origin.fn.hasBody && this.#strengthensIn(step.origin.fn));
      if (asks) return stepOf(step.name, step.kind, step.place);
    }
    for (const fn of functions) {
      if (!this.#strengthensIn(fn)) continue;
      const row = [...fn.calls].find((v) => this.#asksAt(fn, v));
      const name = row === undefined ? "" : calleeName(fn, fn.callee(row));
      return stepOf(
        name || fn.info.name || one.entry.handler,
        "inline",
        row === undefined ? one.entry.place : fn.place(row),
      );
    }
    return null;
  }

  #strengthensIn(fn: FunctionView): boolean {
    return comparesStrength(fn) || this.#strengthens.reach(fn) === "always";
  }

  #asksAt(fn: FunctionView, v: number): boolean {
    const { queries } = this.analysis;
    const callees: readonly Origin[] = queries.evaluate({ fn, v: fn.callee(v), frame: null });
    if (asksForStrength(fn, v, callees, queries)) return true;
    return callees.some((o) => o.kind === "function" && o.fn.hasBody && this.#strengthensIn(o.fn));
  }
}

function stepOf(name: string, kind: Step["kind"], place: Step["place"]): Step {
  return {
    name,
    kind,
    place,
    definedAt: null,
    grants: "stepUp",
    confidence: "inferred",
    condition: "",
    evidence: [{ place, note: `'${name}' asks for a recent or stronger sign-in` }],
  };
}

/** The steps with those among which one is chosen. */
export function flat(steps: readonly RawStep[]): readonly RawStep[] {
  return steps.flatMap((step) => [step, ...(step.anyOf ?? []).flat()]);
}

function lastName(step: RawStep): string {
  const path = step.origin.kind === "package" ? step.origin.path : "";
  return `${step.name.split(".").at(-1) ?? ""} ${path}`;
}

/** A line of a log or an event, where the work is done. */
function logs(fn: FunctionView): boolean {
  return [...fn.calls].some((v) => LOG.test(calledNames(fn, v)) || EVENT.test(calleeName(fn, fn.callee(v))));
}

function calledNames(fn: FunctionView, v: number): string {
  return namesOf(fn, fn.callee(v)).join(".");
}
