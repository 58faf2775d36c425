/**
 * The PostgreSQL grammar, loaded only when a project has SQL to read, and small guards that narrow its untyped tree.
 * Everything that leaves this file is `unknown` narrowed by shape: a tree of another version loses detail, never the run.
 */

export type SqlNode = Readonly<Record<string, unknown>>;

type Parse = (text: string) => unknown;

let parser: Parse | null = null;
let loading: Promise<void> | null = null;

/** Loads the grammar once. Must be awaited before anything in this folder parses; later calls cost nothing. */
export function loadSqlParser(): Promise<void> {
  loading ??= import("libpg-query").then(async (grammar) => {
    await grammar.loadModule();
    parser = (text) => grammar.parseSync(text);
  });
  return loading;
}

/** `at` is the offset at which the grammar gave up, -1 when it does not say. */
export type SqlTree = { readonly statements: readonly SqlNode[] } | { readonly error: string; readonly at: number };

/** Parses PostgreSQL text; every failure is an error value. Statements come unwrapped: `{ SelectStmt: {…} }`. */
export function parseSqlTree(text: string): SqlTree {
  if (parser === null) return { error: "the SQL grammar is not loaded", at: -1 };
  try {
    const tree = parser(text);
    const statements = list(field(tree, "stmts")).map((entry) => field(entry, "stmt"));
    return { statements: statements.filter(isNode) };
  } catch (problem) {
    const at = field(field(problem, "sqlDetails"), "cursorPosition");
    const error = problem instanceof Error ? problem.message : "syntax error";
    return { error, at: typeof at === "number" ? at : -1 };
  }
}

export function isNode(value: unknown): value is SqlNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Property of a node, undefined for anything that is no node. */
export function field(value: unknown, name: string): unknown {
  return isNode(value) ? value[name] : undefined;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The grammar wraps each node as `{ Kind: body }`. */
export function unwrap(value: unknown): { readonly kind: string; readonly body: SqlNode } {
  if (isNode(value)) {
    for (const kind in value) {
      const body = value[kind];
      if (isNode(body)) return { kind, body };
    }
  }
  return { kind: "", body: {} };
}

/** Body of a node of one kind, null for another kind. */
export function bodyOf(value: unknown, kind: string): SqlNode | null {
  const body = field(value, kind);
  return isNode(body) ? body : null;
}

/** `String` node as text. */
export function stringOf(value: unknown): string {
  return text(field(field(value, "String"), "sval"));
}

/** Name list such as `[schema, name]` as texts. */
export function strings(value: unknown): readonly string[] {
  return list(value)
    .map(stringOf)
    .filter((part) => part !== "");
}
