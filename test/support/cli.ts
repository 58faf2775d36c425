/** Runs the real command line in a process of its own. */
import { spawn, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const REPOSITORY = join(import.meta.dirname, "..", "..");
const BIN = join(REPOSITORY, "bin", "authgap.js");

export interface Run {
  /** null when it had to be stopped */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `authgap …args` in a folder; stopped after 25 seconds. */
export function authgap(args: readonly string[], cwd: string, environment: Readonly<Record<string, string>> = {}): Run {
  return runNode([BIN, ...args], cwd, environment);
}

/** `node …args` in a folder, without colour, without variables of the test runner, and with a cache of its own. */
export function runNode(
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
  timeout = 25_000,
): Run {
  const { PATH, HOME, TMPDIR } = process.env;
  const env = {
    PATH,
    HOME,
    TMPDIR,
    NO_COLOR: "1",
    XDG_CACHE_HOME: join(tmpdir(), "authgap-test-cache"),
    ...environment,
  };
  const run = spawnSync(process.execPath, args, { cwd, env, encoding: "utf8", timeout, maxBuffer: 1 << 28 });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

export interface Started {
  /** waits until what was told on standard error is as wanted */
  until(wanted: (told: string) => boolean): Promise<void>;
  /** asks it to end; resolves to the exit status */
  stop(signal?: "SIGINT" | "SIGTERM"): Promise<number | null>;
  readonly exited: Promise<number | null>;
  told(): string;
  kill(): void;
}

const PATIENCE_MS = 60_000;

/** `authgap …args` in a folder, left running. */
export function startAuthgap(args: readonly string[], cwd: string): Started {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, NO_COLOR: "1", XDG_CACHE_HOME: join(tmpdir(), "authgap-test-cache") };
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env });
  let told = "";
  child.stderr.on("data", (chunk: Buffer) => {
    told += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));
  return {
    exited,
    told: () => told,
    kill: () => void child.kill("SIGKILL"),
    stop(signal = "SIGINT") {
      child.kill(signal);
      return exited;
    },
    async until(wanted) {
      for (const end = Date.now() + PATIENCE_MS; !wanted(told); ) {
        if (Date.now() > end) throw new Error(`waited in vain; told so far:\n${told}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
  };
}

/** Lines of a stack trace, of which a person must never see one. */
export function stackLines(run: Run): string[] {
  return `${run.stdout}\n${run.stderr}`.split("\n").filter((line) => /^\s+at .+[:(]\d+:\d+\)?$/.test(line));
}
