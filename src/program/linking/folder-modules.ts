/**
 * Modules whose names are computed: `require(path.join(__dirname, file))` in a loop over a folder. What is written out
 * of the name says which files it can be; nothing is read from the disk, only the listed files count.
 */
import { ancestors, joinPath, parentOf } from "../../base/path.js";
import { ImportForm, type LoweredFile, Op } from "../../model/lowered.js";
import { isGlobalName } from "../values/global-members.js";
import type { LinkQueries, Origin, Site } from "../values/origin.js";
import type { FunctionView, ProgramFile } from "./function-view.js";

/** more files than a folder of models or routes has */
const MOST_FILES = 256;
const MOST_PARTS = 24;

/** A piece of a computed name: text, the folder of the file itself, the folder the process runs in, or anything. */
type Part = { readonly text: string } | "own folder" | "working folder" | "open";

/** Files that a computed `require` or `import` may load, in the order of their paths; null when it is something else. */
export function modulesLoaded(site: Site, queries: LinkQueries): readonly ProgramFile[] | null {
  const { fn, v } = site;
  if (fn.op(v) !== Op.Call || loadForm(site) === null) return null;
  const [specifier] = fn.args(v);
  if (specifier === undefined) return null;
  const parts = partsOf(fn, specifier, queries, 0);
  if (!parts.includes("open") || parts.length > MOST_PARTS) return null;
  const names = folderAndName(parts, fn.file.path);
  if (names === null) return null;
  for (const folder of names.folders) {
    const pattern = names.pattern(folder);
    const found = [...queries.program.files].filter((file) => file !== fn.file && pattern.test(file.path));
    if (found.length > 0) return found.length > MOST_FILES ? null : found;
  }
  return null;
}

/**
 * What a value made of a computed load is for each of the files: `require(file)(sequelize, DataTypes)` is one model
 * for every file of the folder. Null for a value that is not made of such a load.
 */
export function valuesLoaded(site: Site, queries: LinkQueries, depth = 0): readonly Origin[] | null {
  const { fn, v, frame } = site;
  if (depth > 12) return null;
  const inner = (value: number): readonly Origin[] | null => valuesLoaded({ fn, v: value, frame }, queries, depth + 1);
  switch (fn.op(v)) {
    case Op.Call:
    case Op.New: {
      const loaded = loadedFrom(site, queries);
      if (loaded !== null) return loaded;
      return inner(fn.callee(v))?.flatMap((callee) => queries.apply(callee, site)) ?? null;
    }
    case Op.Member: {
      const name = fn.memberName(v);
      return inner(fn.a(v))?.flatMap((object) => queries.project(object, [name])) ?? null;
    }
    case Op.Await:
    case Op.Cast:
      return inner(fn.a(v));
    case Op.Logic: {
      // `loaded.default || loaded`
      const left = inner(fn.b(v))?.filter((origin) => origin.kind !== "constant" || !!origin.value);
      return left === undefined || left.length === 0 ? inner(fn.c(v)) : left;
    }
    case Op.Var: {
      const owner = fn.ancestor(fn.a(v));
      const stores = owner?.storesTo(fn.b(v)) ?? [];
      if (owner === null || stores.length !== 1) return null;
      return valuesLoaded({ fn: owner, v: stores[0], frame: owner === fn ? frame : null }, queries, depth + 1);
    }
    default:
      return null;
  }
}

/** What a computed `require` or `import` itself gives, for each of the files; null when the call is something else. */
export function loadedFrom(site: Site, queries: LinkQueries): readonly Origin[] | null {
  const files = modulesLoaded(site, queries);
  if (files === null) return null;
  const form = loadForm(site) === ImportForm.Dynamic ? "*" : "=";
  return files.flatMap((file) => queries.nameOrigins(queries.program.whole(file, form)));
}

/** Calls that load modules by a computed name; a file that says what it said has them where it had them. */
export function* computedLoads(file: ProgramFile): Generator<Site> {
  const known = loads.get(file.lowered) ?? findComputedLoads(file);
  loads.set(file.lowered, known);
  for (const { index, v } of known) yield { fn: file.fn(index), v, frame: null };
}

interface ComputedLoad {
  /** of the function */
  readonly index: number;
  readonly v: number;
}

const loads = new WeakMap<LoweredFile, readonly ComputedLoad[]>();
const NO_LOADS: readonly ComputedLoad[] = [];

function findComputedLoads(file: ProgramFile): readonly ComputedLoad[] {
  const found: ComputedLoad[] = [];
  for (const fn of file.functions()) {
    for (const v of fn.calls)
      if (fn.op(v) === Op.Call && loadForm({ fn, v, frame: null }) !== null) found.push({ index: fn.index, v });
  }
  return found.length === 0 ? NO_LOADS : found;
}

/** Is the value made of what such a call loads? Looks at what is written only. */
export function isOfComputedLoad(fn: FunctionView, v: number): boolean {
  let at = v;
  for (let i = 0; i < 8; i += 1) {
    const op = fn.op(at);
    if (op === Op.Call || op === Op.New) {
      if (loadForm({ fn, v: at, frame: null }) !== null) return true;
      at = fn.callee(at);
    } else if (op === Op.Await || op === Op.Cast || op === Op.Member) at = fn.a(at);
    else if (op === Op.Var && fn.a(at) === 0 && fn.storesTo(fn.b(at)).length === 1) at = fn.storesTo(fn.b(at))[0];
    else return false;
  }
  return false;
}

/** How the call loads, when it is one of the two that take the name of a module. */
function loadForm({ fn, v }: Site): number | null {
  const callee = fn.callee(v);
  if (isGlobalName(fn, callee, "require")) return ImportForm.Require;
  return isGlobalName(fn, callee, "import") ? ImportForm.Dynamic : null;
}

function partsOf(fn: FunctionView, v: number, queries: LinkQueries, depth: number): readonly Part[] {
  if (depth > 8) return ["open"];
  const inner = (value: number): readonly Part[] => partsOf(fn, value, queries, depth + 1);
  switch (fn.op(v)) {
    case Op.Template:
      return Array.from(fn.list(fn.a(v))).flatMap((item, at) =>
        at % 2 === 0 ? [{ text: fn.text(item) }] : inner(item),
      );
    case Op.Binary:
      return fn.text(fn.a(v)) === "+" ? [...inner(fn.b(v)), ...inner(fn.c(v))] : ["open"];
    case Op.Call:
      return partsOfCall(fn, v, queries, inner);
    case Op.Member:
      // `pathToFileURL(file).href`
      return fn.memberName(v) === "href" ? inner(fn.a(v)) : settled(fn, v, queries);
    case Op.Global:
      return isGlobalName(fn, v, "__dirname") ? ["own folder"] : settled(fn, v, queries);
    case Op.Var: {
      const owner = fn.ancestor(fn.a(v));
      const stores = owner?.storesTo(fn.b(v)) ?? [];
      const [only] = stores;
      if (owner === null || stores.length !== 1) return settled(fn, v, queries);
      return partsOf(owner, only, queries, depth + 1);
    }
    default:
      return settled(fn, v, queries);
  }
}

/** `join(a, b)`, `resolve(a, b)`, `dirname(fileURLToPath(import.meta.url))`, `process.cwd()` */
function partsOfCall(
  fn: FunctionView,
  v: number,
  queries: LinkQueries,
  inner: (value: number) => readonly Part[],
): readonly Part[] {
  const [callee] = queries.evaluate({ fn, v: fn.callee(v), frame: null });
  if (callee?.kind !== "package") return ["open"];
  const name = callee.path.slice(callee.path.lastIndexOf(".") + 1);
  const args = Array.from(fn.args(v));
  if (callee.module === "" && callee.path === "process.cwd") return ["working folder"];
  if (name === "pathToFileURL" || name === "normalize") return args.slice(0, 1).flatMap(inner);
  if (name === "dirname") return ["own folder"];
  if (!/^(?:node:)?path$/.test(callee.module) || (name !== "join" && name !== "resolve")) return ["open"];
  return args.flatMap((arg, at): readonly Part[] => (at === 0 ? inner(arg) : [{ text: "/" }, ...inner(arg)]));
}

/** A text that is known, or anything. */
function settled(fn: FunctionView, v: number, queries: LinkQueries): readonly Part[] {
  const origins = queries.evaluate({ fn, v, frame: null });
  const [only] = origins;
  if (origins.length !== 1 || only.kind !== "constant" || typeof only.value !== "string") return ["open"];
  return [{ text: only.value }];
}

interface ComputedName {
  /** where the files may lie, likeliest first */
  readonly folders: readonly string[];
  readonly pattern: (folder: string) => RegExp;
}

/** The part of the name that is certain, as a folder, and what may follow. */
function folderAndName(parts: readonly Part[], path: string): ComputedName | null {
  const home = parentOf(path);
  const [first] = parts;
  const absolute = first === "own folder" || first === "working folder";
  const written = (absolute ? parts.slice(1) : parts)
    .map((part) => (typeof part === "string" ? "\0" : part.text))
    .join("");
  if (!absolute && !/^\.\.?\//.test(written)) return null;
  const slash = written.slice(0, written.indexOf("\0")).lastIndexOf("/");
  const certain = slash < 0 ? "" : written.slice(0, slash);
  const rest = written.slice(slash + 1);
  const from = first === "working folder" ? ancestors(home) : [home];
  const folders = from.flatMap((folder) => joinPath(folder, certain) ?? []);
  // a name that is one open piece below the project's root could be any file
  const named = folders.filter((folder) => folder !== "" || /[^\0/]/.test(rest));
  return { folders: named, pattern: (folder) => patternOf(folder, rest) };
}

/** `\0.routes` below a folder: an open piece is one name, or a name and the index file of that folder. */
function patternOf(folder: string, rest: string): RegExp {
  const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const extension = "\\.[cm]?[jt]sx?";
  const stem = rest.replace(/\.[cm]?[jt]sx?$/, "");
  const name = stem.split("\0").map(escaped).join("[^/]+");
  return new RegExp(`^${folder === "" ? "" : `${escaped(folder)}/`}${name}(?:/index)?(?:${extension})?$`);
}

/** The file that a value was made in, null when it was made outside of the project. */
export function fileOfValue(origin: Origin): ProgramFile | null {
  switch (origin.kind) {
    case "namespace":
    case "class":
    case "instance":
      return origin.file;
    case "function":
      return origin.fn.file;
    case "literal":
      return origin.site.fn.file;
    case "package":
      return origin.site?.fn.file ?? null;
    default:
      return null;
  }
}
