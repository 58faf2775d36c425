import { narrowCompiler } from "./narrow.js";

/** What lowering needs of the compiler: parser, node guards, tables. */
export type Compiler = ReturnType<typeof narrowCompiler>;

/** Syntax kinds by name. */
export type Kinds = Compiler["SyntaxKind"];

let loading: Promise<Compiler> | undefined;

/**
 * Loads the compiler that ts-morph bundles; the first call pays for it, later ones share the result.
 * A dynamic import, because a run that finds every file in the cache never parses and must not pay the start-up.
 *
 * @returns the part of the compiler that lowering uses
 */
export function loadCompiler(): Promise<Compiler> {
  loading ??= import("ts-morph").then((module) => narrowCompiler(module.ts));
  return loading;
}
