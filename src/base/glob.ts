import picomatch from "picomatch";

/** A test over paths from the root that is true when any of the patterns matches. */
export type PathTest = (path: string) => boolean;

/**
 * Compiles glob patterns. A pattern without a slash matches by name at any depth (`*.gen.ts`), a pattern that names a
 * folder matches all below it, and a leading `./` or `/` is dropped. No patterns: matches nothing.
 */
export function globTest(patterns: readonly string[]): PathTest {
  const all = patterns.map(normalised).filter((pattern) => pattern !== "");
  if (all.length === 0) return () => false;
  const full = all.flatMap((pattern) => {
    const anywhere = pattern.includes("/") ? pattern : `**/${pattern}`;
    return anywhere.endsWith("/**") ? [anywhere] : [anywhere, `${anywhere}/**`];
  });
  const matches = picomatch(full, { dot: true });
  return (path) => matches(path);
}

/** A glob over paths of entry points, as they are written: `/admin/**` matches `/admin` and all below it. */
export function routeGlob(pattern: string): PathTest {
  const matches = picomatch(pattern, { dot: true });
  return (path) => matches(path);
}

/** The folder that a pattern certainly lies in: `a/b` for `a/b/*.ts`, '' when it starts with a wildcard. */
export function globBase(pattern: string): string {
  return picomatch.scan(normalised(pattern)).base.replace(/\/$/, "");
}

function normalised(pattern: string): string {
  return pattern
    .trim()
    .replace(/^(?:\.?\/)+/, "")
    .replace(/\/$/, "");
}

const MAX_LENGTH = 300;
const MAX_STARS = 8;

/**
 * Whether a path matches one of the patterns, which come from scanned code.
 *
 * Those with groups, classes or many stars can be made to run for ever, and are not tried.
 *
 * @returns undefined where one was not tried and no other matches
 */
export function matchesForeignGlob(patterns: readonly string[], path: string): boolean | undefined {
  let open = path.length > MAX_LENGTH;
  for (const pattern of patterns) {
    if (open || !isPlain(pattern)) open = true;
    else if (picomatch(pattern, { dot: true, noextglob: true, nonegate: true })(path)) return true;
  }
  return open ? undefined : false;
}

function isPlain(pattern: string): boolean {
  const stars = pattern.split("*").length - 1;
  return pattern.length <= MAX_LENGTH && stars <= MAX_STARS && /^[\w\-./:*{},~%@]+$/.test(pattern);
}
