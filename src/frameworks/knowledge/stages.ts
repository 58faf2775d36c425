/** Ways that are taken on a developer's machine or in tests only: what holds on them says nothing of the service. */
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import { isEnvironment, variableAsked } from "./auth-level.js";

const STAGE = /(?:^|[._])(?:NODE_ENV|APP_ENV|VERCEL_ENV|DEPLOY_ENV|(?:\w+_)?STAGE|(?:\w+_)?ENVIRONMENT|MODE)$/i;
/** variables that test runners, and those who start tests, set */
const TEST =
  /(?:^|[._])(?:(?:\w+_)?(?:INTEGRATION|E2E|UNIT)_?TESTS?|VITEST|JEST_WORKER_ID|IS_?TEST(?:ING)?|TEST(?:ING)?_MODE)$/i;
/** variables that platforms set wherever they run a service */
const HOSTED =
  /(?:^|[._])(?:VERCEL|NETLIFY|RENDER|CF_PAGES|DYNO|K_SERVICE|FLY_APP_NAME|AWS_LAMBDA_FUNCTION_NAME|RAILWAY_ENVIRONMENT_NAME)$/;
const SET = /^(?:1|true)$/;
const PRODUCTION = /^prod(?:uction)?$/i;
const ELSEWHERE = /^(?:dev(?:elop(?:ment)?)?|local(?:host)?|test(?:ing)?|unit)$/i;

/** True when what holds on a way rules out that the service runs in production. */
export function outsideProduction(facts: readonly Fact[]): boolean {
  return facts.some((fact) => {
    if (fact.kind === "either") return fact.paths.length > 0 && fact.paths.every(outsideProduction);
    if (fact.kind === "unequal")
      return (
        compares(fact.left, fact.right, PRODUCTION) ||
        isHosted(fact.left, fact.right) ||
        isHosted(fact.right, fact.left)
      );
    if (fact.kind === "equal") return compares(fact.left, fact.right, ELSEWHERE);
    if (fact.kind === "absent")
      return fact.of.length > 0 && fact.of.every((o) => isComparison(o, PRODUCTION) || HOSTED.test(variableOf(o)));
    return (
      fact.kind === "present" && fact.of.length > 0 && fact.of.every((o) => isComparison(o, ELSEWHERE) || isTest(o))
    );
  });
}

/** A field that keeps `process.env.NODE_ENV === "production"`. */
function isComparison(origin: Origin, stage: RegExp): boolean {
  if (origin.kind !== "derived" || !/^===?$/.test(origin.how) || origin.of.length !== 2) return false;
  const [left, right] = origin.of;
  return compares([left], [right], stage);
}

/** `process.env.INTEGRATION_TEST`, or what was made of it: set where tests run. */
function isTest(origin: Origin): boolean {
  const variables = leaves([origin]).filter((o) => o.kind !== "constant");
  return variables.length === 1 && TEST.test(variableOf(variables[0]));
}

function compares(left: readonly Origin[], right: readonly Origin[], stage: RegExp): boolean {
  return (isStage(left) && names(right, stage)) || (isStage(right) && names(left, stage));
}

/** `process.env.VERCEL !== "1"`: not where the platform runs it */
function isHosted(left: readonly Origin[], right: readonly Origin[]): boolean {
  return left.length > 0 && left.every((o) => HOSTED.test(variableOf(o))) && names(right, SET);
}

function isStage(origins: readonly Origin[]): boolean {
  return origins.length > 0 && origins.every((o) => STAGE.test(variableOf(o)));
}

function names(origins: readonly Origin[], stage: RegExp): boolean {
  return origins.length > 0 && origins.every((o) => o.kind === "constant" && stage.test(String(o.value)));
}

/** The variable that a value is, or that the call of which it is the answer was given. */
function variableOf(origin: Origin): string {
  if (origin.kind === "package") return variableAsked(origin) ?? (isEnvironment(origin) ? origin.path : "");
  return origin.kind === "source" && isEnvironment(origin) ? origin.path : "";
}
