import { describe, expect, test } from "vitest";
import { FileFlag, type LoweredFile } from "../../src/model/lowered.js";
import { lower } from "./helpers.js";
import { printFunction } from "./print-lowered.js";

/** Imports as `local = name from module`. */
function imports(file: LoweredFile): string[] {
  const { slots } = file.functions[0];
  return file.imports.map(({ slot, module, name, typeOnly }) => {
    const local = slot < 0 ? "-" : slots[slot].name;
    return `${local} = ${name} from ${module}${typeOnly ? " (type)" : ""}`;
  });
}

/** Exports as `name = slot#number`, `name = imported from module`, `* from module`. */
function exports(file: LoweredFile): string[] {
  const { slots } = file.functions[0];
  return file.exports.map((entry) => {
    if (entry.kind === "star") return `*${entry.as === "" ? "" : ` as ${entry.as}`} from ${entry.module}`;
    const end = entry.typeOnly ? " (type)" : "";
    if (entry.kind === "from") return `${entry.name} = ${entry.imported} from ${entry.module}${end}`;
    return `${entry.name} = ${slots[entry.slot].name}${end}`;
  });
}

describe("imports", () => {
  test("default, named, namespace, effect, type", () => {
    const text = `import a, { b, c as d, type E, default as f } from "m";
      import * as ns from "n"; import "o"; import type { G } from "p"; import type H from "q"; import q = require("r");`;
    expect(imports(lower(text))).toEqual([
      "a = default from m",
      "b = b from m",
      "d = c from m",
      "E = E from m (type)",
      "f = default from m",
      "ns = * from n",
      "- =  from o",
      "G = G from p (type)",
      "H = default from q (type)",
      "q = = from r",
    ]);
  });

  test("are known before any statement runs", () => {
    expect(printFunction(lower(`f(); import { f } from "m";`), 0)).toBe("b0:\n  %1 Var f\n  %2 Call %1 ()");
  });
});

describe("exports", () => {
  test("declarations", () => {
    const text = `export const a = 1, { b, c: [d] } = x; export function f() {} export class C {}
      export enum E { X } export namespace N { export const v = 1; } export let later; export import y = A.B;`;
    expect(exports(lower(text)).sort()).toEqual(
      ["a = a", "b = b", "d = d", "f = f", "C = C", "E = E", "N = N", "later = later", "y = y"].sort(),
    );
  });

  test("lists, renamed and from other modules", () => {
    const text = `const a = 1; export { a, a as b, a as default }; export { c, d as e, type T } from "m";
      export * from "n"; export * as ns from "o"; export type { U } from "p"; import type { V } from "q"; export { V };`;
    expect(exports(lower(text))).toEqual([
      "a = a",
      "b = a",
      "default = a",
      "c = c from m",
      "e = d from m",
      "T = T from m (type)",
      "* from n",
      "* as ns from o",
      "U = U from p (type)",
      "V = V",
    ]);
  });

  test("default: function, class, expression, names", () => {
    expect(exports(lower("export default function f() {}"))).toEqual(["default = f"]);
    expect(exports(lower("export default function () {}"))).toEqual(["default = *default*"]);
    expect(exports(lower("export default class {}"))).toEqual(["default = *default*"]);
    const file = lower("export default async () => 1;");
    expect(exports(file)).toEqual(["default = *default*"]);
    expect(file.functions[1].name).toBe("default");
    expect(file.functions[0].slots[0]).toMatchObject({ stores: 1, storedBy: 2 });
  });

  test("handlers taken apart", () => {
    expect(exports(lower("export const { GET, POST } = handlers;"))).toEqual(["GET = GET", "POST = POST"]);
  });

  test("types are exported on their declaration", () => {
    const file = lower("interface A {} type B = A; export { A as X }; export type C = B; export default B;");
    expect(file.typeDeclarations.map((type) => `${type.name} ${type.exported}`)).toEqual([
      "A true",
      "B true",
      "C true",
    ]);
  });
});

describe("CommonJS", () => {
  test("exports.a and module.exports.a", () => {
    const file = lower("exports.a = f; module.exports.b = 1; exports.c = exports.d = 2;", "js");
    expect(exports(file)).toEqual(["a = a", "b = b", "d = d", "c = c"]);
    expect(file.flags & FileFlag.CommonJs).toBe(FileFlag.CommonJs);
    expect(printFunction(lower("exports.a = f;", "js"), 0)).toBe(
      "b0:\n  %1 Global exports\n  %2 Global f\n  %3 SetMember %1 a = %2\n  %4 Store a = %2",
    );
  });

  test("module.exports with an object: default and every property", () => {
    const file = lower("const a = 1; module.exports = { a, b: 2, ...require('./m') }; function c() {}", "js");
    expect(exports(file)).toEqual(["default = *default*", "a = a", "b = b", "* from ./m"]);
  });

  test("module.exports with a module or another value", () => {
    expect(exports(lower("module.exports = require('./m');", "js"))).toEqual(["default = *default*", "* from ./m"]);
    expect(exports(lower("module.exports = router;", "js"))).toEqual(["default = *default*"]);
    expect(exports(lower("export = router;"))).toEqual(["default = *default*"]);
  });

  test("a name that is assigned again keeps its slot; announcing it does not count", () => {
    const file = lower("exports.a = exports.b = void 0; exports.a = f; exports.b = g; exports.b = h;", "js");
    expect(exports(file)).toEqual(["a = a", "b = b"]);
    expect(file.functions[0].slots.map((slot) => slot.stores)).toEqual([1, 2]);
  });

  test("a declared exports or module is an ordinary name", () => {
    expect(exports(lower("const exports = {}; exports.a = 1; let module; module.exports = 2;", "js"))).toEqual([]);
    expect(exports(lower("function f() { exports.a = 1; }", "js"))).toEqual([]);
  });
});
