import type { ts } from "ts-morph";

/** The compiler's namespace: parser, node guards, tables. */
export type Compiler = typeof ts;

let loading: Promise<Compiler> | undefined;

/**
 * Loads the compiler that ts-morph bundles; the first call pays for it, later ones share the result.
 * A dynamic import, because a run that finds every file in the cache never parses and must not pay the start-up.
 *
 * @returns the compiler's namespace
 */
export function loadCompiler(): Promise<Compiler> {
  loading ??= import("ts-morph").then((module) => module.ts);
  return loading;
}
