/** Imports that code taken over from another file brings along. */
import { joinPath, parentOf } from "../../base/path.js";
import { NONE } from "../../model/lowered.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import { type FixSource, insertion, type TextEdit } from "./fix-source.js";

const KNOWN = new Set(
  "async await function return new true false null undefined typeof void const let if else this process console".split(
    " ",
  ),
);

/** Names that a piece of code takes from around it. */
export function freeNames(code: string): readonly string[] {
  const bare = code.replace(/(["'`])(?:\\.|(?!\1)[^\\])*\1/g, "");
  const found = new Set<string>();
  for (const { 1: name, index } of bare.matchAll(/([A-Za-z_$][\w$]*)/g)) {
    const before = bare.slice(0, index).trimEnd();
    const after = bare.slice(index + (name?.length ?? 0)).trimStart();
    if (name === undefined || KNOWN.has(name) || before.endsWith(".") || /^:(?!:)/.test(after)) continue;
    found.add(name);
  }
  return [...found];
}

/**
 * What must be added to a file so that code taken over from another one means the same there; null when that cannot
 * be had by imports alone.
 */
export function importsFor(code: string, from: string, to: string, source: FixSource): readonly TextEdit[] | null {
  if (from === to) return [];
  const [there, here] = [source.file(from), source.file(to)];
  if (there === undefined || here === undefined) return null;
  const edits: TextEdit[] = [];
  for (const name of freeNames(code)) {
    const wanted = importOf(name, there);
    const module = wanted === null ? null : seenFrom(wanted.module, from, to);
    if (wanted === null || module === null) return null;
    if (here.moduleSlot(name) !== NONE) {
      const known = importOf(name, here);
      // another thing of that name
      if (known?.name !== wanted.name || known.module !== module) return null;
      continue;
    }
    edits.push(newImport(name, { ...wanted, module }, source.text(to)));
  }
  return edits;
}

interface Imported {
  readonly module: string;
  readonly name: string;
}

function importOf(local: string, file: ProgramFile): Imported | null {
  const slot = file.moduleSlot(local);
  const found = slot === NONE ? undefined : file.lowered.imports.find((one) => one.slot === slot && !one.typeOnly);
  return found === undefined || found.name === "=" || found.name === "" ? null : found;
}

/** A relative specifier as the other file has to write it; null for one that leads out of the project. */
function seenFrom(module: string, from: string, to: string): string | null {
  if (!module.startsWith(".")) return module;
  const path = joinPath(parentOf(from), module);
  if (path === null) return null;
  const parts = path.split("/");
  const home = parentOf(to)
    .split("/")
    .filter((part) => part !== "");
  let shared = 0;
  while (shared < home.length && shared < parts.length - 1 && home[shared] === parts[shared]) shared += 1;
  const up = home.length - shared;
  return `${up === 0 ? "./" : "../".repeat(up)}${parts.slice(shared).join("/")}`;
}

/** Below the last import, and above everything but directives where there is none. */
function newImport(local: string, { module, name }: Imported, text: string): TextEdit {
  const last = [...text.matchAll(/^(?:import\b[^;'"]*?(?:from\s*)?|\} from )(["'])[^"'\n]*\1;?/gm)].at(-1);
  const quote = last?.[1] ?? '"';
  const clause = name === "default" ? local : name === "*" ? `* as ${local}` : named(local, name);
  const line = `import ${clause} from ${quote}${module}${quote};`;
  if (last !== undefined) return insertion(last.index + last[0].length, `\n${line}`);
  const directive = /^(?:\s*(["'])use \w+\1;?[ \t]*\n)/.exec(text);
  return insertion(directive?.[0].length ?? 0, `${line}\n`);
}

function named(local: string, name: string): string {
  return name === local ? `{ ${local} }` : `{ ${name} as ${local} }`;
}
