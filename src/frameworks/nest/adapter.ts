/** NestJS: controllers, resolvers, gateways, message handlers, workers and schedules, with the guards before them. */
import type { Adapter, AdapterInput, AdapterOutput, RawFault } from "../routing.js";
import { missedGuards } from "./field-guards.js";
import { addControllers } from "./http.js";
import { addMessages } from "./messages.js";
import { NestProject } from "./project.js";
import { addResolvers } from "./resolvers.js";
import { addSurfaces } from "./surfaces.js";

export const nestAdapter: Adapter = {
  name: "nestjs",
  packages: ["@nestjs/common", "@nestjs/core", "@nestjs/graphql", "@nestjs/microservices", "@nestjs/schedule"],
  collect,
};

function collect(input: AdapterInput): AdapterOutput {
  const project = new NestProject(input);
  addControllers(project);
  addResolvers(project);
  addMessages(project);
  addSurfaces(project, input);
  const { entries, unknowns, typeFields } = project;
  const faults = [...project.faults, ...missedGuards(project.fieldFaults, typeFields, entries)];
  return { entries, faults: distinctFaults(faults), unknowns, typeFields };
}

/** The same decorator on a class is met once for each of its methods. */
function distinctFaults(faults: readonly RawFault[]): readonly RawFault[] {
  const found = new Map<string, RawFault>();
  for (const fault of faults) {
    const key = `${fault.kind}:${fault.name}:${fault.place.file}:${fault.place.start}`;
    if (!found.has(key)) found.set(key, fault);
  }
  return [...found.values()];
}
