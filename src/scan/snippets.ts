/** Source lines for reports, with everything that looks like a secret blanked out. */
import type { Region } from "../model/place.js";

/** A place that spans more lines than this is shown by its first line only. */
export const LONGEST_REGION = 10;
const LONGEST_LINE = 400;

/** Where each line starts; breaks are LF, CR and CRLF. */
export function lineStartsOf(text: string): Int32Array {
  const starts = [0];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 10 || (unit === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  return Int32Array.from(starts);
}

/** Lines and columns of an offset range, from 1; ranges over many lines shrink to the first. */
export function regionOf(text: string | undefined, starts: Int32Array, start: number, end: number): Region {
  const from = lineIndex(starts, start);
  const to = lineIndex(starts, Math.max(start, end));
  const startColumn = start - (starts[from] ?? 0) + 1;
  if (to - from < LONGEST_REGION) {
    const endColumn = Math.max(start, end) - (starts[to] ?? 0) + 1;
    return { startLine: from + 1, startColumn, endLine: to + 1, endColumn };
  }
  const lineEnd =
    text === undefined ? (starts[from + 1] ?? end) - 1 : (starts[from] ?? 0) + lineAt(text, starts, from).length;
  const endColumn = Math.max(startColumn, lineEnd - (starts[from] ?? 0) + 1);
  return { startLine: from + 1, startColumn, endLine: from + 1, endColumn };
}

/** The whole lines of a region, secrets masked by as many stars so that columns stay right. */
export function snippetOf(text: string, starts: Int32Array, region: Region): string {
  const lines: string[] = [];
  for (let line = region.startLine; line <= region.endLine; line++) {
    lines.push(lineAt(text, starts, line - 1).slice(0, LONGEST_LINE));
  }
  return maskSecrets(lines.join("\n"));
}

/** Text of a line, from 0, without its line break; '' beyond the end. */
export function lineAt(text: string, starts: Int32Array, index: number): string {
  const start = starts[index];
  if (start === undefined) return "";
  return text.slice(start, starts[index + 1] ?? text.length).replace(/[\r\n]+$/, "");
}

/** Index of the line that holds an offset. */
export function lineIndex(starts: Int32Array, offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

const LITERAL = /(["'`])((?:\\.|(?!\1)[^\\\n])*)\1/g;
const KNOWN_SECRET =
  /^(?:(?:sk|pk|rk)_(?:live|test)_|sk-|whsec_|gh[pousr]_|github_pat_|glpat-|npm_|xox[abeprs]-|AKIA|ASIA|AIza|ya29\.|SG\.|eyJ[\w-]{8,}\.|-----BEGIN|(?:Bearer|Basic) \S{8,})/;
/** A name that promises a secret, then whatever assigns, passes on or compares its value. */
const SECRET_NAME =
  /(?:secret|passw(?:or)?d|passphrase|token|api_?-?key|private_?-?key|signing_?-?key|secretorkey|credential|pepper)\w*["'\]]?\s*(?::|[!=]==?|=|\|\||\?\?)\s*$/i;
/** Arguments of signing and verifying calls: a literal among them is a key, unless it names an algorithm. */
const KEY_CALL = /\b(?:sign|verify|createHmac|createSecretKey|createCipheriv|createDecipheriv)\s*\([^)]*$/;
const HARMLESS =
  /^(?:[HREP]S\d{3}|EdDSA|none|sha\d+|md5|aes-[\w-]+|hex|base64(?:url)?|utf-?8|ascii|x-[a-z-]+|authorization)$/i;
const BARE_TOKEN = /\b[A-Za-z0-9+/_-]{40,}={0,2}/g;
const URL_PASSWORD = /(:\/\/[^\s:/@"'`]*:)([^\s@/"'`]+)(?=@)/g;

/** Replaces what looks like a key, token or password by stars of the same length. */
export function maskSecrets(source: string): string {
  const literals = source.replace(LITERAL, (whole: string, quote: string, content: string, at: number) =>
    isSecret(content, source.slice(Math.max(0, at - 120), at)) ? quote + stars(content) + quote : whole,
  );
  return literals
    .replace(URL_PASSWORD, (_, before: string, password: string) => before + stars(password))
    .replace(BARE_TOKEN, (token) => (isRandom(token) ? stars(token) : token));
}

function isSecret(content: string, before: string): boolean {
  if (KNOWN_SECRET.test(content)) return true;
  if (content.length >= 4 && !HARMLESS.test(content) && (SECRET_NAME.test(before) || KEY_CALL.test(before)))
    return true;
  return content.length >= 20 && /^[A-Za-z0-9+/=_.-]+$/.test(content) && isRandom(content);
}

/** Letters and digits mixed without forming words. */
function isRandom(text: string): boolean {
  if (!/\d/.test(text) || !/[A-Za-z]/.test(text)) return false;
  const words = text
    .split(/[-_/.]/)
    .every((part) => /^(?:[A-Za-z]?[a-z]*\d{0,2}|[A-Z]+|v?\d{1,4}|(?:[A-Z]?[a-z]{2,}\d?)+)$/.test(part));
  return !words && entropy(text) >= 3.3;
}

/** Shannon entropy in bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

function stars(text: string): string {
  return text.replace(/[^\n]/g, "*");
}
