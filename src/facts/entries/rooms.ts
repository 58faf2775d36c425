/** Rooms of socket servers: whoever is in one hears what is sent to all of its members. */
import { Op } from "../../model/lowered.js";
import { calleeName } from "../../program/facts/refusals.js";
import { leaves } from "../../program/values/computed-origins.js";
import { argumentsAt, type Visit } from "../../program/walks/walk.js";
import type { Analysis } from "../analysis.js";

/** `socket.join(message.room)` on the caller's own connection (Socket.IO); null for other calls and rooms of the service's own. */
export function roomEffect({ site, callees }: Visit, { queries }: Analysis): string | null {
  const { fn, v } = site;
  if (fn.op(v) !== Op.Call || calleeName(fn, fn.callee(v)) !== "join" || fn.args(v).length !== 1) return null;
  if (!callees.some((o) => o.kind === "source" && o.source === "request" && o.path === "join")) return null;
  const [room = []] = argumentsAt(site, queries);
  return leaves(room).some((o) => o.kind === "source" && o.source === "input")
    ? "joins a room that the message names"
    : null;
}
