/** Known answers written into the scanned code as comments at the end of a line. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type Mark = "expect" | "ok" | "todo-expect" | "todo-ok";

/** `rule` is known to be (`expect`), or known not to be (`ok`), on this line; `todo-` marks what is still wrong. */
export interface Expectation {
  readonly mark: Mark;
  readonly rule: string;
  readonly file: string;
  readonly line: number;
}

/** A finding, reduced to what is compared. */
export interface Seen {
  readonly rule: string;
  readonly severity: string;
  readonly file: string;
  readonly line: number;
  readonly subject: string;
  readonly message: string;
}

const COMMENT = /(?:\/\/|#|--|<!--)\s*(expect|ok|todo-expect|todo-ok):\s*(AG\d{3}(?:\s*,\s*AG\d{3})*)/g;
const READ = /\.(?:[cm]?tsx?|[cm]?jsx?|prisma|sql|ya?ml|json|csv|cedar|rego)$/;

/** Every file below a folder, relative, POSIX separators, sorted. */
export function filesBelow(folder: string, prefix = ""): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) found.push(...filesBelow(folder, path));
    else found.push(path);
  }
  return found.sort();
}

/** The comments of one text. */
export function expectationsIn(text: string, file: string): Expectation[] {
  const found: Expectation[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    for (const match of line.matchAll(COMMENT)) {
      const mark = markOf(match[1] ?? "");
      for (const rule of (match[2] ?? "").split(",")) found.push({ mark, rule: rule.trim(), file, line: index + 1 });
    }
  }
  return found;
}

function markOf(text: string): Mark {
  if (text === "ok" || text === "todo-expect" || text === "todo-ok") return text;
  return "expect";
}

/** The comments of every file below a folder. */
export function expectationsBelow(folder: string): Expectation[] {
  return filesBelow(folder)
    .filter((file) => READ.test(file))
    .flatMap((file) => expectationsIn(readFileSync(join(folder, file), "utf8"), file));
}

/**
 * What is wrong, one line each, sorted; empty when code and scan agree.
 * Notes of rules other than `ownRule` are not compared: a case shows one rule, not the whole scanner.
 */
export function disagreements(
  expected: readonly Expectation[],
  seen: readonly Seen[],
  ownRule: string | null,
): readonly string[] {
  const wrong: string[] = [];
  const at = (item: { readonly rule: string; readonly file: string; readonly line: number }) =>
    `${item.rule} ${item.file}:${item.line}`;
  const known = new Map(expected.map((item) => [at(item), item.mark]));
  const hit = new Set(seen.map(at));
  for (const item of expected) {
    const found = hit.has(at(item));
    if (item.mark === "expect" && !found) wrong.push(`missing     ${at(item)}`);
    if (item.mark === "todo-ok" && !found) wrong.push(`now silent, make it 'ok'      ${at(item)}`);
    if (item.mark === "todo-expect" && found) wrong.push(`now found, make it 'expect'   ${at(item)}`);
  }
  for (const finding of seen) {
    const mark = known.get(at(finding));
    if (mark === "expect" || mark === "todo-expect" || mark === "todo-ok") continue;
    if (mark === undefined && finding.severity === "note" && finding.rule !== ownRule) continue;
    wrong.push(`unexpected  ${at(finding)} (${finding.severity}) ${finding.subject}: ${finding.message}`);
  }
  return wrong.sort();
}

/**
 * What is wrong with a list of lines, sorted; empty when it is as expected. `todo LINE` is a known miss: whatever is
 * said about its first two words is not compared until the line comes out right. `false LINE` is a known false alarm.
 */
export function listDisagreements(expected: readonly string[], seen: readonly string[]): readonly string[] {
  const marked = (mark: string) =>
    expected.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length));
  const todo = marked("todo ");
  const known = marked("false ");
  const plain = expected.filter((line) => !line.startsWith("todo ") && !line.startsWith("false "));
  const open = new Set(todo.map(firstWords));
  return [
    ...plain.filter((line) => !seen.includes(line)).map((line) => `missing     ${line}`),
    ...todo.filter((line) => seen.includes(line)).map((line) => `now right, remove 'todo'   ${line}`),
    ...known.filter((line) => !seen.includes(line)).map((line) => `now gone, remove it        ${line}`),
    ...seen
      .filter((line) => !plain.includes(line) && !known.includes(line) && !todo.includes(line))
      .filter((line) => !open.has(firstWords(line)))
      .map((line) => `unexpected  ${line}`),
  ].sort();
}

function firstWords(line: string): string {
  return line.split(" ", 2).join(" ");
}
