/** One line on stderr that says how far the scan is; only on a terminal, and only when it takes a while. */
import type { ScanProgress } from "../scan/request.js";
import type { Host } from "./host.js";

const QUIET_FOR_MS = 1000;
const EVERY_MS = 100;
const CLEAR_LINE = "\r\u001b[K";

export interface Progress {
  show(progress: ScanProgress): void;
  /** takes the line away */
  done(): void;
}

/** A progress line, or one that never shows. */
export function progressOn(host: Host, quiet: boolean): Progress {
  if (quiet || host.stderr.isTTY !== true || host.env.TERM === "dumb") return { show: () => {}, done: () => {} };
  const started = host.now();
  let last = 0;
  let shown = false;
  return {
    show({ stage, done, total }) {
      const now = host.now();
      if (now - started < QUIET_FOR_MS || now - last < EVERY_MS) return;
      last = now;
      shown = true;
      host.stderr.write(`${CLEAR_LINE}${stage}${total > 0 ? ` ${done}/${total}` : ""}`);
    },
    done() {
      if (shown) host.stderr.write(CLEAR_LINE);
    },
  };
}
