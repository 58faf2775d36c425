/** Validation errors in words: what is wrong, and how to repair it. */
import type { z } from "zod";
import { knownKeys } from "./definition.js";

type Issue = z.core.$ZodIssue;

export interface WordedIssue {
  readonly path: readonly PropertyKey[];
  /** the issue is about this key, not about its value */
  readonly key: string;
  readonly what: string;
  readonly remedy: string;
}

/** Number of insertions, deletions and replacements between two words; upper and lower case are the same. */
function distance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * The known word that is most like a misspelled one.
 *
 * @returns '' when none is near: more than a third of the letters differ, and more than two
 */
export function nearest(word: string, known: readonly string[]): string {
  // long input is no misspelling, and the table would be large
  if (word.length > 60) return "";
  let best = "";
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const d = distance(word, candidate);
    if (d < bestDistance && d < candidate.length) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** `exceptions[0].owner`; `the manifest` for the top. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    text += typeof part === "number" ? `[${part}]` : `${text === "" ? "" : "."}${String(part)}`;
  }
  return text === "" ? "the manifest" : text;
}

function lastName(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "" : String(path[path.length - 1]);
}

/** The value at a path of the parsed data, undefined when the path leads nowhere. */
function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let here: unknown = data;
  for (const part of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = Reflect.get(here, part);
  }
  return here;
}

function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value === "string") return `the text '${value.slice(0, 60)}'`;
  return `the ${typeof value} ${String(value)}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: "a text",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
  boolean: "true or false",
};

function unknownKey(issue: { readonly path: readonly PropertyKey[] }, key: string): WordedIssue {
  const known = knownKeys(issue.path);
  const near = nearest(key, known);
  return {
    path: issue.path,
    key,
    what: `'${key}' is not a key of ${issue.path.length === 0 ? "the manifest" : `'${pathText(issue.path)}'`}.`,
    remedy: near === "" ? `Known keys: ${known.join(", ")}.` : `Did you mean '${near}'?`,
  };
}

function wrongType(path: readonly PropertyKey[], expected: string, data: unknown): WordedIssue {
  const value = valueAt(data, path);
  const name = lastName(path);
  if (value === undefined) {
    const holder = path.slice(0, -1);
    const subject = holder.length === 0 ? "The manifest" : `'${pathText(holder)}'`;
    return { path: holder, key: "", what: `${subject} has no '${name}'.`, remedy: `Add '${name}: …'.` };
  }
  const wanted = EXPECTED[expected] ?? expected;
  const remedy =
    expected === "array" && typeof value === "string"
      ? `Write a list: [${JSON.stringify(value)}].`
      : expected === "string" && typeof value !== "object"
        ? `Put it in quotes: "${String(value)}".`
        : `Write ${wanted}.`;
  return { path, key: "", what: `'${pathText(path)}' must be ${wanted} and is ${kindOf(value)}.`, remedy };
}

function wrongValue(path: readonly PropertyKey[], allowed: readonly unknown[], data: unknown): WordedIssue {
  const value = valueAt(data, path);
  if (value === undefined) return wrongType(path, "string", data);
  const near = typeof value === "string" ? nearest(value, allowed.map(String)) : "";
  return {
    path,
    key: "",
    what: `'${pathText(path)}' is ${kindOf(value)}, which is not allowed here.`,
    remedy: near === "" ? `Write one of: ${allowed.map(String).join(", ")}.` : `Did you mean '${near}'?`,
  };
}

/**
 * Puts one validation error into words.
 *
 * @param issue as the validator reports it
 * @param data what was validated, to name the wrong value
 * @returns one worded issue, or one for each unknown key
 */
export function wordIssue(issue: Issue, data: unknown): readonly WordedIssue[] {
  const path = issue.path;
  const plain = (what: string, remedy: string, key = ""): readonly WordedIssue[] => [{ path, key, what, remedy }];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(issue, key));
    case "invalid_type":
      return [wrongType(path, issue.expected, data)];
    case "invalid_value":
      return [wrongValue(path, issue.values, data)];
    case "invalid_format":
      if (issue.format === "date")
        return plain(`'${pathText(path)}' is no date of the calendar.`, "Write year, month and day, as in 2027-01-31.");
      if (lastName(path) === "match")
        return plain(`'${pathText(path)}' needs a method and a path.`, "Write 'GET /orders/:id' or '* /admin/**'.");
      return plain(`'${pathText(path)}' is not well formed.`, "Compare it with the manifest's schema.");
    case "invalid_key": {
      const name = lastName(path);
      return plain(`'${name}' cannot be a key here.`, "Write a rule's code such as AG301, or its name.", name);
    }
    case "too_small":
      return plain(`'${pathText(path)}' is empty.`, "Fill it in, or remove the key.");
    default:
      return plain(`'${pathText(path)}' ${issue.message}.`, "Keep one of the two.");
  }
}
