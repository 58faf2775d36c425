/** `routes.ts`: the routes of an application as calls of `route`, `index`, `layout` and `prefix`. */
import { Op } from "../../model/lowered.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { exportOf } from "../file-routes/exports.js";
import { argumentAt, lastName, originsOfArgument, textOf } from "../procedures/builder-chain.js";
import type { RemixApp } from "./apps.js";

export interface TableRoute {
  readonly file: ProgramFile;
  readonly path: string;
  /** layouts and routes around it, outermost first */
  readonly parents: readonly ProgramFile[];
}

export interface RouteTable {
  readonly routes: readonly TableRoute[];
  /** parts of it come from file names */
  readonly fromFiles: boolean;
}

interface Place {
  readonly path: string;
  readonly parents: readonly ProgramFile[];
  readonly depth: number;
}

const MAX_DEPTH = 12;
const MAX_ROUTES = 5_000;
const EXTENSIONS = ["", ".tsx", ".ts", ".jsx", ".js", ".mjs", ".mts"];

export function readTable(app: RemixApp, queries: LinkQueries): RouteTable {
  const reader = new TableReader(app, queries);
  const exported = app.table === null ? null : exportOf(app.table, "default", queries);
  for (const origin of exported?.origins ?? []) reader.item(origin, { path: "", parents: [], depth: 0 });
  return { routes: reader.routes, fromFiles: reader.fromFiles || reader.routes.length === 0 };
}

class TableReader {
  readonly routes: TableRoute[] = [];
  fromFiles = false;

  constructor(
    private readonly app: RemixApp,
    private readonly queries: LinkQueries,
  ) {}

  /** One element of a list of routes, or a list. */
  item(origin: Origin, at: Place): void {
    if (at.depth > MAX_DEPTH || this.routes.length >= MAX_ROUTES) return;
    if (origin.kind === "literal" && origin.form === "array") this.#list(origin.site, at);
    else if (origin.kind === "literal" && origin.form === "object") this.#object(origin, at);
    else if (origin.kind === "package" && origin.site !== null) {
      this.#call(lastName(origin.path.replace(/\(\)$/, "")), origin.site, at);
    } else if (origin.kind === "derived") for (const one of origin.of) this.item(one, { ...at, depth: at.depth + 1 });
    else this.fromFiles = true;
  }

  #list({ fn, v, frame }: Site, at: Place): void {
    for (const item of fn.list(fn.a(v))) {
      const value = fn.op(item) === Op.Spread ? fn.a(item) : item;
      this.#items(this.queries.evaluate({ fn, v: value, frame }), at);
    }
  }

  #items(origins: readonly Origin[], at: Place): void {
    for (const origin of origins) this.item(origin, { ...at, depth: at.depth + 1 });
  }

  #call(name: string, site: Site, at: Place): void {
    const text = (index: number): string | null => textOf(originsOfArgument(site, index, this.queries));
    switch (name) {
      case "route":
        this.#route(text(0) ?? "", text(1), this.#children(site, 2), at);
        return;
      case "index":
        this.#route("", text(0), [], at);
        return;
      case "layout":
        this.#route("", text(0), this.#children(site, 1), at, true);
        return;
      case "prefix":
        this.#items(originsOfArgument(site, 1, this.queries), { ...at, path: joined(at.path, text(0) ?? "") });
        return;
      default:
        // `flatRoutes()`, adapters of older configurations
        this.fromFiles = true;
    }
  }

  /** Children stand behind the options, which may be left out. */
  #children(site: Site, from: number): readonly Origin[] {
    const isList = (o: Origin): boolean => o.kind === "literal" && o.form === "array";
    for (let i = from; argumentAt(site, i) !== null && i < from + 2; i += 1) {
      const found = originsOfArgument(site, i, this.queries);
      if (found.some(isList)) return found;
    }
    return [];
  }

  /** `{ path, file, children }` */
  #object(origin: Origin, at: Place): void {
    const of = (name: string): readonly Origin[] => this.queries.project(origin, [name]);
    const children = of("children").filter((o) => o.kind === "literal");
    this.#route(textOf(of("path")) ?? "", textOf(of("file")), children, at);
  }

  #route(path: string, name: string | null, children: readonly Origin[], at: Place, pathless = false): void {
    const own = joined(at.path, path);
    const file = name === null ? null : this.#file(name);
    if (file === null) this.fromFiles ||= name === null;
    else if (!pathless || children.length > 0) this.routes.push({ file, path: urlOf(own), parents: at.parents });
    const parents = file === null ? at.parents : [...at.parents, file];
    this.#items(children, { path: own, parents, depth: at.depth });
  }

  #file(name: string): ProgramFile | null {
    const below = name.replace(/^\.\//, "");
    const path = this.app.folder === "" ? below : `${this.app.folder}/${below}`;
    for (const extension of EXTENSIONS) {
      const file = this.queries.program.file(path + extension);
      if (file !== undefined) return file;
    }
    return null;
  }
}

function joined(base: string, path: string): string {
  return path.startsWith("/") ? path : [base, path].filter((part) => part !== "").join("/");
}

function urlOf(path: string): string {
  const parts = path.split("/").filter((part) => part !== "");
  return `/${parts.map((part) => (part === "*" ? "*splat" : part.replace(/\?$/, ""))).join("/")}`;
}

/** False when `ssr: false` says that nothing of the application runs on a server. */
export function hasServer(config: ProgramFile | undefined, queries: LinkQueries): boolean {
  if (config === undefined) return true;
  const origins = exportOf(config, "default", queries)?.origins ?? [];
  return !origins.some((o) => queries.project(o, ["ssr"]).some((v) => v.kind === "constant" && v.value === false));
}
