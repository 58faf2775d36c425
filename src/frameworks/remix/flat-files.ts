/** Names of route files: `_app.orgs.$slug`, `api+/limits`, `files.$`, folders with a `route` file. */

export interface FlatName {
  /** segments as they are written, the layouts' among them */
  readonly segments: readonly string[];
  readonly path: string;
  /** it stands around everything below its segments */
  readonly layout: boolean;
}

const MODULE = /^_?(?:route|index|layout|page)$|\.route$/;

/**
 * Reads a name below `routes`, without extension. Dots part segments; so do slashes, after a folder with a plus sign
 * or in the older nested convention; in other folders only the route file itself counts.
 * @returns null for files that only lie beside a route
 */
export function readFlatName(name: string, nested: boolean): FlatName | null {
  const parts = name.split("/");
  const kept: string[] = [];
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1;
    const inRouteFolder = last && i > 0 && !nested && !parts[i - 1].endsWith("+");
    if (inRouteFolder && !MODULE.test(part)) return null;
    if (!last && !nested && !part.endsWith("+") && i < parts.length - 2) return null;
    if (inRouteFolder && /^_?(?:route|index|page)$/.test(part)) continue;
    kept.push(...segmentsOf(last ? part.replace(/\.route$/, "") : part.replace(/\+$/, "")));
  }
  const layout = /^_?layout$/.test(kept.at(-1) ?? "");
  const segments = layout ? kept.slice(0, -1) : kept;
  return { segments, path: `/${segments.flatMap(urlOf).join("/")}`, layout };
}

/** Dots inside of brackets are text. */
function segmentsOf(name: string): readonly string[] {
  const found: string[] = [];
  let current = "";
  let quoted = false;
  for (const character of name) {
    if (character === "[") quoted = true;
    else if (character === "]") quoted = false;
    if (character === "." && !quoted) {
      found.push(current);
      current = "";
    } else current += character;
  }
  return [...found, current];
}

/** The part of the URL that a segment stands for: none for layouts and indexes. */
function urlOf(segment: string): readonly string[] {
  const optional = /^\((.*)\)$/.exec(segment)?.[1] ?? segment;
  if (optional.startsWith("_") || optional === "" || optional === "index") return [];
  const own = optional.length > 1 && optional.endsWith("_") ? optional.slice(0, -1) : optional;
  if (own === "$") return ["*splat"];
  const text = own.startsWith("$") ? `:${own.slice(1)}` : own;
  return [text.replace(/[[\]]/g, "")];
}

/** True when one name's segments begin with all of another's: it is rendered inside of it. */
export function isInside(inner: FlatName, outer: FlatName): boolean {
  if (outer.segments.length > inner.segments.length) return false;
  if (outer.segments.length === inner.segments.length && !outer.layout) return false;
  return outer.segments.every((segment, i) => segment === inner.segments[i]);
}
