/**
 * Follows a value backwards to what it is: operands, slots, imports, calls of local functions, members.
 * Everything is computed in terms of the own parameters and remembered; `bind` puts arguments in afterwards.
 */

import { ImportForm, LogicKind, NONE, Op, SlotKind, type TypeRef } from "../../model/lowered.js";
import { truthOfOrigins } from "../facts/truth.js";
import { isRejection } from "../facts/ways-out.js";
import { memberOfSuper } from "../linking/class-members.js";
import { loadedFrom } from "../linking/folder-modules.js";
import type { FunctionView, ProgramFile } from "../linking/function-view.js";
import { projectOrigin } from "../linking/members.js";
import type { NameTarget, Program } from "../linking/program.js";
import { isKept, takeOver } from "../linking/taken-over.js";
import { originOfType } from "../linking/type-origins.js";
import { mayBeUnset, storesSeenBy } from "../walks/reaching.js";
import { applyOrigin } from "./calls.js";
import { dependsOnCaller, derived, TRANSLATED } from "./computed-origins.js";
import { givesNothingElse } from "./fall-through.js";
import { FramedMemo, interrupted } from "./framed-memo.js";
import { bindOrigins } from "./frames.js";
import { globalWrites, isGlobalObject } from "./global-members.js";
import { handedOn } from "./handed-on.js";
import { innerStores, seenFrom } from "./inner-stores.js";
import { literalAround } from "./literal-methods.js";
import { ANY_KEY, isOpenKey, keyOf } from "./open-keys.js";
import {
  callable,
  constant,
  FROM_NOTHING,
  type Frame,
  type Knowledge,
  keptUnder,
  LAST_ELEMENT,
  type LinkQueries,
  type Origin,
  type PackageOrigin,
  packageMember,
  packageRoot,
  type Site,
  source,
  UNDEFINED,
  unknown,
  withoutKeys,
  withoutThrown,
} from "./origin.js";
import { distinct } from "./origin-keys.js";
import { isStatic, memberOfReceiver } from "./receivers.js";
import { isGiven, replacedMembers } from "./replaced-members.js";

const MAX_DEPTH = 120;
/** evaluation steps for one question; a question that needs more is answered with unknown */
const MAX_STEPS = 8_000;

const IMPORT_NOT_FOUND: NameTarget = { kind: "missing", why: "import not found" };

export class Evaluator implements LinkQueries {
  /** a number stands for a question that is being answered: its position among those */
  readonly #memo = new Map<FunctionView, (readonly Origin[] | number | undefined)[]>();
  readonly #returns = new Map<FunctionView, readonly Origin[] | number>();
  /** keyed by the unbound answer, which is itself remembered and so the same object each time */
  readonly #bound = new FramedMemo<readonly Origin[], readonly Origin[]>();
  /** what the import slots of a file name */
  readonly #imports = new Map<ProgramFile, NameTarget[]>();
  /** how many questions are being answered, each for the one before */
  #active = 0;
  /** lowest stack position that an unfinished answer depends on */
  #taintedFrom = Number.POSITIVE_INFINITY;
  #steps = 0;
  /** variables whose annotation is being read */
  readonly #declaring = new Set<string>();

  /** @param before what it found of files that both programs have is taken over */
  constructor(
    readonly program: Program,
    readonly knowledge: Knowledge,
    before?: Evaluator,
  ) {
    if (before !== undefined) this.#takeOver(before);
  }

  #takeOver(before: Evaluator): void {
    takeOver(this.#memo, before.#memo, this.program);
    takeOver(this.#returns, before.#returns, this.program);
    for (const [file, names] of before.#imports) if (isKept(file, this.program)) this.#imports.set(file, names);
  }

  evaluate(site: Site): readonly Origin[] {
    const symbolic = this.symbolic(site.fn, site.v);
    const { frame } = site;
    return handedOn(this.bind(symbolic, frame), site, this);
  }

  bind(origins: readonly Origin[], frame: Frame | null): readonly Origin[] {
    if (frame === null || isFrameless(origins)) return origins;
    return this.#bound.get(frame, origins, () => bindOrigins(origins, frame, this));
  }

  project(origin: Origin, path: readonly string[]): readonly Origin[] {
    return path.length === 0 ? [origin] : projectOrigin(origin, path, this);
  }

  apply(callee: Origin, site: Site): readonly Origin[] {
    return applyOrigin(callee, site, this);
  }

  typeOrigin(file: ProgramFile, type: TypeRef): Origin | null {
    return originOfType(file, type, this);
  }

  /** Alternatives of a value in terms of its function's parameters. */
  symbolic(fn: FunctionView, v: number): readonly Origin[] {
    if (v === NONE) return [UNDEFINED];
    let memo = this.#memo.get(fn);
    if (memo === undefined) {
      memo = new Array<readonly Origin[] | number | undefined>(fn.valueCount);
      this.#memo.set(fn, memo);
    }
    const known = memo[v];
    if (typeof known === "object") return known;
    if (known !== undefined) return this.#circular(known);
    const depth = this.#begun();
    if (depth === NONE) return [unknown("limit")];
    memo[v] = depth;
    try {
      const origins = this.#compute(fn, v);
      if (this.#isFinal(depth)) memo[v] = origins;
      return origins;
    } finally {
      this.#active -= 1;
      if (typeof memo[v] === "number") memo[v] = undefined;
    }
  }

  /** What a local function returns, in terms of its parameters. */
  returnsOf(fn: FunctionView): readonly Origin[] {
    const known = this.#returns.get(fn);
    if (typeof known === "object") return known;
    if (known !== undefined) return this.#circular(known);
    const depth = this.#begun();
    if (depth === NONE) return [unknown("limit")];
    this.#returns.set(fn, depth);
    try {
      const origins = this.#computeReturns(fn);
      if (this.#isFinal(depth)) this.#returns.set(fn, origins);
      return origins;
    } finally {
      this.#active -= 1;
      if (typeof this.#returns.get(fn) === "number") this.#returns.delete(fn);
    }
  }

  #computeReturns(fn: FunctionView): readonly Origin[] {
    if (!fn.hasBody) return this.#declaredReturn(fn);
    const found: Origin[] = [];
    // a bare `return;` beside others gives undefined: callers test for it
    for (const row of fn.returns) {
      if (isRejection(fn, fn.a(row))) found.push(FROM_NOTHING);
      else found.push(...this.symbolic(fn, fn.a(row)));
    }
    if (found.length === 0) return [UNDEFINED];
    return givesNothingElse(fn, found) ? distinct([...found, UNDEFINED]) : withoutThrown(distinct(found));
  }

  #declaredReturn(fn: FunctionView): readonly Origin[] {
    const type = fn.info.returns === NONE ? undefined : fn.file.lowered.types[fn.info.returns];
    const origin = type ? this.typeOrigin(fn.file, type) : null;
    return [origin ?? unknown("no body")];
  }

  /** A question is met again while it is being answered: what hangs on that is not final. */
  #circular(position: number): readonly Origin[] {
    this.#taintedFrom = Math.min(this.#taintedFrom, position);
    interrupted();
    return [unknown("cycle")];
  }

  /** The position of a question that is to be answered now, NONE where that is one too many or too deep. */
  #begun(): number {
    if (this.#active === 0) this.#steps = 0;
    this.#steps += 1;
    if (this.#active >= MAX_DEPTH || this.#steps > MAX_STEPS) {
      this.#taintedFrom = -1;
      interrupted();
      return NONE;
    }
    this.#active += 1;
    return this.#active - 1;
  }

  /** Answers met in the middle of a cycle are not final. */
  #isFinal(position: number): boolean {
    const final = this.#taintedFrom >= position || position === 0;
    if (final) this.#taintedFrom = Number.POSITIVE_INFINITY;
    return final;
  }

  #compute(fn: FunctionView, v: number): readonly Origin[] {
    const site: Site = { fn, v, frame: null };
    switch (fn.op(v)) {
      case Op.Undefined:
        return [UNDEFINED];
      case Op.Null:
        return [constant(null)];
      case Op.True:
        return [constant(true)];
      case Op.False:
        return [constant(false)];
      case Op.String:
        return [constant(fn.text(fn.a(v)))];
      case Op.Number:
        return [constant(Number(fn.text(fn.a(v)).replaceAll("_", "")))];
      case Op.Regex:
        return [{ kind: "literal", form: "regex", site }];
      case Op.Template:
        return this.#template(site);
      case Op.Array:
        return [{ kind: "literal", form: "array", site }];
      case Op.Object:
        return [{ kind: "literal", form: "object", site }];
      case Op.Closure:
        return [{ kind: "function", fn: fn.file.fn(fn.a(v)), frame: null, self: null }];
      case Op.Class:
        return [{ kind: "class", file: fn.file, index: fn.a(v), frame: null }];
      case Op.Call:
      case Op.New:
      case Op.Tagged:
        return this.#call(site);
      default:
        return this.#computeName(site);
    }
  }

  #computeName(site: Site): readonly Origin[] {
    const { fn, v } = site;
    switch (fn.op(v)) {
      case Op.Var:
        return this.#variable(fn, fn.a(v), fn.b(v), v);
      case Op.Global: {
        const target = this.program.importedByItself(fn.file, fn.text(fn.a(v)));
        return target === null ? [packageMember(packageRoot(""), fn.text(fn.a(v)))] : this.nameOrigins(target);
      }
      case Op.This:
      case Op.Super:
        return [this.#self(fn)];
      case Op.Param:
        return [{ kind: "parameter", fn, index: fn.a(v), path: [] }];
      case Op.Caught:
        return [source("error", "", { site })];
      case Op.Member:
        if (fn.op(fn.a(v)) === Op.Super) return this.#superMember(fn, fn.text(fn.b(v)));
        return this.#member(fn, v);
      case Op.Index:
        return this.#indexed(site);
      case Op.Element:
        return this.#projectAll(this.symbolic(fn, fn.a(v)), [fn.c(v) === 1 ? "[]" : String(fn.b(v))]);
      case Op.Iterated:
        return this.#projectAll(this.symbolic(fn, fn.a(v)), ["[]"]);
      case Op.ImportOf:
        return this.#module(fn.file, fn.text(fn.a(v)), fn.b(v) === ImportForm.Dynamic ? "*" : "=");
      default:
        return this.#computed(site);
    }
  }

  #member(fn: FunctionView, v: number): readonly Origin[] {
    const object = this.#object(fn, v);
    const name = fn.text(fn.b(v));
    if (object.length > 0 && object.every(isGlobalObject)) {
      const kept = globalWrites(fn.file, name).flatMap((write) => [...this.symbolic(write.fn, write.v)]);
      if (kept.length > 0) return distinct(kept);
    }
    const found = this.#projectAll(object, [name]);
    if (fn.op(fn.a(v)) !== Op.This) return found;
    const ofReceiver = memberOfReceiver(fn, v, found, this);
    return ofReceiver === null ? found : [ofReceiver];
  }

  #computed(site: Site): readonly Origin[] {
    const { fn, v } = site;
    switch (fn.op(v)) {
      case Op.Rest: {
        const taken = Array.from(fn.list(fn.b(v)), (name) => fn.text(name));
        return this.symbolic(fn, fn.a(v)).map((origin) => withoutKeys(origin, taken));
      }
      case Op.Await:
      case Op.Spread:
        return this.symbolic(fn, fn.a(v));
      case Op.Cast:
        return this.#cast(fn, v);
      case Op.Default:
        return this.#default(this.symbolic(fn, fn.a(v)), this.symbolic(fn, fn.b(v)));
      case Op.Logic: {
        const right = this.symbolic(fn, fn.c(v));
        const left = this.symbolic(fn, fn.b(v));
        if (fn.a(v) === LogicKind.And) return distinct([...right, ...left.filter(mayBeFalsyConstant)]);
        // `options ?? {}`: what is read of it is that of the options where the caller gave some
        if (left.some(dependsOnCaller) && right.length > 0 && right.every(isEmptyObject))
          return [{ kind: "fallback", value: left, or: right }];
        // `globalThis.client ?? connect()`: what is kept there is what was made here
        const kept = right.length > 0 ? left.filter((o) => !isKeptGlobally(o)) : left;
        return distinct([...kept.filter((o) => !mayBeFalsyConstant(o)), ...right]);
      }
      case Op.Cond:
        return distinct([...this.symbolic(fn, fn.b(v)), ...this.symbolic(fn, fn.c(v))]);
      case Op.Store:
      case Op.SetMember:
      case Op.SetIndex:
        return this.symbolic(fn, fn.c(v));
      case Op.Unary:
        return [derived(this.symbolic(fn, fn.b(v)), fn.text(fn.a(v)), site)];
      case Op.Binary:
        return this.#binary(site);
      default:
        return [unknown("not followed")];
    }
  }

  #binary(site: Site): readonly Origin[] {
    const { fn, v } = site;
    const left = this.symbolic(fn, fn.b(v));
    const right = this.symbolic(fn, fn.c(v));
    const operator = fn.text(fn.a(v));
    if (operator === "+" && left.length === 1 && right.length === 1) {
      const [a] = left;
      const [b] = right;
      if (a.kind === "constant" && b.kind === "constant" && typeof a.value === "string") {
        return [constant(a.value + String(b.value))];
      }
    }
    return [derived([...left, ...right], operator, site)];
  }

  #default(value: readonly Origin[], or: readonly Origin[]): readonly Origin[] {
    if (value.some(dependsOnCaller)) return [{ kind: "fallback", value, or }];
    const kept = value.filter((o) => !(o.kind === "constant" && o.value === undefined));
    if (kept.length === 0) return or;
    return kept.every((o) => o.kind === "constant" || o.kind === "literal" || o.kind === "function")
      ? kept
      : distinct([...kept, ...or]);
  }

  #cast(fn: FunctionView, v: number): readonly Origin[] {
    const value = this.symbolic(fn, fn.a(v));
    if (!value.every((o) => o.kind === "unknown")) return value;
    const type = fn.file.lowered.types[fn.b(v)];
    const origin = type ? this.typeOrigin(fn.file, type) : null;
    return origin ? [origin] : value;
  }

  #template(site: Site): readonly Origin[] {
    const { fn, v } = site;
    const list = fn.list(fn.a(v));
    // `${id}` is the id as a text
    const [before, only, after] = list;
    if (list.length === 3 && fn.text(before) === "" && fn.text(after) === "") {
      const value = this.symbolic(fn, only);
      return [
        value.length === 1 && value[0].kind === "constant"
          ? constant(String(value[0].value))
          : derived(value, "String", site),
      ];
    }
    let text = "";
    for (let i = 0; i < list.length; i += 1) {
      if (i % 2 === 0) {
        text += fn.text(list[i]);
        continue;
      }
      const part = this.symbolic(fn, list[i]);
      if (part.length !== 1 || part[0].kind !== "constant") return [{ kind: "literal", form: "template", site }];
      text += String(part[0].value);
    }
    return [constant(text)];
  }

  /** `this.known[key]`: what a store in memory, empty at first, holds under a key that is not written out. */
  #indexed(site: Site): readonly Origin[] {
    const { fn, v } = site;
    const holder = this.#object(fn, v);
    const name = this.#keyText(fn, v);
    const unnamed = name === ANY_KEY || isOpenKey(name);
    if (unnamed && holder.length > 0 && holder.every(isEmptyObject)) return [keptUnder(site)];
    const held = this.#projectAll(holder, [name]);
    if (!unnamed || !isTable(holder, held)) return held;
    // what a table of texts translates is still said of what was looked up in it
    return distinct([...held, derived(this.symbolic(fn, fn.b(v)), TRANSLATED, site)]);
  }

  /** What a member is read of. Reading one of nothing throws, so whoever got past it had something. */
  #object(fn: FunctionView, member: number): readonly Origin[] {
    const object = this.symbolic(fn, fn.a(member));
    return object.length > 1 && !isInOptionalChain(fn, member) ? callable(object) : object;
  }

  #keyText(fn: FunctionView, v: number): string {
    const key = fn.b(v);
    if (isLastIndex(fn, key, fn.a(v))) return LAST_ELEMENT;
    return keyOf(this.symbolic(fn, key));
  }

  #projectAll(origins: readonly Origin[], path: readonly string[]): readonly Origin[] {
    if (origins.length === 1) return this.project(origins[0], path);
    return distinct(origins.flatMap((o) => this.project(o, path)));
  }

  #self(fn: FunctionView): Origin {
    const index = fn.thisClass;
    if (index !== NONE && isStatic(fn)) return { kind: "class", file: fn.file, index, frame: null };
    if (index !== NONE) return { kind: "instance", file: fn.file, index, site: null };
    const literal = literalAround(fn);
    return literal === null ? unknown("this") : { kind: "literal", form: "object", site: literal };
  }

  #superMember(fn: FunctionView, name: string): readonly Origin[] {
    const self = this.#self(fn);
    return self.kind === "instance" ? memberOfSuper(self, name, this) : [self];
  }

  #call(site: Site): readonly Origin[] {
    const { fn, v } = site;
    const loaded = loadedFrom(site, this);
    if (loaded !== null) return distinct(loaded);
    const callees = callable(this.symbolic(fn, fn.callee(v)));
    if (callees.length === 1) return this.apply(callees[0], site);
    return withoutThrown(distinct(callees.flatMap((callee) => this.apply(callee, site))));
  }

  /** @param read the row that reads it, when the variable is the function's own */
  #variable(fn: FunctionView, depth: number, slot: number, read: number = NONE): readonly Origin[] {
    const owner = fn.ancestor(depth);
    const info = owner?.info.slots[slot];
    if (owner === null || info === undefined) return [unknown("no slot")];
    if (info.kind === SlotKind.Import) return this.#importSlot(owner.file, slot);
    const stores = depth > 0 || read === NONE ? owner.storesTo(slot) : storesSeenBy(owner, slot, read);
    const found =
      stores.length === 1
        ? this.symbolic(owner, stores[0])
        : distinct(stores.slice(0, 12).flatMap((value) => this.symbolic(owner, value)));
    const kept = depth > 0 || read === NONE ? found : this.#withoutReplaced(owner, slot, read, found);
    const known = info.storedInInner ? distinct([...kept, ...this.#storedInside(owner, slot)]) : kept;
    const open = depth === 0 && read !== NONE && info.kind === SlotKind.Let && truthOfOrigins(known) === true;
    const all = open && mayBeUnset(owner, slot, read) ? [...known, UNDEFINED] : known;
    if (all.length > 0 && !all.every((o) => o.kind === "unknown" || isUnset(o))) return all;
    const typed = this.#declaredType(owner, slot);
    if (typed !== null) return [typed];
    return all.length > 0 ? all : [unknown("never stored")];
  }

  #storedInside(owner: FunctionView, slot: number): readonly Origin[] {
    const stores = innerStores(owner, slot);
    if (stores === null) return [unknown("written by many functions")];
    return stores.flatMap(({ fn, v }) => this.symbolic(fn, v).map((origin) => seenFrom(owner, origin)));
  }

  /** What the request gave, without the members that were written over since. */
  #withoutReplaced(fn: FunctionView, slot: number, read: number, found: readonly Origin[]): readonly Origin[] {
    if (!found.some(isGiven)) return found;
    const names = replacedMembers(fn, slot, read, (v) => this.symbolic(fn, v));
    return names.length === 0 ? found : found.map((origin) => (isGiven(origin) ? withoutKeys(origin, names) : origin));
  }

  #declaredType(owner: FunctionView, slot: number): Origin | null {
    const type = owner.file.lowered.types[owner.info.slots[slot].type];
    const key = `${owner.id}:${slot}`;
    // `let string: string`: the name of the type is that of the variable
    if (type === undefined || this.#declaring.has(key)) return null;
    this.#declaring.add(key);
    try {
      return this.typeOrigin(owner.file, type);
    } finally {
      this.#declaring.delete(key);
    }
  }

  #importSlot(file: ProgramFile, slot: number): readonly Origin[] {
    let known = this.#imports.get(file);
    if (known === undefined) {
      known = [];
      this.#imports.set(file, known);
    }
    let target = known[slot];
    if (target === undefined) {
      const item = file.lowered.imports.find((i) => i.slot === slot);
      target = item ? this.program.imported(file, item.module, item.name) : IMPORT_NOT_FOUND;
      known[slot] = target;
    }
    return this.nameOrigins(target);
  }

  /** What an imported or exported name evaluates to. */
  nameOrigins(target: NameTarget): readonly Origin[] {
    switch (target.kind) {
      case "slot":
        return this.#variable(target.file.module, 0, target.slot);
      case "namespace":
        return [{ kind: "namespace", file: target.file }];
      case "package": {
        const root = packageRoot(target.module);
        if (target.name === "*" || target.name === "=" || root.kind !== "package") return [root];
        return this.knowledge.packageMember(root, target.name, this) ?? [packageMember(root, target.name)];
      }
      case "type":
        return [{ kind: "typed", file: target.file, type: { kind: "name", name: target.name, args: [] }, path: [] }];
      case "missing":
        return [unknown(target.why)];
    }
  }

  #module(file: ProgramFile, specifier: string, name: "*" | "="): readonly Origin[] {
    return this.nameOrigins(this.program.imported(file, specifier, name));
  }
}

/** `a?.b.c`: when there is no `a` the whole of it is undefined. */
function isInOptionalChain(fn: FunctionView, member: number): boolean {
  let v = member;
  for (let i = 0; i < 12; i += 1) {
    const op = fn.op(v);
    if (op === Op.Member || op === Op.Index) {
      if (fn.c(v) === 1) return true;
      v = fn.a(v);
    } else if (op === Op.Call) {
      if (fn.isOptionalCall(v)) return true;
      v = fn.callee(v);
    } else return false;
  }
  return true;
}

/** `list[list.length - 1]` */
function isLastIndex(fn: FunctionView, key: number, list: number): boolean {
  if (fn.op(key) !== Op.Binary || fn.text(fn.a(key)) !== "-" || fn.op(fn.c(key)) !== Op.Number) return false;
  const length = fn.b(key);
  if (fn.text(fn.a(fn.c(key))) !== "1" || fn.op(length) !== Op.Member || fn.text(fn.b(length)) !== "length")
    return false;
  const counted = fn.a(length);
  const same = fn.op(counted) === Op.Var && fn.op(list) === Op.Var;
  return same && fn.a(counted) === fn.a(list) && fn.b(counted) === fn.b(list);
}

/** Nothing in it could change with a caller. */
function isFrameless(origins: readonly Origin[]): boolean {
  if (origins.length !== 1) return origins.length === 0;
  const [origin] = origins;
  switch (origin.kind) {
    case "constant":
    case "unknown":
    case "namespace":
    case "typed":
      return true;
    case "function":
      return (
        origin.frame === null &&
        origin.self === null &&
        origin.beside === undefined &&
        origin.fn.parent?.parent === null
      );
    case "source":
      return origin.site === null;
    case "package":
      return isModuleLevel(origin);
    default:
      return false;
  }
}

/** All calls on its way stand in module bodies, which nobody calls. */
function isModuleLevel(origin: PackageOrigin): boolean {
  for (let step: PackageOrigin | null = origin; step !== null; step = step.previous) {
    if (step.site !== null && (step.site.frame !== null || step.site.fn.parent !== null)) return false;
  }
  return true;
}

function mayBeFalsyConstant(origin: Origin): boolean {
  return origin.kind === "constant" && !origin.value;
}

/** `{ member: "manager", viewer: "user" }`, and not a list of which one is taken */
function isTable(holders: readonly Origin[], held: readonly Origin[]): boolean {
  return (
    holders.length === 1 &&
    holders.every((o) => o.kind === "literal" && o.form === "object") &&
    held.length > 0 &&
    held.every((o) => o.kind === "constant" && typeof o.value === "string")
  );
}

function isEmptyObject(origin: Origin): boolean {
  return origin.kind === "literal" && origin.form === "object" && [...origin.site.fn.props(origin.site.v)].length === 0;
}

/** On the global object, or in the storage of one request: a transaction's client, and else the one that is everybody's. */
function isKeptGlobally(origin: Origin): boolean {
  if (origin.kind !== "package") return false;
  if (/^(?:node:)?async_hooks$/.test(origin.module))
    return /^AsyncLocalStorage\(\)\.getStore\(\)(?:\.\w+)*$/.test(origin.path);
  return origin.module === "" && /^global(?:This)?\.[^.()]+(?:\.[^.()]+)?$/.test(origin.path);
}

function isUnset(origin: Origin): boolean {
  return origin.kind === "constant" && (origin.value === undefined || origin.value === null);
}
