/**
 * By which names the functions that register routes can be called, directly or through others. Only calls of such
 * names are looked into; what they really call is evaluated then.
 */
import { NONE } from "../../model/lowered.js";
import { ByFile } from "../../program/linking/by-file.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { namesCalled } from "../called-names.js";
import type { ProgramIndex } from "../routing.js";
import { computedImportsOf } from "./order.js";

/** Names with which a registration may be reached from a call, and the files that they were looked for in. */
export interface NamesSought {
  readonly names: ReadonlySet<string>;
  readonly files: Pick<WeakSet<ProgramFile>, "has">;
}

/**
 * Names with which a registration may be reached from a call.
 *
 * @param start functions that register
 * @param before what was found of a program that has files in common with this one: only what its other files add is
 * looked for. A name that no longer leads anywhere stays, which costs a look at what bears it.
 */
export function namesSought(
  queries: LinkQueries,
  index: ProgramIndex,
  start: Pick<ReadonlyMap<FunctionView, unknown>, "has" | "keys" | "size">,
  before: NamesSought,
): NamesSought {
  const all = [...index.files()];
  // held weakly: this outlives the program
  const files = new WeakSet(all);
  if (start.size === 0) return { names: new Set(), files };
  const others = all.filter((file) => !before.files.has(file));
  const isAnew = others.length === all.length;
  const search = new Search(index, aliasesOf(queries), isAnew ? [] : before.names);
  const leads = (fn: FunctionView): boolean => start.has(fn) || search.mayLead(fn);
  if (isAnew) for (const fn of start.keys()) search.add(fn);
  else
    for (const file of others)
      for (const known of [file, ...search.newlyNamedBy(file, queries.program)])
        for (const fn of known.functions()) if (leads(fn)) search.add(fn);
  return { names: search.names, files };
}

/** Each framework asks for the names of its own registrations. */
const known = new WeakMap<LinkQueries, Aliases>();

function aliasesOf(queries: LinkQueries): Aliases {
  const aliases = known.get(queries) ?? new Aliases(queries);
  known.set(queries, aliases);
  return aliases;
}

/** what a module loaded by a computed name is called through */
const LOADERS = ["require", "import"];

class Search {
  readonly names: Set<string>;
  readonly #found = new Set<FunctionView>();

  constructor(
    private readonly index: ProgramIndex,
    private readonly aliases: Aliases,
    names: Iterable<string>,
  ) {
    this.names = new Set(names);
  }

  /** It calls something by one of the names. */
  mayLead(fn: FunctionView): boolean {
    return namesCalled(fn).some((name) => this.names.has(name));
  }

  /** Files that one file calls by a name that was not looked for. */
  newlyNamedBy(file: ProgramFile, program: Program): readonly ProgramFile[] {
    const named = aliasesByFile.of(file, () => readAliases(file, program));
    return named.flatMap(({ target, name }) => (this.names.has(name) ? [] : [target]));
  }

  add(fn: FunctionView): void {
    const open = [fn];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (this.#found.has(next)) continue;
      this.#found.add(next);
      if (next.parent !== null) open.push(next.parent);
      for (const name of this.#namesOf(next)) {
        if (this.names.has(name)) continue;
        this.names.add(name);
        open.push(...this.index.callersBy(name));
      }
    }
  }

  /** The own name, that of the class for its methods, and what importers call the file's exports by. */
  #namesOf(fn: FunctionView): readonly string[] {
    const found = [...this.aliases.of(fn.file)];
    if (fn.info.name !== "") found.push(fn.info.name);
    const owner = fn.info.class === NONE ? undefined : fn.file.lowered.classes[fn.info.class];
    if (owner !== undefined) found.push(owner.name, "super");
    return found;
  }
}

/** By which names files, or what they export, are imported: names that say nothing about what is behind them. */
class Aliases {
  readonly #aliases = new Map<ProgramFile, Set<string>>();

  constructor(queries: LinkQueries) {
    const { program } = queries;
    for (const file of program.files) {
      for (const { target, name } of aliasesByFile.of(file, () => readAliases(file, program))) this.#add(target, name);
      for (const loaded of computedImportsOf(file, queries)) for (const name of LOADERS) this.#add(loaded, name);
    }
  }

  of(file: ProgramFile): Iterable<string> {
    return this.#aliases.get(file) ?? [];
  }

  #add(file: ProgramFile, name: string): void {
    const known = this.#aliases.get(file);
    if (known) known.add(name);
    else this.#aliases.set(file, new Set([name]));
  }
}

interface Alias {
  readonly target: ProgramFile;
  readonly name: string;
}

const aliasesByFile = new ByFile<readonly Alias[]>();

/** Default imports, namespaces and renamings of a file. */
function readAliases(file: ProgramFile, program: Program): readonly Alias[] {
  const found: Alias[] = [];
  const add = (module: string, name: string): void => {
    const target = program.importedFile(file, module);
    if (target !== undefined) found.push({ target, name });
  };
  for (const { module, name, slot } of file.lowered.imports) {
    const local = file.module.info.slots[slot]?.name;
    if (local !== undefined && local !== name) add(module, local);
  }
  for (const item of file.lowered.exports)
    if (item.kind === "from" && item.name !== item.imported) add(item.module, item.name);
  return found;
}
