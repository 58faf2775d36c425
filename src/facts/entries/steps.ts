/** What a step does for the handler behind it, read off what holds when it lets a request pass. */

import { isVerifyingCall } from "../../frameworks/knowledge/request.js";
import { knownStep, namedStep } from "../../frameworks/knowledge/steps.js";
import type { RawStep } from "../../frameworks/routing.js";
import type { Confidence, Evidence, Grant, Step } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { acceptsAlways } from "../../program/facts/always-accepts.js";
import { alternativesOf, commonFacts } from "../../program/facts/common-facts.js";
import { graphOf } from "../../program/facts/control-flow.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { calleeName } from "../../program/facts/refusals.js";
import { truthOf } from "../../program/facts/truth.js";
import { givenFrame } from "../../program/values/call-frames.js";
import { mayBeHandedIn } from "../../program/values/computed-origins.js";
import { type EntryContext, type Frame, type Origin, type Site, source } from "../../program/values/origin.js";
import { walk } from "../../program/walks/walk.js";
import { type Analysis, isContinuation, passesError } from "../analysis.js";
import { asksForMore, decisionsIn, privilegeOf } from "../decisions/decisions.js";
import { turnsAllAway } from "../guards/closed-paths.js";
import { asksForDemand, demands, refusesByMetadata } from "../guards/metadata-demands.js";
import { openPathTest, settingOf } from "../guards/settings.js";
import { asksWhatItWasTold, passesOnToTold, weighsWhatItWasTold } from "../guards/told-demands.js";
import { refusesByUnfollowedTest } from "../guards/unfollowed-refusals.js";
import { attachAsked } from "./asked-objects.js";
import {
  attachFromCall,
  attachFromNext,
  attachFromObject,
  attachFromResult,
  attachFromWrite,
  collectAttached,
  type StoredPath,
} from "./attached.js";
import { markChecked } from "./checked-inputs.js";
import { checkOfOtherModes } from "./configured-checks.js";
import { factsAtExits, factsOnAcceptance, factsOnFulfilment, waysBack } from "./exit-facts.js";
import { type Grade, grade } from "./grades.js";
import { isCalledOptional } from "./optional-authentication.js";
import { readsMethod, readsPath } from "./path-readers.js";

export interface JudgedStep {
  readonly step: Step;
  /** what holds for everything behind it */
  readonly facts: readonly Fact[];
  /** what it left on the request: path → origins */
  readonly attached: ReadonlyMap<string, readonly Origin[]>;
  /** where it lets requests pass, when it checks some of them only */
  readonly passes?: readonly Site[];
  /** it lets nobody by on the path of this entry, which is never reached */
  readonly closed?: true;
}

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

export function judgeStep(raw: RawStep, context: EntryContext, analysis: Analysis): JudgedStep {
  if (raw.anyOf !== undefined) return judgeAlternatives(raw, raw.anyOf, context, analysis);
  if (raw.declared !== undefined) return judgeDeclared(raw, raw.declared);
  if (raw.origin.kind === "function") return judgeFunction(raw, raw.origin, context, analysis);
  if (raw.origin.kind === "literal" && raw.continuation === "returns-context")
    return judgeObject(raw, raw.origin, analysis);
  const known =
    knownStep(raw.origin, analysis.queries) ??
    (raw.origin.kind === "package" ? namedPackage(raw) : namedStep(raw.name));
  const grants: Grant = known?.grants ?? (raw.origin.kind === "package" ? "neutral" : "unknown");
  const confidence: Confidence = known?.confidence ?? (grants === "unknown" ? "unknown" : "inferred");
  const step = stepOf(raw, grants, confidence, raw.condition, []);
  const optional = known !== null && "optional" in known && known.optional === true;
  return {
    step: optional ? { ...step, optional } : step,
    facts: assumed(raw, grants, known !== null && "ownSecret" in known && known.ownSecret === true),
    attached: keptBy(known),
  };
}

/** What a schema demands of the caller is believed by its names: which kinds are let in, and no permission of its own. */
function judgeDeclared(raw: RawStep, { grants, ownSecret }: NonNullable<RawStep["declared"]>): JudgedStep {
  const step = stepOf(raw, grants, grants === "unknown" ? "unknown" : "named", raw.condition, []);
  return { step, facts: assumed(raw, grants, ownSecret), attached: new Map() };
}

/** `expressjwt({ requestProperty: "caller" })` leaves the caller there. */
function keptBy(known: object | null): JudgedStep["attached"] {
  const place = known !== null && "keptAt" in known && typeof known.keptAt === "string" ? known.keptAt : "";
  return place === "" ? new Map() : new Map([[place, [source("identity", "claims")]]]);
}

/** A context that is an object as it stands: what it holds is there for those behind it, and nobody was turned away. */
function judgeObject(raw: RawStep, origin: Origin, analysis: Analysis): JudgedStep {
  const attached = new Map<string, readonly Origin[]>();
  attachFromObject(origin, analysis, attached);
  const { grants, confidence } = grade([], attached, analysis);
  return { step: stepOf(raw, grants, confidence, raw.condition, []), facts: [], attached };
}

/** Behind alternatives holds what each of them ensures. */
function judgeAlternatives(
  raw: RawStep,
  anyOf: readonly (readonly RawStep[])[],
  context: EntryContext,
  analysis: Analysis,
): JudgedStep {
  const ways = anyOf.map((steps) => steps.map((step) => judgeStep(step, context, analysis)));
  const facts = commonFacts(
    ways.map((steps) => steps.filter(({ step }) => step.condition === "").flatMap((one) => one.facts)),
    (found) => analysis.guarantees.checks.level(found, analysis.queries),
  );
  const attached = new Map(ways.flat().flatMap((one) => [...one.attached]));
  const common = grade(facts, attached, analysis);
  // different decisions have no fact in common, yet each way is one
  const decided = common.grants === "authentication" && ways.every((steps) => steps.some(decides));
  const graded: Grade = decided ? { ...common, grants: "decision" } : common;
  const unread = graded.grants === "neutral" && ways.some((steps) => steps.some((s) => s.step.grants === "unknown"));
  const [first] = ways.flat();
  const made = unread
    ? stepOf(raw, "unknown", "unknown", raw.condition, [])
    : stepOf(raw, graded.grants, graded.confidence, raw.condition, evidence(facts, analysis));
  return { step: { ...made, definedAt: first?.step.definedAt ?? null }, facts, attached };
}

function decides({ step }: JudgedStep): boolean {
  return step.grants === "decision" && step.condition === "";
}

/** A package nobody described: its name counts only if it speaks of nothing but callers. */
function namedPackage(raw: RawStep): { grants: Grant; confidence: Confidence } | null {
  if (raw.origin.kind !== "package" || !/auth|session|jwt|passport|oidc|oauth|clerk|guard/i.test(raw.origin.module))
    return null;
  return namedStep(raw.name);
}

/** What is taken for certain behind a step whose body cannot be read. */
function assumed(raw: RawStep, grants: Grant, ownSecret: boolean): readonly Fact[] {
  if (grants !== "authentication" && grants !== "decision" && grants !== "signature") return [];
  const via = [{ name: raw.name, place: raw.place, definedAt: null }];
  const level = grants === "signature" ? "signature" : ownSecret ? "secret" : "identity";
  return [{ kind: "authenticated", level, via }];
}

function isIdle({ grants }: Grade): boolean {
  return grants === "neutral" || grants === "attach";
}

function judgeFunction(raw: RawStep, origin: FunctionOrigin, context: EntryContext, analysis: Analysis): JudgedStep {
  const stored: StoredPath[] = [];
  const frame = givenFrame(origin, raw.given(context));
  const judged = judgeFollowed(raw, { origin, frame, stored }, context, analysis);
  if (judged.step.grants !== "decision" || stored.length === 0 || !demands(context, analysis.queries)) return judged;
  const attached = new Map(judged.attached);
  attachAsked(stored, { name: raw.name, origin, frame, facts: judged.facts }, analysis, attached);
  return { ...judged, attached };
}

interface FollowedStep {
  readonly origin: FunctionOrigin;
  readonly frame: Frame;
  /** receives what it puts on the request */
  readonly stored: StoredPath[];
}

function judgeFollowed(
  raw: RawStep,
  { origin, frame, stored }: FollowedStep,
  context: EntryContext,
  analysis: Analysis,
): JudgedStep {
  const attached = new Map<string, readonly Origin[]>();
  const ways: (readonly Fact[])[] = [];
  const passes: Site[] = [];
  const found = factsBehind(raw, origin, frame, context, analysis, attached, ways, passes, stored);
  const facts = withoutIdleChecks(found, context, analysis);
  const known = grade(facts, attached, analysis);
  const passedOn = isIdle(known) ? passesOnToTold(origin, frame, analysis.queries) : null;
  const told =
    known.grants === "authentication"
      ? asksWhatItWasTold(origin, analysis.queries)
      : isIdle(known) && (weighsWhatItWasTold(origin, analysis.queries) || passedOn === "always");
  const graded: Grade = told ? { grants: "decision", confidence: "named" } : known;
  if (isIdle(graded) && passes.length === 0 && letsOnByCalling(raw) && turnsAllAway(origin, frame, analysis))
    return { step: stepOf(raw, "decision", "proven", raw.condition, [], origin), facts, attached, closed: true };
  if (!isIdle(graded)) return guardingStep(raw, origin, graded, { facts, attached, ways, passes, told }, analysis);
  if (raw.continuation === "returns-true" && asksForDemand(facts, context, analysis.queries))
    return {
      step: { ...stepOf(raw, "decision", "named", raw.condition, [], origin), privilege: "named" },
      facts: [...facts, demandMet(raw)],
      attached,
    };
  const conditional =
    onlyUnderConfiguration(raw, origin, frame, context, analysis) ?? checkOfOtherModes(facts, analysis);
  if (conditional !== null) {
    const step = stepOf(raw, conditional.grants, conditional.confidence, conditional.condition, [], origin);
    return { step, facts: conditional.facts, attached };
  }
  const sometimes =
    passedOn === "sometimes" ||
    ways.some((way) => decidesOnSome(way, analysis)) ||
    waysBack(raw, origin, frame, analysis).some((way) => decidesOnSome(way, analysis)) ||
    asksOnSomeWay(raw, origin, context, analysis);
  const step = idleStep(raw, origin, graded, { frame, passes }, analysis);
  return sometimes ? { step: { ...step, decidesSometimes: true }, facts, attached, passes } : { step, facts, attached };
}

function letsOnByCalling({ continuation }: RawStep): boolean {
  return continuation === "calls-next" || continuation === "calls-next-unanswered";
}

interface Guarding {
  readonly facts: readonly Fact[];
  readonly attached: JudgedStep["attached"];
  readonly ways: readonly (readonly Fact[])[];
  readonly passes: readonly Site[];
  /** it was told what to demand, and asks for that */
  readonly told: boolean;
}

function guardingStep(
  raw: RawStep,
  origin: FunctionOrigin,
  graded: Grade,
  { facts, attached, ways, passes, told }: Guarding,
  analysis: Analysis,
): JudgedStep {
  const step = stepOf(raw, graded.grants, graded.confidence, raw.condition, evidence(facts, analysis), origin);
  // a key or an administrator may go by, and the others are asked what they may do
  const sometimes = graded.grants === "authentication" && asksSometimes(ways, analysis);
  const decisions = graded.grants === "decision" ? decisionsIn(facts, analysis.data, analysis.queries) : [];
  const own = graded.grants === "decision" && !told && !decisions.some(asksForMore);
  const marks = {
    ...(sometimes ? { decidesSometimes: true } : {}),
    ...(own ? { ownershipOnly: true } : {}),
    ...(told ? { privilege: "named" as const } : privilegeOf(decisions)),
  };
  const held = told ? [...facts, demandMet(raw)] : facts;
  return { step: { ...step, ...marks }, facts: held, attached, ...(sometimes ? { passes } : {}) };
}

/** A step of which nothing was seen that guards: it lets everybody by, or whom it turns away could not be followed. */
function idleStep(
  raw: RawStep,
  origin: FunctionOrigin,
  { grants, confidence }: Grade,
  { frame, passes }: { readonly frame: Frame; readonly passes: readonly Site[] },
  analysis: Analysis,
): Step {
  if (grants === "neutral" && refusesByUnfollowedTest(origin, frame, passes, analysis))
    return stepOf(raw, "unknown", "unknown", raw.condition, [], origin);
  const base = stepOf(raw, grants, confidence, raw.condition, [], origin);
  return grants === "attach" && isCalledOptional(origin.frame, analysis.queries) ? { ...base, optional: true } : base;
}

/** A guard that reads what the decorator demands and turns callers away for it, old keys or administrators aside. */
function asksOnSomeWay(
  { continuation }: RawStep,
  { fn }: FunctionOrigin,
  context: EntryContext,
  { queries }: Analysis,
): boolean {
  if (continuation !== "returns-true" || !demands(context, queries)) return false;
  return refusesByMetadata(fn);
}

/** `if (!row.public && !isMember(user, row)) throw …`: one of the alternatives decides. */
function decidesOnSome(facts: readonly Fact[], { data, queries }: Analysis): boolean {
  if (decisionsIn(facts, data, queries).length > 0) return true;
  return facts.some(
    (fact) => fact.kind === "either" && fact.paths.some((path) => decisionsIn(path, data, queries).length > 0),
  );
}

function asksSometimes(ways: readonly (readonly Fact[])[], { data, queries }: Analysis): boolean {
  return ways.some((way) => decisionsIn(way, data, queries).some((decision) => decision.privilege));
}

/** Facts without those of checks that read what decorators demand and find that they demand nothing of this entry. */
function withoutIdleChecks(facts: readonly Fact[], context: EntryContext, { queries }: Analysis): readonly Fact[] {
  const idle = new Set(
    facts.flatMap((fact) => {
      if (fact.kind !== "passed" || fact.check === undefined || !speaksOf(context, fact.args)) return [];
      return acceptsAlways(fact.check, fact.args, queries) ? fact.via.map((via) => via.name) : [];
    }),
  );
  return idle.size === 0 ? facts : facts.filter((fact) => !fact.via.some((via) => idle.has(via.name)));
}

/** The check is handed the framework's own view of the entry, through which it reads metadata. */
function speaksOf(context: EntryContext, args: readonly (readonly Origin[])[]): boolean {
  return args.some((arg) => arg.some((o) => o.kind === "source" && o.source === "context" && o.context === context));
}

/**
 * @param ways receives what holds on each way to the continuation
 * @param goesOn receives where it goes on
 * @param stored receives what it puts on the request
 */
function factsBehind(
  raw: RawStep,
  origin: FunctionOrigin,
  frame: Frame,
  context: EntryContext,
  analysis: Analysis,
  attached: Map<string, readonly Origin[]>,
  ways: (readonly Fact[])[] = [],
  goesOn: Site[] = [],
  stored: StoredPath[] = [],
): readonly Fact[] {
  const { guarantees } = analysis;
  if (raw.continuation === "reaches") {
    collectAttached(origin, frame, analysis, attached);
    return (raw.reaches?.(context) ?? []).flatMap((site) => [...guarantees.factsAt(site)]);
  }
  if (raw.continuation === "returns-true") {
    stored.push(...collectAttached(origin, frame, analysis, attached));
    const ensured = guarantees.ensures(origin.fn, { kind: "truthy" }, frame);
    return uniqueFacts([...ensured, ...factsOnAcceptance(origin, frame, analysis)]);
  }
  if (raw.continuation.startsWith("returns-true:")) {
    const name = raw.continuation.slice("returns-true:".length);
    return guarantees.ensures(origin.fn, { kind: "member", name, truthy: true }, frame);
  }
  if (raw.continuation === "returns-unanswered") {
    collectAttached(origin, frame, analysis, attached);
    const unanswered = guarantees.ensures(origin.fn, { kind: "unanswered" }, frame);
    const differs = readsPath(raw, analysis) || readsMethod(origin.fn);
    return differs ? uniqueFacts([...unanswered, ...factsAtExits(origin, frame, analysis)]) : unanswered;
  }
  if (raw.continuation === "returns" || raw.continuation === "returns-context") {
    collectAttached(origin, frame, analysis, attached);
    if (raw.continuation === "returns-context")
      attachFromResult(origin, frame, analysis, attached, raw.knownOnly === true);
    const accepted = guarantees.ensures(origin.fn, { kind: "accepted" }, frame);
    const here = !readsPath(raw, analysis) ? [] : factsAtExits(origin, frame, analysis);
    return uniqueFacts([...accepted, ...factsOnFulfilment(origin, frame, analysis), ...here]);
  }
  const paths: (readonly Fact[])[] = [];
  walk(origin, frame, guarantees, [], {
    interesting: (_fn, _site, inner) => analysis.requestCarriers.holds(inner),
    refusalsEnd: raw.continuation === "calls-next-unanswered",
    visit: (visit) => {
      if (visit.callees.some(isContinuation)) {
        if (!passesError(visit.site, visit.callees, analysis.queries)) {
          paths.push(...visit.ways());
          goesOn.push(visit.site);
          attachFromNext(visit.site, analysis, attached);
        }
        return true;
      }
      const handed = handedOn(visit.site, visit.callees, analysis);
      if (handed !== null) paths.push(...visit.ways().map((way) => [...way, ...handed]));
      attachFromCall(visit.site, analysis, attached);
      return handed !== null;
    },
    write: (site, facts) => stored.push(...attachFromWrite(site, analysis, attached, facts)),
  });
  markChecked(raw.name, stored, goesOn, analysis, attached);
  ways.push(...paths);
  return withAlternatives(paths, analysis);
}

/** A member goes on here, an administrator there: each way says of the request what it says. */
function withAlternatives(paths: readonly (readonly Fact[])[], { guarantees }: Analysis): readonly Fact[] {
  const level = (facts: readonly Fact[]) => guarantees.checks.level(facts, guarantees.queries);
  const common = commonFacts(paths, level);
  const known = paths.length > 1 && paths.every((path) => level(path)?.level === "identity");
  if (!known || common.some((fact) => fact.kind === "either")) return common;
  const told = alternativesOf(paths);
  return told === null ? common : [...common, told];
}

/** `passport.authenticate("jwt")(req, res, next)`: the continuation is given to a package, which decides. */
function handedOn(site: Site, callees: readonly Origin[], analysis: Analysis): readonly Fact[] | null {
  const { fn, v, frame } = site;
  // `.catch(next)` hands on failures only
  if (fn.op(v) === Op.Tagged || calleeName(fn, fn.callee(v)) === "catch") return null;
  const { queries } = analysis;
  const handsNext = Array.from(fn.args(v)).some(
    (arg) =>
      queries.evaluate({ fn, v: arg, frame: null }).some(mayBeHandedIn) &&
      queries.evaluate({ fn, v: arg, frame }).some(isContinuation),
  );
  if (!handsNext || callees.some((o) => o.kind === "function" || answersItself(o))) return null;
  const known = callees.map((o) => (isVerifyingCall(o) ? null : knownStep(o, analysis.queries)));
  const grants = callees.map((o, i) => (isVerifyingCall(o) ? "authentication" : (known[i]?.grants ?? "neutral")));
  const via = [{ name: calleeName(fn, fn.callee(v)), place: fn.place(v), definedAt: null }];
  return grants.every((g) => g === "authentication" || g === "decision")
    ? [{ kind: "authenticated", level: known.every((step) => step?.ownSecret === true) ? "secret" : "identity", via }]
    : [];
}

/** `authenticate("jwt", (error, user) => …)`: the callback goes on or not, and passport does neither. */
function answersItself(callee: Origin): boolean {
  if (callee.kind !== "package" || callee.site === null || !/passport$/.test(callee.module)) return false;
  const { fn, v } = callee.site;
  return Array.from(fn.args(v)).some((arg) => fn.op(arg) === Op.Closure);
}

/** What the caller showed to a guard whose test is known by its name. */
function demandMet(raw: RawStep): Fact {
  const via = [{ name: raw.name, place: raw.place, definedAt: null }];
  return { kind: "passed", name: raw.name, args: [], level: "decision", named: true, via };
}

/** A guard that only works while some configuration value says so. */
function onlyUnderConfiguration(
  raw: RawStep,
  origin: FunctionOrigin,
  frame: Frame,
  context: EntryContext,
  analysis: Analysis,
): (Grade & { readonly condition: string; readonly facts: readonly Fact[] }) | null {
  const { fn } = origin;
  for (const block of graphOf(fn).blocks) {
    const row = block.terminator;
    if (row === NONE || fn.op(row) !== Op.Branch) continue;
    // a way that this entry takes or does not take whatever the setting
    if (truthOf(fn, fn.a(row), frame, analysis.queries) !== undefined) continue;
    const test: Site = { fn, v: fn.a(row), frame };
    const setting = settingOf(test, analysis) ?? openPathTest(test, context, analysis);
    if (setting === null) continue;
    for (const side of [0, 1] as const) {
      const facts = analysis.guarantees.assuming(fn, row, side, () =>
        factsBehind(raw, origin, frame, context, analysis, new Map()),
      );
      const graded = grade(facts, new Map(), analysis);
      if (graded.grants === "authentication" || graded.grants === "decision")
        return { grants: graded.grants, confidence: "inferred", condition: setting, facts };
      if (raw.continuation === "returns-true" && asksForDemand(facts, context, analysis.queries))
        return { grants: "decision", confidence: "named", condition: setting, facts: [...facts, demandMet(raw)] };
    }
  }
  return null;
}

function evidence(facts: readonly Fact[], analysis: Analysis): readonly Evidence[] {
  const level = analysis.guarantees.checks.level(facts, analysis.queries);
  if (level === null) return [];
  return level.fact.via.slice(0, 4).map((via) => ({ place: via.place, note: `'${via.name}' is tested here` }));
}

function stepOf(
  raw: RawStep,
  grants: Grant,
  confidence: Confidence,
  condition: string,
  found: readonly Evidence[],
  origin: FunctionOrigin | null = null,
): Step {
  return {
    name: raw.name,
    kind: raw.kind,
    place: raw.place,
    definedAt: origin === null ? null : origin.fn.ownPlace,
    grants,
    confidence,
    condition,
    evidence: found,
  };
}
