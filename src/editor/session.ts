/** One project in an editor: what is open counts, every change leads to a run, and what changed is told. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "vscode-languageserver/node";
import { UserError } from "../base/user-error.js";
import type { Finding } from "../model/finding.js";
import { manifestProblems } from "../policy/manifest-assist.js";
import { MANIFEST_NAMES } from "../policy/read-manifest.js";
import type { Live } from "../scan/live.js";
import type { Evidence, ScanOutcome, ScanRequest } from "../scan/request.js";
import { diagnosticsOf, ofManifestProblem } from "./diagnostics.js";
import { fromRoot, uriOf } from "./places.js";

/** Typing comes in bursts; a run is not begun between two strokes. */
const SETTLE_MS = 60;
/** A slow project is not scanned again and again while somebody types. */
const MOST_SETTLE_MS = 1_500;

export interface SessionHost {
  live: Live;
  /** made anew for each run, since the day may change */
  request(): ScanRequest;
  /** absolute path → text, of all open documents that differ from their files */
  unsaved(): ReadonlyMap<string, string>;
  publish(uri: string, diagnostics: readonly Diagnostic[]): void;
  /** what is told outside of any file */
  log(message: string): void;
}

/** A run with the texts that it saw. */
export interface Seen {
  readonly outcome: ScanOutcome & { readonly evidence: Evidence };
  /** the text of a file, by path from the root, as the run saw it */
  text(file: string): string;
}

export class Session {
  readonly root: string;
  #seen: Seen | null = null;
  #changed: Set<string> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #again = false;
  #took = 0;
  /** uri → what was told of it last */
  readonly #told = new Map<string, string>();
  #closed = false;

  constructor(private readonly host: SessionHost) {
    this.root = host.live.open(host.request());
  }

  get seen(): Seen | null {
    return this.#seen;
  }

  /** What is shown for a finding; null when it is not among what was told. */
  diagnosticOf(finding: Finding): Diagnostic | null {
    if (this.#seen === null) return null;
    const { result, root } = this.#seen.outcome;
    const shown = diagnosticsOf({ ...result, findings: [finding], notices: [] }, root);
    return shown.get(finding.at.file)?.[0] ?? null;
  }

  /** The text of a file as it is now, by path from the root; null when there is none. */
  textOf(file: string): string | null {
    const path = join(this.root, file);
    return this.host.unsaved().has(path) || existsSync(path) ? textOf(path, this.host.unsaved()) : null;
  }

  /** @param path absolute; null when anything may have happened */
  changed(path: string | null): void {
    const manifest = path !== null && isManifest(fromRoot(this.root, path) ?? "");
    if (path === null) this.#changed = null;
    else this.#changed?.add(path);
    if (manifest) this.#tellManifest();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#start(), Math.min(MOST_SETTLE_MS, Math.max(SETTLE_MS, this.#took / 3)));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const uri of this.#told.keys()) this.host.publish(uri, []);
  }

  #start(): void {
    if (this.#running !== null) {
      this.#again = true;
      return;
    }
    this.#running = this.#run().finally(() => {
      this.#running = null;
      if (this.#again && !this.#closed) {
        this.#again = false;
        this.#start();
      }
    });
  }

  async #run(): Promise<void> {
    const files = this.#changed;
    this.#changed = new Set();
    const unsaved = this.host.unsaved();
    const started = Date.now();
    try {
      const outcome = await this.host.live.run(this.host.request(), { files, unsaved });
      if (this.#closed || outcome.evidence === null) return;
      const { evidence } = outcome;
      this.#seen = { outcome: { ...outcome, evidence }, text: (file) => textOf(join(outcome.root, file), unsaved) };
      this.#tell();
    } catch (error) {
      // the report stays as it was; the next run looks at everything again
      this.#changed = null;
      if (error instanceof UserError && this.#manifest().problems.length > 0) this.#tellManifest();
      else this.host.log(error instanceof UserError ? `${error.message} (${error.where})` : `internal error: ${error}`);
    }
    this.#took = Date.now() - started;
  }

  #tell(): void {
    if (this.#seen === null) return;
    const { result, root } = this.#seen.outcome;
    const found = new Map<string, readonly Diagnostic[]>();
    for (const [file, diagnostics] of diagnosticsOf(result, root)) found.set(uriOf(root, file), diagnostics);
    const manifest = this.#manifest();
    if (manifest.problems.length > 0) found.set(manifest.uri, manifest.problems);
    for (const uri of this.#told.keys()) if (!found.has(uri)) this.#tellFile(uri, []);
    for (const [uri, diagnostics] of found) this.#tellFile(uri, diagnostics);
  }

  /** Mistakes in the manifest show at once; what depends on the code follows with the run. */
  #tellManifest(): void {
    const { uri, problems } = this.#manifest();
    if (problems.length > 0) this.#tellFile(uri, problems);
  }

  #tellFile(uri: string, diagnostics: readonly Diagnostic[]): void {
    const text = JSON.stringify(diagnostics);
    if ((this.#told.get(uri) ?? "[]") === text) return;
    this.#told.set(uri, text);
    this.host.publish(uri, diagnostics);
  }

  #manifest(): { readonly uri: string; readonly problems: readonly Diagnostic[] } {
    const unsaved = this.host.unsaved();
    for (const name of MANIFEST_NAMES) {
      const text = textOf(join(this.root, name), unsaved);
      if (text === "") continue;
      const problems = manifestProblems(text, name).map((problem) => ofManifestProblem(problem, text));
      return { uri: uriOf(this.root, name), problems };
    }
    return { uri: "", problems: [] };
  }
}

export function isManifest(path: string): boolean {
  return MANIFEST_NAMES.includes(path);
}

function textOf(path: string, unsaved: ReadonlyMap<string, string>): string {
  const held = unsaved.get(path);
  if (held !== undefined) return held;
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
