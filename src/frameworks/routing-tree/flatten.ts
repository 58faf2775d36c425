/** From a routing tree to entry points: which set-ups run before each handler, and which only seem to. */
import { samplePath } from "../file-routes/paths.js";
import { mountedSurface } from "../knowledge/surfaces.js";
import type { AdapterOutput, RawEntry, RawFault, RawNearMiss, RawStep } from "../routing.js";
import { type Active, activate, asSetUps, coverageOf, type Level } from "./active-set-ups.js";
import { withoutExceptions } from "./exceptions.js";
import { earlierMiss, laterMisses, pushMiss } from "./near-misses.js";
import {
  type Coverage,
  covers,
  joinPaths,
  joinPattern,
  normalizePath,
  type PathPattern,
  patternText,
} from "./paths.js";
import {
  type Condition,
  type FaultItem,
  mountedItems,
  type ParamItem,
  type RouteItem,
  type RoutingTree,
  type SetUpItem,
  type TreeItem,
  type TreeRouter,
} from "./routing-tree.js";

interface Walk {
  readonly prefix: string;
  readonly conditions: readonly Condition[];
  readonly levels: readonly Level[];
  readonly incomplete: string;
  readonly visiting: readonly TreeRouter[];
  readonly caseSensitive: boolean;
}

const MAX_ENTRIES = 20_000;

export function flattenTree(tree: RoutingTree): Omit<AdapterOutput, "unknowns"> {
  return new Flattener(tree).run();
}

class Flattener {
  readonly #entries = new Map<string, RawEntry>();
  readonly #faults = new Map<string, RawFault>();

  constructor(private readonly tree: RoutingTree) {}

  run(): Omit<AdapterOutput, "unknowns"> {
    const mounted = this.#mountedRouters();
    for (const router of this.tree.routers) {
      if (mounted.has(router)) continue;
      const incomplete = router.app ? "" : "router is not mounted in sight";
      const { caseSensitive } = this.tree;
      const walk: Walk = { prefix: "/", conditions: [], levels: [], incomplete, visiting: [], caseSensitive };
      this.#walk(router, router.items, walk, []);
    }
    return { entries: [...this.#entries.values()], faults: [...this.#faults.values()] };
  }

  #mountedRouters(): ReadonlySet<TreeRouter> {
    const found = new Set<TreeRouter>();
    for (const router of this.tree.routers) {
      for (const item of router.items) {
        const child = item.kind === "mount" ? this.tree.mounted(item.child) : undefined;
        if (child !== undefined && child !== router) found.add(child);
      }
    }
    return found;
  }

  /** @param active set-ups in force; those of this router are added, since a request that no route takes passes them */
  #walk(router: TreeRouter, items: readonly TreeItem[], outer: Walk, active: Active[]): void {
    if (outer.visiting.includes(router)) return;
    const walk = { ...outer, prefix: joinPaths(outer.prefix, normalizePath(this.tree.prefixOf(router))) };
    let incomplete = walk.incomplete;
    for (const [index, item] of items.entries()) {
      const later = router.items.slice(index + 1);
      const conditions = [...walk.conditions, ...item.conditions];
      if (item.kind === "set-up") {
        const levels = [...walk.levels, levelOf(walk, later)];
        this.#surface(router, item, { ...walk, levels, incomplete, conditions }, active);
        active.push(activate(item, { ...walk, conditions }));
      }
      if (item.kind === "gap") incomplete ||= item.detail;
      else if (item.kind === "fault") this.#fault(item, later);
      else if (item.kind === "mount") {
        const child = this.tree.mounted(item.child);
        const levels = [...walk.levels, levelOf(walk, later)];
        const visiting = [...walk.visiting, router];
        for (const pattern of item.patterns) {
          const prefix = patternText(joinPattern(walk.prefix, pattern));
          const inForce = item.isolated === true ? [...active] : active;
          const below = { ...walk, prefix, conditions, levels, incomplete, visiting };
          if (child) this.#walk(child, mountedItems(item, child), below, inForce);
        }
      } else if (item.kind === "route") {
        const levels = [...walk.levels, levelOf(walk, later)];
        this.#route(router, item, { ...walk, levels, incomplete, conditions }, active);
      }
    }
  }

  #fault(item: FaultItem, later: readonly TreeItem[]): void {
    if (!later.some((next) => next.kind === "route" || next.kind === "mount")) return;
    this.#faults.set(`${item.place.file}:${item.place.start}:${item.fault.name}`, item.fault);
  }

  /** A ready-made page for operators is mounted like a guard, and is an entry point of its own. */
  #surface(router: TreeRouter, item: SetUpItem, walk: Walk, active: readonly Active[]): void {
    if (mountedSurface(item.step.origin) === null || walk.conditions.length > 0) return;
    const handler = { name: item.step.name, origin: item.step.origin, given: item.step.given };
    const { place, conditions, patterns } = item;
    const own = { kind: "route", place, conditions, patterns, handler, handlerPlace: place, method: "ALL" } as const;
    for (const pattern of patterns) {
      const path = patternText(joinPattern(walk.prefix, pattern));
      this.#entry(router, { ...own, steps: [], continues: "no", incomplete: "" }, path, walk, active);
    }
  }

  #route(router: TreeRouter, item: RouteItem, walk: Walk, active: Active[]): void {
    const own: Active[] = [];
    for (const pattern of item.patterns) {
      const path = patternText(joinPattern(walk.prefix, pattern));
      if (!isOnlyGuard(item, path, walk)) this.#entry(router, item, path, walk, active);
    }
    if (item.continues !== "no") own.push(...asSetUps(item, walk));
    active.push(...own);
  }

  #entry(router: TreeRouter, item: RouteItem, path: string, walk: Walk, active: readonly Active[]): void {
    const key = `${item.method} ${path} ${item.place.file}:${item.place.start}:${item.place.end}`;
    if (this.#entries.has(key) || this.#entries.size >= MAX_ENTRIES) return;
    const steps: RawStep[] = [];
    const misses: RawNearMiss[] = [];
    const held = new Set(walk.conditions.map((c) => c.key));
    for (const setUp of active) {
      const coverage = coverageOf(setUp, item.method, path);
      if (coverage !== "no") steps.push(conditional(setUp, held, coverage));
      else pushMiss(misses, earlierMiss(setUp, item.method, path));
    }
    for (const param of paramSteps(router, path)) steps.push(param.step);
    const below = samplePath(walk.prefix);
    steps.push(...item.steps.map((step) => ({ ...step, below, ofRoute: true })));
    const request = { path, method: item.method, caseSensitive: walk.caseSensitive };
    const { applied, marker, slips } = withoutExceptions(steps, request);
    for (const level of walk.levels) for (const miss of laterMisses(level, item.method, path)) pushMiss(misses, miss);
    this.#entries.set(key, {
      transport: mountedSurface(item.handler.origin) === null ? "http" : "page",
      framework: this.tree.framework,
      method: item.method,
      path,
      handler: item.handler.origin,
      handlerName: item.handler.name,
      given: item.handler.given,
      place: item.handlerPlace,
      registration: item.place,
      steps: applied,
      nearMisses: misses,
      metadata: new Map(),
      group: router.group,
      publicMarker: item.publicMarker ?? marker,
      ...(slips.length > 0 ? { slips } : {}),
      incomplete: item.incomplete || walk.incomplete,
    });
  }
}

/** `all('/api/*', guard)` before the routes that it covers is no route of its own. */
function isOnlyGuard(item: RouteItem, path: string, walk: Walk): boolean {
  if (item.continues === "yes" && item.method === "ALL") return true;
  if (item.continues === "no") return false;
  const pattern: PathPattern = { kind: "text", text: path };
  return walk.levels.some((level) =>
    level.later.some((next) => {
      if (next.kind === "mount") return next.patterns.some((p) => touches(pattern, joinPattern(level.prefix, p)));
      if (next.kind !== "route" || (item.method !== "ALL" && next.method !== item.method)) return false;
      return next.patterns.some((p) => covers(pattern, "exact", patternText(joinPattern(level.prefix, p))) === "yes");
    }),
  );
}

function touches(pattern: PathPattern, prefix: PathPattern): boolean {
  return patternText(pattern).includes("*") && covers(pattern, "exact", patternText(prefix)) === "yes";
}

function levelOf({ prefix, conditions, caseSensitive }: Walk, later: readonly TreeItem[]): Level {
  return { prefix, conditions, caseSensitive, later };
}

function conditional(setUp: Active, held: ReadonlySet<string>, coverage: Coverage): RawStep {
  const texts = setUp.conditions.filter((c) => !held.has(c.key)).map((c) => c.text);
  if (setUp.step.condition !== "") texts.push(setUp.step.condition);
  if (coverage === "maybe") texts.push(`the path matches ${setUp.patterns.map(patternText).join(" or ")}`);
  return { ...setUp.step, condition: [...new Set(texts)].join(" and ") };
}

function paramSteps(router: TreeRouter, path: string): readonly ParamItem[] {
  const names = new Set(path.split("/").filter((part) => part.startsWith(":")));
  return router.items.filter((item): item is ParamItem => item.kind === "param" && names.has(`:${item.name}`));
}
