import type { ts } from "ts-morph";
import type { Directive } from "../model/lowered.js";
import type { Compiler } from "./compiler.js";

const MARKER = "authgap-";
const COMMENT = /(?:\/\/|\/\*+)[ \t]*authgap-ignore(-next-line|-file)?(?![\w-])([^\r\n]*)/g;

/** Whether a statement list starts with a directive such as 'use server'. */
export function startsWithDirective(ts: Compiler, statements: readonly ts.Statement[], directive: string): boolean {
  for (const statement of statements) {
    if (!ts.isExpressionStatement(statement) || !ts.isStringLiteral(statement.expression)) return false;
    if (statement.expression.text === directive) return true;
  }
  return false;
}

/**
 * Finds the suppressions in a file's comments: line, block and JSX comments that start with `authgap-ignore`.
 *
 * @param source the parsed file, which tells comments from strings and templates that look like one
 * @returns the directives in source order
 */
export function findDirectives(ts: Compiler, source: ts.SourceFile, text: string): Directive[] {
  if (!text.includes(MARKER)) return [];
  const directives: Directive[] = [];
  for (const match of text.matchAll(COMMENT)) {
    if (!isComment(ts, source, text, match.index)) continue;
    const kind = match[1] === "-file" ? "ignore-file" : match[1] === "-next-line" ? "ignore-next-line" : "ignore-line";
    directives.push({
      kind,
      ...readBody(match[0].startsWith("/*") ? beforeClose(match[2]) : match[2]),
      at: match.index,
    });
  }
  return directives;
}

function beforeClose(body: string): string {
  const close = body.indexOf("*/");
  return close < 0 ? body : body.slice(0, close);
}

/** `AG101, AG301 -- reason` */
function readBody(body: string): { rules: string[]; reason: string } {
  const cut = body.indexOf("--");
  const names = cut < 0 ? body : body.slice(0, cut);
  return {
    rules: names.split(/[\s,:]+/).filter((name) => name !== ""),
    reason: cut < 0 ? "" : body.slice(cut + 2).trim(),
  };
}

/** Whether a comment starts at an offset: searched from the end of the node before it, over punctuation and comments. */
function isComment(ts: Compiler, source: ts.SourceFile, text: string, at: number): boolean {
  let from = 0;
  let holder: ts.Node | undefined = source;
  while (holder !== undefined) {
    const node: ts.Node = holder;
    from = Math.max(from, node.pos);
    holder = ts.forEachChild(node, (child) => {
      if (child.end <= at) from = Math.max(from, child.end);
      return child.pos <= at && at < child.end ? child : undefined;
    });
    if (holder === undefined && isText(ts, node) && at >= node.getStart(source)) return false;
  }
  while (from < at) {
    const slashes = text.slice(from, from + 2);
    const end =
      slashes === "//"
        ? text.slice(from).search(/[\r\n]|$/)
        : slashes === "/*"
          ? text.slice(from + 2).indexOf("*/") + 4
          : 1;
    from += Math.max(end, 1);
  }
  return from === at;
}

function isText(ts: Compiler, node: ts.Node): boolean {
  const K = ts.SyntaxKind;
  const kinds: readonly ts.SyntaxKind[] = [
    K.StringLiteral,
    K.NoSubstitutionTemplateLiteral,
    K.TemplateHead,
    K.TemplateMiddle,
    K.TemplateTail,
    K.RegularExpressionLiteral,
    K.JsxText,
  ];
  return kinds.includes(node.kind);
}
