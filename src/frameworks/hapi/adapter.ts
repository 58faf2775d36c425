/** Hapi: servers, plugins with prefixes, routes as objects, authentication strategies and extension points. */
import type { Adapter, AdapterInput, AdapterOutput } from "../routing.js";
import { pushedElements } from "../routing-tree/additions.js";
import { flattenPlugins } from "../routing-tree/plugins.js";
import { RoutingTree } from "../routing-tree/routing-tree.js";
import { runProgram } from "../routing-tree/run.js";
import { Values } from "../routing-tree/values.js";
import { Registrations } from "./registrations.js";
import { HAPI_MODULES } from "./servers.js";

export const hapiAdapter: Adapter = { name: "hapi", packages: HAPI_MODULES, collect };

function collect(input: AdapterInput): AdapterOutput {
  const tree = new RoutingTree("hapi", true);
  const values = new Values(input.queries, pushedElements);
  const registrations = new Registrations(values, tree);
  runProgram(values, input.index, registrations);
  registrations.finish();
  return { ...flattenPlugins(tree), unknowns: registrations.unknowns };
}
