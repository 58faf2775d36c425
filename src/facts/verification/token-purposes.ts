/** Readers of tokens that another kind of token of the same key satisfies, and tokens that live for ever. */
import { NONE, Op } from "../../model/lowered.js";
import type { TokenFlaw } from "../../model/token-flaws.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { TokenCallers } from "../claims/token-callers.js";
import type { TokenContext } from "../claims/token-context.js";
import { readsOf, type Spot, symbolOf, usersOf } from "../claims/token-values.js";
import { keyName, keyNameAt } from "./token-keys.js";
import { TokenOptions } from "./token-options.js";
import { type Signing, surrounding } from "./token-signings.js";
import { calledAs, type VerifierCall, verifierCall } from "./token-verifiers.js";
import { KIND_CLAIM, purposeOf, QUERY_CALL } from "./token-words.js";

/** A place that reads claims after their token was verified. */
export interface Reading {
  readonly at: Spot;
  readonly call: string;
  readonly key: string;
  readonly claims: ReadonlySet<string>;
  readonly purpose: string;
}

const MAX_UPS = 2;
const MAX_ROWS = 200;

/** Everything of a function that verifies a token and reads claims by name; what goes out of sight is left out. */
export function readingsIn(fn: FunctionView, context: TokenContext, callers: TokenCallers): readonly Reading[] {
  const found: Reading[] = [];
  if (testsChallenge(fn)) return found;
  for (const v of fn.calls) {
    if (fn.op(v) === Op.Tagged) continue;
    const call = verifierCall({ fn, v, frame: null }, context.queries);
    if (call === null || call.verifier.token === NONE || tellsKind(call, context)) continue;
    const key = keyOf(call, context);
    if (key === "") continue;
    for (const use of usesOf({ fn, v }, callers, 0)) {
      if (use.claims.size === 0 || [...use.claims].some((name) => KIND_CLAIM.test(name))) continue;
      if (comparesToken(use.at)) continue;
      found.push({ ...use, call: calledAs(use.at.fn, use.at.v), key, purpose: purposeOf(surrounding(use.at.fn)) });
    }
  }
  return found;
}

/** `expectedChallenge: async (challenge) => …`: what an authenticator signs over is no token of anybody's. */
function testsChallenge(fn: FunctionView): boolean {
  const { parent } = fn;
  if (parent === null || !parent.file.lowered.strings.includes("expectedChallenge")) return false;
  for (let v = 0; v < parent.valueCount; v += 1) {
    if (parent.op(v) !== Op.Object) continue;
    const given = parent.prop(v, "expectedChallenge");
    if (given !== NONE && parent.op(given) === Op.Closure && parent.file.fn(parent.a(given)) === fn) return true;
  }
  return false;
}

/** A verifier of Cognito that takes identity tokens and access tokens alike. */
export function anyTokenUse(fn: FunctionView, context: TokenContext): readonly TokenFlaw[] {
  return [...fn.calls].flatMap((v) => {
    const call = fn.op(v) === Op.Tagged ? null : verifierCall({ fn, v, frame: null }, context.queries);
    if (call === null || call.callee.path !== "CognitoJwtVerifier.create") return [];
    const use = new TokenOptions(call.site, call.verifier, context).read(["tokenUse"]);
    if (!use.origins.some((o) => o.kind === "constant" && o.value === null)) return [];
    const [place, name] = [fn.place(v), calledAs(fn, v)];
    const flaw: TokenFlaw = {
      kind: "use-unchecked",
      place,
      call: name,
      symbol: symbolOf(fn),
      detail: "",
      evidence: [],
      confidence: "proven",
    };
    return [flaw];
  });
}

/** An audience or subject that the verification demands keeps kinds of tokens apart. */
function tellsKind(call: VerifierCall, context: TokenContext): boolean {
  const options = new TokenOptions(call.site, call.verifier, context);
  return ["audience", "subject", "typ", "aud"].some((name) => options.read([name]).state !== "absent");
}

/** Name of the key with which a call verifies; '' when it cannot be told. */
export function keyOf(call: VerifierCall, context: TokenContext): string {
  const { site, verifier } = call;
  if (verifier.key === NONE) {
    return keyName(new TokenOptions(site, verifier, context).read(verifier.names.key).origins, context);
  }
  const arg = site.fn.args(site.v)[verifier.key];
  return arg === undefined ? "" : keyNameAt({ fn: site.fn, v: arg }, context);
}

interface Used {
  readonly at: Spot;
  readonly claims: ReadonlySet<string>;
}

/** The claims read from the result of a verification, here or in the functions that it is returned to. */
function usesOf(at: Spot, callers: TokenCallers, ups: number): readonly Used[] {
  const seen = new ClaimNames(at);
  if (seen.lost) return [];
  if (!seen.returned) return [{ at, claims: seen.names }];
  if (ups >= MAX_UPS || seen.names.size > 0) return [];
  return callers.of(at.fn).flatMap((site) => usesOf(site, callers, ups + 1));
}

/** Names that are read from a value inside its function. */
class ClaimNames {
  readonly names = new Set<string>();
  returned = false;
  lost = false;
  #open: number[] = [];

  constructor(private readonly at: Spot) {
    const seen = new Set<number>();
    this.#open = [at.v];
    for (let v = this.#open.pop(); v !== undefined && seen.size < MAX_ROWS; v = this.#open.pop()) {
      if (seen.has(v)) continue;
      seen.add(v);
      for (const user of usersOf(at.fn, v)) this.#user(user, v);
    }
  }

  #user(row: number, v: number): void {
    const { fn } = this.at;
    switch (fn.op(row)) {
      case Op.Await:
      case Op.Cast:
      case Op.Default:
      case Op.Logic:
      case Op.Cond:
        this.#open.push(row);
        return;
      case Op.Member:
        this.#member(fn.text(fn.b(row)), row);
        return;
      case Op.Store:
        this.#stored(row);
        return;
      case Op.Return:
        this.returned = true;
        return;
      case Op.Branch:
      case Op.Unary:
      case Op.Binary:
        return;
      case Op.Call:
        if (fn.callee(row) === v || !/^(?:log|debug|info|warn|error)$/.test(calledAs(fn, row).split(".").at(-1) ?? ""))
          this.lost = true;
        return;
      default:
        this.lost = true;
    }
  }

  #member(name: string, row: number): void {
    if (name === "payload" || name === "body") this.#open.push(row);
    else if (name !== "then" && name !== "catch") this.names.add(name);
    else this.lost = true;
  }

  #stored(row: number): void {
    const { fn } = this.at;
    const owner = fn.ancestor(fn.a(row));
    if (owner === null) return;
    for (const read of readsOf(owner, fn.b(row))) {
      if (read.fn === fn) this.#open.push(read.v);
      else this.lost = true;
    }
  }
}

/** The token itself is also looked up or compared: it has to be the one that was handed out for this. */
function comparesToken({ fn, v }: Spot): boolean {
  const [token] = fn.args(v);
  if (token === undefined || fn.op(token) !== Op.Var) return false;
  const owner = fn.ancestor(fn.a(token));
  if (owner === null) return true;
  return readsOf(owner, fn.b(token)).some((read) =>
    usersOf(read.fn, read.v).some((row) => row !== v && isLookUp(read.fn, row)),
  );
}

function isLookUp(fn: FunctionView, row: number): boolean {
  const op = fn.op(row);
  if (op === Op.Template) return usersOf(fn, row).some((user) => isLookUp(fn, user));
  if (op === Op.Object) return true;
  if (op === Op.Tagged || (op === Op.Binary && /^[!=]==?$/.test(fn.text(fn.a(row))))) return true;
  return op === Op.Call && QUERY_CALL.test(calledAs(fn, row).split(".").at(-1) ?? "");
}

/** For every reading, a signing of another purpose with the same key whose token says all that is read. */
export function confusedPurposes(signings: readonly Signing[], readings: readonly Reading[]): readonly TokenFlaw[] {
  return readings.flatMap((reading) => {
    const same = signings.filter((one) => one.key === reading.key && satisfies(one, reading));
    const own = same.find((one) => one.purpose === reading.purpose);
    const other = same.find((one) => one.purpose !== reading.purpose);
    return own === undefined || other === undefined ? [] : [confusion(reading, own, other)];
  });
}

function satisfies(signing: Signing, reading: Reading): boolean {
  const { claims } = signing;
  return claims !== null && [...reading.claims].every((name) => claims.has(name) || /^(?:iat|exp|nbf)$/.test(name));
}

function confusion(reading: Reading, own: Signing, other: Signing): TokenFlaw {
  const kind = other.purpose === "" ? "an ordinary session" : other.purpose;
  return {
    kind: "purpose-unchecked",
    place: reading.at.fn.place(reading.at.v),
    call: reading.call,
    symbol: symbolOf(reading.at.fn) || surrounding(reading.at.fn),
    detail: `A token for ${kind} has the same key and says all that is read here`,
    evidence: [
      { place: other.at.fn.place(other.at.v), note: "the other kind of token is signed here" },
      { place: own.at.fn.place(own.at.v), note: "the kind that is meant is signed here" },
    ],
    confidence: reading.purpose === "" && other.purpose !== "refresh" ? "inferred" : "proven",
  };
}

/** Claims that say whose token it is. */
const SUBJECT = /^(?:id|_id|sub|uid|user|user_?id|account_?id|email|username)$/i;
/** Claims by which a token can be taken back. */
const REVOCABLE =
  /^(?:jti|sid|session_?id|token_?id|token_?version|version|ver|generation|stamp|security_?stamp|nonce|expires?_?(?:at|in)?)$/i;

/** Tokens of sessions that never end and cannot be taken back. */
export function endlessTokens(signings: readonly Signing[]): readonly TokenFlaw[] {
  return signings.flatMap((one) => {
    const names = [...(one.claims ?? [])];
    // a key that is not configured may be the user's own, which ends all tokens when it is changed
    if (one.key === "" || one.expires !== "no" || one.purpose !== "" || names.some((name) => REVOCABLE.test(name)))
      return [];
    const session = names.some((name) => SUBJECT.test(name));
    return [
      {
        kind: "no-expiry" as const,
        place: one.at.fn.place(one.at.v),
        call: one.call,
        symbol: symbolOf(one.at.fn),
        detail: "",
        evidence: [],
        confidence: session ? ("proven" as const) : ("named" as const),
      },
    ];
  });
}
