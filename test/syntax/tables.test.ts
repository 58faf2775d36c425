import { describe, expect, test } from "vitest";
import { FileFlag, FnFlag, FnHint, MemberKind, NONE, Op, ROW, SlotKind } from "../../src/model/lowered.js";
import { lower } from "./helpers.js";

function fn(text: string, name: string) {
  const found = lower(text).functions.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no function ${name}`);
  return found;
}

describe("slots", () => {
  test("count their stores, and name the only one", () => {
    const { slots } = fn("function f(p) { const a = 1; let b; b = 1; let c = 1; c = 2; let d; }", "f");
    expect(slots.map((slot) => [slot.name, slot.kind, slot.stores, slot.storedBy])).toEqual([
      ["p", SlotKind.Param, 1, 2],
      ["a", SlotKind.Const, 1, 4],
      ["b", SlotKind.Let, 1, 6],
      ["c", SlotKind.Let, 2, NONE],
      ["d", SlotKind.Let, 0, NONE],
    ]);
  });

  test("a write from an inner function counts", () => {
    const { slots } = fn("function f() { let a = 1; let b; () => { a = 2; b = 3; }; }", "f");
    expect(slots.map((slot) => [slot.stores, slot.storedBy, slot.storedInInner])).toEqual([
      [2, NONE, true],
      [1, NONE, true],
    ]);
  });

  test("keep annotations", () => {
    const file = lower("const a: User[] = x; function f(b: Ctx<A>) {}");
    expect(file.types[file.functions[0].slots[0].type]).toEqual({
      kind: "array",
      of: { kind: "name", name: "User", args: [] },
    });
    expect(file.types[file.functions[1].slots[0].type]).toEqual({
      kind: "name",
      name: "Ctx",
      args: [{ kind: "name", name: "A", args: [] }],
    });
  });
});

describe("functions", () => {
  test("parameters", () => {
    const { params } = fn("function f(this: X, a: A, { b }, c?, d = 1, ...e) {}", "f");
    expect(params.map((one) => [one.name, one.optional, one.hasDefault, one.rest])).toEqual([
      ["a", false, false, false],
      ["", false, false, false],
      ["c", true, false, false],
      ["d", false, true, false],
      ["e", false, false, true],
    ]);
  });

  test("flags", () => {
    const file = lower(
      "async function a() { 'use server'; } function* b() {} const c = () => 1; declare function d(): void; class E { static get e() { return 1 } constructor() {} }",
    );
    expect(Object.fromEntries(file.functions.map((one) => [one.name, one.flags]))).toEqual({
      "": FnFlag.Module,
      a: FnFlag.Async | FnFlag.UseServer,
      b: FnFlag.Generator,
      c: FnFlag.Arrow,
      d: FnFlag.NoBody,
      e: FnFlag.Accessor | FnFlag.Static,
      constructor: FnFlag.Constructor,
    });
  });

  test("hints", () => {
    expect(fn("function f() { throw 1; }", "f").hints).toBe(FnHint.Throws);
    expect(fn("function f(a) { if (a) return; }", "f").hints).toBe(FnHint.Branches);
    expect(fn("function f(next) { next(); }", "f").hints).toBe(FnHint.Calls | FnHint.CallsParameter);
    expect(fn("function f(h) { return () => h(); }", "f").hints).toBe(FnHint.CallsParameter);
    expect(fn("function f({ next }) { next(); }", "f").hints & FnHint.CallsParameter).not.toBe(0);
    expect(fn("function f(db) { sql`x`; }", "f").hints).toBe(FnHint.Calls | FnHint.TaggedTemplate);
    expect(fn("function f(res) { res.status(401); }", "f").hints & FnHint.Refuses).toBe(FnHint.Refuses);
    expect(fn("function f() { return 'FORBIDDEN'; } function g() {}", "g").hints).toBe(0);
  });

  test("type predicates and assertions", () => {
    expect(fn("function f(a): a is B { return true }", "f").asserts).toBe("a");
    expect(fn("function f(a): asserts a {}", "f").asserts).toBe("a");
    expect(fn("function f(a): B {}", "f").asserts).toBe("");
  });

  test("bodies are contiguous, inner ones apart from outer ones", () => {
    const file = lower("function a() { f(() => { g(); }); h(); }");
    const rows = file.functions.map((one) => [one.codeAt, one.codeAt + one.valueCount]).sort(([x], [y]) => x - y);
    rows.forEach(([start], index) => {
      expect(start).toBe(index === 0 ? 0 : rows[index - 1][1]);
    });
    expect(file.functions.map((one) => one.parent)).toEqual([NONE, 0, 1]);
  });
});

describe("classes", () => {
  const text = `@Controller("users") export class A extends Base<X> implements I, N.J {
    @Inject() private readonly repo: Repo;
    static count = 0;
    constructor(private readonly db: Db, @Inject("k") public log: Log, plain) { super(); }
    @Get(":id") @UseGuards(G) protected async get(@Param("id") id: string) {}
    list = async (req) => req;
    abstract check(): boolean;
    over(a: string): void; over(a: any) {}
    override get name() { return 1; }
    set name(v) {}
    #secret() {}
    [Symbol.iterator]() {}
  }`;

  test("members", () => {
    const [cls] = lower(text).classes;
    expect(cls.members.map((one) => [one.name, one.kind, one.access, one.decorators.length])).toEqual([
      ["repo", MemberKind.Field, "private", 1],
      ["count", MemberKind.Field, "public", 0],
      ["constructor", MemberKind.Constructor, "public", 0],
      ["get", MemberKind.Method, "protected", 2],
      ["list", MemberKind.Field, "public", 0],
      ["check", MemberKind.Method, "public", 0],
      ["over", MemberKind.Method, "public", 0],
      ["name", MemberKind.Getter, "public", 0],
      ["name", MemberKind.Setter, "public", 0],
      ["#secret", MemberKind.Method, "public", 0],
      ["[Symbol.iterator]", MemberKind.Method, "public", 0],
    ]);
    expect(cls.members.filter((one) => one.abstract || one.override).map((one) => one.name)).toEqual(["check", "name"]);
  });

  test("heritage, decorators, initialisers", () => {
    const file = lower(text);
    const [cls] = file.classes;
    expect(cls.implements).toEqual(["I", "N.J"]);
    expect(cls.decorators).toHaveLength(1);
    const base = file.code.subarray((file.functions[0].codeAt + cls.extends) * ROW);
    expect([base[0], file.strings[base[1]]]).toEqual([Op.Global, "Base"]);
    expect(file.functions[cls.init].flags).toBe(FnFlag.FieldInit);
    expect(file.functions[cls.staticInit].flags).toBe(FnFlag.FieldInit | FnFlag.Static);
    expect(file.functions.filter((one) => one.class === 0)).toHaveLength(10);
  });

  test("constructor parameters: properties and decorators", () => {
    const params = fn(text, "constructor").params;
    expect(params.map((one) => [one.name, one.property, one.decorators.length])).toEqual([
      ["db", true, 0],
      ["log", true, 1],
      ["plain", false, 0],
    ]);
  });
});

describe("types", () => {
  test("annotations by name", () => {
    const file = lower(
      "let a: A.B<C>; let b: typeof x.y; let c: D['k']; let d: 'lit' | null; let e: (x: X) => Promise<Y>; let f: readonly Z[]; let g: { h?: I; j(): K }; let l: keyof M; let m: import('n').O<P>; let p: [Q, R];",
    );
    const name = (text: string) => ({ kind: "name", name: text, args: [] });
    expect(file.functions[0].slots.map((slot) => file.types[slot.type])).toEqual([
      { kind: "name", name: "A.B", args: [name("C")] },
      { kind: "typeof", name: "x.y" },
      { kind: "index", of: name("D"), key: "k" },
      { kind: "union", of: [{ kind: "literal", value: "lit" }, name("null")] },
      { kind: "function", returns: { kind: "name", name: "Promise", args: [name("Y")] } },
      { kind: "array", of: name("Z") },
      {
        kind: "object",
        members: [
          { name: "h", optional: true, type: name("I") },
          { name: "j", optional: false, type: { kind: "function", returns: name("K") } },
        ],
      },
      { kind: "other" },
      { kind: "name", name: "import('n').O", args: [name("P")] },
      { kind: "array", of: { kind: "union", of: [name("Q"), name("R")] } },
    ]);
  });

  test("interfaces and aliases, shallow", () => {
    const file = lower("export interface A extends B<C>, D { x: X; y?(): Y } type E = F & { z: Z }; type G = H | I;");
    expect(file.typeDeclarations.map((one) => [one.name, one.members.map((member) => member.name)])).toEqual([
      ["A", ["x", "y"]],
      ["E", ["z"]],
      ["G", []],
    ]);
    expect(file.typeDeclarations.map((one) => one.extends.length)).toEqual([2, 1, 1]);
  });
});

describe("spans", () => {
  /** Source text of the values of one operation. */
  function spans(text: string, op: number): string[] {
    const file = lower(text);
    const found: string[] = [];
    for (let at = 0; at < file.code.length; at += ROW) {
      if (file.code[at] === op) found.push(text.slice(file.code[at + 4], file.code[at + 4] + file.code[at + 5]));
    }
    return found;
  }

  test("leave out what stands before, and cover the whole expression", () => {
    const text = "/* c */ await a /* x */ .b(c) // y\n .d( e ); // z";
    expect(spans(text, Op.Call)).toEqual(["a /* x */ .b(c)", "a /* x */ .b(c) // y\n .d( e )"]);
    expect(spans(text, Op.Member)).toEqual(["a /* x */ .b", "a /* x */ .b(c) // y\n .d"]);
    expect(spans(text, Op.Await)).toEqual(["await a /* x */ .b(c) // y\n .d( e )"]);
    expect(spans("x = a + b * c;", Op.Binary)).toEqual(["b * c", "a + b * c"]);
    expect(spans("function f() { if (a === b) { throw new E(); } return { c }; }", Op.Return)).toEqual([
      "return { c };",
    ]);
    expect(spans("function f() { if (a === b) { throw new E(); } return { c }; }", Op.Branch)).toEqual(["a === b"]);
    expect(spans("a.b = 1; a[c] = 2;", Op.SetMember)).toEqual(["a.b = 1"]);
  });
});

describe("files", () => {
  test("client and server directives", () => {
    expect(lower("'use client'; a();").flags).toBe(FileFlag.UseClient);
    expect(lower("'use strict';\n\"use server\"\na();").flags).toBe(FileFlag.UseServer);
    expect(lower("a(); 'use client';").flags).toBe(0);
  });

  test("outline keeps imports, exports, signatures and classes", () => {
    const file = lower(
      "import a from 'm'; export function f(x: X) { g(); } export class C { p = 1; m() {} } export const h = () => 1;",
      "ts",
      true,
    );
    expect(file.flags).toBe(FileFlag.OutlineOnly);
    expect(file.imports).toHaveLength(1);
    expect(file.exports).toHaveLength(3);
    expect(file.functions.slice(1).map((one) => [one.name, one.params.length, one.valueCount])).toEqual([
      ["f", 1, 0],
      ["m", 0, 0],
      ["", 0, 0],
      ["h", 0, 0],
    ]);
    expect(file.functions.slice(1).every((one) => (one.flags & FnFlag.NotLowered) !== 0)).toBe(true);
    expect(file.classes[0].members).toHaveLength(2);
  });

  test("long strings keep their head", () => {
    const file = lower(`a("${"x".repeat(30_000)}");`);
    expect(file.strings.map((one) => one.length)).toContain(20_000);
  });

  test("line starts", () => {
    expect([...lower("a\nb\r\nc\rd").lineStarts]).toEqual([0, 2, 5, 7]);
    expect([...lower("").lineStarts]).toEqual([0]);
    expect([...lower("\n\n").lineStarts]).toEqual([0, 1, 2]);
  });
});
