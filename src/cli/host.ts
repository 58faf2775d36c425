/** What the command line needs of the world: streams, environment, the day, the engine. Tests bring their own. */
import type { Live } from "../scan/live.js";
import type { ScanOutcome, ScanRequest } from "../scan/request.js";

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Host {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** milliseconds; for the day of the run and for when progress is shown */
  now(): number;
  scan(request: ScanRequest): Promise<ScanOutcome>;
  /** an engine for one project that is scanned again and again */
  openLive(): Promise<Live>;
  /** what a protocol is spoken on */
  stdio(): { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream };
  /** resolves when the process is asked to end */
  untilStopped(): Promise<void>;
}

const NARROWEST = 60;
const WIDEST = 120;
const UNKNOWN_WIDTH = 100;

/** The process itself. The engine is loaded when it is first needed. */
export function processHost(): Host {
  return {
    cwd: process.cwd(),
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    now: () => Date.now(),
    scan: async (request) => (await import("../scan/scan.js")).scan(request),
    openLive: async () => new (await import("../scan/live.js")).LiveScan(),
    stdio: () => ({ input: process.stdin, output: process.stdout }),
    untilStopped: () =>
      new Promise((resolve) => {
        // once: who asks again ends the process at once
        for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
      }),
  };
}

/** Colour unless NO_COLOR says no; FORCE_COLOR says yes even without a terminal. */
export function wantsColour(host: Host, stream: Stream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = host.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return stream.isTTY === true && TERM !== "dumb";
}

/** Columns to fill on a stream. */
export function widthOf(stream: Stream): number {
  return Math.min(WIDEST, Math.max(NARROWEST, stream.columns ?? UNKNOWN_WIDTH));
}

/** ISO date of the run; SOURCE_DATE_EPOCH pins it for reproducible output. */
export function today(host: Host): string {
  const pinned = Number(host.env.SOURCE_DATE_EPOCH);
  const time = host.env.SOURCE_DATE_EPOCH && Number.isFinite(pinned) ? pinned * 1000 : host.now();
  return new Date(time).toISOString().slice(0, 10);
}
