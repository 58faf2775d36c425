import { describe, expect, test } from "vitest";
import { printBody } from "./helpers.js";

describe("Blocks", () => {
  test("if without else: both targets are fresh", () => {
    expect(printBody("if (a) { b(); } c();")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Branch %1 b1 b2
      b1:
        %4 Global b
        %5 Call %4 ()
        %6 Jump b3
      b2:
        %8 Jump b3
      b3:
        %10 Global c
        %11 Call %10 ()"
    `);
  });
  test("an early return leaves no join", () => {
    expect(printBody("if (!a) return 1; b();")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Unary ! %1
        %3 Branch %2 b1 b2
      b1:
        %5 Number 1
        %6 Return %5
      b2:
        %8 Global b
        %9 Call %8 ()"
    `);
  });
  test("else if chain with one join", () => {
    expect(printBody("if (a) x(); else if (b) y(); else z(); d();")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Branch %1 b1 b2
      b1:
        %4 Global x
        %5 Call %4 ()
        %6 Jump b3
      b2:
        %8 Global b
        %9 Branch %8 b4 b5
      b4:
        %11 Global y
        %12 Call %11 ()
        %13 Jump b3
      b5:
        %15 Global z
        %16 Call %15 ()
        %17 Jump b3
      b3:
        %19 Global d
        %20 Call %19 ()"
    `);
  });
  test("both arms leave", () => {
    expect(printBody("if (a) { return 1; } else { throw b; } c();")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Branch %1 b1 b2
      b1:
        %4 Number 1
        %5 Return %4
      b2:
        %7 Global b
        %8 Throw %7
      b3:
        %10 Global c
        %11 Call %10 ()"
    `);
  });
  test("&& with a call on the right", () => {
    expect(printBody("const ok = a && await b();")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Branch %1 b1 b2
      b1:
        %4 Global b
        %5 Call %4 ()
        %6 Await %5
        %7 Jump b3
      b2:
        %9 Jump b3
      b3:
        %11 Logic And %1 %6
        %12 Store ok = %11"
    `);
  });
  test("&& without", () => {
    expect(printBody("const ok = a && b.c || !d;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Global b
        %3 Member %2 c
        %4 Logic And %1 %3
        %5 Global d
        %6 Unary ! %5
        %7 Logic Or %4 %6
        %8 Store ok = %7"
    `);
  });
  test("|| and ?? with a call", () => {
    expect(printBody("a || f(); b ?? g();")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Branch %1 b2 b1
      b1:
        %4 Global f
        %5 Call %4 ()
        %6 Jump b3
      b2:
        %8 Jump b3
      b3:
        %10 Logic Or %1 %5
        %11 Global b
        %12 Null
        %13 Binary %11 == %12
        %14 Branch %13 b4 b5
      b4:
        %16 Global g
        %17 Call %16 ()
        %18 Jump b6
      b5:
        %20 Jump b6
      b6:
        %22 Logic Nullish %11 %17"
    `);
  });
  test("a chain of conditions", () => {
    expect(printBody("if (!a || !(await b()) || c) return;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Unary ! %1
        %3 Branch %2 b4 b3
      b3:
        %5 Global b
        %6 Call %5 ()
        %7 Await %6
        %8 Unary ! %7
        %9 Jump b5
      b4:
        %11 Jump b5
      b5:
        %13 Logic Or %2 %8
        %14 Global c
        %15 Logic Or %13 %14
        %16 Branch %15 b1 b2
      b1:
        %18 Return
      b2:"
    `);
  });
  test("?: with and without calls", () => {
    expect(printBody("const x = a ? b : c; const y = a ? f() : c;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Global b
        %3 Global c
        %4 Cond %1 %2 %3
        %5 Store x = %4
        %6 Global a
        %7 Branch %6 b1 b2
      b1:
        %9 Global f
        %10 Call %9 ()
        %11 Jump b3
      b2:
        %13 Global c
        %14 Jump b3
      b3:
        %16 Cond %6 %10 %13
        %17 Store y = %16"
    `);
  });
  test("while with break and continue", () => {
    expect(printBody("while (a) { if (b) break; if (c) continue; d(); } e();")).toMatchInlineSnapshot(`
      "b0:
        %1 Jump b1
      b1:
        %3 Global a
        %4 Branch %3 b2 b3
      b2:
        %6 Global b
        %7 Branch %6 b4 b5
      b4:
        %9 Jump b6
      b5:
        %11 Global c
        %12 Branch %11 b7 b8
      b7:
        %14 Jump b1
      b8:
        %16 Global d
        %17 Call %16 ()
        %18 Jump b1
      b3:
        %20 Jump b6
      b6:
        %22 Global e
        %23 Call %22 ()"
    `);
  });
  test("while true ends only by break", () => {
    expect(printBody("while (true) { if (a()) break; } b();")).toMatchInlineSnapshot(`
      "b0:
        %1 Jump b1
      b1:
        %3 Jump b2
      b2:
        %5 Global a
        %6 Call %5 ()
        %7 Branch %6 b3 b4
      b3:
        %9 Jump b5
      b4:
        %11 Jump b1
      b5:
        %13 Global b
        %14 Call %13 ()"
    `);
  });
  test("an endless loop", () => {
    expect(printBody("for (;;) { a(); }")).toMatchInlineSnapshot(`
      "b0:
        %1 Jump b1
      b1:
        %3 Jump b2
      b2:
        %5 Global a
        %6 Call %5 ()
        %7 Jump b1"
    `);
  });
  test("do", () => {
    expect(printBody("do { if (a) continue; b(); } while (c); d();")).toMatchInlineSnapshot(`
      "b0:
        %1 Jump b1
      b1:
        %3 Global a
        %4 Branch %3 b2 b3
      b2:
        %6 Jump b4
      b3:
        %8 Global b
        %9 Call %8 ()
        %10 Jump b4
      b4:
        %12 Global c
        %13 Branch %12 b5 b6
      b5:
        %15 Jump b1
      b6:
        %17 Global d
        %18 Call %17 ()"
    `);
  });
  test("for: the update sits after the body", () => {
    expect(printBody("for (let i = 0; i < n; i++) { if (i) continue; f(i); }")).toMatchInlineSnapshot(`
      "b0:
        %1 Number 0
        %2 Store i = %1
        %3 Jump b1
      b1:
        %5 Var i
        %6 Global n
        %7 Binary %5 < %6
        %8 Branch %7 b2 b3
      b2:
        %10 Var i
        %11 Branch %10 b4 b5
      b4:
        %13 Jump b6
      b5:
        %15 Global f
        %16 Var i
        %17 Call %15 (%16)
        %18 Jump b6
      b6:
        %20 Var i
        %21 Unary ++ %20
        %22 Store i = %21
        %23 Jump b1
      b3:"
    `);
  });
  test("for of, for await, for in", () => {
    expect(
      printBody("for (const x of xs) f(x); for await (const y of ys) g(y); for (z in zs) h(z);"),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Global xs
        %2 Jump b1
      b1:
        %4 Branch %1 b2 b3
      b2:
        %6 Iterated %1 Of
        %7 Store x = %6
        %8 Global f
        %9 Var x
        %10 Call %8 (%9)
        %11 Jump b1
      b3:
        %13 Global ys
        %14 Jump b4
      b4:
        %16 Branch %13 b5 b6
      b5:
        %18 Iterated %13 Await
        %19 Store y = %18
        %20 Global g
        %21 Var y
        %22 Call %20 (%21)
        %23 Jump b4
      b6:
        %25 Global zs
        %26 Jump b7
      b7:
        %28 Branch %25 b8 b9
      b8:
        %30 Iterated %25 In
        %31 Global globalThis
        %32 SetMember %31 z = %30
        %33 Global h
        %34 Global z
        %35 Call %33 (%34)
        %36 Jump b7
      b9:"
    `);
  });
  test("labels", () => {
    expect(
      printBody(
        "outer: for (const a of as) { for (const b of bs) { if (b) continue outer; break outer; } } done: { if (c) break done; d(); }",
      ),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Global as
        %2 Jump b1
      b1:
        %4 Branch %1 b2 b3
      b2:
        %6 Iterated %1 Of
        %7 Store a = %6
        %8 Global bs
        %9 Jump b4
      b4:
        %11 Branch %8 b5 b6
      b5:
        %13 Iterated %8 Of
        %14 Store b = %13
        %15 Var b
        %16 Branch %15 b7 b8
      b7:
        %18 Jump b1
      b8:
        %20 Jump b9
      b6:
        %22 Jump b1
      b3:
        %24 Jump b9
      b9:
        %26 Global c
        %27 Branch %26 b10 b11
      b10:
        %29 Jump b12
      b11:
        %31 Global d
        %32 Call %31 ()
        %33 Jump b12
      b12:"
    `);
  });
  test("switch: fall-through, default last", () => {
    expect(
      printBody("switch (a) { case 1: case 2: f(); case 3: g(); break; default: h(); } i();"),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Number 1
        %3 Binary %1 === %2
        %4 Branch %3 b1 b2
      b2:
        %6 Number 2
        %7 Binary %1 === %6
        %8 Branch %7 b3 b4
      b4:
        %10 Number 3
        %11 Binary %1 === %10
        %12 Branch %11 b5 b6
      b6:
        %14 Jump b7
      b1:
        %16 Jump b8
      b3:
        %18 Jump b8
      b8:
        %20 Global f
        %21 Call %20 ()
        %22 Jump b9
      b5:
        %24 Jump b9
      b9:
        %26 Global g
        %27 Call %26 ()
        %28 Jump b10
      b7:
        %30 Global h
        %31 Call %30 ()
        %32 Jump b10
      b10:
        %34 Global i
        %35 Call %34 ()"
    `);
  });
  test("switch: default in the middle", () => {
    expect(printBody("switch (a) { default: f(); break; case 1: return g(); }")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Number 1
        %3 Binary %1 === %2
        %4 Branch %3 b1 b2
      b2:
        %6 Jump b3
      b3:
        %8 Global f
        %9 Call %8 ()
        %10 Jump b4
      b1:
        %12 Global g
        %13 Call %12 ()
        %14 Return %13
      b4:"
    `);
  });
  test("switch without default", () => {
    expect(printBody("switch (a) { case 1: return; case 2: f(); }")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Number 1
        %3 Binary %1 === %2
        %4 Branch %3 b1 b2
      b2:
        %6 Number 2
        %7 Binary %1 === %6
        %8 Branch %7 b3 b4
      b4:
        %10 Jump b5
      b1:
        %12 Return
      b3:
        %14 Global f
        %15 Call %14 ()
        %16 Jump b6
      b5:
        %18 Jump b6
      b6:"
    `);
  });
  test("try, catch, finally", () => {
    expect(
      printBody("a(); try { b(); if (c) return d(); } catch (e) { f(e); } finally { g(); } h();"),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Call %1 ()
        %3 Jump b2
      b2: handler b1
        %5 Global b
        %6 Call %5 ()
        %7 Global c
        %8 Branch %7 b3 b4
      b3: handler b1
        %10 Global d
        %11 Call %10 ()
        %12 Return %11
      b4: handler b1
        %14 Jump b5
      b1:
        %16 Caught
        %17 Store e = %16
        %18 Global f
        %19 Var e
        %20 Call %18 (%19)
        %21 Jump b5
      b5:
        %23 Global g
        %24 Call %23 ()
        %25 Global h
        %26 Call %25 ()"
    `);
  });
  test("a try in a try: the inner handler is protected by the outer", () => {
    expect(printBody("try { try { a(); } catch { b(); } c(); } catch { d(); }")).toMatchInlineSnapshot(`
      "b0:
        %1 Jump b2
      b2: handler b1
        %3 Jump b4
      b4: handler b3
        %5 Global a
        %6 Call %5 ()
        %7 Jump b5
      b3: handler b1
        %9 Global b
        %10 Call %9 ()
        %11 Jump b5
      b5: handler b1
        %13 Global c
        %14 Call %13 ()
        %15 Jump b6
      b1:
        %17 Global d
        %18 Call %17 ()
        %19 Jump b6
      b6:"
    `);
  });
  test("finally without catch has no handler", () => {
    expect(printBody("try { return a(); } finally { b(); }")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Call %1 ()
        %3 Return %2
      b1:
        %5 Global b
        %6 Call %5 ()"
    `);
  });
  test("code after a terminator is kept", () => {
    expect(printBody("return 1; a();")).toMatchInlineSnapshot(`
      "b0:
        %1 Number 1
        %2 Return %1
      b1:
        %4 Global a
        %5 Call %4 ()"
    `);
  });
  test("return of nothing, arrow expression bodies", () => {
    expect(printBody("const f = () => g(); return;")).toMatchInlineSnapshot(`
      "b0:
        %1 Closure fn 2
        %2 Store f = %1
        %3 Return"
    `);
  });
});
