/** Source texts to printed data calls, so that a test reads like a table. */
import { createDataRecogniser } from "../../../src/frameworks/data/create-recogniser.js";
import type { DataCall, Filter, FilterTerm } from "../../../src/frameworks/data/data-call.js";
import type { DataRecogniser } from "../../../src/frameworks/data/recogniser.js";
import { createKnowledge } from "../../../src/frameworks/knowledge/knowledge.js";
import { readPrismaModels } from "../../../src/frameworks/schema/prisma-schema.js";
import type { DataModel } from "../../../src/model/data-model.js";
import { createModuleResolver } from "../../../src/program/linking/module-resolution.js";
import { Program } from "../../../src/program/linking/program.js";
import { Evaluator } from "../../../src/program/values/evaluate.js";
import type { Origin } from "../../../src/program/values/origin.js";
import { dialectOf } from "../../../src/project/roles.js";
import { lowerText } from "../../../src/syntax/lower.js";
import { compiler } from "../../syntax/helpers.js";

export interface Linked {
  readonly program: Program;
  readonly queries: Evaluator;
  readonly data: DataRecogniser;
}

/** Links texts; the models come from a Prisma schema text and from `more`. */
export function link(
  files: Readonly<Record<string, string>>,
  schema: string,
  more: (program: Program) => readonly DataModel[] = () => [],
): Linked {
  const listed = Object.keys(files).map((path) => ({
    path,
    dialect: dialectOf(path) ?? "ts",
    size: 0,
    mtimeMs: 0,
    role: "source" as const,
    inScope: true,
  }));
  const lowered = listed.map(({ path, dialect }) => ({
    path,
    lowered: lowerText(compiler, files[path] ?? "", dialect, { outline: false }),
  }));
  const resolver = createModuleResolver({ files: listed, aliases: [], packages: [] });
  const program = new Program(lowered, resolver);
  const models = [...readPrismaModels([{ path: "schema.prisma", text: schema }]), ...more(program)];
  const data = createDataRecogniser(models);
  return { program, queries: new Evaluator(program, createKnowledge(data, [])), data };
}

/** All data calls of a program, in source order. */
export function callsIn({ program, queries, data }: Linked): DataCall[] {
  const found: DataCall[] = [];
  for (const file of program.files) {
    for (let i = 0; i < file.functionCount; i += 1) {
      const fn = file.fn(i);
      for (const v of fn.calls) {
        const callees = queries.evaluate({ fn, v: fn.callee(v), frame: null });
        const call = data.recognise({ fn, v, frame: null }, callees, queries);
        if (call !== null) found.push(call);
      }
    }
  }
  return found;
}

/** `read Project: id = p.id & orgId = p.orgId`; alternatives are joined with ` || `. */
export function print(call: DataCall): string {
  const parts = [`${call.operation} ${call.model}: ${printFilter(call.filter)}`];
  if (call.written.length > 0)
    parts.push(`sets ${call.written.map((w) => `${w.column} = ${printValues(w.values)}`).join(", ")}`);
  if (call.writtenWhole.length > 0) parts.push(`whole ${printValues(call.writtenWhole)}`);
  if (call.loads.length > 0) parts.push(`loads ${call.loads.join(", ")}`);
  for (const other of call.also) parts.push(`also ${other.model}: ${printFilter(other.filter)}`);
  if (call.countOnly) parts.push("counts");
  return parts.join("; ");
}

export function printFilter(filter: Filter): string {
  const text = filter.alternatives.map((terms) => terms.map(printTerm).join(" & ") || "-").join(" || ");
  return filter.known ? text : `${text} & ?`;
}

function printTerm(term: FilterTerm): string {
  const column = term.model === "" ? term.column : `${term.model}.${term.column}`;
  const position = term.position === "and" ? "" : `${term.position}:`;
  return `${position}${column} ${term.operator} ${printValues(term.values)}${term.vanishes ? "?" : ""}`;
}

export function printValues(values: readonly Origin[]): string {
  return values.map(printOrigin).join("/");
}

function printOrigin(origin: Origin): string {
  switch (origin.kind) {
    case "constant":
      return String(origin.value);
    case "parameter":
      return [origin.fn.info.params[origin.index]?.name || `#${origin.index}`, ...origin.path].join(".");
    case "source":
      return `${origin.source}:${origin.path}`;
    case "derived":
      return `(${printValues(origin.of)})`;
    case "package":
      return `${origin.module}:${origin.path}`;
    case "literal":
      return `<${origin.form}>`;
    default:
      return origin.kind;
  }
}
