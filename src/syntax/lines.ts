import { IntBuffer } from "./emitter.js";

/**
 * Offsets at which a text's lines start. `\n`, `\r\n` and a lone `\r` end a line.
 *
 * @param text any text
 * @returns the offsets, 0 first
 */
export function lineStarts(text: string): Int32Array {
  const starts = new IntBuffer(256);
  starts.push(0);
  if (text.includes("\r")) {
    for (const match of text.matchAll(/\r\n?|\n/g)) starts.push(match.index + match[0].length);
  } else {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  }
  return starts.toArray();
}
