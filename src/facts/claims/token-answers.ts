/** Verifications that say yes or no instead of throwing, and whether anybody listens. */
import { NONE, Op } from "../../model/lowered.js";
import type { TokenFlaw, TokenFlawKind } from "../../model/token-flaws.js";
import { isAwaited } from "../../program/facts/consumption.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { PackageOrigin } from "../../program/values/origin.js";
import { usageOf } from "../guards/guard-uses.js";
import { calledAs, calledPackage, verifierCall } from "../verification/token-verifiers.js";
import { ANSWERS, type Answer, PROMISES } from "./session-libraries.js";
import type { TokenContext } from "./token-context.js";
import { paramRows } from "./token-scopes.js";
import { readsOf, symbolOf, usersOf } from "./token-values.js";

/** Verifications of a function whose answer decides nothing. */
export function unheardAnswers(fn: FunctionView, context: TokenContext): readonly TokenFlaw[] {
  const found: TokenFlaw[] = [];
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call) continue;
    const kind = ignoredError(fn, v, context)
      ? "error-unused"
      : isDropped(fn, v, context)
        ? "not-awaited"
        : unheard(fn, v, context);
    if (kind !== null) found.push(flaw(fn, v, kind));
  }
  return found;
}

function flaw(fn: FunctionView, v: number, kind: TokenFlawKind): TokenFlaw {
  return {
    kind,
    place: fn.place(v),
    call: calledAs(fn, v),
    symbol: symbolOf(fn),
    detail: "",
    evidence: [],
    confidence: "proven",
  };
}

/** `jwt.verify(token, key, (err, claims) => { req.user = claims; next(); })` */
function ignoredError(fn: FunctionView, v: number, context: TokenContext): boolean {
  const last = [...fn.args(v)].at(-1);
  if (last === undefined || fn.op(last) !== Op.Closure) return false;
  const callback = fn.file.fn(fn.a(last));
  if (callback.info.params.length < 2 || paramRows(callback, 0).some((row) => isRead(callback, row))) return false;
  const call = verifierCall({ fn, v, frame: null }, context.queries);
  if (call === null || call.callee.module !== "jsonwebtoken") return false;
  const claims = paramRows(callback, 1).flatMap((row) => held(callback, row));
  return claims.length > 0 && !claims.some((row) => usageOf(callback, row).tested);
}

/** Whether anything but keeping a parameter in its variable is done with it. */
function isRead(fn: FunctionView, row: number): boolean {
  const users = usersOf(fn, row);
  return users.some((user) => fn.op(user) !== Op.Store || readsOf(fn, fn.b(user)).length > 0);
}

/** A parameter's rows, and the reads of the variable that it is kept in. */
function held(fn: FunctionView, row: number): readonly number[] {
  const stores = usersOf(fn, row).filter((user) => fn.op(user) === Op.Store);
  return [
    row,
    ...stores.flatMap((store) => readsOf(fn, fn.b(store)).flatMap((read) => (read.fn === fn ? [read.v] : []))),
  ];
}

/** `this.jwt.verifyAsync(token);`: a promise that nobody keeps, so that its failure stops nothing. */
function isDropped(fn: FunctionView, v: number, context: TokenContext): boolean {
  if (!/verif|decrypt/i.test(calleeName(fn, fn.callee(v))) || usersOf(fn, v).length > 0) return false;
  const callee = calledPackage({ fn, v, frame: null }, context.queries);
  if (callee === null || [...fn.args(v)].some((arg) => fn.op(arg) === Op.Closure)) return false;
  if (PROMISES.some((one) => one.module.test(callee.module) && one.path.test(callee.path))) return true;
  return callee.module === "fast-jwt" && callee.path === "createVerifier()" && fetchesKey(callee, context);
}

/** `createVerifier({ key: async () => … })` answers with promises. */
function fetchesKey({ site }: PackageOrigin, { queries }: TokenContext): boolean {
  const [options] = site === null ? [] : site.fn.args(site.v);
  if (site === null || options === undefined) return false;
  return queries
    .evaluate({ ...site, v: options })
    .flatMap((o) => [...queries.project(o, ["key"])])
    .some((o) => o.kind === "function");
}

function unheard(fn: FunctionView, v: number, context: TokenContext): TokenFlawKind | null {
  const answer = answerOf(fn, v, context);
  if (answer === null) return null;
  const members = new Members(fn, v);
  if (members.lost) return null;
  if (answer.asynchronous && !isAwaited(fn, v))
    return usageOf(fn, v).tested || members.names.size > 0 ? "not-awaited" : null;
  if (answer.yes.length > 0) {
    const asked = answer.yes.some((name) => members.names.has(name));
    if (asked) return null;
    return members.names.size > 0 || members.unused ? "result-untested" : null;
  }
  return members.tested ? null : "result-untested";
}

function answerOf(fn: FunctionView, v: number, context: TokenContext): Answer | null {
  if (!/verif|authenticat|introspect|LogtoContext|createValidation|\brefresh$/i.test(calledAs(fn, v))) return null;
  const callee = calledPackage({ fn, v, frame: null }, context.queries);
  if (callee !== null) return ANSWERS.find((a) => a.module.test(callee.module) && a.path.test(callee.path)) ?? null;
  const injected = context
    .evaluate({ fn, v: fn.callee(v) })
    .some((o) => o.kind === "parameter" && o.path.at(-1) === "verify" && /jwt$/i.test(o.path.at(-2) ?? ""));
  if (!injected || !context.input.index.imports("@elysiajs/jwt")) return null;
  return ANSWERS.find((a) => a.module.test("@elysiajs/jwt")) ?? null;
}

const MAX_ROWS = 120;

/** What becomes of an answer in its function: members that are read, whether it is tested, whether it goes out of sight. */
class Members {
  readonly names = new Set<string>();
  tested = false;
  lost = false;
  /** nothing was done with it but to wait */
  unused = true;

  constructor(
    private readonly fn: FunctionView,
    v: number,
  ) {
    const open = [v];
    const seen = new Set<number>();
    for (let row = open.pop(); row !== undefined; row = open.pop()) {
      if (seen.has(row) || seen.size > MAX_ROWS) continue;
      seen.add(row);
      for (const user of usersOf(fn, row)) {
        if (fn.op(user) !== Op.Await && fn.op(user) !== Op.Cast) this.unused = false;
        open.push(...this.#user(user, row));
      }
    }
  }

  #user(user: number, row: number): readonly number[] {
    const { fn } = this;
    switch (fn.op(user)) {
      case Op.Await:
      case Op.Cast:
        return [user];
      case Op.Store:
        return this.#reads(user);
      case Op.Member:
        return this.#member(user, fn.text(fn.b(user)));
      case Op.Branch:
      case Op.Unary:
      case Op.Binary:
        this.tested = true;
        return [];
      case Op.Logic:
      case Op.Cond:
        this.tested = true;
        return fn.op(user) === Op.Cond && fn.a(user) === row ? [] : [user];
      default:
        this.lost = true;
        return [];
    }
  }

  #member(user: number, name: string): readonly number[] {
    if (name === "then" || name === "catch") this.lost = true;
    this.names.add(name);
    // the answer of a client is wrapped once
    return name === "data" ? [user] : [];
  }

  #reads(store: number): readonly number[] {
    const { fn } = this;
    const owner = fn.ancestor(fn.a(store));
    if (owner === null || fn.c(store) === NONE) return [];
    const reads = readsOf(owner, fn.b(store));
    if (reads.some((read) => read.fn !== fn)) this.lost = true;
    return reads.flatMap((read) => (read.fn === fn ? [read.v] : []));
  }
}
