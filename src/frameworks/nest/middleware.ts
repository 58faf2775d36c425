/** Middleware that modules configure: `consumer.apply(A).exclude(…).forRoutes(…)`. */
import { NONE, Op } from "../../model/lowered.js";
import type { LinkQueries, Site } from "../../program/values/origin.js";
import { argumentSites, classKey, type Item, itemsOf, textOf } from "../classes/values.js";
import type { ProgramIndex, RawNearMiss, RawStep } from "../routing.js";
import { type Application, type Exclusion, exclusionOf } from "./applications.js";
import type { StepMaker } from "./guards.js";
import { matchesPath } from "./paths.js";

interface Target extends Exclusion {
  /** a text matches everything below it as well, a path with a method only itself */
  readonly below: boolean;
}

export interface Binding {
  /** key of the module class that configures it */
  readonly module: string;
  readonly steps: readonly RawStep[];
  readonly targets: readonly Target[];
  /** controllers whose routes it covers */
  readonly controllers: ReadonlySet<string>;
  readonly exclusions: readonly Exclusion[];
}

/** A request's route as middleware sees it. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly controller: string;
}

/** All middleware that modules of the program bind. */
export function readMiddleware(index: ProgramIndex, queries: LinkQueries, steps: StepMaker): readonly Binding[] {
  return index.callsOfMember("forRoutes").flatMap((site) => {
    const chain = chainOf(site);
    if (chain.applied.length === 0 || site.fn.thisClass === NONE) return [];
    const place = site.fn.place(site.v);
    const routes = argumentSites(site).flatMap((s) => itemsOf(s, queries));
    const made = chain.applied.flatMap((s) => itemsOf(s, queries).map((item) => steps.middleware(item, place)));
    return [
      {
        module: classKey({ file: site.fn.file, index: site.fn.thisClass }),
        steps: made,
        targets: routes.flatMap((item) => targetsOf(item, queries)),
        controllers: new Set(routes.flatMap(({ origin }) => (origin.kind === "class" ? [classKey(origin)] : []))),
        exclusions: chain.excluded.flatMap((s) =>
          itemsOf(s, queries).flatMap(({ origin }) => exclusionOf(origin, queries)),
        ),
      },
    ];
  });
}

function targetsOf(item: Item, queries: LinkQueries): readonly Target[] {
  const below = textOf(item.origin) !== null;
  return exclusionOf(item.origin, queries).map((e) => ({ ...e, below }));
}

/** Arguments of `apply` and `exclude` in front of a `forRoutes`. */
function chainOf(site: Site): { readonly applied: readonly Site[]; readonly excluded: readonly Site[] } {
  const { fn, frame } = site;
  const excluded: Site[] = [];
  for (let v = fn.a(fn.callee(site.v)); fn.op(v) === Op.Call; v = fn.a(fn.callee(v))) {
    const name = fn.memberName(fn.callee(v));
    if (name === "apply") return { applied: argumentSites({ fn, v, frame }), excluded };
    if (name !== "exclude") break;
    excluded.push(...argumentSites({ fn, v, frame }));
  }
  return { applied: [], excluded };
}

/** Steps of bound middleware that run for a route, and those that only run for others. */
export function middlewareFor(
  bindings: readonly Binding[],
  app: Application,
  route: Route,
): { readonly steps: readonly RawStep[]; readonly missed: readonly RawNearMiss[] } {
  const steps: RawStep[] = [];
  const missed: RawNearMiss[] = [];
  for (const { path, step } of app.middleware) {
    if (path === "" || matchesPath(path, route.path, true)) steps.push(step);
  }
  for (const binding of bindings) {
    if (!app.modules.has(binding.module)) continue;
    const why = whyNot(binding, app, route);
    if (why === null) steps.push(...binding.steps);
    else missed.push(...binding.steps.map((step) => ({ step, ...why })));
  }
  const runs = (step: RawStep): boolean => steps.some((s) => s.name === step.name);
  // of several bindings of one function, the one that comes nearest says most
  missed.sort((a, b) => rank(a) - rank(b));
  const first = (m: RawNearMiss, i: number): boolean => missed.findIndex((o) => o.step.name === m.step.name) === i;
  return { steps, missed: missed.filter((m, i) => !runs(m.step) && first(m, i)) };
}

function rank(miss: RawNearMiss): number {
  if (miss.detail.startsWith("excludes")) return 0;
  return miss.why === "method-not-covered" ? 1 : 2;
}

function whyNot(binding: Binding, app: Application, route: Route): Pick<RawNearMiss, "why" | "detail"> | null {
  const paths = pathsOf(app, route.path);
  const matching = binding.targets.filter((t) => paths.some((p) => matchesPath(t.path, p, t.below)));
  const covered =
    binding.controllers.has(route.controller) || matching.some((t) => t.method === "" || t.method === route.method);
  if (!covered && matching.length > 0) {
    return { why: "method-not-covered", detail: `bound for ${matching.map((t) => t.method).join(", ")} only` };
  }
  if (!covered) return { why: "path-not-covered", detail: "bound for other routes" };
  const exclusion = binding.exclusions.find(
    (e) => (e.method === "" || e.method === route.method) && paths.some((p) => matchesPath(e.path, p, false)),
  );
  return exclusion === undefined ? null : { why: "path-not-covered", detail: `excludes ${exclusion.path}` };
}

/** Patterns are written without the global prefix, or with it. */
function pathsOf(app: Application, path: string): readonly string[] {
  const prefix = `/${app.prefix.replace(/^\/+|\/+$/g, "")}`;
  return prefix !== "/" && path.startsWith(`${prefix}/`) ? [path.slice(prefix.length), path] : [path];
}
