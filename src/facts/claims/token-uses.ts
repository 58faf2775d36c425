/** Follows claims forward: into variables, objects, called functions and the callers, to what is done with them. */

import { NONE, Op, PropKind } from "../../model/lowered.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin } from "../../program/values/origin.js";
import { verifierCall } from "../verification/token-verifiers.js";
import * as words from "../verification/token-words.js";
import { handedTo, type TokenCallers } from "./token-callers.js";
import { takenByOperator, takenByPresence } from "./token-comparisons.js";
import type { TokenContext } from "./token-context.js";
import { type Item, leaving, paramRows, tokenInside, tokenOutside, type Use, type UseKind } from "./token-scopes.js";
import { makesParameter, returnsCaller, type Taken, takenByCaller, takenOutside } from "./token-sinks.js";
import { readsOf, type Spot, symbolOf, usersOf } from "./token-values.js";

const MAX_ITEMS = 400;
const MAX_UPS = 3;
const MAX_DOWNS = 3;

export class ClaimTracer {
  #uses: Use[] = [];
  #open: Item[] = [];
  #seen = new Set<string>();
  /** what is followed is a session, whose being there is taken for somebody being signed in */
  #session = false;
  /** where the claims went out of sight, the first time */
  #lost: Item[] = [];

  constructor(
    private readonly context: TokenContext,
    private readonly callers: TokenCallers,
  ) {}

  /** Everything that is done with the claims that a value carries. */
  trace(start: Spot, token: readonly Origin[], reads: "token" | "session"): readonly Use[] {
    this.#session = reads === "session";
    this.#uses = [];
    this.#seen = new Set();
    this.#lost = [];
    const scopes = [{ fn: start.fn, token, from: start.v, left: start.v }];
    const unmoved = { member: "", held: [], caller: "", stack: [], ups: 0, through: false, evidence: [] };
    this.#open = [{ ...start, ...unmoved, scopes }];
    for (let steps = 0; steps < MAX_ITEMS; steps += 1) {
      const item = this.#open.pop();
      if (item === undefined) break;
      const key = `${item.fn.id}:${item.v}:${item.caller !== ""}:${item.held.join(".")}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      for (const user of usersOf(item.fn, item.v)) this.#user(item, user);
    }
    for (const item of this.#uses.length === 0 ? this.#lost : []) this.#use(item, "unknown", item.v);
    return this.#uses;
  }

  #push(item: Item, v: number, change: Partial<Item> = {}): void {
    this.#open.push({ ...item, v, ...change });
  }

  #use(item: Item, kind: UseKind, v: number, flags: { lasting?: boolean; named?: boolean } = {}): void {
    if (item.through && (kind === "decision" || kind === "key-selection")) return;
    this.#uses.push({
      kind,
      at: { fn: item.fn, v },
      scopes: item.scopes,
      lasting: flags.lasting ?? false,
      named: flags.named ?? false,
      evidence: item.evidence,
    });
  }

  #lose(item: Item): void {
    if (this.#lost.length === 0) this.#lost.push(item);
  }

  #user(item: Item, row: number): void {
    const { fn, v } = item;
    switch (fn.op(row)) {
      case Op.Member:
        this.#member(item, row, fn.text(fn.b(row)));
        return;
      case Op.Index:
        if (fn.a(row) === v) this.#member(item, row, keyText(fn, fn.b(row)));
        return;
      case Op.Element:
      case Op.Rest:
      case Op.Default:
      case Op.Cast:
      case Op.Await:
      case Op.Yield:
      case Op.Spread:
      case Op.Iterated:
      case Op.Array:
      case Op.Template:
        this.#push(item, row);
        return;
      case Op.Object:
        this.#object(item, row);
        return;
      case Op.Store:
        this.#stored(item, row);
        return;
      case Op.Return:
        this.#returned(item, row);
        return;
      default:
        this.#tested(item, row);
    }
  }

  #member(item: Item, row: number, name: string): void {
    const [key, ...held] = item.held;
    if (key !== undefined && name !== "" && !isCalled(item.fn, row)) {
      // `result.data` is none of what was put under `error`
      if (name === key) this.#push(item, row, { held, member: "" });
      return;
    }
    if (item.member === "" && words.KEY_CLAIM.test(name)) this.#use(item, "key-selection", row);
    if (words.TIME_CLAIM.test(name)) this.#use(item, "response", row);
    // what the header and the times of life say names nobody
    if (words.HEADER_PART.test(name) || words.TIME_CLAIM.test(name)) return;
    // who gets the token itself will check it
    if (this.#session && words.TOKEN_PART.test(name)) return;
    // `claims.name.length > 0` asks whether there is one
    if (name === "length") {
      this.#taken(item, row, takenByPresence(item, this.#session));
      return;
    }
    // the payload of a complete token is the claims again
    this.#push(item, row, { member: name === "payload" ? "" : name });
  }

  #tested(item: Item, row: number): void {
    const { fn, v } = item;
    switch (fn.op(row)) {
      case Op.Logic:
        this.#push(item, row);
        return;
      case Op.Cond:
        if (fn.a(row) === v) this.#taken(item, row, takenByPresence(item, this.#session));
        else this.#push(item, row);
        return;
      case Op.Branch:
        this.#taken(item, row, takenByPresence(item, this.#session));
        return;
      case Op.Unary:
        if (fn.text(fn.a(row)) === "!") this.#taken(item, row, takenByPresence(item, this.#session));
        return;
      case Op.Binary:
        this.#taken(item, row, takenByOperator(item, row));
        return;
      case Op.SetMember:
      case Op.SetIndex:
        this.#written(item, row);
        return;
      case Op.Jsx:
      case Op.Throw:
        this.#use(item, "response", row);
        return;
      case Op.Tagged:
        this.#use(item, "query", row);
        return;
      case Op.Call:
      case Op.New:
        this.#call(item, row);
        return;
      default:
    }
  }

  #object(item: Item, row: number): void {
    const { fn, v } = item;
    const key = [...fn.props(row)].find((p) => p.kind === PropKind.Named && p.value === v)?.name ?? "";
    this.#push(item, row, {
      caller: words.namesCaller(key) ? key : item.caller,
      member: key === "" ? item.member : "",
      held: heldUnder(key, item),
    });
  }

  #stored(item: Item, row: number): void {
    const { fn } = item;
    const owner = fn.ancestor(fn.a(row));
    if (owner === null) return;
    for (const read of readsOf(owner, fn.b(row))) {
      if (read.fn === fn && read.v < row && fn === owner) continue;
      this.#open.push({ ...item, fn: read.fn, v: read.v });
    }
  }

  #written(item: Item, row: number): void {
    const { fn, v } = item;
    if (fn.c(row) !== v) return;
    const name = fn.op(row) === Op.SetMember ? fn.text(fn.b(row)) : keyText(fn, fn.b(row));
    if (words.holdsIdentity(fn, fn.a(row), name)) {
      this.#use(item, "identity", row, { lasting: true });
      return;
    }
    const object = fn.a(row);
    if (fn.op(object) !== Op.Var) return;
    const owner = fn.ancestor(fn.a(object));
    if (owner === null || owner.info.parent === NONE) return;
    const caller = words.namesCaller(name) ? name : item.caller;
    const held = heldUnder(name, item);
    for (const read of readsOf(owner, fn.b(object)))
      this.#open.push({ ...item, fn: read.fn, v: read.v, caller, held, member: "" });
  }

  #call(item: Item, row: number): void {
    const { fn, v } = item;
    const { queries } = this.context;
    const callee = fn.callee(row);
    const name = calleeName(fn, callee);
    if (callee === v) {
      this.#method(item, row, name);
      return;
    }
    const verifier = verifierCall({ fn, v: row, frame: null }, queries);
    if (verifier !== null) {
      this.#use(item, "key-selection", row);
      return;
    }
    const callees = this.context.evaluate({ fn, v: callee });
    const functions = callees.flatMap((o) => (o.kind === "function" && o.fn.hasBody ? [o.fn] : []));
    if (functions.length > 0) {
      for (const target of functions) this.#enter(item, row, target);
      return;
    }
    const toCaller = callees.some((o) => o.kind === "parameter" || o.kind === "apply");
    const taken = toCaller
      ? takenByCaller(item, row, name, this.context)
      : takenOutside(item.fn, row, name, this.context);
    this.#taken(item, row, taken);
  }

  /** `claims.roles.includes("admin")`, `claims.sub.toString()` */
  #method(item: Item, row: number, name: string): void {
    if (words.TEST_METHOD.test(name)) {
      if (!words.KEY_CLAIM.test(item.member)) this.#use(item, "decision", row);
    } else this.#push(item, row);
  }

  #enter(item: Item, row: number, target: FunctionView): void {
    const { fn, v } = item;
    const name = target.info.name;
    if (words.MINTING_CALL.test(name)) {
      this.#use(item, "identity", row, { lasting: true, named: true });
      return;
    }
    const position = [...fn.args(row)].indexOf(v);
    if (item.stack.length >= MAX_DOWNS || position < 0) {
      this.#lose(item);
      return;
    }
    const params = paramRows(target, position);
    const token = tokenInside(item, row, target, this.context);
    const from = params[0] ?? 0;
    const scopes = [...leaving(item.scopes, row), { fn: target, token, from, left: from }];
    const evidence = [...item.evidence, { place: fn.place(row), note: `they are handed to '${name || "a function"}'` }];
    for (const param of params) {
      this.#open.push({ ...item, fn: target, v: param, scopes, evidence, stack: [...item.stack, { fn, v: row }] });
    }
  }

  /** What a call that cannot be entered does with them. */
  #taken(item: Item, row: number, taken: Taken): void {
    if (taken.how === "used") this.#use(item, taken.as, row, taken);
    else if (taken.how === "carried") this.#push(item, row);
    else if (taken.how !== "passed") {
      this.#lose(item);
      if (taken.how === "answered") this.#push(item, row, { member: "", held: [], through: true });
    }
  }

  #returned(item: Item, row: number): void {
    const { fn, stack } = item;
    const back = stack.at(-1);
    if (back !== undefined) {
      this.#open.push({ ...item, ...back, stack: stack.slice(0, -1), scopes: item.scopes.slice(0, -1), member: "" });
      return;
    }
    const handed = handedTo(fn);
    if (handed >= 0 && fn.parent !== null && makesParameter(fn.parent, handed)) {
      if (!returnsCaller(fn, row)) this.#use(item, "identity", row, { lasting: true });
      return;
    }
    if (handed >= 0 && fn.parent !== null && fn.info.name === "") {
      const outside = { fn: fn.parent, token: item.scopes.at(-1)?.token ?? [], from: handed, left: handed };
      this.#open.push({ ...item, fn: fn.parent, v: handed, scopes: [...leaving(item.scopes, row), outside] });
      return;
    }
    const calls = item.ups < MAX_UPS ? this.callers.of(fn) : [];
    for (const site of calls) this.#backTo({ ...item, scopes: leaving(item.scopes, row) }, site);
    if (calls.length === 0) this.#leaves(item, row);
  }

  #backTo(item: Item, site: Spot): void {
    const token = tokenOutside(item, site, this.context);
    const name = symbolOf(item.fn);
    const note = `'${name || "a function"}' returns them without having verified the token`;
    this.#open.push({
      ...item,
      fn: site.fn,
      v: site.v,
      member: "",
      scopes: [...item.scopes, { fn: site.fn, token, from: site.v, left: site.v }],
      ups: item.ups + 1,
      evidence: [...item.evidence, { place: site.fn.place(site.v), note }],
    });
  }

  /** Returned to somebody out of sight: what the function is called tells whom they are taken for. */
  #leaves(item: Item, row: number): void {
    const name = item.fn.info.name;
    const identity = words.IDENTITY_CALLBACK.test(name) || words.IDENTITY_NAME.test(name) || item.caller !== "";
    if (identity && item.ups === 0) this.#use(item, "identity", row, { named: !words.IDENTITY_CALLBACK.test(name) });
    else if (identity) this.#use(item, "identity", row);
    else this.#lose({ ...item, v: row });
  }
}

const MAX_HELD = 4;

function heldUnder(key: string, { held }: Item): readonly string[] {
  return key === "" ? held : [key, ...held].slice(0, MAX_HELD);
}

/** `promise.then(…)`, `text.toString()`: a method of what holds them, and no part of it. */
function isCalled(fn: FunctionView, row: number): boolean {
  return usersOf(fn, row).some((user) => fn.op(user) === Op.Call && fn.callee(user) === row);
}

function keyText(fn: FunctionView, key: number): string {
  return fn.op(key) === Op.String ? fn.text(fn.a(key)) : "";
}
