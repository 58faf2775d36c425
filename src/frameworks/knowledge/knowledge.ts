/** Joins what is known of requests, packages and data layers into the two interfaces the program asks. */
import { FnHint, NONE, Op } from "../../model/lowered.js";
import { isAwaited } from "../../program/facts/consumption.js";
import type { CheckKnowledge, PackageCheck } from "../../program/facts/fact-reader.js";
import type { Fact } from "../../program/facts/facts.js";
import { globResult } from "../../program/paths/path-tests.js";
import { givenFrame } from "../../program/values/call-frames.js";
import { leaves } from "../../program/values/computed-origins.js";
import {
  type Knowledge,
  type LinkQueries,
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type ParameterOrigin,
  type Site,
  type SourceOrigin,
  source,
} from "../../program/values/origin.js";
import { demandsRow } from "../data/data-call.js";
import type { DataRecogniser } from "../data/recogniser.js";
import { callerMethod, rowMethod } from "../data/row-methods.js";
import { answeredWho } from "./answered-sessions.js";
import { authLevel } from "./auth-level.js";
import { bundledMember } from "./bundled-functions.js";
import { callbackOf } from "./callbacks.js";
import { looksUp } from "./credential-search.js";
import { memberBehindSchema } from "./input-schemas.js";
import { functionRun, knownPackageCall, neverReturns, packageCheck } from "./packages.js";
import { matchedValue, matchResult } from "./pattern-matching.js";
import { memberOfAnswer } from "./plain-answers.js";
import { providedFor } from "./provided.js";
import { callRequest, requestCheck, requestMember } from "./request.js";
import { storedForRequest } from "./request-storage.js";
import { resultMember } from "./results.js";
import { outsideProduction } from "./stages.js";
import { knownStep } from "./steps.js";
import { engineCall, verdictOf } from "./verdicts.js";

/** What single frameworks add: objects of their own that guards read. */
export interface FrameworkKnowledge {
  member(origin: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined;
  parameterMember?(origin: ParameterOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined;
  packageMember?(origin: PackageOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined;
  callSource(origin: SourceOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined;
  call(callee: PackageOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined;
  handlersOf?(callee: PackageOrigin, site: Site, queries: LinkQueries): ReturnType<Knowledge["handlersOf"]>;
}

export function createKnowledge(data: DataRecogniser, frameworks: readonly FrameworkKnowledge[]): Knowledge {
  const first = <T>(ask: (framework: FrameworkKnowledge) => T | undefined): T | undefined => {
    for (const framework of frameworks) {
      const answer = ask(framework);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
  const byShape = (site: Site): readonly Origin[] | undefined =>
    data.isDataShape(site) ? [source("row", "", { site })] : undefined;
  return {
    call: (callee, site, queries) => {
      if (data.isDataCall(site, callee, queries)) return [source("row", "", { site })];
      return (
        first((f) => f.call(callee, site, queries)) ??
        matchResult(callee, site, queries) ??
        globResult(callee, site, queries) ??
        storedForRequest(callee, site, queries) ??
        resultOfTransaction(callee, site, data, queries) ??
        knownPackageCall(callee, site, queries)
      );
    },
    handlersOf: (callee, site, queries) => first((f) => f.handlersOf?.(callee, site, queries)),
    provided: providedFor,
    member: (origin, name, queries) =>
      memberBehindSchema(origin, name, queries) ??
      first((f) => f.member(origin, name, queries)) ??
      rowMethod(origin, name, queries) ??
      callerMethod(origin, name, queries) ??
      requestMember(origin, name),
    parameterMember: (origin, name, queries) => first((f) => f.parameterMember?.(origin, name, queries)),
    packageMember: (origin, name, queries) =>
      first((f) => f.packageMember?.(origin, name, queries)) ??
      resultMember(origin, name, queries) ??
      memberOfAnswer(origin, name) ??
      answeredWho(origin, name, queries) ??
      bundledMember(origin, name, queries),
    callSource: (origin, site, queries) =>
      (data.continuesRow(origin, site) ? [{ ...origin, path: "" }] : undefined) ??
      first((f) => f.callSource(origin, site, queries)) ??
      // `ctx.db.query.orders.findFirst(…)`: the client that the context carries
      (origin.source === "request" ? byShape(site) : undefined) ??
      callRequest(origin, site, queries),
    callByShape: byShape,
    callbackArguments: (callee, site, queries) => {
      const matched = matchedValue(callee, site, queries);
      return matched !== undefined
        ? matched
        : (data.callbackArguments(callee, site, queries) ?? callbackOf(callee, site));
    },
  };
}

const REQUIRE =
  /^(?:require|ensure|assert|authorize|authenticate|authorise|protect|enforce|must|guard|throw_?(?:if|unless)|check|verify|validate)/i;
const TEST = /^(?:is|has|can|may|check|verify|validate|allow|authorize|authenticate)/i;
const DECISION_WORD =
  /permission|role|access|admin|authori[sz]|allowed|owner|member|ability|polic|scope|privilege|can[A-Z_]/i;
const IDENTITY_WORD = /auth|session|user|login|logged|token|jwt|credential|api_?key|identity/i;
/** `request.query.token` of a signed address */
const SIGNED_INPUT = /(?:^|[._-])(?:\w*token|signature|sig|hmac)$/i;
const SIGNATURE_WORD = /signature|webhook|hmac|signed/i;

export function createChecks(data: DataRecogniser): CheckKnowledge {
  return {
    check: (callee, site, queries) =>
      demandingCall(callee, site, queries) ??
      askedAsCaller(callee, site, queries) ??
      demandedOfCaller(callee, site, queries) ??
      (answersByCallback(callee, site, queries) ? undefined : packageCheck(callee, site, queries)) ??
      parentGuard(callee, site) ??
      throwingDecision(callee, site, queries),
    asksEngine: (callee, site, queries) => engineCall(callee, site, queries) !== null,
    verdict: verdictOf,
    continuation: stepCheck,
    wrapper: wrapperCheck,
    checkMethod: requestCheck,
    never: neverReturns,
    runs: (callee, site, queries) => functionRun(callee, site, queries) ?? null,
    outsideProduction,
    demandsRow: (site, queries) => {
      const call = data.loading(site, queries);
      return call !== null && demandsRow(call);
    },
    level: (facts: readonly Fact[], queries: LinkQueries) => authLevel(facts, data, queries),
    namedCheck: (name, site, on, queries) => namedCheck(name, site, on, queries),
  };
}

/** `db.transaction(async (tx) => { …; return order; })` gives what its function does, which is given the client again. */
function resultOfTransaction(
  callee: PackageOrigin,
  site: Site,
  data: DataRecogniser,
  queries: LinkQueries,
): readonly Origin[] | undefined {
  const { fn, v, frame } = site;
  const [first] = /\.\$?transaction$/.test(callee.path) && fn.op(v) === Op.Call ? fn.args(v) : [];
  if (first === undefined) return undefined;
  const [run, ...others] = queries.evaluate({ fn, v: first, frame });
  const given = run?.kind === "function" ? data.callbackArguments(callee, site, queries) : undefined;
  if (run?.kind !== "function" || others.length > 0 || given === undefined) return undefined;
  return queries.bind(queries.returnsOf(run.fn), givenFrame(run, given, frame?.depth ?? 0));
}

/** `verify(token, key, (error, claims) => …)`: it comes back at once, whatever it will tell the callback. */
function answersByCallback({ module }: PackageOrigin, { fn, v, frame }: Site, queries: LinkQueries): boolean {
  if (!/^(?:jsonwebtoken|njwt|fast-jwt)$/.test(module) || fn.op(v) !== Op.Call) return false;
  const last = fn.args(v).at(-1);
  return last !== undefined && queries.evaluate({ fn, v: last, frame }).some((o) => o.kind === "function");
}

/** `withAuth({ ensureSignedIn: true })` comes back for callers who are known. */
function demandingCall(callee: PackageOrigin, { fn, v, frame }: Site, queries: LinkQueries): PackageCheck | undefined {
  if (!callee.module.startsWith("@workos-inc/authkit") || callee.path !== "withAuth") return undefined;
  const [first] = fn.args(v);
  const options = first === undefined ? [] : queries.evaluate({ fn, v: first, frame });
  const ensured = options
    .flatMap((o) => queries.project(o, ["ensureSignedIn"]))
    .some((o) => o.kind === "constant" && o.value === true);
  return ensured ? { on: "return", level: "identity", named: false } : undefined;
}

/** what the library asks of a session with whose headers it is called: that there is one, or that it may do so */
const ASKS_FOR_SESSION =
  /^(?:update(?:User|Session)|change(?:Password|Email)|setPassword|deleteUser|(?:list|revoke)(?:Other|User)?(?:Sessions?|Accounts|Organizations|ApiKeys)|unlinkAccount|(?:create|update|delete|get|list)(?:Organization|ApiKey|Team|Passkey)s?|setActive(?:Organization|Team)?|getFullOrganization|listMembers|getActiveMember\w*|acceptInvitation|rejectInvitation|leaveOrganization|enableTwoFactor|disableTwoFactor)$/;
const ASKS_FOR_RIGHTS =
  /^(?:(?:set|adminUpdate)(?:Role|User\w*)|(?:un)?banUser|impersonateUser|removeUser|createUser|listUsers|listUserSessions|revokeUserSessions?|createInvitation|inviteMember|cancelInvitation|removeMember|updateMemberRole|(?:update|delete)Organization|(?:create|update|remove)Team\w*)$/;

/** `auth.api.setActiveOrganization({ headers, body })` of better-auth throws for callers without a session. */
function askedAsCaller(callee: PackageOrigin, { fn, v, frame }: Site, queries: LinkQueries): PackageCheck | undefined {
  const name = /^betterAuth\(\)\.api\.(\w+)$/.exec(callee.path)?.[1];
  if (name === undefined || !callee.module.startsWith("better-auth") || !isAwaited(fn, v)) return undefined;
  const decides = ASKS_FOR_RIGHTS.test(name);
  const [first] = decides || ASKS_FOR_SESSION.test(name) ? fn.args(v) : [];
  const headers = first === undefined ? [] : queries.evaluate({ fn, v: first, frame });
  const given = headers.flatMap((o) => [...queries.project(o, ["headers"])]);
  if (given.length === 0 || given.every((o) => o.kind === "constant")) return undefined;
  return { on: "return", level: decides ? "decision" : "identity", named: false };
}

const DEMANDS = ["role", "permission", "feature", "plan"] as const;

/** `auth.protect({ role: "org:admin" })`, `auth.protect((has) => has(…))` of Clerk: it comes back for those who may. */
function demandedOfCaller(callee: PackageOrigin, site: Site, queries: LinkQueries): PackageCheck | undefined {
  const { fn, v, frame } = site;
  if (!callee.module.startsWith("@clerk/") || !/^auth(?:\(\))?\.protect$/.test(callee.path)) return undefined;
  const [first] = isAwaited(fn, v) ? fn.args(v) : [];
  const told = first === undefined ? [] : queries.evaluate({ fn, v: first, frame });
  const demands = told.some(
    (o) =>
      o.kind === "function" || (o.kind === "literal" && DEMANDS.some((name) => isThere(queries.project(o, [name])))),
  );
  return demands ? { on: "return", level: "decision", named: false, ofCaller: true } : undefined;
}

function isThere(values: readonly Origin[]): boolean {
  return values.length > 0 && !values.every((o) => o.kind === "constant" && o.value === undefined);
}

/**
 * `super.canActivate(context)` of a guard that extends passport's: it throws for strangers, and its promise is handed
 * to the framework or awaited. A `handleRequest` beside it that throws nothing lets them on. So does what is injected as
 * passport's guard (`constructor(@Inject("USER_GUARD") private guard: IAuthGuard)`).
 */
function parentGuard(callee: PackageOrigin, { fn, v }: Site): PackageCheck | undefined {
  if (
    callee.module !== "@nestjs/passport" ||
    !/^(?:AuthGuard\(\)(?:\(\))*|IAuthGuard\(\))\.canActivate$/.test(callee.path)
  )
    return undefined;
  const own = fn.file.lowered.classes[fn.thisClass]?.members.find((member) => member.name === "handleRequest");
  const hints = own === undefined || own.fn === NONE ? null : fn.file.fn(own.fn).info.hints;
  if (hints !== null && (hints & (FnHint.Throws | FnHint.Calls)) === 0) return undefined;
  return { on: isAwaited(fn, v) ? "return" : "truthy", level: "identity", named: false };
}

/** `oso.authorize(…)`: whoever gets past it is allowed. */
function throwingDecision(callee: PackageOrigin, site: Site, queries: LinkQueries): PackageCheck | undefined {
  const call = engineCall(callee, site, queries);
  if (call?.async === true && !isAwaited(site.fn, site.v)) return undefined;
  return call?.form === "throws" ? { on: "return", level: "decision", named: false } : undefined;
}

/** `verifySignature(handler)`: the handler that it is given runs for those whom it lets pass, and for nobody else. */
function wrapperCheck(callee: PackageOrigin, site: Site, queries: LinkQueries): PackageCheck | undefined {
  const made = queries.apply(callee, site).filter((o) => o.kind === "package" && o.path === `${callee.path}()`);
  const step = made[0] === undefined ? null : knownStep(made[0], queries);
  if (step?.grants === "signature") return { on: "return", level: "signature", named: false };
  return step?.grants === "authentication" ? { on: "return", level: "identity", named: false } : undefined;
}

/** Middleware of a package that somebody calls by hand, with a continuation of their own. */
function stepCheck(callee: PackageOrigin, queries: LinkQueries): PackageCheck | undefined {
  const step = knownStep(callee, queries);
  if (step?.grants !== "authentication" && step?.grants !== "decision") return undefined;
  return { on: "return", level: step.grants === "decision" ? "decision" : "identity", named: false };
}

/** Of packages, and of what frameworks hand over, more is known than a name. */
function isUnreadable({ fn, v, frame }: Site, queries: LinkQueries): boolean {
  const callees = queries.evaluate({ fn, v: fn.callee(v), frame });
  return callees.every((o) => o.kind === "unknown" || o.kind === "constant" || o.kind === "derived");
}

/** What a call is given, one by one or by name: `verify({ signature, body, secret })`. */
function handedOver({ fn, v, frame }: Site, queries: LinkQueries): readonly Origin[] {
  return Array.from(fn.args(v)).flatMap((arg) => {
    const given = leaves(queries.evaluate({ fn, v: arg, frame }));
    const byName = given.flatMap((o) =>
      o.kind !== "literal" || o.form !== "object"
        ? []
        : [...o.site.fn.props(o.site.v)].flatMap((prop) => [
            ...leaves(queries.evaluate({ fn: o.site.fn, v: prop.value, frame: o.site.frame })),
          ]),
    );
    return [...given, ...byName];
  });
}

/** Only a call that is given something about the caller, or whose name leaves no doubt, is believed. */
function namedCheck(name: string, site: Site, on: "return" | "truthy", queries: LinkQueries): PackageCheck | undefined {
  const verbs = on === "return" ? REQUIRE : TEST;
  if (!verbs.test(name))
    return on === "truthy" && looksUp(site) && isUnreadable(site, queries)
      ? { on, level: "look-up", named: true }
      : undefined;
  const level = SIGNATURE_WORD.test(name)
    ? "signature"
    : DECISION_WORD.test(name)
      ? "decision"
      : IDENTITY_WORD.test(name)
        ? "identity"
        : null;
  if (level === null || (on === "return" && /^(?:check|verify|validate)/i.test(name) && level === "decision"))
    return undefined;
  const speaks = handedOver(site, queries).some(
    (o) =>
      o.kind === "source" &&
      (["identity", "credential", "request", "context", "claims-unverified"].includes(o.source) ||
        (level === "signature" && o.source === "input" && SIGNED_INPUT.test(o.path))),
  );
  const certain = /^(?:require|ensure|assert)_?(?:auth|user|session|login|admin|signed)/i.test(name);
  return speaks || certain ? { on, level, named: true } : undefined;
}
