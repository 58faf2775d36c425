/** Data models that the program itself declares: entity classes and table definitions. */
import type { DataModel } from "../model/data-model.js";
import type { LinkQueries } from "../program/origin.js";
import type { Program } from "../program/program.js";
import { readDrizzleModels } from "./data/drizzle-tables.js";
import { readTypeormModels } from "./data/typeorm-entities.js";
import type { ProgramIndex } from "./routing.js";

/** Entities of the layers that the program imports. */
export function readEntityModels(program: Program, queries: LinkQueries, index: ProgramIndex): readonly DataModel[] {
  const models: DataModel[] = [];
  if (index.imports("typeorm")) models.push(...readTypeormModels(program, queries));
  if (index.imports("drizzle-orm")) models.push(...readDrizzleModels(program, queries));
  return models;
}
