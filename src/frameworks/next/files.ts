/** Which files Next.js serves, and under which paths. */
import { dirOf } from "../file-routes/paths.js";

export type NextKind = "route" | "page" | "api" | "legacy-page" | "edge" | "config";

export interface NextFile {
  readonly kind: NextKind;
  /** folder of the Next project, '' for the root */
  readonly root: string;
  /** URL path without the base path; '' for files that have none */
  readonly path: string;
}

const NAME = /^(.*)\.(?:[cm]?[jt]sx?)$/;

/** Sorts the files of a program by what Next does with them. */
export class NextFiles {
  readonly #roots = new Set<string>();

  constructor(paths: Iterable<string>) {
    for (const path of paths) if (/(?:^|\/)next\.config\.[cm]?[jt]s$/.test(path)) this.#roots.add(dirOf(path));
  }

  /** True when a configuration of Next was seen. */
  get configured(): boolean {
    return this.#roots.size > 0;
  }

  /** @returns null for files that Next does not serve by their place */
  classify(path: string): NextFile | null {
    const parts = path.split("/");
    const name = NAME.exec(parts[parts.length - 1])?.[1];
    if (name === undefined || name.endsWith(".d")) return null;
    if (name === "next.config") return { kind: "config", root: dirOf(path), path: "" };
    if (name === "middleware" || name === "proxy") {
      return { kind: "edge", root: projectOf(parts.slice(0, -1)), path: "" };
    }
    if (name === "route" || name === "page") return this.#inApp(parts, name);
    return this.#inPages(parts, name);
  }

  #inApp(parts: readonly string[], name: "route" | "page"): NextFile | null {
    const at = this.#folder(parts, "app");
    if (at === null) return null;
    const path = pathOfSegments(parts.slice(at + 1, -1));
    return path === null ? null : { kind: name, root: projectOf(parts.slice(0, at)), path };
  }

  #inPages(parts: readonly string[], name: string): NextFile | null {
    const at = this.#folder(parts, "pages");
    if (at === null || name.startsWith("_") || name.includes(".test") || name.includes(".spec")) return null;
    const inside = [...parts.slice(at + 1, -1), ...(name === "index" ? [] : [name])];
    const path = `/${inside.map(segment).join("/")}`;
    const kind = parts[at + 1] === "api" && at + 1 < parts.length - 1 ? "api" : "legacy-page";
    return { kind, root: projectOf(parts.slice(0, at)), path };
  }

  /** Position of the folder that is served: below a configuration, else below `src`, else the outermost. */
  #folder(parts: readonly string[], name: string): number | null {
    const found: number[] = [];
    for (let i = 0; i < parts.length - 1; i += 1) if (parts[i] === name) found.push(i);
    if (found.length === 0) return null;
    const configured = found.find((i) => this.#roots.has(projectOf(parts.slice(0, i))));
    return configured ?? found.find((i) => i === 0 || parts[i - 1] === "src") ?? found[0];
  }
}

/** The project's folder: the one above `app` or `pages`, without `src`. */
function projectOf(folder: readonly string[]): string {
  return (folder.at(-1) === "src" ? folder.slice(0, -1) : folder).join("/");
}

/** @returns null for private folders, which are not served */
function pathOfSegments(segments: readonly string[]): string | null {
  let kept: string[] = [];
  for (const text of segments) {
    if (text.startsWith("_")) return null;
    if (text.startsWith("@") || /^\([^.][^)]*\)$/.test(text)) continue;
    const intercepted = /^((?:\(\.{1,3}\))+)(.*)$/.exec(text);
    if (intercepted === null) {
      kept.push(segment(text));
      continue;
    }
    const [, markers, rest] = intercepted;
    if (markers.includes("(...)")) kept = [];
    else kept = kept.slice(0, Math.max(0, kept.length - (markers.split("(..)").length - 1)));
    kept.push(segment(rest));
  }
  return `/${kept.join("/")}`;
}

/** `[id]` is `:id`, `[...rest]` and `[[...rest]]` are `*rest`. */
function segment(text: string): string {
  const dynamic = /^\[{1,2}(\.\.\.)?([^\]]+)\]{1,2}$/.exec(text);
  if (dynamic === null) return text;
  return `${dynamic[1] === undefined ? ":" : "*"}${dynamic[2]}`;
}
