/** From the listed files to lowered ones: cached by content, the compiler loaded only when a file is stale. */
import { deserialize, serialize } from "node:v8";
import { contentHash } from "../base/hash.js";
import { byText } from "../base/path.js";
import type { Unknown } from "../model/facts.js";
import { FileFlag, type LoweredFile } from "../model/lowered.js";
import type { FileRole, Project, ProjectFile } from "../model/project.js";
import { specifiersOf } from "../program/linking/dependents.js";
import type { ModuleResolver } from "../program/linking/program.js";
import type { Cache } from "../project/cache.js";
import { readSource } from "../project/read-source.js";
import { type Compiler, loadCompiler } from "../syntax/compiler.js";
import { lowerText } from "../syntax/lower.js";
import type { LoweredMemory, Read } from "./lowered-memory.js";
import type { ScanProgress } from "./request.js";

export interface LoadedFile {
  readonly path: string;
  readonly lowered: LoweredFile;
  /** of the text and of how it was read */
  readonly hash: string;
  readonly inScope: boolean;
  /** for a process that scans again and again, once it has read the file */
  readonly text?: string | undefined;
}

export interface LoadedProject {
  readonly files: readonly LoadedFile[];
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

/** Roles that are never read, whoever imports them. */
const UNREAD: ReadonlySet<FileRole> = new Set(["declaration", "minified", "too-large", "binary", "unreadable"]);
/** Roles that are read for what they export, without their bodies. */
const OUTLINED: ReadonlySet<FileRole> = new Set(["generated", "seed"]);

/**
 * Reads and lowers the files in scope and whatever they import, directly or not. Files that cannot be read or
 * lowered are counted and named, never dropped silently.
 */
export function loadProject(
  project: Project,
  cache: Cache,
  resolve: ModuleResolver,
  onProgress: (progress: ScanProgress) => void,
  memory?: LoweredMemory,
): LoadedProject {
  const wanted = project.files.filter((file) => file.role === "source" || OUTLINED.has(file.role));
  // a file named like a test that normal sources import is no test: `orders.spec.ts` may hold a specification
  const byPath = new Map(project.files.filter((file) => !UNREAD.has(file.role)).map((file) => [file.path, file]));
  const open = wanted.filter((file) => file.inScope);
  const met = new Set(open.map((file) => file.path));
  const loader = new Loader(project, cache, memory);
  const meet = (file: ProjectFile): void => {
    met.add(file.path);
    open.push(file);
  };
  for (let done = 0; done < open.length; done += 1) {
    const lowered = loader.add(open[done]);
    for (const specifier of lowered === null ? [] : specifiersOf(lowered)) {
      const target = resolve(open[done].path, specifier);
      const file = target.kind === "file" && !met.has(target.path) ? byPath.get(target.path) : undefined;
      if (file !== undefined) meet(file);
    }
    if (done % 50 === 0) onProgress({ stage: "reading", done, total: open.length });
    if (done === open.length - 1) for (const file of migrationsBeside(met, wanted, project)) meet(file);
  }
  return loader.finish();
}

const MIGRATION = /(?:^|\/)migrations\/[^/]+\.[cm]?[jt]s$/;

/**
 * Migrations in the packages that the program reaches, where those are written with Knex: nothing imports them, and
 * nothing else declares the tables.
 */
function migrationsBeside(
  met: ReadonlySet<string>,
  files: readonly ProjectFile[],
  project: Project,
): readonly ProjectFile[] {
  const migrations = files.filter((file) => MIGRATION.test(file.path) && !met.has(file.path));
  if (migrations.length === 0) return [];
  const folders = project.packages
    .filter((one) => one.dependencies.knex !== undefined)
    .map(({ folder }) => (folder === "" ? "" : `${folder}/`));
  const reached = folders.filter((folder) => [...met].some((path) => path.startsWith(folder)));
  return migrations.filter(({ path }) => reached.some((folder) => path.startsWith(folder)));
}

/** Reads and lowers the project's tests, which are no part of the program. Those that cannot be read are left out. */
export function loadTests(project: Project, cache: Cache, memory?: LoweredMemory): readonly LoadedFile[] {
  const loader = new Loader(project, cache, memory);
  for (const file of project.files) if (file.role === "test") loader.add(file);
  return loader.finish().files;
}

class Loader {
  readonly #files: LoadedFile[] = [];
  readonly #unknowns: Unknown[] = [];
  readonly #excluded: Record<string, number>;
  #lines = 0;

  constructor(
    private readonly project: Project,
    private readonly cache: Cache,
    private readonly memory: LoweredMemory | undefined,
  ) {
    this.#excluded = { ...project.excluded };
  }

  /** @returns null when the file is not part of the program */
  add(file: ProjectFile): LoweredFile | null {
    const unsaved = this.project.unsaved?.has(file.path) === true;
    const remembered = unsaved ? undefined : this.memory?.unchanged(file);
    if (remembered !== undefined) return this.#take(file, remembered);
    const hit = unsaved ? undefined : this.cache.lookup(file.path, file.mtimeMs, file.size);
    const cached = hit === undefined ? undefined : decodeLowered(hit.blob());
    if (hit !== undefined && cached !== undefined) {
      return this.#keep(file, cached, hit.hash);
    }
    const source = readSource(this.project, file.path);
    if (source.role !== "source" && source.role !== "generated") {
      this.#leaveOut(file, source.role);
      return null;
    }
    const role = file.role === "source" ? source.role : file.role;
    const hash = contentHash(`${file.dialect}\n${OUTLINED.has(role) ? "outline" : "full"}\n${source.text}`);
    const same = this.memory?.withHash(file.path, hash) ?? decodeLowered(this.cache.lookupHash(hash)?.blob());
    const meta = { mtimeMs: file.mtimeMs, size: file.size, hash };
    if (same !== undefined) {
      if (!unsaved) this.cache.touch(file.path, meta);
      return this.#keep(file, same, hash, source.text);
    }
    return this.#lower({ file, hash, text: source.text, role }, unsaved);
  }

  #lower(pending: Pending, unsaved: boolean): LoweredFile {
    const compiler: Compiler = loadCompiler();
    const { file, hash, text, role } = pending;
    const outline = OUTLINED.has(role) || startsAsClient(text);
    const lowered = lowerText(compiler, text, file.dialect, { outline });
    if (!unsaved) {
      const meta = { mtimeMs: file.mtimeMs, size: file.size, hash, flags: lowered.flags };
      this.cache.put(file.path, meta, serialize(lowered));
    }
    return this.#keep(file, lowered, hash, text);
  }

  #keep(file: ProjectFile, lowered: LoweredFile, hash: string, text?: string): LoweredFile {
    this.memory?.keep(file, { hash, lowered, text }, this.project.unsaved?.has(file.path) === true);
    return this.#take(file, { hash, lowered, text });
  }

  #take(file: ProjectFile, { hash, lowered, text }: Read): LoweredFile {
    const known = { path: file.path, lowered, hash, inScope: file.inScope };
    // a single run has no use for all the texts at once
    this.#files.push(this.memory === undefined ? known : { ...known, text });
    this.#lines += lowered.lineStarts.length;
    if ((lowered.flags & FileFlag.UseClient) !== 0) this.#count("client");
    else if ((lowered.flags & FileFlag.OutlineOnly) !== 0 && file.role === "source") this.#count("generated");
    this.#noteProblem(file, lowered);
    return lowered;
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
      files: this.#files.sort((a, b) => byText(a.path, b.path)),
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
export function decodeLowered(bytes: Uint8Array | undefined): LoweredFile | undefined {
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
