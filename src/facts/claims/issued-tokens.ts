/** Tokens that came from their issuer: nobody who calls the service had them in hand. */
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import { namesOf } from "../bypasses/bypass-text.js";

type ParameterOrigin = Extract<Origin, { kind: "parameter" }>;

/** forms of the same credentials, chosen one within the other */
const MAX_CHOICES = 6;

/** What sign-in libraries hand to their callbacks: the answer of the token endpoint. */
const FROM_ISSUER =
  /^(?:params|result|response)\.id_?token$|(?:^|\.)(?:account|tokens?|token_?set|credentials)\.(?:id_?token|access_?token)$/i;

/** `connection.credentials.access_token`: tokens that were stored when they were issued, and came with no request. */
export function storedByIssuer(fn: FunctionView, token: number, origins: readonly Origin[]): boolean {
  if (leaves(origins).some(isOfRequest)) return false;
  const names = choicesOf(fn, token, 0).map((v) => namesOf(fn, v).join("."));
  // that it is called a token says little; beside the one that was issued it is another form of the same
  return (
    names.some((name) => FROM_ISSUER.test(name)) &&
    names.every((name) => FROM_ISSUER.test(name) || OTHER_FORM.test(name))
  );
}

function isOfRequest(origin: Origin): boolean {
  if (origin.kind === "parameter") return origin.path.some((part) => OF_REQUEST.test(part));
  return origin.kind === "source" && origin.source === "request";
}

const OF_REQUEST = /^(?:req|request|body|query|params|headers|cookies)$/;

/** Whichever form the credentials have: `c.type === "oauth2" ? c.access_token : c.token`. */
function choicesOf(fn: FunctionView, value: number, depth: number): readonly number[] {
  const v = behind(fn, value);
  if (depth > MAX_CHOICES) return [v];
  const either = fn.op(v) === Op.Cond || (fn.op(v) === Op.Logic && fn.a(v) !== LogicKind.And);
  return either ? [fn.b(v), fn.c(v)].flatMap((one) => choicesOf(fn, one, depth + 1)) : [v];
}

/** says by itself only that it is a token */
const OTHER_FORM = /(?:^|\.)credentials\.token$/i;

/** A parameter that is declared as the answer of another service, or called as one by the sign-in library that hands it in. */
export function isIssuersAnswer(origin: ParameterOrigin): boolean {
  return isAnswer(origin) || FROM_ISSUER.test(ownName(origin));
}

function isAnswer(origin: ParameterOrigin): boolean {
  const type = origin.fn.file.lowered.types[origin.fn.info.params[origin.index]?.type ?? NONE];
  return type?.kind === "name" && /^(?:globalThis\.)?(?:Response|AxiosResponse|FetchResponse)$/.test(type.name);
}

function ownName(origin: ParameterOrigin): string {
  return [origin.fn.info.params[origin.index]?.name ?? "", ...origin.path].filter((part) => part !== "").join(".");
}
