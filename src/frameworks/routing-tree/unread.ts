/** Registrations that could not be read: counted once per place, and what they may hide from the routes after them. */
import type { Unknown } from "../../model/facts.js";
import { displayName } from "../../program/facts/fact-reader.js";
import { placeOf } from "./calls.js";
import type { TreeRouter } from "./routing-tree.js";
import type { RunCall } from "./run.js";

const REMEDY = 'routes: rules: - { match: "* /…", require: [authentication] }';

export class Unread {
  readonly #unknowns = new Map<string, Unknown>();

  get all(): readonly Unknown[] {
    return [...this.#unknowns.values()];
  }

  add(call: RunCall, detail: string): void {
    const place = placeOf(call);
    const text = `${displayName(call.fn, call.v) || "a registration"}: ${detail}`;
    const unknown: Unknown = { kind: "dynamic-registration", place, detail: text, remedy: REMEDY };
    this.#unknowns.set(`${place.file}:${place.start}:${text}`, unknown);
  }

  /** It may have been a guard or a route: what comes after it is not completely known. */
  gap(call: RunCall, router: TreeRouter, detail: string): void {
    this.add(call, detail);
    router.items.push({ kind: "gap", place: placeOf(call), conditions: call.conditions, detail });
  }
}
