/** Whether a token is known to be verified at a place, and which calls of a function would verify it. */
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import type { Fact } from "../../program/facts/facts.js";
import { calleeName } from "../../program/facts/refusals.js";
import { METHODS_OF_VALUES } from "../../program/linking/builtins.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site } from "../../program/values/origin.js";
import { distinct, originKey } from "../../program/values/origin-keys.js";
import { closureRow, handedTo } from "../claims/token-callers.js";
import type { TokenContext } from "../claims/token-context.js";
import type { Spot } from "../claims/token-values.js";
import { verifierCall } from "./token-verifiers.js";

/** Calls of things nobody can read whose names say that they verify what they are given. */
const VERIFIES =
  /verif|validat|introspect|authenticat|unseal|decrypt|^getUser$|^getClaims$|isValid|check\w*(?:token|signature)/i;

const MAX_NESTED = 3;

export class TokenChecks {
  readonly #calls = new Map<FunctionView, readonly number[]>();

  constructor(private readonly context: TokenContext) {}

  /** True when every way to the value has verified the token. */
  verifiedAt(spot: Spot, token: readonly Origin[]): boolean {
    for (let at: Spot | null = spot; at !== null; at = this.#outside(at)) {
      if (this.#factsVerify(at, token) || this.#namedVerify(at, token)) return true;
      // inside the callback of the verification itself
      const handed = handedTo(at.fn);
      if (handed >= 0 && at.fn.parent !== null && this.#isVerifier({ fn: at.fn.parent, v: handed }, token)) return true;
    }
    return false;
  }

  #outside(spot: Spot): Spot | null {
    const row = closureRow(spot.fn);
    return spot.fn.parent === null || row < 0 ? null : { fn: spot.fn.parent, v: row };
  }

  #isVerifier(spot: Spot, token: readonly Origin[]): boolean {
    return verifierCall({ ...spot, frame: null }, this.context.queries) !== null && this.#given(spot, token);
  }

  #factsVerify(spot: Spot, token: readonly Origin[]): boolean {
    const { guarantees } = this.context.input;
    const site: Site = { ...spot, frame: null };
    const shows = (facts: readonly Fact[]): boolean => facts.some((fact) => this.#showsVerified(fact, token, 0));
    if (shows(guarantees.factsAt(site))) return true;
    // tried with one key, and where that refused with another: each way has its own verification
    const ways = guarantees.waysTo(site);
    return ways.length > 1 && ways.every(shows);
  }

  /** Verified with this key or with that one: on each way with one of them. */
  #showsVerified(fact: Fact, token: readonly Origin[], depth: number): boolean {
    if (fact.kind !== "either") return this.#verifies(fact) && this.#speaksOf(fact, token);
    return (
      depth < MAX_NESTED &&
      fact.paths.length > 0 &&
      fact.paths.every((path) => path.some((one) => this.#showsVerified(one, token, depth + 1)))
    );
  }

  #verifies(fact: Fact): boolean {
    if (fact.kind === "passed")
      return fact.level === "identity" || fact.level === "signature" || fact.level === "secret";
    return fact.kind === "equal" && [...fact.left, ...fact.right].some(isComputed);
  }

  #speaksOf(fact: Fact, token: readonly Origin[]): boolean {
    if (fact.kind === "passed") return fact.args.some((arg) => this.mentions(arg, token));
    return fact.kind === "equal" && (this.mentions(fact.left, token) || this.mentions(fact.right, token));
  }

  #namedVerify(spot: Spot, token: readonly Origin[]): boolean {
    const { fn, v } = spot;
    const atoms = this.context.input.guarantees.flow(fn, null, false).factsAt(v);
    return atoms.some(
      (atom) =>
        (atom.kind === "returned" || atom.kind === "truthy") &&
        atom.v !== v &&
        this.#isNamed({ fn, v: atom.v }) &&
        this.#given({ fn, v: atom.v }, token),
    );
  }

  /** A verification by name alone: what it calls cannot be read. */
  #isNamed({ fn, v }: Spot): boolean {
    if (fn.op(v) !== Op.Call && fn.op(v) !== Op.New) return false;
    const name = calleeName(fn, fn.callee(v));
    if (!VERIFIES.test(name) || /unverif|unvalid/i.test(name)) return false;
    const callees = this.context.evaluate({ fn, v: fn.callee(v) });
    return !callees.some((o) => o.kind === "function" && o.fn.hasBody);
  }

  #given({ fn, v }: Spot, token: readonly Origin[]): boolean {
    if (fn.op(v) !== Op.Call && fn.op(v) !== Op.New) return false;
    return [...fn.args(v)].some((arg) => this.mentions(this.context.evaluate({ fn, v: arg }), token));
  }

  /** True when every way to the value has found out who calls, whatever it asked. */
  callerKnownAt(spot: Spot): boolean {
    for (let at: Spot | null = spot; at !== null; at = this.#outside(at)) {
      const facts = this.context.input.guarantees.factsAt({ ...at, frame: null });
      if (this.context.input.guarantees.checks.level(facts, this.context.queries)?.level === "identity") return true;
    }
    return false;
  }

  /** Calls of a function that verify some token when they succeed. */
  verifyingCalls(fn: FunctionView): readonly number[] {
    let known = this.#calls.get(fn);
    if (known === undefined) {
      known = [...fn.calls].filter((v) => this.#canVerify({ fn, v }));
      this.#calls.set(fn, known);
    }
    return known;
  }

  #canVerify(spot: Spot): boolean {
    const { fn, v } = spot;
    if (fn.op(v) === Op.Tagged) return false;
    if (verifierCall({ fn, v, frame: null }, this.context.queries) !== null || this.#isNamed(spot)) return true;
    const { reader } = this.context.input.guarantees;
    return (["return", "truthy"] as const).some((kind) =>
      reader.calleeFacts(fn, v, null, { kind }).some((fact) => this.#verifies(fact)),
    );
  }

  /** Whether a verifying call is given this token. */
  verifiesToken(spot: Spot, token: readonly Origin[]): boolean {
    if (this.#given(spot, token)) return true;
    const { reader } = this.context.input.guarantees;
    return reader
      .calleeFacts(spot.fn, spot.v, null, { kind: "truthy" })
      .some((fact) => this.#verifies(fact) && this.#speaksOf(fact, token));
  }

  /** True when every way on from a value that does not refuse has the token verified before it leaves the function. */
  verifiedLater(spot: Spot, token: readonly Origin[]): boolean {
    const { fn, v } = spot;
    const { guarantees } = this.context.input;
    const reach = reachableBlocks(fn, graphOf(fn).blockOf[v] ?? NONE);
    const exits = guarantees
      .flow(fn, null, true)
      .exits()
      .filter((row) => reach.has(graphOf(fn).blockOf[row] ?? NONE) && !this.#refusesAt(fn, row));
    return exits.length > 0 && exits.every((row) => this.#verifiedExit(fn, row, token));
  }

  #verifiedExit(fn: FunctionView, row: number, token: readonly Origin[]): boolean {
    if (this.verifiedAt({ fn, v: row }, token)) return true;
    const returned = fn.op(row) === Op.Return && fn.a(row) !== NONE ? behind(fn, fn.a(row)) : NONE;
    if (returned === NONE) return false;
    return this.verifyingCalls(fn).includes(returned) && this.verifiesToken({ fn, v: returned }, token);
  }

  /** `return null`, `return false`: nobody is let in. */
  #refusesAt(fn: FunctionView, row: number): boolean {
    if (fn.op(row) !== Op.Return || fn.a(row) === NONE) return false;
    if (saysNo(fn, behind(fn, fn.a(row)))) return true;
    const origins = this.context.evaluate({ fn, v: fn.a(row) });
    return origins.every((o) => o.kind === "constant" && !o.value);
  }

  /** Whether origins are the token, contain it, or are a part of it. */
  mentions(origins: readonly Origin[], token: readonly Origin[]): boolean {
    return this.#opened(origins, 0).some((o) => token.some((t) => sameToken(o, t)));
  }

  #opened(origins: readonly Origin[], depth: number): readonly Origin[] {
    return leaves(origins).flatMap((o) => {
      if (o.kind !== "literal" || o.form === "regex" || depth > 3) return [o];
      if (o.form === "template") return this.#opened(this.#inTemplate(o.site), depth + 1);
      return this.#opened(this.context.queries.project(o, ["[]"]), depth + 1);
    });
  }

  #inTemplate({ fn, v, frame }: Site): readonly Origin[] {
    return fn.templateValues(v).flatMap((part) => this.context.evaluate({ fn, v: part }, frame));
  }
}

/** What identifies a token: the values it is made of, without texts and numbers. */
export function tokenIdentity(origins: readonly Origin[]): readonly Origin[] {
  return distinct(
    leaves(origins)
      .filter((o) => o.kind !== "constant" && o.kind !== "unknown" && o.kind !== "literal")
      .map(withoutTextMethods),
  );
}

/** `header.slice(7)` of a value only the caller knows is still that value. */
function withoutTextMethods(origin: Origin): Origin {
  let at = origin;
  for (let i = 0; i < 6 && at.kind === "apply"; i += 1) {
    const { callee } = at;
    if (callee.kind !== "parameter" && callee.kind !== "apply") return at;
    if (!METHODS_OF_VALUES.has(callee.path.at(-1) ?? "")) return at;
    at = { ...callee, path: callee.path.slice(0, -1) };
  }
  return at;
}

function sameToken(one: Origin, b: Origin): boolean {
  const a = withoutTextMethods(one);
  if (a.kind === "parameter" && b.kind === "parameter")
    return a.fn === b.fn && a.index === b.index && isPrefix(a.path, b.path);
  if (a.kind === "source" && b.kind === "source")
    return a.source === b.source && isPrefix(a.path.split("."), b.path.split("."));
  if (a.kind === "apply" && b.kind === "apply") {
    return a.site.fn === b.site.fn && a.site.v === b.site.v && isPrefix(a.path, b.path);
  }
  return originKey(a) === originKey(b);
}

function isPrefix(a: readonly string[], b: readonly string[]): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length).every((part, i) => part === b[i]);
}

/** `{ ok: false }`, `{ error: "…" }`: an answer that lets nobody in. */
function saysNo(fn: FunctionView, v: number): boolean {
  if (fn.op(v) !== Op.Object) return false;
  return [...fn.props(v)].some((prop) => {
    if (prop.value === NONE) return false;
    const op = fn.op(prop.value);
    if (/^(?:ok|success|valid|is_?valid|authenticated|authorized|verified)$/i.test(prop.name)) return op === Op.False;
    return /^errors?$/i.test(prop.name) && op !== Op.Null && op !== Op.Undefined;
  });
}

/** A digest or signature computed here. */
function isComputed(origin: Origin): boolean {
  if (origin.kind === "derived") return origin.how === "computed" || origin.of.some(isComputed);
  return origin.kind === "package" && /createHmac|createHash|sign|digest/i.test(origin.path);
}

function reachableBlocks(fn: FunctionView, from: number): ReadonlySet<number> {
  const { blocks } = graphOf(fn);
  const seen = new Set<number>();
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const block = blocks[id];
    if (block === undefined || seen.has(id)) continue;
    seen.add(id);
    if (block.handler !== NONE) open.push(block.handler);
    const row = block.terminator;
    if (row === NONE) continue;
    if (fn.op(row) === Op.Jump) open.push(fn.a(row));
    if (fn.op(row) === Op.Branch) open.push(fn.b(row), fn.c(row));
  }
  return seen;
}
