import type { ts } from "ts-morph";
import { type Dialect, FileFlag, FnFlag, FnHint, type LoweredFile, NONE, Op } from "../model/lowered.js";
import { registerChains } from "./chains.js";
import { registerClasses } from "./classes.js";
import type { Compiler } from "./compiler.js";
import { lowerBlockStatements, registerDeclarations } from "./declarations.js";
import { findDirectives, startsWithDirective } from "./directives.js";
import { nodeTraits } from "./effects.js";
import { addFunction, registerFunctions } from "./functions.js";
import { registerJsx } from "./jsx.js";
import { lineStarts } from "./lines.js";
import { registerLiterals } from "./literals.js";
import { registerLoops } from "./loops.js";
import { HandlerTable, Lowering, type Tables, Workspace } from "./lowering.js";
import { registerModules } from "./modules.js";
import { registerOperators } from "./operators.js";
import { registerStatements } from "./statements.js";
import { declareHoistedVars } from "./variables.js";

/** What refusing looks like in a text: codes, error names, redirects. Only a hint for where to look. */
const REFUSAL = /\b40[134]\b|unauthori[sz]ed|unauthenticated|forbidden|not_?found|denied|redirect/gi;

export interface LowerOptions {
  /** imports, exports, signatures and classes only: no bodies */
  readonly outline: boolean;
}

/**
 * Parses one file and lowers it to plain data. Never throws: what cannot be lowered is flagged.
 *
 * @param compiler see `loadCompiler`
 * @param text the file's text; all offsets in the result count its UTF-16 units
 * @returns a function of the arguments only: no path, no time
 */
export function lowerText(compiler: Compiler, text: string, dialect: Dialect, options: LowerOptions): LoweredFile {
  try {
    const source = parse(compiler, text, dialect);
    const low = new Lowering(compiler, tablesOf(compiler), source, text, options.outline);
    lowerModule(low);
    return finish(low);
  } catch (error) {
    return failed(text, error instanceof Error ? error.message : String(error));
  }
}

function parse(compiler: Compiler, text: string, dialect: Dialect): ts.SourceFile {
  const { ScriptKind } = compiler;
  const kind = { ts: ScriptKind.TS, tsx: ScriptKind.TSX, js: ScriptKind.JS, jsx: ScriptKind.JSX }[dialect];
  const options = { languageVersion: compiler.LatestTarget, jsDocParsingMode: compiler.ParseNoJsDoc };
  return compiler.createSourceFile(`file.${dialect}`, text, options, false, kind);
}

const tablesByCompiler = new WeakMap<Compiler, Tables>();

function tablesOf(compiler: Compiler): Tables {
  const known = tablesByCompiler.get(compiler);
  if (known !== undefined) return known;
  const K = compiler.SyntaxKind;
  const expressions = new HandlerTable(K.Count, (low) => low.emit(Op.Undefined));
  const statements = new HandlerTable(K.Count, () => NONE);
  for (const register of [
    registerLiterals,
    registerChains,
    registerOperators,
    registerFunctions,
    registerClasses,
    registerJsx,
  ])
    register(expressions, K);
  for (const register of [registerDeclarations, registerStatements, registerLoops, registerModules])
    register(statements, K);
  const tokens = Array.from({ length: K.Count }, (_, kind) => compiler.tokenToString(kind) ?? "");
  const workspace = new Workspace();
  const tables: Tables = {
    workspace,
    expressions,
    statements,
    block: lowerBlockStatements,
    traits: nodeTraits(compiler),
    tokens,
  };
  tablesByCompiler.set(compiler, tables);
  return tables;
}

function lowerModule(low: Lowering): void {
  const { statements } = low.source;
  addFunction(low, "", { start: 0, length: low.text.length }, FnFlag.Module, NONE);
  low.body.reset(0);
  low.pushScope();
  if (startsWithDirective(low.compiler, statements, "use client")) low.flags |= FileFlag.UseClient;
  if (startsWithDirective(low.compiler, statements, "use server")) low.flags |= FileFlag.UseServer;
  if (low.outline) low.flags |= FileFlag.OutlineOnly;
  if (low.hasVar) declareHoistedVars(low, statements);
  lowerBlockStatements(low, statements);
  low.leaveBody(null);
}

function finish(low: Lowering): LoweredFile {
  const problem = syntaxProblem(low.source) ?? (low.failure === "" ? null : { message: low.failure, at: 0 });
  if (low.failure === "" && problem !== null) low.flags |= FileFlag.ParseErrors;
  markRefusals(low);
  return {
    flags: low.flags,
    strings: low.strings,
    imports: low.imports,
    exports: low.exports,
    types: low.types.refs,
    typeDeclarations: low.typeDeclarations.map((type) =>
      low.exportedTypes.has(type.name) ? { ...type, exported: true } : type,
    ),
    functions: low.functions,
    classes: low.classes,
    lineStarts: lineStarts(low.text),
    code: low.code.toArray(),
    tail: low.tail.toArray(),
    directives: findDirectives(low.compiler, low.source, low.text),
    problem,
  };
}

/** Sets the hint on every function whose text names a refusal, the ones around it included. */
function markRefusals(low: Lowering): void {
  const offsets = Array.from(low.text.matchAll(REFUSAL), (match) => match.index);
  if (offsets.length === 0) return;
  for (const fn of low.functions) {
    const { start, length } = fn.at;
    let from = 0;
    for (let to = offsets.length; from < to; ) {
      const middle = (from + to) >> 1;
      if (offsets[middle] < start) from = middle + 1;
      else to = middle;
    }
    if (from < offsets.length && offsets[from] < start + length) fn.hints |= FnHint.Refuses;
  }
}

/** The parser keeps its complaints in a field that its typings leave out. */
function syntaxProblem(source: ts.SourceFile): LoweredFile["problem"] {
  if (!("parseDiagnostics" in source) || !Array.isArray(source.parseDiagnostics)) return null;
  const first: unknown = source.parseDiagnostics[0];
  if (typeof first !== "object" || first === null || !("messageText" in first) || !("start" in first)) return null;
  const message = typeof first.messageText === "string" ? first.messageText : "syntax error";
  return { message, at: typeof first.start === "number" ? first.start : 0 };
}

/** A file of which nothing could be lowered: an empty module body. */
function failed(text: string, message: string): LoweredFile {
  return {
    flags: FileFlag.Failed,
    strings: [],
    imports: [],
    exports: [],
    types: [],
    typeDeclarations: [],
    functions: [
      {
        name: "",
        parent: NONE,
        class: NONE,
        at: { start: 0, length: text.length },
        returns: NONE,
        asserts: "",
        flags: FnFlag.Module | FnFlag.NotLowered,
        hints: 0,
        params: [],
        slots: [],
        codeAt: 0,
        valueCount: 0,
        blockCount: 0,
      },
    ],
    classes: [],
    lineStarts: lineStarts(text),
    code: new Int32Array(0),
    tail: new Int32Array(0),
    directives: [],
    problem: { message, at: 0 },
  };
}
