/** `socket.rooms.has(room)` (Socket.IO): who is in a room was let in before, and the room says what it is of. */
import { Op } from "../../model/lowered.js";
import { derived, leaves } from "../../program/values/computed-origins.js";
import { type Origin, type OriginQueries, type Site, source } from "../../program/values/origin.js";

const ASKED = /(?:^|\)\.)rooms\.has$/;

/** Whether a callee, by its path, asks the caller's own connection for a room. */
export function asksForRoom(path: string): boolean {
  return ASKED.test(path);
}

/** That the ids which name a room are among those of the caller; undefined where none can be read. */
export function roomAskedFor(site: Site, queries: OriginQueries): readonly Origin[] | undefined {
  const { fn, v, frame } = site;
  const [room] = fn.op(v) === Op.Call ? fn.args(v) : [];
  if (room === undefined) return undefined;
  const named = namesOf(queries.evaluate({ fn, v: room, frame }), queries).filter((o) => o.kind !== "constant");
  return named.length === 0 ? undefined : [derived([source("identity", "rooms", { site }), ...named], "has", site)];
}

/** Ids in the name of a room: `board:${id}`. */
function namesOf(origins: readonly Origin[], queries: OriginQueries): readonly Origin[] {
  return leaves(origins).flatMap((origin): readonly Origin[] => {
    if (origin.kind !== "literal" || origin.form !== "template") return [origin];
    const { fn, v, frame } = origin.site;
    return fn.templateValues(v).flatMap((value) => namesOf(queries.evaluate({ fn, v: value, frame }), queries));
  });
}
