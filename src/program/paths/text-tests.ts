/** Tests of texts that are written out: `"/admin/jobs".startsWith("/admin")`, `["/a", "/b"].includes("/a")`. */
import { Op } from "../../model/lowered.js";
import { constant, type LinkQueries, type Origin } from "../values/origin.js";
import { distinct } from "../values/origin-keys.js";

/** methods that only change how a text is written */
export const TEXT_FORMS: ReadonlySet<string> = new Set(["toUpperCase", "toLowerCase", "trim"]);

/** Methods of a text that are answered when both sides are known. */
export const TEXT_TESTS: ReadonlySet<string> = new Set(["startsWith", "endsWith", "includes"]);

/** How `path.split("?")` is marked when the path is written out: its first part is the path itself. */
export const WITHOUT_QUERY = "split at the query";

/** True when a split by this separator leaves written-out paths whole. */
export function splitsOffQuery(receiver: readonly Origin[], separator: readonly Origin[] | undefined): boolean {
  const [only, ...others] = separator ?? [];
  if (others.length > 0 || only?.kind !== "constant" || (only.value !== "?" && only.value !== "#")) return false;
  return textsOf(receiver)?.every((text) => text.startsWith("/") && !text.includes("?")) === true;
}

const MAX_TEXT = 200;

/** @returns undefined when something about it is open */
export function foldTest(
  receiver: readonly Origin[],
  name: string,
  argument: readonly Origin[] | undefined,
): readonly Origin[] | undefined {
  if (argument === undefined || argument.length === 0) return undefined;
  if (name === "test") return foldPattern(receiver, argument);
  const texts = textsOf(receiver);
  const parts = textsOf(argument);
  if (texts === null || parts === null) return undefined;
  return distinct(texts.flatMap((text) => parts.flatMap((part) => answer(text, name, part))).map(constant));
}

function answer(text: string, name: string, part: string): readonly boolean[] {
  switch (name) {
    case "startsWith":
      return [text.startsWith(part)];
    case "endsWith":
      return [text.endsWith(part)];
    case "includes":
      return [text.includes(part)];
    default:
      return [];
  }
}

/** `permissions.includes(Permission.Public)` where the list and what is sought in it are written out. */
export function foldMembership(
  receiver: readonly Origin[],
  name: string,
  argument: readonly Origin[] | undefined,
  queries: LinkQueries,
): readonly Origin[] | undefined {
  if (name !== "includes" || receiver.length !== 1 || argument?.length !== 1) return undefined;
  const sought = writtenValue(argument[0]);
  const items = sought === null ? null : writtenItems(receiver[0], queries);
  // a constant may be the very value that a package's enumeration gives its member
  if (items === null || items.some((item) => item.of !== sought?.of)) return undefined;
  return [constant(items.some((item) => item.value === sought?.value))];
}

/** A value that can be compared with others of the same kind: constants, members of one package's enumerations. */
interface WrittenValue {
  readonly of: string;
  readonly value: string;
}

function writtenItems(list: Origin, queries: LinkQueries): readonly WrittenValue[] | null {
  const items = elementsOf(list, queries).map((one) => (one.length === 1 ? writtenValue(one[0]) : null));
  const known = items.filter((item) => item !== null);
  return known.length > 0 && known.length === items.length ? known : null;
}

function elementsOf(list: Origin, queries: LinkQueries): readonly (readonly Origin[])[] {
  if (list.kind === "derived" && list.how === "rest") return list.of.map((one) => [one]);
  if (list.kind !== "literal" || list.form !== "array" || list.partly === true) return [];
  const { fn, v, frame } = list.site;
  return Array.from(fn.list(fn.a(v)), (item) => queries.evaluate({ fn, v: item, frame }));
}

/** A constant, or the member of an enumeration that a package exports. */
function writtenValue(origin: Origin): WrittenValue | null {
  if (origin.kind === "constant") return { of: "", value: `${typeof origin.value} ${String(origin.value)}` };
  if (origin.kind !== "package" || origin.module === "") return null;
  return /^[A-Z]\w*\.[A-Za-z]\w*$/.test(origin.path) ? { of: origin.module, value: origin.path } : null;
}

function textsOf(origins: readonly Origin[]): readonly string[] | null {
  const found: string[] = [];
  for (const origin of origins) {
    if (origin.kind !== "constant" || typeof origin.value !== "string") return null;
    found.push(origin.value);
  }
  return found.length > 0 ? found : null;
}

/** `/^\/admin/.test(path)`: patterns come from the scanned code, so only those that cannot run long are tried. */
function foldPattern(receiver: readonly Origin[], argument: readonly Origin[]): readonly Origin[] | undefined {
  const [pattern] = receiver;
  const texts = textsOf(argument);
  if (receiver.length !== 1 || pattern.kind !== "literal" || pattern.form !== "regex" || texts === null)
    return undefined;
  const written = pattern.site.fn.text(pattern.site.fn.a(pattern.site.v));
  const [, source, flags] = /^\/(.*)\/([iu]*)$/.exec(written) ?? [];
  if (source === undefined || source.length > MAX_TEXT || !isCheap(source)) return undefined;
  if (texts.some((text) => text.length > MAX_TEXT)) return undefined;
  try {
    const compiled = new RegExp(source, flags);
    return distinct(texts.map((text) => constant(compiled.test(text))));
  } catch {
    return undefined;
  }
}

/** At most two repetitions, none of a group. */
function isCheap(source: string): boolean {
  const plain = source.replace(/\\./g, "_").replace(/\[[^\]]*\]/g, "_");
  return !/\)[*+{]/.test(plain) && (plain.match(/[*+{]/g)?.length ?? 0) <= 2;
}

/** Truth of `list.includes(text)` and `list.some(test)` as far as they were made of what is written out. */
export function truthOfTest(how: string, of: readonly Origin[]): boolean | undefined {
  if (how === "some") return truthOfSome(of);
  const [holder, ...texts] = of;
  const [text] = texts;
  if (holder === undefined || text === undefined) return undefined;
  if (how === "test") return texts.length === 1 ? truthOfAnswer(foldPattern([holder], [text])) : undefined;
  if (how !== "includes" && how !== "has") return undefined;
  const list = holder.kind === "derived" && holder.how === "Set" ? holder.of[0] : holder;
  if (list === undefined) return undefined;
  if (list.kind !== "literal" || list.form !== "array") return undefined;
  const { fn, v } = list.site;
  const items = Array.from(fn.list(fn.a(v)));
  if (!items.every((item) => fn.op(item) === Op.String)) return undefined;
  // of several texts that it may be each is in the list, or none
  const answers = texts.map((one) =>
    one.kind === "constant" ? items.some((item) => fn.text(fn.a(item)) === one.value) : undefined,
  );
  return answers.every((answer) => answer === answers[0]) ? answers[0] : undefined;
}

function truthOfAnswer(answer: readonly Origin[] | undefined): boolean | undefined {
  const only = answer?.length === 1 ? answer[0] : undefined;
  return only?.kind === "constant" ? only.value === true : undefined;
}

function truthOfSome(of: readonly Origin[]): boolean | undefined {
  const answers = of.filter((o) => o.kind !== "literal");
  if (answers.length === 0 || answers.length === of.length) return undefined;
  if (answers.some((o) => o.kind === "constant" && o.value === true)) return true;
  return answers.every((o) => o.kind === "constant" && o.value === false) ? false : undefined;
}
