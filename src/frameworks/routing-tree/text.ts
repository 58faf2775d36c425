/** Methods of strings on known texts, as far as paths are made with them. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin } from "../../program/values/origin.js";

/** The text that a call of a string method gives, null when it is none or not known. */
export function foldCall(
  call: { readonly fn: FunctionView; readonly v: number },
  evaluate: (v: number) => readonly Origin[],
): string | null {
  const { fn, v } = call;
  const callee = fn.callee(v);
  if (fn.op(callee) !== Op.Member) return null;
  const fold = FOLDS.get(fn.text(fn.b(callee)));
  if (fold === undefined) return null;
  const text = onlyText(evaluate(fn.a(callee)));
  if (text === null) return null;
  const args = Array.from(fn.args(v), (arg): string | RegExp | null =>
    fn.op(arg) === Op.Regex ? slashPattern(fn.text(fn.a(arg))) : onlyText(evaluate(arg)),
  );
  return args.includes(null)
    ? null
    : fold(
        text,
        args.filter((arg) => arg !== null),
      );
}

/** The parts of `text.split(separator)`, null when it is no such call, or the texts are not known. */
export function splitText(
  call: { readonly fn: FunctionView; readonly v: number },
  evaluate: (v: number) => readonly Origin[],
): readonly string[] | null {
  const { fn, v } = call;
  const callee = fn.callee(v);
  if (fn.op(callee) !== Op.Member || fn.text(fn.b(callee)) !== "split" || fn.args(v).length !== 1) return null;
  const separator = onlyText(evaluate(fn.args(v)[0]));
  const text = separator === null ? null : onlyText(evaluate(fn.a(callee)));
  return text === null || separator === null ? null : text.split(separator);
}

type Fold = (text: string, args: readonly (string | RegExp)[]) => string | null;

const FOLDS: ReadonlyMap<string, Fold> = new Map<string, Fold>([
  ["toLowerCase", (text) => text.toLowerCase()],
  ["toUpperCase", (text) => text.toUpperCase()],
  ["trim", (text) => text.trim()],
  ["toString", (text) => text],
  ["charAt", (text, [at]) => text.charAt(Number(at))],
  ["slice", (text, [from, to]) => text.slice(Number(from ?? 0), to === undefined ? undefined : Number(to))],
  ["concat", (text, args) => text + args.map(String).join("")],
  ["replace", (text, [from, to]) => (typeof to === "string" && from !== undefined ? text.replace(from, to) : null)],
  [
    "replaceAll",
    (text, [from, to]) => (typeof to === "string" && typeof from === "string" ? text.replaceAll(from, to) : null),
  ],
]);

/** Only expressions about slashes are run: others could be slow on purpose, and paths need no more. */
function slashPattern(source: string): RegExp | null {
  const known = /^\/\^?(?:\\\/(?:\{\d,?\d?\}|\+)?|\(\\\/\))\+?\$?\/(g?)$/.exec(source);
  return known === null ? null : new RegExp(source.slice(1, source.lastIndexOf("/")), known[1]);
}

function onlyText(origins: readonly Origin[]): string | null {
  const [only] = origins;
  if (origins.length !== 1 || only.kind !== "constant") return null;
  return typeof only.value === "string" || typeof only.value === "number" ? String(only.value) : null;
}
