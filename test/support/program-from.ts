/** A linked program from source texts, for tests of what stands above the lowering. */

import { indexProgram } from "../../src/frameworks/program-index.js";
import type { ProgramIndex } from "../../src/frameworks/routing.js";
import type { Dialect } from "../../src/model/lowered.js";
import type { ProjectFile, WorkspacePackage } from "../../src/model/project.js";
import type { SourceFile } from "../../src/program/linking/dependents.js";
import { createModuleResolver } from "../../src/program/linking/module-resolution.js";
import { Program } from "../../src/program/linking/program.js";
import { Evaluator } from "../../src/program/values/evaluate.js";
import type { Knowledge, LinkQueries } from "../../src/program/values/origin.js";
import { loadCompiler } from "../../src/syntax/compiler.js";
import { lowerText } from "../../src/syntax/lower.js";

export interface TestProgram {
  readonly program: Program;
  readonly queries: LinkQueries;
  readonly index: ProgramIndex;
  /** `src/app.ts:12` for an offset in a file */
  at(place: { readonly file: string; readonly start: number }): string;
}

/** Knows nothing about any package. */
export const NO_KNOWLEDGE: Knowledge = {
  call: () => undefined,
  member: () => undefined,
  packageMember: () => undefined,
  parameterMember: () => undefined,
  callSource: () => undefined,
  callByShape: () => undefined,
  handlersOf: () => undefined,
  provided: () => [],
  callbackArguments: () => undefined,
};

const compiler = loadCompiler();

/** Lowers and links files given by their path from the root, in path order. */
export function programFrom(
  files: Readonly<Record<string, string>>,
  options: { readonly knowledge?: Knowledge; readonly packages?: readonly WorkspacePackage[] } = {},
): TestProgram {
  const listed = Object.keys(files)
    .sort()
    .map((path): ProjectFile => {
      const dialect = dialectOf(path);
      return { path, dialect, size: 0, mtimeMs: 0, role: "source", inScope: true };
    });
  const lowered = loweredFrom(files);
  const resolver = createModuleResolver({ files: listed, aliases: [], packages: options.packages ?? [] });
  const program = new Program(lowered, resolver);
  const queries = new Evaluator(program, options.knowledge ?? NO_KNOWLEDGE);
  const at = (place: { readonly file: string; readonly start: number }): string =>
    `${place.file}:${(files[place.file] ?? "").slice(0, place.start).split("\n").length}`;
  return { program, queries, index: indexProgram(program), at };
}

/** Files lowered one by one, in path order. */
export function loweredFrom(files: Readonly<Record<string, string>>): readonly SourceFile[] {
  return Object.keys(files)
    .sort()
    .map((path) => ({ path, lowered: lowerText(compiler, files[path] ?? "", dialectOf(path), { outline: false }) }));
}

function dialectOf(path: string): Dialect {
  const extension = path.slice(path.lastIndexOf(".") + 1);
  if (extension === "tsx" || extension === "jsx") return extension;
  return /^[cm]?js$/.test(extension) ? "js" : "ts";
}
