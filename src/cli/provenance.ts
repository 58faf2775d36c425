/** Which commit is scanned, read from git's own files; no program is run and credentials are never passed on. */
import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Provenance } from "../report/sarif.js";

/** Null unless `root` is the top of a working copy whose remote is on the web. */
export function provenanceOf(root: string): Provenance | undefined {
  const gitFolder = gitFolderOf(root);
  if (gitFolder === null) return undefined;
  const common = resolve(gitFolder, read(join(gitFolder, "commondir"))?.trim() ?? ".");
  const repositoryUri = webAddress(originUrl(read(join(common, "config")) ?? ""));
  if (repositoryUri === null) return undefined;
  const head = read(join(gitFolder, "HEAD"))?.trim() ?? "";
  const reference = /^ref: (refs\/.+)$/.exec(head)?.[1];
  if (reference === undefined) return { repositoryUri, revisionId: commitId(head), branch: "" };
  const loose = read(join(gitFolder, reference)) ?? read(join(common, reference));
  const revisionId = commitId(loose?.trim() ?? packedReference(read(join(common, "packed-refs")) ?? "", reference));
  return { repositoryUri, revisionId, branch: reference.replace(/^refs\/heads\//, "") };
}

/** In linked working copies `.git` is a file that names the folder. */
function gitFolderOf(root: string): string | null {
  const path = join(root, ".git");
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  if (stats.isDirectory()) return path;
  const target = /^gitdir: (.+)$/m.exec(read(path) ?? "")?.[1];
  return target === undefined ? null : resolve(root, target.trim());
}

function originUrl(config: string): string {
  const section = /^\[remote "origin"\]([^[]*)/m.exec(config)?.[1] ?? "";
  return /^\s*url\s*=\s*(\S+)/m.exec(section)?.[1] ?? "";
}

/** `git@host:owner/name.git` and `https://user:key@host/owner/name.git` → `https://host/owner/name`. */
export function webAddress(url: string): string | null {
  const match =
    /^(?:https?|ssh|git):\/\/(?:[^@/]*@)?([\w.-]+)(?::\d+)?\/(.+)$/.exec(url) ??
    /^(?:[\w.-]+@)([\w.-]+):(?!\/)(.+)$/.exec(url);
  const host = match?.[1];
  const path = match?.[2]?.replace(/\.git\/?$|\/$/, "");
  return host && path ? `https://${host}/${path.split("/").map(encodeURIComponent).join("/")}` : null;
}

function packedReference(packed: string, reference: string): string {
  const line = packed.split("\n").find((one) => one.endsWith(` ${reference}`));
  return line?.slice(0, line.indexOf(" ")) ?? "";
}

function commitId(text: string): string {
  return /^[0-9a-f]{40,64}$/.test(text) ? text : "";
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
