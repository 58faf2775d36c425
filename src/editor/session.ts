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

/** Typing comes in bursts; an answer is not begun between two strokes. */
const SETTLE_MS = 20;
/** An answer that the next stroke overtakes is given up, unless what is shown is older than this. */
const STALE_MS = 2_000;
/** How long entries are judged for the first answer, and for the second one where that was not enough. */
const AT_ONCE_MS = 40;
const SOON_MS = 10_000;
const SHORT_REST_MS = 150;
/** A whole run waits until somebody stops typing: it takes the thread that quick answers need. */
const REST_MS = 700;
/** How long a whole run goes on before it looks whether somebody types. */
const SLICE_MS = 15;

/** A change came while a whole run was under way: another one follows. */
class Superseded extends Error {}

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
  /** since the last whole run; null when anything may have happened */
  #changed: Set<string> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #rest: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #again = false;
  /** counts what is told by the editor, so that a run notices that it is overtaken */
  #stroke = 0;
  #shownAt = 0;
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
    this.#stroke += 1;
    clearTimeout(this.#rest);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#start(), SETTLE_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#rest);
    for (const uri of this.#told.keys()) this.host.publish(uri, []);
  }

  #start(): void {
    if (this.#running !== null) {
      this.#again = true;
      return;
    }
    this.#running = this.#answer().finally(() => this.#ran());
  }

  /** What can be told at once; the whole run follows when there is time. */
  async #answer(): Promise<void> {
    if (this.#seen === null || this.#changed === null) return this.#whole();
    const files = this.#changed;
    const stroke = this.#stroke;
    const pause = this.#givingWay(() => this.#stroke !== stroke && Date.now() - this.#shownAt < STALE_MS);
    let left = 0;
    await this.#run(async (unsaved) => {
      const outcome = await this.host.live.ahead(this.host.request(), { files, unsaved }, AT_ONCE_MS, pause);
      left = outcome.left;
      return outcome;
    });
    clearTimeout(this.#rest);
    if (this.#stroke !== stroke) return;
    this.#rest = setTimeout(() => this.#later(left > 0 ? files : null), left > 0 ? SHORT_REST_MS : REST_MS);
  }

  /** @param files edited ones, when there are entries that they concern and that there was no time for */
  #later(files: ReadonlySet<string> | null): void {
    if (this.#running !== null || this.#closed) return;
    this.#running = (files === null ? this.#whole() : this.#more(files)).finally(() => this.#ran());
  }

  #ran(): void {
    this.#running = null;
    if (!this.#again || this.#closed) return;
    this.#again = false;
    this.#start();
  }

  /** All that edits are known to concern, before everything is looked at. */
  async #more(files: ReadonlySet<string>): Promise<void> {
    const stroke = this.#stroke;
    const { live } = this.host;
    const pause = this.#givingWay(() => this.#stroke !== stroke);
    await this.#run((unsaved) => live.ahead(this.host.request(), { files, unsaved }, SOON_MS, pause));
    if (this.#stroke === stroke) this.#rest = setTimeout(() => this.#later(null), REST_MS);
  }

  /** Gives way to a quick answer as soon as somebody types. */
  async #whole(): Promise<void> {
    const files = this.#changed;
    const stroke = this.#stroke;
    this.#changed = new Set();
    const pause = this.#givingWay(() => this.#stroke !== stroke && this.#seen !== null && files !== null);
    const done = await this.#run((unsaved) => this.host.live.run(this.host.request(), { files, unsaved }, pause));
    if (done) return this.#prepare(stroke);
    // the next run looks at these as well
    this.#changed = files === null || this.#changed === null ? null : new Set([...files, ...this.#changed]);
  }

  /** The next edit finds worked out what it would have to wait for, unless somebody types already. */
  async #prepare(stroke: number): Promise<void> {
    try {
      await this.host.live.prepare(
        this.host.request(),
        this.#givingWay(() => this.#stroke !== stroke),
      );
    } catch (error) {
      // the next run tells what is wrong
      if (!(error instanceof Superseded) && !(error instanceof UserError)) this.host.log(`internal error: ${error}`);
    }
  }

  /** Lets the editor speak from time to time, and ends the run when it said something that matters. */
  #givingWay(overtaken: () => boolean): () => Promise<void> {
    let began = Date.now();
    return async () => {
      if (Date.now() - began < SLICE_MS) return;
      await new Promise((resolve) => setImmediate(resolve));
      if (overtaken()) throw new Superseded();
      began = Date.now();
    };
  }

  /** True when it came to an end. */
  async #run(scan: (unsaved: ReadonlyMap<string, string>) => Promise<ScanOutcome>): Promise<boolean> {
    const unsaved = this.host.unsaved();
    try {
      const outcome = await scan(unsaved);
      if (this.#closed || outcome.evidence === null) return true;
      const { evidence } = outcome;
      this.#seen = { outcome: { ...outcome, evidence }, text: (file) => textOf(join(outcome.root, file), unsaved) };
      this.#tell();
      this.#shownAt = Date.now();
      return true;
    } catch (error) {
      if (error instanceof Superseded) return false;
      // the report stays as it was; the next run looks at everything again
      this.#changed = null;
      if (error instanceof UserError && this.#manifest().problems.length > 0) this.#tellManifest();
      else this.host.log(error instanceof UserError ? `${error.message} (${error.where})` : `internal error: ${error}`);
      return false;
    }
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
