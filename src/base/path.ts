/** Paths inside a project: from its root, separated by `/`, no leading or trailing slash, '' for the root. */

/** The folder that holds `path`. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** The last part of `path`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Joins a folder and a relative path, resolving `.` and `..`; null when the result would leave the root. */
export function joinPath(folder: string, relative: string): string | null {
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of relative.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join("/");
}

/** Is `path` the folder itself or below it? */
export function isWithin(path: string, folder: string): boolean {
  return folder === "" || path === folder || (path.startsWith(folder) && path.charCodeAt(folder.length) === 47);
}

/** The folder, its parent, and so on up to the root (''). */
export function ancestors(folder: string): string[] {
  const all = [folder];
  for (let at = folder; at !== ""; ) {
    at = parentOf(at);
    all.push(at);
  }
  return all;
}

/** Order by code unit: the same on every machine, unlike `localeCompare`. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
