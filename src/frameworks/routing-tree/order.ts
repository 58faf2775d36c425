/** Which files can lead to a registration, and in which order their bodies run. */
import { ByFile } from "../../program/linking/by-file.js";
import { computedLoads, modulesLoaded } from "../../program/linking/folder-modules.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import type { LinkQueries } from "../../program/values/origin.js";

/** The files given and all that import them, over any number of steps. */
export function importersClosure(queries: LinkQueries, start: ReadonlySet<ProgramFile>): ReadonlySet<ProgramFile> {
  const importers = known.get(queries) ?? findImporters(queries);
  known.set(queries, importers);
  const found = new Set(start);
  for (const file of found) for (const importer of importers.get(file) ?? []) found.add(importer);
  return found;
}

/** The same with those that only name a type of theirs: what has that type is handed in. */
export function knowersClosure(queries: LinkQueries, start: ReadonlySet<ProgramFile>): ReadonlySet<ProgramFile> {
  const knowers = knownByType.get(queries) ?? findImporters(queries, true);
  knownByType.set(queries, knowers);
  const found = new Set(start);
  for (const file of found) for (const knower of knowers.get(file) ?? []) found.add(knower);
  return found;
}

type Importers = ReadonlyMap<ProgramFile, readonly ProgramFile[]>;

/** Each framework asks for what leads to its own registrations. */
const known = new WeakMap<LinkQueries, Importers>();
const knownByType = new WeakMap<LinkQueries, Importers>();

function findImporters(queries: LinkQueries, types = false): Importers {
  const { program } = queries;
  const importers = new Map<ProgramFile, ProgramFile[]>();
  for (const file of program.files) {
    const literal = types ? targetsOf(program, file).types : targetsOf(program, file).run;
    for (const target of [...literal, ...targetsOf(program, file).late, ...computedImportsOf(file, queries)]) {
      const known = importers.get(target);
      if (known) known.push(file);
      else importers.set(target, [file]);
    }
  }
  return importers;
}

/** Files in the order in which their bodies run: what a file imports comes before it. */
export function importOrder(program: Program, files: ReadonlySet<ProgramFile>): readonly ProgramFile[] {
  const done = new Set<ProgramFile>();
  const order: ProgramFile[] = [];
  const visit = (file: ProgramFile): void => {
    if (done.has(file)) return;
    done.add(file);
    for (const target of targetsOf(program, file).run) if (files.has(target)) visit(target);
    order.push(file);
  };
  for (const file of files) visit(file);
  return order;
}

/** What a file imports, by when that is loaded. */
interface Targets {
  /** when the file is */
  readonly run: readonly ProgramFile[];
  /** the same, and what is imported for its types alone */
  readonly types: readonly ProgramFile[];
  /** when a call asks for it */
  readonly late: readonly ProgramFile[];
}

const targetsByFile = new ByFile<Targets>();

function targetsOf(program: Program, file: ProgramFile): Targets {
  return targetsByFile.of(file, () => ({
    run: importsOf(program, file),
    types: importsOf(program, file, true),
    late: lateImportsOf(program, file),
  }));
}

function importsOf(program: Program, file: ProgramFile, types = false): readonly ProgramFile[] {
  const modules = new Set<string>();
  for (const item of file.lowered.imports) if (types || !item.typeOnly) modules.add(item.module);
  for (const item of file.lowered.exports) if (item.kind !== "local") modules.add(item.module);
  return resolved(program, file, modules);
}

function lateImportsOf(program: Program, file: ProgramFile): readonly ProgramFile[] {
  const modules = new Set<string>();
  for (let index = 0; index < file.functionCount; index += 1) {
    const fn = file.fn(index);
    for (const v of fn.imports) modules.add(fn.text(fn.a(v)));
  }
  return resolved(program, file, modules);
}

/** Files of a folder that are loaded in a loop. */
export function computedImportsOf(file: ProgramFile, queries: LinkQueries): readonly ProgramFile[] {
  const found: ProgramFile[] = [];
  for (const site of computedLoads(file)) found.push(...(modulesLoaded(site, queries) ?? []));
  return found;
}

function resolved(program: Program, file: ProgramFile, modules: ReadonlySet<string>): readonly ProgramFile[] {
  return [...modules].flatMap((module) => program.importedFile(file, module) ?? []);
}
