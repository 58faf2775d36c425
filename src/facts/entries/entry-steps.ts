/** The steps before a handler, judged once for all entries that share them: a builder's procedures, a router's routes. */

import { pathParameters } from "../../base/route-path.js";
import { samplePath } from "../../frameworks/file-routes/paths.js";
import type { RawEntry, RawStep } from "../../frameworks/routing.js";
import type { Fact } from "../../program/facts/facts.js";
import { pathParameterUses, pathUses } from "../../program/paths/path-tests.js";
import type { EntryContext, Origin } from "../../program/values/origin.js";
import { attachedByGuard } from "../accesses/caller-rows.js";
import type { Analysis } from "../analysis.js";
import { readsPath } from "./path-readers.js";
import { type JudgedStep, judgeStep } from "./steps.js";

export interface EntrySteps {
  readonly context: EntryContext;
  readonly judged: readonly JudgedStep[];
  /** what holds behind all of them */
  readonly facts: readonly Fact[];
}

const shared = new WeakMap<Analysis, Map<string, EntrySteps>>();

/** Entries with the same steps, method and metadata get the same object, as long as no step looks at the path. */
export function stepsOf(raw: RawEntry, analysis: Analysis): EntrySteps {
  let known = shared.get(analysis);
  if (known === undefined) {
    known = new Map();
    shared.set(analysis, known);
  }
  const metadata = raw.metadata.size === 0 ? "" : idOf(raw.metadata);
  const key = [raw.method, metadata, ...raw.steps.map(stepKey)].join("\n");
  const path = raw.steps.some((step) => readsPath(step, analysis))
    ? samplePath(raw.path.startsWith("/") ? raw.path : "/x")
    : undefined;
  const parameters = pathParameters(raw.path);
  const keyOfParameters = `${[...parameters].join("\0")}\n${key}`;
  const keyHere = `${path ?? ""}\n${keyOfParameters}`;
  const found = known.get(key) ?? known.get(keyOfParameters) ?? known.get(keyHere);
  if (found !== undefined) return found;
  const before = pathUses();
  const parametersBefore = pathParameterUses();
  const judged = judgeAll(raw, path, parameters, analysis);
  // a path that is read and settles nothing, as for a log line, leaves all entries alike
  const alike = pathParameterUses() === parametersBefore ? key : keyOfParameters;
  known.set(pathUses() === before ? alike : keyHere, judged);
  return judged;
}

function judgeAll(
  raw: RawEntry,
  path: string | undefined,
  parameters: ReadonlySet<string>,
  analysis: Analysis,
): EntrySteps {
  const attached = new Map<string, readonly Origin[]>();
  const method = raw.method === "ALL" ? "" : raw.method;
  // handlers read their own path like any other input
  const context: EntryContext = { method, metadata: raw.metadata, attached };
  const before: EntryContext = path === undefined ? context : { ...context, path };
  const judged: JudgedStep[] = [];
  const facts: Fact[] = [];
  const overridden = raw.steps.findIndex(overridesMethod);
  for (const [index, step] of raw.steps.entries()) {
    // what is mounted on a prefix is shown the parameters of the prefix only
    const seesAll = step.below === undefined || step.ofRoute === true;
    const asSent: EntryContext = index < overridden && WRITES.has(method) ? { ...before, method: "POST" } : before;
    const named: EntryContext = seesAll ? { ...asSent, parameters } : asSent;
    const here = path === undefined || step.below === undefined ? named : { ...named, below: step.below };
    const one = judgeStep(step, here, analysis);
    judged.push(one);
    if (one.step.condition === "") facts.push(...one.facts);
    attach(attached, { ...one, attached: attachedByGuard(one, analysis) });
  }
  return { context, judged, facts };
}

const WRITES: ReadonlySet<string> = new Set(["PUT", "PATCH", "DELETE"]);

/** `methodOverride("_method")`: steps before it see the POST that the form sent. */
function overridesMethod({ origin }: RawStep): boolean {
  return origin.kind === "package" && /^(?:method-override|koa-methodoverride|koa-override)$/.test(origin.module);
}

/** Adds what a step leaves on the request. */
export function attach(attached: Map<string, readonly Origin[]>, step: JudgedStep): void {
  for (const [path, origins] of step.attached) attached.set(path, [...(attached.get(path) ?? []), ...origins]);
}

function stepKey(step: RawStep): string {
  const { name, kind, place, origin, given, continuation, condition, anyOf, reaches, below, ofRoute } = step;
  const where = [place.file, place.start, place.end, below ?? "", ofRoute === true];
  const parts = [name, kind, ...where, idOf(origin), idOf(given), continuation, condition];
  return [...parts, ...[anyOf, reaches].map((one) => (one === undefined ? "" : idOf(one)))].join("\0");
}

const ids = new WeakMap<object, number>();
let last = 0;

function idOf(one: object): number {
  let id = ids.get(one);
  if (id === undefined) {
    last += 1;
    id = last;
    ids.set(one, id);
  }
  return id;
}
