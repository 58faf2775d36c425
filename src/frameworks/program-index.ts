/** One pass over the program for what several adapters look up: calls by name, importers by module. */
import { Op, SlotKind } from "../model/lowered.js";
import type { FunctionView, ProgramFile } from "../program/linking/function-view.js";
import type { Program } from "../program/linking/program.js";
import type { Site } from "../program/values/origin.js";
import { namesCalled } from "./called-names.js";
import type { OwnName, ProgramIndex } from "./routing.js";

/**
 * @param before the index of an earlier program, which becomes the index of this one: only files that differ are gone
 * through
 */
export function indexProgram(program: Program, before?: ProgramIndex): ProgramIndex {
  const index = before instanceof Index ? before : new Index();
  index.take(program);
  return index;
}

class Index implements ProgramIndex {
  readonly #byMember = new Table<Site>(SITES);
  readonly #byName = new Table<Site>(SITES);
  readonly #importers = new Table<ProgramFile>(FILES);
  readonly #renamed = new Table<OwnName>(OWN_NAMES);
  readonly #whole = new Table<OwnName>(OWN_NAMES);
  /** made when somebody first asks: most frameworks do without */
  #callers: Table<FunctionView> | undefined;
  #files = new Set<ProgramFile>();

  /** Leaves out what stands in files that the program has no longer, and puts in what stands in new ones. */
  take(program: Program): void {
    const now = new Set(program.files);
    const gone = new Set<ProgramFile>();
    const made = new Map<ProgramFile, ProgramFile>();
    for (const file of this.#files) {
      const other = now.has(file) ? file : program.file(file.path);
      if (other === undefined || other.lowered !== file.lowered || other.id !== file.id) gone.add(file);
      else if (other !== file) made.set(file, other);
    }
    const known = new Set(made.values());
    const come = [...now].filter((file) => !this.#files.has(file) && !known.has(file));
    this.#files = now;
    if (gone.size > 0) for (const table of this.#tables()) table.remove(gone);
    if (made.size > 0) for (const table of this.#tables()) table.replace(made);
    for (const file of come) this.#imports(file);
    for (const file of come) for (const fn of file.functions()) this.#calls(fn);
    if (this.#callers !== undefined) for (const file of come) addCallers(this.#callers, file);
    // everywhere in the order of the program, as if it had been gone through from the start
    for (const table of this.#tables()) table.sort();
  }

  callsOfMember(name: string): readonly Site[] {
    return this.#byMember.get(name) ?? NONE;
  }

  callsOfName(name: string): readonly Site[] {
    return this.#byName.get(name) ?? NONE;
  }

  importersOf(module: string): readonly ProgramFile[] {
    return this.#importers.get(module) ?? NONE;
  }

  imports(module: string): boolean {
    return this.#importers.get(module) !== undefined;
  }

  importedAs(name: string): readonly OwnName[] {
    return this.#renamed.get(name) ?? NONE;
  }

  importedWhole(module: string): readonly OwnName[] {
    return this.#whole.get(module) ?? NONE;
  }

  callersBy(name: string): readonly FunctionView[] {
    if (this.#callers === undefined) {
      this.#callers = new Table(FUNCTIONS);
      for (const file of this.#files) addCallers(this.#callers, file);
    }
    return this.#callers.get(name) ?? NONE;
  }

  modules(): Iterable<string> {
    return this.#importers.keys();
  }

  files(): Iterable<ProgramFile> {
    return this.#files;
  }

  *functions(): Iterable<FunctionView> {
    for (const file of this.#files) yield* file.functions();
  }

  #tables(): readonly Pick<Table<never>, "remove" | "replace" | "sort">[] {
    const tables = [this.#byMember, this.#byName, this.#importers, this.#renamed, this.#whole];
    return this.#callers === undefined ? tables : [...tables, this.#callers];
  }

  #imports(file: ProgramFile): void {
    const modules = new Set(file.lowered.imports.map((i) => i.module));
    for (const item of file.lowered.exports) if (item.kind !== "local") modules.add(item.module);
    for (const module of modules) {
      this.#importers.add(module, file);
      const name = packageName(module);
      if (name !== module && !modules.has(name)) this.#importers.add(name, file);
    }
    for (const { name, module, slot } of file.lowered.imports) {
      const own = file.lowered.functions[0]?.slots[slot];
      if (own?.kind !== SlotKind.Import || own.name === name) continue;
      if (name === "default" || name === "=") this.#whole.add(module, { file, name: own.name });
      else this.#renamed.add(name, { file, name: own.name });
    }
  }

  #calls(fn: FunctionView): void {
    for (const v of fn.calls) {
      const op = fn.op(v);
      const callee = fn.a(v);
      if (op === Op.Tagged) continue;
      const site: Site = { fn, v, frame: null };
      if (fn.op(callee) === Op.Member) this.#byMember.add(fn.text(fn.b(callee)), site);
      else if (fn.op(callee) === Op.Global) {
        // `require("x")` with a literal is an import and never comes here
        this.#byName.add(fn.text(fn.a(callee)), site);
      } else if (fn.op(callee) === Op.Var) {
        const slot = fn.ancestor(fn.a(callee))?.info.slots[fn.b(callee)];
        if (slot !== undefined) this.#byName.add(slot.name, site);
      }
    }
    for (const v of fn.imports) this.#importers.add(fn.text(fn.a(v)), fn.file);
  }
}

function addCallers(callers: Table<FunctionView>, file: ProgramFile): void {
  for (const fn of file.functions()) for (const name of namesCalled(fn)) callers.add(name, fn);
}

const NONE: readonly never[] = [];

/** How things stand in files. */
interface InFiles<T> {
  fileOf(item: T): ProgramFile;
  /** the same in a file that says the same and was linked anew */
  inFile(item: T, file: ProgramFile): T;
}

const FILES: InFiles<ProgramFile> = { fileOf: (file) => file, inFile: (_, file) => file };
const FUNCTIONS: InFiles<FunctionView> = { fileOf: ({ file }) => file, inFile: ({ index }, file) => file.fn(index) };
const SITES: InFiles<Site> = {
  fileOf: ({ fn }) => fn.file,
  inFile: ({ fn, v }, file) => ({ fn: file.fn(fn.index), v, frame: null }),
};
const OWN_NAMES: InFiles<OwnName> = { fileOf: ({ file }) => file, inFile: ({ name }, file) => ({ file, name }) };

/** Lists by name, of things that stand in files. */
class Table<T> {
  readonly #lists = new Map<string, T[]>();
  /** in whose lists a file's things are */
  readonly #names = new Map<ProgramFile, Set<string>>();
  /** names whose lists gained something since they were sorted */
  readonly #grown = new Set<string>();

  constructor(private readonly things: InFiles<T>) {}

  get(name: string): readonly T[] | undefined {
    return this.#lists.get(name);
  }

  keys(): Iterable<string> {
    return this.#lists.keys();
  }

  add(name: string, item: T): void {
    const known = this.#lists.get(name);
    if (known) known.push(item);
    else this.#lists.set(name, [item]);
    this.#grown.add(name);
    const file = this.things.fileOf(item);
    const names = this.#names.get(file);
    if (names) names.add(name);
    else this.#names.set(file, new Set([name]));
  }

  remove(files: ReadonlySet<ProgramFile>): void {
    const touched = new Set([...files].flatMap((file) => [...(this.#names.get(file) ?? [])]));
    for (const file of files) this.#names.delete(file);
    for (const name of touched) {
      const left = (this.#lists.get(name) ?? []).filter((item) => !files.has(this.things.fileOf(item)));
      if (left.length > 0) this.#lists.set(name, left);
      else this.#lists.delete(name);
    }
  }

  /** Puts what stands in other files in the places of what stood in these. */
  replace(files: ReadonlyMap<ProgramFile, ProgramFile>): void {
    const touched = new Set<string>();
    for (const [file, other] of files) {
      const names = this.#names.get(file);
      if (names === undefined) continue;
      for (const name of names) touched.add(name);
      this.#names.delete(file);
      this.#names.set(other, names);
    }
    for (const name of touched) {
      const items = this.#lists.get(name) ?? [];
      for (const [at, item] of items.entries()) {
        const other = files.get(this.things.fileOf(item));
        if (other !== undefined) items[at] = this.things.inFile(item, other);
      }
    }
  }

  /** By file, and within a file as they were added. */
  sort(): void {
    for (const name of this.#grown) {
      const items = this.#lists.get(name) ?? [];
      const sorted = items.every(
        (item, at) => at === 0 || this.things.fileOf(items[at - 1]).id <= this.things.fileOf(item).id,
      );
      if (!sorted) items.sort((a, b) => this.things.fileOf(a).id - this.things.fileOf(b).id);
    }
    this.#grown.clear();
  }
}

function packageName(module: string): string {
  if (module.startsWith(".")) return module;
  const parts = module.split("/");
  return module.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
}
