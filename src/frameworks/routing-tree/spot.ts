/** A value at its place, within one round of the loops around it. */
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Frame, Origin, Site } from "../../program/values/origin.js";

/** Items of loops that are being gone through: the value that stands for the item → this item. */
export type Bindings = ReadonlyMap<number, Origin>;
export const NO_BINDINGS: Bindings = new Map();

/** A value at its place, seen within one round of the loops around it. */
export interface Spot {
  readonly fn: FunctionView;
  readonly v: number;
  readonly frame: Frame | null;
  readonly bindings: Bindings;
}

export function site(spot: Spot): Site {
  return { fn: spot.fn, v: spot.v, frame: spot.frame };
}

export function at(place: Site): Spot {
  return { ...place, bindings: NO_BINDINGS };
}
