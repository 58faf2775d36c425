/** Ways that are taken on a developer's machine or in tests only: what holds on them says nothing of the service. */
import type { Fact } from "../../program/facts/facts.js";
import type { Origin } from "../../program/values/origin.js";
import { isEnvironment } from "./auth-level.js";

const STAGE = /(?:^|[._])(?:NODE_ENV|APP_ENV|VERCEL_ENV|DEPLOY_ENV|(?:\w+_)?STAGE|(?:\w+_)?ENVIRONMENT|MODE)$/i;
const PRODUCTION = /^prod(?:uction)?$/i;
const ELSEWHERE = /^(?:dev(?:elop(?:ment)?)?|local(?:host)?|test(?:ing)?|unit)$/i;

/** True when what holds on a way rules out that the service runs in production. */
export function outsideProduction(facts: readonly Fact[]): boolean {
  return facts.some((fact) => {
    if (fact.kind === "unequal") return compares(fact.left, fact.right, PRODUCTION);
    return fact.kind === "equal" && compares(fact.left, fact.right, ELSEWHERE);
  });
}

function compares(left: readonly Origin[], right: readonly Origin[], stage: RegExp): boolean {
  return (isStage(left) && names(right, stage)) || (isStage(right) && names(left, stage));
}

function isStage(origins: readonly Origin[]): boolean {
  return origins.length > 0 && origins.every((o) => isEnvironment(o) && "path" in o && STAGE.test(String(o.path)));
}

function names(origins: readonly Origin[], stage: RegExp): boolean {
  return origins.length > 0 && origins.every((o) => o.kind === "constant" && stage.test(String(o.value)));
}
