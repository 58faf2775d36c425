/** What git knows about another commit. Programs are started with lists of arguments; nothing goes through a shell. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import { UserError } from "../base/user-error.js";

const MOST_BYTES = 1 << 26;
const MOST_MS = 60_000;

/** Output of `git …args` in a folder; null when git says no. Hooks, pagers and prompts of the repository stay off. */
function git(folder: string, args: readonly string[]): string | null {
  const options = ["-c", "core.fsmonitor=false", "-c", "core.pager=cat"];
  const run = spawnSync("git", [...options, ...args], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: MOST_BYTES,
    timeout: MOST_MS,
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0" },
  });
  if (run.error !== undefined && "code" in run.error && run.error.code === "ENOENT")
    throw new UserError("git is needed for this, and it is not installed", { where: "git", hint: "install git" });
  return run.status === 0 ? run.stdout : null;
}

/** The full id of the commit that a reference names. Throws a UserError when there is none. */
export function commitOf(folder: string, reference: string): string {
  const id = git(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${reference}^{commit}`]);
  if (id !== null && id.trim() !== "") return id.trim();
  throw new UserError(`'${reference}' names no commit of this repository`, {
    where: folder,
    hint: "give a branch, a tag or a commit that was fetched; a shallow clone holds few",
  });
}

/** Files as they were at a commit. What is installed rather than committed is read as it is now. */
export function filesAt(root: string, commit: string): { read(file: string): string | null } {
  const known = new Map<string, string | null>();
  const readCommitted = (file: string): string | null => {
    const path = relative(root, file).split(sep).join("/");
    return path.startsWith("../") ? null : git(root, ["cat-file", "blob", `${commit}:./${path}`]);
  };
  return {
    read(file) {
      const seen = known.get(file);
      if (seen !== undefined) return seen;
      const installed = file.split(sep).includes("node_modules");
      const text = installed ? (existsSync(file) ? readFileSync(file, "utf8") : null) : readCommitted(file);
      known.set(file, text);
      return text;
    },
  };
}
