/** Branches that let some callers past what the others must pass: early exits, skipped checks, privileges beside a check. */
import type { Bypass } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { symbolOf } from "../claims/token-values.js";
import { besideCheck, returnedPrivileges } from "./bypass-beside.js";
import { certaintyOf, type Predicate, predicateOf } from "./bypass-predicates.js";
import { DECIDES, GUARDS, kindOf, type Leaf, leavesOfTest, make, skipsOf, TENANT_NAME } from "./bypass-record.js";
import { settingOf } from "./bypass-settings.js";
import { leavesRecord, onlyIn, type Refusal, type Side, sideFrom } from "./bypass-shape.js";
import { namesOf, textOf } from "./bypass-text.js";
import { keepsOthersOff } from "./own-account-tests.js";

/** All bypasses that are branches of a function. */
export function branchBypasses(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  const returned = returnedPrivileges(fn, queries);
  const found = returned.map(({ bypass }) => bypass);
  for (const block of graphOf(fn).blocks) {
    const row = block.terminator;
    if (row === NONE || fn.op(row) !== Op.Branch) continue;
    for (const leaf of leavesOfTest(fn, fn.a(row))) {
      const predicate = predicateOf(fn, leaf.v, queries);
      // what is given back as the answer may have been tested on the way
      if (predicate === null || returned.some(({ leaf: told }) => told === leaf.v)) continue;
      if (predicate.kind === "identity" && keepsOthersOff(fn, fn.a(row), leaf)) continue;
      if (letsReadsThrough(fn, row, leaf) || (predicate.kind === "environment" && knowsNoCaller(fn))) continue;
      const bypass = orientations(predicate)
        .map((one) => judgeBranch(fn, row, leaf, one, queries))
        .find((one) => one !== null);
      if (bypass !== undefined && bypass !== null) found.push(bypass);
    }
  }
  return found;
}

/** `checkPlaceholders()`: told nothing, it waits for nothing and asks nobody, so what it refuses is a setting. */
function knowsNoCaller(fn: FunctionView): boolean {
  if (fn.info.params.length > 0 || fn.isAsync || fn.thisClass !== NONE || fn.parent?.parent != null) return false;
  return !fn.calls.some((v) => ASKS_CALLER.test(textOf(fn, fn.callee(v))));
}

const ASKS_CALLER = /user|session|auth|store|context|header|cookie|token|request|caller|account|permission|role/i;

/** `method === "GET" || method === "HEAD"`: reads are open, in whichever form they are asked for. */
function letsReadsThrough(fn: FunctionView, row: number, { v }: Leaf): boolean {
  if (!holdsAgainst(fn, v, "HEAD")) return false;
  const { blocks } = graphOf(fn);
  const tests = blocks.flatMap(({ terminator: one }) => (one !== NONE && fn.op(one) === Op.Branch ? [fn.a(one)] : []));
  return tests.some(
    (test) => test <= fn.a(row) && leavesOfTest(fn, test).some((one) => holdsAgainst(fn, one.v, "GET")),
  );
}

function holdsAgainst(fn: FunctionView, v: number, word: string): boolean {
  const value = behind(fn, v);
  if (fn.op(value) !== Op.Binary) return false;
  return [fn.b(value), fn.c(value)].some((side) => fn.op(side) === Op.String && fn.text(fn.a(side)) === word);
}

/** A stage may open by being reached or by not being reached; only the shape of the function tells. */
function orientations(predicate: Predicate): readonly Predicate[] {
  return predicate.kind === "environment" && predicate.stage
    ? [predicate, { ...predicate, when: !predicate.when }]
    : [predicate];
}

function judgeBranch(
  fn: FunctionView,
  row: number,
  leaf: Leaf,
  predicate: Predicate,
  queries: LinkQueries,
): Bypass | null {
  const whenTrue = sideFrom(fn, fn.b(row), queries);
  const whenFalse = sideFrom(fn, fn.c(row), queries);
  const favoured = leaf.sense === predicate.when;
  const open = favoured ? whenTrue : whenFalse;
  const closed = favoured ? whenFalse : whenTrue;
  if (open.passes.length === 0 || asksMoreIn(predicate) || onlySendsAway(fn, open, closed, predicate)) return null;
  if (predicate.kind === "environment" && onlyAcknowledges(fn, open, closed)) return null;
  if (predicate.kind === "header" && answersNothing(fn, open, closed)) return null;
  const extra = onlyIn(closed, open);
  if (closed.passes.length > 0 || closed.handsOn) {
    const skipped = extra.filter((refusal) => counts(refusal, predicate, fn) && !rulesOfSettings(fn, refusal, queries));
    if (!isSkip(fn, open, closed, skipped) || answersWithIt(fn, open, closed, leaf)) return null;
    return make(
      fn,
      row,
      withinTenant(fn, fn.a(row), predicate, queries),
      kindOf(predicate, "early-allow"),
      skipsOf(fn, skipped, predicate),
      {
        audited: leavesRecord(fn, open, closed),
        confidence: certaintyOf(predicate),
      },
    );
  }
  // the other side always refuses: a privilege that is demanded, unless it stands beside another check
  const refused = closed.refusals.filter((refusal) => counts(refusal, predicate, fn));
  if (refused.length === 0 || (predicate.kind === "environment" && refusesASetting(fn, fn.a(row), queries)))
    return null;
  return (
    besideCheck(fn, fn.a(row), leaf, predicate, { deny: !favoured, refused }, queries) ??
    demandedLiteral(fn, row, predicate, refused) ??
    switchedOpen(fn, row, predicate, { open, refused }, queries)
  );
}

const SETTINGS = /settings?$|config(?:uration)?$|preferences?$|feature_?flags?$|limits?$|quota$/i;

/**
 * `if (settings.closed) throw …`: what is switched off for everybody but administrators, who may switch it on again.
 * `if (env.SKIP_AUTH) return next(); return refuse()`: the others pass by a switch alone, so the privilege is demanded.
 */
function rulesOfSettings(fn: FunctionView, refusal: Refusal, queries: LinkQueries): boolean {
  const { blocks, blockOf } = graphOf(fn);
  const at = blockOf[refusal.row];
  const tests = blocks.flatMap(({ terminator: row }) =>
    row !== NONE && fn.op(row) === Op.Branch && (fn.b(row) === at || fn.c(row) === at) ? [fn.a(row)] : [],
  );
  return (
    tests.length > 0 &&
    tests.every((test) =>
      leavesOfTest(fn, test).every(({ v }) => isOfSettings(fn, v, queries) || settingOf(fn, v, queries) !== null),
    )
  );
}

/** `config.env === "production" && config.secret === DEFAULT`: with such settings nothing starts, whoever asks. */
function refusesASetting(fn: FunctionView, test: number, queries: LinkQueries): boolean {
  const leaves = leavesOfTest(fn, test);
  const isSwitch = ({ v }: Leaf): boolean => settingOf(fn, v, queries) !== null || isStage(fn, v, queries);
  return leaves.every(({ v }) => isOfSettings(fn, v, queries)) && !leaves.every(isSwitch);
}

function isStage(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  return fn.op(v) === Op.Binary && [fn.b(v), fn.c(v)].some((side) => settingOf(fn, side, queries) !== null);
}

/** `settings.closed`, and `config.secret === DEFAULT_SECRET` of a service that refuses to start; not what a caller sent. */
function isOfSettings(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  const named = (side: number): boolean =>
    namesOf(fn, side).some((name, i, all) => i < all.length - 1 && SETTINGS.test(name));
  if (fn.op(v) !== Op.Binary) return named(v);
  const sides = [fn.b(v), fn.c(v)];
  return sides.some(named) && sides.every((side) => named(side) || isWritten(fn, side, queries));
}

/** A value of the code itself, also as what a parameter is when nothing else is given. */
function isWritten(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  const stored = behind(fn, v);
  const written = fn.op(stored) === Op.Default ? fn.b(stored) : stored;
  const origins = queries.evaluate({ fn, v: written, frame: null });
  return origins.length > 0 && origins.every((origin) => origin.kind === "constant");
}

/** A check that is made in a stage for development alone asks for more there, and opens nothing elsewhere. */
function asksMoreIn({ inDevelopment, when }: Predicate): boolean {
  return inDevelopment !== undefined && inDevelopment !== when;
}

/** What a switch does instead of the check is to send the caller elsewhere. */
function onlySendsAway(fn: FunctionView, open: Side, closed: Side, { kind }: Predicate): boolean {
  const own = kind === "environment" ? ownPasses(open, closed) : [];
  return (
    own.length > 0 &&
    own.every((row) => {
      const value = fn.op(row) === Op.Return && fn.a(row) !== NONE ? behind(fn, fn.a(row)) : NONE;
      return (
        value !== NONE && fn.op(value) === Op.Call && /^redirect/i.test(namesOf(fn, fn.callee(value)).at(-1) ?? "")
      );
    })
  );
}

const ACKNOWLEDGES = /^(?:success|ok|message|status|received|skipped|ignored)$/i;

/** `if (isProd() && receipt.sandbox) return { success: true };`: instead of the check nothing is done at all. */
function onlyAcknowledges(fn: FunctionView, open: Side, closed: Side): boolean {
  const own = ownPasses(open, closed);
  return (
    own.length > 0 &&
    own.every((row) => {
      const value = fn.op(row) === Op.Return && fn.a(row) !== NONE ? behind(fn, fn.a(row)) : NONE;
      if (value === NONE || fn.op(value) !== Op.Object) return false;
      const names = [...fn.props(value)].map((prop) => prop.name);
      return names.length > 0 && names.every((name) => ACKNOWLEDGES.test(name));
    })
  );
}

/** `if (req.method === "HEAD") return res.status(200).end();`: who asks so is given nothing, and nothing is done for them. */
function answersNothing(fn: FunctionView, open: Side, closed: Side): boolean {
  const { blockOf } = graphOf(fn);
  const own = ownPasses(open, closed);
  return (
    own.length > 0 &&
    own.every((row) => {
      const calls = [...fn.calls].filter((call) => blockOf[call] === blockOf[row]);
      return calls.length > 0 && calls.every((call) => isEmptyAnswer(fn, call));
    })
  );
}

function isEmptyAnswer(fn: FunctionView, call: number): boolean {
  const name = fn.memberName(fn.callee(call));
  if (/^(?:status|sendStatus|writeHead)$/.test(name))
    return [...fn.args(call)].every((arg) => fn.op(arg) === Op.Number);
  return name === "end" && [...fn.args(call)].length === 0;
}

/** `if (admin) return next(); if (env.SKIP_CHECK) return next(); return refuse();`: who fails the check passes by a switch. */
function switchedOpen(
  fn: FunctionView,
  row: number,
  predicate: Predicate,
  { open, refused }: { readonly open: Side; readonly refused: readonly Refusal[] },
  queries: LinkQueries,
): Bypass | null {
  if (predicate.kind !== "environment" || !refused.some(({ flavour }) => flavour === "auth")) return null;
  const own = new Set(open.passes);
  const otherWays = sideFrom(fn, graphOf(fn).entry, queries).passes.filter((pass) => !own.has(pass));
  if (otherWays.length === 0) return null;
  return make(fn, row, predicate, kindOf(predicate, "early-allow"), skipsOf(fn, refused, predicate), {
    audited: false,
    confidence: certaintyOf(predicate),
  });
}

/** Only one person, or only who sends a text that stands in the code, gets through. */
function demandedLiteral(
  fn: FunctionView,
  row: number,
  predicate: Predicate,
  refused: readonly Refusal[],
): Bypass | null {
  const { literal } = predicate;
  if (literal === undefined || !refused.some((refusal) => refusal.flavour === "auth")) return null;
  const skips: Bypass["skips"] = literal === "credential" ? ["authentication"] : ["decision"];
  const confidence = literal === "credential" ? "proven" : literal === "person" ? "inferred" : "named";
  return make(fn, row, predicate, kindOf(predicate, "early-allow"), skips, { audited: false, confidence });
}

/** `user.orgId === row.orgId && user.isAdmin`, `role !== "owner" && role !== "admin"`: within the tenant only. */
function withinTenant(fn: FunctionView, test: number, predicate: Predicate, queries: LinkQueries): Predicate {
  const compared = leavesOfTest(fn, test).some((leaf) => {
    const v = behind(fn, leaf.v);
    // roles of one kind: where one of them is a tenant's, so are the others
    if (predicateOf(fn, leaf.v, queries)?.scope === "tenant") return true;
    if (fn.op(v) !== Op.Binary || !/^[!=]==?$/.test(fn.text(fn.a(v)))) return false;
    return [fn.b(v), fn.c(v)].every((side) => TENANT_NAME.test(namesOf(fn, side).at(-1) ?? ""));
  });
  return compared && predicate.kind === "superuser" ? { ...predicate, scope: "tenant" } : predicate;
}

/** The favoured side goes on, the other meets a check that both outcomes of are possible. */
function isSkip(fn: FunctionView, open: Side, closed: Side, skipped: readonly Refusal[]): boolean {
  if (skipped.length > 0) return !returnsData(fn, open, closed) || skipped.some((r) => r.flavour === "auth");
  // `return true` against `return count > 0`
  return allAre(fn, open, closed, Op.True) && !allAre(fn, closed, open, Op.True) && answersNo(fn, closed);
}

/** `if (serviceAccount) return serviceAccount`: that somebody was found is the answer, and no check was skipped. */
function answersWithIt(fn: FunctionView, open: Side, closed: Side, { v }: Leaf): boolean {
  const own = ownPasses(open, closed);
  const asked = textOf(fn, v);
  return own.length > 0 && own.every((row) => fn.op(row) === Op.Return && textOf(fn, fn.a(row)) === asked);
}

function ownPasses(side: Side, other: Side): readonly number[] {
  const shared = new Set(other.passes);
  return side.passes.filter((row) => !shared.has(row));
}

function allAre(fn: FunctionView, side: Side, other: Side, op: number): boolean {
  const own = ownPasses(side, other);
  return (
    own.length > 0 &&
    own.every((row) => fn.op(row) === Op.Return && fn.a(row) !== NONE && fn.op(behind(fn, fn.a(row))) === op)
  );
}

/** Some return of the side is computed, in a function that decides by its name or its type. */
function answersNo(fn: FunctionView, side: Side): boolean {
  const computed = side.passes.some((row) => {
    if (fn.op(row) !== Op.Return || fn.a(row) === NONE) return false;
    const op = fn.op(behind(fn, fn.a(row)));
    return op === Op.Call || op === Op.Binary || op === Op.Logic || op === Op.Unary || op === Op.False;
  });
  return (computed || side.refusals.length > 0) && DECIDES.test(fn.info.name);
}

/** The favoured side answers with something of its own instead of going on. */
function returnsData(fn: FunctionView, open: Side, closed: Side): boolean {
  const returned = (row: number): string => (fn.op(row) === Op.Return ? textOf(fn, fn.a(row)) : "");
  const usual = new Set(closed.passes.map(returned));
  return ownPasses(open, closed).some((row) => {
    if (fn.op(row) !== Op.Return || fn.a(row) === NONE) return false;
    const value = behind(fn, fn.a(row));
    const op = fn.op(value);
    if (op === Op.True || op === Op.Undefined || usual.has(returned(row))) return false;
    return !(
      op === Op.Call && /^(?:next|done|resolve|handler|fn|callback)$/.test(namesOf(fn, fn.callee(value)).at(-1) ?? "")
    );
  });
}

/** Which refusals speak of access: a header or a switch must skip a refusal of callers, not of input. */
function counts(refusal: Refusal, predicate: Predicate, fn: FunctionView): boolean {
  if (refusal.flavour === "auth") return true;
  if (refusal.flavour === "input") return false;
  // `false` of an unnamed callback hides an item, it turns nobody away
  if (refusal.flavour === "negative" && !DECIDES.test(fn.info.name)) return false;
  const symbol = symbolOf(fn);
  if (predicate.kind === "superuser" || predicate.kind === "identity") {
    return refusal.flavour !== "other" || DECIDES.test(symbol);
  }
  return refusal.flavour !== "missing" && GUARDS.test(symbol);
}
