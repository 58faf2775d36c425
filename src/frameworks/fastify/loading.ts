/** `register`: which plugin gets which instance, and below which prefix its routes lie. */
import { constant, type Origin, type Site } from "../../program/values/origin.js";
import { placeOf } from "../routing-tree/calls.js";
import { joinPaths, type PathPattern } from "../routing-tree/paths.js";
import type { MountItem, RoutingTree, TreeRouter } from "../routing-tree/routing-tree.js";
import type { Enter, RunCall } from "../routing-tree/run.js";
import { at, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { endpointItems } from "../ts-rest/endpoints.js";
import { type LoadedFolder, loadedFolders } from "./autoload.js";
import { hookStep } from "./hooks.js";
import type { InstanceRef, Instances } from "./instances.js";
import { guardsByItself, mayGuard, type Plugin, pluginOf, pluginsOf } from "./plugins.js";
import { contractDialect, prefixOf } from "./routes.js";

const EVERYWHERE: readonly PathPattern[] = [{ kind: "text", text: "/" }];
const AUTOLOAD = /^(?:@fastify\/|fastify-)autoload$/;

/** One registration on the way to its plugins. */
interface Loading {
  readonly call: RunCall;
  readonly ref: InstanceRef;
  readonly router: TreeRouter;
  readonly enter: Enter;
}

export class PluginLoader {
  constructor(
    private readonly values: Values,
    private readonly tree: RoutingTree,
    private readonly instances: Instances,
    private readonly unread: (call: RunCall, detail: string) => void,
  ) {}

  register(call: RunCall, ref: InstanceRef, router: TreeRouter, enter: Enter): void {
    const [first, second] = Array.from(call.fn.args(call.v), (v): Spot => ({ ...call, v }));
    if (first === undefined) return;
    const options = second ?? null;
    const prefix = prefixOf(options, this.values);
    if (!prefix.complete) this.unread(call, "the prefix could not be read");
    const given = options === null ? [constant(undefined)] : this.values.of(options);
    const loading: Loading = { call, ref, router, enter };
    for (const plugin of pluginsOf(first, this.values)) {
      if (plugin.kind === "package") this.#package(plugin, options, loading);
      else this.#plugin(plugin, prefix.patterns, given, "", loading);
    }
  }

  #plugin(
    plugin: Plugin,
    patterns: readonly PathPattern[],
    given: readonly Origin[],
    part: string,
    loading: Loading,
  ): void {
    const { call, ref, enter } = loading;
    if (plugin.kind === "unread") this.unread(call, "the plugin could not be read");
    if (plugin.kind !== "function") return;
    const { origin } = plugin;
    if (plugin.escapes) {
      enter(origin, [[ref.origin], given]);
      return;
    }
    const child = this.instances.child(call, `${part}${origin.fn.id}`, origin.fn.file, origin.fn.info.name || "plugin");
    this.#mount(child, patterns, loading);
    enter(origin, [[child.origin], given]);
  }

  #mount(child: InstanceRef, patterns: readonly PathPattern[], { call, router }: Loading): void {
    this.tree.router(child.identity);
    const item: MountItem = {
      kind: "mount",
      place: placeOf(call),
      conditions: call.conditions,
      patterns,
      child: child.identity.key,
    };
    router.items.push(item);
  }

  #package(plugin: Extract<Plugin, { kind: "package" }>, options: Spot | null, loading: Loading): void {
    const { call, router } = loading;
    const { origin } = plugin;
    const base = { place: placeOf(call), conditions: call.conditions };
    if (AUTOLOAD.test(origin.module)) this.#autoload(options, loading);
    else if (origin.module === "@ts-rest/fastify" && origin.site !== null)
      this.#contract(origin.site, options, loading);
    else if (guardsByItself(origin, options, this.values)) {
      const step = hookStep({ origin, name: origin.module, condition: "" }, "onRequest", base.place);
      router.items.push({ ...base, kind: "set-up", patterns: EVERYWHERE, reach: "prefix", methods: [], step });
    } else if (mayGuard(origin)) {
      router.items.push({ ...base, kind: "gap", detail: `'${origin.module}' may add guards of its own` });
      this.unread(call, `what '${origin.module}' adds is not known`);
    }
  }

  /** `app.register(s.plugin(router), options)` */
  #contract(made: Site, options: Spot | null, { call, router }: Loading): void {
    const [implementation, own] = Array.from(made.fn.args(made.v), (v): Spot => ({ ...at(made), v }));
    if (implementation === undefined) return;
    const parts = { contract: null, router: implementation, options: own ?? options };
    router.items.push(...endpointItems(call, parts, contractDialect(this.values), this.values));
  }

  #autoload(options: Spot | null, loading: Loading): void {
    const folders = options === null ? null : loadedFolders(options, this.values);
    if (options === null || folders === null) {
      this.unread(loading.call, "the folder that is loaded could not be read");
      return;
    }
    const inner = this.values.of(options).flatMap((o) => [...this.values.queries.project(o, ["options"])]);
    const text = inner
      .flatMap((o) => [...this.values.queries.project(o, ["prefix"])])
      .map((o) => this.values.textOf(o))
      .find((one) => one !== null);
    for (const folder of folders) this.#folder(folder, text ?? "", inner, loading);
  }

  /** Where a folder has hooks, its plugins get an instance between them and the loading one. */
  #folder(folder: LoadedFolder, outer: string, given: readonly Origin[], loading: Loading): void {
    if (folder.plugins.length === 0) return;
    const { call, enter } = loading;
    let inside = loading;
    const [first] = folder.plugins;
    if (folder.hooks.length > 0) {
      const ref = this.instances.child(call, `folder ${folder.prefix}`.replaceAll(".", "_"), first.file, "autohooks");
      this.#mount(ref, EVERYWHERE, loading);
      inside = { ...loading, ref, router: this.tree.router(ref.identity) };
      for (const hook of folder.hooks) {
        for (const plugin of pluginOf(hook, this.values, 0)) {
          if (plugin.kind === "function") enter(plugin.origin, [[ref.origin], given]);
        }
      }
    }
    for (const { file, exported, ownPrefix, override } of folder.plugins) {
      const path = override ?? joinPaths(outer, ownPrefix ?? folder.prefix);
      for (const plugin of pluginOf(exported, this.values, 0)) {
        if (plugin.kind !== "function") continue;
        this.#plugin(plugin, [{ kind: "text", text: path }], given, `${file.id}/`, inside);
      }
    }
  }
}
