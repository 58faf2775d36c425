/** Why a file is left out: what its path, name and size tell while listing, and what its text tells after reading. */
import type { Dialect } from "../model/lowered.js";
import type { FileRole } from "../model/project.js";

/** Files above this are not parsed unless asked for. */
export const MAX_FILE_BYTES = 2_000_000;
/** No hand-written source has a line this long. */
const MAX_LINE = 50_000;
const HEADER = 500;
const BINARY_HEAD = 8_192;

const SOURCE_NAME = /\.(?:[cm]?ts|tsx|[cm]?js|jsx)$/;

/** The dialect of a source file by its name; null for anything else. */
export function dialectOf(name: string): Dialect | null {
  if (!SOURCE_NAME.test(name)) return null;
  if (name.endsWith(".tsx")) return "tsx";
  if (name.endsWith(".jsx")) return "jsx";
  return name.endsWith("ts") ? "ts" : "js";
}

/** Folders whose name says it wherever they stand. */
const MARKED_FOLDERS: Readonly<Record<string, FileRole>> = {
  __tests__: "test",
  __test__: "test",
  __mocks__: "test",
  __fixtures__: "test",
  __generated__: "generated",
  _generated: "generated",
  __stories__: "story",
};

/** Folders whose name is an ordinary word, which may also be part of a URL. */
const WORD_FOLDERS: Readonly<Record<string, FileRole>> = {
  test: "test",
  tests: "test",
  e2e: "test",
  cypress: "test",
  playwright: "test",
  seed: "seed",
  seeds: "seed",
  seeders: "seed",
  generated: "generated",
};

/**
 * The role that a folder gives to the files below it. Where folders spell URLs (`app/api/test/route.ts`) an ordinary
 * word is a path segment and says nothing: an open test endpoint is just what must be found.
 */
export function folderRole(name: string, spellsUrls: boolean): FileRole {
  const marked = Object.hasOwn(MARKED_FOLDERS, name) ? MARKED_FOLDERS[name] : undefined;
  if (marked !== undefined) return marked;
  const word = !spellsUrls && Object.hasOwn(WORD_FOLDERS, name) ? WORD_FOLDERS[name] : undefined;
  return word ?? "source";
}

/** `(group)`, `[parameter]`: names that only file-based routing gives */
const ROUTING_FOLDER = /^(?:\(.+\)|\[.+\])$/;

/** Do folders below `name`, itself below `parent`, spell URLs (file-based routing)? */
export function startsUrls(name: string, parent: string): boolean {
  if (name === "routes" || ROUTING_FOLDER.test(name)) return true;
  return name === "api" && (parent === "app" || parent === "pages" || parent === "server");
}

const TEST_NAME = /[._](?:test|spec|e2e|cy|test-d|bench)\.[cm]?[jt]sx?$|\.e2e-spec\.[jt]s$/;
const STORY_NAME = /\.(?:stories|story)\.[cm]?[jt]sx?$/;
const SEED_NAME = /^seed\.[cm]?[jt]s$|\.(?:seed|seeder)\.[jt]s$/;
const GENERATED_NAME = /\.generated\.[cm]?[jt]sx?$|\.gen\.[cm]?[jt]sx?$|[._]pb\.[jt]s$/;
const DECLARATION_NAME = /\.d\.(?:[\w-]+\.)?[cm]?ts$/;
const MINIFIED_NAME = /[.-]min\.[cm]?js$/;

export interface NamedFile {
  readonly name: string;
  readonly size: number;
  /** role of the folder it is in, from `folderRole` */
  readonly folder: FileRole;
  /** name of that folder */
  readonly folderName: string;
  /** file names are URLs there as well (`routes/models.seed.ts`) */
  readonly spellsUrls: boolean;
  readonly maxBytes: number;
}

/** The role by name, folder and size; what cannot be analysed at all comes first. */
export function roleByName(file: NamedFile): FileRole {
  if (file.size > file.maxBytes) return "too-large";
  if (DECLARATION_NAME.test(file.name)) return "declaration";
  if (MINIFIED_NAME.test(file.name)) return "minified";
  if (file.folder !== "source") return file.folder;
  if (GENERATED_NAME.test(file.name)) return "generated";
  if (TEST_NAME.test(file.name)) return "test";
  if (STORY_NAME.test(file.name)) return "story";
  const seeds = SEED_NAME.test(file.name) || (file.folderName === "prisma" && file.name.startsWith("seed"));
  return seeds && !file.spellsUrls ? "seed" : "source";
}

const GENERATED_HEADER = /@generated\b|\bDO NOT (?:EDIT|MODIFY)\b/;
const GENERATED_SENTENCE =
  /\b(?:file|code|module)\b[^.\n]{0,20}\b(?:auto(?:matically)?[- ]?generated|generated automatically)\b/i;

/** The role that a text shows: `binary`, `minified`, `generated` or `source`. Call it after reading a source file. */
export function classifyText(text: string | Uint8Array): FileRole {
  const decoded = typeof text === "string" ? text : Buffer.from(text.buffer, text.byteOffset, text.length).toString();
  if (looksBinary(decoded)) return "binary";
  if (hasLongLine(decoded)) return "minified";
  const head = commentsOf(decoded.slice(0, HEADER));
  return GENERATED_HEADER.test(head) || GENERATED_SENTENCE.test(head) ? "generated" : "source";
}

/** A NUL, or more than one character in ten that is no UTF-8. Two leading bytes FF FE (UTF-16) decode to such as well. */
function looksBinary(text: string): boolean {
  const head = text.length > BINARY_HEAD ? text.slice(0, BINARY_HEAD) : text;
  if (head.includes("\0")) return true;
  let broken = 0;
  for (let at = head.indexOf("\ufffd"); at >= 0; at = head.indexOf("\ufffd", at + 1)) broken++;
  return broken > 2 && broken * 10 > head.length;
}

function hasLongLine(text: string): boolean {
  if (text.length <= MAX_LINE) return false;
  let start = 0;
  while (start + MAX_LINE < text.length) {
    // the last line break within reach; looking backwards skips thousands of characters at a time
    const end = text.lastIndexOf("\n", start + MAX_LINE);
    if (end < start) return true;
    start = end + 1;
  }
  return false;
}

/** The comment lines of a head: the words in a string or an error message do not make a file generated. */
function commentsOf(head: string): string {
  return head
    .split("\n")
    .filter((line) => /^\s*(?:\/\/|\/?\*|#!)/.test(line))
    .join("\n");
}
