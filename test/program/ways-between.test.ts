/** Ways between two places of a function: bounded by what leads there, not by what leaves the function on the way. */
import { expect, test } from "vitest";
import { waysBetween } from "../../src/program/facts/avoidance.js";
import type { FunctionView } from "../../src/program/linking/function-view.js";
import { programFrom } from "../support/program-from.js";

const QUESTIONS = 40;
const MOST = 64;

function subject(between: string): { readonly fn: FunctionView; readonly first: number; readonly last: number } {
  const text = `declare const first: (x?: unknown) => void, note: (x: unknown) => void, last: () => void;
export function subject(flags: Record<string, boolean>) {
  first();
${between}
  last();
}`;
  const { program } = programFrom({ "src/app.ts": text });
  const fn = [...(program.file("src/app.ts")?.functions() ?? [])].find((one) => one.info.name === "subject");
  if (fn === undefined) throw new Error("no such function");
  const calls = Array.from(fn.calls);
  return { fn, first: calls[0], last: calls[calls.length - 1] };
}

const questions = Array.from({ length: QUESTIONS }, (_, i) => `if (flags.f${i}) note(${i});`).join("\n");

test("questions on a way that leaves the function are no ways", () => {
  const { fn, first, last } = subject(`if (flags.dry) {\n${questions}\nreturn;\n}\nif (flags.more) note("more");`);
  expect(waysBetween(fn, first, last, MOST)).toHaveLength(2);
});

test("too many ways are none that could be told apart", () => {
  const { fn, first, last } = subject(questions);
  expect(waysBetween(fn, first, last, MOST)).toBeNull();
});

test("a loop is gone through at most once", () => {
  const { fn, first, last } = subject("for (const name of Object.keys(flags)) { if (flags[name]) note(name); }");
  const ways = waysBetween(fn, first, last, MOST);
  expect(ways?.length).toBeGreaterThan(0);
});
