/**
 * Tells about changes below a folder. With chokidar: `fs.watch` with `recursive` is emulated on Linux in Node 20, misses
 * what happens in new folders and fails when a watched one goes.
 */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { isSource, mayMatter } from "../scan/live.js";

export interface FileWatch {
  close(): Promise<void>;
}

/** A path that changed, and whether only its text did. */
export type OnChange = (path: string, textOnly: boolean) => void;

const NEVER = new Set(["node_modules", "bower_components"]);
const OUTPUT = new Set(["dist", "build", "out", "coverage", "vendor", "storybook-static", "tmp"]);
const HIDDEN_SOURCES = new Set([".server", ".client", ".well-known"]);
const LOST_MS = 1_000;

/**
 * Watches everything below `root` that a scan may read. A root that is deleted is waited for.
 *
 * @param failed receives what the system refuses, such as more watches than it allows
 */
export async function watchFiles(root: string, changed: OnChange, failed: (error: Error) => void): Promise<FileWatch> {
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined = await watching(root, tell, failed);

  function tell(path: string, textOnly: boolean): void {
    changed(path, textOnly);
    if (path === root && !existsSync(root)) timer ??= setInterval(() => void again(), LOST_MS);
  }
  async function again(): Promise<void> {
    if (!existsSync(root)) return;
    clearInterval(timer);
    timer = undefined;
    await watcher?.close();
    watcher = await watching(root, tell, failed);
    changed(root, false);
  }
  return {
    async close() {
      clearInterval(timer);
      await watcher?.close();
    },
  };
}

function watching(root: string, tell: OnChange, failed: (error: Error) => void): Promise<FSWatcher> {
  return new Promise((resolve) => {
    const watcher = watch(root, {
      ignoreInitial: true,
      followSymlinks: false,
      ignored: (path, stats) =>
        path !== root && (stats?.isFile() ? !mayMatter(path) : isLeftOut(path, stats !== undefined)),
    });
    watcher.on("all", (event, path) => {
      const textOnly = event === "change" && isSource(path);
      tell(path, textOnly);
    });
    watcher.on("error", (error) => failed(error instanceof Error ? error : new Error(String(error))));
    watcher.on("ready", () => resolve(watcher));
  });
}

/** @param known it is a folder; else it may be a file, and only its name can tell */
function isLeftOut(path: string, known: boolean): boolean {
  const name = basename(path);
  if (NEVER.has(name)) return true;
  if (!known) return false;
  if (name.startsWith(".")) return !HIDDEN_SOURCES.has(name);
  return OUTPUT.has(name) && existsSync(join(dirname(path), "package.json"));
}
