/** Somebody written in the code, who calls where nobody else is known: `req.user ?? { id: 1, role: "admin" }`. */
import type { Bypass } from "../../model/facts.js";
import { LogicKind, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { textOf } from "./bypass-text.js";
import { failsOpen } from "./fail-open.js";

const CALLER = /^(?:current_?|auth_?)?(?:user|account|principal|viewer|identity|caller|session|actor)$/i;
const WHO = /^(?:id|sub|user_?id|roles?|is_?admin|tenant_?id|org(?:anization)?_?id)$/i;
const NOBODY = /^(?:guest|anonymous|anon|public|visitor|none|unknown|)$/i;

/** Fallbacks of a function that make somebody of nobody. */
export function defaultIdentities(fn: FunctionView): readonly Bypass[] {
  const found: Bypass[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    const kept = keptAs(fn, v);
    if (kept === null || !CALLER.test(kept.name)) continue;
    const value = behind(fn, kept.value);
    if (fn.op(value) !== Op.Logic || fn.a(value) === LogicKind.And) continue;
    const other = behind(fn, fn.c(value));
    if (fn.op(other) === Op.Object && namesSomebody(fn, other)) {
      const text = `${textOf(fn, fn.b(value))} ?? {…}`.slice(0, 120);
      found.push(failsOpen(fn, value, "missing-value", text, "inferred"));
    }
  }
  return found;
}

/** `req.user = value`, `const user = value` */
function keptAs(fn: FunctionView, v: number): { readonly name: string; readonly value: number } | null {
  if (fn.op(v) === Op.SetMember) return { name: fn.text(fn.b(v)), value: fn.c(v) };
  if (fn.op(v) !== Op.Store || fn.a(v) !== 0) return null;
  return { name: fn.info.slots[fn.b(v)]?.name ?? "", value: fn.c(v) };
}

/** An id or a role that is written out; `{ id: 0 }` and guests stand for nobody. */
function namesSomebody(fn: FunctionView, object: number): boolean {
  const told = [...fn.props(object)].flatMap((prop) => {
    const value = behind(fn, prop.value);
    const op = fn.op(value);
    if (!WHO.test(prop.name) || (op !== Op.String && op !== Op.Number && op !== Op.True)) return [];
    return [{ name: prop.name, text: op === Op.True ? "true" : fn.text(fn.a(value)) }];
  });
  if (told.length === 0 || told.some(({ text }) => NOBODY.test(text))) return false;
  return told.some(({ text }) => !/^-?0?$/.test(text));
}
