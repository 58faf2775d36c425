/**
 * Whether a regular expression of the scanned project matches a text. Expression and text are hostile: it is never
 * run, but followed as a set of positions, which takes polynomial time. Dialects beyond the common ones are refused.
 */

type Node =
  | { readonly kind: "one"; readonly has: (code: string) => boolean }
  | { readonly kind: "start" | "end" }
  | { readonly kind: "sequence" | "choice"; readonly of: readonly Node[] }
  | { readonly kind: "repeat"; readonly of: Node; readonly min: number; readonly max: number };

const MAX_LENGTH = 400;
const MAX_DEPTH = 20;
const CLASSES: Readonly<Record<string, RegExp>> = { d: /\d/, w: /\w/, s: /\s/, D: /\D/, W: /\W/, S: /\S/ };

/** Each entry point asks the same expressions about its path, for each step that stands before it. */
const answers = new Map<string, boolean | undefined>();
const MOST_ANSWERS = 20_000;

/** @returns undefined when the expression cannot be followed */
export function matches(source: string, flags: string, text: string): boolean | undefined {
  if (source.length > MAX_LENGTH || text.length > MAX_LENGTH) return undefined;
  const key = JSON.stringify([source, flags, text]);
  if (answers.has(key)) return answers.get(key);
  const answer = follow(source, flags, text);
  if (answers.size >= MOST_ANSWERS) answers.clear();
  answers.set(key, answer);
  return answer;
}

function follow(source: string, flags: string, text: string): boolean | undefined {
  if (/[gy]/.test(flags.replace("g", ""))) return undefined;
  const fold = flags.includes("i");
  const parser = new Parser(fold ? source.toLowerCase() : source);
  const tree = parser.parse();
  if (tree === null) return undefined;
  const input = fold ? text.toLowerCase() : text;
  const everywhere = new Set(Array.from({ length: input.length + 1 }, (_, i) => i));
  return advance(tree, everywhere, input).size > 0;
}

function advance(node: Node, from: ReadonlySet<number>, text: string): ReadonlySet<number> {
  switch (node.kind) {
    case "one":
      return new Set([...from].filter((at) => at < text.length && node.has(text[at])).map((at) => at + 1));
    case "start":
      return new Set([...from].filter((at) => at === 0));
    case "end":
      return new Set([...from].filter((at) => at === text.length));
    case "sequence":
      return node.of.reduce((at, part) => advance(part, at, text), from);
    case "choice":
      return new Set(node.of.flatMap((part) => [...advance(part, from, text)]));
    case "repeat":
      return repeated(node, from, text);
  }
}

function repeated(
  node: Extract<Node, { kind: "repeat" }>,
  from: ReadonlySet<number>,
  text: string,
): ReadonlySet<number> {
  const found = new Set(node.min === 0 ? from : []);
  let current = from;
  for (let round = 1; round <= Math.min(node.max, text.length + node.min + 1) && current.size > 0; round += 1) {
    current = advance(node.of, current, text);
    if (round < node.min) continue;
    current = new Set([...current].filter((at) => !found.has(at)));
    for (const at of current) found.add(at);
  }
  return found;
}

class Parser {
  #at = 0;

  constructor(private readonly source: string) {}

  parse(): Node | null {
    const tree = this.#choice(0);
    return tree !== null && this.#at === this.source.length ? tree : null;
  }

  #choice(depth: number): Node | null {
    if (depth > MAX_DEPTH) return null;
    const options: Node[] = [];
    do {
      const option = this.#sequence(depth);
      if (option === null) return null;
      options.push(option);
    } while (this.#take("|"));
    return options.length === 1 ? options[0] : { kind: "choice", of: options };
  }

  #sequence(depth: number): Node | null {
    const parts: Node[] = [];
    while (this.#at < this.source.length && !"|)".includes(this.source[this.#at])) {
      const part = this.#repeated(depth);
      if (part === null) return null;
      parts.push(part);
    }
    return { kind: "sequence", of: parts };
  }

  #repeated(depth: number): Node | null {
    const of = this.#one(depth);
    if (of === null) return null;
    const counted = /^(?:([*+?])|\{(\d{1,3})(,?)(\d{0,3})\})\??/.exec(this.source.slice(this.#at));
    if (counted === null) return of;
    this.#at += counted[0].length;
    const [, sign, least, comma, most] = counted;
    if (sign !== undefined) {
      const max = sign === "?" ? 1 : Number.POSITIVE_INFINITY;
      return { kind: "repeat", of, min: sign === "+" ? 1 : 0, max };
    }
    const max = comma === "" ? Number(least) : most === "" ? Number.POSITIVE_INFINITY : Number(most);
    return { kind: "repeat", of, min: Number(least), max };
  }

  #one(depth: number): Node | null {
    const char = this.source[this.#at];
    this.#at += 1;
    switch (char) {
      case "^":
        return { kind: "start" };
      case "$":
        return { kind: "end" };
      case ".":
        return { kind: "one", has: (c) => c !== "\n" };
      case "(":
        return this.#group(depth);
      case "[":
        return this.#set();
      case "\\":
        return this.#escaped();
      case "*":
      case "+":
      case "?":
        return null;
      default:
        return { kind: "one", has: (c) => c === char };
    }
  }

  #group(depth: number): Node | null {
    if (this.source[this.#at] === "?") {
      const opening = /^\?(?::|<[A-Za-z_]\w*>)/.exec(this.source.slice(this.#at));
      if (opening === null) return null;
      this.#at += opening[0].length;
    }
    const inside = this.#choice(depth + 1);
    return inside !== null && this.#take(")") ? inside : null;
  }

  #escaped(): Node | null {
    const char = this.source[this.#at];
    this.#at += 1;
    if (char === undefined) return null;
    const known = CLASSES[char];
    if (known !== undefined) return { kind: "one", has: (c) => known.test(c) };
    return /[A-Za-z0-9]/.test(char) ? null : { kind: "one", has: (c) => c === char };
  }

  #set(): Node | null {
    const body = /^(\^?)((?:\\.|[^\]\\])*)\]/.exec(this.source.slice(this.#at));
    if (body === null) return null;
    this.#at += body[0].length;
    const tests: ((c: string) => boolean)[] = [];
    for (const item of body[2].matchAll(/(\\.|[^\\])(?:-(\\.|[^\\]))?/g)) {
      const [, first, last] = item;
      const known = first.length === 2 ? CLASSES[first[1]] : undefined;
      if (known !== undefined) tests.push((c) => known.test(c));
      else {
        const low = first.slice(-1);
        const high = (last ?? first).slice(-1);
        tests.push((c) => c >= low && c <= high);
      }
    }
    const negated = body[1] === "^";
    return { kind: "one", has: (c) => tests.some((test) => test(c)) !== negated };
  }

  #take(char: string): boolean {
    if (this.source[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }
}
