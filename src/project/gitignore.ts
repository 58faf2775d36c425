import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Is this folder ignored by the simple lines of the root's `.gitignore`? */
export type IgnoreTest = (name: string, path: string) => boolean;

/**
 * Plain names and rooted paths only, for folders only: enough for build output, which is what it must keep out.
 * A name that is taken back anywhere (`!lib`) is not ignored at all: scanning too much is the smaller mistake.
 */
export function readGitignore(root: string): IgnoreTest {
  const names = new Set<string>();
  const paths = new Set<string>();
  let text = "";
  try {
    text = readFileSync(join(root, ".gitignore"), "utf8");
  } catch {
    return () => false;
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const takenBack = lines.filter((line) => line.startsWith("!"));
  for (const line of lines) {
    const pattern = line.replace(/^\*\*\//, "").replace(/\/(?:\*\*?)?$/, "");
    if (!/^\/?[\w.-]+(?:\/[\w.-]+)*$/.test(pattern)) continue;
    const last = pattern.slice(pattern.lastIndexOf("/") + 1);
    if (takenBack.some((back) => back.includes(last))) continue;
    if (pattern.includes("/")) paths.add(pattern.replace(/^\//, ""));
    else names.add(pattern);
  }
  return (name, path) => names.has(name) || paths.has(path);
}
