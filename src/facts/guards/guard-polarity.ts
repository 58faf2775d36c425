/** One test that refuses on the outcome on which all others of its kind let the caller pass. */
import { NONE, Op } from "../../model/lowered.js";
import { type Atom, atomsOf, behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import { displayName } from "../../program/facts/fact-reader.js";
import { refusedStatus } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import type { Suspect } from "./guard-running.js";
import { speaksOfRefusal } from "./guard-strength.js";

interface Subject {
  /** equal for tests of the same thing */
  readonly subject: string;
  /** only the names of members say that it is the same */
  readonly byName: boolean;
}

/** A test after which one side turns the caller away. */
export interface PolarTest extends Subject {
  /** the outcome on which it refuses */
  readonly refusesOn: boolean;
  readonly fn: FunctionView;
  readonly v: number;
}

const ENOUGH_PEERS = 3;
const MANY_PEERS = 5;

/** The tests of a function that refuse with 401 or 403 on one side and go on at the other. */
export function polarTests(fn: FunctionView, analysis: Analysis): readonly PolarTest[] {
  const found: PolarTest[] = [];
  for (const block of graphOf(fn).blocks) {
    const row = block.terminator;
    if (row === NONE || fn.op(row) !== Op.Branch) continue;
    const [whenTrue, whenFalse] = [fn.b(row), fn.c(row)].map((side) => turnsAway(fn, side, analysis));
    if (whenTrue === whenFalse) continue;
    // what must hold on the way on, one by one: each alone is a reason to refuse
    for (const atom of atomsOf(fn, fn.a(row), !whenTrue)) {
      const test = polarTest(fn, atom, analysis);
      if (test !== null) found.push(test);
    }
  }
  return found;
}

/** The side does nothing but refuse and leave. */
function turnsAway(fn: FunctionView, index: number, analysis: Analysis): boolean {
  const block = graphOf(fn).blocks[index];
  const row = block?.terminator ?? NONE;
  if (row === NONE) return false;
  if (fn.op(row) === Op.Throw) return speaksOfRefusal(fn, behind(fn, fn.a(row)));
  if (fn.op(row) !== Op.Return) return false;
  for (let v = block.first; v < block.end; v += 1) {
    if (fn.op(v) !== Op.Call && fn.op(v) !== Op.New) continue;
    const status = refusedStatus(fn, v, analysis.queries);
    if (status === 401 || status === 403) return true;
  }
  return false;
}

function polarTest(fn: FunctionView, atom: Atom, analysis: Analysis): PolarTest | null {
  const passesOn = atom.kind === "truthy" || atom.kind === "equal";
  if (!passesOn && atom.kind !== "falsy" && atom.kind !== "unequal") return null;
  const subject =
    atom.kind === "equal" || atom.kind === "unequal"
      ? comparisonSubject(fn, atom.v, analysis)
      : named(subjectOf(fn, atom.v, analysis), false);
  return subject === null ? null : { ...subject, refusesOn: !passesOn, fn, v: atom.v };
}

/** `key.level` held against a constant, wherever the key came from in the same way. */
function comparisonSubject(fn: FunctionView, v: number, analysis: Analysis): Subject | null {
  for (const [side, other] of [
    [fn.b(v), fn.c(v)],
    [fn.c(v), fn.b(v)],
  ] as const) {
    const [constant, ...more] = analysis.queries.evaluate({ fn, v: other, frame: null });
    if (constant?.kind !== "constant" || more.length > 0 || typeof constant.value !== "string") continue;
    // owners and administrators are kept from some things that others may do
    if (/owner|admin/i.test(constant.value)) return null;
    const members = lastMembers(fn, side);
    const subject = members === null ? subjectOf(fn, side, analysis) : members;
    return named(subject === null ? null : `${subject}=${constant.value}`, members !== null);
  }
  return null;
}

/** `scope.accessLevel` of whatever: two names in a row are alike only where the same thing is meant. */
function lastMembers(fn: FunctionView, v: number): string | null {
  const value = behind(fn, v);
  if (fn.op(value) !== Op.Member) return null;
  const object = behind(fn, fn.a(value));
  return fn.op(object) === Op.Member ? `${fn.text(fn.b(object))}.${fn.text(fn.b(value))}` : null;
}

function named(subject: string | null, byName: boolean): Subject | null {
  return subject === null ? null : { subject, byName };
}

function subjectOf(fn: FunctionView, v: number, analysis: Analysis, depth = 0): string | null {
  const value = behind(fn, v);
  if (depth > 5) return null;
  if (fn.op(value) === Op.Member) {
    const object = subjectOf(fn, fn.a(value), analysis, depth + 1);
    return object === null ? null : `${object}.${fn.text(fn.b(value))}`;
  }
  if (fn.op(value) === Op.Call) return callSubject(fn, value, analysis);
  const [origin, ...more] = analysis.queries.evaluate({ fn, v: value, frame: null });
  if (origin?.kind !== "parameter" || more.length > 0) return null;
  const param = origin.fn.info.params[origin.index];
  const type = param === undefined || param.type === NONE ? undefined : origin.fn.file.lowered.types[param.type];
  const name = type?.kind === "name" ? type.name : "";
  return name === "" || depth === 0 ? null : `${name}.${origin.path.join(".")}`;
}

/** The same function asked about the same sort of thing. */
function callSubject(fn: FunctionView, call: number, analysis: Analysis): string | null {
  const callees = analysis.queries.evaluate({ fn, v: fn.callee(call), frame: null });
  const [only] = callees;
  if (callees.length !== 1 || only?.kind !== "function") return null;
  const args = Array.from(fn.args(call)).map((arg) =>
    leaves(analysis.queries.evaluate({ fn, v: arg, frame: null }))
      .map(sort)
      .sort()
      .join("|"),
  );
  return `${only.fn.id}(${args.join(",")})`;
}

function sort(origin: Origin): string {
  switch (origin.kind) {
    case "constant":
      return JSON.stringify(origin.value) ?? "undefined";
    case "parameter":
      return `parameter ${origin.path.join(".")}`;
    case "source":
      return `${origin.source} ${origin.path}`;
    default:
      return origin.kind;
  }
}

/** The tests that stand alone against at least three. */
export function oddOnes(tests: readonly PolarTest[]): readonly { readonly test: PolarTest; readonly fault: Suspect }[] {
  const bySubject = new Map<string, PolarTest[]>();
  for (const test of tests) bySubject.set(test.subject, [...(bySubject.get(test.subject) ?? []), test]);
  return [...bySubject.values()].flatMap((group) => {
    const on = group.filter((test) => test.refusesOn);
    const off = group.filter((test) => !test.refusesOn);
    const [few, many] = on.length < off.length ? [on, off] : [off, on];
    const [odd] = few;
    return few.length === 1 && many.length >= ENOUGH_PEERS ? [{ test: odd, fault: oddFault(odd, many) }] : [];
  });
}

function oddFault(odd: PolarTest, peers: readonly PolarTest[]): Suspect {
  const { fn, v } = odd;
  const shown = fn.op(v) === Op.Binary ? [fn.b(v), fn.c(v)] : [v];
  const name = shown.map((side) => displayName(fn, side)).find((text) => text !== "") ?? "the test";
  return {
    kind: "opposite-polarity",
    name,
    place: odd.fn.place(odd.v),
    evidence: peers.slice(0, 3).map((peer) => ({ place: peer.fn.place(peer.v), note: "Tested the other way round" })),
    // names alone may deceive; that so many agree and none but this one differs does not
    confidence: odd.byName && peers.length < MANY_PEERS ? "named" : "inferred",
  };
}
