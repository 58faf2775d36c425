/** Regions and files as the engine names them, positions and addresses as editors do. */
import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Position, Range } from "vscode-languageserver/node";
import type { Region } from "../model/place.js";

/** Lines and columns from 1 become lines and characters from 0; both count UTF-16 units. */
export function rangeOf(region: Region): Range {
  return {
    start: { line: region.startLine - 1, character: region.startColumn - 1 },
    end: { line: region.endLine - 1, character: region.endColumn - 1 },
  };
}

export function holds({ start, end }: Range, at: Position): boolean {
  return !before(at, start) && !before(end, at);
}

export function overlap(a: Range, b: Range): boolean {
  return !before(a.end, b.start) && !before(b.end, a.start);
}

function before(a: Position, b: Position): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}

export function uriOf(root: string, file: string): string {
  return pathToFileURL(join(root, file)).href;
}

/** Absolute path; null for what lies in no file, such as an untitled document. */
export function pathOf(uri: string): string | null {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : null;
  } catch {
    return null;
  }
}

/** The path from the root, null when it lies outside. */
export function fromRoot(root: string, path: string): string | null {
  const found = relative(root, path).split(sep).join("/");
  return found.startsWith("../") || found === ".." || /^(?:[A-Za-z]:|\/)/.test(found) ? null : found;
}

/** Where an offset lies in a text. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const line = before.split("\n").length - 1;
  return { line, character: offset - (before.lastIndexOf("\n") + 1) };
}
