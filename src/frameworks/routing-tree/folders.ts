/** Folders that registrations name: which one is meant, and what lies in it. Only listed files count. */
import { joinPath, parentOf } from "../../base/path.js";
import { Op } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { Spot } from "./spot.js";
import type { Values } from "./values.js";

/** What the program has right below a folder. */
export function contentsOf(
  folder: string,
  values: Values,
): { files: readonly ProgramFile[]; folders: readonly string[] } {
  const files: ProgramFile[] = [];
  const folders = new Set<string>();
  const start = folder === "" ? "" : `${folder}/`;
  for (const file of values.queries.program.files) {
    if (!file.path.startsWith(start)) continue;
    const rest = file.path.slice(start.length);
    const slash = rest.indexOf("/");
    if (slash < 0) files.push(file);
    else folders.add(rest.slice(0, slash));
  }
  return { files, folders: [...folders].sort() };
}

/** `join(__dirname, "routes")`, `new URL("./routes", import.meta.url)`: the texts in it, seen from the file. */
export function folderOf(spot: Spot, values: Values): string | null {
  const texts: string[] = [];
  const reached = textsIn(spot.fn, spot.v, 0, texts);
  const parts = texts.map((text) => text.replace(/^file:\/\//, "")).filter((text) => text !== "");
  if (!reached && parts.length === 0) return null;
  const here = parentOf(spot.fn.file.path);
  const found = parts.reduce<string | null>((at, part) => (at === null ? null : joinPath(at, part)), here);
  if (found !== null && contentsOf(found, values).files.length + contentsOf(found, values).folders.length > 0) {
    return found;
  }
  const fromRoot = joinPath("", parts.join("/"));
  return fromRoot !== null && fromRoot !== "" && contentsOf(fromRoot, values).files.length > 0 ? fromRoot : null;
}

/** Texts among the operands of a path computation, in order. @returns true when it starts from the file's own place */
function textsIn(fn: FunctionView, v: number, depth: number, into: string[]): boolean {
  if (depth > 12 || v < 0) return false;
  const each = (items: Iterable<number>): boolean => {
    let found = false;
    for (const item of items) found = textsIn(fn, item, depth + 1, into) || found;
    return found;
  };
  switch (fn.op(v)) {
    case Op.String:
      into.push(fn.text(fn.a(v)));
      return false;
    case Op.Template:
      return each(templateParts(fn, v, into));
    case Op.Global:
      return fn.text(fn.a(v)) === "__dirname";
    case Op.Var: {
      const owner = fn.ancestor(fn.a(v));
      const stores = owner?.storesTo(fn.b(v)) ?? [];
      return owner !== null && stores.length === 1 ? textsIn(owner, stores[0], depth + 1, into) : false;
    }
    case Op.Member:
      return /^(?:dirname|url|filename)$/.test(fn.text(fn.b(v))) || textsIn(fn, fn.a(v), depth + 1, into);
    case Op.Binary:
      return each([fn.b(v), fn.c(v)]);
    case Op.Call:
    case Op.New:
      return each(fn.args(v));
    case Op.Await:
    case Op.Cast:
      return textsIn(fn, fn.a(v), depth + 1, into);
    default:
      return false;
  }
}

function templateParts(fn: FunctionView, v: number, into: string[]): readonly number[] {
  const list = [...fn.list(fn.a(v))];
  for (const [i, part] of list.entries()) if (i % 2 === 0) into.push(fn.text(part));
  return list.filter((_, i) => i % 2 === 1);
}
