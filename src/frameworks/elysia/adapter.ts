/** Elysia: instances and plugins, hooks with their scopes, groups, guards and macros. */
import type { Adapter, AdapterInput, AdapterOutput } from "../routing.js";
import { pushedElements } from "../routing-tree/additions.js";
import { flattenTree } from "../routing-tree/flatten.js";
import { RoutingTree } from "../routing-tree/routing-tree.js";
import { runProgram } from "../routing-tree/run.js";
import { Values } from "../routing-tree/values.js";
import { ELYSIA_MODULES } from "./instances.js";
import { Registrations } from "./registrations.js";

export const elysiaAdapter: Adapter = { name: "elysia", packages: ELYSIA_MODULES, collect };

function collect(input: AdapterInput): AdapterOutput {
  const tree = new RoutingTree("elysia", true);
  const values = new Values(input.queries, pushedElements);
  const registrations = new Registrations(values, tree);
  runProgram(values, input.index, registrations);
  return { ...flattenTree(tree), unknowns: registrations.unknowns };
}
