/**
 * Path-based routers as a tree of ordered registrations. Adapters of Express and its relatives fill it;
 * `flattenTree` turns it into entry points with the steps that run before each.
 */
import type { Transport } from "../../model/facts.js";
import type { Place } from "../../model/place.js";
import type { Origin, Site } from "../../program/values/origin.js";
import type { Arguments, RawEntry, RawFault, RawStep } from "../routing.js";
import type { PathPattern } from "./paths.js";

/** A test that held when a registration was made; equal keys are the same test with the same outcome. */
export interface Condition {
  readonly key: string;
  readonly text: string;
}

interface ItemBase {
  readonly place: Place;
  readonly conditions: readonly Condition[];
}

/** Runs for every later request that its patterns and methods cover. */
export interface SetUpItem extends ItemBase {
  readonly kind: "set-up";
  readonly patterns: readonly PathPattern[];
  readonly reach: "prefix" | "exact";
  /** upper case; empty: all */
  readonly methods: readonly string[];
  readonly step: RawStep;
}

export interface MountItem extends ItemBase {
  readonly kind: "mount";
  readonly patterns: readonly PathPattern[];
  /** key of the child router */
  readonly child: string;
  /** the child's set-ups run for its own routes only, not for requests that it lets pass */
  readonly isolated?: boolean;
  /** how many of the child's registrations the mount copies; all, also later ones, when it does not copy */
  readonly copied?: number;
}

export interface RouteHandler {
  readonly name: string;
  readonly origin: Origin;
  readonly given: Arguments;
}

export interface RouteItem extends ItemBase {
  readonly kind: "route";
  readonly method: string;
  readonly patterns: readonly PathPattern[];
  readonly steps: readonly RawStep[];
  readonly handler: RouteHandler;
  /** the handler's first line, or the registration */
  readonly handlerPlace: Place;
  /** it goes on to later registrations, so it is a set-up for those that it covers (`all(path, guard)`) */
  readonly continues: "no" | "maybe" | "yes";
  readonly incomplete: string;
  /** the handler is known to be open on purpose: documentation, static files, another library's own routes */
  readonly publicMarker?: RawEntry["publicMarker"];
  /** absent: http */
  readonly transport?: Transport;
  /** configuration of the route that hooks read */
  readonly metadata?: RawEntry["metadata"];
  readonly unchecked?: RawEntry["unchecked"];
}

/** Runs once for routes of the same router whose own path has the parameter. */
export interface ParamItem extends ItemBase {
  readonly kind: "param";
  readonly name: string;
  readonly step: RawStep;
}

/** Something was registered that could not be read; what comes after it may be protected by it. */
export interface GapItem extends ItemBase {
  readonly kind: "gap";
  readonly detail: string;
}

/** A guard that is none, when routes come after it. */
export interface FaultItem extends ItemBase {
  readonly kind: "fault";
  readonly fault: RawFault;
}

export type TreeItem = SetUpItem | MountItem | RouteItem | ParamItem | GapItem | FaultItem;

export interface TreeRouter {
  /** creation site, with the calls that led to it */
  readonly key: string;
  /** creation site alone: routers of one factory share it */
  readonly siteKey: string;
  /** the call that makes it, null when only its users are in sight */
  readonly made: Site | null;
  /** an application rather than a router: its routes are reachable without being mounted */
  readonly app: boolean;
  /** `src/routes/users.ts#router` */
  readonly group: string;
  readonly items: TreeItem[];
}

/** Where mounting copies, what was registered on the child since is not part of it. */
export function mountedItems(item: MountItem, child: TreeRouter): readonly TreeItem[] {
  // none at all when it was mounted: its registrations were met in another order than that in which they run
  return item.copied ? child.items.slice(0, item.copied) : child.items;
}

/** All routers of one adapter, in the order in which they were met. */
export class RoutingTree {
  readonly #routers = new Map<string, TreeRouter>();
  readonly #prefixes = new Map<TreeRouter, string>();

  /** @param caseSensitive whether `/Admin` and `/admin` are different paths */
  constructor(
    readonly framework: string,
    readonly caseSensitive = false,
  ) {}

  get routers(): readonly TreeRouter[] {
    return [...this.#routers.values()];
  }

  /** The router with that identity, made on first sight. */
  router(identity: Omit<TreeRouter, "items">): TreeRouter {
    let router = this.#routers.get(identity.key);
    if (router === undefined) {
      router = { ...identity, items: [] };
      this.#routers.set(identity.key, router);
    }
    return router;
  }

  known(key: string): boolean {
    return this.#routers.has(key);
  }

  /** A path that stands before all of a router's own, whenever they are registered. */
  setPrefix(router: TreeRouter, prefix: string): void {
    this.#prefixes.set(router, prefix);
  }

  prefixOf(router: TreeRouter): string {
    return this.#prefixes.get(router) ?? "";
  }

  /**
   * The router that a mount means. A factory may have been read under other calls than those of the mount: then the
   * one that has registrations stands for it.
   */
  mounted(key: string): TreeRouter | undefined {
    const exact = this.#routers.get(key);
    if (exact === undefined || exact.items.length > 0) return exact;
    return this.routers.find((r) => r.siteKey === exact.siteKey && r.items.length > 0) ?? exact;
  }
}
