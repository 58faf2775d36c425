/** Controllers: routes over HTTP, and the messages of microservices that they handle as well. */
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import type { DecoratedClass, Method } from "../classes/classes.js";
import { type Applied, find, isFrom } from "../classes/decorators.js";
import {
  argument,
  argumentOrigin,
  type ClassRef,
  classKey,
  itemsOf,
  property,
  propertyItems,
  textOf,
  textsOf,
} from "../classes/values.js";
import type { FunctionOrigin } from "../package-calls.js";
import { type Application, methodOf, versionOf } from "./applications.js";
import { joinPaths, matchesPath } from "./paths.js";
import type { NestProject } from "./project.js";
import { contractedRoutes } from "./ts-rest.js";

const COMMON = "@nestjs/common";
const VERBS: Readonly<Record<string, string>> = {
  Get: "GET",
  Post: "POST",
  Put: "PUT",
  Patch: "PATCH",
  Delete: "DELETE",
  Options: "OPTIONS",
  Head: "HEAD",
  All: "ALL",
  Search: "SEARCH",
  QueryMethod: "QUERY",
  Sse: "GET",
};

interface RouteDecorator {
  readonly method: string;
  readonly paths: readonly string[];
  /** the path is written, but cannot be read */
  readonly unclear: boolean;
  /** the function that answers, when the method only hands it over */
  readonly handedOver?: FunctionOrigin;
}

/** Adds the routes of all controllers. */
export function addControllers(project: NestProject): void {
  const done = new Set<string>();
  for (const ref of controllers(project)) {
    const key = `${classKey(ref)}:${ref.frame === null ? "" : `${ref.frame.site?.fn.id}:${ref.frame.site?.v}`}`;
    if (done.has(key)) continue;
    done.add(key);
    const cls = project.classes.read(ref);
    for (const app of distinctRoutes(project.applicationsOf(ref))) addRoutes(cls, app, project);
  }
}

/**
 * Listed controllers first; then those that nothing lists and nothing extends. A class that no module has serves
 * nothing: it counts only where the modules' lists, or the modules themselves, could not be read.
 */
function controllers(project: NestProject): readonly ClassRef[] {
  const listed = [...project.modules.values()].flatMap((m) => m.controllers);
  const covered = new Set(listed.flatMap((ref) => project.classes.read(ref).chain.map(classKey)));
  const declared = project.all.filter(
    (ref) => !covered.has(classKey(ref)) && find(project.classes.decorationsOf(ref).applied, COMMON, "Controller"),
  );
  const extended = new Set(declared.flatMap((ref) => project.classes.read(ref).chain.slice(1).map(classKey)));
  const unlisted = declared.filter((ref) => !extended.has(classKey(ref)));
  const mayBeListed = project.modules.size === 0 || [...project.modules.values()].some((m) => m.open);
  if (mayBeListed) return [...listed, ...unlisted];
  for (const ref of unlisted) {
    const { name, place } = project.classes.read(ref);
    const detail = `controller ${name} is in no module: its routes are not served`;
    project.unknowns.push({ kind: "dynamic-registration", place, detail, remedy: "" });
  }
  return listed;
}

/** Several processes of one program often serve the same routes with the same guards. */
function distinctRoutes(apps: readonly Application[]): readonly Application[] {
  const served = apps.filter((a) => a.kind === "http");
  const signature = (a: Application): string =>
    [a.prefix, a.versioning?.prefix, ...a.guards.map((g) => `${g.name}:${g.place.file}:${g.place.start}`)].join("|");
  const from = served.length > 0 ? served : apps;
  return from.filter((a, i) => from.findIndex((b) => signature(b) === signature(a)) === i);
}

function addRoutes(cls: DecoratedClass, app: Application, project: NestProject): void {
  const { queries } = project;
  const controller = find(cls.applied, COMMON, "Controller");
  const base = controllerPaths(controller, queries);
  const modules = project.modulesOf(cls.ref);
  const incomplete = modules.length === 0 && project.modules.size > 0 ? "controller is in no module" : "";
  const module = modules.find((m) => app.modules.has(m.key));
  const modulePath = module === undefined ? "" : (project.prefixes.get(module.key) ?? "");
  for (const method of project.classes.methods(cls)) {
    for (const route of routesOf(method, queries)) {
      const versions = versionsOf(method, controller, app, queries);
      const unclear = route.unclear || base.unclear ? "the route's path could not be read" : "";
      for (const path of pathsOf(base.paths, route, modulePath, versions, app)) {
        project.add(cls, method, app, {
          transport: "http",
          method: route.method,
          path,
          type: "http",
          route: { method: route.method, path, controller: classKey(cls.ref) },
          guarded: true,
          globallyGuarded: true,
          incomplete: incomplete || unclear,
          ...(route.handedOver === undefined ? {} : { handedOver: route.handedOver }),
        });
      }
    }
  }
}

function controllerPaths(
  controller: Applied | undefined,
  queries: LinkQueries,
): Pick<RouteDecorator, "paths" | "unclear"> {
  const options = argumentOrigin(controller?.call ?? null, 0, queries);
  if (options === undefined) return { paths: [""], unclear: false };
  if (options.kind === "literal" && options.form === "object") {
    const items = propertyItems(options, "path", queries);
    const paths = items.flatMap(({ origin }) => textOf(origin) ?? []);
    return { paths: paths.length > 0 ? paths : [""], unclear: items.length > paths.length };
  }
  const site = controller?.call ? argument(controller.call, 0) : null;
  const paths = site === null ? [] : textsOf(site, queries);
  return { paths: paths.length > 0 ? paths : [""], unclear: paths.length === 0 && !isEmpty(options) };
}

function isEmpty(origin: Origin): boolean {
  return origin.kind === "constant" && !origin.value;
}

/** Route decorators of a method: an overriding method has only its own. */
function routesOf(method: Method, queries: LinkQueries): readonly RouteDecorator[] {
  return method.decorations.applied.flatMap((applied) => {
    // typed wrappers (`@TypedRoute.Get()`) keep Nest's names
    const name = applied.name.split(".").at(-1) ?? "";
    if (isFrom(applied, "@ts-rest/nest")) return contractedRoutes(applied, method, queries);
    const isRoute = isFrom(applied, COMMON) || (applied.module === "@nestia/core" && /Route\./.test(applied.name));
    if (!isRoute || applied.call === null) return [];
    if (name === "RequestMapping") return [requestMapping(argumentOrigin(applied.call, 0, queries), queries)];
    const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    if (verb === undefined) return [];
    const site = argument(applied.call, 0);
    if (site === null) return [{ method: verb, paths: [""], unclear: false }];
    const items = itemsOf(site, queries);
    const paths = items.flatMap(({ origin }) => textOf(origin) ?? []);
    return [{ method: verb, paths: paths.length > 0 ? paths : [""], unclear: items.length > paths.length }];
  });
}

function requestMapping(options: Origin | undefined, queries: LinkQueries): RouteDecorator {
  const items = options === undefined ? [] : propertyItems(options, "path", queries);
  const paths = items.flatMap(({ origin }) => textOf(origin) ?? []);
  const method = methodOf(property(options, "method", queries)) || "GET";
  return { method, paths: paths.length > 0 ? paths : [""], unclear: items.length > paths.length };
}

/** Versions in the path: of the method, else of the controller, else of the application. */
function versionsOf(
  method: Method,
  controller: Applied | undefined,
  app: Application,
  queries: LinkQueries,
): readonly string[] {
  if (app.versioning === null) return [""];
  const own = find(method.decorations.applied, COMMON, "Version")?.call;
  const site = own ? argument(own, 0) : null;
  const onMethod = site === null ? [] : itemsOf(site, queries).flatMap(({ origin }) => versionOf(origin) ?? []);
  if (onMethod.length > 0) return onMethod;
  const options = argumentOrigin(controller?.call ?? null, 0, queries);
  const items = options === undefined ? [] : propertyItems(options, "version", queries);
  const onClass = items.flatMap(({ origin }) => versionOf(origin) ?? []);
  if (onClass.length > 0) return onClass;
  return app.versioning.defaults.length > 0 ? app.versioning.defaults : [""];
}

function pathsOf(
  bases: readonly string[],
  route: RouteDecorator,
  modulePath: string,
  versions: readonly string[],
  app: Application,
): readonly string[] {
  const found = new Set<string>();
  for (const base of bases) {
    for (const own of route.paths) {
      const plain = joinPaths(modulePath, base, own);
      const excluded = app.exclusions.some(
        (e) => (e.method === "" || e.method === route.method) && matchesPath(e.path, plain, false),
      );
      for (const version of versions) {
        const versioned = version === "" ? "" : `${app.versioning?.prefix ?? ""}${version}`;
        found.add(joinPaths(excluded ? "" : app.prefix, versioned, plain));
      }
    }
  }
  return [...found];
}
