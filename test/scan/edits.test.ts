/** Where an edit reaches, and where everything else lies after it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Edit, editBetween, touches } from "../../src/scan/edits.js";
import { loadCompiler } from "../../src/syntax/compiler.js";
import { lowerText } from "../../src/syntax/lower.js";

const TEXT = `import { db } from "./db";
export const one = 1;
export function first(id) {
  return db.find(id);
}
export const second = (id) => {
  return db.drop(id);
};
`;

function edit(after: string, before: string | undefined = TEXT): Edit {
  return editBetween(before, after, lowerText(loadCompiler(), after, "ts", { outline: false }));
}

function placeOf(words: string, text: string) {
  const start = text.indexOf(words);
  return { file: "a.ts", start, end: start + words.length };
}

test("an edit inside of a function reaches that function, and not its neighbours", () => {
  const after = TEXT.replace("db.find(id)", "db.find(id, true)");
  const found = edit(after);
  expect(found.reach).toBe("function");
  expect(touches(placeOf("db.find", after), found)).toBe(true);
  expect(touches(placeOf("db.drop", after), found)).toBe(false);
  expect(found.move(placeOf("db.drop(id)", TEXT))).toEqual(placeOf("db.drop(id)", after));
});

test("what is new at the top level reaches no older code; what changes there may reach all of it", () => {
  expect(edit(TEXT.replace("export function", "const two = 2;\nexport function")).reach).toBe("added");
  expect(edit(TEXT.replace("one = 1", "one = 2")).reach).toBe("file");
  expect(edit(TEXT.replace("export function first(id)", "export function last(id)")).reach).toBe("function");
});

test("a text that is not known, and one that does not parse, may mean anything", () => {
  expect(touches(placeOf("db.drop", TEXT), editBetween(undefined, TEXT, lowered(TEXT)))).toBe(true);
  expect(edit(TEXT.replace("db.find(id);", "db.find((;")).reach).not.toBe("function");
});

test("wherever a piece is replaced, what stands around it is found again", () => {
  const at = fc.nat({ max: TEXT.length });
  fc.assert(
    fc.property(at, at, fc.string({ maxLength: 20 }), at, at, (a, b, insert, c, d) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const [start, end] = [Math.min(c, d), Math.max(c, d)];
      const after = TEXT.slice(0, from) + insert + TEXT.slice(to);
      const moved = editBetween(TEXT, after, lowered(TEXT)).move({ file: "a.ts", start, end });
      expect(moved?.start).toBeGreaterThanOrEqual(0);
      expect(moved?.end).toBeLessThanOrEqual(after.length);
      if (end < from || start > to) expect(after.slice(moved?.start, moved?.end)).toBe(TEXT.slice(start, end));
    }),
  );
});

function lowered(text: string) {
  return lowerText(loadCompiler(), text, "ts", { outline: false });
}
