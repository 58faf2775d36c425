/** Does a request go to a route? Paths as adapters write them (`/orders/:id`, `/files/*rest`) against concrete ones. */

/** A segment of a request that is not known: an expression in a template. */
export const UNKNOWN_SEGMENT = "\u0000";

/** Path of a request: without scheme, host, query, fragment and closing slash; '' when none is left. */
export function requestPath(text: string): string {
  const bare = text.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
  // `${base}/orders`: what stands before the first slash is where the service runs
  const slash = bare.indexOf("/");
  if (slash < 0) return "";
  const head = bare.slice(0, slash);
  if (head !== "" && head !== UNKNOWN_SEGMENT) return "";
  const path = bare.slice(slash).replace(/\/+$/, "");
  return path === "" ? "/" : path;
}

const LITERAL = 3;
const PARAMETER = 1;

/**
 * How closely a request fits a route.
 *
 * @param route path of an entry point
 * @param request from `requestPath`; unknown segments as `UNKNOWN_SEGMENT`
 * @returns one digit for each segment, so that the greater text fits better; null when it does not fit
 */
export function requestFit(route: string, request: string): string | null {
  const wanted = route.split("/").filter((part) => part !== "");
  const given = request.split("/").filter((part) => part !== "");
  let fit = "";
  for (const [index, part] of wanted.entries()) {
    if (part.startsWith("*")) return `${fit}0`;
    const here = given[index];
    if (here === undefined) return /^:\w+\?$/.test(part) && index === wanted.length - 1 ? fit : null;
    if (part.startsWith(":")) fit += PARAMETER;
    else if (part === here) fit += LITERAL;
    else return null;
  }
  return given.length === wanted.length ? fit : null;
}

/** Those that a request fits best; empty when it fits none. */
export function bestFits<T>(candidates: readonly T[], pathOf: (candidate: T) => string, request: string): readonly T[] {
  let best: T[] = [];
  let bestFit = "";
  for (const candidate of candidates) {
    const fit = requestFit(pathOf(candidate), request);
    if (fit === null || (best.length > 0 && fit < bestFit)) continue;
    if (best.length === 0 || fit > bestFit) best = [];
    bestFit = fit;
    best.push(candidate);
  }
  return best;
}

/** The parameters that a path has in any case: neither optional ones nor wildcards. */
export function pathParameters(path: string): ReadonlySet<string> {
  const names = path.split("/").flatMap((part) => /^(?::(\w+)|\{(\w+)\}|\[(\w+)\])$/.exec(part)?.slice(1) ?? []);
  return new Set(names.filter((name) => name !== undefined && name !== ""));
}
