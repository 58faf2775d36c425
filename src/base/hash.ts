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
 * A checksum against damage, not against intent: quick, 32 bits. Reads words where it can, since byte-wise hashing of
 * a whole cache would cost more than reading it.
 */
export function checksum(bytes: Uint8Array): number {
  let sum = 0x811c9dc5 ^ bytes.length;
  const words = bytes.byteOffset % 4 === 0 ? bytes.length >>> 2 : 0;
  const view = new Int32Array(bytes.buffer, words === 0 ? 0 : bytes.byteOffset, words);
  for (let i = 0; i < words; i++) sum = Math.imul(sum ^ (view[i] ?? 0), 0x01000193) ^ (sum >>> 15);
  for (let i = words << 2; i < bytes.length; i++) sum = Math.imul(sum ^ (bytes[i] ?? 0), 0x01000193);
  return sum >>> 0;
}
