/** Route paths as Nest joins and matches them. */

/** Parts joined with single slashes, a slash in front, none at the end; parameters without their patterns. */
export function joinPaths(...parts: readonly string[]): string {
  const segments = parts.flatMap((part) => part.split("/")).filter((segment) => segment !== "");
  const path = `/${segments.join("/")}`;
  return path
    .replace(/\{\/?\*(\w*)\}/g, (_, name: string) => `/*${name}`)
    .replace(/:(\w+)(?:\([^()]*\))?[?+*]?/g, ":$1")
    .replace(/\(\.\*\)/g, "*")
    .replace(/\/{2,}/g, "/");
}

/** Whether a pattern of `forRoutes`, `exclude` or a prefix exclusion matches a path. */
export function matchesPath(pattern: string, path: string, below: boolean): boolean {
  const known = below ? TESTS_BELOW : TESTS;
  let test = known.get(pattern);
  if (test === undefined) {
    test = pathTest(trim(pattern), below);
    known.set(pattern, test);
  }
  return typeof test === "boolean" ? test : test.test(trim(path));
}

/** Each pattern is held against all routes. */
const TESTS = new Map<string, RegExp | boolean>();
const TESTS_BELOW = new Map<string, RegExp | boolean>();

/** True and false where the path does not matter. */
function pathTest(text: string, below: boolean): RegExp | boolean {
  if (text === "" || text === "*" || text === "(.*)" || /^\{?\/?\*\w*\}?$/.test(text)) return text !== "" || below;
  const source = text
    .split(/(\{\/?\*\w*\}|\/\*\w*|\(\.\*\)|\*\w*|:\w+(?:\([^()]*\))?\??)/)
    .map(regexOf)
    .join("");
  return new RegExp(`^${source}${below ? "(?:/.*)?" : ""}$`, "i");
}

function regexOf(part: string): string {
  if (/^\{\/?\*\w*\}$/.test(part)) return "(?:/.*)?";
  if (/^\/\*\w*$/.test(part)) return "/.*";
  if (part === "(.*)" || /^\*\w*$/.test(part)) return ".*";
  if (part.startsWith(":")) return "[^/]+";
  return part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function trim(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}

/** How near two files are: folders that their paths begin with in common. */
export function nearness(a: string, b: string): number {
  const left = a.split("/").slice(0, -1);
  const right = b.split("/").slice(0, -1);
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  return same;
}
