/** Text of a manifest → validated data with the place of every entry. YAML; JSON is a part of it. */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { LocatedPlace } from "../model/place.js";
import type { ManifestProblem } from "../model/policy.js";
import { type Manifest, manifestSchema } from "./definition.js";
import { wordIssue } from "./manifest-problems.js";

/** Enough for any hand-written file, too few for a bomb of nested aliases. */
const MAX_ALIASES = 100;

const MAX_SYNTAX_PROBLEMS = 3;

const UNREADABLE = "The file cannot be read as YAML";

/** The manifest itself is six levels deep. */
const MAX_DEPTH = 40;

export interface ParsedManifest {
  /** from the root, for messages */
  readonly file: string;
  readonly manifest: Manifest;
  /** where the entry at a path of keys and indexes stands; the nearest enclosing entry when it is not there */
  readonly placeOf: (path: readonly PropertyKey[]) => LocatedPlace;
}

export type ParseResult =
  | { readonly ok: true; readonly parsed: ParsedManifest }
  | { readonly ok: false; readonly problems: readonly ManifestProblem[] };

type Range = readonly [number, number];

function rangeOf(node: unknown): Range | null {
  if (typeof node !== "object" || node === null) return null;
  const range: unknown = Reflect.get(node, "range");
  if (!Array.isArray(range)) return null;
  const [start, end]: unknown[] = range;
  return typeof start === "number" && typeof end === "number" ? [start, end] : null;
}

/** Walks keys and indexes down the document; an absent part ends the walk at what encloses it. */
function findRange(doc: Document, path: readonly PropertyKey[], key: string): Range {
  let node: unknown = doc.contents;
  let best: Range = rangeOf(node) ?? [0, 0];
  for (const part of key === "" ? path : [...path, key]) {
    if (isAlias(node)) node = node.resolve(doc);
    if (isMap(node)) {
      const pair = node.items.find((item) => (isScalar(item.key) ? String(item.key.value) : "") === String(part));
      if (pair === undefined) break;
      // the key is where an editor should put the cursor, and the only place of a value that is empty
      best = rangeOf(pair.key) ?? best;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      best = rangeOf(node) ?? best;
    } else break;
  }
  return best;
}

/** Drops keys without a value: `guards:` left empty means the same as no guards. */
function withoutEmpty(value: unknown, depth = 0): unknown {
  // an alias may contain itself
  if (depth > MAX_DEPTH) throw new Error("Nested too deeply");
  if (Array.isArray(value)) return value.map((entry) => withoutEmpty(entry, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, entry]) => entry !== null && entry !== undefined);
  return Object.fromEntries(kept.map(([key, entry]) => [key, withoutEmpty(entry, depth + 1)]));
}

/** Removes the picture of the line that the YAML reader appends, and says it as a sentence. */
function sentence(message: string): string {
  const first = (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "").trim();
  return first.endsWith(".") ? first : `${first}.`;
}

class Locator {
  readonly #lines = new LineCounter();
  readonly doc: Document;

  constructor(
    readonly file: string,
    text: string,
  ) {
    // prettyErrors would put pieces of the file into messages
    this.doc = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, stringKeys: true });
  }

  at(range: Range): LocatedPlace {
    const start = this.#lines.linePos(range[0]);
    const end = this.#lines.linePos(Math.max(range[0], range[1]));
    return {
      file: this.file,
      region: {
        startLine: Math.max(1, start.line),
        startColumn: Math.max(1, start.col),
        endLine: Math.max(1, end.line),
        endColumn: Math.max(1, end.col),
      },
    };
  }

  problem(range: Range, what: string, remedy: string): ManifestProblem {
    const { startLine, startColumn } = this.at(range).region;
    return { file: this.file, line: startLine, column: startColumn, what, remedy };
  }
}

function syntaxProblems(locator: Locator): ManifestProblem[] {
  const errors = [...locator.doc.errors, ...locator.doc.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  const tooDeep = errors.find((error) => error.message.includes("call stack"));
  if (tooDeep !== undefined)
    return [locator.problem([0, 0], `${UNREADABLE}: nested too deeply.`, "Remove the nesting.")];
  // what follows the first mistakes is mostly their echo
  return errors
    .slice(0, MAX_SYNTAX_PROBLEMS)
    .map((error) =>
      locator.problem(
        [error.pos[0], error.pos[0]],
        `${UNREADABLE}: ${sentence(error.message)}`,
        "Correct the syntax at this place.",
      ),
    );
}

function toData(locator: Locator): { data: unknown } | { problem: ManifestProblem } {
  try {
    const data: unknown = locator.doc.toJS({ maxAliasCount: MAX_ALIASES });
    return { data: withoutEmpty(data) };
  } catch (error) {
    const detail = error instanceof Error ? sentence(error.message) : "unreadable.";
    const what = `The file cannot be expanded: ${detail}`;
    return { problem: locator.problem([0, 0], what, "Write the repeated parts out instead of using aliases.") };
  }
}

/**
 * Reads and validates one manifest.
 *
 * @param text content of the file
 * @param file its path from the root, used in places and messages only
 * @returns the validated manifest with its places, or every problem found, in the order of the file; never throws
 */
export function parseManifest(text: string, file: string): ParseResult {
  let locator: Locator;
  try {
    locator = new Locator(file, text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch {
    // thousands of nested brackets exhaust the reader's stack
    const what = `${UNREADABLE}: nested too deeply.`;
    return { ok: false, problems: [{ file, line: 1, column: 1, what, remedy: "Remove the nesting." }] };
  }
  const syntax = syntaxProblems(locator);
  if (syntax.length > 0) return { ok: false, problems: syntax };
  const expanded = toData(locator);
  if ("problem" in expanded) return { ok: false, problems: [expanded.problem] };
  if (expanded.data === null || expanded.data === undefined) {
    const problem = locator.problem([0, 0], "The manifest is empty.", "Write 'version: 1', or run 'authgap init'.");
    return { ok: false, problems: [problem] };
  }
  const data = expanded.data;
  const checked = manifestSchema.safeParse(data);
  if (checked.success) {
    const placeOf = (path: readonly PropertyKey[]): LocatedPlace => locator.at(findRange(locator.doc, path, ""));
    return { ok: true, parsed: { file, manifest: checked.data, placeOf } };
  }
  const problems = checked.error.issues
    .flatMap((issue) => wordIssue(issue, data))
    .map((issue) => locator.problem(findRange(locator.doc, issue.path, issue.key), issue.what, issue.remedy))
    .sort((a, b) => a.line - b.line || a.column - b.column);
  return { ok: false, problems };
}
