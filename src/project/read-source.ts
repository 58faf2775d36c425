import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FileRole } from "../model/project.js";
import { classifyText } from "./roles.js";

/** A file's text and what it shows; `unreadable` has no text. */
export interface SourceText {
  readonly text: string;
  readonly role: FileRole;
}

/**
 * Reads one listed file and classifies its text. Never throws: a file that vanished or may not be read is
 * `unreadable`.
 */
export function readSource(root: string, path: string): SourceText {
  try {
    const text = readFileSync(join(root, path), "utf8");
    return { text, role: classifyText(text) };
  } catch {
    return { text: "", role: "unreadable" };
  }
}
