/**
 * Guards that answer 401 by a test that was not followed: they ask a result whether it succeeded, and it went through
 * what nobody could read, or they ask a function that they were handed, and which that is was lost on the way. Whoever
 * they let by is not known to be a stranger, and not known to be anybody else.
 */
import { NONE, Op, PropKind } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { Fact } from "../../program/facts/facts.js";
import { calleeName, refusedStatus } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { RESULT_OK } from "../../program/linking/result-values.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Frame, Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

const MAX_BLOCKS = 60;
const MAX_REFUSALS = 6;

/** @param on where it lets requests pass; its ways out when it does so by coming back */
export function refusesByUnfollowedTest(
  { fn }: FunctionOrigin,
  frame: Frame,
  on: readonly Site[],
  analysis: Analysis,
): boolean {
  if (!fn.hasBody || fn.info.blockCount > MAX_BLOCKS) return false;
  const { guarantees, queries } = analysis;
  const refusals = refusalsIn(fn, analysis).filter((v) => guarantees.reachable({ fn, v, frame }));
  if (!refusals.some((v) => guarantees.factsAt({ fn, v, frame }).some((fact) => isUnfollowed(fact, queries))))
    return false;
  const exits =
    on.length > 0
      ? on
      : guarantees
          .flow(fn, frame, true)
          .exits()
          .map((v) => ({ fn, v, frame }));
  // who brings nothing is let by, whatever becomes of those who bring something
  return !exits.some((site) => guarantees.waysTo(site, "every").some((way) => way.some(isWithout)));
}

function refusalsIn(fn: FunctionView, { queries }: Analysis): readonly number[] {
  const found: number[] = [];
  for (let v = 0; v < fn.valueCount && found.length < MAX_REFUSALS; v += 1) if (isDenial(fn, v, queries)) found.push(v);
  return found;
}

const STRANGER = /un_?authori[sz]ed|un_?authenticated|not_?authenticated/i;
const SAYS_STRANGER = /^\W*un-?(?:authori[sz]ed|authenticated)\W*$/i;

/** `res.status(401)`, `throw new UnauthorizedException()`, `redirect("/login")`, `{ redirect: { destination: "/login" } }` */
function isDenial(fn: FunctionView, v: number, queries: Analysis["queries"]): boolean {
  const op = fn.op(v);
  if (op === Op.Object) return fn.prop(v, "redirect") !== NONE && refusedStatus(fn, v, queries) === 401;
  if (op !== Op.Call && op !== Op.New) return false;
  if (STRANGER.test(calleeName(fn, fn.callee(v)))) return true;
  if (refusedStatus(fn, v, queries) === 401) return true;
  const args = Array.from(fn.args(v));
  return args.some((arg) => namesStrangers(fn, arg)) || (op === Op.New && args.some((arg) => isText(fn, arg)));
}

/** `new Error("unauthorized")` */
function isText(fn: FunctionView, arg: number): boolean {
  const value = behind(fn, arg);
  return fn.op(value) === Op.String && SAYS_STRANGER.test(fn.text(fn.a(value)));
}

/** `{ code: "UNAUTHORIZED" }` */
function namesStrangers(fn: FunctionView, arg: number): boolean {
  const value = behind(fn, arg);
  if (fn.op(value) === Op.String) return /^UNAUTH(?:ORI[SZ]ED|ENTICATED)$/.test(fn.text(fn.a(value)));
  if (fn.op(value) !== Op.Object) return false;
  return [...fn.props(value)].some(
    (prop) => prop.kind === PropKind.Named && prop.name === "code" && namesStrangers(fn, prop.value),
  );
}

/** It asks a result whether it succeeded, which is not sure whatever comes, or a function that somebody handed in. */
function isUnfollowed(fact: Fact, queries: Analysis["queries"]): boolean {
  if (fact.kind !== "present" && fact.kind !== "absent") return false;
  return leaves(fact.of).some((origin) => mayHaveFailed(origin, queries) || isHandedIn(origin));
}

function isHandedIn(origin: Origin): boolean {
  return origin.kind === "apply" && origin.callee.kind === "parameter";
}

const ASKS_RESULT = /\.is(?:Ok|Right|Some|Just|Success|Err|Left|None|Nothing|Failure)\(\)$/;

function mayHaveFailed(origin: Origin, queries: Analysis["queries"]): boolean {
  if (origin.kind !== "package" || !ASKS_RESULT.test(origin.path)) return false;
  const made = origin.previous?.previous;
  const known = made == null ? [] : queries.project(made, [RESULT_OK]);
  return !known.some((ok) => ok.kind === "constant" && ok.value === true);
}

/** A credential is missing there; that a loop over all headers came to its end is another matter. */
function isWithout(fact: Fact): boolean {
  if (fact.kind !== "absent") return false;
  return leaves(fact.of.filter((origin) => !isListed(origin))).some(isBrought);
}

function isListed(origin: Origin): boolean {
  return origin.kind === "derived" && /^Object\.(?:entries|keys|values)$/.test(origin.how);
}

const BROUGHT: ReadonlySet<string> = new Set(["credential", "input", "identity"]);

function isBrought(origin: Origin): boolean {
  return origin.kind === "source" && BROUGHT.has(origin.source);
}
