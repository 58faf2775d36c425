/** What a verification leaves open, as far as its options can be read. */
import type { TokenVerification, TokenWeakness } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import type { TokenContext } from "../claims/token-context.js";
import { symbolOf } from "../claims/token-values.js";
import { comparesClaim, measuresClaim } from "./compared-claims.js";
import { keepsByPart } from "./token-caches.js";
import { isMadeFrom, isPublicKey, keyFinding } from "./token-keys.js";
import { constantsOf, elementsOf, TokenOptions } from "./token-options.js";
import { calledAs, type VerifierCall } from "./token-verifiers.js";

type Weak = TokenVerification["weaknesses"][number];

/** More than this much clock difference is no tolerance any more, in seconds. */
const HUGE_TOLERANCE = 3600;

/** The fact of one verifying call. */
export function judgeVerification(call: VerifierCall, context: TokenContext): TokenVerification {
  const judge = new Judge(call, context);
  const { site, callee } = call;
  judge.judge();
  return {
    place: site.fn.place(site.v),
    library: callee.module,
    call: calledAs(site.fn, site.v),
    symbol: symbolOf(site.fn),
    ...(judge.algorithms.length > 0 ? { algorithms: judge.algorithms } : {}),
    weaknesses: judge.found,
    evidence: [],
  };
}

class Judge {
  readonly found: Weak[] = [];
  algorithms: readonly string[] = [];
  readonly #options: TokenOptions;
  readonly #place: Place;

  constructor(
    private readonly call: VerifierCall,
    private readonly context: TokenContext,
  ) {
    this.#options = new TokenOptions(call.site, call.verifier, context);
    this.#place = call.site.fn.place(call.site.v);
  }

  judge(): void {
    this.#algorithm();
    this.#key();
    this.#expiry();
    if (this.call.callee.module === "fast-jwt" && keepsByPart(this.#options)) this.#add("shared-cache");
    if (/(?:^|\.)getTokenInfo$/.test(this.call.callee.path) && !readsAudience(this.call.site.fn))
      this.#add("any-client-accepted");
    const { names, checks, withoutAudience } = this.call.verifier;
    if (checks.includes("issuer")) this.#unchecked(names.issuer, "issuer-unchecked", "issuer");
    // the provider's tokens name no audience that could be asked for
    if (checks.includes("audience") && !isMadeFrom(this.#keyOrigins(), isKeySetOfWorkOS, this.context))
      this.#unchecked(names.audience, withoutAudience, "audience");
    this.#switchedOff();
    const extractors = this.#options.read(["jwtFromRequest"]).origins;
    if (takenBy(extractors, "fromUrlQueryParameter", this.context)) this.#add("token-in-address");
    if (takenBy(extractors, "fromBodyField", this.context)) this.#add("token-in-body");
  }

  #switchedOff(): void {
    for (const name of this.call.verifier.names.switches) {
      const off = this.#options.read([name]).origins.some((o) => o.kind === "constant" && o.value === false);
      if (off) this.#add("check-switched-off", `'${name}' is false`);
    }
  }

  #add(kind: TokenWeakness, detail = ""): void {
    this.found.push({ kind, place: this.#place, detail });
  }

  #unchecked(names: readonly string[], kind: TokenWeakness, word: string): void {
    const value = this.#options.read(names);
    // aws-jwt-verify throws for what is left out or undefined: only null switches a check off
    if (this.call.callee.module.startsWith("aws-jwt-verify")) {
      if (value.origins.some((o) => o.kind === "constant" && o.value === null)) this.#add(kind);
      return;
    }
    // the claims are compared by hand where they come out
    if (value.state === "absent" && comparesClaim(this.call.site.fn, word === "issuer" ? ISSUER : AUDIENCE)) return;
    if (value.state === "absent" && this.#saysAll()) this.#add(kind);
    if (value.state === "maybe") this.#maybe(word, value.variable);
  }

  #maybe(word: string, variable: string): void {
    const why = variable === "" ? "" : `: '${variable}' need not be set`;
    this.#add("option-may-be-undefined", `The ${word} may be undefined${why}`);
  }

  /** What the call does not say is said nowhere. */
  #saysAll(): boolean {
    if (!this.call.verifier.defaultsElsewhere) return true;
    const { program } = this.context.input;
    return ![...program.files].some((file) => file.lowered.strings.includes("verifyOptions"));
  }

  #algorithm(): void {
    const { verifier, site } = this.call;
    const given = this.#algorithmGiven();
    if (given === null) return;
    const { state, origins } = given;
    if (state === "absent") {
      this.#withoutAlgorithm();
      return;
    }
    if (state === "maybe") this.#maybe("algorithm list", given.variable);
    const elements = elementsOf(origins, this.context);
    if (elements.some((o) => namesHeader(o)) || this.#writtenFromHeader(verifier.algorithmAt, site)) {
      this.#add("algorithm-from-header");
      return;
    }
    const names = constantsOf(origins, this.context).map(String);
    this.algorithms = names;
    if (names.some((name) => name.toLowerCase() === "none")) this.#add("algorithm-none");
    const symmetric = names.some((name) => /^HS\d/i.test(name));
    const asymmetric = names.some((name) => /^(?:RS|ES|PS|Ed)/i.test(name));
    if (symmetric && asymmetric) this.#add("algorithm-mixed");
    if (symmetric && !asymmetric && this.#keyOrigins().some(isPublicKey)) this.#add("public-secret");
  }

  /** The algorithm where the library takes it: an option, an argument of its own, or either. */
  #algorithmGiven() {
    const { verifier, site } = this.call;
    const { fn, v, frame } = site;
    const arg = verifier.algorithmAt === NONE ? undefined : fn.args(v)[verifier.algorithmAt];
    if (verifier.algorithmAt === NONE || verifier.algorithmAt === verifier.options) {
      const positional = arg === undefined ? [] : this.context.evaluate({ fn, v: arg }, frame);
      if (positional.some((o) => o.kind === "constant" && typeof o.value === "string"))
        return this.context.stateOf(positional);
      const value = this.#options.read(verifier.names.algorithms);
      return value.state === "unknown" && !value.origins.some((o) => namesHeader(o)) ? this.#headerOnly(value) : value;
    }
    if (arg === undefined) return { state: "absent" as const, origins: [], variable: "" };
    return this.context.stateOf(this.context.evaluate({ fn, v: arg }, frame));
  }

  #headerOnly<T extends { readonly origins: readonly Origin[] }>(value: T): T | null {
    return elementsOf(value.origins, this.context).some((o) => namesHeader(o)) ? value : null;
  }

  #withoutAlgorithm(): void {
    const { verifier, callee, site } = this.call;
    if (callee.module === "njwt" && site.fn.args(site.v).length === 1) this.#add("unsigned-accepted");
    if (verifier.withoutAlgorithm === null || !this.#saysAll()) return;
    if (callee.module === "jose" && this.#isSymmetric()) return;
    this.#add(verifier.withoutAlgorithm);
  }

  /** Bytes can only be the key of a symmetric algorithm: there is nothing left to choose. */
  #isSymmetric(): boolean {
    return this.#keyOrigins().some((o) => {
      if (o.kind !== "derived" && o.kind !== "package") return false;
      const site = o.site;
      if (site === null) return o.kind === "derived" && /TextEncoder|Buffer|Uint8Array/.test(o.how);
      const name = calledAs(site.fn, site.v);
      return /TextEncoder|(?:^|\.)encode$|Buffer\.from$|createSecretKey$|base64url\.decode$/.test(name);
    });
  }

  #keyOrigins(): readonly Origin[] {
    const { verifier, site } = this.call;
    const { fn, v, frame } = site;
    if (verifier.key === NONE) return this.#options.read(verifier.names.key).origins;
    const arg = fn.args(v)[verifier.key];
    return arg === undefined || fn.op(arg) === Op.Spread ? [] : this.context.evaluate({ fn, v: arg }, frame);
  }

  #key(): void {
    const { site, verifier } = this.call;
    const arg = verifier.key === NONE ? NONE : (site.fn.args(site.v)[verifier.key] ?? NONE);
    const origins = this.#keyOrigins();
    if (origins.length === 0 || origins.every((o) => o.kind === "constant" && typeof o.value !== "string")) return;
    const spot = this.context.written({ fn: site.fn, v: arg === NONE ? site.v : arg });
    const finding = keyFinding({ ...spot, frame: null }, origins, this.context);
    if (finding !== null) this.#add(finding);
  }

  #expiry(): void {
    const { names, checks } = this.call.verifier;
    const ignored = this.#options.read(names.ignoreExpiration);
    // `payload.exp <= clock.now()` by hand, so that a test can move the clock
    const byHand = measuresClaim(this.call.site.fn, EXPIRY);
    const isOff = (value: boolean, { origins }: { readonly origins: readonly Origin[] }): boolean =>
      !byHand && origins.some((o) => o.kind === "constant" && o.value === value);
    if (isOff(true, ignored)) this.#add("expiry-ignored");
    if (this.#isSwitchedOn("ignoreNotBefore")) this.#add("early-accepted");
    if (this.#isSwitchedOn("allowInvalidAsymmetricKeyTypes")) this.#add("weak-key-type");
    const enforced = this.#options.read(names.enforceExpiration);
    if (isOff(false, enforced)) this.#add("expiry-ignored");
    const tolerance = constantsOf(this.#options.read(names.tolerance).origins, this.context);
    if (tolerance.some((value) => seconds(value) > HUGE_TOLERANCE)) {
      this.#add("expiry-ignored", "Its clock tolerance is longer than an hour");
    }
    if (!byHand && checks.includes("expiry") && this.#saysAll() && this.#options.readable && !this.#demandsExpiry()) {
      this.#add("expiry-not-required");
    }
  }

  /** An option that stands beside the one that ignores expiry. */
  #isSwitchedOn(name: string): boolean {
    const beside = this.call.verifier.names.ignoreExpiration.map((path) => path.replace("ignoreExpiration", name));
    return this.#options.read(beside).origins.some((o) => o.kind === "constant" && o.value === true);
  }

  #demandsExpiry(): boolean {
    return this.call.verifier.names.demandsExpiry.some((name) => {
      const value = this.#options.read([name]);
      if (value.state === "absent") return false;
      return name !== "requiredClaims" || constantsOf(value.origins, this.context).includes("exp");
    });
  }

  /** An algorithm read as `….alg` from something that was decoded. */
  #writtenFromHeader(at: number, site: VerifierCall["site"]): boolean {
    const arg = at === NONE ? undefined : site.fn.args(site.v)[at];
    if (arg === undefined) return false;
    return leaves(this.context.evaluate({ fn: site.fn, v: arg }, site.frame)).some(namesHeader);
  }
}

/** `ExtractJwt.fromUrlQueryParameter("token")`, also as one of several: `ExtractJwt.fromExtractors([…])` */
function takenBy(origins: readonly Origin[], extractor: string, { queries }: TokenContext): boolean {
  return origins.some((origin) => {
    if (origin.kind !== "package") return false;
    if (origin.path.endsWith(`${extractor}()`)) return true;
    if (!origin.path.endsWith("fromExtractors()") || origin.site === null) return false;
    const { fn, v, frame } = origin.site;
    const each = Array.from(fn.args(v)).flatMap((arg) =>
      queries.evaluate({ fn, v: arg, frame }).flatMap((list) => [...queries.project(list, ["[]"])]),
    );
    return each.some((one) => one.kind === "package" && one.path.endsWith(`${extractor}()`));
  });
}

/** `workos.userManagement.getJwksUrl(clientId)`, or its address written out */
function isKeySetOfWorkOS(origin: Origin): boolean {
  if (origin.kind === "package") return /^@workos-inc\//.test(origin.module) && /getJwksUrl\(\)$/.test(origin.path);
  return origin.kind === "constant" && /^https:\/\/api\.workos\.com\/sso\/jwks/.test(String(origin.value));
}

/** `header.alg` of a token that was only decoded. */
function namesHeader(origin: Origin): boolean {
  return leaves([origin]).some(
    (o) =>
      o.kind === "source" &&
      /(?:^|\.)alg$/.test(o.path) &&
      (o.source === "claims-unverified" || (o.source === "input" && o.path.startsWith("token.header"))),
  );
}

function seconds(value: string | number): number {
  if (typeof value === "number") return value;
  const [, amount = "0", unit = "s"] = /^(\d+)\s*([a-z]*)/i.exec(value) ?? [];
  const factor = /^d/i.test(unit) ? 86400 : /^h/i.test(unit) ? 3600 : /^m/i.test(unit) ? 60 : 1;
  return Number(amount) * factor;
}

const EXPIRY = /^exp$/;
const ISSUER = /^iss(?:uer)?$/;
const AUDIENCE = /^(?:aud|azp|audience|issued_to)$/;
/** `if (info.aud !== clientId) …` */
function readsAudience(fn: FunctionView): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) if (fn.op(v) === Op.Member && AUDIENCE.test(fn.text(fn.b(v)))) return true;
  return false;
}
