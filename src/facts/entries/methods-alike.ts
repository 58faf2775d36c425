/** `route(path).get(receive).put(receive).patch(receive).post(receive)`: what is received by any method is received. */
import type { PublicIntent } from "../../model/facts.js";
import type { JudgedEntry } from "./entries.js";
import { readsMethod } from "./path-readers.js";

/** A convention that says nothing of changes holds for them where the very same is registered for what it speaks of. */
export function withMethodsAlike(judged: readonly JudgedEntry[]): readonly JudgedEntry[] {
  const meant = new Map<string, PublicIntent>();
  for (const { entry } of judged) {
    if (entry.intent?.by === "convention" && entry.method === "POST") meant.set(keyOf(entry), entry.intent);
  }
  return judged.map((one) => {
    const intent =
      one.entry.intent === null && CHANGES.test(one.entry.method) ? meant.get(keyOf(one.entry)) : undefined;
    return intent === undefined || tellsMethods(one) ? one : { ...one, entry: { ...one.entry, intent } };
  });
}

/** One function that does something else for each method is several handlers. */
function tellsMethods({ raw: { handler } }: JudgedEntry): boolean {
  return handler.kind !== "function" || readsMethod(handler.fn);
}

const CHANGES = /^(?:PUT|PATCH|DELETE)$/;

function keyOf({ path, handler, place }: JudgedEntry["entry"]): string {
  return [path, handler, place.file, place.start].join("\0");
}
