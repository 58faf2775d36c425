/** Calls that switch the data layer's own access rules off for one operation. */
import type { Bypass } from "../../model/facts.js";
import { NONE, Op, PropKind } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import { make } from "./bypass-record.js";
import { namesOf, textOf } from "./bypass-text.js";

/** Words without which a file holds none of these. */
export const ELEVATES =
  /overrideAccess|useMasterKey|accountability|^unscoped$|^sudo$|^(?:Items|Users|Files|Roles|Permissions)Service$|row_security|bypassrls|^filters$/i;
const OFF_IN_SQL = /\brow_security\s*(?:=|to)\s*'?off|\bset\s+(?:local\s+|session\s+)?role\s+'?service_role/i;

/** Options, scopes and statements of a function by which rows are no longer limited. */
export function elevatedCalls(fn: FunctionView): readonly Bypass[] {
  const found: Bypass[] = [];
  for (const v of fn.calls) {
    const text = elevation(fn, v);
    if (text === "") continue;
    const predicate = { kind: "superuser", when: true, scope: "service", text } as const;
    const skips = ["decision", "tenant-filter"] as const;
    found.push(make(fn, v, predicate, "elevated-client", skips, { audited: false, confidence: "proven" }));
  }
  return found;
}

/** What lifts the limits, as it is written; '' when nothing does. */
function elevation(fn: FunctionView, v: number): string {
  const callee = fn.callee(v);
  const name = fn.memberName(callee);
  if (fn.op(v) === Op.New) return withoutAccountability(fn, v);
  if (fn.op(v) !== Op.Call) return "";
  if (name === "unscoped" && fn.args(v).length === 0) return `${textOf(fn, callee)}()`;
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
    if (prop.name === "filters" && op === Op.False && usesFilters(fn.file)) return "filters: false";
  }
  return "";
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
