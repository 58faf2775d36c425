/** Reading and replacing the cache file. Nothing here throws: what cannot be read is no cache. */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writevSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { checksum, contentHash } from "../base/hash.js";
import { aligned, type BlobAt, HEAD_BYTES, type Index, readHead, readIndex } from "./cache-format.js";

const STALE_MS = 3_600_000;
const WRITE_GROUP = 1_000;

/** `<cache folder>/authgap/<hash of the root>.bin`: outside the scanned tree, readable by its owner only. */
export function cachePath(root: string, folder?: string): string {
  const local = process.platform === "win32" ? process.env.LOCALAPPDATA : undefined;
  const home = process.env.XDG_CACHE_HOME || local || join(homedir(), ".cache");
  return join(folder ?? join(home, "authgap"), `${contentHash(root)}.bin`);
}

/** An open cache file: its index in memory, its blobs read when asked for. */
export class CacheFile {
  private constructor(
    private fd: number,
    readonly index: Index,
    private readonly dataAt: number,
    private readonly dataBytes: number,
  ) {}

  static open(path: string, engineVersion: string): CacheFile | null {
    let fd = -1;
    try {
      fd = openSync(path, "r");
      const fileBytes = fstatSync(fd).size;
      const head = readHead(readAt(fd, 0, HEAD_BYTES), fileBytes);
      const index = head && readIndex(readAt(fd, HEAD_BYTES, head.indexBytes), head, engineVersion);
      if (head && index) return new CacheFile(fd, index, HEAD_BYTES + aligned(head.indexBytes), head.dataBytes);
    } catch {
      // not there, not ours to read, or damaged in a way that the checks do not name
    }
    closeQuietly(fd);
    return null;
  }

  /** The blob, or undefined when its bytes are not those that were written. */
  blob(at: BlobAt): Uint8Array | undefined {
    try {
      const bytes = readAt(this.fd, this.dataAt + at.offset, at.length);
      return bytes.length === at.length && checksum(bytes) === at.sum ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  /** All blobs as they lie there, unchecked: for copying them into the next file together with their checksums. */
  data(): Uint8Array {
    try {
      return readAt(this.fd, this.dataAt, this.dataBytes);
    } catch {
      return new Uint8Array();
    }
  }

  close(): void {
    closeQuietly(this.fd);
    this.fd = -1;
  }
}

/** A buffer of its own: small ones from the shared pool would not be aligned. */
function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.from(new ArrayBuffer(length));
  let done = 0;
  while (done < length) {
    const count = readSync(fd, bytes, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done === length ? bytes : bytes.subarray(0, done);
}

/** Writes beside the target, then renames: a reader sees the old file or the new one, never half of it. */
export function replaceFile(path: string, chunks: readonly Uint8Array[]): boolean {
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2, 10)}.tmp`;
  let fd = -1;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    fd = openSync(temporary, "wx", 0o600);
    writeAll(fd, chunks);
    closeSync(fd);
    fd = -1;
    renameSync(temporary, path);
    removeStale(path);
    return true;
  } catch {
    closeQuietly(fd);
    removeQuietly(temporary);
    return false;
  }
}

/** In groups, since systems limit how many pieces one call takes; throws when the disk is full. */
function writeAll(fd: number, chunks: readonly Uint8Array[]): void {
  for (let from = 0; from < chunks.length; from += WRITE_GROUP) {
    const group = chunks.slice(from, from + WRITE_GROUP);
    const wanted = group.reduce((sum, chunk) => sum + chunk.length, 0);
    if (writevSync(fd, group) !== wanted) throw new Error("the file could not be written to its end");
  }
}

/** What a killed run left behind. */
function removeStale(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(basename(path)) || !name.endsWith(".tmp")) continue;
    const stats = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stats !== undefined && Date.now() - stats.mtimeMs > STALE_MS) removeQuietly(join(folder, name));
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // its folder may be no folder
  }
}

function closeQuietly(fd: number): void {
  if (fd < 0) return;
  try {
    closeSync(fd);
  } catch {
    // closed already
  }
}
