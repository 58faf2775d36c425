/** Data models that the program itself declares: entity classes and table definitions. */
import type { DataModel } from "../model/data-model.js";
import type { Program } from "../program/linking/program.js";
import type { LinkQueries } from "../program/values/origin.js";
import { readConvexModels } from "./data/builders/convex-schema.js";
import { readKnexModels } from "./data/builders/knex-migrations.js";
import { readKyselyModels } from "./data/builders/kysely-tables.js";
import { readLucidModels } from "./data/builders/lucid-models.js";
import { readObjectionModels } from "./data/builders/objection-models.js";
import { readDrizzleModels } from "./data/drizzle-tables.js";
import { readLoopbackModels } from "./data/objects/loopback-models.js";
import { readMikroModels } from "./data/objects/mikro-entities.js";
import { readMongooseModels } from "./data/objects/mongoose-schemas.js";
import { readSequelizeModels } from "./data/objects/sequelize-models.js";
import { readTypeormModels } from "./data/typeorm-entities.js";
import type { ProgramIndex } from "./routing.js";

/** Entities of the layers that the program imports. */
export function readEntityModels(program: Program, queries: LinkQueries, index: ProgramIndex): readonly DataModel[] {
  const models: DataModel[] = [];
  if (index.imports("typeorm")) models.push(...readTypeormModels(program, queries));
  if (index.imports("drizzle-orm")) models.push(...readDrizzleModels(program, queries));
  const imports = (names: string): boolean => names.split(" ").some((name) => index.imports(name));
  if (imports("sequelize sequelize-typescript @sequelize/core")) {
    models.push(...readSequelizeModels(program, queries, index));
  }
  if (imports("mongoose @nestjs/mongoose @typegoose/typegoose")) {
    models.push(...readMongooseModels(program, queries, index));
  }
  if (imports("@mikro-orm/core")) models.push(...readMikroModels(program, queries));
  if (imports("@loopback/repository")) models.push(...readLoopbackModels(program, queries));
  if (imports("@adonisjs/lucid @ioc:Adonis/Lucid/Orm")) models.push(...readLucidModels(program, queries));
  if (imports("objection")) models.push(...readObjectionModels(program, queries));
  if (imports("kysely")) models.push(...readKyselyModels(program));
  if (imports("convex")) models.push(...readConvexModels(queries, index));
  if (imports("knex")) models.push(...readKnexModels(queries, index));
  return models;
}
