import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Dialect, FileFlag, FnFlag, type LoweredFile } from "../../src/model/lowered.js";
import type { Compiler } from "../../src/syntax/compiler.js";
import { lowerText } from "../../src/syntax/lower.js";
import { checkLowered } from "./check-lowered.js";
import { compiler, lower } from "./helpers.js";

const SAMPLE = `import { db } from "./db"; import type { Ctx } from "x";
@Controller("users")
export class Users extends Base { private cache = new Map(); constructor(private readonly repo: Repo) { super(); }
  @Get(":id") async get(@Param("id") id: string, { a, ...rest }: Ctx = {}) {
    try { if (!this.user?.id) throw new Error("401"); for (const x of await db.find({ where: { id, ...rest } })) { if (x) continue; await x.run(\`a\${id}b\`); } }
    catch (error) { switch (error.code) { case 1: return; default: log(error); } } finally { done(); }
    return id && (await can(id)) ? sql\`select \${id}\` : null;
  }
  static { label: while (true) { break label; } }
}
export const Page = async ({ params: [p, q = 1] }) => <Layout user={p}><div onClick={() => save(q)}>{q && <A {...p} />}</div></Layout>;
enum E { A, B = "b" } namespace N { export const v = E.A as unknown as number; }
module.exports = { ...N, f: function* () { yield* g(); }, get h() { return 1; } }; export default Page satisfies FC;
let { z, [k]: [y] } = (o.p ??= q(), o); do { z += y ** 2; } while (z < 3);
`;

const plain = (file: LoweredFile) => ({
  ...file,
  code: [...file.code],
  tail: [...file.tail],
  lineStarts: [...file.lineStarts],
});

describe("broken and odd files", () => {
  test("empty, BOM, CRLF, shebang", () => {
    expect(lower("").functions).toHaveLength(1);
    expect(lower("\uFEFFexport const a = f();").exports).toHaveLength(1);
    expect(lower("#!/usr/bin/env node\r\nf();\r\n").functions[0].valueCount).toBe(3);
  });

  test("a syntax error is named, the rest is lowered", () => {
    const file = lower("export function f() { g(; }\nexport const b = h();");
    expect(file.flags & FileFlag.ParseErrors).not.toBe(0);
    expect(file.problem?.message).toMatch(/expected/);
    expect(file.exports.length).toBeGreaterThan(0);
  });

  test("the same text gives the same result", () => {
    const text = SAMPLE.repeat(3);
    expect(plain(lower(text))).toEqual(plain(lower(text)));
  });

  test.each<Dialect>(["ts", "tsx", "js", "jsx"])("the sample is sound as %s", (dialect) => {
    expect(lower(SAMPLE, dialect).functions.length).toBeGreaterThan(5);
  });
});

describe("size", () => {
  test("9,000 terms", () => {
    const text = `const a = ${Array.from({ length: 9000 }, (_, i) => `b${i}`).join(" + ")};`;
    expect(lower(text).flags).toBe(0);
    expect(lower(text.replaceAll("+", "&&")).flags).toBe(0);
    expect(lower(`if (${Array.from({ length: 3000 }, (_, i) => `f(${i})`).join(" || ")}) g();`).flags).toBe(0);
  });

  test("5,000 links", () => {
    expect(lower(`a${".b()".repeat(5000)};`).flags).toBe(0);
    expect(lower(`a${"[0]".repeat(5000)};`).flags).toBe(0);
  });

  test("3,000 else ifs and cases", () => {
    const arms = Array.from({ length: 3000 }, (_, i) => `if (a === ${i}) f();`).join(" else ");
    expect(lower(arms).flags).toBe(0);
    const cases = Array.from({ length: 3000 }, (_, i) => `case ${i}: f();`).join(" ");
    expect(lower(`switch (a) { ${cases} }`).flags).toBe(0);
  });

  test.each([
    ["(", ")"],
    ["[", "]"],
    ["{", "}"],
    ["f(", ")"],
    ["!", ""],
    ["() => ", ""],
    ["if (a) {", "}"],
    ["<a>", "</a>"],
    ["a ? b : ", ""],
    ["function f() {", "}"],
    ["a = ", ""],
    ["class A { m() {", "}}"],
    ["`${", "}`"],
  ])("10,000 levels of %s", (open, close) => {
    const file = lower(`const ok = 1; ${open.repeat(10_000)} x ${close.repeat(10_000)}`);
    expect(file.functions.length).toBeGreaterThan(0);
    if ((file.flags & FileFlag.Failed) !== 0) expect(file.problem?.message).toBeTruthy();
  });

  test("a failure inside a function costs that function only", () => {
    // the search for effects is the only user of this function, and only `bad` needs one
    const failing: Compiler = {
      ...compiler,
      forEachChild: () => {
        throw new RangeError("Maximum call stack size exceeded");
      },
    };
    const text =
      "export function good() { f(); } export function bad(a) { class B { m() {} } return a && b.c; } class C { m() {} }";
    const file = lowerText(failing, text, "ts", { outline: false });
    expect(checkLowered(file)).toEqual([]);
    expect(file.flags).toBe(FileFlag.Failed);
    expect(file.problem?.message).toMatch(/call stack/);
    expect(file.functions.map((one) => [one.name, (one.flags & FnFlag.NotLowered) !== 0])).toEqual([
      ["", false],
      ["good", false],
      ["bad", true],
      ["m", false],
    ]);
    expect(file.classes.map((one) => one.name)).toEqual(["C"]);
    expect(file.exports).toHaveLength(2);
  });
});

describe("any text", () => {
  const sound = (text: string, dialect: Dialect, outline: boolean): void => {
    const file = lowerText(compiler, text, dialect, { outline });
    expect(checkLowered(file)).toEqual([]);
  };
  const dialect = fc.constantFrom<Dialect>("ts", "tsx", "js", "jsx");

  test("arbitrary text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), dialect, fc.boolean(), sound), {
      numRuns: 200,
    });
  });

  test("truncations", () => {
    fc.assert(
      fc.property(fc.nat(SAMPLE.length), fc.nat(SAMPLE.length), dialect, (from, to, kind) =>
        sound(SAMPLE.slice(Math.min(from, to), Math.max(from, to)), kind, false),
      ),
      { numRuns: 300 },
    );
  });

  test("shuffled tokens", () => {
    const tokens = SAMPLE.match(/\w+|\s+|[^\w\s]/g) ?? [];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...tokens), { maxLength: 80 }), dialect, (parts, kind) =>
        sound(parts.join(" "), kind, false),
      ),
      { numRuns: 300 },
    );
  });
});
