/** Which values are Hapi servers: those that are made, and what plugins are given. */
import { NONE } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import { type LinkQueries, type Origin, type Site, source } from "../../program/values/origin.js";
import { madeAt } from "../routing-tree/identity.js";
import { type RouterDialect, routerOf } from "../routing-tree/routers.js";
import type { TreeRouter } from "../routing-tree/routing-tree.js";

export const HAPI_MODULES = ["@hapi/hapi", "hapi"];

/** Dialect of the origin that stands for the server that one plugin is given; its path is the router's key. */
export const SERVER_DIALECT = "hapi-server";

const MADE = /^(?:\w+\.)?[sS]erver\(\)$/;

const HAPI: RouterDialect = {
  modules: new Set(HAPI_MODULES),
  makes: (_module, path) => (MADE.test(path) ? "app" : null),
  chain: new Set(),
  parameterName: /^_?(?:\w*server|srv|hapi)$/i,
};

export interface ServerRef {
  readonly identity: Omit<TreeRouter, "items">;
  /** what a plugin that was handed this server sees */
  readonly origin: Origin;
}

/** The servers of one run, with the server below which each plugin's routes lie. */
export class Servers {
  readonly #children = new Map<string, ServerRef>();
  readonly #parents = new Map<string, string>();

  /** The server that a plugin gets from one registration on another. */
  child(call: Site, parent: ServerRef, plugin: FunctionView): ServerRef {
    const key = `${madeAt(call, false).key}>${plugin.id}`;
    let ref = this.#children.get(key);
    if (ref === undefined) {
      const identity = { key, siteKey: key, made: null, app: false, group: groupOf(plugin.file, plugin) };
      ref = { identity, origin: source("context", key, { dialect: SERVER_DIALECT, site: { ...call, frame: null } }) };
      this.#children.set(key, ref);
      this.#parents.set(key, parent.identity.key);
    }
    return ref;
  }

  /** Key of the server on which all plugins above one were registered. */
  rootOf(key: string): string {
    let current = key;
    for (let i = 0; i < 40; i += 1) {
      const parent = this.#parents.get(current);
      if (parent === undefined) break;
      current = parent;
    }
    return current;
  }

  /** The server that a receiver is, null when it is none. */
  of(origin: Origin, queries: LinkQueries, seenIn: FunctionView): ServerRef | null {
    if (origin.kind === "source") {
      return origin.dialect === SERVER_DIALECT ? (this.#children.get(origin.path) ?? null) : null;
    }
    if (origin.kind === "parameter" && !importsHapi(seenIn.file)) return null;
    const ref = routerOf(origin, queries, seenIn, HAPI);
    return ref === null ? null : { identity: ref.identity, origin };
  }
}

function groupOf(file: ProgramFile, plugin: FunctionView): string {
  return `${file.path}#${plugin.info.name || "plugin"}`;
}

/** Whether a file names Hapi or one of its plugins. */
function importsHapi(file: ProgramFile): boolean {
  return file.lowered.imports.some((item) => /(?:^|[/-])hapi(?:$|[/-])/i.test(item.module));
}

/** Untyped parameters may be given a server by a caller. */
export function mayBeGiven(origin: Origin): boolean {
  if (origin.kind !== "parameter") return false;
  const { fn, index } = origin;
  return (fn.info.params[index]?.type ?? NONE) === NONE || importsHapi(fn.file);
}
