/**
 * One source file as plain data: every function body as a flat list of values in evaluation order, cut into
 * basic blocks. A value's operands are ids of earlier values of the same function, so the list reads as an
 * expression tree and as a control-flow graph at once. Nothing above `src/syntax` sees a syntax node.
 *
 * The stored form is the working form: one `Int32Array` of fixed-size rows per file plus one for operand lists.
 * It costs more bytes than a packed stream and needs no decoding at all.
 */

/** "No such value, string, function or class". */
export const NONE = -1;

/**
 * Operations. Operands are named in the comment in the order a, b, c. `list` operands are an offset into
 * `LoweredFile.tail`; a list starts with its length there, its items follow.
 */
export const Op = {
  Undefined: 0,
  Null: 1,
  True: 2,
  False: 3,
  /** a = string */
  String: 4,
  /** a = string holding the number's text */
  Number: 5,
  /** a = string holding the source text with its slashes and flags */
  Regex: 6,
  /** list of [string, value, string, value, …, string]: texts and values alternate, texts first and last */
  Template: 7,
  /** list of values; an item may be a Spread */
  Array: 8,
  /** list of triples [PropKind, key, value]: key is a string (Named, Getter) or a value (Computed), NONE for Spread; source order */
  Object: 9,
  /** a = how many functions up, b = slot there */
  Var: 10,
  /** a = string: a name that the file does not declare */
  Global: 11,
  This: 12,
  Super: 13,
  /** a = index into the function's params */
  Param: 14,
  /** the value bound by the enclosing catch clause */
  Caught: 15,
  /** a = object, b = name, c = 1 when optional (`?.`) */
  Member: 16,
  /** a = object, b = key value, c = 1 when optional */
  Index: 17,
  /** a = array, b = position, c = 1 when it is the rest from there on */
  Element: 18,
  /** a = object, b = list of strings that are taken out: `{ a, ...rest }` */
  Rest: 19,
  /** a = value, b = fallback when the value is undefined */
  Default: 20,
  /** a = collection, b = IterKind */
  Iterated: 21,
  /** a = callee, b = list of arguments (Spread allowed), c = CallFlag bits | (first type argument + 1) << 2 */
  Call: 22,
  /** as Call */
  New: 23,
  /** a = tag, b = the Template value */
  Tagged: 24,
  /** a = component value (Var, Member, Global; String for an intrinsic tag), b = the props Object value */
  Jsx: 25,
  /** a = module string, b = ImportForm */
  ImportOf: 26,
  /** a = value; only inside lists */
  Spread: 27,
  /** a = operator string, b = value. Includes typeof, void, delete, ++, -- */
  Unary: 28,
  /** a = operator string, b = left, c = right */
  Binary: 29,
  /** a = LogicKind, b = left, c = right */
  Logic: 30,
  /** a = test, b = when true, c = when false */
  Cond: 31,
  Await: 32,
  Yield: 33,
  /** a = value, b = type */
  Cast: 34,
  /** a = function index in the file */
  Closure: 35,
  /** a = class index in the file */
  Class: 36,
  /** a = how many functions up, b = slot there, c = value */
  Store: 37,
  /** a = object, b = name, c = value. An undeclared name that is assigned is a member of Global `globalThis` */
  SetMember: 38,
  /** a = object, b = key value, c = value */
  SetIndex: 39,
  /** opens a block. a = block id, b = handler block or NONE */
  Block: 40,
  /** a = target block */
  Jump: 41,
  /** a = test, b = block when true, c = block when false; both are fresh blocks */
  Branch: 42,
  /** a = value or NONE */
  Return: 43,
  /** a = value */
  Throw: 44,
} as const;
export type Op = (typeof Op)[keyof typeof Op];

export const PropKind = { Named: 0, Computed: 1, Spread: 2, Getter: 3 } as const;
export const LogicKind = { And: 0, Or: 1, Nullish: 2 } as const;
export const IterKind = { Of: 0, In: 1, Await: 2 } as const;
export const ImportForm = { Dynamic: 0, Require: 1 } as const;
/** Flag bits in operand c of Call and New. */
export const CallFlag = { Optional: 1 } as const;
export const CALL_TYPE_SHIFT = 2;

/** Numbers per row of `LoweredFile.code`: op, a, b, c, start offset (NONE when it has none), length. */
export const ROW = 6;

export const FileFlag = {
  UseClient: 1,
  UseServer: 2,
  CommonJs: 4,
  ParseErrors: 8,
  /** only imports, exports and signatures were lowered (client files, generated code) */
  OutlineOnly: 16,
  /** lowering failed; what had been lowered until then is kept */
  Failed: 32,
  Jsx: 64,
} as const;

export const FnFlag = {
  Async: 1,
  Generator: 2,
  Arrow: 4,
  Static: 8,
  /** `'use server'` inside the body */
  UseServer: 16,
  /** overload, abstract or ambient: no body, so no rows and no blocks */
  NoBody: 32,
  /** synthetic function that holds a class's field initialisers as SetMember on This */
  FieldInit: 64,
  /** body left out on purpose (outline) or because lowering it failed: no rows, no blocks, no slots */
  NotLowered: 128,
  Module: 256,
  Constructor: 512,
  Accessor: 1024,
} as const;

/** Found while lowering; lets later stages skip work. */
export const FnHint = {
  Throws: 1,
  Branches: 2,
  /** names a refusal: 401, 403, 404, UNAUTHORIZED, FORBIDDEN, Unauthorized… */
  Refuses: 4,
  /** calls one of its parameters */
  CallsParameter: 8,
  TaggedTemplate: 16,
  Calls: 32,
} as const;

export const SlotKind = {
  Const: 0,
  Let: 1,
  Var: 2,
  Function: 3,
  Class: 4,
  Enum: 5,
  Import: 6,
  Param: 7,
  Catch: 8,
  Namespace: 9,
} as const;

export interface Span {
  /** offset of the first UTF-16 unit */
  readonly start: number;
  readonly length: number;
}

export interface Import {
  /** slot in function 0, NONE for a side-effect import */
  readonly slot: number;
  readonly module: string;
  /** exported name; 'default'; '*' for a namespace; '=' for `import x = require()`; '' for side effects */
  readonly name: string;
  readonly typeOnly: boolean;
}

export type Export =
  /** a slot of function 0 */
  | { readonly kind: "local"; readonly name: string; readonly slot: number; readonly typeOnly: boolean }
  | {
      readonly kind: "from";
      readonly name: string;
      readonly module: string;
      readonly imported: string;
      readonly typeOnly: boolean;
    }
  /** `export * from` (`as` is '' then) or `export * as ns from` */
  | { readonly kind: "star"; readonly module: string; readonly as: string };

/** Annotations by name only, at most three levels deep. */
export type TypeRef =
  | { readonly kind: "name"; readonly name: string; readonly args: readonly TypeRef[] }
  | { readonly kind: "array"; readonly of: TypeRef }
  | { readonly kind: "union"; readonly of: readonly TypeRef[] }
  | { readonly kind: "intersection"; readonly of: readonly TypeRef[] }
  | { readonly kind: "object"; readonly members: readonly TypeMember[] }
  | { readonly kind: "typeof"; readonly name: string }
  | { readonly kind: "index"; readonly of: TypeRef; readonly key: string }
  | { readonly kind: "literal"; readonly value: string }
  | { readonly kind: "function"; readonly returns: TypeRef }
  | { readonly kind: "other" };

export interface TypeMember {
  readonly name: string;
  readonly optional: boolean;
  readonly type: TypeRef;
}

/** `interface` and `type`: shallow. */
export interface TypeDeclaration {
  readonly name: string;
  readonly exported: boolean;
  readonly members: readonly TypeMember[];
  /** what it extends, or what an alias stands for */
  readonly extends: readonly TypeRef[];
}

export interface Param {
  /** '' for a pattern */
  readonly name: string;
  /** index into `types` or NONE */
  readonly type: number;
  readonly optional: boolean;
  readonly hasDefault: boolean;
  readonly rest: boolean;
  /** constructor parameter property: also a member of `this` */
  readonly property: boolean;
  /** values of the function that surrounds the class */
  readonly decorators: readonly number[];
  readonly at: Span;
}

export interface Slot {
  readonly name: string;
  readonly kind: number;
  readonly type: number;
  /** 0, 1 or 2 for "many" */
  readonly stores: number;
  /** value id of the only Store in the declaring function, NONE otherwise */
  readonly storedBy: number;
  /** written from an inner function */
  readonly storedInInner: boolean;
}

export interface LoweredFunction {
  readonly name: string;
  /** index of the enclosing function, NONE for the module body */
  readonly parent: number;
  /** index of the class it is a member of, else NONE */
  readonly class: number;
  readonly at: Span;
  /** declared return type: index into `types` or NONE */
  readonly returns: number;
  /** declared type predicate or assertion (`x is T`, `asserts x`): the parameter's name, else '' */
  readonly asserts: string;
  readonly flags: number;
  readonly hints: number;
  readonly params: readonly Param[];
  readonly slots: readonly Slot[];
  /** first row in `code`, and how many rows */
  readonly codeAt: number;
  readonly valueCount: number;
  readonly blockCount: number;
}

export const MemberKind = { Method: 0, Constructor: 1, Getter: 2, Setter: 3, Field: 4 } as const;

export interface LoweredMember {
  readonly name: string;
  readonly kind: number;
  readonly static: boolean;
  readonly access: "public" | "protected" | "private";
  readonly override: boolean;
  readonly abstract: boolean;
  /** function index, NONE for a field */
  readonly fn: number;
  /** annotation of a field: index into `types` or NONE */
  readonly type: number;
  /** values of the function that surrounds the class */
  readonly decorators: readonly number[];
  readonly at: Span;
}

export interface LoweredClass {
  readonly name: string;
  /** function in which the class stands; decorators and `extends` are values there */
  readonly inFn: number;
  readonly extends: number;
  readonly implements: readonly string[];
  readonly decorators: readonly number[];
  /** function with the instance field initialisers, NONE if there are none */
  readonly init: number;
  /** function with the static field initialisers and blocks, NONE if there are none */
  readonly staticInit: number;
  readonly members: readonly LoweredMember[];
  readonly at: Span;
}

/** A function of (text, dialect, engine version) only: no path, no time. */
export interface LoweredFile {
  readonly flags: number;
  readonly strings: readonly string[];
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  readonly types: readonly TypeRef[];
  readonly typeDeclarations: readonly TypeDeclaration[];
  /** functions[0] is the module body */
  readonly functions: readonly LoweredFunction[];
  readonly classes: readonly LoweredClass[];
  /** offset at which each line starts, in UTF-16 units */
  readonly lineStarts: Int32Array;
  readonly code: Int32Array;
  readonly tail: Int32Array;
  /** `authgap-ignore` comments and other directives that later stages need */
  readonly directives: readonly Directive[];
  /** first syntax error, if any */
  readonly problem: { readonly message: string; readonly at: number } | null;
}

/** A comment `authgap-ignore[-next-line|-file] RULE[, RULE] -- reason`. */
export interface Directive {
  readonly kind: "ignore-line" | "ignore-next-line" | "ignore-file";
  readonly rules: readonly string[];
  /** '' when none was given, which makes the directive void */
  readonly reason: string;
  readonly at: number;
}

export type Dialect = "ts" | "tsx" | "js" | "jsx";
