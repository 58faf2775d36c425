/** Identities of findings: GitHub's line hash, and our own that survives edits elsewhere. */
import { hashOf } from "../base/hash.js";

/** GitHub hashes this many characters (blanks and tabs not counted) from the start of a line. */
const WINDOW = 100;
const END_OF_FILE = 0xffff;
const WORD = 0x1_0000_0000;

/**
 * 16 hex digits over rule, subject and file; `nth` tells findings apart that agree in all three.
 * Neither line nor message nor confidence take part, so edits elsewhere in the file leave it as it is.
 */
export function fingerprintOf(rule: string, subject: string, file: string, nth: number): string {
  const parts = nth === 0 ? [rule, subject, file] : [rule, subject, file, String(nth)];
  return Buffer.from(hashOf(parts), "base64url").toString("hex").slice(0, 16);
}

/** `primaryLocationLineHash` of a line, from 0; '' beyond the end. */
export type LineHash = (line: number) => string;

/**
 * `primaryLocationLineHash` of the lines of a text, exactly as GitHub's upload action computes it: a polynomial hash
 * modulo 2^64 of the 100 kept characters that begin at the line, and how often that hash has occurred so far in the
 * file. Computed for the lines that are asked for, since few of a file have a finding.
 */
export function lineHashes(text: string): LineHash {
  const { units, starts } = keptUnits(text);
  return (line) => {
    const start = starts[line];
    if (start === undefined) return "";
    let count = 1;
    for (let earlier = 0; earlier < line; earlier++) if (sameWindow(units, starts[earlier] ?? 0, start)) count++;
    return `${windowHash(units, start)}:${count}`;
  };
}

/** Two lines hash alike when what is hashed of them is the same. */
function sameWindow(units: Uint16Array, one: number, other: number): boolean {
  for (let i = 0; i < WINDOW; i++) if (units[one + i] !== units[other + i]) return false;
  return true;
}

/** The characters that count, the end marker last, and where in them each line begins. */
function keptUnits(text: string): { units: Uint16Array; starts: number[] } {
  const units = new Uint16Array(text.length + 1);
  const starts: number[] = [];
  let kept = 0;
  let atLineStart = true;
  let afterReturn = false;
  const keep = (unit: number) => {
    if (atLineStart) starts.push(kept);
    atLineStart = unit === 10;
    units[kept++] = unit;
  };
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 32 || unit === 9 || (afterReturn && unit === 10)) {
      afterReturn = false;
      continue;
    }
    afterReturn = unit === 13;
    keep(afterReturn ? 10 : unit);
  }
  keep(END_OF_FILE);
  return { units: units.subarray(0, kept), starts };
}

/** Horner's scheme with base 37 modulo 2^64 in two 32-bit halves; both products stay below 2^53. */
function windowHash(units: Uint16Array, start: number): string {
  let high = 0;
  let low = 0;
  for (let i = start; i < start + WINDOW; i++) {
    const sum = low * 37 + (units[i] ?? 0);
    low = sum % WORD;
    high = (high * 37 + Math.floor(sum / WORD)) % WORD;
  }
  return high === 0 ? low.toString(16) : high.toString(16) + low.toString(16).padStart(8, "0");
}
