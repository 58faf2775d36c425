/** From what adapters hand over to entry points with their protection and the data they reach. */
import { pathParameters } from "../../base/route-path.js";
import type { DataCall } from "../../frameworks/data/data-call.js";
import { samplePath } from "../../frameworks/file-routes/paths.js";
import { calledSurface, mountedSurface } from "../../frameworks/knowledge/surfaces.js";
import type { RawEntry } from "../../frameworks/routing.js";
import type {
  EntryPoint,
  ExternalChange,
  ExternalUse,
  MessageKey,
  NearMiss,
  Protection,
  PublicIntent,
  Step,
  Surface,
} from "../../model/facts.js";
import { NONE } from "../../model/lowered.js";
import { graphOf } from "../../program/facts/control-flow.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { givenFrame } from "../../program/values/call-frames.js";
import type { EntryContext, Frame, Origin, Site } from "../../program/values/origin.js";
import type { Visit } from "../../program/walks/walk.js";
import type { Analysis } from "../analysis.js";
import { decisionsIn, privilegeOf } from "../decisions/decisions.js";
import { refusesByUnfollowedTest } from "../guards/unfollowed-refusals.js";
import { answersAlike } from "./alike-answers.js";
import { preflightIntent } from "./answered-headers.js";
import { configuredCheck } from "./configured-checks.js";
import { externalEffect } from "./effects.js";
import { stepsOf } from "./entry-steps.js";
import { externalChange } from "./external-changes.js";
import { asksAsCaller, externalUse } from "./external-uses.js";
import { grade } from "./grades.js";
import { beyondGuards, isKnown } from "./guard-lookups.js";
import { asksForCaller, guestIntent, opensGuestSession, strangersIntent } from "./guests.js";
import { handsOn } from "./handed-on.js";
import { handedOver } from "./handed-over.js";
import { walkHandler, workOf } from "./handler-walk.js";
import { builderIntent, intentOf } from "./intent.js";
import { passwordIntent } from "./kept-passwords.js";
import { loadedBefore } from "./loaded-before.js";
import { messageKeys } from "./message-keys.js";
import { placeOfMethod } from "./method-work.js";
import { paysForCaller } from "./own-payments.js";
import { guards, protectionOf } from "./protection.js";
import { toldOf } from "./raw-fields.js";
import { roomEffect } from "./rooms.js";
import { senderOf } from "./senders.js";
import { onlySendsAway } from "./sends-away.js";
import { setUpIntent, setUpQuestion } from "./set-up-gates.js";
import { issuesToken, signUpIntent } from "./sign-up.js";
import { judgeStep } from "./steps.js";
import { toldOpen } from "./told-open.js";
import { unreadStep } from "./unread-step.js";

/** A data call as one entry reaches it. */
export interface ReachedCall {
  readonly call: DataCall;
  /** what holds before it */
  readonly facts: readonly Fact[];
}

export interface JudgedEntry {
  readonly raw: RawEntry;
  readonly entry: Omit<EntryPoint, "accesses" | "selfService">;
  readonly reached: readonly ReachedCall[];
  /** what holds behind the steps, before the handler begins */
  readonly before: readonly Fact[];
  /** what holds when the handler has answered without refusing */
  readonly after: readonly Fact[];
  /** the same, and what the one function ensures that wrappers were given to run */
  readonly ensured: readonly Fact[];
  /** a bound was hit while going through the handler */
  readonly cut: boolean;
  /** what the handler is given, when it is known */
  readonly frame: Frame | null;
  /** where steps before it that check some requests only let them pass */
  readonly passes: readonly Site[];
}

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

interface HandlerOutcome {
  readonly steps: readonly Step[];
  readonly after: readonly Fact[];
  readonly ensured: readonly Fact[];
  readonly reached: readonly ReachedCall[];
  readonly effects: readonly string[];
  readonly external: readonly ExternalUse[];
  readonly asksAsCaller: boolean;
  readonly changes: readonly ExternalChange[];
  readonly sent: readonly MessageKey[];
  readonly surface: Surface | null;
  readonly handsOn: boolean;
  readonly issuesToken: boolean;
  readonly guestSession: boolean;
  /** a guard is called, and told to let everybody on */
  readonly toldOpen: PublicIntent | null;
  readonly cut: boolean;
  readonly frame: Frame | null;
  readonly byName?: boolean;
}

export function judgeEntry(raw: RawEntry, analysis: Analysis): JudgedEntry {
  const { context, judged, facts } = stepsOf(raw, analysis);
  const steps: Step[] = judged.map((one) => one.step);
  const own = ownContext(raw, context);
  const isClosed = judged.some(({ closed, step }) => closed === true && step.condition === "");
  const found = judgeHandler(raw, own, uniqueFacts(facts), analysis);
  const outcome: HandlerOutcome = isClosed ? { ...found, reached: [], effects: [], external: [], changes: [] } : found;
  const all = [...steps, ...outcome.steps];
  const nearMisses = raw.nearMisses.map(
    (miss): NearMiss => ({ ...miss, step: judgeStep(miss.step, context, analysis).step }),
  );
  const sender = senderOf(raw.handler, analysis);
  const protection = protectionOf(all, raw, outcome, analysis);
  const decides = !protection.decision && decidesSomewhere(raw, outcome, analysis);
  const asks = asksForCaller(raw.handler, outcome.frame, analysis);
  const entry = {
    ...(sender === null ? {} : { sender }),
    ...(outcome.surface === null ? {} : { surface: outcome.surface }),
    ...toldOf(raw),
    place: placeOfMethod(raw, outcome.frame, analysis) ?? raw.place,
    steps: all,
    nearMisses: nearMisses.filter((miss) => guards(miss.step)),
    protection,
    ...(decides ? { decidesSometimes: true } : {}),
    intent:
      intentOf(raw) ??
      preflightIntent(raw, outcome) ??
      setUpIntent(raw, outcome.ensured, analysis) ??
      setUpQuestion(raw, outcome) ??
      signUpIntent(raw, outcome.issuesToken) ??
      passwordIntent(outcome.ensured, analysis) ??
      strangersIntent([...facts, ...outcome.ensured]) ??
      (isAuthenticated(protection) ? null : outcome.toldOpen) ??
      guestIntent(raw, outcome.guestSession, decides || asks, analysis) ??
      builderIntent(raw, all) ??
      awayIntent(raw, outcome, analysis),
    ...(asks ? { asksForCaller: true } : {}),
    effects: outcome.effects,
    ...(outcome.handsOn ? { handsOn: true } : {}),
    ...(outcome.external.length === 0 ? {} : { external: outcome.external }),
    ...(outcome.asksAsCaller ? { asksAsCaller: true } : {}),
    ...(isAlike(raw, outcome, analysis) ? { alikeForAll: true } : {}),
    ...(outcome.changes.length === 0 ? {} : { externalChanges: outcome.changes }),
    ...(outcome.sent.length === 0 ? {} : { messageKeys: outcome.sent }),
  };
  return {
    raw,
    entry,
    before: facts,
    reached: [...loadedBefore(judged, analysis), ...outcome.reached],
    after: outcome.after,
    ensured: outcome.ensured,
    cut: outcome.cut,
    frame: outcome.frame,
    passes: judged.flatMap((one) => one.passes ?? []),
  };
}

const MAX_BLOCKS = 60;
const MAX_ACTED = 20;
/** a handler that hands on to another one is as open as that */
const NEAR = 2;

function isAuthenticated({ authentication, decision, signature }: Protection): boolean {
  return decision || signature || (authentication !== "none" && authentication !== "attach");
}

/** `if (documentId) authorize(user, "read", document)`: a check that was passed on one of the ways through the handler. */
function decidesSomewhere({ handler }: RawEntry, { frame }: HandlerOutcome, analysis: Analysis): boolean {
  if (handler.kind !== "function" || frame === null || handler.fn.info.blockCount > MAX_BLOCKS) return false;
  const { fn } = handler;
  return graphOf(fn).blocks.some(({ terminator }) => {
    if (terminator === NONE || !analysis.guarantees.reachable({ fn, v: terminator, frame })) return false;
    const facts = analysis.guarantees.factsAt({ fn, v: terminator, frame });
    // a role that only changes what is done (`if (user.isAdmin) limit = 100`) decides nothing
    return decisionsIn(facts, analysis.data, analysis.queries).some(
      ({ fact, privilege }) => fact.kind === "passed" || (fact.kind === "present" && !privilege),
    );
  });
}

function touchesNothing({ cut, reached, effects, external }: HandlerOutcome): boolean {
  return !cut && reached.length === 0 && effects.length === 0 && external.length === 0;
}

function isAlike(raw: RawEntry, outcome: HandlerOutcome, { queries }: Analysis): boolean {
  const reads = raw.method === "GET" || raw.method === "QUERY";
  return reads && touchesNothing(outcome) && !outcome.handsOn && answersAlike(raw.handler, outcome.frame, queries);
}

/** A read that touches nothing and answers nothing of its own needs no caller. */
function awayIntent(raw: RawEntry, outcome: HandlerOutcome, analysis: Analysis): PublicIntent | null {
  if (raw.method !== "GET" || !touchesNothing(outcome)) return null;
  if (!onlySendsAway(raw.handler, outcome.frame, analysis)) return null;
  return { by: "convention", reason: "only sends callers elsewhere", place: null };
}

/** What a wrapper lets past for some paths alone is told by the path; handlers read their own like any other input. */
function ownContext(raw: RawEntry, context: EntryContext): EntryContext {
  const own: EntryContext = { ...context, parameters: pathParameters(raw.path) };
  return raw.wrapped === undefined || !raw.path.startsWith("/") ? own : { ...own, path: samplePath(raw.path) };
}

function judgeHandler(
  raw: RawEntry,
  context: EntryContext,
  inherited: readonly Fact[],
  analysis: Analysis,
): HandlerOutcome {
  const handler = raw.handlerUnder?.(context) ?? raw.handler;
  if (handler.kind !== "function")
    return {
      steps: [],
      after: inherited,
      ensured: inherited,
      reached: [],
      effects: raw.settled === true && raw.method !== "GET" ? ["changes stored documents"] : [],
      external: [],
      asksAsCaller: false,
      changes: [],
      sent: [],
      surface: mountedSurface(handler),
      handsOn: false,
      issuesToken: false,
      guestSession: false,
      toldOpen: null,
      cut: false,
      frame: null,
    };
  const frame = givenFrame(handler, raw.given(context));
  const named = raw.handedAs ? { ...raw.handedAs, request: raw.given(context)[0] ?? [] } : null;
  const reached: ReachedCall[] = [];
  const effects = new Set<string>();
  const external: ExternalUse[] = [];
  let asCaller = false;
  const changes: ExternalChange[] = [];
  const sent: MessageKey[] = [];
  const acted: Visit[] = [];
  let surface: Surface | null = null;
  let handed = false;
  let issues = false;
  let guests = false;
  let told: PublicIntent | null = null;
  let over: Step | null = null;
  const {
    cut,
    work,
    own: inside,
    byName,
  } = walkHandler(handler, frame, raw.wrapped ?? workOf(handler, analysis), named, inherited, analysis, (visit) => {
    const call = analysis.data.recognise(visit.site, visit.callees, analysis.queries);
    if (call !== null) {
      reached.push({ call, facts: visit.facts() });
      // a transaction's callback still has to be gone through
      return !visit.callees.some((o) => o.kind === "package" && o.path.endsWith("$transaction"));
    }
    surface ??= calledSurface(visit.callees);
    handed ||= handsOn(visit);
    issues ||= issuesToken(visit.callees, analysis.queries);
    guests ||= opensGuestSession(visit.callees);
    if (reached.length === 0 && effects.size === 0) over ??= handedOver(visit, analysis);
    if (visit.chain.length < NEAR) told ??= toldOpen(visit, analysis);
    const forOneself = paysForCaller(visit, analysis);
    const effect = forOneself ? null : (externalEffect(visit.callees) ?? roomEffect(visit, analysis));
    if (effect !== null) effects.add(effect);
    const use = externalUse(visit, analysis);
    if (use !== null) external.push(use);
    asCaller ||= forOneself || asksAsCaller(visit, analysis);
    const change = externalChange(visit, analysis);
    if (change !== null) changes.push(change);
    if (effect !== null || use !== null || change !== null) acted.push(visit);
    sent.push(...messageKeys(visit, analysis));
    return false;
  });
  const own = analysis.guarantees.ensures(handler.fn, { kind: "accepted" }, frame);
  // `try { requireUser(socket); await run(command); } catch (error) { reply({ ok: false }); }` answers everybody
  const touched =
    reached.length > 0
      ? beyondGuards(reached, analysis).map((one) => one.facts)
      : acted.slice(0, MAX_ACTED).map((visit) => visit.facts());
  const isWrapped = raw.wrapped !== undefined && raw.wrapped !== null;
  const views = [
    own,
    isWrapped ? weakest(without(work, inherited), analysis) : [],
    isWrapped ? inside : [],
    leastKnown(without(touched, inherited), analysis),
  ];
  const seen = inlineSteps(raw, handler, views, analysis);
  const unfollowed = over === null ? unfollowedSteps(raw, handler, frame, analysis) : [over];
  const steps = seen.length > 0 ? seen : unfollowed;
  return {
    steps,
    after: uniqueFacts([...own, ...inherited]),
    ensured: uniqueFacts([...own, ...inside, ...inherited]),
    reached,
    effects: [...effects].sort(),
    external,
    asksAsCaller: asCaller,
    changes,
    sent,
    surface,
    handsOn: handed,
    issuesToken: issues,
    guestSession: guests,
    toldOpen: told,
    cut,
    frame,
    byName,
  };
}

/** A wrapper that turns callers away by a test which was not followed. */
function unfollowedSteps(raw: RawEntry, handler: FunctionOrigin, frame: Frame, analysis: Analysis): readonly Step[] {
  if (handler.frame === null || !refusesByUnfollowedTest(handler, frame, [], analysis)) return [];
  const { info, parent, ownPlace } = handler.fn;
  const name = info.name || parent?.info.name || raw.handlerName;
  return [unreadStep({ name, kind: "wrapper", place: raw.place, definedAt: ownPlace })];
}

/** What is known beyond what the steps before the handler ensure. */
function without(paths: readonly (readonly Fact[])[], inherited: readonly Fact[]): readonly (readonly Fact[])[] {
  const before = new Set(inherited);
  return paths.map((facts) => facts.filter((fact) => !before.has(fact)));
}

/**
 * Checks inside the handler, or in what wraps it, as one step: what holds once it answered, wherever a wrapper calls
 * the function that does the work, or at all it touches.
 */
function inlineSteps(
  raw: RawEntry,
  handler: FunctionOrigin,
  views: readonly (readonly Fact[])[],
  analysis: Analysis,
): readonly Step[] {
  const seen = views
    .map((facts) => ({ facts, graded: grade(facts, new Map(), analysis) }))
    .filter(({ graded }) => graded.grants !== "neutral" && graded.grants !== "attach");
  // what a wrapper decides before it calls the work, it decides for all of the work
  const decided = seen.find(({ facts, graded }) => graded.grants === "decision" && facts !== views.at(-1));
  // that something was sent counts only where nobody looked at it later
  const best = decided ?? seen.find(({ graded }) => graded.grants !== "presence") ?? seen[0];
  const shown =
    best === undefined ? configuredCheck(views.flat(), analysis) : { ...best.graded, facts: best.facts, condition: "" };
  if (shown === null) return [];
  const { facts, grants, confidence, condition } = shown;
  const via = analysis.guarantees.checks.level(facts, analysis.queries)?.fact.via ?? [];
  const [outermost] = via;
  return [
    {
      name: outermost?.name || handler.fn.info.name || raw.handlerName,
      kind: handler.frame === null ? "inline" : "wrapper",
      place: outermost?.place ?? raw.place,
      definedAt: outermost?.definedAt ?? null,
      grants,
      confidence,
      condition,
      ...privilegeOf(decisionsIn(facts, analysis.data, analysis.queries)),
      evidence: via.slice(0, 5).map((v) => ({ place: v.place, note: `'${v.name}' is tested here` })),
    },
  ];
}

/** The facts of the path that is protected least; none when one is not protected at all. */
function weakest(paths: readonly (readonly Fact[])[], analysis: Analysis): readonly Fact[] {
  const undecided = paths.find((facts) => decisionsIn(facts, analysis.data, analysis.queries).length === 0);
  const found = leastKnown(paths, analysis);
  return found.length === 0 ? found : (undecided ?? found);
}

/** The same for what the handler itself touches: the row by which it decides is loaded before anything is decided. */
function leastKnown(paths: readonly (readonly Fact[])[], analysis: Analysis): readonly Fact[] {
  return paths.every((facts) => isKnown(facts, analysis)) ? (paths.at(-1) ?? []) : [];
}
