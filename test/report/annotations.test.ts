import { describe, expect, it } from "vitest";
import { MOST_ANNOTATIONS, renderGithub } from "../../src/report/github.js";
import { renderMarkdown } from "../../src/report/markdown.js";
import { finding, place, result } from "./sample.js";

const hostile = {
  subject: "GET /a,b::set-env name=x::y\n::error::z",
  message: "Source says `x` <img src=x> [a](http://b) @everyone 100%\r\n::stop-commands::t | cell.",
};

describe("annotations", () => {
  it("never let source text become a command", () => {
    const text = renderGithub(result({ findings: [finding({ ...hostile, at: place("src/a,b:c%.ts", 3, "") })] }));
    const lines = text.trimEnd().split("\n");
    expect(lines.filter((line) => line.startsWith("::"))).toHaveLength(1);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain("file=src/a%2Cb%3Ac%25.ts,line=3");
    expect(lines[0]).not.toContain("\r");
  });

  it("are as many as GitHub shows, and the rest is told", () => {
    const many = Array.from({ length: MOST_ANNOTATIONS + 3 }, () => finding());
    const text = renderGithub(result({ findings: [...many, finding({ severity: "warning" })] }));
    expect(text.match(/^::error /gm)).toHaveLength(MOST_ANNOTATIONS);
    expect(text.match(/^::warning /gm)).toHaveLength(1);
    expect(text).toContain("14 findings: 13 errors, 1 warning");
    expect(text).toContain("3 of them carry no annotation");
  });
});

describe("the summary in Markdown", () => {
  it("shows source text as text", () => {
    const text = renderMarkdown(result({ findings: [finding(hostile)] }));
    expect(text).not.toMatch(/(?<!\\)<img|[^\\]\[a\]\(http|@everyone/);
    const row = text.split("\n").find((line) => line.startsWith("| error")) ?? "";
    expect(row.match(/(?<!\\)\|/g)).toHaveLength(6);
  });

  it("is cut with a word about it", () => {
    const text = renderMarkdown(result({ findings: Array.from({ length: 450 }, () => finding()) }));
    expect(text).toContain("450 findings");
    expect(text).toContain("and 350 more, not shown here");
    expect(text.length).toBeLessThan(65_000);
  });

  it("says when there is nothing", () => {
    expect(renderMarkdown(result({ findings: [] }))).toContain("## authgap: No findings\n");
  });
});
