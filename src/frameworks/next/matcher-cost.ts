/** How many ways a regular expression may try before it fails: patterns come from scanned code, so matching must stay cheap. */

/** What was read of an expression: the ways of it, and where the next one starts. */
interface Read {
  readonly ways: number;
  readonly next: number;
}

/** brackets are read as deep as they are nested */
const MAX_EXPRESSION = 4_000;

/**
 * Upper bound of the ways to match a text of this length.
 *
 * Alternatives add up, what follows one another multiplies. A look-ahead is tried once where it stands and never again
 * with other lengths, so what stands in it adds to what follows and does not multiply it.
 */
export function waysToMatch(expression: string, length: number): number {
  if (expression.length > MAX_EXPRESSION) return Number.POSITIVE_INFINITY;
  // escapes and classes stand for one character
  const plain = expression.replace(/\\./g, "_").replace(/\[[^\]]*\]/g, "_");
  // what a named parameter with a star becomes: its parts are kept apart by slashes
  const short = plain.replaceAll("(?:/(?:_+))*", "_*");
  const { ways, next } = alternatives(short, 0, length);
  return next === short.length ? ways : Number.POSITIVE_INFINITY;
}

function alternatives(text: string, from: number, length: number): Read {
  let ways = 0;
  let at = from;
  for (;;) {
    const one = sequence(text, at, length);
    ways += one.ways;
    at = one.next;
    if (text[at] !== "|") return { ways, next: at };
    at += 1;
  }
}

/** Up to the next bar or closing bracket. */
function sequence(text: string, from: number, length: number): Read {
  let ways = 1;
  let beside = 0;
  let at = from;
  while (at < text.length && text[at] !== "|" && text[at] !== ")") {
    const [opening, around] = /^\((?:\?(?:(<?[=!])|:))?/.exec(text.slice(at)) ?? [];
    const inner = opening === undefined ? null : alternatives(text, at + opening.length, length);
    const own = inner?.ways ?? 1;
    const [repeat] = /^(?:[*+?]|\{[^}]*\})?\??/.exec(text.slice(inner === null ? at + 1 : inner.next + 1)) ?? [""];
    if (around === undefined) ways *= own * repeated(repeat, inner !== null, length);
    else beside += own * ways;
    at = (inner === null ? at : inner.next) + 1 + repeat.length;
  }
  return { ways: ways + beside, next: at };
}

/** A group that is repeated may divide a text in more ways than can be told. */
function repeated(repeat: string, isGroup: boolean, length: number): number {
  if (repeat === "") return 1;
  if (repeat.startsWith("?")) return 2;
  return isGroup ? Number.POSITIVE_INFINITY : length;
}
