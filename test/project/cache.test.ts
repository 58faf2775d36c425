import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { type Cache, openCache } from "../../src/project/cache.js";
import { folderWith } from "./folder.js";

const OLD = 1_700_000_000_000.25;
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textOf = (blob: Uint8Array | undefined): string | undefined => blob && Buffer.from(blob).toString();

let folder = "";
const open = (engineVersion = "1"): Cache => openCache("/some/project", { engineVersion, folder });
const file = (): string => join(folder, readdirSync(folder)[0] ?? "");

/** A saved cache with three files, two of them of one content, and a result. */
function filled(): void {
  const cache = open();
  cache.put("a.ts", { mtimeMs: OLD, size: 1, hash: "ha", flags: 5, hints: 7 }, bytes("blob a"));
  cache.put("b.ts", { mtimeMs: OLD, size: 2, hash: "hb" }, bytes("a blob of b"));
  cache.touch("copy-of-b.ts", { mtimeMs: OLD, size: 2, hash: "hb" });
  cache.putResult("key", bytes("the result"));
  expect(cache.save()).toBe(true);
}

beforeEach(() => {
  folder = folderWith({});
});

describe("a cache in order", () => {
  beforeEach(filled);

  test("finds by path, time and size, and by content", () => {
    const cache = open();
    expect(cache.lookup("a.ts", OLD, 1)).toMatchObject({ hash: "ha", flags: 5, hints: 7 });
    expect(textOf(cache.lookup("a.ts", OLD, 1)?.blob())).toBe("blob a");
    expect(cache.lookup("a.ts", OLD + 1, 1)).toBeUndefined();
    expect(cache.lookup("a.ts", OLD, 2)).toBeUndefined();
    expect(textOf(cache.lookup("copy-of-b.ts", OLD, 2)?.blob())).toBe("a blob of b");
    expect(textOf(cache.lookupHash("hb")?.blob())).toBe("a blob of b");
    expect(cache.lookupHash("hc")).toBeUndefined();
    expect(textOf(cache.result("key"))).toBe("the result");
    expect(cache.lookup("a.ts", OLD, 1)?.blob()?.byteOffset).toBe(0);
  });

  test("is one file, readable by its owner only", () => {
    expect(readdirSync(folder)).toHaveLength(1);
    if (process.platform !== "win32") expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test("keeps what is unchanged when something else changes, and drops what is gone", () => {
    const cache = open();
    cache.put("c.ts", { mtimeMs: OLD, size: 3, hash: "hc" }, bytes("c"));
    expect(cache.save(new Set(["b.ts", "c.ts"]))).toBe(true);
    for (const each of [cache, open()]) {
      expect(each.lookup("a.ts", OLD, 1)).toBeUndefined();
      expect(textOf(each.lookup("b.ts", OLD, 2)?.blob())).toBe("a blob of b");
      expect(textOf(each.lookup("c.ts", OLD, 3)?.blob())).toBe("c");
      expect(textOf(each.result("key"))).toBe("the result");
    }
    expect(open().lookupHash("ha")).toBeUndefined();
  });

  test("is not written when nothing changed", () => {
    const before = statSync(file()).ino;
    expect(open().save()).toBe(true);
    expect(statSync(file()).ino).toBe(before);
  });

  test("does not trust a file that was modified just before it was read", () => {
    const cache = open();
    const now = Date.now();
    cache.put("new.ts", { mtimeMs: now, size: 1, hash: "hn" }, bytes("new"));
    cache.save();
    expect(open().lookup("new.ts", now, 1)).toBeUndefined();
    expect(textOf(open().lookupHash("hn")?.blob())).toBe("new");
  });

  test("keeps few results, the used ones first", () => {
    const cache = open();
    for (let i = 0; i < 8; i++) {
      cache.putResult(`r${i}`, bytes(`${i}`));
      cache.result("key");
    }
    cache.save();
    expect(textOf(open().result("key"))).toBe("the result");
    expect(open().result("r0")).toBeUndefined();
  });

  test("two runs that save one after the other leave one of them whole", () => {
    const [one, two] = [open(), open()];
    one.put("one.ts", { mtimeMs: OLD, size: 1, hash: "h1" }, bytes("first"));
    two.put("two.ts", { mtimeMs: OLD, size: 1, hash: "h2" }, bytes("second"));
    expect([one.save(), two.save()]).toEqual([true, true]);
    const after = open();
    expect(textOf(after.lookup("two.ts", OLD, 1)?.blob())).toBe("second");
    expect(textOf(after.lookup("a.ts", OLD, 1)?.blob())).toBe("blob a");
    expect(readdirSync(folder)).toHaveLength(1);
    // the first run goes on working after the other replaced the file under it
    expect(textOf(one.lookup("one.ts", OLD, 1)?.blob())).toBe("first");
    expect(textOf(one.lookup("b.ts", OLD, 2)?.blob())).toBe("a blob of b");
  });
});

describe("a cache that is not in order", () => {
  beforeEach(filled);

  test("of another engine version is empty", () => {
    expect(open("2").lookup("a.ts", OLD, 1)).toBeUndefined();
  });

  test("cut at any length is empty, never an error, and is built anew", () => {
    const whole = readFileSync(file());
    for (let length = 0; length < whole.length; length += 7) {
      truncateSync(file(), length);
      expect(open().lookup("a.ts", OLD, 1)).toBeUndefined();
      writeFileSync(file(), whole);
    }
    truncateSync(file(), 30);
    filled();
    expect(open().lookup("a.ts", OLD, 1)).toBeDefined();
  });

  test("with any byte flipped gives the right bytes or none", () => {
    const whole = readFileSync(file());
    const right = new Set(["blob a", undefined]);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x21;
      writeFileSync(file(), damaged);
      const cache = open();
      expect(right).toContain(textOf(cache.lookup("a.ts", OLD, 1)?.blob()));
      expect(["the result", undefined]).toContain(textOf(cache.result("key")));
    }
  });

  test("of garbage, or a folder in its place, is empty", () => {
    writeFileSync(file(), Buffer.alloc(4_096, 0x5a));
    expect(open().lookup("a.ts", OLD, 1)).toBeUndefined();
    expect(openCache("/x", { engineVersion: "1", folder: file() }).save()).toBe(true);
    const blocked = openCache("/x", { engineVersion: "1", folder: file() });
    blocked.put("a", { mtimeMs: 1, size: 1, hash: "h" }, bytes("x"));
    expect(blocked.save()).toBe(false);
  });

  test("keeps damaged blobs out of trust after copying them", () => {
    const whole = readFileSync(file());
    const at = whole.indexOf("blob a");
    whole[at] = 0x58;
    writeFileSync(file(), whole);
    const cache = open();
    cache.put("c.ts", { mtimeMs: OLD, size: 3, hash: "hc" }, bytes("c"));
    cache.save();
    expect(open().lookup("a.ts", OLD, 1)?.blob()).toBeUndefined();
    expect(textOf(open().lookup("c.ts", OLD, 3)?.blob())).toBe("c");
  });

  test("switched off keeps nothing", () => {
    const cache = openCache("/some/project", { engineVersion: "1", folder, disabled: true });
    expect(cache.lookup("a.ts", OLD, 1)).toBeUndefined();
    expect(cache.save()).toBe(true);
  });
});
