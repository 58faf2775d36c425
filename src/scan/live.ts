/**
 * Scans one project again and again while it changes: what did not change is neither listed, read nor parsed again.
 * Every result is the one that a run of its own would come to.
 */
import { statSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import type { Project, ProjectFile } from "../model/project.js";
import { createModuleResolver } from "../program/linking/module-resolution.js";
import type { ModuleResolver } from "../program/linking/program.js";
import { type Cache, openCache } from "../project/cache.js";
import { readSource } from "../project/read-source.js";
import { MAX_FILE_BYTES } from "../project/roles.js";
import { loadCompiler } from "../syntax/compiler.js";
import type { Manner, Remembered } from "./analyse.js";
import { KeptDrafts } from "./kept-drafts.js";
import { FactsInCache, FactsInMemory, storesInTurn } from "./known-facts.js";
import { LoweredMemory } from "./lowered-memory.js";
import { openProject } from "./open-project.js";
import { ProgramMemory } from "./program-memory.js";
import type { ScanOutcome, ScanRequest } from "./request.js";
import { ENGINE_VERSION } from "./scan.js";

const SOURCE = /\.[cm]?[jt]sx?$/;
const OTHER =
  /\.(?:prisma|sql|ya?ml)$|(?:^|[\\/])(?:package|[jt]sconfig(?:[.-][\w.-]+)?|authgap\.policy)\.json$|\.gitignore$/;

export function isSource(path: string): boolean {
  return SOURCE.test(path);
}

/** A change of this file may change what is found. */
export function mayMatter(path: string): boolean {
  return SOURCE.test(path) || OTHER.test(path);
}

/** What happened since the run before. */
export interface Changes {
  /** absolute paths of files whose text changed; null when anything may have happened */
  readonly files: ReadonlySet<string> | null;
  /** absolute path → text that an editor holds and has not saved */
  readonly unsaved: ReadonlyMap<string, string>;
}

/** An answer ahead of a run. */
export interface AheadOutcome extends ScanOutcome {
  /** entries that there was no time for, which are told as they were */
  readonly left: number;
}

/** An engine that remembers what it read. */
export interface Live {
  /** Lists the project and tells its root, absolute. Throws a UserError when it is not there. */
  open(request: ScanRequest): string;
  /**
   * Scans what the request names. Throws a UserError for what the person can repair; the next run may succeed.
   *
   * @param pause called between pieces of work; what it throws ends the run, and the next one starts over
   */
  run(request: ScanRequest, changes: Changes, pause?: () => Promise<void>): Promise<ScanOutcome>;
  /**
   * Judges anew only what edits of a few files concern, for an answer at once; a run tells what else they mean.
   *
   * @param withinMs entries are judged for so long, those that stand in the edited files first
   */
  ahead(request: ScanRequest, changes: Changes, withinMs: number, pause?: () => Promise<void>): Promise<AheadOutcome>;
  /**
   * Works out what the next edit would have to wait for, after a run.
   *
   * @param pause as with a run
   */
  prepare(request: ScanRequest, pause: () => Promise<void>): Promise<void>;
}

export class LiveScan implements Live {
  readonly #memory = new LoweredMemory();
  readonly #facts = new FactsInMemory();
  readonly #drafts = new KeptDrafts();
  #project: Project | null = null;
  /** what an editor held during the last run, by path from the root */
  #unsaved: ReadonlyMap<string, string> = new Map();
  #resolver: ModuleResolver | undefined;
  #programs: ProgramMemory | undefined;
  #runs = 0;

  open(request: ScanRequest): string {
    return this.#listed(request, null).root;
  }

  run(request: ScanRequest, changes: Changes, pause?: () => Promise<void>): Promise<ScanOutcome> {
    return this.#analysed(request, changes, pause === undefined ? {} : { pause });
  }

  ahead(request: ScanRequest, changes: Changes, withinMs: number, pause?: () => Promise<void>): Promise<AheadOutcome> {
    return this.#analysed(request, changes, { aheadWithin: withinMs, ...(pause === undefined ? {} : { pause }) });
  }

  async prepare(request: ScanRequest, pause: () => Promise<void>): Promise<void> {
    loadCompiler();
    const project = this.#project;
    if (project === null) return;
    const { prepareAnswers } = await import("./analyse.js");
    const cache = openCache(project.root, { engineVersion: ENGINE_VERSION, disabled: true });
    await prepareAnswers(request, { ...project, unsaved: this.#unsaved }, this.#remembered(project, cache), pause);
  }

  #remembered(project: Project, cache: Cache): Remembered & { readonly programs: ProgramMemory } {
    this.#resolver ??= createModuleResolver(project);
    this.#programs ??= new ProgramMemory(this.#resolver);
    const [resolver, programs] = [this.#resolver, this.#programs];
    return { cache, facts: this.#facts, drafts: this.#drafts, lowered: this.#memory, resolver, programs };
  }

  async #analysed(request: ScanRequest, changes: Changes, manner: Manner): Promise<AheadOutcome> {
    const { analyse } = await import("./analyse.js");
    const listed = this.#listed(request, changes.files);
    this.#unsaved = below(listed.root, changes.unsaved);
    const project = { ...listed, unsaved: this.#unsaved };
    // what earlier processes kept helps the first run only: from then on everything is in memory
    const first = this.#runs === 0 && request.useCache;
    const cache = openCache(project.root, { engineVersion: ENGINE_VERSION, disabled: !first });
    this.#runs += 1;
    const facts = first ? storesInTurn(this.#facts, new FactsInCache(cache)) : this.#facts;
    const remembered = { ...this.#remembered(project, cache), facts };
    try {
      const analysed = await analyse(request, project, remembered, request.onProgress ?? (() => {}), manner);
      const { result, policyFiles: _, left, ...evidence } = analysed;
      if (first) this.#readRest(project);
      return { result, evidence, root: project.root, left };
    } finally {
      const present = new Set(project.files.map((file) => file.path));
      this.#memory.retain(present);
      cache.save(present);
    }
  }

  /** Reads what came from the cache: where a text is edited is told by the text from before. */
  #readRest(project: Project): void {
    for (const path of this.#memory.withoutText) {
      const { role, text } = readSource(project, path);
      if (role === "unreadable") continue;
      this.#memory.keepText(path, text);
      this.#facts.learn(path, text);
    }
  }

  #listed(request: ScanRequest, files: ReadonlySet<string> | null): Project {
    const known = this.#project;
    this.#project = null;
    const patched = known === null || files === null ? null : withNewTimes(known, files);
    if (patched === null) {
      this.#resolver = undefined;
      this.#programs = undefined;
    }
    const project = patched ?? openProject(request);
    this.#project = project;
    return project;
  }
}

/** The project with the times that changed files have now; null when that does not tell it all. */
function withNewTimes(project: Project, changed: ReadonlySet<string>): Project | null {
  const paths = new Set([...changed].map((file) => fromRoot(project.root, file)));
  const files: ProjectFile[] = [];
  let found = 0;
  for (const file of project.files) {
    if (!paths.has(file.path)) {
      files.push(file);
      continue;
    }
    const stats = statSync(join(project.root, file.path), { throwIfNoEntry: false });
    // a file may become too large, and one that is no source counts by its role
    if (stats === undefined || file.role !== "source" || stats.size > MAX_FILE_BYTES) return null;
    files.push({ ...file, size: stats.size, mtimeMs: stats.mtimeMs });
    found += 1;
  }
  const schemas = project.schemaFiles.filter((path) => paths.has(path)).length;
  return found + schemas === paths.size ? { ...project, files } : null;
}

function fromRoot(root: string, file: string): string {
  return relative(root, file).split(sep).join("/");
}

/** Texts of files below the root, by their path from it. */
function below(root: string, unsaved: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [file, text] of unsaved) {
    const path = fromRoot(root, file);
    if (!path.startsWith("../") && !isAbsolute(path)) found.set(path, text);
  }
  return found;
}
