/** Names by which code shows what it does with claims. */
import { namesIdentity } from "../../frameworks/knowledge/request.js";
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { calledAs } from "./token-verifiers.js";

/** Claims that say how long a token lives: comparing them lets nobody in by itself. */
export const TIME_CLAIM = /^(?:exp|iat|nbf|expires_?(?:at|in)?|auth_time|issued_?at)$/i;
/** Parts of a header, and claims that only say whose key to use or what kind of token it is. */
export const KEY_CLAIM = /^(?:kid|alg|typ|header|iss|issuer|jku|x5c|x5t|aud|azp|\w*_?type|token_?use|jti)$/i;
/** Parts of the header: they choose key and algorithm, nothing else. */
export const HEADER_PART = /^(?:kid|alg|typ|header|jku|x5c|x5t|x5u|cty)$/;
/** Parts of a session that are tokens themselves. */
export const TOKEN_PART = /^(?:access_?token|refresh_?token|provider_?(?:refresh_?)?token|id_?token|error)$/i;
export const PRIVILEGE_CLAIM = /role|admin|permission|scope|privilege|group|staff|super|owner/i;
/** Functions whose result is taken for a yes or no about the token. */
export const VERIFYING_NAME =
  /verif|valid(?:ate)?|authenticat|authori[sz]|check_?(?:auth|token|jwt)|is_?(?:auth|logged|signed)/i;
/** Functions that tell one kind of token from another. */
export const KIND_NAME = /^(?:is|looks_?like|has)_?(?!valid|verified|auth)\w*(?:jwt|token|format|type|kind)$/i;
const PURPOSES: readonly (readonly [purpose: string, words: RegExp])[] = [
  ["reset", /reset|forgot|recover/i],
  ["invitation", /invit/i],
  ["refresh", /refresh/i],
  [
    "confirmation",
    /(?:verif|confirm|activat)\w*[-_]?(?:e-?mail|account|address)|e-?mail[-_]?(?:verif|confirm)|activation/i,
  ],
  ["magic link", /magic|passwordless/i],
  ["unsubscribe", /unsubscri/i],
  ["share", /shar(?:e|ing)[-_]?(?:link|token)/i],
  ["challenge", /challenge/i],
];

/** What a token is for, by a name around it; '' for an ordinary token of a session. */
export function purposeOf(name: string): string {
  return PURPOSES.find(([, words]) => words.test(name))?.[0] ?? "";
}

/** Claims that tell one kind of token from another. */
export const KIND_CLAIM =
  /^(?:type|typ|kind|purpose|action|scopes?|token_?type|token_?use|use|usage|aud|sub_?type|intent|event|context|for|is_?refresh(?:_?token)?|refresh|reset|invite)$/i;

/** Functions whose result is taken for the caller. */
export const IDENTITY_NAME = /user|session|identity|caller|principal|viewer|current|account|tenant|member|claims|auth/i;
/** What frameworks call with the result deciding who the caller is. */
export const IDENTITY_CALLBACK =
  /^(?:validate|canActivate|authenticate|authorize|handleRequest|createContext|getUser|context|session|jwt)$/;

export const RESPONSE_CALL =
  /^(?:json|send|end|render|log|info|warn|error|debug|trace|fatal|verbose|status|setHeader|header|inspect|dir|setUser|setContext|setTag|setTags|captureException|captureMessage|addBreadcrumb|redirect)$/;
/** Calls that send something to another service. */
export const SENDING_CALL = /^(?:fetch|axios|got|request|post|put|emit|publish|track|identify|capture)$/;
export const QUERY_CALL =
  /^(?:find(?:Unique|First|One|Many|All|ByPk|ById|By|OrCreate|And)\w*|upsert\w*|update\w*|delete\w*|insert\w*|create(?:Many)?|save|where|andWhere|orWhere|query|execute|\$(?:query|execute)Raw\w*|raw|eq|aggregate|count|(?:get|load|fetch|find|lookup)\w*(?:User|Account|Session|Org|Organi[sz]ation|Member|Team|Tenant|Customer|Profile|ById|ByEmail|BySub)\w*)$/;
export const WRITING_CALL = /^(?:upsert|update|delete|insert|create|save|\$executeRaw|execute|remove|destroy)/;
export const KEY_CALL = /key|secret|jwks|certificate|\bcert|issuer|tenantConfig|provider/i;
export const MINTING_CALL =
  /^(?:sign|SignJWT|signAsync|sealData|create(?:Session|Token|Jwt)\w*|set(?:Session|AuthCookie)\w*|login|signIn|generate(?:Access)?Token\w*|issueToken\w*)$/;
/** Calls that hand on what they are given. */
export const CARRYING_CALL =
  /^(?:parse|safeParse|parseAsync|stringify|String|Number|parseInt|assign|freeze|resolve|all|from|pick|omit|merge|cast|plainToInstance|plainToClass|Boolean|structuredClone|validate|entries|fromEntries|values|keys)$/;
export const TEST_METHOD = /^(?:includes|some|every|has|indexOf|startsWith|endsWith|test|match)$/;

const HOLDER =
  /^(?:req|request|ctx|context|c|res|reply|response|socket|client|session|event|locals|connection|ws|opts)$|(?:^|\.)(?:state|locals|session|data|req|request|ctx|context|handshake)$/i;
const HELD =
  /user|session|auth|tenant|org|role|claims|identity|account|principal|member|viewer|jwt|payload|decoded|caller/i;

/** `req.user = …`, `ctx.state.session = …`: from here on it is who calls. */
export function holdsIdentity(fn: FunctionView, object: number, name: string): boolean {
  return HELD.test(name) && HOLDER.test(holderName(fn, object));
}

function holderName(fn: FunctionView, v: number): string {
  switch (fn.op(v)) {
    case Op.Param:
      return fn.info.params[fn.a(v)]?.name ?? "";
    case Op.Var:
      return fn.ancestor(fn.a(v))?.info.slots[fn.b(v)]?.name ?? "";
    case Op.Member:
      return `${holderName(fn, fn.a(v))}.${fn.text(fn.b(v))}`;
    case Op.Cast:
    case Op.Await:
      return holderName(fn, fn.a(v));
    case Op.Call:
      return calledAs(fn, v);
    default:
      return "";
  }
}

/** Keys of an object under which a caller is handed on. */
export function namesCaller(name: string): boolean {
  return (
    namesIdentity(name) || /^(?:user|tenant|org|organi[sz]ation|team|account|workspace|customer)?_?id$/i.test(name)
  );
}
