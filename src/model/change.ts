/** What a change did to entry points, to what guards them, and to the manifest. */
import type { RouteRow } from "./finding.js";
import type { LocatedPlace } from "./place.js";

/** `lost` is gone, `weakened` no longer does what it did, `replaced` gave way to one that grants the same. */
export type GuardChangeKind = "lost" | "weakened" | "replaced";

export interface GuardChange {
  readonly kind: GuardChangeKind;
  readonly guard: string;
  /** what it granted */
  readonly grants: string;
  /** what stands in its place: another guard, a condition, a weaker grant; '' when nothing does */
  readonly now: string;
  /** what the affected routes have in common: `/admin`, or the file of their router */
  readonly where: string;
  /** as they are now */
  readonly routes: readonly RouteRow[];
  /** how many of them anybody can reach now who could not before */
  readonly opened: number;
}

export interface DemandChange {
  readonly route: RouteRow;
  readonly before: string;
  readonly after: string;
}

export interface PolicyLoosened {
  readonly what: string;
  /** null for what is no longer written anywhere */
  readonly at: LocatedPlace | null;
}

export interface Change {
  /** as given on the command line */
  readonly since: string;
  readonly commit: string;
  readonly routesAdded: readonly RouteRow[];
  readonly routesRemoved: readonly RouteRow[];
  readonly guards: readonly GuardChange[];
  /** routes of which the manifest demands less than before */
  readonly demands: readonly DemandChange[];
  readonly policy: readonly PolicyLoosened[];
}
