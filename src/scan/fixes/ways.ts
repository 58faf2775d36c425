/** How a sibling is guarded, done to another entry: one function for each form that frameworks know. */
import type { EntryPoint, Step } from "../../model/facts.js";
import type { Span } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { type Argument, callArguments, timesNamed } from "./call-text.js";
import { type FixSource, insertion, type TextEdit, textAt } from "./fix-source.js";

/** Edits of the entry's file, and the code in them that means what it means in the sibling's file. */
export interface Way {
  readonly title: string;
  readonly edits: readonly TextEdit[];
  readonly code: string;
}

export function wayOf(sibling: EntryPoint, step: Step, entry: EntryPoint, source: FixSource): Way | null {
  switch (step.kind) {
    case "middleware":
    case "guard":
    case "hook":
      return step.place.file === sibling.registration.file && /^@?UseGuards\(/.test(textAt(step.place, source))
        ? decorated(sibling, step, entry, source)
        : withArgument(sibling, step, entry, source);
    case "decorator":
      return decorated(sibling, step, entry, source);
    case "builder":
      return builtOn(sibling, step, entry, source);
    case "wrapper":
      return wrapped(sibling, entry, source);
    case "inline":
      return null;
  }
}

/** Each entry is a sibling of many, and each finding asks about all of its own. */
const known = new WeakMap<FixSource, Map<string, readonly Argument[]>>();

/** The arguments of the call that stands at a place. */
function argumentsAt({ file, start }: Place, source: FixSource): readonly Argument[] {
  const read = known.get(source) ?? new Map<string, readonly Argument[]>();
  known.set(source, read);
  const key = `${file}:${start}`;
  const args = read.get(key) ?? callArguments(source.text(file), start);
  read.set(key, args);
  return args;
}

/** `router.post("/x", requireUser, handler)`, `app.get("/x", { preHandler: [requireUser] }, handler)` */
function withArgument(sibling: EntryPoint, step: Step, entry: EntryPoint, source: FixSource): Way | null {
  const theirs = argumentsAt(sibling.registration, source);
  const own = argumentsAt(entry.registration, source);
  const name = (step.name.split(".").at(-1) ?? "").replace(/[$.*+?^()[\]{}|\\]/g, "\\$&");
  const guard = theirs.slice(1, -1).find(({ text }) => isGuard(text, name));
  const first = own.findLast(({ text }) => /^["'`]/.test(text));
  const next = first === undefined ? undefined : own[own.indexOf(first) + 1];
  if (guard === undefined || next === undefined) return null;
  // options of its own would have to be joined with theirs
  if (guard.text.startsWith("{") && next.text.startsWith("{")) return null;
  return {
    title: `Put '${guard.text}' before the handler, as its siblings do`,
    edits: [insertion(next.start, `${guard.text}, `)],
    code: guard.text,
  };
}

function isGuard(text: string, name: string): boolean {
  if (new RegExp(`^(?:[\\w$]+\\.)*${name}\\b`).test(text)) return true;
  const options =
    /^\{\s*(?:preHandler|onRequest|preValidation|beforeHandler|beforeHandle)\s*:\s*([^{}\n]+?),?\s*\}$/.exec(text);
  return options?.[1] !== undefined && new RegExp(`(?:^|[^\\w$])${name}\\b`).test(options[1]);
}

/** `@UseGuards(JwtAuthGuard)` above a method. */
function decorated(sibling: EntryPoint, step: Step, entry: EntryPoint, source: FixSource): Way | null {
  const text = source.text(entry.place.file);
  if (step.place.file !== sibling.place.file) return null;
  const decorator = textAt(step.place, source).replace(/^@/, "");
  const line = text.lastIndexOf("\n", entry.place.start - 1) + 1;
  const lead = /^(\s*)(?:(?:public|private|protected|override|async)\s+)*$/.exec(text.slice(line, entry.place.start));
  if (lead === null || !/^[A-Z]\w*\([^\n]*\)$/.test(decorator)) return null;
  const indent = lead[1] ?? "";
  return {
    title: `Add '@${decorator}', as its siblings have it`,
    edits: [insertion(line + indent.length, `@${decorator}\n${indent}`)],
    code: decorator,
  };
}

/** `protectedProcedure` where `publicProcedure` stands. */
function builtOn(sibling: EntryPoint, step: Step, entry: EntryPoint, source: FixSource): Way | null {
  const [theirs, own] = [sibling, entry].map(({ registration: { file, start } }) => baseName(source.text(file), start));
  if (theirs === undefined || own === undefined || theirs === own || theirs !== step.name) return null;
  const { start } = entry.registration;
  return {
    title: `Build it on '${theirs}', as its siblings are`,
    edits: [{ start, end: start + own.length, insert: theirs }],
    code: theirs,
  };
}

function baseName(text: string, start: number): string | undefined {
  return /^[\w$]+(?=\s*\.)/.exec(text.slice(start, start + 80))?.[0];
}

/** `export const GET = withAuth(handler)`, for a handler that is written out or named. */
function wrapped(sibling: EntryPoint, entry: EntryPoint, source: FixSource): Way | null {
  const around = wrapperOf(sibling, source);
  const { file, start } = entry.place;
  const text = source.text(file);
  const declared = /^(?:export\s+)?(async\s+)?function\s+([\w$]+)\s*\(/.exec(text.slice(start, start + 200));
  const handler = functionFrom(file, start, source);
  if (around === null || handler === null) return null;
  const { before, after, name } = around;
  const title = `Wrap the handler in '${name}', as its siblings are`;
  const code = `${before} ${after}`;
  const end = insertion(handler.start + handler.length, after);
  if (declared === null) {
    if (!/(?:=|export default)\s*$/.test(text.slice(Math.max(0, handler.start - 40), handler.start))) return null;
    return { title, edits: [insertion(handler.start, before), end], code };
  }
  const exported =
    /(?:^|\n)export\s+$/.test(text.slice(Math.max(0, start - 20), start)) || declared[0].startsWith("export");
  const keyword = text.indexOf(declared[1] ?? "function", start);
  // what is called before it stands would no longer be there
  if (!exported || keyword < 0 || timesNamed(declared[2] ?? "", text) > 1) return null;
  return {
    title,
    edits: [insertion(keyword, `const ${declared[2]} = ${before}`), { ...end, insert: `${after};` }],
    code,
  };
}

/** What stands before and behind the handler of an entry that is wrapped by one call. */
function wrapperOf(
  { registration }: EntryPoint,
  source: FixSource,
): { readonly before: string; readonly after: string; readonly name: string } | null {
  const { file, start } = registration;
  const name = /^[\w$.]+(?=\()/.exec(source.text(file).slice(start, start + 120))?.[0];
  const args = argumentsAt(registration, source);
  const handler = args.findIndex(({ text: one }) => /^(?:async\b|\(|function\b)/.test(one) || /^[\w$]+$/.test(one));
  const others = args.filter((_, index) => index !== handler);
  if (name === undefined || handler < 0 || others.some((one) => /\n|=>/.test(one.text))) return null;
  const before = args.slice(0, handler).map((one) => `${one.text}, `);
  const after = args.slice(handler + 1).map((one) => `, ${one.text}`);
  return { name, before: `${name}(${before.join("")}`, after: `${after.join("")})` };
}

/** The first function that begins within or after the head of a declaration. */
function functionFrom(file: string, start: number, source: FixSource): Span | null {
  const functions = source.file(file)?.lowered.functions ?? [];
  const found = functions.slice(1).filter(({ at, parent }) => parent === 0 && at.start + at.length > start);
  const [first] = found.map(({ at }) => at).sort((a, b) => a.start - b.start);
  return first === undefined || first.start > start + 200 ? null : first;
}
