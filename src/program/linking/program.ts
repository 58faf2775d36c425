/** The linked program: files by path, and what a name exported by one of them is. */
import { FileFlag, type LoweredFile, NONE } from "../../model/lowered.js";
import type { ResolvedModule } from "../../model/project.js";
import { ProgramFile } from "./function-view.js";

export type ModuleResolver = (fromFile: string, specifier: string) => ResolvedModule;

/** What an exported or imported name stands for. */
export type NameTarget =
  | { readonly kind: "slot"; readonly file: ProgramFile; readonly slot: number }
  /** a type declaration without a value */
  | { readonly kind: "type"; readonly file: ProgramFile; readonly name: string }
  | { readonly kind: "namespace"; readonly file: ProgramFile }
  | { readonly kind: "package"; readonly module: string; readonly name: string }
  | { readonly kind: "missing"; readonly why: string };

const MISSING: NameTarget = { kind: "missing", why: "not exported" };

export class Program {
  readonly #files = new Map<string, ProgramFile>();
  readonly #exports = new Map<string, NameTarget>();
  /** folder of a project → files whose exports every file of its server sees */
  #utilities: ReadonlyMap<string, readonly ProgramFile[]> | null = null;

  /**
   * @param unchanged files of an earlier program that mean what they meant then: what was found of their functions
   * still holds
   */
  constructor(
    files: readonly { readonly path: string; readonly lowered: LoweredFile }[],
    private readonly resolver: ModuleResolver,
    unchanged: (path: string) => ProgramFile | undefined = () => undefined,
  ) {
    for (const [id, { path, lowered }] of files.entries()) {
      const before = unchanged(path);
      const same = before?.lowered === lowered && before.id === id;
      this.#files.set(path, same ? before : new ProgramFile(path, lowered, id));
    }
  }

  get files(): IterableIterator<ProgramFile> {
    return this.#files.values();
  }

  file(path: string): ProgramFile | undefined {
    return this.#files.get(path);
  }

  resolve(fromFile: string, specifier: string): ResolvedModule {
    return this.resolver(fromFile, specifier);
  }

  /** The file that a module is, seen from another one; undefined for packages and for what was not read. */
  importedFile(from: ProgramFile, module: string): ProgramFile | undefined {
    const resolved = this.resolve(from.path, module);
    return resolved.kind === "file" ? this.file(resolved.path) : undefined;
  }

  /** What `name` of a module means, seen from a file: `*` is the namespace, `=` what `require` returns. */
  imported(from: ProgramFile, module: string, name: string): NameTarget {
    const resolved = this.resolve(from.path, module);
    if (resolved.kind === "package") {
      const specifier = resolved.subpath ? `${resolved.name}/${resolved.subpath}` : resolved.name;
      return { kind: "package", module: specifier, name };
    }
    if (resolved.kind === "missing") return { kind: "missing", why: `cannot resolve ${module}` };
    const file = this.file(resolved.path);
    if (file === undefined) return { kind: "missing", why: `${resolved.path} was not read` };
    if (name === "*" || name === "=") return this.whole(file, name);
    return this.exported(file, name);
  }

  /** Names that Nuxt and Nitro import without being asked: what `server/utils` and `shared/utils` export. */
  importedByItself(from: ProgramFile, name: string): NameTarget | null {
    this.#utilities ??= autoImported(this.files);
    if (this.#utilities.size === 0) return null;
    const root = /^(.*?)server\//.exec(from.path)?.[1];
    for (const file of root === undefined ? [] : (this.#utilities.get(root) ?? [])) {
      const target = this.exported(file, name);
      if (target.kind === "slot" || target.kind === "package") return target;
    }
    return null;
  }

  /** What loading a file gives: `*` is the namespace, `=` what `require` returns. */
  whole(file: ProgramFile, name: "*" | "="): NameTarget {
    // `module.exports = value`: what require returns is that value
    if (name === "=") {
      const whole = this.exported(file, "default");
      const commonJs = (file.lowered.flags & FileFlag.CommonJs) !== 0;
      if (whole.kind === "slot" && commonJs && file.lowered.exports.length === 1) return whole;
    }
    return { kind: "namespace", file };
  }

  /** What a file exports under a name. Own exports win over `export *`; cycles of stars end. */
  exported(file: ProgramFile, name: string): NameTarget {
    const key = `${file.id}:${name}`;
    const known = this.#exports.get(key);
    if (known !== undefined) return known;
    this.#exports.set(key, MISSING);
    const target = this.#findExport(file, name);
    this.#exports.set(key, target);
    return target;
  }

  #findExport(file: ProgramFile, name: string): NameTarget {
    let viaPackage: NameTarget = MISSING;
    const item = exportsOf(file).get(name);
    if (item?.kind === "local") return this.#exportedSlot(file, item.slot, name);
    if (item?.kind === "from") return this.imported(file, item.module, item.imported);
    if (item?.kind === "star") return this.imported(file, item.module, "*");
    for (const type of file.lowered.typeDeclarations) {
      if (type.exported && type.name === name) return { kind: "type", file, name };
    }
    if (name === "default") return MISSING;
    for (const item of file.lowered.exports) {
      if (item.kind !== "star" || item.as !== "") continue;
      const target = this.imported(file, item.module, name);
      if (target.kind === "package") viaPackage = target;
      else if (target.kind !== "missing") return target;
    }
    return viaPackage;
  }

  #exportedSlot(file: ProgramFile, slot: number, name: string): NameTarget {
    const type = file.lowered.typeDeclarations.find((t) => t.name === name);
    if (slot === NONE) return type ? { kind: "type", file, name: type.name } : MISSING;
    return { kind: "slot", file, slot };
  }
}

const namedExports = new WeakMap<LoweredFile, ReadonlyMap<string, LoweredFile["exports"][number]>>();

/** What a file exports by name, the first of each. Barrels have hundreds, and are asked for each of them. */
function exportsOf({ lowered }: ProgramFile): ReadonlyMap<string, LoweredFile["exports"][number]> {
  let named = namedExports.get(lowered);
  if (named === undefined) {
    const found = new Map<string, LoweredFile["exports"][number]>();
    for (const item of lowered.exports) {
      const name = item.kind === "star" ? item.as : item.name;
      if (!found.has(name)) found.set(name, item);
    }
    named = found;
    namedExports.set(lowered, named);
  }
  return named;
}

/**
 * What a name means where a type is written: `export const IStore = "IStore"; export interface IStore { … }` is a token
 * where a value is asked for, and the interface here.
 */
export function asType(target: NameTarget): NameTarget {
  if (target.kind !== "slot") return target;
  const { file, slot } = target;
  const { name } = file.module.info.slots[slot];
  return file.lowered.typeDeclarations.some((type) => type.name === name) ? { kind: "type", file, name } : target;
}

function autoImported(files: Iterable<ProgramFile>): ReadonlyMap<string, readonly ProgramFile[]> {
  const all = [...files];
  const found = new Map<string, ProgramFile[]>();
  if (!all.some((file) => /(?:^|\/)(?:nuxt|nitro)\.config\.[cm]?[jt]s$/.test(file.path))) return found;
  for (const file of all) {
    const root = /^(.*?)(?:server|shared)\/utils\/[^/]+$/.exec(file.path)?.[1];
    if (root !== undefined) found.set(root, [...(found.get(root) ?? []), file]);
  }
  return found;
}
