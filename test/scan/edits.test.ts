/** Where an edit reaches, and where everything else lies after it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Edit, editBetween, isChanged, touches } from "../../src/scan/edits.js";
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

test("edits of several functions reach those, and not what stands between them", () => {
  const after = TEXT.replace("import { db }", "import { db, log }")
    .replace("export const one", 'import { audit } from "./audit";\nexport const one')
    .replace("db.drop(id)", "log(db.drop(id))");
  const found = edit(after);
  expect(found.pieces).toHaveLength(2);
  expect(found.reach).toBe("file");
  expect(touches(placeOf("db.find", after), found)).toBe(false);
  expect(touches(placeOf("db.drop", after), found)).toBe(true);
  expect(found.move(placeOf("db.find(id)", TEXT))).toEqual(placeOf("db.find(id)", after));

  const within = edit(TEXT.replace("db.find(id)", "db.find(id, 1)").replace("db.drop(id)", "db.drop(id, 1)"));
  expect([within.reach, within.pieces.length]).toEqual(["function", 2]);
});

test("what stands beside an edit in the same function is what it was; what the edit went into is not", () => {
  const beside = TEXT.replace("  return db.find", "  const none = 1;\n  return db.find");
  expect(isChanged(placeOf("db.find(id)", beside), edit(beside))).toBe(false);
  expect(touches(placeOf("db.find(id)", beside), edit(beside))).toBe(true);
  const into = TEXT.replace("db.find(id)", "db.find(id, true)");
  expect(isChanged(placeOf("db.find(id, true)", into), edit(into))).toBe(true);
  const less = TEXT.replace("db.find(id)", "db.find()");
  expect(isChanged(placeOf("db.find()", less), edit(less))).toBe(true);
});

test("something new above leaves an edit in a function what it is", () => {
  const after = TEXT.replace("export const one", "const two = 2;\nexport const one").replace("db.drop", "db.keep");
  expect(edit(after).reach).toBe("added");
  expect(touches(placeOf("db.find", after), edit(after))).toBe(false);
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

test("whatever is replaced in two places, all that is not touched says what it said", () => {
  const at = fc.nat({ max: TEXT.length });
  const insert = fc.constantFrom("", "\n", "x", "};\n", "const more = 1;\n", "  return db.find(id);\n");
  fc.assert(
    fc.property(at, at, insert, insert, at, at, (a, b, one, other, c, d) => {
      const [first, second] = [Math.min(a, b), Math.max(a, b)];
      const [start, end] = [Math.min(c, d), Math.max(c, d)];
      const after = TEXT.slice(0, first) + one + TEXT.slice(first, second) + other + TEXT.slice(second);
      const found = edit(after);
      const moved = found.move({ file: "a.ts", start, end });
      if (moved !== null && !touches(moved, found))
        expect(after.slice(moved.start, moved.end)).toBe(TEXT.slice(start, end));
    }),
  );
});

function lowered(text: string) {
  return lowerText(loadCompiler(), text, "ts", { outline: false });
}
