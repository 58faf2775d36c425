/** Reading JSON that people write (comments, trailing commas, byte order mark) and narrowing what comes out. */

export type JsonRecord = Readonly<Record<string, unknown>>;

/** A JSON object: neither null nor a list. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value when it is a string, else null. */
export function asText(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The strings of a list; a single string counts as a list of one; anything else is empty. */
export function asTexts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** Parses JSON with comments and trailing commas. Throws a SyntaxError as JSON.parse does. */
export function parseJsonc(text: string): unknown {
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  try {
    return JSON.parse(body);
  } catch {
    return JSON.parse(withoutTrailingCommas(withoutComments(body)));
  }
}

/** One token that must not be looked into (a string), or one that goes (a comment). */
const COMMENTS = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
const TRAILING_COMMAS = /"(?:[^"\\\n]|\\.)*"|,(?=\s*[\]}])/g;

/** Comments become blanks and keep their line breaks, so that positions in error messages stay right. */
function withoutComments(text: string): string {
  return text.replace(COMMENTS, (token) => (token.startsWith('"') ? token : token.replace(/[^\n]/g, " ")));
}

function withoutTrailingCommas(text: string): string {
  return text.replace(TRAILING_COMMAS, (token) => (token.startsWith('"') ? token : " "));
}
