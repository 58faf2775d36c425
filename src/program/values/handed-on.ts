/** Callees that hand a message on (`bus.execute(command)`): what is called is what handles the message. */
import { NONE, Op } from "../../model/lowered.js";
import type { LinkQueries, Origin, Site } from "./origin.js";

const HANDS_ON = new Set(["execute", "send", "emit"]);

/** The handlers, where the value is the callee of such a call and its message is known; else the value itself. */
export function handedOn(found: readonly Origin[], site: Site, queries: LinkQueries): readonly Origin[] {
  const [only] = found;
  const { fn, v, frame } = site;
  if (found.length !== 1 || only.kind !== "package" || fn.op(v) !== Op.Member) return found;
  if (!HANDS_ON.has(fn.memberName(v))) return found;
  const call = fn.calls.find((one) => fn.op(one) === Op.Call && fn.callee(one) === v) ?? NONE;
  if (call === NONE) return found;
  const handlers = queries.knowledge.handlersOf(only, { fn, v: call, frame }, queries);
  return handlers === undefined || handlers === "caller" ? found : handlers;
}
