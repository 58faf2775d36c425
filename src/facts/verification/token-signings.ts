/** Where a project signs tokens: with which key, what they say, for what purpose, and how long they live. */
import { NONE, Op, PropKind } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { SIGNERS, type Signer } from "../claims/session-libraries.js";
import { handedTo, type TokenCallers } from "../claims/token-callers.js";
import type { TokenContext } from "../claims/token-context.js";
import { secondsOf } from "../claims/token-lifetimes.js";
import { type Spot, usersOf } from "../claims/token-values.js";
import { keyName, keyNameAt } from "./token-keys.js";
import { calledAs, calledPackage, verifierCall } from "./token-verifiers.js";
import { purposeOf } from "./token-words.js";

export interface Signing {
  /** where the claims are written: the signing call, or the call of the project's own function around it */
  readonly at: Spot;
  readonly library: string;
  readonly call: string;
  /** name of the key, '' when it cannot be told */
  readonly key: string;
  /** names of the claims; null when they cannot be read */
  readonly claims: ReadonlySet<string> | null;
  /** further claims may come from elsewhere */
  readonly open: boolean;
  readonly expires: "yes" | "no" | "unknown";
  /** in seconds; null when it cannot be read */
  readonly lifetime: number | null;
  /** '' for an ordinary token of a session */
  readonly purpose: string;
}

const MAX_UPS = 2;
/** By which the set-up of a library may limit its tokens, or ask about each of them. */
const LIMITS = ["expiresIn", "signOptions", "exp", "trusted"];

/** Every signing of a function; one around which the project has its own function counts where that is called. */
export function signingsIn(fn: FunctionView, context: TokenContext, callers: TokenCallers): readonly Signing[] {
  const found: Signing[] = [];
  for (const v of fn.calls) {
    if (fn.op(v) === Op.Tagged || !/sign|encode|create/i.test(calledAs(fn, v))) continue;
    const callee = calledPackage({ fn, v, frame: null }, context.queries);
    const signer =
      callee === null ? undefined : SIGNERS.find((s) => s.module.test(callee.module) && s.path.test(callee.path));
    if (callee === null || signer === undefined) continue;
    const one = new Reader({ fn, v, frame: null }, callee, signer, context).signing();
    if (one !== null) found.push(...upwards(one, context, callers, 0));
  }
  return found;
}

interface Raw extends Omit<Signing, "claims" | "open" | "purpose"> {
  readonly payload: Spot;
}

class Reader {
  constructor(
    private readonly site: Site,
    private readonly callee: PackageOrigin,
    private readonly signer: Signer,
    private readonly context: TokenContext,
  ) {}

  signing(): Raw | null {
    const { fn, v } = this.site;
    const maker = this.signer.made === "" ? null : stepOf(this.callee, this.signer.made);
    const spot: Site | null = maker === null ? this.site : maker.site;
    if (spot === null) return null;
    const payloadSite = this.signer.payloadInMaker ? spot : this.site;
    const payload = payloadSite.fn.args(payloadSite.v)[0];
    if (payload === undefined) return null;
    return {
      at: { fn, v },
      library: this.callee.module,
      call: calledAs(fn, v),
      key: this.#key(spot),
      expires: this.#expires(spot),
      lifetime: this.#lifetime(spot),
      payload: { fn: payloadSite.fn, v: payload },
    };
  }

  #key(maker: Site): string {
    const { key } = this.signer;
    if (typeof key === "number") {
      const arg = this.site.fn.args(this.site.v)[key];
      return arg === undefined ? "" : keyNameAt({ fn: this.site.fn, v: arg }, this.context);
    }
    const options = this.#options(maker);
    const value = options === null ? [] : this.context.queries.project(options, [key]);
    // the key of the set-up, unless the call brings one of its own
    const set = this.signer.defaults && (options === null || this.context.stateOf(value).state === "absent");
    return set && this.site.fn.args(this.site.v).length <= this.signer.options
      ? `set-up:${this.callee.module}`
      : keyName(value, this.context);
  }

  #options(maker: Site): Origin | null {
    const at = this.signer.options;
    const arg = at === NONE ? undefined : maker.fn.args(maker.v)[at];
    if (arg === undefined) return null;
    const [only, ...more] = this.context.evaluate({ fn: maker.fn, v: arg });
    return only !== undefined && more.length === 0 && only.kind === "literal" && only.form === "object" ? only : null;
  }

  #lifetime(maker: Site): number | null {
    const { expiry } = this.signer;
    if (expiry === "") return null;
    if (!expiry.startsWith(".")) {
      const options = this.#options(maker);
      return options === null ? null : secondsOf(this.context.queries.project(options, [expiry]));
    }
    const site = stepOf(this.callee, pathUpTo(this.callee.path, `${expiry.slice(1)}()`))?.site ?? null;
    const arg = site === null ? undefined : site.fn.args(site.v)[0];
    return site === null || arg === undefined ? null : secondsOf(this.context.evaluate({ fn: site.fn, v: arg }));
  }

  #expires(maker: Site): Signing["expires"] {
    const { expiry, defaults, options } = this.signer;
    if (expiry.startsWith(".")) return this.callee.path.includes(`${expiry.slice(1)}()`) ? "yes" : "no";
    if (defaults && this.context.mentions(LIMITS)) return "unknown";
    if (expiry === "" || options === NONE) return "no";
    const args = maker.fn.args(maker.v);
    if (args.length <= options) return "no";
    const given = this.#options(maker);
    if (given === null) return "unknown";
    const { state } = this.context.stateOf(this.context.queries.project(given, [expiry]));
    return state === "absent" ? "no" : state === "unknown" ? "unknown" : "yes";
  }
}

function pathUpTo(path: string, step: string): string {
  const at = path.indexOf(step);
  return at < 0 ? "" : path.slice(0, at + step.length);
}

/** The step of a chain that ends in a name: `SignJWT()`. */
function stepOf(callee: PackageOrigin, name: string): PackageOrigin | null {
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous)
    if (step.path === name) return step;
  return null;
}

/** Claims that are a parameter are written by the callers. */
function upwards(raw: Raw, context: TokenContext, callers: TokenCallers, ups: number): readonly Signing[] {
  const { payload } = raw;
  const value = behind(payload.fn, payload.v);
  if (payload.fn.op(value) === Op.Param && ups < MAX_UPS) {
    const index = payload.fn.a(value);
    return callers.of(payload.fn).flatMap((site) => {
      const arg = site.fn.args(site.v)[index];
      if (arg === undefined) return [];
      const call = calledAs(site.fn, site.v);
      return upwards({ ...raw, at: site, call, payload: { fn: site.fn, v: arg } }, context, callers, ups + 1);
    });
  }
  const { claims, open } = claimsOf(payload.fn, value);
  const expires = raw.expires === "no" && (claims === null || open || claims.has("exp")) ? "unknown" : raw.expires;
  const { payload: _, ...rest } = raw;
  return [{ ...rest, expires, claims, open, purpose: purposeAt(raw.at, context) }];
}

function claimsOf(fn: FunctionView, v: number): Pick<Signing, "claims" | "open"> {
  if (fn.op(v) !== Op.Object) return { claims: null, open: true };
  const claims = new Set<string>();
  let open = false;
  for (const prop of fn.props(v)) {
    if (prop.kind === PropKind.Named || prop.kind === PropKind.Getter) claims.add(prop.name);
    else open = true;
  }
  return { claims, open };
}

/** What the token is for, by the variable that takes it, else by the function around it that only hands it out. */
function purposeAt(at: Spot, context: TokenContext): string {
  const holder = holderName(at);
  const named = purposeOf(holder);
  if (named !== "" || /auth|access|session|login|sign_?in/i.test(holder)) return named;
  const within = surrounding(at.fn);
  const checks = [...at.fn.calls].some(
    (v) => at.fn.op(v) !== Op.Tagged && verifierCall({ fn: at.fn, v, frame: null }, context.queries) !== null,
  );
  return checks || /verif|valid/i.test(within) ? "" : purposeOf(`${calledAs(at.fn, at.v)} ${within}`);
}

/** Variable or key that takes a value, also after `await`. */
function holderName({ fn, v }: Spot): string {
  for (const user of usersOf(fn, v)) {
    if (fn.op(user) === Op.Await || fn.op(user) === Op.Cast) return holderName({ fn, v: user });
    if (fn.op(user) === Op.Store) return fn.ancestor(fn.a(user))?.info.slots[fn.b(user)]?.name ?? "";
    if (fn.op(user) !== Op.Object) continue;
    for (const prop of fn.props(user)) if (prop.value === v) return prop.name;
  }
  return "";
}

/** Name of a function, or the path under which it is registered as a handler. */
export function surrounding(fn: FunctionView): string {
  for (let at: FunctionView | null = fn; at !== null && at.info.parent !== NONE; at = at.parent) {
    if (at.info.name !== "") return at.info.name;
    const row = handedTo(at);
    const [first] = at.parent === null || row < 0 ? [] : at.parent.args(row);
    if (first !== undefined && at.parent !== null && at.parent.op(first) === Op.String) {
      return at.parent.text(at.parent.a(first));
    }
  }
  return "";
}
