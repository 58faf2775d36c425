/** Whether what is compared is one particular person, or a credential that is written in the code. */
import { LogicKind, NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";

/** `person`: one account; `domain`: all accounts of an e-mail domain; `credential`: a key, token or password. */
export type LiteralIdentity = "person" | "domain" | "credential";

const PERSON = /^(?:e_?mail|user_?name|login|user_?id|id|sub|phone|name|handle)$/i;
const CREDENTIAL =
  /^(?:x[_-])?(?:(?:api|admin|master|access|auth|secret|internal|service)[_-]?key|(?:\w+[_-])?(?:token|secret|passw(?:or)?d|passphrase)|(?:api|admin|auth|access|internal|service|master)(?:token|secret|password))$/i;
/** Texts that a token or password is compared with without being one. */
const NO_SECRET =
  /^(?:string|undefined|null|object|bearer|basic|none|true|false|access|refresh|default|unknown|invalid|expired|required|confirm\w*|hidden|\*+|\w*[_-]?(?:token|password|secret))$/i;

/** `__use_default_credentials__`: a mark that stands where a secret would */
const MARK = /(?:^|[_-])(?:default|placeholder|unset|none|inherit(?:ed)?|masked|redacted)(?:[_-]|$)/i;

/** Who a text names when it is compared with a property of the caller. */
export function namesPerson(property: string, text: string): LiteralIdentity | null {
  if (!PERSON.test(property)) return null;
  if (/^e_?mail$/i.test(property)) return text.includes("@") ? (text.indexOf("@") > 0 ? "person" : "domain") : null;
  const one =
    /^[0-9a-f-]{16,}$|^\d+$|^(?:user|usr|auth0)[_|]/i.test(text) || /^(?:user_?name|login|handle)$/i.test(property);
  return one ? "person" : null;
}

/** A text that stands for a secret by what it is compared with. */
export function namesCredential(property: string, text: string): boolean {
  return CREDENTIAL.test(property) && text.length >= 5 && !/\s/.test(text) && !NO_SECRET.test(text) && !MARK.test(text);
}

/** What a value is before `Number(…)` or `String(…)` made it a number or a text. */
export function unconverted(fn: FunctionView, v: number): number {
  const written = behind(fn, v);
  const converts =
    fn.op(written) === Op.Call && /^(?:Number|String|parseInt)$/.test(calleeName(fn, fn.callee(written)));
  const [given] = converts ? fn.args(written) : [];
  return given === undefined ? written : behind(fn, given);
}

/** `Number(process.env.ADMIN_ID || 1)`: the text that counts when the setting is missing. */
export function fallbackOf(fn: FunctionView, v: number): string | null {
  const value = unconverted(fn, v);
  if (fn.op(value) === Op.Var && fn.a(value) !== 0) {
    const owner = fn.ancestor(fn.a(value));
    const stores = owner?.storesTo(fn.b(value)) ?? [];
    return owner === null || stores.length !== 1 ? null : fallbackOf(owner, stores[0]);
  }
  if (value === NONE || fn.op(value) !== Op.Logic || fn.a(value) === LogicKind.And) return null;
  const or = behind(fn, fn.c(value));
  return fn.op(or) === Op.String || fn.op(or) === Op.Number ? fn.text(fn.a(or)) : null;
}

/** The items of a list that is written down in the code, wherever it stands; null for any other value. */
export function itemsOf({ fn, v, frame }: Site, queries: LinkQueries): readonly Spot[] | null {
  const array = behind(fn, v);
  if (fn.op(array) === Op.Array) return spotsIn(fn, array);
  if (fn.op(array) !== Op.Var && fn.op(array) !== Op.Member) return null;
  const [only, ...others] = queries.evaluate({ fn, v: array, frame });
  if (only === undefined || others.length > 0 || only.kind !== "literal" || only.form !== "array") return null;
  return spotsIn(only.site.fn, behind(only.site.fn, only.site.v));
}

interface Spot {
  readonly fn: FunctionView;
  readonly v: number;
}

function spotsIn(fn: FunctionView, array: number): readonly Spot[] | null {
  if (fn.op(array) !== Op.Array) return null;
  const items = [...fn.list(fn.a(array))].map((v): Spot => ({ fn, v }));
  return items.length > 0 ? items : null;
}

/** `JSON.parse(headers.get("x-test-user")).bypass`: whoever sends it says so himself. */
export function isSent(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  const values = leaves(queries.evaluate({ fn, v, frame: null })).filter((o) => o.kind !== "constant");
  return values.length > 0 && values.every(isOfHeaders);
}

/** Of a request that is known, or of whatever the function is given that has headers. */
function isOfHeaders(origin: Origin): boolean {
  if (origin.kind === "parameter") return origin.path.slice(0, -1).includes("headers");
  return origin.kind === "source" && origin.source === "input" && origin.path.startsWith("headers.");
}
