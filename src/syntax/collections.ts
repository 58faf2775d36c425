import type { ts } from "ts-morph";
import { SlotKind } from "../model/lowered.js";
import type { Lowering } from "./lowering.js";
import { findBinding } from "./scopes.js";

/** packages whose functions take the list first and are named as the methods of lists are */
const PACKAGE = /^(?:lodash(?:-es)?|underscore|es-toolkit\/compat)(?:\/(?<name>\w+)(?:\.js)?)?$|^lodash\.(?<only>\w+)$/;
const METHOD = /^(?:find|findLast|filter|some|every|includes|map|flatMap)$/;
/** what hands back the list it is given, or a part of it, in one order or another */
const SAME_LIST =
  /^(?:uniq(?:By)?|compact|castArray|sort(?:ed)?(?:Uniq|By)|orderBy|take|drop|tail|initial|toArray|clone(?:Deep)?)$/;
const TEXT: ReadonlyMap<string, string> = new Map([
  ["trim", "trim"],
  ["toLower", "toLowerCase"],
  ["toUpper", "toUpperCase"],
]);

/** A call of a package on a list or a text, which says what a method of it says. */
export interface CollectionCall {
  readonly call: ts.CallExpression;
  readonly method: string;
  readonly list: ts.Expression;
  readonly others: readonly ts.Expression[];
}

/** `find(list, test)`, `_.some(list, test)` with `find` and `_` of such a package; null for anything else. */
export function collectionCall(low: Lowering, call: ts.CallExpression): CollectionCall | null {
  const { arguments: given } = call;
  const [list, ...others] = given;
  if (list === undefined || given.some((one) => low.compiler.isSpreadElement(one))) return null;
  const method = methodOf(low, call.expression);
  if (SAME_LIST.test(method)) return { call, method: "slice", list, others: [] };
  const ofText = TEXT.get(method);
  if (ofText !== undefined && others.length === 0) return { call, method: ofText, list, others };
  return METHOD.test(method) && others.length > 0 ? { call, method, list, others } : null;
}

function methodOf(low: Lowering, callee: ts.Expression): string {
  const ts = low.compiler;
  if (ts.isIdentifier(callee)) return importedAs(low, callee.text)?.name ?? "";
  if (!ts.isPropertyAccessExpression(callee) || !ts.isIdentifier(callee.expression)) return "";
  return importedAs(low, callee.expression.text)?.whole === true ? callee.name.text : "";
}

function importedAs(low: Lowering, local: string): { readonly name: string; readonly whole: boolean } | null {
  const binding = findBinding(low.scope, local);
  if (binding === undefined || binding.record.kind !== SlotKind.Import) return null;
  const found = low.imports.find((one) => one.slot === binding.slot);
  const groups = found === undefined ? null : PACKAGE.exec(found.module);
  if (found === undefined || groups === null) return null;
  // `import find from "lodash/find"`: the module is the function
  const own = groups.groups?.name ?? groups.groups?.only;
  const isWhole = /^(?:default|\*|=)$/.test(found.name);
  if (own !== undefined && own !== "fp") return { name: isWhole ? own : found.name, whole: false };
  if (own === "fp") return null;
  return { name: isWhole ? "" : found.name, whole: isWhole };
}
