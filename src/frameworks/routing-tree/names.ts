/**
 * By which names the functions that register routes can be called, directly or through others. Only calls of such
 * names are looked into; what they really call is evaluated then.
 */
import { type LoweredFunction, NONE, Op } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { computedImportsOf } from "./order.js";

/** Names with which a registration may be reached from a call. */
export function reachingNames(queries: LinkQueries, start: Iterable<FunctionView>): ReadonlySet<string> {
  let search: Search | undefined;
  for (const fn of start) {
    search ??= new Search(callsOf(queries));
    search.add(fn);
  }
  return search?.names ?? new Set();
}

/** Each framework asks for the names of its own registrations. */
const known = new WeakMap<LinkQueries, ProgramCalls>();

function callsOf(queries: LinkQueries): ProgramCalls {
  const calls = known.get(queries) ?? new ProgramCalls(queries);
  known.set(queries, calls);
  return calls;
}

/** what a module loaded by a computed name is called through */
const LOADERS = ["require", "import"];

class Search {
  readonly names = new Set<string>();
  readonly #found = new Set<FunctionView>();

  constructor(private readonly calls: ProgramCalls) {}

  add(fn: FunctionView): void {
    const open = [fn];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (this.#found.has(next)) continue;
      this.#found.add(next);
      if (next.parent !== null) open.push(next.parent);
      for (const name of this.#namesOf(next)) {
        if (this.names.has(name)) continue;
        this.names.add(name);
        open.push(...this.calls.callers(name));
      }
    }
  }

  /** The own name, that of the class for its methods, and what importers call the file's exports by. */
  #namesOf(fn: FunctionView): readonly string[] {
    const found = [...this.calls.aliases(fn.file)];
    if (fn.info.name !== "") found.push(fn.info.name);
    const owner = fn.info.class === NONE ? undefined : fn.file.lowered.classes[fn.info.class];
    if (owner !== undefined) found.push(owner.name, "super");
    return found;
  }
}

/** What is called by which names, and by which names files are imported. */
class ProgramCalls {
  readonly #callers = new Map<string, FunctionView[]>();
  readonly #aliases = new Map<ProgramFile, Set<string>>();

  constructor(queries: LinkQueries) {
    const { program } = queries;
    for (const file of program.files) {
      this.#importsOf(program, file);
      for (const loaded of computedImportsOf(file, queries)) for (const name of LOADERS) this.#aliasOf(loaded, name);
      for (let index = 0; index < file.functionCount; index += 1) this.#calls(file.fn(index));
    }
  }

  /** Functions that call something by a name, or hand it over. */
  callers(name: string): readonly FunctionView[] {
    return this.#callers.get(name) ?? [];
  }

  aliases(file: ProgramFile): Iterable<string> {
    return this.#aliases.get(file) ?? [];
  }

  /** Default imports, namespaces and renamings: names that say nothing about what is behind them. */
  #importsOf(program: Program, file: ProgramFile): void {
    const { lowered } = file;
    for (const item of lowered.imports) {
      const local = file.module.info.slots[item.slot]?.name;
      if (local !== undefined && local !== item.name) this.#alias(program, file, item.module, local);
    }
    for (const item of lowered.exports) {
      if (item.kind === "from" && item.name !== item.imported) this.#alias(program, file, item.module, item.name);
    }
  }

  #alias(program: Program, file: ProgramFile, module: string, name: string): void {
    const target = program.resolve(file.path, module);
    const other = target.kind === "file" ? program.file(target.path) : undefined;
    if (other !== undefined) this.#aliasOf(other, name);
  }

  #aliasOf(file: ProgramFile, name: string): void {
    const known = this.#aliases.get(file);
    if (known) known.add(name);
    else this.#aliases.set(file, new Set([name]));
  }

  #calls(fn: FunctionView): void {
    for (const name of namesCalled(fn)) {
      const known = this.#callers.get(name);
      if (known) known.push(fn);
      else this.#callers.set(name, [fn]);
    }
  }
}

/** They hold for as long as the lowered function does, over several runs. */
const namesByFunction = new WeakMap<LoweredFunction, readonly string[]>();

/** The names by which a function calls what it calls, and of what it hands over. */
function namesCalled(fn: FunctionView): readonly string[] {
  const found = namesByFunction.get(fn.info) ?? findNames(fn);
  namesByFunction.set(fn.info, found);
  return found;
}

function findNames(fn: FunctionView): readonly string[] {
  const names = new Set<string>();
  for (const v of fn.calls) {
    if (fn.op(v) === Op.Tagged) continue;
    names.add(calledName(fn, fn.callee(v)));
    for (const arg of fn.args(v)) if (fn.op(arg) !== Op.Closure) names.add(calledName(fn, arg));
  }
  names.delete("");
  return [...names];
}

/** The name by which a value is reached: of the variable, the member, the class; `f` of `f(x)` and of `f.bind(x)`. */
export function calledName(fn: FunctionView, v: number, depth = 0): string {
  if (depth > 8) return "";
  switch (fn.op(v)) {
    case Op.Member: {
      const name = fn.text(fn.b(v));
      return name === "bind" || name === "call" || name === "apply" ? calledName(fn, fn.a(v), depth + 1) : name;
    }
    case Op.Var:
      return fn.ancestor(fn.a(v))?.info.slots[fn.b(v)]?.name ?? "";
    case Op.Global:
      return fn.text(fn.a(v));
    case Op.Super:
      return "super";
    case Op.ImportOf:
      return "";
    case Op.Call:
      return calledName(fn, fn.callee(v), depth + 1);
    case Op.Await:
    case Op.Cast:
      return calledName(fn, fn.a(v), depth + 1);
    default:
      return "";
  }
}
