/**
 * What is known of a value that has one of several sources: `a ? await f() : await g()`, a variable stored on each of
 * several ways, an object that spreads another. It is what all of them have in common.
 */
import { LogicKind, NONE, Op, PropKind } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import type { Frame, OriginQueries } from "../values/origin.js";
import { propertyAt } from "../values/slot-assumptions.js";
import { type Atom, atomsOf, behind, isWrittenFalsy } from "./conditions.js";
import type { Exit } from "./exits.js";
import type { Fact } from "./facts.js";
import { truthOf } from "./truth.js";

const MAX_ALTERNATIVES = 6;
const MAX_DEPTH = 4;

/** How facts are read; given by the reader, which asks here in turn. */
export interface FactsOf {
  readonly queries: OriginQueries;
  read(atoms: readonly Atom[], fn: FunctionView, frame: Frame | null): readonly Fact[];
  ofCall(fn: FunctionView, call: number, frame: Frame | null, exit: Exit): readonly Fact[];
  common(paths: readonly (readonly Fact[])[]): readonly Fact[];
  /** what holds whenever control reaches a row; null for one that it never reaches */
  at(fn: FunctionView, row: number, frame: Frame | null): readonly Fact[] | null;
}

/** What a member being truthy or falsy says; null when the value written there is the opposite. */
export function memberFacts(
  fn: FunctionView,
  object: number,
  name: string,
  truthy: boolean,
  frame: Frame | null,
  facts: FactsOf,
  depth = 0,
): readonly Fact[] | null {
  const v = behind(fn, object);
  switch (fn.op(v)) {
    case Op.Call:
      return facts.ofCall(fn, v, frame, { kind: "member", name, truthy });
    case Op.Null:
    case Op.Undefined:
      return truthy ? null : [];
    case Op.Object: {
      const written = propertyAt(fn, v, name);
      if (written !== NONE) return truthFacts(fn, written, truthy, frame, facts);
      const spread = name.includes(".") ? NONE : lastSpread(fn, v);
      return spread === NONE || depth > MAX_DEPTH ? [] : memberFacts(fn, spread, name, truthy, frame, facts, depth + 1);
    }
  }
  if (depth > MAX_DEPTH) return [];
  const sides = alternativesOf(fn, v);
  if (sides.length === 0) return [];
  const given = (side: number): readonly Fact[] | null => memberFacts(fn, side, name, truthy, frame, facts, depth + 1);
  const stored = fn.op(v) === Op.Var ? fn.storeRowsTo(fn.b(v)) : [];
  return shared(
    stored.length > 0 ? stored.map((row) => storedFacts(fn, row, frame, facts, given)) : sides.map(given),
    facts,
  );
}

/** What a variable holds was put there: what held at that place has held, and what is told of the value is told of that one. */
function storedFacts(
  fn: FunctionView,
  row: number,
  frame: Frame | null,
  facts: FactsOf,
  given: (value: number) => readonly Fact[] | null,
): readonly Fact[] | null {
  const there = facts.at(fn, row, frame);
  const told = there === null ? null : given(fn.c(row));
  return there === null || told === null ? null : [...there, ...told];
}

/** What a value being truthy says when calls on several ways gave it. */
export function alternativeFacts(fn: FunctionView, v: number, frame: Frame | null, facts: FactsOf): readonly Fact[] {
  const raised = flagFacts(fn, v, frame, facts);
  if (raised !== null) return raised;
  const sides = alternativesOf(fn, v).map((side) => behind(fn, side));
  if (!sides.some((side) => fn.op(side) === Op.Call)) return [];
  return (
    shared(
      sides.map((side) => givenFacts(fn, side, frame, facts)),
      facts,
    ) ?? []
  );
}

/**
 * `let known = false; if (token) { await verify(token); known = true; }`: where the flag is up, it was put up in one of
 * the places that do so. Null for what is no flag: nothing puts it down.
 */
function flagFacts(fn: FunctionView, v: number, frame: Frame | null, facts: FactsOf): readonly Fact[] | null {
  const slot = fn.op(v) === Op.Var && fn.a(v) === 0 ? fn.b(v) : NONE;
  const stores = slot === NONE ? [] : alternativesOf(fn, v);
  if (!stores.some((value) => isWrittenFalsy(fn, value))) return null;
  const raising = fn.storeRowsTo(slot).filter((row) => !isWrittenFalsy(fn, fn.c(row)));
  const raised = (value: number): readonly Fact[] | null => truthFacts(fn, behind(fn, value), true, frame, facts);
  return shared(
    raising.map((row) => storedFacts(fn, row, frame, facts, raised)),
    facts,
  );
}

/** A call that gave something has come back: `let ok = false; try { ok = await check(user); } catch {}; if (ok) …` */
function givenFacts(fn: FunctionView, side: number, frame: Frame | null, facts: FactsOf): readonly Fact[] | null {
  const truth = truthFacts(fn, side, true, frame, facts);
  if (truth === null || fn.op(side) !== Op.Call) return truth;
  return [...truth, ...facts.ofCall(fn, side, frame, { kind: "return" })];
}

function shared(paths: readonly (readonly Fact[] | null)[], facts: FactsOf): readonly Fact[] | null {
  const possible = paths.filter((path) => path !== null);
  return possible.length === 0 ? null : facts.common(possible);
}

function truthFacts(
  fn: FunctionView,
  v: number,
  truthy: boolean,
  frame: Frame | null,
  facts: FactsOf,
): readonly Fact[] | null {
  const truth = truthOf(fn, v, frame, facts.queries);
  if (truth !== undefined) return truth === truthy ? [] : null;
  return facts.read(atomsOf(fn, v, truthy), fn, frame);
}

function alternativesOf(fn: FunctionView, v: number): readonly number[] {
  switch (fn.op(v)) {
    case Op.Cond:
      return [fn.b(v), fn.c(v)];
    case Op.Logic:
      return fn.a(v) === LogicKind.And ? [] : [fn.b(v), fn.c(v)];
    case Op.Var: {
      const slot = fn.a(v) === 0 ? fn.info.slots[fn.b(v)] : undefined;
      const stores = slot === undefined || slot.storedInInner ? [] : fn.storesTo(fn.b(v));
      return stores.length < 2 || stores.length > MAX_ALTERNATIVES ? [] : stores;
    }
    default:
      return [];
  }
}

function lastSpread(fn: FunctionView, object: number): number {
  let found = NONE;
  for (const prop of fn.props(object)) if (prop.kind === PropKind.Spread) found = prop.value;
  return found;
}
