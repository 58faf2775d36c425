/** Lists of public paths inside guards that let more of the project's own entry points through than they name. */

import { samplePath } from "../../frameworks/file-routes/paths.js";
import type { RawStep } from "../../frameworks/routing.js";
import type { LoosePattern } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { holdsFor, holdsForAnyQuery, isMeant, type PathTest, sampleOf } from "../../program/paths/pattern-meaning.js";
import { givenFrame } from "../../program/values/call-frames.js";
import type { EntryContext } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import type { JudgedEntry } from "../entries/entries.js";
import { stepsOf } from "../entries/entry-steps.js";
import { readsPath } from "../entries/path-readers.js";
import { judgeStep } from "../entries/steps.js";
import { pathTests } from "./path-patterns.js";

/** Frameworks whose routers take `/Admin` for `/admin` unless they are told otherwise. */
const CASE_INSENSITIVE = new Set(["express", "koa", "nest", "nestjs", "restify"]);
/** no list of paths names it */
const UNLISTED = "/authgap-unlisted/x";

/** One entry behind a guard, and what the guard does for its path. */
export interface Behind {
  readonly judged: JudgedEntry;
  readonly path: string;
  /** prefix that the framework cuts off before the guard sees the path */
  readonly below: string;
  readonly refused: boolean;
}

export interface Guard {
  readonly step: RawStep;
  readonly fn: FunctionView;
  readonly entries: Behind[];
}

export function collectLoosePatterns(judged: readonly JudgedEntry[], analysis: Analysis): readonly LoosePattern[] {
  const found = new Map<string, LoosePattern>();
  const ofGuards = [...guardsOf(judged, analysis)].flatMap((guard) => patternsOf(guard, analysis));
  for (const one of [...ofGuards, ...slipsOf(judged)]) {
    const key = `${one.kind} ${one.place.file}:${one.place.start} ${one.pattern}`;
    const known = found.get(key);
    const entries = [...new Set([...(known?.entries ?? []), ...one.entries])].sort();
    found.set(key, { ...one, entries });
  }
  return [...found.values()];
}

/** `jwt(options).unless({ path: /public/ })`: the expression matches paths that it does not speak of. */
function slipsOf(judged: readonly JudgedEntry[]): readonly LoosePattern[] {
  return judged.filter(isOpen).flatMap(({ raw, entry }) =>
    (raw.slips ?? []).map(({ guard, pattern, place }) => {
      const kind = pattern.startsWith("/^") ? "prefix" : "anywhere";
      return { kind, pattern, guard, place, entries: [entry.key] } as const;
    }),
  );
}

/** Steps that look at the path, with the entries that they stand before. */
export function guardsOf(judged: readonly JudgedEntry[], analysis: Analysis): Iterable<Guard> {
  const guards = new Map<FunctionView, Guard>();
  for (const one of judged) {
    const { raw } = one;
    if (!raw.path.startsWith("/") || raw.path.includes("*")) continue;
    for (const [index, step] of raw.steps.entries()) {
      if (step.origin.kind !== "function" || step.condition !== "" || !readsPath(step, analysis)) continue;
      const verdict = stepsOf(raw, analysis).judged[index]?.step;
      if (verdict === undefined) continue;
      const { fn } = step.origin;
      const guard = guards.get(fn) ?? { step, fn, entries: [] };
      guards.set(fn, guard);
      guard.entries.push({
        judged: one,
        path: samplePath(raw.path),
        below: step.below ?? "/",
        refused: refuses(verdict.grants),
      });
    }
  }
  return guards.values();
}

function refuses(grants: string): boolean {
  return grants === "authentication" || grants === "decision" || grants === "signature" || grants === "presence";
}

/** What the guard holds the path against. */
export function testsOf({ step, fn }: Guard, analysis: Analysis): readonly PathTest[] {
  if (step.origin.kind !== "function") return [];
  const frame = givenFrame(step.origin, step.given(contextOf(undefined)));
  return pathTests(fn, frame, analysis.queries);
}

function patternsOf(guard: Guard, analysis: Analysis): readonly LoosePattern[] {
  const tests = testsOf(guard, analysis);
  if (tests.length === 0) return [];
  return refusesUnlisted(guard, analysis)
    ? [...letThrough(guard, tests), ...methodsForgotten(guard, tests), ...byQuery(guard, tests, analysis)]
    : byCase(guard, tests);
}

export function refusesUnlisted(guard: Guard, analysis: Analysis): boolean {
  return probe(guard, UNLISTED, analysis);
}

function contextOf(path: string | undefined): EntryContext {
  const base = { method: "", metadata: new Map(), attached: new Map() };
  return path === undefined ? base : { ...base, path };
}

function probe({ step }: Guard, path: string, analysis: Analysis): boolean {
  return refuses(judgeStep(step, contextOf(path), analysis).step.grants);
}

/** Entries that the guard lets through although no pattern of its list speaks of them. */
function letThrough(guard: Guard, tests: readonly PathTest[]): readonly LoosePattern[] {
  return guard.entries.flatMap(({ judged, path, below, refused }) => {
    if (refused || !isOpen(judged)) return [];
    const matching = tests.filter((test) => holdsFor(test, path, below) === true);
    if (matching.length === 0 || matching.some((test) => isMeant(test, path, below))) return [];
    return matching.slice(0, 1).map((test) => {
      const starts = test.kind === "startsWith" || (test.kind === "regex" && test.text.startsWith("^"));
      return patternAt(test, starts ? "prefix" : "anywhere", guard, [judged.entry.key]);
    });
  });
}

/** Nothing but this list makes it public. */
export function isOpen({ entry }: JudgedEntry): boolean {
  const { authentication, signature, decision } = entry.protection;
  return (authentication === "none" || authentication === "attach") && !signature && !decision && entry.intent === null;
}

/** A list names a path for its reads, and the writes of the same path come along. */
function methodsForgotten(guard: Guard, tests: readonly PathTest[]): readonly LoosePattern[] {
  if (looksAtMethod(guard.fn)) return [];
  const open = guard.entries.filter((one) => !one.refused && isOpen(one.judged));
  return open.flatMap(({ judged: { entry }, path, below }) => {
    if (isRead(entry.method) || !open.some((other) => other.path === path && isRead(other.judged.entry.method)))
      return [];
    const test = tests.find((one) => holdsFor(one, path, below) === true && isMeant(one, path, below));
    return test === undefined ? [] : [patternAt(test, "method", guard, [entry.key])];
  });
}

export function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

export function looksAtMethod(fn: FunctionView): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.Member && /^(?:method|httpMethod|getMethod)$/.test(fn.text(fn.b(v)))) return true;
  }
  return false;
}

/** `?x=/public` makes any address hold a public one. */
function byQuery(guard: Guard, tests: readonly PathTest[], analysis: Analysis): readonly LoosePattern[] {
  const behind = guard.entries.filter((one) => one.refused).map((one) => one.judged.entry.key);
  if (behind.length === 0) return [];
  return tests.flatMap((test) => {
    if (!holdsForAnyQuery(test)) return [];
    const sample = sampleOf(test) || guard.entries.find((one) => holdsFor(test, one.path, one.below) === true)?.path;
    // not a test that opens: whoever meets it is asked for more
    if (sample === undefined || probe(guard, sample, analysis)) return [];
    return [patternAt(test, "query", guard, behind)];
  });
}

/** A guard that is meant for some paths only, and that other letters of the same route pass by. */
function byCase(guard: Guard, tests: readonly PathTest[]): readonly LoosePattern[] {
  return guard.entries.flatMap(({ judged, path, below, refused }) => {
    const { raw, entry } = judged;
    if (!refused || !CASE_INSENSITIVE.has(raw.framework) || !/[a-z]/i.test(path)) return [];
    const others = entry.steps.some(
      (step) => step.condition === "" && refuses(step.grants) && step.place !== guard.step.place,
    );
    if (others) return [];
    const matching = tests.filter((test) => holdsFor(test, path, below) === true);
    const [first] = matching;
    if (first === undefined || matching.some((test) => test.folded)) return [];
    return [patternAt(first, "case", guard, [entry.key])];
  });
}

function patternAt(
  test: PathTest,
  kind: LoosePattern["kind"],
  { step, fn }: Guard,
  entries: readonly string[],
): LoosePattern {
  const pattern = test.kind === "regex" ? `/${test.text}/${test.flags}` : test.text;
  return { kind, pattern, guard: step.name || fn.info.name, place: test.place, entries };
}
