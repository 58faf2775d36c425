/** Endpoint extensions of Directus: routers that the server mounts below their id, open unless they ask who calls. */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { type Origin, packageCall, packageRoot } from "../../program/values/origin.js";
import { Registrations } from "../express/registrations.js";
import { routerOf } from "../express/routers.js";
import type { Adapter, AdapterInput, AdapterOutput } from "../routing.js";
import { pushedElements } from "../routing-tree/additions.js";
import { flattenTree } from "../routing-tree/flatten.js";
import { isOptions, optionSpots } from "../routing-tree/options.js";
import { RoutingTree } from "../routing-tree/routing-tree.js";
import { type Enter, type RunCall, type RunVisitor, runProgram } from "../routing-tree/run.js";
import type { Spot } from "../routing-tree/spot.js";
import { Values } from "../routing-tree/values.js";

const MODULES = ["@directus/extensions-sdk", "@directus/extensions"];

export const directusAdapter: Adapter = { name: "directus", packages: MODULES, collect };

function collect(input: AdapterInput): AdapterOutput {
  const tree = new RoutingTree("directus");
  const values = new Values(input.queries, pushedElements);
  const endpoints = new Endpoints(values, tree);
  runProgram(values, input.index, endpoints);
  const made = endpoints.routers;
  const { entries, faults } = flattenTree(tree);
  // routers of other origin in the same repository are Express's own business
  return { entries: entries.filter((entry) => made.has(entry.group)), faults, unknowns: [] };
}

class Endpoints implements RunVisitor {
  readonly framework = "directus";
  readonly routers = new Set<string>();
  readonly #express: Registrations;

  constructor(
    private readonly values: Values,
    private readonly tree: RoutingTree,
  ) {
    this.#express = new Registrations(values, tree);
  }

  candidate(fn: FunctionView, v: number): boolean {
    return this.#defines(fn, v) || this.#express.candidate(fn, v);
  }

  visit(call: RunCall, enter: Enter): boolean {
    if (!this.#defines(call.fn, call.v)) return this.#express.visit(call);
    const [first] = Array.from(call.fn.args(call.v), (v): Spot => ({ ...call, v }));
    if (first === undefined) return true;
    const router = packageCall(packageRoot("express"), call);
    const ref = routerOf(router, this.values.queries, call.fn);
    if (ref === null) return true;
    const made = this.tree.router(ref.identity);
    this.tree.setPrefix(made, `/${this.#id(first) ?? folderOf(call.fn.file.path)}`);
    this.routers.add(made.group);
    for (const handler of this.#handlers(first)) if (handler.kind === "function") enter(handler, [[router]]);
    return true;
  }

  unreadTable(call: RunCall): void {
    this.#express.unreadTable(call);
  }

  #defines(fn: FunctionView, v: number): boolean {
    if (fn.op(v) !== Op.Call || fn.args(v).length === 0) return false;
    return this.values.queries
      .evaluate({ fn, v: fn.callee(v), frame: null })
      .some((o) => o.kind === "package" && MODULES.includes(o.module) && o.path === "defineEndpoint");
  }

  /** `defineEndpoint((router) => …)`, `defineEndpoint({ id, handler })` */
  #handlers(first: Spot): readonly Origin[] {
    const spots = isOptions(first, this.values) ? optionSpots(first, "handler", this.values) : [first];
    return spots.flatMap((spot) => this.values.of(spot));
  }

  #id(first: Spot): string | null {
    const [spot] = isOptions(first, this.values) ? optionSpots(first, "id", this.values) : [];
    return spot === undefined ? null : this.values.text(spot);
  }
}

/** Without an id of its own an endpoint is called like its folder. */
function folderOf(path: string): string {
  const folders = path.split("/").slice(0, -1);
  const own = folders.findLast((name) => name !== "src" && name !== "dist") ?? "endpoint";
  return own.replace(/^directus-extension-/, "");
}
