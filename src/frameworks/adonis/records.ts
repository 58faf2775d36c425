/** Routes, groups and resources as they are registered; what is called on them afterwards is added. */
import type { Place } from "../../model/place.js";
import type { RawStep } from "../routing.js";
import type { RunCall } from "../routing-tree/run.js";
import type { Spot } from "../routing-tree/spot.js";

export interface Group {
  readonly kind: "group";
  readonly parent: Group | null;
  prefix: string;
  readonly steps: RawStep[];
}

export interface Route {
  readonly kind: "route";
  readonly parent: Group | null;
  readonly call: RunCall;
  readonly place: Place;
  readonly methods: readonly string[];
  readonly path: string | null;
  readonly handler: Spot | undefined;
  prefix: string;
  readonly steps: RawStep[];
}

export interface Resource {
  readonly kind: "resource";
  readonly parent: Group | null;
  readonly call: RunCall;
  readonly place: Place;
  readonly name: string;
  readonly controller: Spot | undefined;
  prefix: string;
  readonly steps: RawStep[];
  /** steps for some of its actions */
  readonly stepsOf: { readonly actions: readonly string[]; readonly step: RawStep }[];
  actions: readonly string[];
}

export type Recorded = Group | Route | Resource;

export const ACTIONS: Readonly<Record<string, readonly [methods: readonly string[], below: string]>> = {
  index: [["GET"], ""],
  create: [["GET"], "/create"],
  store: [["POST"], ""],
  show: [["GET"], "/:id"],
  edit: [["GET"], "/:id/edit"],
  update: [["PUT", "PATCH"], "/:id"],
  destroy: [["DELETE"], "/:id"],
};

/** `posts.comments` lies below one post. */
export function resourcePath(name: string): string {
  const parts = name.split(".");
  return parts.map((part, i) => (i < parts.length - 1 ? `/${part}/:${singular(part)}_id` : `/${part}`)).join("");
}

function singular(word: string): string {
  return word.replace(/ies$/, "y").replace(/s$/, "").replaceAll("-", "_");
}

/** Prefixes from the outermost group inwards. */
export function prefixOf(group: Group | null): string {
  return group === null ? "" : `${prefixOf(group.parent)}/${group.prefix}`;
}

export function groupSteps(group: Group | null): readonly RawStep[] {
  return group === null ? [] : [...groupSteps(group.parent), ...group.steps];
}
