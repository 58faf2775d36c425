/** The harness itself: a harness that sees nothing would make every case pass. */
import { expect, test } from "vitest";
import { disagreements, type Expectation, expectationsIn, listDisagreements, type Seen } from "./expectations.js";
import { projectsOf, sectionOf } from "./markdown.js";

const finding = (rule: string, line: number, severity = "error"): Seen => ({
  rule,
  severity,
  file: "a.ts",
  line,
  subject: "GET /a",
  message: "m",
});

const mark = (text: Expectation["mark"], rule: string, line: number): Expectation => ({
  mark: text,
  rule,
  file: "a.ts",
  line,
});

test("comments of every language are read, several rules at once", () => {
  const text = [
    "app.get(); // expect: AG101, AG301",
    "key: 1 # expect: AG605",
    "select 1 -- ok: AG301",
    "x(); // todo-expect: AG102",
    "y(); // this is not expected: AG101",
  ].join("\n");
  expect(expectationsIn(text, "a.ts").map(({ mark: kind, rule, line }) => [kind, rule, line])).toEqual([
    ["expect", "AG101", 1],
    ["expect", "AG301", 1],
    ["expect", "AG605", 2],
    ["ok", "AG301", 3],
    ["todo-expect", "AG102", 4],
  ]);
});

test("agreement is silent", () => {
  const expected = [mark("expect", "AG101", 1), mark("ok", "AG101", 2), mark("todo-expect", "AG101", 3)];
  expect(disagreements(expected, [finding("AG101", 1)], "AG101")).toEqual([]);
});

test("missing, unexpected and repaired answers are told", () => {
  const expected = [mark("expect", "AG101", 1), mark("ok", "AG101", 2), mark("todo-expect", "AG101", 3)];
  const wrong = disagreements(expected, [finding("AG101", 2), finding("AG101", 3), finding("AG301", 9)], "AG101");
  expect(wrong.map((line) => line.split(/\s{2,}/)[0])).toEqual([
    "missing",
    "now found, make it 'expect'",
    "unexpected",
    "unexpected",
  ]);
});

test("a false alarm that is gone is told, one that stays is not", () => {
  const expected = [mark("todo-ok", "AG301", 1), mark("todo-ok", "AG301", 2)];
  expect(disagreements(expected, [finding("AG301", 1)], "AG301")).toEqual([
    "now silent, make it 'ok'      AG301 a.ts:2",
  ]);
});

test("notes count for the folder's own rule only", () => {
  const notes = [finding("AG101", 1, "note"), finding("AG203", 2, "note")];
  expect(disagreements([], notes, "AG203")).toHaveLength(1);
  expect(disagreements([], notes, null)).toEqual([]);
});

test("lists know missing, unexpected, postponed and repaired lines", () => {
  const expected = ["GET /a public", "todo GET /b public", "todo GET /c public", "false GET /d public"];
  const seen = ["GET /b unknown", "GET /c public", "GET /e public"];
  expect(listDisagreements(expected, seen).map((line) => line.split(/\s{2,}/))).toEqual([
    ["missing", "GET /a public"],
    ["now gone, remove it", "GET /d public"],
    ["now right, remove 'todo'", "GET /c public"],
    ["unexpected", "GET /e public"],
  ]);
});

test("blocks of a page make projects", () => {
  const page = [
    "# AG101 x",
    "## Wrong",
    "```ts file=a.ts",
    "one",
    "```",
    "```ts file=b.ts",
    "two",
    "```",
    "```ts file=a.ts",
    "three",
    "```",
    "## Right",
    "```ts",
    "no file",
    "```",
  ].join("\n");
  expect(projectsOf(sectionOf(page, "Wrong"))).toEqual([{ "a.ts": "one\n", "b.ts": "two\n" }, { "a.ts": "three\n" }]);
  expect(projectsOf(sectionOf(page, "Right"))).toEqual([]);
});
