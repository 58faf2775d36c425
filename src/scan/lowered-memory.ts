/** Lowered files of the run before, for a process that scans the same project again and again. */
import type { LoweredFile } from "../model/lowered.js";
import type { ProjectFile } from "../model/project.js";

/** File systems keep times with a granularity of up to two seconds: a younger file may change unnoticed. */
const RACY_MS = 2_000;

/** What was read of a file. */
export interface Read {
  readonly hash: string;
  readonly lowered: LoweredFile;
  /** undefined when only the lowered form was read */
  readonly text: string | undefined;
}

interface Kept extends Read {
  readonly mtimeMs: number;
  readonly size: number;
  /** time and size tell whether it is still the same */
  readonly trusted: boolean;
}

export class LoweredMemory {
  readonly #kept = new Map<string, Kept>();

  /** What is known of a file that has the time and the size it had. */
  unchanged(file: ProjectFile): Kept | undefined {
    const kept = this.#kept.get(file.path);
    if (kept === undefined || !kept.trusted) return undefined;
    return kept.mtimeMs === file.mtimeMs && kept.size === file.size ? kept : undefined;
  }

  /** What is known of a file, when it was made from the same text. */
  withHash(path: string, hash: string): LoweredFile | undefined {
    const kept = this.#kept.get(path);
    return kept?.hash === hash ? kept.lowered : undefined;
  }

  /** @param unsaved the text is an editor's, so time and size of the file say nothing about it */
  keep(file: ProjectFile, read: Read, unsaved: boolean): void {
    const { path, mtimeMs, size } = file;
    const trusted = !unsaved && mtimeMs <= Date.now() - RACY_MS;
    this.#kept.set(path, { ...read, mtimeMs, size, trusted });
  }

  /** Remembers the text of a file whose lowered form came from a cache. */
  keepText(path: string, text: string): void {
    const kept = this.#kept.get(path);
    if (kept !== undefined && kept.text === undefined) this.#kept.set(path, { ...kept, text });
  }

  /** Names files whose text was never asked for. */
  get withoutText(): readonly string[] {
    return [...this.#kept].flatMap(([path, { text }]) => (text === undefined ? [path] : []));
  }

  /** Forgets files that are gone. */
  retain(paths: ReadonlySet<string>): void {
    for (const path of this.#kept.keys()) if (!paths.has(path)) this.#kept.delete(path);
  }
}
