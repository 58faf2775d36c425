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
  loaded ??= narrowCompiler(compilerAlone() ?? wholeTsMorph().ts);
  return loaded;
}

type TsMorph = typeof import("ts-morph");

function wholeTsMorph(): TsMorph {
  return require("ts-morph");
}

/**
 * The file that ts-morph keeps its compiler in: the rest of ts-morph takes a third more time to load, and with the
 * texts of all library declarations twenty megabytes. Null where that file is not where it was.
 */
function compilerAlone(): TsMorph["ts"] | null {
  try {
    const compiler: Partial<TsMorph["ts"]> = createRequire(require.resolve("ts-morph"))(COMPILER);
    return isWhole(compiler) ? compiler : null;
  } catch {
    return null;
  }
}

const COMPILER = "@ts-morph/common/dist/typescript.js";

function isWhole(compiler: Partial<TsMorph["ts"]>): compiler is TsMorph["ts"] {
  return typeof compiler.createSourceFile === "function" && compiler.SyntaxKind !== undefined;
}
