/** By which test a part of a filter is left out: `if (!seesAll(user)) query.where(…)`. */
import { partingFrom } from "../../program/facts/avoidance.js";
import type { Site } from "../../program/values/origin.js";
import type { Choice } from "./data-call.js";

/** The test that leads around a value between two others, and how it comes out; undefined where that is not one test. */
export function wayAround(from: Site, via: number, to: number): Choice | undefined {
  const parting = partingFrom(from.fn, from.v, via, to);
  return parting === null ? undefined : { site: { ...from, v: parting.test }, holds: parting.holds };
}
