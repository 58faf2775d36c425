import { describe, expect, test } from "vitest";
import { printModule, printNamed } from "./helpers.js";

describe("Values", () => {
  test("literals", () => {
    expect(printModule("f(undefined, null, true, false, 'a', `b`, 1, 0x10, 5n, /x/g);")).toMatchInlineSnapshot(`
      "b0:
        %1 Global f
        %2 Undefined
        %3 Null
        %4 True
        %5 False
        %6 String "a"
        %7 String "b"
        %8 Number 1
        %9 Number 16
        %10 Number 5n
        %11 Regex /x/g
        %12 Call %1 (%2, %3, %4, %5, %6, %7, %8, %9, %10, %11)"
    `);
  });
  test("names: declared, global, this", () => {
    expect(printModule("const a = 1; a; b; this;")).toMatchInlineSnapshot(`
      "b0:
        %1 Number 1
        %2 Store a = %1
        %3 Var a
        %4 Global b
        %5 This"
    `);
  });
  test("members and elements", () => {
    expect(printModule("a.b; a?.b; a['c']; a[d]; a?.[d]; a.#p;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Member %1 b
        %3 Global a
        %4 Member %3 ?.b
        %5 Global a
        %6 Member %5 c
        %7 Global a
        %8 Global d
        %9 Index %7 %8
        %10 Global a
        %11 Global d
        %12 Index %10 ?.%11
        %13 Global a
        %14 Member %13 #p"
    `);
  });
  test("calls: arguments, spread, optional chain, type argument", () => {
    expect(printModule("f(1, ...x); a?.b.c(); (a?.b).c(); f?.(); g<User>();")).toMatchInlineSnapshot(`
      "b0:
        %1 Global f
        %2 Number 1
        %3 Global x
        %4 Spread %3
        %5 Call %1 (%2, %4)
        %6 Global a
        %7 Member %6 ?.b
        %8 Member %7 c
        %9 Call %8 () optional
        %10 Global a
        %11 Member %10 ?.b
        %12 Member %11 c
        %13 Call %12 ()
        %14 Global f
        %15 Call %14 () optional
        %16 Global g
        %17 Call %16 () type 0"
    `);
  });
  test("new, super, import.meta, new.target", () => {
    expect(printModule("new A(1); new B; import.meta.url; new.target;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global A
        %2 Number 1
        %3 New %1 (%2)
        %4 Global B
        %5 New %4 ()
        %6 Global import
        %7 Member %6 meta
        %8 Member %7 url
        %9 Global new
        %10 Member %9 target"
    `);
  });
  test("templates and tags", () => {
    expect(printModule(`\`a\${b}c\${d}\`; sql\`select \${x}\`; css\`plain\`;`)).toMatchInlineSnapshot(`
      "b0:
        %1 Global b
        %2 Global d
        %3 Template "a" %1 "c" %2 ""
        %4 Global sql
        %5 Global x
        %6 Template "select " %5 ""
        %7 Tagged %4 %6
        %8 Global css
        %9 Template "plain"
        %10 Tagged %8 %9"
    `);
  });
  test("arrays and objects in source order", () => {
    expect(
      printModule(
        "[1, , ...a]; ({ a, b: 1, ['c']: 2, [d]: 3, ...e, get f() { return 1 }, set g(v) {}, h() {}, 'i-j': 4, 5: 6 });",
      ),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Number 1
        %2 Undefined
        %3 Global a
        %4 Spread %3
        %5 Array [%1, %2, %4]
        %6 Global a
        %7 Number 1
        %8 Number 2
        %9 Global d
        %10 Number 3
        %11 Global e
        %12 Closure fn 1
        %13 Closure fn 2
        %14 Closure fn 3
        %15 Number 4
        %16 Number 6
        %17 Object {a: %6, b: %7, c: %8, [%9]: %10, ...%11, get f: %12, h: %14, i-j: %15, 5: %16}"
    `);
  });
  test("operators", () => {
    expect(
      printModule("a + b * c; !a; -1; typeof a; void f(); delete a.b; a === b; a in b; (1, 2);"),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Global b
        %3 Global c
        %4 Binary %2 * %3
        %5 Binary %1 + %4
        %6 Global a
        %7 Unary ! %6
        %8 Number 1
        %9 Unary - %8
        %10 Global a
        %11 Unary typeof %10
        %12 Global f
        %13 Call %12 ()
        %14 Unary void %13
        %15 Global a
        %16 Member %15 b
        %17 Unary delete %16
        %18 Global a
        %19 Global b
        %20 Binary %18 === %19
        %21 Global a
        %22 Global b
        %23 Binary %21 in %22
        %24 Number 1
        %25 Number 2"
    `);
  });
  test("await and yield", () => {
    expect(
      printNamed("async function* g() { const x = await a(); yield x; yield* b; yield; }", "g"),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Call %1 ()
        %3 Await %2
        %4 Store x = %3
        %5 Var x
        %6 Yield %5
        %7 Global b
        %8 Yield %7
        %9 Yield"
    `);
  });
  test("casts are kept only if they name something", () => {
    expect(
      printModule(
        "a as User; a as any; a as const; <T>b; c!; (d); e satisfies Config; f as string[]; g as Row[];",
        "ts",
      ),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Cast %1 type 0
        %3 Global a
        %4 Global a
        %5 Global b
        %6 Cast %5 type 3
        %7 Global c
        %8 Global d
        %9 Global e
        %10 Cast %9 type 4
        %11 Global f
        %12 Global g
        %13 Cast %12 type 6"
    `);
  });
  test("require and import are references to modules", () => {
    expect(
      printModule(`const { a } = require('m'); const b = await import('n'); require(c); import(\`x\${d}\`);`),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 ImportOf m require
        %2 Member %1 a
        %3 Store a = %2
        %4 ImportOf n dynamic
        %5 Await %4
        %6 Store b = %5
        %7 Global require
        %8 Global c
        %9 Call %7 (%8)
        %10 Global import
        %11 Global d
        %12 Template "x" %11 ""
        %13 Call %10 (%12)"
    `);
  });
  test("a declared require is an ordinary call", () => {
    expect(
      printModule(
        "import { createRequire } from 'module'; const require = createRequire(import.meta.url); require('m');",
      ),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Var createRequire
        %2 Global import
        %3 Member %2 meta
        %4 Member %3 url
        %5 Call %1 (%4)
        %6 Store require = %5
        %7 Var require
        %8 String "m"
        %9 Call %7 (%8)"
    `);
  });
  test("assignments", () => {
    expect(
      printModule("let x; x = 1; x += 2; y = 3; a.b = 4; a[c] = 5; a['d'] = 6; x++; (x as any) = 7; z ??= 8;"),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Number 1
        %2 Store x = %1
        %3 Var x
        %4 Number 2
        %5 Binary %3 + %4
        %6 Store x = %5
        %7 Number 3
        %8 Global globalThis
        %9 SetMember %8 y = %7
        %10 Global a
        %11 Number 4
        %12 SetMember %10 b = %11
        %13 Global a
        %14 Global c
        %15 Number 5
        %16 SetIndex %13 %14 = %15
        %17 Global a
        %18 Number 6
        %19 SetMember %17 d = %18
        %20 Var x
        %21 Unary ++ %20
        %22 Store x = %21
        %23 Number 7
        %24 Store x = %23
        %25 Global z
        %26 Number 8
        %27 Logic Nullish %25 %26
        %28 Global globalThis
        %29 SetMember %28 z = %27"
    `);
  });
  test("an assignment operator whose right side acts gets blocks", () => {
    expect(printModule("let x; x ||= f(); a.b ??= g();")).toMatchInlineSnapshot(`
      "b0:
        %1 Var x
        %2 Branch %1 b2 b1
      b1:
        %4 Global f
        %5 Call %4 ()
        %6 Jump b3
      b2:
        %8 Jump b3
      b3:
        %10 Logic Or %1 %5
        %11 Store x = %10
        %12 Global a
        %13 Member %12 b
        %14 Null
        %15 Binary %13 == %14
        %16 Branch %15 b4 b5
      b4:
        %18 Global g
        %19 Call %18 ()
        %20 Jump b6
      b5:
        %22 Jump b6
      b6:
        %24 Logic Nullish %13 %19
        %25 SetMember %12 b = %24"
    `);
  });
});
