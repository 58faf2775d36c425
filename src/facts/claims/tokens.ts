/** Tokens: where their claims are read, whether they were verified by then, and what every verification leaves open. */
import type { TokenRead, TokenVerification } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { Origin } from "../../program/values/origin.js";
import { weakAnswers } from "../verification/sign-in-answers.js";
import { TokenChecks, tokenIdentity } from "../verification/token-checks.js";
import { TokenFlaws } from "../verification/token-flaws.js";
import { ownVerifications } from "../verification/token-own.js";
import { verifierCall } from "../verification/token-verifiers.js";
import { judgeVerification } from "../verification/token-weaknesses.js";
import { isIssuersAnswer, storedByIssuer } from "./issued-tokens.js";
import { handedTo, TokenCallers } from "./token-callers.js";
import { TokenContext, type TokenInput } from "./token-context.js";
import type { TokenFacts } from "./token-facts.js";
import { type RawRead, readsIn } from "./token-reads.js";
import type { Use } from "./token-scopes.js";
import { runsOnServer } from "./token-server.js";
import { ClaimTracer } from "./token-uses.js";
import { symbolOf } from "./token-values.js";

/** Names below which nothing of interest is called; what has none of them is skipped unread. */
const SPEAKS =
  /jwt|decode|verif|token|jose|jws|base64|atob|Strategy|register|authorization|getSession|openid-client|saml/i;

/** All reads and verifications of tokens in a program, or in some of its files. */
export function collectTokens(input: TokenInput, files: Iterable<ProgramFile> = input.program.files): TokenFacts {
  const context = new TokenContext(input);
  const callers = new TokenCallers(context);
  const judge = new ReadJudge(context, callers);
  const reads: TokenRead[] = [];
  const verifications: TokenVerification[] = [];
  const flaws = new TokenFlaws(context, callers);
  for (const file of files) {
    flaws.collect(file);
    if (!speaks(file)) continue;
    for (let i = 0; i < file.functionCount; i += 1) {
      const fn = file.fn(i);
      verifications.push(...verificationsIn(fn, context));
      for (const read of readsIn(fn, context, callers)) reads.push(judge.judge(read));
    }
  }
  return { reads: onePerPlace(reads), verifications, flaws: flaws.all(), signings: flaws.signings };
}

function speaks({ lowered }: ProgramFile): boolean {
  return (
    lowered.strings.some((text) => SPEAKS.test(text)) || lowered.imports.some((i) => SPEAKS.test(i.module + i.name))
  );
}

function verificationsIn(fn: FunctionView, context: TokenContext): readonly TokenVerification[] {
  const found: TokenVerification[] = [];
  for (const v of fn.calls) {
    if (fn.op(v) === Op.Tagged) continue;
    const call = verifierCall({ fn, v, frame: null }, context.queries);
    if (call !== null) found.push(judgeVerification(call, context));
  }
  return [...found, ...ownVerifications(fn, context), ...weakAnswers(fn, context)];
}

function onePerPlace(reads: readonly TokenRead[]): readonly TokenRead[] {
  const seen = new Map<string, TokenRead>();
  for (const read of reads) {
    const key = `${read.place.file}:${read.place.start}`;
    if (!seen.has(key)) seen.set(key, read);
  }
  return [...seen.values()];
}

const DANGER: readonly TokenRead["use"][] = ["identity", "decision", "query", "unknown"];

type Verdicts = Pick<TokenRead, "use" | "useAt" | "verification" | "evidence" | "confidence">;

interface Verdict {
  readonly use: Use;
  readonly verification: TokenRead["verification"];
}

class ReadJudge {
  readonly #checks: TokenChecks;
  readonly #tracer: ClaimTracer;

  constructor(
    private readonly context: TokenContext,
    private readonly callers: TokenCallers,
  ) {
    this.#checks = new TokenChecks(context);
    this.#tracer = new ClaimTracer(context, callers);
  }

  judge(read: RawRead): TokenRead {
    const { fn, v } = read.site;
    const origins = this.context.evaluate({ fn, v: read.token });
    const token = tokenIdentity(origins);
    const uses = read.header ? [] : this.#tracer.trace({ fn, v }, token, read.reads);
    const base = {
      place: fn.place(v),
      library: read.library,
      call: read.call,
      reads: read.reads,
      symbol: symbolOf(fn),
      server: runsOnServer(fn.file),
    };
    if (read.reads === "session") return { ...base, ...this.#session(read, uses) };
    if (read.header) return { ...base, ...quiet("key-selection"), verification: "none", confidence: "proven" };
    if (
      storedByIssuer(fn, read.token, origins) ||
      this.#fromIssuer(fn, token, 0) ||
      this.#checks.verifiedAt({ fn, v }, token) ||
      this.#callersVerify(fn, token)
    ) {
      const use = strongest(uses)?.kind ?? "unused";
      return { ...base, ...quiet(use), verification: "verified", confidence: "proven" };
    }
    return { ...base, ...this.#worst(uses) };
  }

  /** A session is as good as verified where the caller is known otherwise. */
  #session(read: RawRead, uses: readonly Use[]): Verdicts {
    const unknown = uses.filter((use) => {
      const spots = use.scopes.map((scope, i) =>
        i === use.scopes.length - 1 ? use.at : { fn: scope.fn, v: scope.left },
      );
      return DANGER.includes(use.kind) && !spots.some((spot) => this.#checks.callerKnownAt(spot));
    });
    const [worst] = [...unknown].sort((a, b) => DANGER.indexOf(a.kind) - DANGER.indexOf(b.kind));
    if (worst === undefined) {
      return { ...quiet(strongest(uses)?.kind ?? "unused"), verification: "verified", confidence: "proven" };
    }
    const { kind, at, evidence } = worst;
    const sure = !unknown.every((use) => use.named || checkedByStore(use, read));
    return {
      use: kind,
      useAt: at.fn.place(at.v),
      verification: "none",
      evidence,
      confidence: sure ? "proven" : "inferred",
    };
  }

  #worst(uses: readonly Use[]): Verdicts {
    const verdicts = uses
      .filter((use) => DANGER.includes(use.kind))
      .map((use): Verdict => ({ use, verification: this.#verdict(use) }));
    const open = verdicts.filter((one) => one.verification !== "verified");
    const worst = open.sort((a, b) => DANGER.indexOf(a.use.kind) - DANGER.indexOf(b.use.kind))[0];
    if (worst === undefined) {
      const kind = verdicts[0]?.use.kind ?? strongest(uses)?.kind ?? "unused";
      const verification = verdicts.length > 0 ? "verified" : "none";
      return { ...quiet(kind), verification, confidence: "proven" };
    }
    const { use, verification } = worst;
    return {
      use: use.kind,
      useAt: use.at.fn.place(use.at.v),
      verification,
      evidence: use.evidence,
      confidence: use.named ? "inferred" : "proven",
    };
  }

  #verdict(use: Use): TokenRead["verification"] {
    for (const [index, scope] of use.scopes.entries()) {
      const spot = index === use.scopes.length - 1 ? use.at : { fn: scope.fn, v: scope.left };
      if (this.#checks.verifiedAt(spot, scope.token)) return "verified";
    }
    // nothing has happened yet that a later refusal would not undo
    const later = use.scopes.some((scope) => this.#checks.verifiedLater({ fn: scope.fn, v: scope.from }, scope.token));
    if (later) return use.lasting ? "after-read" : "verified";
    // a helper finds the key by what the token says, and whoever called it verifies with that key
    const [{ fn, token }] = use.scopes;
    if (!use.lasting && this.#callersVerify(fn, token, true)) return "verified";
    return this.#elsewhere(use);
  }

  #elsewhere(use: Use): TokenRead["verification"] {
    let other: TokenRead["verification"] = "none";
    for (const { fn, token } of use.scopes) {
      for (const v of this.#checks.verifyingCalls(fn)) {
        if (this.#checks.verifiesToken({ fn, v }, token)) return "other-path";
        other = "other-token";
      }
    }
    return other;
  }

  /**
   * Every call of the function comes after the verification of what is passed to it.
   *
   * @param orLater a verification that follows, on all ways on, does as well
   */
  #callersVerify(fn: FunctionView, token: readonly Origin[], orLater = false): boolean {
    const own = token.filter((o): o is Extract<Origin, { kind: "parameter" }> => o.kind === "parameter" && o.fn === fn);
    const calls = own.length === 0 ? [] : this.callers.of(fn);
    return (
      calls.length > 0 &&
      calls.every((site) => {
        const given = own.flatMap((o) => {
          const arg = site.fn.args(site.v)[o.index];
          return arg === undefined ? [] : [...tokenIdentity(this.context.evaluate({ fn: site.fn, v: arg }))];
        });
        return this.#checks.verifiedAt(site, given) || (orLater && this.#checks.verifiedLater(site, given));
      })
    );
  }

  /** The token was fetched from its issuer or made here: nobody else had it in hand. */
  #fromIssuer(fn: FunctionView, token: readonly Origin[], depth: number): boolean {
    if (token.length === 0 || depth > MAX_HOPS) return false;
    return token.every((origin) => {
      if (origin.kind === "package") return origin.path.includes("()") && !/headers|cookies|request/i.test(origin.path);
      if (origin.kind === "apply") return this.#fromIssuer(fn, [origin.callee], depth + 1);
      if (origin.kind !== "parameter") return false;
      if (isIssuersAnswer(origin)) return true;
      const list = listGoneThrough(origin.fn);
      if (list !== NONE && origin.fn.parent !== null) {
        const holder = origin.fn.parent;
        return this.#fromIssuer(holder, tokenIdentity(this.context.evaluate({ fn: holder, v: list })), depth + 1);
      }
      const calls = origin.fn === fn ? this.callers.of(fn) : [];
      return (
        calls.length > 0 &&
        calls.every((site) => {
          const arg = site.fn.args(site.v)[origin.index];
          const given = arg === undefined ? [] : tokenIdentity(this.context.evaluate({ fn: site.fn, v: arg }));
          return this.#fromIssuer(site.fn, given, depth + 1);
        })
      );
    });
  }
}

const MAX_HOPS = 6;
const ROUNDS = /^(?:map|flatMap|forEach|filter|find|some|every)$/;

/** `answer.data.map((one) => …)`: the list whose elements a function is given, NONE for any other function. */
function listGoneThrough(fn: FunctionView): number {
  const call = handedTo(fn);
  const { parent } = fn;
  if (parent === null || call < 0) return NONE;
  const callee = parent.callee(call);
  return parent.op(callee) === Op.Member && ROUNDS.test(parent.memberName(callee)) ? parent.a(callee) : NONE;
}

/** A store that is asked with the session's own token checks it, and with it the rows that may be seen. */
function checkedByStore(use: Use, read: RawRead): boolean {
  if (use.kind !== "query" || !read.library.startsWith("@supabase/")) return false;
  const { fn, v } = use.at;
  return fn.op(v) === Op.Call && /^(?:eq|match|filter|in|or|insert|update|upsert)$/.test(calleeName(fn, fn.callee(v)));
}

function quiet(use: TokenRead["use"]): Pick<TokenRead, "use" | "useAt" | "evidence"> {
  return { use, useAt: null, evidence: [] };
}

const ORDER: readonly TokenRead["use"][] = ["identity", "decision", "query", "key-selection", "response", "unknown"];

function strongest(uses: readonly Use[]): Use | undefined {
  return [...uses].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))[0];
}
