import { describe, expect, test } from "vitest";
import { lower, printBody, printModule } from "./helpers.js";
import { printFile } from "./print-lowered.js";

describe("Declarations", () => {
  test("functions are hoisted to the head of their block", () => {
    expect(
      printBody("f(); { g(); function g() {} } function f() { return later; } const later = 1;"),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Closure fn 2
        %2 Store f = %1
        %3 Var f
        %4 Call %3 ()
        %5 Closure fn 3
        %6 Store g = %5
        %7 Var g
        %8 Call %7 ()
        %9 Number 1
        %10 Store later = %9"
    `);
  });
  test("var belongs to the function", () => {
    expect(printBody("if (a) { var x = 1; for (var i = 0; ; ) { var { y } = z; } } x; y; i;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Branch %1 b1 b2
      b1:
        %4 Number 1
        %5 Store x = %4
        %6 Number 0
        %7 Store i = %6
        %8 Jump b3
      b3:
        %10 Jump b4
      b4:
        %12 Global z
        %13 Member %12 y
        %14 Store y = %13
        %15 Jump b3
      b2:
        %17 Var x
        %18 Var y
        %19 Var i"
    `);
  });
  test("let and const belong to the block", () => {
    expect(printBody("const a = 1; { const a = 2; f(a); } f(a);")).toMatchInlineSnapshot(`
      "b0:
        %1 Number 1
        %2 Store a = %1
        %3 Number 2
        %4 Store a = %3
        %5 Global f
        %6 Var a
        %7 Call %5 (%6)
        %8 Global f
        %9 Var a
        %10 Call %8 (%9)"
    `);
  });
  test("functions and classes take their name from where they are put", () => {
    expect(
      printModule(
        "const f = () => {}; const o = { m: function () {}, n() {} }; x.y = function () {}; const g = function own() { own(); }; class A { h = async () => {}; } const B = class {};",
      ),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Closure fn 1
        %2 Store f = %1
        %3 Closure fn 2
        %4 Closure fn 3
        %5 Object {m: %3, n: %4}
        %6 Store o = %5
        %7 Global x
        %8 Closure fn 4
        %9 SetMember %7 y = %8
        %10 Closure fn 5
        %11 Store own = %10
        %12 Store g = %10
        %13 Class class 0
        %14 Store A = %13
        %15 Class class 1
        %16 Store B = %15"
    `);
  });
  test("enums", () => {
    expect(printModule("enum A { X, Y = 5, Z, S = 's', C = f() } A.X;")).toMatchInlineSnapshot(`
      "b0:
        %1 Number 0
        %2 Number 5
        %3 Number 6
        %4 String "s"
        %5 Global f
        %6 Call %5 ()
        %7 Object {X: %1, Y: %2, Z: %3, S: %4, C: %6}
        %8 Store A = %7
        %9 Var A
        %10 Member %9 X"
    `);
  });
  test("namespaces", () => {
    expect(
      printModule(
        "namespace N { export const a = 1; const b = 2; export function f() { return a + b; } export namespace M { export const c = 3; } } N.M.c; function g() {} namespace g { export const d = 4; } namespace T { export interface I { x: string } }",
      ),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Closure fn 1
        %2 Store g = %1
        %3 Closure fn 2
        %4 Store f = %3
        %5 Number 1
        %6 Store a = %5
        %7 Number 2
        %8 Store b = %7
        %9 Number 3
        %10 Store c = %9
        %11 Var c
        %12 Object {c: %11}
        %13 Store M = %12
        %14 Var f
        %15 Var a
        %16 Var M
        %17 Object {f: %14, a: %15, M: %16}
        %18 Store N = %17
        %19 Var N
        %20 Member %19 M
        %21 Member %20 c
        %22 Number 4
        %23 Store d = %22
        %24 Var g
        %25 Var d
        %26 SetMember %24 d = %25"
    `);
  });
  test("overloads count once", () => {
    expect(
      printModule(
        "function f(a: string): void; function f(a: number): void; function f(a: any) {} declare function g(): void;",
      ),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Closure fn 1
        %2 Store f = %1
        %3 Closure fn 2
        %4 Store g = %3"
    `);
  });
  test("import equals", () => {
    expect(printModule("import x = require('m'); import y = A.B.c; x.z; y;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global A
        %2 Member %1 B
        %3 Member %2 c
        %4 Store y = %3
        %5 Var x
        %6 Member %5 z
        %7 Var y"
    `);
  });
  test("decorators are values of the surrounding function", () => {
    expect(
      printModule(
        "@Controller('users') class A { @Inject(X) x; constructor(@Inject() y) {} @Get(':id') @UseGuards(G) m(@Param('id') id) {} }",
      ),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Global Controller
        %2 String "users"
        %3 Call %1 (%2)
        %4 Global Inject
        %5 Global X
        %6 Call %4 (%5)
        %7 Global Inject
        %8 Call %7 ()
        %9 Global Get
        %10 String ":id"
        %11 Call %9 (%10)
        %12 Global UseGuards
        %13 Global G
        %14 Call %12 (%13)
        %15 Global Param
        %16 String "id"
        %17 Call %15 (%16)
        %18 Class class 0
        %19 Store A = %18"
    `);
  });
  test("fields and static blocks", () => {
    expect(
      printFile(lower("class A { a = 1; b; [c] = 2; static d = 3; static { f(this.d); } list = async (req) => req; }")),
    ).toMatchInlineSnapshot(`
      "fn 0 
      b0:
        %1 Class class 0
        %2 Store A = %1
      fn 1 
      b0:
        %1 This
        %2 Number 1
        %3 SetMember %1 a = %2
        %4 This
        %5 Global c
        %6 Number 2
        %7 SetIndex %4 %5 = %6
        %8 This
        %9 Closure fn 2
        %10 SetMember %8 list = %9
      fn 2 list
      b0:
        %1 Param 0
        %2 Store req = %1
        %3 Var req
        %4 Return %3
      fn 3 
      b0:
        %1 This
        %2 Number 3
        %3 SetMember %1 d = %2
        %4 Global f
        %5 This
        %6 Member %5 d
        %7 Call %4 (%6)"
    `);
  });
  test("declared names have no value", () => {
    expect(
      printModule(
        "declare const a: A; declare module 'x' { const b: number } declare global { var c: number } let d; a;",
      ),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Var a"
    `);
  });
  test("using", () => {
    expect(printBody("using a = open(); await using b = open();")).toMatchInlineSnapshot(`
      "b0:
        %1 Global open
        %2 Call %1 ()
        %3 Store a = %2
        %4 Global open
        %5 Call %4 ()
        %6 Store b = %5"
    `);
  });
});
