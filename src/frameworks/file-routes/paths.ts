/** Small questions about paths of files and URLs. */

/** Folder of a file, '' at the root. */
export function dirOf(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut < 0 ? "" : path.slice(0, cut);
}

/** `/api/links` of `/api/links/:id`: handlers below one folder are compared with each other. */
export function groupOf(path: string): string {
  return `/${path
    .split("/")
    .filter((part) => part !== "")
    .slice(0, 2)
    .join("/")}`;
}

/** A path below the base path of the project. */
export function below(base: string, path: string): string {
  if (base === "" || base === "/") return path;
  return path === "/" ? base : `${base}${path}`;
}

/** A request path that an entry answers, for matching it with patterns. */
export function samplePath(path: string): string {
  return path.replace(/\?.*$/, "").replace(/[:*][^/]+/g, "x");
}
