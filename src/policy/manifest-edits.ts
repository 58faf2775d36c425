/** Entries added to the text of a manifest, the rest untouched. */
import { isMap, isScalar, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";

export interface ManifestEntry {
  /** keys that lead to the list */
  readonly path: readonly string[];
  readonly fields: Readonly<Record<string, string | boolean>>;
}

export interface TextChange {
  readonly start: number;
  readonly end: number;
  readonly insert: string;
}

/** The change that adds an entry to a list of the manifest, or the list with it. */
export function withEntry(text: string, { path, fields }: ManifestEntry): TextChange {
  const item = `{ ${Object.entries(fields)
    .map(([key, value]) => `${key}: ${written(value)}`)
    .join(", ")} }`;
  if (text.trim() === "") return at(0, text.length, `version: 1\n${nested(path, item, 0)}`);
  const doc = parseDocument(text);
  if (!isMap(doc.contents)) return at(text.length, text.length, `${newLine(text)}${nested(path, item, 0)}`);
  return into(text, doc.contents, path, item);
}

function into(text: string, map: YAMLMap, path: readonly string[], item: string): TextChange {
  const [key = "", ...rest] = path;
  const pair = map.items.find((one) => isScalar(one.key) && one.key.value === key);
  if (pair === undefined) return atEndOf(text, map, path, item);
  const { value } = pair;
  if (isMap(value) && rest.length > 0) return into(text, value, rest, item);
  if (isSeq(value) && rest.length === 0) return intoList(text, value, item);
  // the key is there without a value
  const keyEnd = isScalar(pair.key) ? (pair.key.range?.[1] ?? 0) : 0;
  const after = text.indexOf(":", keyEnd) + 1;
  const valueEnd = isScalar(value) ? Math.max(after, value.range?.[1] ?? after) : after;
  const column = columnOf(text, isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : 0);
  const body =
    rest.length === 0 ? `\n${" ".repeat(column + 2)}- ${item}` : `\n${nested(rest, item, column + 2).trimEnd()}`;
  return at(after, valueEnd, body);
}

function intoList(text: string, list: YAMLSeq, item: string): TextChange {
  const last = list.items[list.items.length - 1];
  const end = rangeEnd(last) ?? list.range?.[1] ?? text.length;
  if (list.flow === true) {
    const close = (list.range?.[1] ?? text.length) - 1;
    return list.items.length === 0 ? at(close, close, item) : at(end, end, `, ${item}`);
  }
  const column = columnOf(text, list.range?.[0] ?? 0);
  // behind the line that ends the last entry, so that a comment on it stays with it
  const lineEnd = text.indexOf("\n", text.slice(0, end).trimEnd().length);
  const place = lineEnd < 0 ? text.length : lineEnd;
  return at(place, place, `\n${" ".repeat(column)}- ${item}`);
}

function atEndOf(text: string, map: YAMLMap, path: readonly string[], item: string): TextChange {
  if (map.flow === true) {
    const close = (map.range?.[1] ?? text.length) - 1;
    const inline = [...path].reverse().reduce((inner, key) => `{ ${key}: ${inner} }`, `[${item}]`);
    return at(close, close, `${map.items.length === 0 ? " " : ", "}${inline.slice(2, -2)} `);
  }
  const column = columnOf(text, map.range?.[0] ?? 0);
  const lastValue = map.items[map.items.length - 1]?.value;
  const end = rangeEnd(lastValue) ?? map.range?.[1] ?? text.length;
  const lineEnd = text.indexOf("\n", Math.max(0, end - 1));
  const place = lineEnd < 0 ? text.length : lineEnd + 1;
  const lead = lineEnd < 0 ? "\n" : "";
  return at(place, place, `${lead}${nested(path, item, column)}`);
}

/** `routes:`, below it `rules:`, below it the entry, all indented. */
function nested(path: readonly string[], item: string, column: number): string {
  const lines = path.map((key, level) => `${" ".repeat(column + 2 * level)}${key}:`);
  return `${[...lines, `${" ".repeat(column + 2 * path.length)}- ${item}`].join("\n")}\n`;
}

function rangeEnd(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null) return undefined;
  const range: unknown = Reflect.get(node, "range");
  if (!Array.isArray(range)) return undefined;
  const end: unknown = range[1];
  return typeof end === "number" ? end : undefined;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf("\n", offset - 1) + 1);
}

function newLine(text: string): string {
  return text.endsWith("\n") || text === "" ? "" : "\n";
}

function written(value: string | boolean): string {
  return typeof value === "boolean" || /^(?:[A-Z]{2}\d{3}|\d{4}-\d{2}-\d{2})$/.test(value)
    ? String(value)
    : JSON.stringify(value);
}

function at(start: number, end: number, insert: string): TextChange {
  return { start, end, insert };
}
