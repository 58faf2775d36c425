/** The loop behind `authgap watch`: changes are gathered, one run follows the other, one line tells about each. */
import { relative } from "node:path";
import { UserError } from "../base/user-error.js";
import type { ScanResult } from "../model/finding.js";
import type { Live } from "../scan/live.js";
import type { ScanOutcome, ScanRequest } from "../scan/request.js";
import { EXIT } from "./failures.js";
import { type Session, scanRequest } from "./options.js";
import { baselineOf, reportOutputs, writeReports } from "./reporting.js";
import { repositoryOf } from "./repository-paths.js";
import type { WatchOptions } from "./watch-command.js";
import { watchFiles } from "./watch-files.js";

/** Editors save in bursts. */
const SETTLE_MS = 60;
/** The VS Code viewer mixes up reports that follow each other faster. */
const APART_MS = 300;
/** A whole run waits until nothing is saved for so long. */
const REST_MS = 700;
/** How long entries are judged for an answer at once. */
const AT_ONCE_MS = 100;
/** How long a whole run goes on before it looks whether something changed. */
const SLICE_MS = 15;
const DEFAULT_OUTPUT = ".sarif/authgap.sarif";

type Judging = Pick<ScanRequest, "rules" | "profile" | "only">;

/** Scans until the process is asked to end. */
export async function watchAndReport(
  session: Session,
  paths: readonly string[],
  options: WatchOptions,
  judging: Judging,
): Promise<number> {
  const run = new Watching(session, paths, options, judging, await session.host.openLive());
  // watched before it is read, so that no change falls between
  const watch = await watchFiles(
    run.root,
    (path, textOnly) => run.changed(path, textOnly),
    (error) => session.host.stderr.write(`cannot watch: ${error.message}\n`),
  );
  // listened for before the first run, which may take long and be stopped as well
  const stopped = session.host.untilStopped();
  await run.again();
  await stopped;
  await watch.close();
  run.end();
  return EXIT.clean;
}

/** Something changed while a whole run was under way. */
class Superseded extends Error {}

class Watching {
  readonly #outputs: ReturnType<typeof reportOutputs>;
  readonly #compare: (result: ScanResult) => ScanResult;
  /** since the last whole run; null when more than the text of known files changed */
  #files: Set<string> | null = new Set();
  /** the file that changed since the last report, '' when none did */
  #because = "";
  #changes = 0;
  #waiting: NodeJS.Timeout | undefined;
  #reportedAt = 0;
  #running = false;
  #ended = false;
  #last: ScanResult | null = null;
  #lastAt = "";

  /** absolute */
  readonly root: string;

  constructor(
    private readonly session: Session,
    private readonly paths: readonly string[],
    private readonly options: WatchOptions,
    private readonly judging: Judging,
    private readonly live: Live,
  ) {
    const { format = [], output = [] } = options;
    const to = format.length === 0 && output.length === 0 ? [`sarif=${DEFAULT_OUTPUT}`] : output;
    this.#outputs = reportOutputs({ ...options, failOn: "never", format, output: to });
    if (this.#outputs.some(({ file }) => file === ""))
      throw new UserError("a report that is kept fresh needs a file", { where: "watch", hint: "add --output <file>" });
    this.#compare = baselineOf(session, { ...options, failOn: "never" });
    this.root = live.open(this.#request());
  }

  changed(path: string, textOnly: boolean): void {
    if (textOnly) this.#files?.add(path);
    else this.#files = null;
    this.#because = this.#because === "" || this.#because === path ? path : SEVERAL;
    this.#changes += 1;
    this.#schedule();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#waiting);
    this.#say("stopped");
  }

  #schedule(): void {
    clearTimeout(this.#waiting);
    if (this.#running || this.#ended) return;
    const wait = this.#reportedAt + APART_MS - Date.now();
    this.#waiting = setTimeout(() => void this.again(), Math.max(SETTLE_MS, wait));
  }

  /** Scans, and tells about it. What goes wrong may be repaired while it is watched. */
  async again(): Promise<void> {
    const because = this.#because;
    const why = because === "" || because === SEVERAL ? because : relative(this.root, because);
    this.#because = "";
    this.#running = true;
    const quick = because !== "" && this.#files !== null && this.#files.size > 0 && this.#last !== null;
    try {
      if (quick) await this.#answer(this.#files ?? new Set(), why);
      else await this.#whole(why);
    } catch (error) {
      // the next run lists and reads everything that this one may have left out
      this.#files = null;
      this.#tellFailure(error);
    }
    this.#running = false;
    if (this.#because !== "") this.#schedule();
    else if (quick && !this.#ended) this.#waiting = setTimeout(() => void this.again(), REST_MS);
  }

  /** What changed files concern, at once; a whole run follows. */
  async #answer(files: ReadonlySet<string>, because: string): Promise<void> {
    await this.#scan((request) => this.live.ahead(request, { files, unsaved: NOTHING }, AT_ONCE_MS), because);
  }

  async #whole(because: string): Promise<void> {
    const files = this.#files;
    const changes = this.#changes;
    this.#files = new Set();
    let began = Date.now();
    const pause = async (): Promise<void> => {
      if (Date.now() - began < SLICE_MS) return;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#changes !== changes && this.#files !== null && files !== null && this.#last !== null)
        throw new Superseded();
      began = Date.now();
    };
    try {
      await this.#scan((request) => this.live.run(request, { files, unsaved: NOTHING }, pause), because);
    } catch (error) {
      if (!(error instanceof Superseded)) throw error;
      // the next run looks at these as well
      this.#files = files === null || this.#files === null ? null : new Set([...files, ...this.#files]);
    }
  }

  async #scan(scan: (request: ScanRequest) => Promise<ScanOutcome>, because: string): Promise<void> {
    const { session } = this;
    const started = session.host.now();
    const found = await scan(this.#request());
    const result = this.#compare(found.result);
    const { top, prefix } = repositoryOf(found.root);
    const provenance = async () => (await import("./provenance.js")).provenanceOf(top);
    const options = { ...this.options, failOn: "never", quiet: true } as const;
    await writeReports(session, { result, prefix, provenance }, options, this.#outputs);
    const took = `${((session.host.now() - started) / 1000).toFixed(1)} s`;
    const targets = this.#last === null ? `written to ${this.#outputs.map(({ file }) => file).join(", ")}` : because;
    const counts = countText(result, this.#last);
    // a whole run that confirms the answer before it is nothing new
    if (this.#last === null || because !== "" || !counts.endsWith(AS_BEFORE))
      this.#say([counts, targets, took].filter((part) => part !== "").join(" · "));
    this.#last = result;
    this.#reportedAt = Date.now();
    this.#lastAt = this.#clock();
  }

  #request(): ScanRequest {
    return scanRequest(this.session, this.paths, this.options, this.judging);
  }

  #tellFailure(error: unknown): void {
    const message = error instanceof Error ? error.message.split("\n")[0] : String(error);
    const where = error instanceof UserError && error.where !== "" ? ` (${error.where})` : "";
    const kind = error instanceof UserError ? "error" : "internal error";
    const kept = this.#lastAt === "" ? "nothing is written yet" : `the report of ${this.#lastAt} is kept`;
    this.#say(`${kind}: ${message}${where}; ${kept}`);
  }

  #say(text: string): void {
    if (this.options.quiet !== true) this.session.host.stderr.write(`${this.#clock()} ${text}\n`);
  }

  #clock(): string {
    return new Date(this.session.host.now()).toTimeString().slice(0, 8);
  }
}

const SEVERAL = "several files";
const AS_BEFORE = ", as before";
const NOTHING: ReadonlyMap<string, string> = new Map();

/** `3 findings (1 new, 2 gone)`, against the run before. */
function countText(result: ScanResult, before: ScanResult | null): string {
  const now = openOf(result);
  const text = `${now.size} ${now.size === 1 ? "finding" : "findings"}`;
  if (before === null) return text;
  const past = openOf(before);
  const fresh = [...now].filter((one) => !past.has(one)).length;
  const gone = [...past].filter((one) => !now.has(one)).length;
  const parts = [fresh > 0 ? `${fresh} new` : "", gone > 0 ? `${gone} gone` : ""].filter((part) => part !== "");
  return parts.length === 0 ? `${text}${AS_BEFORE}` : `${text} (${parts.join(", ")})`;
}

function openOf(result: ScanResult): ReadonlySet<string> {
  return new Set(result.findings.filter((one) => one.suppression === null).map((one) => one.fingerprint));
}
