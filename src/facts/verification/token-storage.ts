/** Where tokens are kept: web storage, cookies, and the secrets that seal sessions. */
import { Op } from "../../model/lowered.js";
import type { TokenFlaw } from "../../model/token-flaws.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin, PackageOrigin } from "../../program/values/origin.js";
import type { TokenContext } from "../claims/token-context.js";
import { cookieFlaw, flaw, namesToken, textAt } from "./token-cookies.js";
import { keyFinding } from "./token-keys.js";
import { calledAs, calledPackage } from "./token-verifiers.js";

/** Shortest secret that a sealing library takes for one. */
const SHORTEST = 32;

/** Places of a function that keep a token where scripts can read it, or seal it with what everybody can know. */
export function storedTokens(fn: FunctionView, context: TokenContext): readonly TokenFlaw[] {
  const found: TokenFlaw[] = [];
  for (const v of fn.calls) {
    if (fn.op(v) === Op.Tagged) continue;
    const one = webStorage(fn, v, context) ?? cookieFlaw(fn, v, context) ?? weakSeal(fn, v, context);
    if (one !== null) found.push(one);
  }
  return found;
}

/** `localStorage.setItem("token", …)` */
function webStorage(fn: FunctionView, v: number, context: TokenContext): TokenFlaw | null {
  if (!/^(?:(?:window|globalThis|self)\.)?(?:local|session)Storage\.setItem$/.test(calledAs(fn, v))) return null;
  const name = textAt(fn, v, 0, context);
  return namesToken(name)
    ? flaw(fn, v, { kind: "web-storage", confidence: "inferred", detail: `It is kept as '${name}'` })
    : null;
}

/** The secret of a session library that stands in the code, or is too short. */
function weakSeal(fn: FunctionView, v: number, context: TokenContext): TokenFlaw | null {
  // most programs have none, and following every call of a program costs more than all else here
  if (context.seals.length === 0) return null;
  const written = context.evaluate({ fn, v: fn.callee(v) }).find((o): o is PackageOrigin => o.kind === "package");
  const callee = written?.path.endsWith(".register") ? calledPackage({ fn, v, frame: null }, context.queries) : written;
  const seal = callee && context.seals.find((one) => one.module.test(callee.module) && one.path.test(callee.path));
  if (!callee || !seal) return null;
  for (const arg of fn.args(v)) {
    const origins = seal.option === "" ? context.evaluate({ fn, v: arg }) : secretIn(fn, arg, seal.option, context);
    const finding = origins.length === 0 ? null : keyFinding({ fn, v: arg, frame: null }, origins, context);
    if (finding === "literal-key" || finding === "fallback-key") {
      const how =
        finding === "literal-key"
          ? "The secret stands in the source"
          : "It falls back to a secret that stands in the source";
      const short = origins.some(
        (o) => o.kind === "constant" && typeof o.value === "string" && o.value.length < SHORTEST,
      );
      return flaw(fn, v, { kind: "weak-seal", confidence: "proven", detail: short ? `${how}, and it is short` : how });
    }
  }
  return null;
}

function secretIn(fn: FunctionView, arg: number, option: string, context: TokenContext): readonly Origin[] {
  const { queries } = context;
  const values = context
    .evaluate({ fn, v: arg })
    .filter((o) => o.kind === "literal" && o.form === "object")
    .flatMap((o) => [...queries.project(o, option.split("."))]);
  return values
    .flatMap((o) => (o.kind === "literal" && o.form === "array" ? [...queries.project(o, ["[]"])] : [o]))
    .filter((o) => o.kind !== "constant" || o.value !== undefined);
}
