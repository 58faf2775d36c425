import { describe, expect, test } from "vitest";
import { matches } from "../../src/program/paths/regex-match.js";

describe("regular expressions that are followed, not run", () => {
  test.each([
    ["^/auth/.+", "/auth/login", true],
    ["^/auth/.+", "/auth", false],
    ["/v1/runs/.+/public", "/x/v1/runs/7/public/y", true],
    ["^/docs(/|$)", "/docs", true],
    ["^/docs(?:/|$)", "/docsy", false],
    ["^/[^/]+/\\d{2,3}$", "/a/12", true],
    ["^/[^/]+/\\d{2,3}$", "/a/1", false],
    ["^/(login|logout)$", "/logout", true],
    ["^(a+)+$", `${"a".repeat(60)}b`, false],
    ["^[\\w-]+$", "a-b_c", true],
  ])("%s on %s", (source, text, expected) => {
    expect(matches(source, "", text)).toBe(expected);
  });

  test("what is not understood is left open", () => {
    expect(matches("^(?!/public)", "", "/x")).toBeUndefined();
    expect(matches("(a)\\1", "", "aa")).toBeUndefined();
  });

  test("case is folded when asked for", () => {
    expect(matches("^/API", "i", "/api/x")).toBe(true);
  });
});
