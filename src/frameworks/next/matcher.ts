/** The patterns of `config.matcher`: the subset of path-to-regexp that Next accepts. */

/** unbounded repetitions allowed in one pattern: patterns come from scanned code, so matching must stay cheap */
const MAX_REPETITIONS = 4;
const MAX_LENGTH = 600;

/** @returns null when the pattern cannot be read */
export function compileMatcher(pattern: string): RegExp | null {
  if (!pattern.startsWith("/") || pattern.length > MAX_LENGTH) return null;
  const body = translate(pattern);
  if (body === null || repetitions(body) > MAX_REPETITIONS) return null;
  try {
    return new RegExp(`^${body}/?$`);
  } catch {
    return null;
  }
}

function translate(pattern: string): string | null {
  let out = "";
  let at = 0;
  while (at < pattern.length) {
    const rest = pattern.slice(at);
    const named = /^(\/?):(\w+)/.exec(rest);
    if (named !== null) {
      at += named[0].length;
      const own = group(pattern, at);
      at += own?.length ?? 0;
      const modifier = modifierAt(pattern, at);
      at += modifier.length;
      out += repeated(named[1], own === null ? "[^/]+" : inner(own), modifier);
    } else if (/^\/?\(/.test(rest)) {
      const prefix = rest.startsWith("/") ? "/" : "";
      const own = group(pattern, at + prefix.length);
      if (own === null) return null;
      at += prefix.length + own.length;
      const modifier = modifierAt(pattern, at);
      at += modifier.length;
      out += repeated(prefix, inner(own), modifier);
    } else {
      const character = pattern[at];
      if (character === "{" || character === "}") return null;
      const escaped = character === "\\" && at + 1 < pattern.length ? pattern[at + 1] : character;
      out += escaped.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      at += character === "\\" ? 2 : 1;
    }
  }
  return out;
}

function repeated(prefix: string, body: string, modifier: string): string {
  switch (modifier) {
    case "*":
      return `(?:${prefix}(?:${body})(?:/(?:${body}))*)?`;
    case "+":
      return `${prefix}(?:${body})(?:/(?:${body}))*`;
    case "?":
      return `(?:${prefix}(?:${body}))?`;
    default:
      return `${prefix}(?:${body})`;
  }
}

function modifierAt(pattern: string, at: number): string {
  return /^[*+?]/.exec(pattern.slice(at))?.[0] ?? "";
}

/** The group that opens at an offset, with its brackets. */
function group(pattern: string, at: number): string | null {
  if (pattern[at] !== "(") return null;
  let depth = 0;
  for (let i = at; i < pattern.length; i += 1) {
    if (pattern[i] === "\\") i += 1;
    else if (pattern[i] === "(") depth += 1;
    else if (pattern[i] === ")") {
      depth -= 1;
      if (depth === 0) return pattern.slice(at, i + 1);
    }
  }
  return null;
}

function inner(text: string): string {
  return text.slice(1, -1);
}

/** How often something repeats without bound; a repeated group counts as too often. */
function repetitions(body: string): number {
  const plain = body.replace(/\\./g, "_").replace(/\[[^\]]*\]/g, "_");
  const ours = plain.split("(?:/(?:_+))*").length - 1;
  const others = plain.replaceAll("(?:/(?:_+))*", "");
  if (/\)[*+{]/.test(others)) return MAX_REPETITIONS + 1;
  return ours + (others.match(/[*+]|\{\d+,/g)?.length ?? 0);
}
