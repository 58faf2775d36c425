/**
 * Which files a change of some others concerns: those that import them, over any number of steps. What reaches a file
 * in other ways (a class by the interface it implements, a value by the framework that hands it over) is told by what
 * the changed file says; where that cannot be followed by imports at all, the answer is all files.
 */
import { type LoweredFile, NONE, Op, ROW } from "../../model/lowered.js";
import type { ModuleResolver } from "./program.js";

export interface SourceFile {
  readonly path: string;
  readonly lowered: LoweredFile;
}

/** Words of code whose meaning frameworks carry to files that import nothing of it. */
const HANDED_OVER: ReadonlySet<string> = new Set([
  "decorate",
  "decorateRequest",
  "decorateReply",
  "provide",
  "providers",
  "useClass",
  "useFactory",
  "useValue",
  "useExisting",
  "prototype",
  "globalThis",
  "AsyncLocalStorage",
  "defineNuxtConfig",
]);
/** What is imported without being asked: see `Program.importedByItself`. */
const IMPORTED_BY_ITSELF = /(?:^|\/)(?:server|shared)\/utils\/[^/]+$/;

const specifiers = new WeakMap<LoweredFile, ReadonlySet<string>>();

/** All modules that a file names: imports, exports from elsewhere, literal `require` and `import()`. */
export function specifiersOf(lowered: LoweredFile): ReadonlySet<string> {
  const known = specifiers.get(lowered) ?? specifiersIn(lowered);
  specifiers.set(lowered, known);
  return known;
}

function specifiersIn(lowered: LoweredFile): ReadonlySet<string> {
  const found = new Set(lowered.imports.map((item) => item.module));
  for (const item of lowered.exports) if (item.kind !== "local") found.add(item.module);
  for (let row = 0; row < lowered.code.length; row += ROW) {
    if (lowered.code[row] === Op.ImportOf) found.add(lowered.strings[lowered.code[row + 1]] ?? "");
  }
  return found;
}

/** Who imports whom, kept while files change. */
export class Dependents {
  readonly #importers = new Map<string, Set<string>>();
  readonly #known = new Map<string, LoweredFile>();

  constructor(private readonly resolve: ModuleResolver) {}

  /**
   * Takes in the files as they are now.
   *
   * @returns paths of all files that what changed since the time before may concern; null for all files
   */
  changedBy(files: readonly SourceFile[]): ReadonlySet<string> | null {
    let all = files.length !== this.#known.size;
    const found = new Set<string>();
    for (const { path, lowered } of files) {
      const before = this.#known.get(path);
      if (before === lowered) continue;
      this.#known.set(path, lowered);
      for (const target of this.#targetsOf(path, specifiersOf(lowered))) this.#add(target, path);
      found.add(path);
      all ||= before === undefined || IMPORTED_BY_ITSELF.test(path);
      for (const form of [before, lowered]) {
        if (form === undefined) continue;
        all ||= form.strings.some((word) => HANDED_OVER.has(word));
        for (const target of this.#targetsOf(path, contractsOf(form))) found.add(target);
      }
    }
    if (all) return null;
    // grows while it is gone through
    for (const path of found) for (const importer of this.#importers.get(path) ?? []) found.add(importer);
    return found;
  }

  #targetsOf(path: string, modules: Iterable<string>): readonly string[] {
    return [...modules].flatMap((module) => {
      const target = this.resolve(path, module);
      return target.kind === "file" ? [target.path] : [];
    });
  }

  #add(target: string, importer: string): void {
    const known = this.#importers.get(target);
    if (known === undefined) this.#importers.set(target, new Set([importer]));
    else known.add(importer);
  }
}

/** Modules of the interfaces and base classes that classes of the file may stand behind. */
function contractsOf({ classes, imports }: LoweredFile): ReadonlySet<string> {
  const derived = classes.some((one) => one.extends !== NONE || one.implements.length > 0);
  return new Set(derived ? imports.filter(({ name }) => /^[A-Z]/.test(name)).map(({ module }) => module) : []);
}
