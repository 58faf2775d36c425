/** TypeORM entity classes as data models. */
import type { DataColumn, DataModel, DataRelation } from "../../model/data-model.js";
import { type LoweredMember, NONE, Op } from "../../model/lowered.js";
import { superOrigins } from "../../program/linking/class-members.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { fieldsOf } from "./literals.js";

interface Decorator {
  /** `Column`, `ManyToOne` */
  readonly name: string;
  readonly args: readonly Site[];
}

const MODULE = /^(?:typeorm|@nestjs\/typeorm|typeorm-.*)$/;
const COLUMN =
  /^(?:Column|PrimaryColumn|PrimaryGeneratedColumn|CreateDateColumn|UpdateDateColumn|DeleteDateColumn|VersionColumn|ObjectIdColumn|ViewColumn|TreeLevelColumn|EntityId|Money)$/;
const RELATION = /^(?:ManyToOne|OneToMany|OneToOne|ManyToMany)$/;
const MAX_ANCESTORS = 6;

/** Every class with `@Entity`, columns of its base classes included. */
export function readTypeormModels(program: Program, queries: LinkQueries): DataModel[] {
  const models: DataModel[] = [];
  for (const file of program.files) {
    if (!file.lowered.imports.some((item) => MODULE.test(item.module))) continue;
    for (const index of file.lowered.classes.keys()) {
      const model = new EntityReader(file, index, queries).model();
      if (model !== null) models.push(model);
    }
  }
  return models;
}

/** No entity is without a primary column: `@GeneratedKey() id`, where the project makes the decorator. */
const PRIMARY_ID: DataColumn = {
  name: "id",
  dbName: "id",
  type: "",
  optional: false,
  unique: true,
  primary: true,
  references: "",
};

class EntityReader {
  readonly #columns: DataColumn[] = [];
  readonly #relations: DataRelation[] = [];
  /** a member called `id` whose decorators are the project's own */
  #hasOwnId = false;

  constructor(
    private readonly file: ProgramFile,
    private readonly index: number,
    private readonly queries: LinkQueries,
  ) {}

  model(): DataModel | null {
    const info = this.file.lowered.classes[this.index];
    const own = this.#decorators(this.file, info.inFn, info.decorators);
    const entity = own.find((decorator) => /^(?:Entity|ViewEntity|ChildEntity)$/.test(decorator.name));
    if (entity === undefined || info.name === "") return null;
    this.#members(this.file, this.index, 0);
    if (this.#hasOwnId && !this.#columns.some((column) => column.primary)) this.#replace(PRIMARY_ID);
    return {
      name: info.name,
      table: this.#tableName(entity) || snakeCase(info.name),
      layer: "typeorm",
      columns: this.#columns,
      relations: this.#relations,
      uniques: own.flatMap((decorator) => this.#unique(decorator)),
      place: this.file.place(info.at.start, info.at.length),
    };
  }

  #members(file: ProgramFile, index: number, depth: number): void {
    const info = file.lowered.classes[index];
    if (info === undefined || depth > MAX_ANCESTORS) return;
    for (const parent of superOrigins(file, index, this.queries)) {
      if (parent.kind === "class") this.#members(parent.file, parent.index, depth + 1);
    }
    const withDecorators = info.members
      .filter((member) => member.decorators.length > 0)
      .map((member) => ({ member, decorators: this.#decorators(file, info.inFn, member.decorators) }));
    this.#hasOwnId ||= withDecorators.some(({ member, decorators }) => member.name === "id" && decorators.length === 0);
    for (const { member, decorators } of withDecorators) {
      const column = decorators.find((decorator) => COLUMN.test(decorator.name));
      if (column !== undefined) this.#column(member, column);
    }
    for (const { member, decorators } of withDecorators) {
      const relation = decorators.find((decorator) => RELATION.test(decorator.name));
      if (relation !== undefined) this.#relation(member, relation, decorators);
    }
  }

  #column(member: LoweredMember, decorator: Decorator): void {
    const options = this.#options(decorator);
    const type = this.#text(decorator.args[0]) || this.#option(options, "type");
    this.#replace({
      name: member.name,
      dbName: this.#option(options, "name") || member.name,
      type,
      optional: this.#option(options, "nullable") === "true",
      unique: this.#option(options, "unique") === "true" || /^Primary|^ObjectId/.test(decorator.name),
      primary: /^Primary|^ObjectId/.test(decorator.name) || this.#option(options, "primary") === "true",
      references: "",
      ...fallbackOf(this.#option(options, "default")),
    });
  }

  #replace(column: DataColumn): void {
    const at = this.#columns.findIndex((known) => known.name === column.name);
    if (at >= 0) this.#columns[at] = column;
    else this.#columns.push(column);
  }

  #relation(member: LoweredMember, decorator: Decorator, all: readonly Decorator[]): void {
    const target = this.#target(decorator.args[0]);
    const many = decorator.name === "OneToMany" || decorator.name === "ManyToMany";
    const join = all.find((item) => item.name === "JoinColumn");
    const carries = decorator.name === "ManyToOne" || (decorator.name === "OneToOne" && join !== undefined);
    const columns = carries ? [this.#foreignKey(member, target, join, decorator)] : [];
    this.#relations.push({ name: member.name, model: target, many, columns });
  }

  /** The column that carries a relation: one declared beside it, else the one TypeORM makes. */
  #foreignKey(member: LoweredMember, target: string, join: Decorator | undefined, relation: Decorator): string {
    const dbName = (join === undefined ? "" : this.#option(this.#options(join), "name")) || `${member.name}Id`;
    const at = this.#columns.findIndex((column) => column.dbName === dbName || column.name === dbName);
    const declared = this.#columns[at];
    if (declared !== undefined) {
      this.#columns[at] = { ...declared, references: target };
      return declared.name;
    }
    const optional = this.#option(this.#options(relation), "nullable") === "true";
    const column = { name: dbName, dbName, type: "", optional, unique: false, primary: false, references: target };
    this.#replace(column);
    return dbName;
  }

  /** `() => User`, `type => User`, `"User"` */
  #target(arg: Site | undefined): string {
    if (arg === undefined) return "";
    const classes = this.queries
      .evaluate(arg)
      .flatMap((origin) => (origin.kind === "function" ? this.queries.returnsOf(origin.fn) : [origin]));
    for (const origin of classes) {
      const name = entityName(origin);
      if (name !== "") return name;
    }
    return "";
  }

  #decorators(file: ProgramFile, inFn: number, values: readonly number[]): readonly Decorator[] {
    const fn = file.fn(inFn);
    return values.flatMap((v) => {
      const called = fn.op(v) === Op.Call;
      const callee = called ? fn.callee(v) : v;
      const name = fn.op(callee) === NONE ? "" : this.#packageName({ fn, v: callee, frame: null });
      if (name === "") return [];
      return [{ name, args: called ? Array.from(fn.args(v), (arg): Site => ({ fn, v: arg, frame: null })) : [] }];
    });
  }

  #packageName(site: Site): string {
    for (const origin of this.queries.evaluate(site)) {
      if (origin.kind === "package" && MODULE.test(origin.module)) return origin.path;
    }
    return "";
  }

  #tableName(decorator: Decorator): string {
    return this.#text(decorator.args[0]) || this.#option(this.#options(decorator), "name");
  }

  #unique(decorator: Decorator): readonly (readonly string[])[] {
    if (decorator.name !== "Unique" && decorator.name !== "Index") return [];
    if (decorator.name === "Index" && this.#option(this.#options(decorator), "unique") !== "true") return [];
    for (const arg of decorator.args) {
      for (const origin of this.queries.evaluate(arg)) {
        if (origin.kind !== "literal" || origin.form !== "array") continue;
        const { fn, v, frame } = origin.site;
        return [Array.from(fn.list(fn.a(v)), (item) => this.#text({ fn, v: item, frame })).filter((n) => n !== "")];
      }
    }
    return [];
  }

  #options(decorator: Decorator): Site | undefined {
    return decorator.args.find((arg) =>
      this.queries.evaluate(arg).some((o) => o.kind === "literal" && o.form === "object"),
    );
  }

  #option(options: Site | undefined, name: string): string {
    if (options === undefined) return "";
    return this.#text(fieldsOf(options, this.queries, null).fields.find((field) => field.name === name)?.site);
  }

  #text(site: Site | undefined): string {
    if (site === undefined) return "";
    const [only] = this.queries.evaluate(site);
    return only?.kind === "constant" && only.value !== undefined && only.value !== null ? String(only.value) : "";
  }
}

/** Name of the entity that a class, or a string in its place, stands for. */
export function entityName(origin: Origin): string {
  if (origin.kind === "class" || origin.kind === "instance") {
    return origin.file.lowered.classes[origin.index]?.name ?? "";
  }
  return origin.kind === "constant" && typeof origin.value === "string" ? origin.value : "";
}

function snakeCase(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}

/** `@Column({ default: "member" })` */
function fallbackOf(text: string): Pick<DataColumn, "fallback"> {
  return text === "" || /^(?:true|false)$/.test(text) ? {} : { fallback: text };
}
