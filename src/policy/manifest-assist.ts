/** Help while a manifest is written: its mistakes, what may stand at a place, what a key means. */
import { isMap, isPair, isScalar, isSeq, parseDocument, visit } from "yaml";
import type { ManifestProblem } from "../model/policy.js";
import { type Described, describeAt } from "./definition.js";
import { parseManifest } from "./parse-manifest.js";

export interface Suggestion {
  readonly label: string;
  readonly detail: string;
  readonly kind: "key" | "value";
  /** replaces the text between the two offsets */
  readonly insert: string;
  readonly start: number;
  readonly end: number;
}

/** Values that only the project knows, by where they stand. */
export interface KnownValues {
  /** codes and names of rules */
  readonly rules: readonly string[];
  /** `METHOD /path` of the entry points */
  readonly entries: readonly string[];
}

const MARK = "authgapcursor";
const KEY_POSITION = /(?:^|\n)[ \t]*(?:- +)*$|[{,]\s*$/;

type Path = readonly PropertyKey[];

/** Every mistake that the text alone shows. */
export function manifestProblems(text: string, file: string): readonly ManifestProblem[] {
  const parsed = parseManifest(text, file);
  return parsed.ok ? [] : parsed.problems;
}

/** What may be written at an offset. */
export function suggestionsAt(text: string, offset: number, known: KnownValues): readonly Suggestion[] {
  const lead = /[\w$-]*$/.exec(text.slice(0, offset))?.[0] ?? "";
  const tail = /^[\w$-]*/.exec(text.slice(offset))?.[0] ?? "";
  const start = offset - lead.length;
  const end = offset + tail.length;
  const before = text.slice(0, start);
  // an unfinished line is no YAML yet; with a colon it is, where a key may stand
  const marks = KEY_POSITION.test(before) ? [`${MARK}:`, MARK] : [MARK];
  for (const mark of marks) {
    const found = markedPlace(before + mark + text.slice(end));
    const suggestions = found === null ? [] : suggest(found, start, end, known);
    if (suggestions.length > 0) return suggestions;
  }
  return [];
}

/** What the key at an offset means, '' when that is not said. */
export function meaningAt(text: string, offset: number): string {
  const lead = /[\w$-]*$/.exec(text.slice(0, offset))?.[0] ?? "";
  const tail = /^[\w$-]*/.exec(text.slice(offset))?.[0] ?? "";
  const at = offset - lead.length;
  let meaning = "";
  visit(parseDocument(text), {
    Pair(_, pair, ancestors) {
      if (!isScalar(pair.key) || pair.key.range?.[0] !== at || String(pair.key.value) !== lead + tail) return undefined;
      meaning = describeAt([...pathTo(ancestors, pair), String(pair.key.value)]).description;
      return visit.BREAK;
    },
  });
  return meaning;
}

interface Marked {
  readonly path: Path;
  readonly role: "key" | "value";
  /** keys that stand there already */
  readonly taken: readonly string[];
}

function markedPlace(text: string): Marked | null {
  let found: Marked | null = null;
  const isMark = (node: unknown): boolean => isScalar(node) && String(node.value) === MARK;
  visit(parseDocument(text, { strict: false, uniqueKeys: false }), {
    Pair(_, pair, ancestors) {
      const map = ancestors[ancestors.length - 1];
      if (isMark(pair.key) && isMap(map)) {
        const taken = map.items.map((item) => (isScalar(item.key) ? String(item.key.value) : ""));
        found = { path: pathTo(ancestors, pair), role: "key", taken };
      } else if (isMark(pair.value) && isScalar(pair.key)) {
        found = { path: [...pathTo(ancestors, pair), String(pair.key.value)], role: "value", taken: [] };
      }
      return found === null ? undefined : visit.BREAK;
    },
    Scalar(key, node, ancestors) {
      if (!isMark(node) || typeof key !== "number") return undefined;
      found = { path: [...pathTo(ancestors, node), key], role: "value", taken: [] };
      return visit.BREAK;
    },
  });
  return found;
}

/** Keys and indexes that lead to a node whose ancestors are given. */
function pathTo(ancestors: readonly unknown[], node: unknown): Path {
  const path: PropertyKey[] = [];
  for (const [at, one] of ancestors.entries()) {
    const next = ancestors[at + 1] ?? node;
    if (isPair(one) && isScalar(one.key)) path.push(String(one.key.value));
    if (isSeq(one) && next !== node) path.push(one.items.indexOf(next));
  }
  return path;
}

function suggest(marked: Marked, start: number, end: number, known: KnownValues): readonly Suggestion[] {
  const described = describeAt(marked.path);
  const values = marked.role === "key" ? [] : [...described.values, ...ownValues(marked.path, known)];
  const asKeys = marked.role === "key" ? [...described.keys, ...ruleKeys(marked.path, known)] : described.keys;
  return [
    ...values.map((label) => ({
      label,
      detail: described.description,
      kind: "value" as const,
      insert: label,
      start,
      end,
    })),
    ...asKeys
      .filter(({ name }) => !marked.taken.includes(name))
      .map(({ name, description }) => ({
        label: name,
        detail: description,
        kind: "key" as const,
        insert: `${name}: `,
        start,
        end,
      })),
  ];
}

function ownValues(path: Path, { rules, entries }: KnownValues): readonly string[] {
  const [top, , last] = path;
  if (top === "exceptions" && last === "rule") return rules;
  const quoted = entries.map((entry) => JSON.stringify(entry));
  if (top === "exceptions" && last === "subject") return quoted;
  return top === "routes" && path[path.length - 1] === "match" ? quoted : [];
}

function ruleKeys(path: Path, { rules }: KnownValues): Described["keys"] {
  return path.length === 1 && path[0] === "rules" ? rules.map((name) => ({ name, description: "" })) : [];
}
