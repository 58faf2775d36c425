/** Express 4 and 5 and what routes the same way: applications, routers, their middleware and handlers. */
import type { Adapter, AdapterInput, AdapterOutput, RawEntry } from "../routing.js";
import { pushedElements } from "../routing-tree/additions.js";
import { flattenTree } from "../routing-tree/flatten.js";
import { RoutingTree } from "../routing-tree/routing-tree.js";
import { runProgram } from "../routing-tree/run.js";
import { Values } from "../routing-tree/values.js";
import { Registrations } from "./registrations.js";
import { EXPRESS_MODULES } from "./routers.js";

/** frameworks that hand their own application to the project */
const HOSTS = ["@keystone-6/core"];

export const expressAdapter: Adapter = { name: "express", packages: [...EXPRESS_MODULES, ...HOSTS], collect };

function collect(input: AdapterInput): AdapterOutput {
  const tree = new RoutingTree("express");
  const values = new Values(input.queries, pushedElements);
  const registrations = new Registrations(values, tree);
  runProgram(values, input.index, registrations);
  const { entries, faults } = flattenTree(tree);
  // what another adapter knows the mount of is its own
  const known = new Set(input.entries.filter((entry) => entry.framework === "directus").map(placeKey));
  return {
    entries: entries.filter((entry) => !known.has(placeKey(entry))),
    faults,
    unknowns: registrations.unknowns,
  };
}

function placeKey({ registration }: RawEntry): string {
  return `${registration.file}:${registration.start}`;
}
