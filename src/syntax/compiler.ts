import { createRequire } from "node:module";
import { narrowCompiler } from "./narrow.js";

const require = createRequire(import.meta.url);

/** What lowering needs of the compiler: parser, node guards, tables. */
export type Compiler = ReturnType<typeof narrowCompiler>;

/** Syntax kinds by name. */
export type Kinds = Compiler["SyntaxKind"];

let loaded: Compiler | undefined;

/**
 * Loads the compiler that ts-morph bundles; the first call pays for it, later ones share the result. Not at start-up,
 * because a run that finds every file in the cache never parses. By `require`, because `import` of a CommonJS module
 * first searches its text for exports, and this one has nine million characters.
 *
 * @returns the part of the compiler that lowering uses
 */
export function loadCompiler(): Compiler {
  if (loaded === undefined) {
    const module: typeof import("ts-morph") = require("ts-morph");
    loaded = narrowCompiler(module.ts);
  }
  return loaded;
}
