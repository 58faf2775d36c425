/** Colour, wrapping and columns for terminals. Whether there is colour is the caller's decision. */

export type Brush = (text: string) => string;

export interface Paint {
  readonly bold: Brush;
  readonly dim: Brush;
  readonly underline: Brush;
  readonly red: Brush;
  readonly yellow: Brush;
  readonly green: Brush;
  readonly cyan: Brush;
}

/** Brushes that colour, or that leave the text as it is. */
export function paintFor(colour: boolean): Paint {
  const brush =
    (open: number, close: number): Brush =>
    (text) =>
      colour && text !== "" ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: brush(1, 22),
    dim: brush(2, 22),
    underline: brush(4, 24),
    red: brush(31, 39),
    yellow: brush(33, 39),
    green: brush(32, 39),
    cyan: brush(36, 39),
  };
}

/** Text from scanned files may hold control characters, which a terminal would obey: they become `?`, tabs two blanks. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/\t/g, "  ").replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "?");
}

/** Breaks a paragraph into lines of at most `width`, each with the indent; words longer than that stay whole. */
export function wrapped(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of printable(text.replace(/\s+/g, " ")).split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return line === "" ? lines : [...lines, indent + line];
}

/** Cuts what does not fit into a line. */
export function fitted(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1))}…`;
}

/** `1,204` */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1 file`, `2 files`, `3 queries` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}
