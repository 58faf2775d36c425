/**
 * `directory.requests.handle({ secret, … }, applyChange)`: a package is handed the credential of the request together
 * with the work. It does the work for whoever it lets in, and how it decides stands in the package.
 */
import { isClient } from "../../frameworks/knowledge/outside.js";
import type { Step } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import type { Visit } from "../../program/walks/walk.js";
import type { Analysis } from "../analysis.js";
import { valuesGiven } from "./external-uses.js";
import { unreadStep } from "./unread-step.js";

/** The step that the package takes before it does the work, of which nobody knows what it asks; null for other calls. */
export function handedOver({ site, callees }: Visit, { queries }: Analysis): Step | null {
  const { fn, v, frame } = site;
  // `globalThis.directory ??= connect()`: what is kept and not yet made is no object that is asked
  const asked = callees.filter((o) => o.kind !== "constant" && o.kind !== "unknown");
  if (fn.op(v) !== Op.Call || asked.length === 0) return null;
  if (!asked.every((o) => o.kind === "package" && isClient(o))) return null;
  const work = Array.from(fn.args(v).slice(0, 4)).some((arg) =>
    queries.evaluate({ fn, v: arg, frame }).some((o) => o.kind === "function" && o.fn.hasBody),
  );
  if (!work || !valuesGiven(site, queries).some((o) => o.kind === "source" && o.source === "credential")) return null;
  return unreadStep({ name: displayName(fn, v), kind: "inline", place: fn.place(v), definedAt: null });
}
