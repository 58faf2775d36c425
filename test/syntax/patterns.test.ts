import { describe, expect, test } from "vitest";
import { printBody, printNamed } from "./helpers.js";

describe("Patterns", () => {
  test("object: members, nested with a default, rest", () => {
    expect(printBody("const { a, b: { c } = d, 'e': f, [g]: h, ...r } = v;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global v
        %2 Member %1 a
        %3 Store a = %2
        %4 Member %1 b
        %5 Global d
        %6 Default %4 %5
        %7 Member %6 c
        %8 Store c = %7
        %9 Member %1 e
        %10 Store f = %9
        %11 Global g
        %12 Index %1 %11
        %13 Store h = %12
        %14 Rest %1 without [a, b, e]
        %15 Store r = %14"
    `);
  });
  test("array: elements, holes, rest", () => {
    expect(printBody("const [x, , { y }, z = 1, ...w] = v;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global v
        %2 Element %1 0
        %3 Store x = %2
        %4 Element %1 2
        %5 Member %4 y
        %6 Store y = %5
        %7 Element %1 3
        %8 Number 1
        %9 Default %7 %8
        %10 Store z = %9
        %11 Element %1 ...4
        %12 Store w = %11"
    `);
  });
  test("parameters", () => {
    expect(printNamed("const f = ({ a, b = 1 }: P, [c]: T, d = 2, ...e) => a;", "f")).toMatchInlineSnapshot(`
      "b0:
        %1 Param 0
        %2 Member %1 a
        %3 Store a = %2
        %4 Member %1 b
        %5 Number 1
        %6 Default %4 %5
        %7 Store b = %6
        %8 Param 1
        %9 Element %8 0
        %10 Store c = %9
        %11 Param 2
        %12 Number 2
        %13 Default %11 %12
        %14 Store d = %13
        %15 Param 3
        %16 Store e = %15
        %17 Var a
        %18 Return %17"
    `);
  });
  test("heads of loops and catch", () => {
    expect(
      printBody("for (const { a } of xs) a; for (const k in o) k; try { f() } catch ({ message }) { message }"),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Global xs
        %2 Jump b1
      b1:
        %4 Branch %1 b2 b3
      b2:
        %6 Iterated %1 Of
        %7 Member %6 a
        %8 Store a = %7
        %9 Var a
        %10 Jump b1
      b3:
        %12 Global o
        %13 Jump b4
      b4:
        %15 Branch %12 b5 b6
      b5:
        %17 Iterated %12 In
        %18 Store k = %17
        %19 Var k
        %20 Jump b4
      b6:
        %22 Jump b8
      b8: handler b7
        %24 Global f
        %25 Call %24 ()
        %26 Jump b9
      b7:
        %28 Caught
        %29 Member %28 message
        %30 Store message = %29
        %31 Var message
        %32 Jump b9
      b9:"
    `);
  });
  test("assignments take apart too", () => {
    expect(
      printBody("let c; ({ a: x.b, c, d = 1, e: [f] = g, ...h.rest } = v); [i, j[0], ...k] = w;"),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Global v
        %2 Member %1 a
        %3 Global x
        %4 SetMember %3 b = %2
        %5 Member %1 c
        %6 Store c = %5
        %7 Member %1 d
        %8 Number 1
        %9 Default %7 %8
        %10 Global globalThis
        %11 SetMember %10 d = %9
        %12 Member %1 e
        %13 Global g
        %14 Default %12 %13
        %15 Element %14 0
        %16 Global globalThis
        %17 SetMember %16 f = %15
        %18 Rest %1 without [a, c, d, e]
        %19 Global h
        %20 SetMember %19 rest = %18
        %21 Global w
        %22 Element %21 0
        %23 Global globalThis
        %24 SetMember %23 i = %22
        %25 Element %21 1
        %26 Global j
        %27 Number 0
        %28 SetIndex %26 %27 = %25
        %29 Element %21 ...2
        %30 Global globalThis
        %31 SetMember %30 k = %29"
    `);
  });
  test("swapping", () => {
    expect(printBody("let a, b; [a, b] = [b, a];")).toMatchInlineSnapshot(`
      "b0:
        %1 Var b
        %2 Var a
        %3 Array [%1, %2]
        %4 Element %3 0
        %5 Store a = %4
        %6 Element %3 1
        %7 Store b = %6"
    `);
  });
});
