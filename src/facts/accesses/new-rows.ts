/**
 * Entry points without sign-in that do nothing but make new rows, of which the request says nothing: a code by which a
 * device signs in later, a visit. Whoever asks gets one of their own, and nobody else's is touched.
 */
import type { EntryPoint, PublicIntent } from "../../model/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import { isOpenToAll, type OwnReach } from "./secret-rows.js";

/** Null where a row is read, changed, or told by the request what it holds. */
export function newRowsIntent(
  entry: Pick<EntryPoint, "protection" | "intent" | "effects">,
  own: readonly OwnReach[],
): PublicIntent | null {
  if (!isOpenToAll(entry) || entry.effects.length > 0 || own.length === 0 || !own.every(isMadeOfNothing)) return null;
  const [{ call }] = own;
  return { by: "convention", reason: `makes a '${call.model}' of which the request says nothing`, place: null };
}

function isMadeOfNothing({ call, reach }: OwnReach): boolean {
  if (call.operation !== "create" || call.writtenWhole.length > 0 || reach.createsInTenant === true) return false;
  const written = leaves(call.written.flatMap(({ values }) => values));
  return written.some(isMadeUp) && !written.some(isTold);
}

/** A value that was never there before: whoever gets it holds what nobody else does. */
function isMadeUp(origin: Origin): boolean {
  if (origin.kind === "source") return origin.source === "neutral" && origin.path === "random";
  return origin.kind === "package" && MADE_UP.test(origin.path);
}

const MADE_UP = /(?:random|nanoid|uuid|ulid|cuid|createId|customAlphabet|generate)\w*\(\)/i;

/** Rows and what could not be followed may be what the request picked. */
function isTold(origin: Origin): boolean {
  if (origin.kind === "unknown" || origin.kind === "parameter") return true;
  return origin.kind === "source" && origin.source !== "config" && origin.source !== "neutral";
}
