import type { Dialect, LoweredFile } from "../../src/model/lowered.js";
import { type Compiler, loadCompiler } from "../../src/syntax/compiler.js";
import { lowerText } from "../../src/syntax/lower.js";
import { checkLowered } from "./check-lowered.js";
import { printFunction } from "./print-lowered.js";

/** The compiler, loaded once per test file. */
export const compiler: Compiler = loadCompiler();

/** Lowers a text and insists on a structurally sound result. */
export function lower(text: string, dialect: Dialect = "tsx", outline = false): LoweredFile {
  const file = lowerText(compiler, text, dialect, { outline });
  const problems = checkLowered(file);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return file;
}

/** The module body's values as text. */
export function printModule(text: string, dialect: Dialect = "tsx"): string {
  return printFunction(lower(text, dialect), 0);
}

/** The values of the function of a name, without the ones that only store its parameters when it has none. */
export function printNamed(text: string, name: string, dialect: Dialect = "tsx"): string {
  const file = lower(text, dialect);
  const index = file.functions.findIndex((fn) => fn.name === name);
  if (index < 0) throw new Error(`no function ${name}`);
  return printFunction(file, index);
}

/** Lowers statements as the body of an async function without parameters. */
export function printBody(statements: string, dialect: Dialect = "tsx"): string {
  return printNamed(`async function body() {${statements}}`, "body", dialect);
}
