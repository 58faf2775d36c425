import { describe, expect, it } from "vitest";
import { fingerprintOf, lineHashes } from "../../src/scan/fingerprints.js";

/** The hashes of all lines, as many as GitHub counts. */
function allHashes(text: string): string[] {
  const hash = lineHashes(text);
  const found: string[] = [];
  for (let line = 0; hash(line) !== ""; line++) found.push(hash(line));
  return found;
}

describe("line hash, by the vectors of GitHub's own tests", () => {
  it("hashes an empty file", () => {
    expect(allHashes("")).toEqual(["c129715d7a2bc9a3:1"]);
  });

  it("leaves out blanks and tabs", () => {
    expect(allHashes(" a\nb\n  \t\tc\n d")).toEqual([
      "271789c17abda88f:1",
      "54703d4cd895b18:1",
      "180aee12dab6264:1",
      "a23a3dc5e078b07b:1",
    ]);
  });

  it("counts lines that hash alike", () => {
    const hashes = allHashes("Lorem ipsum dolor sit amet.\n".repeat(10));
    expect(hashes.slice(0, 7)).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((count) => `a7f2ff13bc495cf2:${count}`),
      "a7f2ff1481e87703:1",
    ]);
  });

  it("takes CR, LF and CRLF as one line break", () => {
    const lines = ["const a = 1;", "", "const b = 2;"];
    const expected = allHashes(lines.join("\n"));
    expect(allHashes(lines.join("\r\n"))).toEqual(expected);
    expect(allHashes(lines.join("\r"))).toEqual(expected);
  });

  it("agrees with arithmetic on big integers for any text", () => {
    const text = "é\u{1f600} x\n\n  }".repeat(30) + "a".repeat(300);
    const units = [
      ...Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)).filter((u) => u !== 32),
      0xffff,
    ];
    let hash = 0n;
    for (let i = 0; i < 100; i++) hash = (hash * 37n + BigInt(units[i] ?? 0)) % 2n ** 64n;
    expect(allHashes(text)[0]).toBe(`${hash.toString(16)}:1`);
  });
});

describe("own fingerprint", () => {
  it("is 16 hex digits over rule, subject, file and count", () => {
    const base = fingerprintOf("AG301", "GET /a", "src/a.ts", 0);
    expect(base).toMatch(/^[0-9a-f]{16}$/);
    const others = [
      fingerprintOf("AG302", "GET /a", "src/a.ts", 0),
      fingerprintOf("AG301", "GET /b", "src/a.ts", 0),
      fingerprintOf("AG301", "GET /a", "src/b.ts", 0),
      fingerprintOf("AG301", "GET /a", "src/a.ts", 1),
      fingerprintOf("AG301", "GET /asrc", "/a.ts", 0),
    ];
    expect(new Set([base, ...others]).size).toBe(6);
  });

  it("stays as published: a change would make every known finding new", () => {
    expect(fingerprintOf("AG101", "GET /orders/:id", "src/orders.ts", 0)).toBe("1becca1721f6780b");
  });
});
