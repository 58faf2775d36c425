import { describe, expect, test } from "vitest";
import { printModule } from "./helpers.js";

describe("JSX", () => {
  test("a component with props and children", () => {
    expect(printModule("<Foo a='x' b={y} c {...d}>text{e}<Bar/></Foo>;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global Foo
        %2 String "x"
        %3 Global y
        %4 True
        %5 Global d
        %6 Global e
        %7 Global Bar
        %8 Object {}
        %9 Jsx %7 %8
        %10 Array [%6, %9]
        %11 Object {a: %2, b: %3, c: %4, ...%5, children: %10}
        %12 Jsx %1 %11"
    `);
  });
  test("one child is no array", () => {
    expect(printModule("<Foo><Bar/></Foo>;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global Foo
        %2 Global Bar
        %3 Object {}
        %4 Jsx %2 %3
        %5 Object {children: %4}
        %6 Jsx %1 %5"
    `);
  });
  test("an intrinsic tag keeps what acts", () => {
    expect(
      printModule("<div className={a} onClick={() => f()} title={g()}><p>text {h}</p><span>{i()}</span></div>;"),
    ).toMatchInlineSnapshot(`
      "b0:
        %1 Closure fn 1
        %2 Global g
        %3 Call %2 ()
        %4 Global i
        %5 Call %4 ()
        %6 Object {children: %5}
        %7 String "span"
        %8 Jsx %7 %6
        %9 Object {onClick: %1, title: %3, children: %8}
        %10 String "div"
        %11 Jsx %10 %9"
    `);
  });
  test("fragments, members, render functions", () => {
    expect(printModule("<><A.B>{(x) => <C x={x}/>}</A.B></>;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global A
        %2 Member %1 B
        %3 Closure fn 1
        %4 Object {children: %3}
        %5 Jsx %2 %4
        %6 Object {children: %5}
        %7 String ""
        %8 Jsx %7 %6"
    `);
  });
  test("conditions", () => {
    expect(printModule("<div>{a && <Secret/>}</div>;")).toMatchInlineSnapshot(`
      "b0:
        %1 Global a
        %2 Branch %1 b1 b2
      b1:
        %4 Global Secret
        %5 Object {}
        %6 Jsx %4 %5
        %7 Jump b3
      b2:
        %9 Jump b3
      b3:
        %11 Logic And %1 %6
        %12 Object {children: %11}
        %13 String "div"
        %14 Jsx %13 %12"
    `);
  });
});
