/** One pass over the program for what several adapters look up: calls by name, importers by module. */
import { Op } from "../model/lowered.js";
import type { FunctionView, ProgramFile } from "../program/linking/function-view.js";
import type { Program } from "../program/linking/program.js";
import type { Site } from "../program/values/origin.js";
import type { ProgramIndex } from "./routing.js";

export function indexProgram(program: Program): ProgramIndex {
  return new Index(program);
}

class Index implements ProgramIndex {
  readonly #byMember = new Map<string, Site[]>();
  readonly #byName = new Map<string, Site[]>();
  readonly #importers = new Map<string, ProgramFile[]>();

  constructor(private readonly program: Program) {
    for (const file of program.files) this.#imports(file);
    for (const fn of this.functions()) this.#calls(fn);
  }

  callsOfMember(name: string): readonly Site[] {
    return this.#byMember.get(name) ?? [];
  }

  callsOfName(name: string): readonly Site[] {
    return this.#byName.get(name) ?? [];
  }

  importersOf(module: string): readonly ProgramFile[] {
    return this.#importers.get(module) ?? [];
  }

  imports(module: string): boolean {
    return this.#importers.has(module);
  }

  modules(): Iterable<string> {
    return this.#importers.keys();
  }

  files(): Iterable<ProgramFile> {
    return this.program.files;
  }

  *functions(): Iterable<FunctionView> {
    for (const file of this.program.files) yield* file.functions();
  }

  #imports(file: ProgramFile): void {
    const modules = new Set(file.lowered.imports.map((i) => i.module));
    for (const item of file.lowered.exports) if (item.kind !== "local") modules.add(item.module);
    for (const module of modules) {
      add(this.#importers, module, file);
      const name = packageName(module);
      if (name !== module && !modules.has(name)) add(this.#importers, name, file);
    }
  }

  #calls(fn: FunctionView): void {
    for (const v of fn.calls) {
      const op = fn.op(v);
      const callee = fn.a(v);
      if (op === Op.Tagged) continue;
      const site: Site = { fn, v, frame: null };
      if (fn.op(callee) === Op.Member) add(this.#byMember, fn.text(fn.b(callee)), site);
      else if (fn.op(callee) === Op.Global) {
        // `require("x")` with a literal is an import and never comes here
        add(this.#byName, fn.text(fn.a(callee)), site);
      } else if (fn.op(callee) === Op.Var) {
        const slot = fn.ancestor(fn.a(callee))?.info.slots[fn.b(callee)];
        if (slot !== undefined) add(this.#byName, slot.name, site);
      }
    }
    for (const v of fn.imports) add(this.#importers, fn.text(fn.a(v)), fn.file);
  }
}

function packageName(module: string): string {
  if (module.startsWith(".")) return module;
  const parts = module.split("/");
  return module.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
