/** h3 without Nitro's files: applications and routers of its first version, `H3` of its second. */
import type { Adapter, AdapterInput, AdapterOutput } from "../routing.js";
import { pushedElements } from "../routing-tree/additions.js";
import { flattenTree } from "../routing-tree/flatten.js";
import { RoutingTree } from "../routing-tree/routing-tree.js";
import { runProgram } from "../routing-tree/run.js";
import { Values } from "../routing-tree/values.js";
import { H3_MODULES } from "./apps.js";
import { Registrations } from "./registrations.js";

export const h3Adapter: Adapter = { name: "h3", packages: H3_MODULES, collect };

function collect(input: AdapterInput): AdapterOutput {
  const tree = new RoutingTree("h3", true);
  const values = new Values(input.queries, pushedElements);
  const registrations = new Registrations(values, tree);
  runProgram(values, input.index, registrations);
  return { ...flattenTree(tree), unknowns: registrations.unknowns };
}
