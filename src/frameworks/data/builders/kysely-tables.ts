/** Kysely's table types as data models: `new Kysely<Database>()` with `interface Database { orders: OrdersTable }`. */
import type { DataColumn, DataModel } from "../../../model/data-model.js";
import { NONE, Op, type TypeMember, type TypeRef } from "../../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../../../program/linking/function-view.js";
import type { Program } from "../../../program/linking/program.js";

const MAX_TABLES = 400;

/** Every interface that is given to `Kysely<…>` as its database. */
export function readKyselyModels(program: Program): DataModel[] {
  const models: DataModel[] = [];
  const seen = new Set<string>();
  for (const file of program.files) {
    if (!file.lowered.imports.some((item) => /kysely/i.test(item.module))) continue;
    for (const name of databaseNames(file)) {
      const found = declarationOf(file, name, program);
      if (found === null || seen.has(`${found.file.path}:${found.name}`)) continue;
      seen.add(`${found.file.path}:${found.name}`);
      for (const member of membersOf(found.file, found.name).slice(0, MAX_TABLES)) {
        models.push(tableModel(member, found.file, program));
      }
    }
  }
  return models.filter((model) => model.columns.length > 0);
}

function databaseNames(file: ProgramFile): readonly string[] {
  const found = new Set<string>();
  const read = (type: TypeRef | undefined, depth: number): void => {
    if (type === undefined || depth > 3) return;
    if (type.kind === "name") {
      const [first] = type.args;
      if (/(?:^|\.)(?:Kysely|Transaction|ControlledTransaction)$/.test(type.name) && first?.kind === "name") {
        found.add(first.name);
      }
      for (const arg of type.args) read(arg, depth + 1);
    } else if (type.kind === "union" || type.kind === "intersection") for (const of of type.of) read(of, depth + 1);
  };
  for (const type of file.lowered.types) read(type, 0);
  for (let index = 0; index < file.functionCount; index += 1) {
    const fn = file.fn(index);
    // `new Kysely<Database>(…)`
    for (const call of fn.calls) {
      const type = fn.op(call) === Op.New ? file.lowered.types[fn.typeArgument(call)] : undefined;
      if (type?.kind === "name" && /Kysely$/.test(calleeText(fn, call))) found.add(type.name);
    }
  }
  return [...found];
}

function calleeText(fn: FunctionView, call: number): string {
  const callee = fn.callee(call);
  if (fn.op(callee) === Op.Member) return fn.memberName(callee);
  return fn.op(callee) === Op.Var ? (fn.ancestor(fn.a(callee))?.info.slots[fn.b(callee)]?.name ?? "") : "";
}

interface Declared {
  readonly file: ProgramFile;
  readonly name: string;
}

/** The file that declares a type, through its import. */
function declarationOf(file: ProgramFile, name: string, program: Program): Declared | null {
  if (file.lowered.typeDeclarations.some((type) => type.name === name)) return { file, name };
  const slot = file.moduleSlot(name);
  if (slot === NONE) return null;
  const item = file.lowered.imports.find((one) => one.slot === slot);
  const target = item === undefined ? null : program.imported(file, item.module, item.name);
  return target?.kind === "type" ? { file: target.file, name: target.name } : null;
}

function membersOf(file: ProgramFile, name: string): readonly TypeMember[] {
  const declared = file.lowered.typeDeclarations.find((type) => type.name === name);
  if (declared === undefined) return [];
  const inherited = declared.extends.flatMap((type) => {
    if (type.kind === "object") return type.members;
    return type.kind === "name" && type.name !== name ? membersOf(file, type.name) : [];
  });
  return [...inherited, ...declared.members];
}

function tableModel(member: TypeMember, file: ProgramFile, program: Program): DataModel {
  const table = member.name.split(".").at(-1) ?? member.name;
  const declared = member.type.kind === "name" ? declarationOf(file, member.type.name, program) : null;
  const shape =
    member.type.kind === "object"
      ? member.type.members
      : declared === null
        ? []
        : membersOf(declared.file, declared.name);
  return {
    name: table,
    table,
    layer: "kysely",
    columns: shape.map(toColumn),
    relations: [],
    uniques: [],
    place: (declared?.file ?? file).place(0, 1),
  };
}

function toColumn(member: TypeMember): DataColumn {
  return {
    name: member.name,
    dbName: member.name,
    type: "",
    optional: member.optional,
    unique: member.name === "id",
    primary: member.name === "id",
    references: "",
  };
}
