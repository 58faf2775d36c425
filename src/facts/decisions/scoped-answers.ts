/** What something that is only loaded when it runs answered about the caller, and what it was told beside who calls. */
import { askedWithCredential, isAllHeaders } from "../../frameworks/knowledge/credential-search.js";
import { toldForAnswer } from "../../program/facts/asked-answers.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";

const SAYS_WELL = /\(\)\.(?:ok|success|allowed|authori[sz]ed|granted)$/i;

const AUTHENTICATES = /(?:authenticat|session|log_?in|sign_?in|who_?am_?i|identif|verif)\w*\(\)(?:\.\w+)*$/i;

/** Whether a value is what a call gave that was told the caller's credential or identity, or was shown the request to say who calls. */
export function isAnsweredAbout(origin: Origin, queries: LinkQueries): boolean {
  if (origin.kind !== "package") return false;
  if (askedWithCredential(origin, queries)) return true;
  return (
    AUTHENTICATES.test(origin.path) &&
    scopeOf(origin, queries).some((o) => o.kind === "source" && o.source === "request")
  );
}

/** `(await plugin.authenticate(request, { userId, companyId })).ok`: it was told what the caller asks for. */
export function isScopedAnswer(origin: Origin, queries: LinkQueries): boolean {
  if (origin.kind !== "package" || !SAYS_WELL.test(origin.path) || !isAnsweredAbout(origin, queries)) return false;
  return scopeOf(origin, queries).some(
    (o) => o.kind === "source" && (o.source === "row" || o.source === "input") && !isAllHeaders(o),
  );
}

/** What the call of an answer was told, that in lists and objects included. */
export function scopeOf(answer: Origin, queries: LinkQueries): readonly Origin[] {
  return answer.kind === "package" ? within(toldForAnswer(answer, queries).flat(), queries, 0) : [];
}

const MAX_DEPTH = 3;

function within(origins: readonly Origin[], queries: LinkQueries, depth: number): readonly Origin[] {
  return leaves(origins).flatMap((o) =>
    o.kind === "literal" && (o.form === "object" || o.form === "array") && depth < MAX_DEPTH
      ? [o, ...within(queries.project(o, ["[]"]), queries, depth + 1)]
      : [o],
  );
}
