/**
 * Requests that the project's own tests make, and which of them they expect to be refused. One test function is read
 * at a time: a refusal belongs to the request whose response the assertion names, else to the last one before it.
 */
import { requestPath } from "../../base/route-path.js";
import type { TestRequest } from "../../model/facts.js";
import { type LoweredFile, Op } from "../../model/lowered.js";
import { type FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import { chainNames, nameOf, partsOf, textOf } from "./test-values.js";
import { shownBy } from "./test-words.js";

const TEST_WORDS = new Set(["it", "test", "specify", "describe", "suite", "context", "fit", "fdescribe", "step"]);
const METHODS = new Set(["get", "post", "put", "patch", "delete", "head", "options"]);
/** Without a method among their options these read. */
const READERS = new Set(["fetch", "goto", "visit", "inject", "request"]);
const ASSERTIONS =
  /^(?:expect|assert|should|ok|equals?|strictEqual|deepEqual|deepStrictEqual|is|eq|eql|to[A-Z]\w*|have|status|willRespondWith|rejects|throws)$/;
const DENIAL_WORDS = /unauthori[sz]ed|unauthenticated|forbidden|not allowed|access denied|\blogin\b|\bsign-?in\b/i;

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly call: number;
  denied: boolean;
  missing: boolean;
}

/** Reads test files. Requests outside of tests, such as in helpers, count for nothing. */
export function readTestRequests(
  files: readonly { readonly path: string; readonly lowered: LoweredFile }[],
): readonly TestRequest[] {
  return files.flatMap(({ path, lowered }, id) => fileRequests(new ProgramFile(path, lowered, id)));
}

function fileRequests(file: ProgramFile): TestRequest[] {
  const titles = titlesIn(file);
  const found: TestRequest[] = [];
  for (let index = 1; index < file.functionCount; index += 1) {
    const fn = file.fn(index);
    const spoken = titlesAround(fn, titles);
    if (spoken.length === 0 || !fn.hasBody) continue;
    const seen = requestsIn(fn);
    if (seen.length === 0) continue;
    const texts = [spoken.join(" "), ...namesIn(fn)];
    for (const request of seen) {
      const { method, path, denied, missing } = request;
      const shows = denied || missing ? shownBy(texts, denied) : [];
      found.push({ method, path, place: fn.place(request.call), shows });
    }
  }
  return found;
}

/** Function index → title with which `it`, `test` or `describe` was called. */
function titlesIn(file: ProgramFile): ReadonlyMap<number, string> {
  const titles = new Map<number, string>();
  for (let index = 0; index < file.functionCount; index += 1) {
    const fn = file.fn(index);
    for (const call of fn.hasBody ? fn.calls : []) {
      if (fn.op(call) !== Op.Call || !chainNames(fn, call).some((name) => TEST_WORDS.has(name))) continue;
      const args = [...fn.args(call)];
      const title = args.map((arg) => textOf(fn, arg)).find((text) => text !== null);
      for (const arg of args) {
        if (title !== undefined && title !== null && fn.op(arg) === Op.Closure) titles.set(fn.a(arg), title);
      }
    }
  }
  return titles;
}

function titlesAround(fn: FunctionView, titles: ReadonlyMap<number, string>): readonly string[] {
  const spoken: string[] = [];
  let at: FunctionView | null = fn;
  for (let depth = 0; at !== null && depth < 50; depth += 1, at = at.parent) {
    const title = titles.get(at.index);
    if (title !== undefined) spoken.unshift(title);
  }
  return spoken;
}

function namesIn(fn: FunctionView): readonly string[] {
  const names = new Set<string>();
  for (let v = 0; v < fn.valueCount; v += 1) {
    const name = nameOf(fn, v);
    if (name !== "") names.add(name);
  }
  return [...names];
}

function requestsIn(fn: FunctionView): readonly Seen[] {
  const seen: Seen[] = [];
  const byCall = new Map<number, Seen>();
  const bySlot = new Map<number, Seen>();
  const requestAmong = (v: number): Seen | undefined => {
    for (const part of partsOf(fn, v)) {
      const known =
        byCall.get(part) ?? (fn.op(part) === Op.Var && fn.a(part) === 0 ? bySlot.get(fn.b(part)) : undefined);
      if (known !== undefined) return known;
    }
    return undefined;
  };
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.Store && fn.a(v) === 0) {
      const stored = requestAmong(fn.c(v));
      if (stored !== undefined) bySlot.set(fn.b(v), stored);
    }
    if (fn.op(v) !== Op.Call) continue;
    const names = chainNames(fn, v);
    if (names.some((name) => ASSERTIONS.test(name))) {
      const about = requestAmong(v) ?? seen.at(-1);
      if (about !== undefined && !names.includes("not")) addExpectation(fn, v, about);
      continue;
    }
    // `.get("/orders").send({ path: "/" })` goes on with the same request
    const request = requestAmong(fn.callee(v)) === undefined ? requestAt(fn, v, names[0] ?? "") : null;
    if (request === null) continue;
    seen.push(request);
    byCall.set(v, request);
  }
  return seen;
}

/** What the arguments of an assertion expect of the response. */
function addExpectation(fn: FunctionView, call: number, about: Seen): void {
  const expected = [...fn.args(call)].flatMap((arg) => [...partsOf(fn, arg)]);
  for (const part of expected) {
    const op = fn.op(part);
    const text = op === Op.Number || op === Op.String || op === Op.Regex ? fn.text(fn.a(part)) : "";
    if (op === Op.Number ? text === "401" || text === "403" : DENIAL_WORDS.test(text)) about.denied = true;
    if (op === Op.Number && text === "404") about.missing = true;
  }
}

/** A call with a path among its arguments. The method is its name, an argument, or an option. */
function requestAt(fn: FunctionView, call: number, name: string): Seen | null {
  const args = [...fn.args(call)];
  const options = args.filter((arg) => fn.op(arg) === Op.Object);
  const option = (...keys: readonly string[]): string | null => {
    for (const object of options) {
      for (const key of keys) {
        const text = textOf(fn, fn.prop(object, key));
        if (text !== null) return text;
      }
    }
    return null;
  };
  const texts = args.map((arg) => textOf(fn, arg)).filter((text) => text !== null);
  const path = [...texts, option("url", "path", "pathname") ?? ""].map(requestPath).find((one) => one !== "");
  if (path === undefined) return null;
  const said = option("method") ?? texts.find((text) => METHODS.has(text.toLowerCase()));
  const method = said?.toUpperCase() ?? methodOf(name);
  return { method, path, call, denied: false, missing: false };
}

/** `*` when the name does not tell. */
function methodOf(name: string): string {
  const lower = name.toLowerCase();
  if (lower === "del") return "DELETE";
  if (METHODS.has(lower)) return lower.toUpperCase();
  return READERS.has(name) ? "GET" : "*";
}
