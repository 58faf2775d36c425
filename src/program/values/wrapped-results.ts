/**
 * What generic wrappers give back, read off their types: `retry<T>(run: () => Promise<T>): Promise<T>` can get a `T`
 * from nowhere but what it is given, however it is written inside.
 */
import { NONE, SlotKind, type TypeRef } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../linking/function-view.js";
import { givenFrame } from "./call-frames.js";
import { type LinkQueries, type Origin, type Site, unknown } from "./origin.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

/** @returns null when the types do not say it */
export function resultOfWrapped(callee: FunctionOrigin, site: Site, queries: LinkQueries): readonly Origin[] | null {
  const at = wrappedParameter(callee.fn);
  if (at === NONE) return null;
  const args = site.fn.args(site.v);
  if (at >= args.length) return null;
  const given = queries.evaluate({ fn: site.fn, v: args[at], frame: site.frame });
  const found: Origin[] = [];
  for (const origin of given) {
    if (origin.kind !== "function") return null;
    const frame = givenFrame(
      origin,
      origin.fn.info.params.map(() => [unknown("callback")]),
      site.frame?.depth ?? 0,
    );
    found.push(...queries.bind(queries.returnsOf(origin.fn), frame));
  }
  return found.length === 0 ? null : found;
}

const known = new WeakMap<FunctionView, number>();

/** The only parameter that can yield the type variable which the function returns; NONE when there is none. */
function wrappedParameter(fn: FunctionView): number {
  let at = known.get(fn);
  if (at === undefined) {
    at = findParameter(fn);
    known.set(fn, at);
  }
  return at;
}

function findParameter(fn: FunctionView): number {
  const { types } = fn.file.lowered;
  const variable = fn.info.returns === NONE ? null : variableOf(types[fn.info.returns], fn.file);
  if (variable === null) return NONE;
  let found = NONE;
  for (const [i, param] of fn.info.params.entries()) {
    const type = types[param.type];
    if (type === undefined || !yields(type, variable, fn.file)) continue;
    if (found !== NONE || type.kind !== "function") return NONE;
    found = i;
  }
  return found;
}

function yields(type: TypeRef, variable: string, file: ProgramFile): boolean {
  if (type.kind === "function") return variableOf(type.returns, file) === variable;
  return variableOf(type, file) === variable;
}

/** A bare name that nothing in the file declares or imports is a type variable; promises are looked through. */
function variableOf(type: TypeRef, file: ProgramFile): string | null {
  if (type.kind !== "name") return null;
  const [inner] = type.args;
  if (inner !== undefined) return /^(?:Promise|PromiseLike|Awaited)$/.test(type.name) ? variableOf(inner, file) : null;
  if (!/^T$|^[A-Z]$|^T[A-Z]\w*$|^(?:Result|Return)$/.test(type.name)) return null;
  const declared = file.lowered.typeDeclarations.some((t) => t.name === type.name);
  const slot = declared ? NONE : file.moduleSlot(type.name);
  return declared || (slot !== NONE && file.module.info.slots[slot].kind === SlotKind.Import) ? null : type.name;
}
