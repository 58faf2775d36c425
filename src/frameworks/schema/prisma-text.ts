/** The lexical side of `schema.prisma`: blocks, logical lines without comments, attributes with balanced arguments. */

export interface PrismaBlock {
  readonly kind: string;
  readonly name: string;
  /** logical lines: comments dropped, brackets and strings that run over several lines joined */
  readonly lines: readonly string[];
  readonly start: number;
  readonly end: number;
}

export interface PrismaAttribute {
  /** `id`, `unique`, `relation`, `db.VarChar` */
  readonly name: string;
  readonly args: string;
}

const HEAD = /(^|\n)[ \t]*(model|view|type|enum|datasource|generator)\s+([A-Za-z]\w*)\s*\{/g;

/** Blocks of a schema in order of appearance. */
export function blocksOf(source: string): readonly PrismaBlock[] {
  const text = blankComments(source);
  const blocks: PrismaBlock[] = [];
  HEAD.lastIndex = 0;
  for (let match = HEAD.exec(text); match !== null; match = HEAD.exec(text)) {
    const open = match.index + match[0].length;
    const close = closing(text, open);
    const start = match.index + (match[0].length - match[0].trimStart().length);
    blocks.push({
      kind: match[2] ?? "",
      name: match[3] ?? "",
      lines: logicalLines(text.slice(open, close)),
      start,
      end: Math.min(text.length, close + 1),
    });
    HEAD.lastIndex = close;
  }
  return blocks;
}

/** Comments become spaces, so that offsets stay; strings are left alone. */
function blankComments(source: string): string {
  return source.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (found) =>
    found.startsWith('"') ? found : found.replace(/[^\n]/g, " "),
  );
}

/** Index of the brace that closes a block; a block that never closes ends before the next head. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return at;
    else if (char === "\n" && /^\n(?:model|view|enum|datasource|generator)\s+\w+\s*\{/.test(text.slice(at, at + 120)))
      return at;
  }
  return text.length;
}

function endOfString(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"' || text[at] === "\n") return at;
  }
  return text.length;
}

function logicalLines(body: string): readonly string[] {
  const lines: string[] = [];
  let open = "";
  for (const line of body.split("\n")) {
    const joined = open === "" ? line.trim() : `${open} ${line.trim()}`;
    // an argument list may run on; a runaway one must not swallow the rest of the model
    if (depthOf(joined) > 0 && joined.length < 2_000) open = joined;
    else {
      if (joined !== "") lines.push(joined);
      open = "";
    }
  }
  if (open !== "") lines.push(open);
  return lines;
}

function depthOf(line: string): number {
  const bare = line.replace(/"(?:[^"\\]|\\.)*"/g, "");
  return (bare.match(/[([]/g)?.length ?? 0) - (bare.match(/[)\]]/g)?.length ?? 0);
}

/** Attributes of a line: `@id @map("x")`, `@@unique([a, b])`. */
export function attributesOf(line: string): readonly PrismaAttribute[] {
  const found: PrismaAttribute[] = [];
  const pattern = /@@?([A-Za-z][\w.]*)\s*(\(?)/g;
  for (let match = pattern.exec(line); match !== null; match = pattern.exec(line)) {
    let args = "";
    if (match[2] === "(") {
      const end = closingParen(line, pattern.lastIndex);
      args = line.slice(pattern.lastIndex, end);
      pattern.lastIndex = end;
    }
    found.push({ name: match[1] ?? "", args });
  }
  return found;
}

function closingParen(line: string, from: number): number {
  let depth = 1;
  for (let at = from; at < line.length; at++) {
    const char = line[at];
    if (char === '"') at = endOfString(line, at);
    else if (char === "(") depth++;
    else if (char === ")" && --depth === 0) return at;
  }
  return line.length;
}

/** Names in the first list, or in the list given for a key: `fields: [a, b(sort: Desc)]`. */
export function namesIn(args: string, key: string): readonly string[] {
  const keyed = new RegExp(`\\b${key}\\s*:\\s*\\[([^\\]]*)\\]`).exec(args) ?? /\[([^\]]*)\]/.exec(args);
  const bare = (keyed?.[1] ?? args).replace(/\([^)]*\)/g, "");
  return bare
    .split(",")
    .map((name) => name.trim())
    .filter((name) => /^[A-Za-z]\w*$/.test(name));
}

/** First string of an argument list. */
export function unquote(args: string): string | null {
  return /"((?:[^"\\]|\\.)*)"/.exec(args)?.[1] ?? null;
}
