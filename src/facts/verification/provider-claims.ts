/** Accounts sought by the e-mail of an identity token that a public provider signed, without its word that it was verified. */
import { Op, PropKind } from "../../model/lowered.js";
import type { TokenFlaw } from "../../model/token-flaws.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, PackageOrigin } from "../../program/values/origin.js";
import { handedTo, type TokenCallers } from "../claims/token-callers.js";
import type { TokenContext } from "../claims/token-context.js";
import { paramRows } from "../claims/token-scopes.js";
import { isWithin, readsOf, type Spot, symbolOf, usersOf } from "../claims/token-values.js";
import { calledAs, type VerifierCall, verifierCall } from "./token-verifiers.js";

const MAX_STEPS = 400;
const MAX_UPS = 2;
const MAX_DOWNS = 3;
/** What leads from an answer of a verifier to its claims. */
const TO_CLAIMS = /^(?:payload|getPayload)$/;
/** What an address is made to look like before it is compared. */
const SPELLING = /^(?:toLowerCase|toLocaleLowerCase|trim|toString|normalize)$/;
const FINDS = /^find(?:One|First|Unique|By|OneBy)?(?:OrThrow|OrFail)?$/;
const FINDS_BY_EMAIL = /by_?e?_?mail/i;

/** A value on the way: the claims as a whole, or the e-mail that was read from them. */
interface Item extends Spot {
  /** where the e-mail was read, null for the claims */
  readonly email: Spot | null;
  /** functions that the claims were returned through, the one that works with them last */
  readonly through: readonly FunctionView[];
  readonly downs: number;
}

/** An e-mail by which a row is sought. */
interface Sought {
  readonly email: Spot;
  readonly at: Spot;
  readonly through: readonly FunctionView[];
}

export function emailsOfTokens(fn: FunctionView, context: TokenContext, callers: TokenCallers): readonly TokenFlaw[] {
  const found: TokenFlaw[] = [];
  for (const v of fn.calls) {
    if (fn.op(v) === Op.Tagged) continue;
    const call = verifierCall({ fn, v, frame: null }, context.queries);
    if (call === null || !isOfPublicProvider(call, context)) continue;
    const way = new ClaimsWay(context, callers);
    way.follow({ fn, v });
    found.push(...way.unvouched().map((one) => flawOf({ fn, v }, one)));
  }
  return found;
}

function flawOf(verified: Spot, { email, at }: Sought): TokenFlaw {
  return {
    kind: "email-unverified",
    place: email.fn.place(email.v),
    call: calledAs(verified.fn, verified.v),
    symbol: symbolOf(email.fn),
    detail: "",
    evidence: [
      { place: verified.fn.place(verified.v), note: "the provider's token is verified here" },
      { place: at.fn.place(at.v), note: "the account is sought here" },
    ],
    confidence: "proven",
  };
}

/** The keys are those of a provider that anybody can sign up with, and not the ones that the configuration names. */
function isOfPublicProvider({ site, verifier, callee }: VerifierCall, context: TokenContext): boolean {
  if (callee.module === "google-auth-library") return true;
  const key = site.fn.args(site.v)[verifier.key];
  if (key === undefined || callee.module !== "jose") return false;
  return context.evaluate({ fn: site.fn, v: key }).some((o) => isRemoteSet(o) && hasWrittenAddress(o, context));
}

function isRemoteSet(origin: Origin): origin is PackageOrigin {
  return origin.kind === "package" && origin.module === "jose" && origin.path === "createRemoteJWKSet()";
}

function hasWrittenAddress({ site }: PackageOrigin, context: TokenContext): boolean {
  const [url] = site === null ? [] : site.fn.args(site.v);
  if (site === null || url === undefined) return false;
  const at = context.written({ fn: site.fn, v: url });
  const address = at.fn.op(at.v) === Op.New ? at.fn.args(at.v)[0] : at.v;
  const origins = address === undefined ? [] : leaves(context.evaluate({ fn: at.fn, v: address }));
  return origins.length > 0 && origins.every((o) => o.kind === "constant");
}

/** Where the claims of one token go. */
class ClaimsWay {
  /** the functions that read, or have others read, whether the provider verified the address */
  readonly #vouchers: FunctionView[] = [];
  readonly #sought = new Map<string, Sought>();
  readonly #open: Item[] = [];

  constructor(
    private readonly context: TokenContext,
    private readonly callers: TokenCallers,
  ) {}

  follow(start: Spot): void {
    const seen = new Set<string>();
    this.#open.push({ ...start, email: null, through: [start.fn], downs: 0 });
    for (let item = this.#open.pop(); item !== undefined && seen.size < MAX_STEPS; item = this.#open.pop()) {
      const key = `${item.fn.id}:${item.v}:${item.email === null}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const user of usersOf(item.fn, item.v)) this.#user(item, user);
    }
  }

  /** The e-mails that are sought by on a way on which nobody asks whether they were verified. */
  unvouched(): readonly Sought[] {
    const asks = (fn: FunctionView): boolean => this.#vouchers.some((one) => isWithin(one, fn) || isWithin(fn, one));
    return [...this.#sought.values()].filter((one) => !one.through.some(asks));
  }

  #found({ through }: Item, email: Spot, at: Spot): void {
    const place = `${email.fn.id}:${email.v}`;
    if (!this.#sought.has(place)) this.#sought.set(place, { email, at, through });
  }

  #user(item: Item, row: number): void {
    const { fn } = item;
    switch (fn.op(row)) {
      case Op.Await:
      case Op.Cast:
      case Op.Default:
      case Op.Logic:
      case Op.Cond:
        this.#open.push({ ...item, v: row });
        return;
      case Op.Member:
        this.#member(item, row, fn.text(fn.b(row)));
        return;
      case Op.Store:
        this.#stored(item, row);
        return;
      case Op.Object:
        if (item.email !== null) this.#object(item, item.email, row);
        return;
      case Op.Return:
        this.#returned(item);
        return;
      case Op.Call:
        this.#call(item, row);
        return;
      default:
    }
  }

  #member(item: Item, row: number, name: string): void {
    const { fn } = item;
    if (item.email !== null) {
      if (SPELLING.test(name)) this.#open.push({ ...item, v: row });
    } else if (/verified/i.test(name)) this.#vouchers.push(item.through.at(-1) ?? fn);
    else if (TO_CLAIMS.test(name)) this.#open.push({ ...item, v: row });
    else if (name === "email") this.#open.push({ ...item, v: row, email: { fn, v: row } });
  }

  #stored(item: Item, row: number): void {
    const owner = item.fn.ancestor(item.fn.a(row));
    if (owner === null) return;
    for (const read of readsOf(owner, item.fn.b(row))) this.#open.push({ ...item, ...read });
  }

  /** `where: { email }`, in whatever stands around it; `findOne({ email })` */
  #object(item: Item, email: Spot, row: number): void {
    const { fn } = item;
    for (const user of usersOf(fn, row)) {
      if (fn.op(user) === Op.Object) {
        const key = [...fn.props(user)].find((p) => p.kind === PropKind.Named && p.value === row)?.name;
        if (key === "where") this.#found(item, email, { fn, v: user });
        else this.#object(item, email, user);
      } else if (fn.op(user) === Op.Array) this.#object(item, email, user);
      else if (fn.op(user) === Op.Call && FINDS.test(calleeName(fn, fn.callee(user)))) {
        this.#found(item, email, { fn, v: user });
      }
    }
  }

  #call(item: Item, row: number): void {
    const { fn, v } = item;
    const callee = fn.callee(row);
    if (callee === v) {
      this.#open.push({ ...item, v: row });
      return;
    }
    const name = calleeName(fn, callee);
    if (item.email !== null && (name === "eq" || FINDS_BY_EMAIL.test(name))) {
      this.#found(item, item.email, { fn, v: row });
      return;
    }
    if (item.downs >= MAX_DOWNS) return;
    const position = [...fn.args(row)].indexOf(v);
    for (const target of this.context.evaluate({ fn, v: callee })) {
      if (target.kind !== "function" || !target.fn.hasBody) continue;
      for (const param of paramRows(target.fn, position)) {
        this.#open.push({ ...item, fn: target.fn, v: param, downs: item.downs + 1 });
      }
    }
  }

  /** The claims go back to whoever asked for the verification; where an e-mail goes by itself is not followed up. */
  #returned(item: Item): void {
    const { fn } = item;
    const { through } = item;
    if (item.email !== null || item.downs > 0 || through.length > MAX_UPS || handedTo(fn) >= 0) return;
    for (const site of this.callers.of(fn)) {
      this.#open.push({ ...item, fn: site.fn, v: site.v, through: [...through, site.fn] });
    }
  }
}
