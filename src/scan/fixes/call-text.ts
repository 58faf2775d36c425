/** A call as it is written. Edits are made in the text, so the text decides where something is put in. */

export interface Argument {
  readonly text: string;
  readonly start: number;
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const LONGEST = 200_000;

/** The arguments of the call that begins at an offset; none when no call stands there or it does not end. */
export function callArguments(text: string, start: number): readonly Argument[] {
  const head = /^[\w$.\s]*?(?:<[^()]*>)?\(/.exec(text.slice(start, start + 300))?.[0];
  if (head === undefined) return [];
  const found: Argument[] = [];
  const open: string[] = [")"];
  let from = start + head.length;
  const take = (end: number): void => {
    const raw = text.slice(from, end);
    const trimmed = raw.trim();
    if (trimmed !== "") found.push({ text: trimmed, start: from + raw.indexOf(trimmed) });
    from = end + 1;
  };
  const stop = Math.min(text.length, start + LONGEST);
  for (let at = from; at < stop; at += 1) {
    const char = text.charAt(at);
    const skipped = afterQuoted(text, at);
    if (skipped > at) {
      at = skipped - 1;
    } else if (CLOSING[char] !== undefined) {
      open.push(CLOSING[char]);
    } else if (char === open[open.length - 1]) {
      open.pop();
      if (open.length > 0) continue;
      take(at);
      return found;
    } else if (char === "," && open.length === 1) take(at);
  }
  return [];
}

/** The offset behind a string, a template or a comment that begins here; the offset itself when none does. */
function afterQuoted(text: string, at: number): number {
  const rest = text.slice(at, at + 2);
  if (rest === "//") return endOr(text, text.indexOf("\n", at));
  if (rest === "/*") return endOr(text, text.indexOf("*/", at) + 2);
  const quote = text.charAt(at);
  if (quote !== '"' && quote !== "'" && quote !== "`") return at;
  for (let end = at + 1; end < text.length; end += 1) {
    if (text.charAt(end) === "\\") end += 1;
    else if (text.charAt(end) === quote) return end + 1;
  }
  return text.length;
}

function endOr(text: string, end: number): number {
  return end <= 1 ? text.length : end;
}

/** The first name of an expression was introduced before: as a parameter, or by a declaration. */
export function isVisible(expression: string, before: string): boolean {
  const root = /^[\w$]+/.exec(expression)?.[0];
  return root !== undefined && timesNamed(root, before) > 0;
}

/** How often a name stands in code, members of that name aside. */
export function timesNamed(name: string, code: string): number {
  return [...code.matchAll(new RegExp(`(?:^|[^\\w$.])${name.replace(/\$/g, "\\$")}(?![\\w$])`, "g"))].length;
}
