/**
 * What MySQL and SQLite write otherwise than PostgreSQL, turned into what its grammar reads. It is done to texts that
 * the grammar refused as they were; a tree of the same tables and predicates is wanted, not the same result.
 */

type Rewrite = readonly [pattern: RegExp, to: string];

const TABLE = String.raw`([\w".]+)(?:\s+(?:as\s+)?((?!inner\b|left\b|join\b|set\b|cross\b)\w+))?`;

const REWRITES: readonly Rewrite[] = [
  // `'it\'s'`
  [/\\'/g, "''"],
  // `name = ""`: a text there, and a name of no letters here
  [/(?<![\w"])""(?![\w"])/g, "''"],
  [/&&/g, " and "],
  [/\bselect\s+(?:(?:sql_calc_found_rows|sql_no_cache|straight_join|high_priority|distinctrow)\s+)+/gi, "select "],
  [/\b(?:force|use|ignore)\s+(?:index|key)\s*(?:for\s+\w+(?:\s+by)?\s*)?\([^)]*\)/gi, " "],
  [/\bnot\s+indexed\b|\bindexed\s+by\s+[\w"]+/gi, " "],
  [/\bstraight_join\b/gi, "join"],
  [/\block\s+in\s+share\s+mode\b/gi, "for share"],
  // `a <=> b`, and `a is ?` of SQLite
  [/<=>/g, " is not distinct from "],
  [/\bis\s+not\s+(\$\d+)/gi, "is distinct from $1"],
  [/\bis\s+(\$\d+)/gi, "is not distinct from $1"],
  [/\b(?:regexp|rlike|glob)\b(?:\s+binary\b)?/gi, "like"],
  [/\bwhere\s+binary\s+/gi, "where "],
  [/=\s*binary\s+/gi, "= "],
  [/\bxor\b/gi, "<>"],
  [/\bdiv\b/gi, "/"],
  [/\bmatch\s*\(([^()]*)\)\s*against\s*\(\s*(\$\d+|'[^']*')[^()]*\)/gi, "match_against($1, $2)"],
  [/\bconvert\s*\(([^()]+?)\s+using\s+\w+\s*\)/gi, "($1)"],
  [/\bas\s+(?:unsigned|signed)(?:\s+integer)?\s*\)/gi, "as integer)"],
  [/\bcurrent_timestamp\s*\(\s*\d?\s*\)/gi, "now()"],
  [/\binterval\s+(\$\d+)\s+(?:micro)?(?:second|minute|hour|day|week|month|quarter|year)s?\b/gi, "cast($1 as interval)"],
  [/\binterval\s+(\d+)\s+(second|minute|hour|day|week|month|quarter|year)s?\b/gi, "interval '$1 $2'"],
  [/(\bgroup_concat\s*\([^()]*?)\s+separator\s+(?:'[^']*'|\$\d+)/gi, "$1"],
  [/\bwith\s+rollup\b/gi, " "],
  [/@\w+\s*:=\s*|\$\d+\s*:=\s*/g, " "],
  // rows that are written need no order
  [/^(\s*(?:update|delete)\b[\s\S]*?)\s+order\s+by\s+[^()]*$/i, "$1"],
  // `delete a from a join b on … where …`, without another name
  [
    /^\s*delete\s+("?\w+"?)\s+from\s+\1\s+(?:inner\s+)?join\s+([\w".]+(?:\s+(?:as\s+)?(?!on\b)\w+)?)\s+on\s+([\s\S]+?)\s+where\b/i,
    "delete from $1 using $2 where ($3) and",
  ],
  // `update a join b on … set … where …`
  [
    new RegExp(
      String.raw`^\s*update\s+${TABLE}\s+(?:(?:inner|left|cross)\s+)?join\s+${TABLE}\s+on\s+([\s\S]+?)\s+set\s+([\s\S]+?)\s+where\b`,
      "i",
    ),
    "update $1 $2 set $6 from $3 $4 where ($5) and",
  ],
  // the columns that are set belong to one table; the grammar wants them bare
  [/^(\s*update\s+[\w".]+\s+(\w+)\s+set\s+)\2\.(?=\w)/i, "$1"],
];

/** The text as far as it is spelt in another way than PostgreSQL's. */
export function inPostgres(sql: string): string {
  return REWRITES.reduce((text, [pattern, to]) => text.replace(pattern, to), withInsertedColumns(sql));
}

/** `insert into t set a = ?, b = ?` names its columns beside their values. */
function withInsertedColumns(sql: string): string {
  const found =
    /^\s*(?:insert(?:\s+ignore)?|replace)\s+into\s+([\w".]+)\s+set\s+([\s\S]+?)(\s+on\s+duplicate\b[\s\S]*)?;?\s*$/i.exec(
      sql,
    );
  if (found === null) return sql;
  const [, table = "", assignments = "", rest = ""] = found;
  const pairs = assignments.split(/,(?![^(]*\))/).map((one) => /^\s*([\w"]+)\s*=\s*([\s\S]+?)\s*$/.exec(one));
  if (pairs.some((pair) => pair === null)) return sql;
  const columns = pairs.map((pair) => pair?.[1] ?? "").join(", ");
  const values = pairs.map((pair) => pair?.[2] ?? "").join(", ");
  return `insert into ${table} (${columns}) values (${values})${rest}`;
}
