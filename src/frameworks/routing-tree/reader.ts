/**
 * Values as the registration of routes needs them: tables taken apart element by element, paths put together.
 * The evaluator merges alternatives; here one element of a loop stays apart from the next, and `a ?? b` is decided.
 */
import { LogicKind, NONE, Op, PropKind, SlotKind } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { frameFor } from "../../program/values/call-frames.js";
import { constant, type Frame, type LinkQueries, type Origin, type Site } from "../../program/values/origin.js";
import { at, NO_BINDINGS, type Spot, site } from "./spot.js";
import { foldCall, splitText } from "./text.js";
import { assignedTo, keyedWrites } from "./writes.js";

export const MAX_DEPTH = 40;

const WRAPPER_MODULE = /async|promise|wrap|try|catch/i;

export class ValueReader {
  constructor(readonly queries: LinkQueries) {}

  /** Alternatives of a value; fewer than the evaluator's where the frame and the bindings decide. */
  of(spot: Spot, depth = 0): readonly Origin[] {
    const { fn, v } = spot;
    if (v === NONE || depth > MAX_DEPTH) return this.queries.evaluate(site(spot));
    switch (fn.op(v)) {
      case Op.Iterated: {
        const bound = spot.bindings.get(v);
        return bound ? [bound] : this.queries.evaluate(site(spot));
      }
      case Op.Var:
        return this.#variable(spot, depth);
      case Op.Member:
        return this.#members(this.of({ ...spot, v: fn.a(v) }, depth + 1), fn.text(fn.b(v)), depth);
      case Op.Index: {
        const key = this.text({ ...spot, v: fn.b(v) }, depth + 1);
        if (key === null) return this.queries.evaluate(site(spot));
        const part = this.#partOfText({ ...spot, v: fn.a(v) }, key, depth);
        if (part !== null) return [constant(part)];
        return this.#members(this.of({ ...spot, v: fn.a(v) }, depth + 1), key, depth);
      }
      case Op.Element: {
        const part = this.#partOfText({ ...spot, v: fn.a(v) }, String(fn.b(v)), depth);
        if (part !== null) return [constant(part)];
        return this.#members(
          this.of({ ...spot, v: fn.a(v) }, depth + 1),
          fn.c(v) === 1 ? "[]" : String(fn.b(v)),
          depth,
        );
      }
      case Op.Await:
      case Op.Cast:
      case Op.Spread:
        return this.of({ ...spot, v: fn.a(v) }, depth + 1);
      default:
        return this.#computed(spot, depth);
    }
  }

  /** `"get /rooms".split(" ")[0]` */
  #partOfText(spot: Spot, key: string, depth: number): string | null {
    const list = spot.fn.op(spot.v) === Op.Var ? this.definition(spot) : spot;
    if (list === null || list.fn.op(list.v) !== Op.Call) return null;
    const parts = splitText(list, (v) => this.of({ ...list, v }, depth + 1));
    return parts?.[Number(key)] ?? null;
  }

  #computed(spot: Spot, depth: number): readonly Origin[] {
    const { fn, v } = spot;
    switch (fn.op(v)) {
      case Op.Default: {
        const value = this.of({ ...spot, v: fn.a(v) }, depth + 1);
        return value.every(isUndefined) ? this.of({ ...spot, v: fn.b(v) }, depth + 1) : settled(value);
      }
      case Op.Logic:
        return this.#logic(spot, depth);
      case Op.Cond: {
        const truth = truthOf(this.of({ ...spot, v: fn.a(v) }, depth + 1));
        const yes = (): readonly Origin[] => this.of({ ...spot, v: fn.b(v) }, depth + 1);
        const no = (): readonly Origin[] => this.of({ ...spot, v: fn.c(v) }, depth + 1);
        return truth === true ? yes() : truth === false ? no() : [...yes(), ...no()];
      }
      case Op.Template:
      case Op.Binary: {
        const text = this.text(spot, depth + 1);
        return text === null ? this.queries.evaluate(site(spot)) : [constant(text)];
      }
      case Op.Call:
        return this.#call(spot, depth);
      default:
        return this.queries.evaluate(site(spot));
    }
  }

  #logic(spot: Spot, depth: number): readonly Origin[] {
    const { fn, v } = spot;
    const left = this.of({ ...spot, v: fn.b(v) }, depth + 1);
    const right = (): readonly Origin[] => this.of({ ...spot, v: fn.c(v) }, depth + 1);
    const kind = fn.a(v);
    if (kind === LogicKind.Nullish) {
      if (left.every(isNullish)) return right();
      return left.every((o) => isKnown(o) && !isNullish(o)) ? left : [...left.filter((o) => !isNullish(o)), ...right()];
    }
    const truth = truthOf(left);
    if (truth === undefined) return this.queries.evaluate(site(spot));
    return truth === (kind === LogicKind.And) ? right() : left;
  }

  #variable(spot: Spot, depth: number): readonly Origin[] {
    const definition = this.definition(spot);
    return definition === null ? this.queries.evaluate(site(spot)) : this.of(definition, depth + 1);
  }

  /** Where a variable with one value got it; null for imports of packages and for variables with several values. */
  definition(spot: Spot): Spot | null {
    const { fn, v, frame } = spot;
    const levels = fn.a(v);
    const owner = fn.ancestor(levels);
    const slot = fn.b(v);
    const info = owner?.info.slots[slot];
    if (owner === null || info === undefined) return null;
    if (info.kind === SlotKind.Import) return this.#imported(owner, slot);
    const stores = owner.storesTo(slot);
    if (stores.length !== 1 || info.storedInInner) return null;
    if (levels === 0) return { ...spot, v: stores[0] };
    let outer: Frame | null = frame;
    while (outer !== null && outer.fn !== owner) outer = outer.lexical;
    return { fn: owner, v: stores[0], frame: outer, bindings: NO_BINDINGS };
  }

  #imported(owner: FunctionView, slot: number): Spot | null {
    const item = owner.file.lowered.imports.find((i) => i.slot === slot);
    if (item === undefined) return null;
    const target = this.queries.program.imported(owner.file, item.module, item.name);
    if (target.kind !== "slot") return null;
    const stores = target.file.module.storesTo(target.slot);
    if (stores.length !== 1) return null;
    return { fn: target.file.module, v: stores[0], frame: null, bindings: NO_BINDINGS };
  }

  #members(objects: readonly Origin[], name: string, depth: number): readonly Origin[] {
    return objects.flatMap((object) => [...this.#member(object, name, depth)]);
  }

  /** A property without spreads after it is read where it stands; all else is the evaluator's. */
  #member(object: Origin, name: string, depth: number): readonly Origin[] {
    if (object.kind === "literal" && object.form === "object" && name !== "[]") {
      const { fn, v, frame } = object.site;
      for (const prop of [...fn.props(v)].reverse()) {
        if (prop.kind !== PropKind.Named) break;
        if (prop.name === name) return this.of({ fn, v: prop.value, frame, bindings: NO_BINDINGS }, depth + 1);
      }
    }
    // an entry of `Object.entries`: key and value
    if (object.kind === "derived" && object.how === "pair" && /^[01]$/.test(name)) return [object.of[Number(name)]];
    const found = this.queries.project(object, [name]);
    if (object.kind !== "literal" || !found.every(isUndefined)) return found;
    const written = keyedWrites(object.site, name).flatMap((spot) => [...this.of(spot, depth + 1)]);
    return written.length > 0 ? written : (this.#assigned(object.site, name, depth) ?? found);
  }

  /** What `Object.assign(table, rows)` put under a name. */
  #assigned(literal: Site, name: string, depth: number): readonly Origin[] | undefined {
    for (const source of [...assignedTo(literal)].reverse()) {
      const found = this.#members(this.of(source, depth + 1), name, depth + 1).filter((o) => !isUndefined(o));
      if (found.length > 0) return found;
    }
    return undefined;
  }

  #call(spot: Spot, depth: number): readonly Origin[] {
    const { fn, v } = spot;
    const folded = foldCall(spot, (v) => this.of({ ...spot, v }, depth + 1));
    if (folded !== null) return [constant(folded)];
    if (depth > 12) return this.queries.evaluate(site(spot));
    const callees = this.of({ ...spot, v: fn.callee(v) }, depth + 1);
    const [callee] = callees;
    if (callee?.kind === "package" && WRAPPER_MODULE.test(callee.module) && fn.args(v).length === 1) {
      const wrapped = this.of({ ...spot, v: fn.args(v)[0] }, depth + 1);
      if (wrapped.length > 0 && wrapped.every((o) => o.kind === "function")) return wrapped;
    }
    if (callees.length !== 1 || callee.kind !== "function" || !callee.fn.hasBody || callee.fn.returns.length > 8) {
      // a method of what the loop is at: only here is that known
      if (spot.bindings.size > 0) return callees.flatMap((one) => [...this.queries.apply(one, site(spot))]);
      return this.queries.evaluate(site(spot));
    }
    return this.returned(callee.fn, this.readFrame(callee, spot, depth), depth + 1);
  }

  /** What a function returns under a frame. */
  returned(fn: FunctionView, frame: Frame, depth = 0): readonly Origin[] {
    const found = fn.returns.flatMap((row) =>
      fn.a(row) === NONE ? [] : [...this.of({ fn, v: fn.a(row), frame, bindings: NO_BINDINGS }, depth + 1)],
    );
    return found.slice(0, 8);
  }

  /** The frame of a call, arguments that hang on the current round of a loop already put in. */
  frame(callee: Extract<Origin, { kind: "function" }>, spot: Spot): Frame {
    return spot.bindings.size === 0 ? frameFor(callee, site(spot)) : this.readFrame(callee, spot, 0);
  }

  /** The frame of a call with its arguments read here rather than by the evaluator. */
  readFrame(callee: Extract<Origin, { kind: "function" }>, spot: Spot, depth: number): Frame {
    const frame = frameFor(callee, site(spot));
    const args = spot.fn.args(spot.v);
    if (args.some((arg) => spot.fn.op(arg) === Op.Spread) || callee.fn.info.params.some((p) => p.rest)) return frame;
    return { ...frame, given: Array.from(args, (arg) => this.of({ ...spot, v: arg }, depth + 1)) };
  }

  /** Whether a value is truthy, where that is known. */
  truth(spot: Spot): boolean | undefined {
    return truthOf(this.of(spot));
  }

  /** The text of a value when there is exactly one. */
  text(spot: Spot, depth = 0): string | null {
    const { fn, v } = spot;
    if (depth > MAX_DEPTH) return null;
    if (fn.op(v) === Op.Template) {
      let text = "";
      for (const [i, part] of fn.list(fn.a(v)).entries()) {
        const piece = i % 2 === 0 ? fn.text(part) : this.text({ ...spot, v: part }, depth + 1);
        if (piece === null) return null;
        text += piece;
      }
      return text;
    }
    if (fn.op(v) === Op.Binary) {
      if (fn.text(fn.a(v)) !== "+") return null;
      const left = this.text({ ...spot, v: fn.b(v) }, depth + 1);
      const right = left === null ? null : this.text({ ...spot, v: fn.c(v) }, depth + 1);
      return left === null || right === null ? null : left + right;
    }
    const origins = this.of(spot, depth + 1);
    const [only] = origins;
    return origins.length === 1 ? this.textOf(only, depth + 1) : null;
  }

  /** The text of an origin that is a constant or a computation of texts. */
  textOf(origin: Origin, depth = 0): string | null {
    if (origin.kind === "constant") {
      return typeof origin.value === "string" || typeof origin.value === "number" ? String(origin.value) : null;
    }
    if (origin.kind === "literal" && origin.form === "template") return this.text(at(origin.site), depth + 1);
    if (origin.kind === "derived" && origin.how === "+" && origin.site) return this.text(at(origin.site), depth + 1);
    return null;
  }
}

function isUndefined(origin: Origin): boolean {
  return origin.kind === "constant" && origin.value === undefined;
}

export function isNullish(origin: Origin): boolean {
  return origin.kind === "constant" && (origin.value === undefined || origin.value === null);
}

function isKnown(origin: Origin): boolean {
  return origin.kind === "constant" || origin.kind === "literal" || origin.kind === "function";
}

function settled(origins: readonly Origin[]): readonly Origin[] {
  const kept = origins.filter((o) => !isUndefined(o));
  return kept.length > 0 ? kept : origins;
}

function truthOf(origins: readonly Origin[]): boolean | undefined {
  const truths = new Set(origins.map((o) => (o.kind === "constant" ? !!o.value : isKnown(o) ? true : undefined)));
  const [only] = truths;
  return truths.size === 1 ? only : undefined;
}
