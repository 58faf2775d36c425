/** Which report goes where: formats and targets as given on the command line. */
import { extname } from "node:path";
import { UserError } from "../base/user-error.js";
import { nearest } from "./failures.js";

export interface Output<Format extends string> {
  readonly format: Format;
  /** '' for standard output */
  readonly file: string;
}

/**
 * Pairs formats with targets. A target is `format=file`, or a plain file for the one format that has none yet.
 * Without any format, a plain file's ending tells it (`.sarif`, `.json`, `.md`), else it is text.
 */
export function pairOutputs<Format extends string>(
  formatLists: readonly string[],
  targets: readonly string[],
  known: readonly Format[],
): Output<Format>[] {
  const formats = formatLists.flatMap((list) => list.split(",")).map((word) => checkedFormat(word.trim(), known));
  const files = new Map<Format, string>();
  const plain: string[] = [];
  for (const target of targets) {
    const pair = splitPair(target, known);
    if (pair) assign(files, pair.format, pair.file);
    else plain.push(target);
  }
  const wanted = [...new Set([...formats, ...files.keys()])];
  for (const file of plain) {
    if (file.trim() === "") throw new UserError("the name of the report file is empty", { where: "--output" });
    const free = wanted.filter((format) => !files.has(format));
    if (free.length > 1) throw ambiguous(file, free);
    const format = free[0] ?? formatByEnding(file, known);
    if (!wanted.includes(format)) wanted.push(format);
    assign(files, format, file);
  }
  if (wanted.length === 0 && known[0] !== undefined) wanted.push(known[0]);
  const unassigned = wanted.filter((format) => !files.has(format));
  if (unassigned.length > 1) throw ambiguous("standard output", unassigned);
  return wanted.map((format) => ({ format, file: files.get(format) ?? "" }));
}

function checkedFormat<Format extends string>(word: string, known: readonly Format[]): Format {
  const found = known.find((format) => format === word.toLowerCase());
  if (found !== undefined) return found;
  const near = nearest(word, known);
  throw new UserError(word === "" ? "a format is missing" : `there is no format '${word}'`, {
    where: "--format",
    hint: `${near ? `did you mean '${near}'? ` : ""}formats: ${known.join(", ")}`,
  });
}

/** `sarif=out.sarif`; a file that merely holds an equals sign is no pair. */
function splitPair<Format extends string>(target: string, known: readonly Format[]) {
  const at = target.indexOf("=");
  const format = known.find((one) => one === target.slice(0, Math.max(0, at)).toLowerCase());
  if (format === undefined) return null;
  const file = target.slice(at + 1);
  if (file.trim() === "") {
    throw new UserError(`the name of the ${format} file is empty`, { where: `--output ${target}` });
  }
  return { format, file };
}

function assign<Format extends string>(files: Map<Format, string>, format: Format, file: string): void {
  if (files.has(format)) {
    throw new UserError(`two files are given for the format '${format}'`, { where: `--output ${file}` });
  }
  if ([...files.values()].includes(file)) {
    throw new UserError("one file is given for two formats", { where: `--output ${file}` });
  }
  files.set(format, file);
}

function formatByEnding<Format extends string>(file: string, known: readonly Format[]): Format {
  const ending = extname(file).slice(1).toLowerCase();
  const name = ending === "md" ? "markdown" : ending;
  const format = known.find((one) => one === name) ?? known[0];
  if (format === undefined) throw new Error("a command has at least one format");
  return format;
}

function ambiguous(target: string, formats: readonly string[]): UserError {
  return new UserError(`several reports are meant for ${target}: ${formats.join(", ")}`, {
    where: "--output",
    hint: `give each its own file, for example --output ${formats[0]}=report.${formats[0]}`,
  });
}
