/** The way of claims through functions: in which they are seen, with the token as each of them knows it. */
import type { Evidence, TokenRead } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Origin } from "../../program/values/origin.js";
import { tokenIdentity } from "../verification/token-checks.js";
import type { TokenContext } from "./token-context.js";
import type { Spot } from "./token-values.js";

export type UseKind = Exclude<TokenRead["use"], "unused">;

/** A function on the way of the claims, with the token as that function knows it and the value that carries them. */
export interface Scope {
  readonly fn: FunctionView;
  readonly token: readonly Origin[];
  readonly from: number;
  /** where they left it: the return, or the call that took them further; the use itself in the last scope */
  readonly left: number;
}

export interface Use {
  readonly kind: UseKind;
  readonly at: Spot;
  /** functions through which the claims came, the one with the use last */
  readonly scopes: readonly Scope[];
  /** it changes something: an identity is set, a row is written */
  readonly lasting: boolean;
  /** told by a name only */
  readonly named: boolean;
  readonly evidence: readonly Evidence[];
}

/** One value on the way of the claims. */
export interface Item extends Spot {
  /** last member that was read, '' for the claims as a whole */
  readonly member: string;
  /** keys under which they were put into objects, the outermost first: what is read under another key is something else */
  readonly held: readonly string[];
  /** key of an object literal that names a caller */
  readonly caller: string;
  readonly scopes: readonly Scope[];
  /** calls to come back to */
  readonly stack: readonly Spot[];
  readonly ups: number;
  /** they went through a call that cannot be read: its answer is not the claims any more */
  readonly through: boolean;
  readonly evidence: readonly Evidence[];
}

/** The token as a called function knows it: the parameter that receives it. */
export function tokenInside(item: Item, row: number, target: FunctionView, context: TokenContext): readonly Origin[] {
  const known = item.scopes.at(-1)?.token ?? [];
  const found: Origin[] = [];
  for (const [index, arg] of item.fn.args(row).entries()) {
    const given = tokenIdentity(context.evaluate({ fn: item.fn, v: arg }));
    const same = given.some((o) => known.some((t) => JSON.stringify(keyOf(o)) === JSON.stringify(keyOf(t))));
    if (same) found.push({ kind: "parameter", fn: target, index, path: [] });
  }
  return found;
}

/** The token in the words of the caller: arguments put in the place of parameters. */
export function tokenOutside(item: Item, site: Spot, context: TokenContext): readonly Origin[] {
  const known = item.scopes.at(-1)?.token ?? [];
  return known.flatMap((origin) => {
    if (origin.kind !== "parameter" || origin.fn !== item.fn) return [origin];
    const arg = site.fn.args(site.v)[origin.index];
    if (arg === undefined) return [];
    const given = context.evaluate({ fn: site.fn, v: arg });
    return tokenIdentity(given.flatMap((o) => [...context.queries.project(o, origin.path)]));
  });
}

/** The scopes once the last is left at a row. */
export function leaving(scopes: readonly Scope[], row: number): readonly Scope[] {
  const last = scopes.at(-1);
  return last === undefined ? scopes : [...scopes.slice(0, -1), { ...last, left: row }];
}

/** Name of the function that the claims came from last. */
export function lastStep(item: Item): string {
  return item.scopes.at(-2)?.fn.info.name ?? "";
}

function keyOf(origin: Origin): readonly unknown[] {
  if (origin.kind === "parameter") return ["p", origin.fn.id, origin.index, origin.path];
  if (origin.kind === "source") return ["s", origin.source, origin.path];
  if (origin.kind === "apply") return ["y", origin.site.fn.id, origin.site.v, origin.path];
  return [origin.kind, origin.kind === "package" ? origin.path : ""];
}

/** Rows that read a parameter. */
export function paramRows(fn: FunctionView, index: number): readonly number[] {
  const found: number[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) if (fn.op(v) === Op.Param && fn.a(v) === index) found.push(v);
  return found;
}
