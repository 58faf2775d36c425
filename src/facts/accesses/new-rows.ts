/**
 * Entry points without sign-in that do nothing but make new rows, of which the request says nothing: a code by which a
 * device signs in later, a visit. Whoever asks gets one of their own, and nobody else's is touched.
 */
import type { EntryPoint, PublicIntent } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { isOpenToAll, type OwnReach } from "./secret-rows.js";

/** Null where a row is read, changed, or told by the request what it holds. */
export function newRowsIntent(
  entry: Pick<EntryPoint, "protection" | "intent" | "effects">,
  own: readonly OwnReach[],
  queries: LinkQueries,
): PublicIntent | null {
  if (!isOpenToAll(entry) || entry.effects.length > 0 || own.length === 0) return null;
  if (!own.every((one) => isMadeOfNothing(one, queries))) return null;
  const [{ call }] = own;
  return { by: "convention", reason: `makes a '${call.model}' of which the request says nothing`, place: null };
}

function isMadeOfNothing({ call, reach }: OwnReach, queries: LinkQueries): boolean {
  if (call.operation !== "create" || call.writtenWhole.length > 0 || reach.createsInTenant === true) return false;
  const values = call.written.flatMap((column) => column.values);
  const parts = leaves(values);
  const isNew = parts.some(isMadeUp) || values.some((o) => isMadeByPackage(o, queries));
  return isNew && !parts.some(isTold);
}

/** A value that was never there before: whoever gets it holds what nobody else does. */
function isMadeUp(origin: Origin): boolean {
  if (origin.kind === "source") return origin.source === "neutral" && origin.path === "random";
  return origin.kind === "package" && MADE_UP.test(origin.path);
}

/** `nanoid(64)`: how long it is to be says nothing of what it is */
function isMadeByPackage(origin: Origin, queries: LinkQueries): boolean {
  if (origin.kind !== "derived" || origin.site === null) return false;
  const { fn, v, frame } = origin.site;
  if (fn.op(v) !== Op.Call) return false;
  return queries
    .evaluate({ fn, v: fn.callee(v), frame })
    .some((o) => o.kind === "package" && /^(?:nanoid|uuid)$/.test(o.module));
}

const MADE_UP = /(?:random|nanoid|uuid|ulid|cuid|createId|customAlphabet|generate)\w*\(\)/i;

/** Rows and what could not be followed may be what the request picked. */
function isTold(origin: Origin): boolean {
  if (origin.kind === "unknown" || origin.kind === "parameter") return true;
  return origin.kind === "source" && origin.source !== "config" && origin.source !== "neutral";
}
