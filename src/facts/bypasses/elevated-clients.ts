/** Calls that switch the data layer's own access rules off for one operation. */

import { hasLimitingDefaultScope } from "../../frameworks/data/objects/sequelize-scopes.js";
import type { Bypass } from "../../model/facts.js";
import { NONE, Op, PropKind } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin, PackageOrigin } from "../../program/values/origin.js";
import { make } from "./bypass-record.js";
import { namesOf, textOf } from "./bypass-text.js";

/** Words without which a file holds none of these. */
export const ELEVATES =
  /overrideAccess|useMasterKey|accountability|^unscoped$|^sudo$|^(?:Items|Users|Files|Roles|Permissions)Service$|row_security|bypassrls|^filters$|^scope$|^x-hasura-admin-secret$/i;
const OFF_IN_SQL =
  /\brow_security\s*(?:=|to)\s*'?off|\bset\s+(?:local\s+|session\s+)?role\s+'?service_role|\b(?:alter|create)\s+(?:role|user)\b[^;]*\sbypassrls/i;

/** Options, scopes and statements of a function by which rows are no longer limited. */
export function elevatedCalls(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  const found: Bypass[] = [];
  for (const v of fn.calls) {
    const text = elevation(fn, v, queries) || underAdminSecret(fn, v, queries);
    if (text === "") continue;
    const predicate = { kind: "superuser", when: true, scope: "service", text } as const;
    const skips = ["decision", "tenant-filter"] as const;
    found.push(make(fn, v, predicate, "elevated-client", skips, { audited: false, confidence: "proven" }));
  }
  return found;
}

/** What lifts the limits, as it is written; '' when nothing does. */
function elevation(fn: FunctionView, v: number, queries: LinkQueries): string {
  const callee = fn.callee(v);
  const name = fn.memberName(callee);
  if (fn.op(v) === Op.New) return withoutAccountability(fn, v);
  if (fn.op(v) !== Op.Call) return "";
  if (name === "unscoped" && fn.args(v).length === 0) return unscopes(fn, v, queries) ? `${textOf(fn, callee)}()` : "";
  if (name === "scope" && isNull(fn, fn.args(v))) return unscopes(fn, v, queries) ? `${textOf(fn, callee)}(null)` : "";
  if (name === "sudo" && namesOf(fn, callee).some((one) => /^(?:context|ctx)$/.test(one)))
    return `${textOf(fn, callee)}()`;
  for (const arg of fn.args(v)) {
    const value = behind(fn, arg);
    const text =
      fn.op(value) === Op.Object ? liftingOption(fn, value) : offInSql(fn, value) ? "row_security = off" : "";
    if (text !== "") return text;
  }
  return "";
}

/** `Order.unscoped()`: only where the scope that goes off kept some rows out. */
function unscopes(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  return hasLimitingDefaultScope({ fn, v, frame: null }, queries);
}

const ADMIN_SECRET = "x-hasura-admin-secret";
const MAX_STEPS = 8;

/** A request to Hasura with its admin secret, on which no permission is asked, and in which nothing speaks of the caller. */
function underAdminSecret(fn: FunctionView, v: number, queries: LinkQueries): string {
  if (fn.op(v) !== Op.Call || [...fn.args(v)].some((arg) => mentionsCaller(fn, arg, 0))) return "";
  if ([...fn.args(v)].some((arg) => holdsKey(fn, arg, ADMIN_SECRET, 0))) return ADMIN_SECRET;
  if (!REQUESTS.test(fn.memberName(fn.callee(v)))) return "";
  return queries.evaluate({ fn, v: fn.callee(v), frame: null }).some(madeWithSecret) ? ADMIN_SECRET : "";
}

const REQUESTS = /^(?:request|rawRequest|batchRequests|query|mutate|mutation|execute)$/;

/** `new GraphQLClient(url, { headers: { "x-hasura-admin-secret": … } })` some steps before. */
function madeWithSecret(origin: Origin): boolean {
  let step: Origin | null = origin;
  for (let i = 0; i < MAX_STEPS && step?.kind === "package"; i += 1) {
    const { site, previous }: PackageOrigin = step;
    if (site !== null && [...site.fn.args(site.v)].some((arg) => holdsKey(site.fn, arg, ADMIN_SECRET, 0))) return true;
    step = previous;
  }
  return false;
}

function holdsKey(fn: FunctionView, v: number, key: string, depth: number): boolean {
  const value = behind(fn, v);
  if (fn.op(value) !== Op.Object || depth > 3) return false;
  return [...fn.props(value)].some(
    (prop) => prop.name.toLowerCase() === key || (prop.value !== NONE && holdsKey(fn, prop.value, key, depth + 1)),
  );
}

const CALLER = /^(?:user|session|claims|viewer|principal|auth|me|identity|caller|userId|user_id|currentUser)$/;

function mentionsCaller(fn: FunctionView, v: number, depth: number): boolean {
  const value = behind(fn, v);
  if (depth > 4) return false;
  if (fn.op(value) === Op.Object)
    return [...fn.props(value)].some((prop) => prop.value !== NONE && mentionsCaller(fn, prop.value, depth + 1));
  if (fn.op(value) === Op.Call) return [...fn.args(value)].some((arg) => mentionsCaller(fn, arg, depth + 1));
  return namesOf(fn, value).some((name) => CALLER.test(name));
}

const DIRECTUS_SERVICE = /^(?:Items|Users|Files|Folders|Collections|Fields|Roles|Permissions|Meta|Utils)Service$/;

/** `new ItemsService("orders", { schema })` of Directus: nobody's permissions are asked. */
function withoutAccountability(fn: FunctionView, v: number): string {
  const name = namesOf(fn, fn.callee(v)).at(-1) ?? "";
  const options = behind(fn, [...fn.args(v)].at(-1) ?? NONE);
  if (!DIRECTUS_SERVICE.test(name) || options === NONE || fn.op(options) !== Op.Object) return "";
  const props = [...fn.props(options)];
  const given = props.find((prop) => prop.name === "accountability");
  if (given !== undefined)
    return fn.op(behind(fn, given.value)) === Op.Null ? `new ${name}(…, { accountability: null })` : "";
  const whole = props.every((prop) => prop.kind === PropKind.Named);
  return whole && props.some((prop) => prop.name === "schema") ? `new ${name}(…) without accountability` : "";
}

function liftingOption(fn: FunctionView, object: number): string {
  for (const prop of fn.props(object)) {
    if (prop.kind !== PropKind.Named) continue;
    const op = fn.op(behind(fn, prop.value));
    if (/^(?:overrideAccess|useMasterKey)$/.test(prop.name) && op === Op.True) return `${prop.name}: true`;
    if (prop.name === "accountability" && op === Op.Null) return "accountability: null";
    const off = prop.name === "filters" && usesFilters(fn.file) ? filterOff(fn, behind(fn, prop.value)) : "";
    if (off !== "") return off;
  }
  return "";
}

/** `filters: false`, `filters: { tenant: false }` */
function filterOff(fn: FunctionView, v: number): string {
  if (fn.op(v) === Op.False) return "filters: false";
  const off = fn.op(v) === Op.Object ? [...fn.props(v)].find((prop) => fn.op(prop.value) === Op.False) : undefined;
  return off === undefined ? "" : `filters: { ${off.name}: false }`;
}

function isNull(fn: FunctionView, args: Int32Array): boolean {
  const [only, ...others] = args;
  return only !== undefined && others.length === 0 && fn.op(behind(fn, only)) === Op.Null;
}

/** Global filters of MikroORM. */
function usesFilters(file: ProgramFile): boolean {
  return file.lowered.imports.some((one) => one.module.startsWith("@mikro-orm/"));
}

function offInSql(fn: FunctionView, v: number): boolean {
  if (fn.op(v) === Op.String) return OFF_IN_SQL.test(fn.text(fn.a(v)));
  if (fn.op(v) === Op.Tagged) return offInSql(fn, behind(fn, fn.b(v)));
  return (
    fn.op(v) === Op.Template && [...fn.list(fn.a(v))].some((text, i) => i % 2 === 0 && OFF_IN_SQL.test(fn.text(text)))
  );
}
