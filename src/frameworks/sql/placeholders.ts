/**
 * Query text comes with `$1`, `?`, `:name`, `@name`, `{name:Type}` and in several dialects. Before the PostgreSQL grammar
 * reads it, foreign placeholders become `$n` and foreign quoting becomes double quotes; strings and comments stay as they are.
 */

export interface RewrittenSql {
  readonly text: string;
  /** `$n` → what stood there: `$1`, `?`, `:name`; index 0 is unused */
  readonly originals: readonly string[];
}

/** Strings, quoted names, comments and dollar-quoted bodies: no placeholder is sought inside. */
const OPAQUE =
  /'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$/y;
const NUMBERED = /\$(\d{1,5})/y;
const POSITIONED = /\?(\d{1,5})/y;
const NAMED = /[:@$]([A-Za-z_]\w*)/y;
/** `$(id)`, `$<id>`, `$[ids:csv]` of pg-promise */
const BRACKETED = /\$(?:\(\s*(\w+)[^()]*\)|<\s*(\w+)[^<>]*>|\[\s*([A-Za-z_]\w*)[^[\]]*\])/y;
const TYPED = /\{\{\s*([A-Za-z_]\w*)[^{}]*\}\}|\{\s*([A-Za-z_]\w*)\s*:\s*[A-Za-z][\w(), ]*\}/y;

class Rewriter {
  private readonly out: string[] = [];
  private readonly originals: string[] = [""];
  private readonly names = new Map<string, number>();
  private readonly questions: boolean;

  constructor(private readonly source: string) {
    const numbered = [...source.matchAll(/\$(\d{1,5})/g)].map((match) => Number(match[1]));
    // a text with `$1` uses `?` as a JSON operator
    this.questions = numbered.length === 0;
    for (let index = 1; index <= Math.max(0, ...numbered); index++) this.originals.push(`$${index}`);
  }

  run(): RewrittenSql {
    let at = 0;
    while (at < this.source.length) at = this.step(at);
    return { text: this.out.join(""), originals: this.originals };
  }

  private match(pattern: RegExp, at: number): RegExpExecArray | null {
    pattern.lastIndex = at;
    return pattern.exec(this.source);
  }

  private step(at: number): number {
    const char = this.source[at] ?? "";
    if (char === "$") {
      const bracketed = this.match(BRACKETED, at);
      const name = bracketed?.[1] ?? bracketed?.[2] ?? bracketed?.[3];
      if (bracketed !== null && name !== undefined) return this.placeholder(`:${name}`, name, at + bracketed[0].length);
    }
    if ("'\"`-/$".includes(char)) {
      const opaque = this.match(OPAQUE, at) ?? this.match(NUMBERED, at);
      if (opaque !== null) return this.opaque(opaque[0], at);
    }
    if (char === "?" && this.isQuestion(at)) {
      // `?1` of SQLite says which value it takes
      const numbered = this.match(POSITIONED, at);
      if (numbered !== null) return this.placeholder(`$${numbered[1]}`, `?${numbered[1]}`, at + numbered[0].length);
      return this.placeholder("?", "", at + 1);
    }
    if (char === "{") {
      const typed = this.match(TYPED, at);
      if (typed !== null) return this.placeholder(typed[0], typed[1] ?? typed[2] ?? "", at + typed[0].length);
    }
    if (":@$".includes(char) && this.startsName(at)) {
      const named = this.match(NAMED, at);
      if (named !== null) return this.placeholder(named[0], named[1] ?? "", at + named[0].length);
    }
    this.out.push(char);
    return at + 1;
  }

  private opaque(found: string, at: number): number {
    this.out.push(found.startsWith("`") ? `"${found.slice(1, -1).replaceAll('"', "")}"` : found);
    return at + found.length;
  }

  private isQuestion(at: number): boolean {
    const next = this.source[at + 1] ?? " ";
    const before = this.source[at - 1] ?? " ";
    return this.questions && !"|&?".includes(next) && before !== "@" && before !== "?";
  }

  /** `::type`, `a:b` in a slice and `@>` are no placeholders. */
  private startsName(at: number): boolean {
    const before = this.source[at - 1] ?? " ";
    return !/[\w:@<\])"]/.test(before);
  }

  private placeholder(original: string, name: string, next: number): number {
    let index = name === "" ? 0 : (this.names.get(name) ?? 0);
    if (index === 0) {
      index = this.originals.push(original) - 1;
      if (name !== "") this.names.set(name, index);
    }
    this.out.push(`$${index}`);
    return next;
  }
}

/** Rewrites foreign placeholders and quoting into PostgreSQL's. */
export function rewritePlaceholders(source: string): RewrittenSql {
  return new Rewriter(source).run();
}

/**
 * Second attempt for text that the grammar refused: helper values spliced where a list, a table or an assignment belongs
 * (`insert into t ${row}`, `set ${row}`, `in ${ids}`) and the common spellings of MySQL and SQLite.
 * A spliced name becomes the quoted name `"$n"`, which the reader turns back into "unknown, from placeholder n".
 */
export function relaxDialect(sql: string): string {
  return (
    sql
      .replace(/\binsert\s+or\s+\w+\s+into\b/gi, "insert into")
      .replace(/\binsert\s+ignore\s+into\b/gi, "insert into")
      .replace(/^\s*replace\s+into\b/i, "insert into")
      .replace(/\bon\s+duplicate\s+key\s+update\b[\s\S]*$/i, "on conflict do nothing")
      // MySQL limits writes, and deletes from one of several joined tables
      .replace(/^(\s*(?:update|delete)\b[\s\S]*?)\s+limit\s+(?:\$\d+|\d+)\s*;?\s*$/i, "$1")
      .replace(
        /^\s*delete\s+"?(\w+)"?\s+from\s+([\w".]+)\s+(?:as\s+)?"?\1"?\s+(?:inner\s+)?join\s+([\w".]+(?:\s+(?:as\s+)?\w+)?)\s+on\s+([\s\S]+?)\s+where\b/i,
        "delete from $2 $1 using $3 where ($4) and",
      )
      .replace(/\blimit\s+(\$\d+|\d+)\s*,\s*(\$\d+|\d+)/gi, "limit $2 offset $1")
      .replace(/\b(insert\s+into\s+[\w".]+)\s+(\$\d+)(?!\s*\.)/gi, '$1 ("$2") values ($2)')
      .replace(/\bset\s+(\$\d+)(?=\s*(?:,|where\b|from\b|returning\b|;|$))/gi, 'set "$1" = $1')
      .replace(/\b(in|values)\s+(\$\d+)/gi, "$1 ($2)")
      .replace(/\b(from|join|update|into)\s+(\$\d+)/gi, '$1 "$2"')
      .replace(/\.\s*(\$\d+)/g, '."$1"')
      .replace(/\bfinal\b(?=\s+(?:where|prewhere|join|left|as|group|order|limit|$))/gi, "")
      .replace(/\b(?:any|all|semi|anti|asof|global)\s+(?=(?:left|inner|right|full)\s+join\b)/gi, "")
      .replace(/\bprewhere\b/gi, "where")
      .replace(/\b(?:settings|format)\s+\w[\w\s=,.']*$/i, "")
      .replace(/(^|[\s(,=])\[(?=[^\]]*\])/g, "$1array[")
      .replaceAll("==", "=")
  );
}
