/** From the listed files to lowered ones: cached by content, the compiler loaded only when a file is stale. */
import { deserialize, serialize } from "node:v8";
import { contentHash } from "../base/hash.js";
import type { Unknown } from "../model/facts.js";
import { FileFlag, type LoweredFile } from "../model/lowered.js";
import type { FileRole, Project, ProjectFile } from "../model/project.js";
import type { Cache } from "../project/cache.js";
import { readSource } from "../project/read-source.js";
import { type Compiler, loadCompiler } from "../syntax/compiler.js";
import { lowerText } from "../syntax/lower.js";
import type { ScanProgress } from "./request.js";

export interface LoadedFile {
  readonly path: string;
  readonly lowered: LoweredFile;
  readonly inScope: boolean;
}

export interface LoadedProject {
  readonly files: readonly LoadedFile[];
  /** identifies all texts that were read: equal for two runs over the same sources */
  readonly contentKey: string;
  readonly unknowns: readonly Unknown[];
  readonly excluded: Readonly<Record<string, number>>;
  readonly lines: number;
}

interface Pending {
  readonly file: ProjectFile;
  readonly hash: string;
  readonly text: string;
  readonly role: FileRole;
}

/** Roles that are read for what they export, without their bodies. */
const OUTLINED: ReadonlySet<FileRole> = new Set(["generated", "seed"]);

/**
 * Reads and lowers every file that is analysed. Files that cannot be read or lowered are counted and named,
 * never dropped silently.
 */
export async function loadProject(
  project: Project,
  cache: Cache,
  onProgress: (progress: ScanProgress) => void,
): Promise<LoadedProject> {
  const wanted = project.files.filter((file) => file.role === "source" || OUTLINED.has(file.role));
  const loader = new Loader(project, cache);
  let done = 0;
  for (const file of wanted) {
    await loader.add(file);
    done += 1;
    if (done % 50 === 0) onProgress({ stage: "reading", done, total: wanted.length });
  }
  return loader.finish();
}

class Loader {
  readonly #files: LoadedFile[] = [];
  readonly #hashes: string[] = [];
  readonly #unknowns: Unknown[] = [];
  readonly #excluded: Record<string, number>;
  #lines = 0;

  constructor(
    private readonly project: Project,
    private readonly cache: Cache,
  ) {
    this.#excluded = { ...project.excluded };
  }

  async add(file: ProjectFile): Promise<void> {
    const hit = this.cache.lookup(file.path, file.mtimeMs, file.size);
    const cached = hit === undefined ? undefined : decode(hit.blob());
    if (hit !== undefined && cached !== undefined) {
      this.#keep(file, cached, hit.hash);
      return;
    }
    const source = readSource(this.project.root, file.path);
    if (source.role !== "source" && source.role !== "generated") {
      this.#leaveOut(file, source.role);
      return;
    }
    const role = file.role === "source" ? source.role : file.role;
    const hash = contentHash(`${file.dialect}\n${OUTLINED.has(role) ? "outline" : "full"}\n${source.text}`);
    const known = decode(this.cache.lookupHash(hash)?.blob());
    const meta = { mtimeMs: file.mtimeMs, size: file.size, hash };
    if (known !== undefined) {
      this.cache.touch(file.path, meta);
      this.#keep(file, known, hash);
      return;
    }
    await this.#lower({ file, hash, text: source.text, role });
  }

  async #lower(pending: Pending): Promise<void> {
    const compiler: Compiler = await loadCompiler();
    const { file, hash, text, role } = pending;
    const outline = OUTLINED.has(role) || startsAsClient(text);
    const lowered = lowerText(compiler, text, file.dialect, { outline });
    this.cache.put(
      file.path,
      { mtimeMs: file.mtimeMs, size: file.size, hash, flags: lowered.flags },
      serialize(lowered),
    );
    this.#keep(file, lowered, hash);
  }

  #keep(file: ProjectFile, lowered: LoweredFile, hash: string): void {
    this.#files.push({ path: file.path, lowered, inScope: file.inScope });
    this.#hashes.push(`${file.path}\0${hash}\0${file.inScope ? 1 : 0}`);
    this.#lines += lowered.lineStarts.length;
    if ((lowered.flags & FileFlag.UseClient) !== 0) this.#count("client");
    else if ((lowered.flags & FileFlag.OutlineOnly) !== 0 && file.role === "source") this.#count("generated");
    this.#noteProblem(file, lowered);
  }

  #noteProblem(file: ProjectFile, lowered: LoweredFile): void {
    const failed = (lowered.flags & FileFlag.Failed) !== 0;
    if (lowered.problem === null && !failed) return;
    const at = lowered.problem?.at ?? 0;
    this.#unknowns.push({
      kind: failed ? "file-not-lowered" : "file-not-parsed",
      place: { file: file.path, start: at, end: at },
      detail: lowered.problem?.message ?? "could not be lowered",
      remedy: "",
    });
  }

  #leaveOut(file: ProjectFile, role: FileRole): void {
    this.#count(role);
    if (role !== "unreadable" && role !== "binary") return;
    const detail = role === "binary" ? "is not text" : "cannot be read";
    this.#unknowns.push({ kind: "file-not-read", place: { file: file.path, start: 0, end: 0 }, detail, remedy: "" });
  }

  #count(reason: string): void {
    this.#excluded[reason] = (this.#excluded[reason] ?? 0) + 1;
  }

  finish(): LoadedProject {
    return {
      files: this.#files,
      contentKey: contentHash(this.#hashes.join("\n")),
      unknowns: this.#unknowns,
      excluded: this.#excluded,
      lines: this.#lines,
    };
  }
}

/** The directive is the first statement; only comments may come before it (React's and Next.js's rule). */
function startsAsClient(text: string): boolean {
  return /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*["']use client["']/.test(text.slice(0, 2_000));
}

/** The stored bytes carry a checksum; what passes it was written by this engine, so its shape is only glanced at. */
function decode(bytes: Uint8Array | undefined): LoweredFile | undefined {
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = deserialize(bytes);
    return isLoweredFile(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isLoweredFile(value: unknown): value is LoweredFile {
  if (typeof value !== "object" || value === null) return false;
  return "functions" in value && Array.isArray(value.functions) && "code" in value && value.code instanceof Int32Array;
}
