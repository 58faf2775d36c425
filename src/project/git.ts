/**
 * An earlier state of the project, read from git's objects. Only plumbing runs, with lists of arguments and no shell:
 * no hook, no filter, no network, nothing that the repository's own settings could have run; the working tree and
 * the index stay as they are.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../base/user-error.js";
import { MAX_FILE_BYTES } from "./roles.js";

const LISTING_BYTES = 256 * 1024 * 1024;
const BATCH_BYTES = 64 * 1024 * 1024;
/** What a scan reads: sources, schemas, and what describes the project. */
const WANTED =
  /\.(?:[cm]?[jt]sx?|jsonc?|ya?ml|prisma|sql|graphql|gql|cedar|rego|csv|vue|svelte|astro|toml)$|(?:^|\/)\.gitignore$/i;
const OBJECT = /^[0-9a-f]{40,64}$/;

export interface Commit {
  /** absolute, links resolved */
  readonly top: string;
  readonly id: string;
}

/**
 * Finds the commit that a reference names. `main...` means where `main` and the current commit parted.
 * Throws a UserError when there is no git, no repository or no such commit.
 */
export function findCommit(folder: string, reference: string): Commit {
  const where = `--since ${reference}`;
  const shown = git(folder, ["rev-parse", "--show-toplevel"]);
  if (shown === null) {
    throw new UserError("this is no git working copy that can be read", {
      where,
      hint: "use --baseline with an earlier report instead",
    });
  }
  const parted = reference.endsWith("...");
  const name = parted ? reference.slice(0, -3) : reference;
  const id = name === "" || name.startsWith("-") ? null : commitOf(folder, name);
  const found = id !== null && parted ? git(folder, ["merge-base", id, "HEAD"]) : id;
  if (found === null || !OBJECT.test(found.trim())) {
    throw new UserError(`git knows no commit '${reference}'`, {
      where,
      hint: "fetch it first; a shallow clone (actions/checkout: fetch-depth: 0) holds the last commit only",
    });
  }
  return { top: realpathSync(shown.trim()), id: found.trim() };
}

/** The full id of the commit that a name stands for, null when it stands for none. */
export function commitOf(folder: string, name: string): string | null {
  return git(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`])?.trim() ?? null;
}

/**
 * Writes what a scan reads of a commit into a new private folder outside the project. Links and submodules are left
 * out. The caller removes the folder with `removeTree`.
 */
export function unpackCommit({ top, id }: Commit): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "authgap-since-"));
  try {
    // marks the root, as in the working copy
    mkdirSync(join(folder, ".git"));
    for (const batch of batches(listed(top, id))) writeBatch(top, folder, batch);
    return folder;
  } catch (error) {
    removeTree(folder);
    throw error;
  }
}

/** Takes an unpacked commit away. */
export function removeTree(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

interface Blob {
  readonly object: string;
  readonly size: number;
  readonly path: string;
}

function listed(top: string, id: string): Blob[] {
  const listing = git(top, ["ls-tree", "-r", "-z", "-l", "--full-tree", id]);
  if (listing === null) throw unreadable(id);
  return listing.split("\0").flatMap((line) => {
    const match = /^100(?:644|755) blob ([0-9a-f]{40,64}) +(\S+)\t(.+)$/s.exec(line);
    const [, object = "", length = "", path = ""] = match ?? [];
    if (match === null || !WANTED.test(path) || !staysInside(path)) return [];
    const size = Number(length);
    // git writes BAD for an object that is missing
    if (!Number.isSafeInteger(size)) throw unreadable(path);
    return size <= MAX_FILE_BYTES ? [{ object, size, path }] : [];
  });
}

/** A tree may be made by hand and name anything. */
function staysInside(path: string): boolean {
  const odd = process.platform === "win32" ? /[\\:\0]/ : /\0/;
  return !odd.test(path) && path.split("/").every((part) => !/^(?:|\.|\.\.|\.git|node_modules)$/i.test(part));
}

function* batches(blobs: readonly Blob[]): Iterable<readonly Blob[]> {
  let batch: Blob[] = [];
  let bytes = 0;
  for (const blob of blobs) {
    if (bytes + blob.size > BATCH_BYTES && batch.length > 0) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(blob);
    bytes += blob.size + 128;
  }
  if (batch.length > 0) yield batch;
}

function writeBatch(top: string, folder: string, batch: readonly Blob[]): void {
  const input = `${batch.map((blob) => blob.object).join("\n")}\n`;
  const output = run(top, ["cat-file", "--batch"], input)?.stdout;
  if (output === undefined) throw unreadable(top);
  let at = 0;
  for (const { object, size, path } of batch) {
    const head = output.subarray(at, output.indexOf(10, at)).toString();
    if (head !== `${object} blob ${size}`) throw unreadable(object);
    const start = at + head.length + 1;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), output.subarray(start, start + size));
    at = start + size + 1;
  }
}

function unreadable(what: string): UserError {
  return new UserError("git cannot read the earlier state completely", {
    where: what,
    hint: "a partial clone lacks objects: fetch them first",
  });
}

/** Standard output as text; null when git fails. Throws a UserError when there is no git. */
export function git(folder: string, args: readonly string[]): string | null {
  return run(folder, args, "")?.stdout.toString() ?? null;
}

function run(folder: string, args: readonly string[], input: string): { readonly stdout: Buffer } | null {
  const env = {
    ...process.env,
    GIT_ALLOW_PROTOCOL: "none",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
  };
  const done = spawnSync("git", ["--no-pager", ...args], {
    cwd: folder,
    env,
    input,
    maxBuffer: LISTING_BYTES,
    shell: false,
    windowsHide: true,
  });
  const missing = done.error !== undefined && "code" in done.error && done.error.code === "ENOENT";
  if (missing)
    throw new UserError("git is needed for this, and it is not installed", { where: "git", hint: "install git" });
  return done.status === 0 && done.error === undefined ? { stdout: done.stdout } : null;
}
