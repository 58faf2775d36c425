/** Koa with its routers: applications, nested and mounted routers, composed middleware. */
import type { Adapter, AdapterInput, AdapterOutput } from "../routing.js";
import { pushedElements } from "../routing-tree/additions.js";
import { flattenTree } from "../routing-tree/flatten.js";
import { RoutingTree } from "../routing-tree/routing-tree.js";
import { runProgram } from "../routing-tree/run.js";
import { Values } from "../routing-tree/values.js";
import { Registrations } from "./registrations.js";
import { KOA_MODULES } from "./routers.js";

export const koaAdapter: Adapter = { name: "koa", packages: KOA_MODULES, collect };

function collect(input: AdapterInput): AdapterOutput {
  const tree = new RoutingTree("koa");
  const values = new Values(input.queries, pushedElements);
  const registrations = new Registrations(values, tree);
  runProgram(values, input.index, registrations);
  return { ...flattenTree(tree), unknowns: registrations.unknowns };
}
