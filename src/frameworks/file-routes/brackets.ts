/** Folders that spell URLs with brackets: `[id]`, `[[lang]]`, `[...rest]`, `(group)`. */

const EXTENSION = /\.[cm]?[jt]sx?$/;

/** The part of the path that one segment stands for, null for groups, which stand for none. */
export function bracketSegment(text: string): string | null {
  if (/^\([^)]*\)$/.test(text)) return null;
  const whole = /^\[{1,2}(\.\.\.)?([^\]=]*)(?:=[^\]]*)?\]{1,2}$/.exec(text);
  if (whole !== null) return `${whole[1] === undefined ? ":" : "*"}${whole[2] === "" ? "splat" : whole[2]}`;
  // `page-[number]`, `[from]-[to]`
  return text.replace(/\[{1,2}(?:\.\.\.)?([^\]=]+)(?:=[^\]]*)?\]{1,2}/g, ":$1");
}

/** URL of a list of folders and a last name. */
export function bracketPath(segments: readonly string[]): string {
  return `/${segments
    .map(bracketSegment)
    .filter((part) => part !== null && part !== "")
    .join("/")}`;
}

/** A file below one of the folders that are served. */
export interface PlacedFile {
  /** folder of the project, '' for the root, else with a slash at its end */
  readonly root: string;
  /** segments below the served folder, without the extension */
  readonly segments: readonly string[];
}

/** Where a file lies below a served folder such as `src/routes`; null when it lies elsewhere. */
export function placeBelow(path: string, folder: string): PlacedFile | null {
  if (!EXTENSION.test(path)) return null;
  const at = `/${path}`.indexOf(`/${folder}/`);
  if (at < 0) return null;
  const below = path.slice(at + folder.length + 1).replace(EXTENSION, "");
  return { root: path.slice(0, at), segments: below.split("/") };
}
