import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FileRole, Project } from "../model/project.js";
import { classifyText } from "./roles.js";

/** A file's text and what it shows; `unreadable` has no text. */
export interface SourceText {
  readonly text: string;
  readonly role: FileRole;
}

/**
 * Reads one listed file, or what an editor holds of it, and classifies its text. Never throws: a file that vanished
 * or may not be read is `unreadable`.
 */
export function readSource({ root, unsaved }: Pick<Project, "root" | "unsaved">, path: string): SourceText {
  try {
    const text = unsaved?.get(path) ?? readFileSync(join(root, path), "utf8");
    return { text, role: classifyText(text) };
  } catch {
    return { text: "", role: "unreadable" };
  }
}
