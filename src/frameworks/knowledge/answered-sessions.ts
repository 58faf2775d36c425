/**
 * Who calls, as another service answers: `await (await fetch(`${API}/session`, { headers: { cookie } })).json()`. Other
 * answers to the caller's credential are data, and say of nobody in them that it is the caller.
 */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { type LinkQueries, type Origin, type PackageOrigin, type Site, source } from "../../program/values/origin.js";
import { isAllHeaders } from "./credential-search.js";
import { filledWith } from "./put-in-objects.js";

const CLIENTS = /^(?:|node-fetch|undici|cross-fetch|axios|got|ky|ofetch)$/;
const ANSWER = /(?:^|\.)(?:fetch|axios|got|ky|ofetch|\$fetch|get|post|request)\(\)\.(?:json\(\)|data|body)$/;
const ASKED = /(?:^|\.)(?:fetch|axios|got|ky|ofetch|\$fetch|get|post|request)\(\)$/;
/** how an answer says that it is one */
const ABOUT_THE_ANSWER = /^(?:ok|success|errors?|message|status|code|data|meta|count|total)$/i;

/** the end of an address that tells who is signed in (OAuth 2.0 Token Introspection, RFC 7662; OpenID Connect's userinfo) */
const TELLS_WHO =
  /(?:^|[/._-])(?:(?:get-?)?sessions?(?:\/(?:current|me))?|who-?am-?i|user-?info|introspect(?:ion)?|me|self|current[-_]?user|authenticate|token-?info|(?:verify|validate|check)(?:[-_/]?(?:token|session|auth|jwt))?|(?:token|session|auth|jwt)\/(?:verify|validate|check|info))\/?(?:\?[^/]*)?$/i;
/** what a function is called that asks it */
const ASKS_WHO =
  /^(?:get|require|fetch|load|read|resolve|validate|verify|check|introspect)_?(?:(?:server|current|auth(?:enticated)?|valid|active)_?)?(?:session|current_?user|principal|identity|viewer|token|jwt|auth)(?:_?(?:user|data|info|from\w*|by_?token|or_?throw))*$/i;

const MOST_STEPS = 6;
const MOST_DEEP = 4;

/** A member of such an answer; undefined for other package values. */
export function answeredWho(origin: PackageOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (!CLIENTS.test(origin.module) || !ANSWER.test(origin.path) || ABOUT_THE_ANSWER.test(name)) return undefined;
  const site = askedAt(origin);
  if (site === null || !asksWho(site, queries) || !bringsCredential(site, queries)) return undefined;
  return [source("identity", name, { site, named: true })];
}

/** The call by which the service was asked. */
function askedAt(origin: PackageOrigin): Site | null {
  let step: PackageOrigin | null = origin;
  for (let i = 0; i < MOST_STEPS && step !== null; i += 1) {
    if (ASKED.test(step.path) && step.site !== null && step.site.fn.op(step.site.v) === Op.Call) return step.site;
    step = step.previous;
  }
  return null;
}

function asksWho({ fn, v, frame }: Site, queries: LinkQueries): boolean {
  if (ASKS_WHO.test(fn.info.name)) return true;
  const [address] = fn.args(v);
  if (address === undefined) return false;
  return queries.evaluate({ fn, v: address, frame }).some((o) => TELLS_WHO.test(endOf(o)));
}

/** The last written part of a text, '' where it ends in something that is not written. */
function endOf(origin: Origin): string {
  if (origin.kind === "constant") return typeof origin.value === "string" ? origin.value : "";
  if (origin.kind === "literal" && origin.form === "template") return lastText(origin.site.fn, origin.site.v);
  return "";
}

function lastText(fn: FunctionView, template: number): string {
  const last = fn.list(fn.a(template)).at(-1);
  return last === undefined ? "" : fn.text(last);
}

/** Headers or a body with something of the request in it; a key of the service itself tells the same of everybody. */
function bringsCredential({ fn, v, frame }: Site, queries: LinkQueries): boolean {
  return Array.from(fn.args(v).slice(1, 3)).some((arg) => holds(queries.evaluate({ fn, v: arg, frame }), queries, 0));
}

function holds(origins: readonly Origin[], queries: LinkQueries, depth: number): boolean {
  if (depth > MOST_DEEP) return false;
  return origins.some((o) => {
    switch (o.kind) {
      case "parameter":
        return true;
      case "source":
        return o.source === "credential" || o.source === "request" || isAllHeaders(o);
      case "apply":
        return holds([o.callee], queries, depth + 1);
      case "derived":
        return holds(o.of, queries, depth + 1);
      case "fallback":
        return holds([...o.value, ...o.or], queries, depth + 1);
      case "literal":
        return holds(partsOf(o, queries), queries, depth + 1);
      case "package":
        return (
          o.site !== null &&
          holds([...argumentsOf(o.site, queries), ...filledWith(o.site, queries)], queries, depth + 1)
        );
      default:
        return false;
    }
  });
}

function partsOf({ site, form }: Extract<Origin, { kind: "literal" }>, queries: LinkQueries): readonly Origin[] {
  const { fn, v, frame } = site;
  if (form !== "template")
    return [...queries.project({ kind: "literal", form, site }, ["[]"]), ...filledWith(site, queries)];
  return fn.templateValues(v).flatMap((part) => [...queries.evaluate({ fn, v: part, frame })]);
}

function argumentsOf({ fn, v, frame }: Site, queries: LinkQueries): readonly Origin[] {
  if (fn.op(v) !== Op.Call && fn.op(v) !== Op.New) return [];
  return Array.from(fn.args(v).slice(0, 3)).flatMap((arg) => [...queries.evaluate({ fn, v: arg, frame })]);
}
