/**
 * Exports of files that say 'use server' and that only the server's own code calls. Such a file makes actions of all of
 * them, but no page carries the id of one that no component was given.
 */
import { FileFlag, Op } from "../../model/lowered.js";
import { ByFile } from "../../program/linking/by-file.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";

const MAX_FILES = 60_000;
/** what tests call shows nothing of who else does */
const TEST = /(?:^|\/)__(?:tests|mocks)__\/|\.(?:test|spec|stories)\.[cm]?[jt]sx?$/;

export class InnerActions {
  readonly #program: Program;
  /** `file#export` → whether everybody who imports it calls it on the server */
  readonly #calledInside = new Map<string, boolean>();

  constructor(program: Program) {
    this.#program = program;
    const files = [...program.files];
    if (!files.some(isActions)) return;
    const browser = this.#ofTheBrowser(files);
    for (const file of files) if (!TEST.test(file.path)) this.#readImports(file, browser.has(file));
  }

  /** At least one file imports it, and all who do are the server's and call it there and then. */
  isInner(file: ProgramFile, name: string): boolean {
    return this.#calledInside.get(`${file.path}#${name}`) === true;
  }

  /** Files that say 'use client', and what they import as far as it does not stay on the server. */
  #ofTheBrowser(files: readonly ProgramFile[]): ReadonlySet<ProgramFile> {
    const found = new Set(files.filter((file) => (file.lowered.flags & FileFlag.UseClient) !== 0));
    for (const file of found) {
      if (found.size > MAX_FILES) break;
      for (const { target } of this.#importsOf(file)) if (!isActions(target)) found.add(target);
    }
    return found;
  }

  /** What a file imports to run, of the program. */
  #importsOf(file: ProgramFile): readonly Imported[] {
    return importsByFile.of(file, () =>
      file.lowered.imports.flatMap(({ module, name, slot, typeOnly }) => {
        const target = typeOnly ? undefined : this.#program.importedFile(file, module);
        return target === undefined ? [] : [{ target, name, slot }];
      }),
    );
  }

  #readImports(file: ProgramFile, browser: boolean): void {
    for (const item of file.lowered.exports) {
      const target = "module" in item ? this.#program.importedFile(file, item.module) : undefined;
      if (target !== undefined) this.#note(target, item.kind === "from" ? item.imported : "*", () => false);
    }
    for (const { target, name, slot } of this.#importsOf(file)) {
      const isInside = (): boolean => !browser && name !== "*" && name !== "=" && isOnlyCalled(file, slot);
      this.#note(target, name, isInside);
    }
  }

  /** @param isInside asked only where the module holds actions, since the whole file is gone through for it */
  #note(file: ProgramFile, name: string, isInside: () => boolean): void {
    if (!isActions(file)) return;
    const inside = isInside();
    const names =
      name === "*" || name === "=" ? file.lowered.exports.map((one) => ("name" in one ? one.name : "")) : [name];
    for (const one of names) {
      const key = `${file.path}#${one}`;
      this.#calledInside.set(key, inside && this.#calledInside.get(key) !== false);
    }
  }
}

interface Imported {
  readonly target: ProgramFile;
  readonly name: string;
  readonly slot: number;
}

const importsByFile = new ByFile<readonly Imported[]>();

function isActions(file: ProgramFile): boolean {
  return (file.lowered.flags & FileFlag.UseServer) !== 0;
}

/** The name is only ever what a call calls: nobody hands the function on. */
function isOnlyCalled(file: ProgramFile, slot: number): boolean {
  if ((file.lowered.flags & FileFlag.OutlineOnly) !== 0) return false;
  for (let i = 0; i < file.functionCount; i += 1) if (handsOn(file.fn(i), slot)) return false;
  return true;
}

function handsOn(fn: FunctionView, slot: number): boolean {
  const called = new Set<number>();
  const named: number[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Call) called.add(fn.callee(v));
    else if (op === Op.Var && fn.b(v) === slot && fn.ancestor(fn.a(v))?.parent === null) named.push(v);
  }
  return named.some((v) => !called.has(v));
}
