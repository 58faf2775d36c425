/** Fastify: instances, plugins with their own scopes, hooks and routes. */
import type { Adapter, AdapterInput, AdapterOutput } from "../routing.js";
import { pushedElements } from "../routing-tree/additions.js";
import { flattenPlugins } from "../routing-tree/plugins.js";
import { RoutingTree } from "../routing-tree/routing-tree.js";
import { runProgram } from "../routing-tree/run.js";
import { Values } from "../routing-tree/values.js";
import { FASTIFY_MODULES } from "./instances.js";
import { Registrations } from "./registrations.js";

export const fastifyAdapter: Adapter = {
  name: "fastify",
  packages: [...FASTIFY_MODULES, "fastify-plugin"],
  collect,
};

function collect(input: AdapterInput): AdapterOutput {
  const tree = new RoutingTree("fastify");
  const values = new Values(input.queries, pushedElements);
  const registrations = new Registrations(values, tree);
  runProgram(values, input.index, registrations);
  return { ...flattenPlugins(tree), unknowns: registrations.unknowns };
}
