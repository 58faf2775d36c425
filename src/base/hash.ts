import { createHash } from "node:crypto";

/** 128 bits of SHA-256 as 22 characters: names a content in the cache and in fingerprints. */
export function contentHash(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("base64url").slice(0, 22);
}

/** Hash of several parts; the boundaries between them count. */
export function hashOf(parts: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("base64url").slice(0, 22);
}

/**
 * A checksum against damage, not against intent: quick, 32 bits, the same wherever the bytes lie in memory. It reads
 * words, since byte-wise hashing of a whole cache would cost more than reading it.
 */
export function checksum(bytes: Uint8Array): number {
  const even = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const words = new Int32Array(even.buffer, even.byteOffset, even.length >>> 2);
  let sum = 0x811c9dc5 ^ even.length;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ (words[i] ?? 0), 0x01000193) ^ (sum >>> 15);
  for (let i = words.length << 2; i < even.length; i++) sum = Math.imul(sum ^ (even[i] ?? 0), 0x01000193);
  return sum >>> 0;
}
