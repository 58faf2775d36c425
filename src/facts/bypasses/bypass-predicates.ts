/** What a simple condition asks: a superuser, an environment, something the client wrote, one particular person. */
import type { Bypass } from "../../model/facts.js";
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import {
  fallbackOf,
  isSent,
  itemsOf,
  type LiteralIdentity,
  namesCredential,
  namesPerson,
  unconverted,
} from "./bypass-identities.js";
import { STAGE, settingOf } from "./bypass-settings.js";
import { namesOf, textOf } from "./bypass-text.js";

export type PredicateKind = "superuser" | "environment" | "header" | "identity";

export interface Predicate {
  readonly kind: PredicateKind;
  /** the side of the condition on which it lets through */
  readonly when: boolean;
  readonly scope: Bypass["scope"];
  readonly text: string;
  /** a stage such as development or production: which side opens only the shape of the function tells */
  readonly stage?: boolean;
  /** outcome of the condition when the stage is one for development, where the condition names that; absent else */
  readonly inDevelopment?: boolean;
  /** only a name or a parameter says that it is a switch */
  readonly loose?: boolean;
  /** a permission that was granted and stands for all others: a wide grant, and no other kind of person */
  readonly wildcard?: boolean;
  /** who or what is written down, for identities in the code */
  readonly literal?: LiteralIdentity;
}

const FLAG =
  /^(?:is_?|has_?)?(?:(?:current)?(?:user)?_?is_?)?(?:(?:super|global|system|platform|instance|site|server|app|workspace|org(?:ani[sz]ation)?|team|project|tenant|space|account)_?)?(?:admin(?:istrator)?|superuser|super_?user|super_?admin|staff|god|god_?mode|employee|operator|moderator|sudo)(?:_?user|_?role|_?mode|_?access)?$|^is_?mod$/i;
/** Names that also mean other things: only on something that is a caller. */
const VAGUE_FLAG =
  /^(?:is_?)?(?:root|internal|system|service|service_?account|machine|bot|robot|privileged|elevated|system_?user|bypass\w*|skip_?auth\w*|no_?auth)$/i;
const TENANT_FLAG = /(?:org(?:ani[sz]ation)?|team|workspace|project|tenant|space|account|member)_?(?:admin|owner)/i;
const ROLE_LITERAL =
  /^(?:(?:super|global|system|platform|instance|site)?[_-]?admin(?:istrator)?|superuser|super[_-]?user|root|owner|god|system|staff|internal|service|service[_-]?role|master)$/i;
/** What is granted where everything is. */
const WILDCARD = /^(?:\*|all)$/i;
const GRANTED = /role|permission|privilege|scope|abilit/i;
const ROLE_NAME =
  /role|permission|privilege|user_?type|account_?type|access_?level|scope|^type$|^kind$|authority|group/i;
const CALLER =
  /user|member|auth|session|caller|viewer|account|principal|actor|^me$|ctx|context|^req$|request|claims|profile|identity|jwt|employee|requester|operator|access|permission|participant|collaborat/i;
const NO_CALLER =
  /message|input|body|payload|invit|node|event|file|target|params|query|args|data$|dto|prompt|chat|option|form|schema|field|^(?:\w+_)?owner$|^author$|creator$/i;
const TENANT_HOLDER = /member|org|team|workspace|tenant|project|participant|collaborat|space(?!_?ship)/i;
const ROLE_CALL = /^(?:is|has|in|check|user)_?\w*(?:role|admin|permission|superuser|staff|scope)s?\w*$/i;

/** Words without which a compared value is none of those looked for. */
const ASKED =
  /role|permission|privilege|type|kind|scope|group|level|authority|admin|staff|super|root|internal|system|header|(?:^|\.)ips?$|host|agent|refer|origin|addr|mail|id$|sub$|phone|name|login|handle|env|stage|mode|dev|prod|test|local|config|settings|auth|skip|disab|enabl|key$|passw|token|secret|(?:^|\.)(?:get|method)$/i;

/** Words for a stage that nobody reaches from outside. */
const DEVELOPMENT = /^(?:dev(?:elop(?:ment)?)?|local(?:host)?|test(?:ing)?|e2e|ci|preview|staging|debug)$/i;
const DEVELOPMENT_FLAG = /^(?:is_?)?(?:dev|local|test)(?!.*prod)/i;
/** Opened by a stage that must be named, or by a caller in the code: nothing that an unset variable does. */
function isReachable({ inDevelopment, loose }: Predicate): boolean {
  return inDevelopment === undefined && loose !== true;
}

/** How sure it is that what a predicate opens is opened to somebody. */
export function certaintyOf(predicate: Predicate): Bypass["confidence"] {
  if (!isReachable(predicate)) return "named";
  return predicate.wildcard === true ? "inferred" : "proven";
}

const HEADER_NAME =
  /^x-|^(?:host|origin|referer|referrer|user-agent|via|forwarded|remote-addr|true-client-ip|cf-connecting-ip)$/i;
const TELLING_HEADER =
  /^x-middleware-|internal|admin|debug|bypass|skip|test|impersonat|override|act-as|system|trusted|local/i;
const NETWORK = /^(?:ip|ips|hostname|host|remoteAddress|userAgent|referer|referrer|origin)$/;
const CALLED = /^(?:req|request|ctx|context|c)$/;
const TEXT_TEST = /^(?:startsWith|endsWith|includes|test|match|indexOf)$/;

/** The predicate that a condition without `!`, `&&` and `||` states, null when it is none of these. */
export function predicateOf(fn: FunctionView, leaf: number, queries: LinkQueries): Predicate | null {
  const v = behind(fn, leaf);
  const text = textOf(fn, leaf).slice(0, 120);
  switch (fn.op(v)) {
    case Op.Binary:
      return compared(fn, v, text, queries);
    case Op.Call:
      return called(fn, v, text, queries) ?? flag(fn, leaf, text, queries);
    default:
      return flag(fn, leaf, text, queries) ?? (v === leaf ? null : flag(fn, v, text, queries));
  }
}

function flag(fn: FunctionView, v: number, text: string, queries: LinkQueries): Predicate | null {
  const names = namesOf(fn, v);
  const last = names.at(-1) ?? "";
  const base = holderNames(fn, v);
  if (FLAG.test(last) || (VAGUE_FLAG.test(last) && base.some((name) => CALLER.test(name)))) {
    if (base.some((name) => NO_CALLER.test(name))) return null;
    if (isSent(fn, v, queries)) return clientText(text);
    return { kind: "superuser", when: true, scope: flagScope(last, base), text };
  }
  const setting = settingOf(fn, v, queries);
  if (setting !== null) return { ...environment(setting, text), ...looseness(fn, v, setting) };
  const header = headerName(fn, v);
  return header !== null && TELLING_HEADER.test(header) ? { kind: "header", when: true, scope: "client", text } : null;
}

function compared(fn: FunctionView, v: number, text: string, queries: LinkQueries): Predicate | null {
  const operator = fn.text(fn.a(v));
  if (!/^[!=]==?$/.test(operator)) return null;
  const when = operator.startsWith("=");
  for (const [side, other] of [
    [fn.b(v), fn.c(v)],
    [fn.c(v), fn.b(v)],
  ] as const) {
    if (!ASKED.test([...namesOf(fn, side), ...namesOf(fn, behind(fn, side))].join("."))) continue;
    const literal = literalOf(fn, other, queries) ?? fallbackOf(fn, other);
    if (literal === null) continue;
    const predicate = comparedWith(fn, side, literal, text, queries);
    if (predicate === null) continue;
    const stage = predicate.stage === true && DEVELOPMENT.test(literal) ? { inDevelopment: when } : {};
    return { ...predicate, when: predicate.when === when, ...stage };
  }
  return null;
}

function comparedWith(
  fn: FunctionView,
  side: number,
  literal: string,
  text: string,
  queries: LinkQueries,
): Predicate | null {
  const value = behind(fn, side);
  const names = namesOf(fn, value);
  const last = names.at(-1) ?? "";
  const base = holderNames(fn, value);
  if (ROLE_LITERAL.test(literal) && ROLE_NAME.test(last) && isCaller(last, base)) {
    return { kind: "superuser", when: true, scope: roleScope(literal, last, base), text };
  }
  if (WILDCARD.test(literal) && GRANTED.test(last) && isCaller(last, base)) {
    return { kind: "superuser", when: true, scope: "unknown", text, wildcard: true };
  }
  if (literal === "true" || literal === "false") {
    const inner = predicateOf(fn, value, queries);
    return inner === null ? null : { ...inner, when: inner.when === (literal === "true"), text };
  }
  const setting = settingOf(fn, side, queries);
  if (setting !== null) return environment(setting, text);
  // what asks for the head of an answer runs the handler that a GET runs
  if (literal === "HEAD" && last === "method" && base.some((name) => CALLED.test(name))) return clientText(text);
  const header = headerName(fn, value);
  const given = namesOf(fn, unconverted(fn, value)).at(-1) ?? "";
  if (namesCredential(header ?? given, literal)) {
    return { kind: "identity", when: true, scope: "service", text, literal: "credential" };
  }
  if (header !== null) return { kind: "header", when: true, scope: "client", text };
  if (base.some((name) => NO_CALLER.test(name)) || !base.some((name) => CALLER.test(name))) return null;
  const person = namesPerson(last, literal);
  return person === null ? null : { kind: "identity", when: true, scope: "instance", text, literal: person };
}

function called(fn: FunctionView, v: number, text: string, queries: LinkQueries): Predicate | null {
  const callee = fn.callee(v);
  const names = namesOf(fn, callee);
  const last = names.at(-1) ?? "";
  const args = [...fn.args(v)];
  const literals = args.map((arg) => literalOf(fn, arg, queries));
  const receiver = fn.op(callee) === Op.Member ? fn.a(callee) : NONE;
  if (TEXT_TEST.test(last) && receiver !== NONE) return tested(fn, receiver, args[0] ?? NONE, text, queries);
  if (FLAG.test(last)) return { kind: "superuser", when: true, scope: flagScope(last, names.slice(0, -1)), text };
  if (ROLE_CALL.test(last) && literals.some((l) => l !== null && ROLE_LITERAL.test(l))) {
    return { kind: "superuser", when: true, scope: roleScope("", last, names.slice(0, -1)), text };
  }
  return null;
}

/** `user.roles.includes("admin")`, `["admin", "owner"].includes(user.role)`, `agent.startsWith("probe")` */
function tested(fn: FunctionView, receiver: number, arg: number, text: string, queries: LinkQueries): Predicate | null {
  if (arg === NONE) return null;
  const items = itemsOf({ fn, v: receiver, frame: null }, queries);
  if (items !== null) {
    const literals = items.map((item) => literalOf(item.fn, item.v, queries));
    const found = literals.map((item) => (item === null ? null : comparedWith(fn, arg, item, text, queries)));
    const [first] = found;
    return found.every((one) => one !== null) ? (first ?? null) : null;
  }
  const pattern = behind(fn, receiver);
  if (fn.op(pattern) === Op.Regex) return headerName(fn, behind(fn, arg)) === null ? null : clientText(text);
  const literal = literalOf(fn, arg, queries);
  return literal === null ? null : comparedWith(fn, receiver, literal, text, queries);
}

/** A switch opens when it is set, unless its name says that it turns protection on. */
function environment(setting: string, text: string): Predicate {
  const on = /(?:ENABLED?|_ON|REQUIRED?|ENFORCED?)$/i.test(setting) && !/DIS|SKIP|BYPASS|NO_/i.test(setting);
  return { kind: "environment", when: !on, scope: "environment", text, stage: STAGE.test(setting) };
}

/** `isDev` is a stage for development when it is true; a parameter, and what is called options, is whatever its caller says. */
function looseness(fn: FunctionView, v: number, setting: string): Pick<Predicate, "inDevelopment" | "loose"> {
  let root = v;
  while (fn.op(root) === Op.Member || fn.op(root) === Op.Cast) root = fn.a(root);
  const stored = behind(fn, root);
  const value = fn.op(stored) === Op.Default ? behind(fn, fn.a(stored)) : stored;
  const handed =
    [root, stored, value].some((one) => fn.op(one) === Op.Param) || OPTIONS.test(namesOf(fn, v).at(-2) ?? "");
  return {
    ...(DEVELOPMENT_FLAG.test(setting) || DEVELOPMENT_FLAG.test(namesOf(fn, v).at(-1) ?? "")
      ? { inDevelopment: true }
      : {}),
    ...(handed ? { loose: true } : {}),
  };
}

const OPTIONS = /^options?$/i;

function clientText(text: string): Predicate {
  return { kind: "header", when: true, scope: "client", text };
}

/** A text, a number or an enum member as its name; null for anything that is not fixed in the code. */
export function literalOf(fn: FunctionView, v: number, queries: LinkQueries): string | null {
  const value = behind(fn, v);
  const op = fn.op(value);
  if (op === Op.String || op === Op.Number) return fn.text(fn.a(value));
  if (op === Op.True) return "true";
  if (op === Op.False) return "false";
  if (op === Op.Member) {
    const name = fn.text(fn.b(value));
    const root = namesOf(fn, value)[0] ?? "";
    if (/^[A-Z][A-Z0-9_]*$/.test(name) && /^[A-Z]/.test(root)) return name;
    if (/^[A-Z]/.test(name) && /^[A-Z]/.test(root) && (ROLE_LITERAL.test(name) || WILDCARD.test(name))) return name;
  }
  if (op !== Op.Var && op !== Op.Member) return null;
  // constants are written large, or are members of something that is
  if (!/^[A-Z]/.test(namesOf(fn, value)[0] ?? "")) return null;
  const origins = queries.evaluate({ fn, v: value, frame: null });
  const [only] = origins;
  return origins.length === 1 && only.kind === "constant" && typeof only.value === "string" ? only.value : null;
}

/** Names of what holds a value, and of how that was loaded. */
function holderNames(fn: FunctionView, v: number): readonly string[] {
  const names = namesOf(fn, v).slice(0, -1);
  let root = v;
  while (fn.op(root) === Op.Member || fn.op(root) === Op.Cast || fn.op(root) === Op.Index) root = fn.a(root);
  const stored = behind(fn, root);
  return stored === root ? names : [...names, ...namesOf(fn, stored), ...tablesOf(fn, stored)];
}

/** `db.oneOrNone("select * from team_members where …")`: the tables that the statement reads. */
function tablesOf(fn: FunctionView, v: number): readonly string[] {
  if (fn.op(v) !== Op.Call) return [];
  return [...fn.args(v)].flatMap((arg) => {
    const text = behind(fn, arg);
    const written = fn.op(text) === Op.String ? [fn.text(fn.a(text))] : [];
    const templated = fn.op(text) === Op.Template ? [...fn.list(fn.a(text))].filter((_, i) => i % 2 === 0) : [];
    return [...written, ...templated.map((part) => fn.text(part))].flatMap((sql) =>
      [...sql.matchAll(/\b(?:from|join)\s+"?([a-z_]+)/gi)].map((match) => match[1]),
    );
  });
}

function isCaller(last: string, base: readonly string[]): boolean {
  if (base.some((name) => NO_CALLER.test(name))) return false;
  // these words mean much else: only on somebody
  if (/scope|group|^type$|^kind$/i.test(last))
    return /user|member|caller|account|principal|actor|viewer/i.test(base.at(-1) ?? "");
  if (base.length === 0) return /role|permission|privilege/i.test(last);
  return base.some((name) => CALLER.test(name) || TENANT_HOLDER.test(name));
}

function flagScope(last: string, base: readonly string[]): Bypass["scope"] {
  if (TENANT_FLAG.test(last)) return "tenant";
  return base.some((name) => TENANT_HOLDER.test(name)) ? "tenant" : "instance";
}

function roleScope(literal: string, last: string, base: readonly string[]): Bypass["scope"] {
  if (TENANT_HOLDER.test(last) || base.some((name) => TENANT_HOLDER.test(name))) return "tenant";
  if (/^service/i.test(literal)) return "service";
  if (/^owner$/i.test(literal)) return "tenant";
  return base.length === 0 ? "unknown" : "instance";
}

/** Name of the request header or property of the connection that a value is, null for anything else. */
function headerName(fn: FunctionView, v: number): string | null {
  const value = behind(fn, v);
  const op = fn.op(value);
  if (op === Op.Call) return headerOfCall(fn, value);
  // `headers["x-forwarded-for"] ?? socket.remoteAddress`
  if (op === Op.Logic && fn.a(value) !== LogicKind.And)
    return headerName(fn, fn.b(value)) ?? headerName(fn, fn.c(value));
  // `String(header).split(",")[0]`
  const list = op === Op.Index || op === Op.Element ? behind(fn, fn.a(value)) : NONE;
  if (list !== NONE && fn.op(list) === Op.Call) return headerOfCall(fn, list);
  if (op !== Op.Member && op !== Op.Index && op !== Op.Element) return null;
  const names = namesOf(fn, value);
  const last = names.at(-1) ?? "";
  if (names.some((name, i) => i < names.length - 1 && /^headers$/i.test(name)))
    return HEADER_NAME.test(last) ? last : null;
  return NETWORK.test(last) && names.some((name) => /^(?:req|request|ctx|c|socket|connection|nextUrl|raw)$/.test(name))
    ? last
    : null;
}

function headerOfCall(fn: FunctionView, v: number): string | null {
  const callee = fn.callee(v);
  const [first] = fn.args(v);
  if (fn.op(callee) === Op.Global && fn.text(fn.a(callee)) === "String" && first !== undefined)
    return headerName(fn, first);
  if (fn.op(callee) !== Op.Member) return null;
  const name = fn.text(fn.b(callee));
  if (/^(?:toLowerCase|toString|trim|split|at|pop|shift)$/.test(name)) return headerName(fn, fn.a(callee));
  if (!/^(?:get|header)$/.test(name) || first === undefined || fn.op(first) !== Op.String) return null;
  const header = fn.text(fn.a(first));
  const holder = [...namesOf(fn, fn.a(callee)), ...namesOf(fn, behind(fn, fn.a(callee)))];
  if (!holder.some((one) => /^(?:req|request|ctx|c|headers|headersList|headerList)$/i.test(one))) return null;
  return HEADER_NAME.test(header) ? header : null;
}
