/** Written values that are chosen on the spot: `kind === "team" ? teamId : null`. */
import { Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import type { OriginQueries, Site } from "../../program/values/origin.js";
import type { ChosenSide, WrittenColumn } from "./data-call.js";

/** The values of both sides, each with what it was chosen by; nothing where nothing is chosen. */
export function chosenSides({ fn, v, frame }: Site, queries: OriginQueries): Pick<WrittenColumn, "sides"> {
  const value = behind(fn, v);
  if (fn.op(value) !== Op.Cond) return {};
  const site: Site = { fn, v: fn.a(value), frame };
  const side = (holds: boolean): ChosenSide => {
    const taken = holds ? fn.b(value) : fn.c(value);
    return { choice: { site, holds }, values: queries.evaluate({ fn, v: taken, frame }) };
  };
  return { sides: [side(true), side(false)] };
}
