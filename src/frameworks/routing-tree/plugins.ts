/**
 * From a tree of plugins to entry points. Unlike middleware, hooks belong to a scope: those of an instance reach all
 * its routes, before and after, and the plugins below it, and never its parent or its siblings.
 */
import type { AdapterOutput, RawEntry, RawNearMiss, RawStep } from "../routing.js";
import { type Coverage, covers, joinPattern, type PathPattern, patternText } from "./paths.js";
import type { Condition, RouteItem, RoutingTree, SetUpItem, TreeRouter } from "./routing-tree.js";

/** A hook with the prefixes and conditions of the registrations that led to it. */
interface Reaching {
  readonly step: RawStep;
  readonly patterns: readonly PathPattern[];
  readonly reach: SetUpItem["reach"];
  readonly conditions: readonly Condition[];
}

interface Scope {
  readonly prefix: string;
  readonly conditions: readonly Condition[];
  readonly hooks: readonly Reaching[];
  /** hooks of plugins that only add hooks and keep them to themselves */
  readonly kept: readonly RawStep[];
  readonly incomplete: string;
  readonly visiting: readonly TreeRouter[];
}

const MAX_ENTRIES = 20_000;
const MAX_NEAR_MISSES = 6;

/** Entry points of all instances of a tree. */
export function flattenPlugins(tree: RoutingTree): Omit<AdapterOutput, "unknowns"> {
  return new PluginFlattener(tree).run();
}

class PluginFlattener {
  readonly #entries = new Map<string, RawEntry>();

  constructor(private readonly tree: RoutingTree) {}

  run(): Omit<AdapterOutput, "unknowns"> {
    const mounted = new Set(this.tree.routers.flatMap((router) => this.#children(router)));
    for (const router of this.tree.routers) {
      if (mounted.has(router)) continue;
      const incomplete = router.app ? "" : "the plugin is not registered in sight";
      this.#scope(router, { prefix: "/", conditions: [], hooks: [], kept: [], incomplete, visiting: [] });
    }
    return { entries: [...this.#entries.values()], faults: [] };
  }

  #children(router: TreeRouter): readonly TreeRouter[] {
    return router.items.flatMap((item) => {
      const child = item.kind === "mount" ? this.tree.mounted(item.child) : undefined;
      return child === undefined || child === router ? [] : [child];
    });
  }

  #scope(router: TreeRouter, outer: Scope): void {
    if (outer.visiting.includes(router)) return;
    const hooks = [...outer.hooks];
    let incomplete = outer.incomplete;
    for (const item of router.items) {
      if (item.kind === "gap") incomplete ||= item.detail;
      if (item.kind !== "set-up") continue;
      const patterns = item.patterns.map((pattern) => joinPattern(outer.prefix, pattern));
      const conditions = [...outer.conditions, ...item.conditions];
      hooks.push({ step: item.step, patterns, reach: item.reach, conditions });
    }
    const kept = [...outer.kept, ...this.#keptBelow(router)];
    const scope: Scope = { ...outer, hooks, kept, incomplete, visiting: [...outer.visiting, router] };
    for (const item of router.items) {
      const conditions = [...outer.conditions, ...item.conditions];
      if (item.kind === "route") this.#route(router, item, { ...scope, conditions });
      const child = item.kind === "mount" ? this.tree.mounted(item.child) : undefined;
      if (item.kind !== "mount" || child === undefined) continue;
      for (const pattern of item.patterns) {
        this.#scope(child, { ...scope, conditions, prefix: patternText(joinPattern(outer.prefix, pattern)) });
      }
    }
  }

  /** A plugin of nothing but hooks was meant for others, and does not reach them. */
  #keptBelow(router: TreeRouter): readonly RawStep[] {
    return this.#children(router)
      .filter((child) => child.items.length > 0 && child.items.every((item) => item.kind === "set-up"))
      .flatMap((child) => child.items.flatMap((item) => (item.kind === "set-up" ? [item.step] : [])));
  }

  #route(router: TreeRouter, item: RouteItem, scope: Scope): void {
    for (const pattern of item.patterns) {
      const path = patternText(joinPattern(scope.prefix, pattern));
      const key = `${item.method} ${path} ${item.place.file}:${item.place.start}:${item.place.end}`;
      if (this.#entries.has(key) || this.#entries.size >= MAX_ENTRIES) continue;
      const held = new Set(scope.conditions.map((c) => c.key));
      const reaching = scope.hooks.flatMap((hook): readonly RawStep[] => {
        const coverage = coverageOf(hook, path);
        return coverage === "no" ? [] : [conditional(hook, held, coverage)];
      });
      this.#entries.set(key, {
        transport: item.transport ?? "http",
        framework: this.tree.framework,
        method: item.method,
        path,
        handler: item.handler.origin,
        handlerName: item.handler.name,
        given: item.handler.given,
        place: item.handlerPlace,
        registration: item.place,
        steps: inOrder([...reaching, ...item.steps]),
        nearMisses: scope.kept.slice(0, MAX_NEAR_MISSES).map(nearMiss),
        metadata: item.metadata ?? NO_METADATA,
        ...(item.unchecked === undefined ? {} : { unchecked: item.unchecked }),
        group: router.group,
        publicMarker: item.publicMarker ?? null,
        incomplete: item.incomplete || scope.incomplete,
      });
    }
  }
}

const NO_METADATA: RawEntry["metadata"] = new Map();

/** Kind by kind; within one kind those of outer instances first, those of the route last. */
function inOrder(steps: readonly RawStep[]): readonly RawStep[] {
  return [...steps].sort((a, b) => (a.phase ?? 0) - (b.phase ?? 0));
}

function coverageOf(hook: Reaching, path: string): Coverage {
  const all = hook.patterns.map((pattern) => covers(pattern, hook.reach, path));
  return all.includes("yes") ? "yes" : all.includes("maybe") ? "maybe" : "no";
}

function conditional(hook: Reaching, held: ReadonlySet<string>, coverage: Coverage): RawStep {
  const texts = hook.conditions.filter((c) => !held.has(c.key)).map((c) => c.text);
  if (hook.step.condition !== "") texts.push(hook.step.condition);
  if (coverage === "maybe") texts.push(`the path matches ${hook.patterns.map(patternText).join(" or ")}`);
  return texts.length === 0 ? hook.step : { ...hook.step, condition: [...new Set(texts)].join(" and ") };
}

function nearMiss(step: RawStep): RawNearMiss {
  return { step, why: "plugin-scope", detail: "a plugin keeps its hooks to itself unless it is wrapped to escape" };
}
