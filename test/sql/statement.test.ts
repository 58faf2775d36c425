import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { reachableConjuncts } from "../../src/frameworks/sql/links.js";
import {
  type ColumnsOf,
  conjunctsFor,
  isSqlError,
  loadSqlParser,
  parseStatement,
  type SqlConjunct,
  type SqlStatement,
} from "../../src/frameworks/sql/statement.js";

beforeAll(() => loadSqlParser());

function parse(sql: string, columnsOf?: ColumnsOf): SqlStatement {
  const result = columnsOf === undefined ? parseStatement(sql) : parseStatement(sql, columnsOf);
  if (isSqlError(result)) throw new Error(`${result.error}: ${sql}`);
  return result;
}

/** `alias.column operator value (position)`, the way a reader would say it. */
function say(conjunct: SqlConjunct): string {
  const value = conjunct.value;
  const right =
    value.kind === "placeholder"
      ? `$${value.index}`
      : value.kind === "column"
        ? `${value.table}.${value.column}`
        : value.kind === "list"
          ? `list${value.items.length}`
          : value.kind;
  return `${conjunct.table}.${conjunct.column} ${conjunct.operator} ${right} ${conjunct.position}`;
}

function reach(sql: string, alias: string, scope = -1): readonly string[] {
  const statement = parse(sql);
  const table = statement.tables.find((t) => t.alias === alias && (scope < 0 || t.scope === scope));
  if (table === undefined) throw new Error(`no ${alias}`);
  return reachableConjuncts(statement, table).map(
    (found) => `${found.table}.${found.conjunct.column} ${found.conjunct.operator} ${found.conjunct.value.kind}`,
  );
}

describe("conditions of one relation", () => {
  it("takes AND apart", () => {
    const statement = parse("select * from run r where r.id = $1 and project_id = $2");
    expect(conjunctsFor(statement, "r").map(say)).toEqual(["r.id = $1 and", "r.project_id = $2 and"]);
    expect(statement.kind).toBe("select");
    expect(statement.tables.map((t) => [t.name, t.alias])).toEqual([["run", "r"]]);
  });

  it("marks what stands under OR, with its branch", () => {
    const found = conjunctsFor(parse("select * from run where id = $1 and (org_id = $2 or public)"), "run");
    expect(found.map(say)).toEqual(["run.id = $1 and", "run.org_id = $2 or", "run.public is true constant or"]);
    expect(found.map((c) => c.or?.branch)).toEqual([undefined, 0, 1]);
  });

  it("shows the null alternative of an optional filter", () => {
    const statement = parse("select * from run where ($1 is null or org_id = $1)");
    expect(statement.conjuncts.map(say)).toEqual([". is null $1 or", "run.org_id = $1 or"]);
  });

  it("marks what is negated", () => {
    const found = conjunctsFor(parse("select * from run where not (org_id = $1) and org_id <> $2"), "run");
    expect(found.map(say)).toEqual(["run.org_id = $1 negated", "run.org_id <> $2 and"]);
  });

  it("keeps duplicated conditions apart", () => {
    expect(conjunctsFor(parse("delete from n where id = $1 and id = $1"), "n")).toHaveLength(2);
  });

  it("reads lists, ANY, null tests, BETWEEN and casts", () => {
    const sql =
      "select * from t where a in ($1, $2) and b = any($3::uuid[]) and $4 = any(c) and d is null and e between $5 and $6 and f = $7::uuid and lower(g) = lower($8) and h not in (1, 2)";
    expect(conjunctsFor(parse(sql), "t").map(say)).toEqual([
      "t.a in list2 and",
      "t.b any $3 and",
      "t.c contains $4 and",
      "t.d is null constant and",
      "t.e between list2 and",
      "t.f = $7 and",
      "t.g = $8 and",
      "t.h not in list2 and",
    ]);
  });

  it("shows a spliced fragment as such", () => {
    const statement = parse("select * from run where $1 and org_id = $2");
    expect(statement.conjuncts.map((c) => c.operator)).toEqual(["fragment", "="]);
  });

  it("ignores 1 = 1", () => {
    expect(parse("select * from run where 1 = 1 and a = $1").conjuncts).toHaveLength(1);
  });
});

describe("joins", () => {
  it("does not let the ON of a LEFT JOIN filter the base table", () => {
    const sql =
      "select * from version v left join template t on v.template_id = t.id and t.project_id = $1 where v.id = $2";
    const statement = parse(sql);
    expect(statement.conjuncts.filter((c) => c.column === "project_id").map(say)).toEqual([
      "t.project_id = $1 outer-join",
    ]);
    expect(conjunctsFor(statement, "t").map((c) => c.position)).toEqual(["and", "and"]);
    expect(reach(sql, "v")).toEqual(["version.id = placeholder"]);
  });

  it("takes a LEFT JOIN with a WHERE on its right side as a filter", () => {
    const sql =
      "select * from version v left join template t on v.template_id = t.id where v.id = $2 and t.project_id = $1";
    expect(reach(sql, "v")).toContain("template.project_id = placeholder");
  });

  it("does not take a null test on the right side as one", () => {
    const sql = "select * from v left join t on v.t_id = t.id and t.org = $1 where t.id is null";
    expect(reach(sql, "v")).toEqual([]);
  });

  it("follows inner joins, USING and comma joins", () => {
    expect(reach("select * from a join b on a.b_id = b.id join c on b.c_id = c.id and c.org_id = $1", "a")).toContain(
      "c.org_id = placeholder",
    );
    expect(reach("select * from a join b using (b_id) where b.org_id = $1", "a")).toContain("b.org_id = placeholder");
    expect(reach("select * from a, b where a.b_id = b.id and b.org_id = $1", "a")).toContain("b.org_id = placeholder");
  });

  it("settles unqualified names with the columns of the tables", () => {
    const columnsOf: ColumnsOf = (table) => (table === "a" ? ["id", "b_id"] : ["id", "org_id"]);
    const known = parse("select * from a join b on a.b_id = b.id where org_id = $1", columnsOf);
    expect(conjunctsFor(known, "b").map(say)).toContain("b.org_id = $1 and");
    const open = parse("select * from a join b on a.b_id = b.id where org_id = $1");
    expect(open.conjuncts.map(say)).toContain(".org_id = $1 and");
  });
});

describe("sub-selects", () => {
  it("binds through a correlated EXISTS", () => {
    const sql =
      "select * from run r where r.id = $1 and exists (select 1 from member m where m.org_id = r.org_id and m.user_id = $2)";
    expect(reach(sql, "r")).toContain("member.user_id = placeholder");
    expect(parse(sql).scopes.map((s) => [s.kind, s.position])).toEqual([
      ["main", "and"],
      ["exists", "and"],
    ]);
  });

  it("does not bind through NOT EXISTS or an EXISTS under OR", () => {
    const inner = "exists (select 1 from member m where m.org_id = r.org_id and m.user_id = $2)";
    expect(reach(`select * from run r where not ${inner}`, "r")).toEqual([]);
    expect(reach(`select * from run r where r.open or ${inner}`, "r")).toEqual([]);
  });

  it("binds through IN (select …)", () => {
    const sql =
      "delete from run where id in (select r.id from run r join app a on a.id = r.app_id where a.org_id = $1)";
    expect(reach(sql, "run")).toContain("app.org_id = placeholder");
  });

  it("lets the anchor scope a recursive CTE", () => {
    const sql = `with recursive related as (
      select * from run where id = $1 and project_id = $2
      union all
      select r.* from run r join related rr on rr.id = r.parent_run_id
    ) select * from related`;
    expect(reach(sql, "r")).toContain("run.project_id = placeholder");
    const open = sql.replace(" and project_id = $2", "");
    expect(reach(open, "r")).not.toContain("run.project_id = placeholder");
  });

  it("carries a condition on a CTE's output to the rows inside", () => {
    expect(reach("with x as (select * from run) select * from x where x.project_id = $1", "run")).toEqual([
      "run.project_id = placeholder",
    ]);
  });

  it("binds a relation by a scoped CTE", () => {
    const sql =
      "with apps as (select id from app where org_id = $1) select * from run r join apps on apps.id = r.app_id";
    expect(reach(sql, "r")).toContain("app.org_id = placeholder");
  });

  it("binds through a UNION only when every branch does", () => {
    const both = (second: string): string =>
      `select * from run r join (select id from app where org_id = $1 union select id from app where ${second}) x on x.id = r.app_id`;
    expect(reach(both("org_id = $1"), "r")).toContain("app.org_id = placeholder");
    expect(reach(both("open"), "r")).not.toContain("app.org_id = placeholder");
  });
});

describe("writes", () => {
  it("reads UPDATE … FROM", () => {
    const sql =
      "update run r set name = $1, owner_id = $2 from app a where a.id = r.app_id and a.org_id = $3 and r.id = $4";
    const statement = parse(sql);
    expect(statement.assignments.map((a) => [a.table, a.column, a.clause])).toEqual([
      ["r", "name", "update"],
      ["r", "owner_id", "update"],
    ]);
    expect(statement.tables.map((t) => [t.name, t.target])).toEqual([
      ["run", true],
      ["app", false],
    ]);
    expect(reach(sql, "r")).toContain("app.org_id = placeholder");
  });

  it("reads DELETE … USING", () => {
    expect(reach("delete from run using app a where a.id = run.app_id and a.org_id = $1", "run")).toContain(
      "app.org_id = placeholder",
    );
  });

  it("reads INSERT with an upsert", () => {
    const statement = parse(
      "insert into t (id, org_id) values ($1, $2) on conflict (id) do update set org_id = excluded.org_id where t.org_id = $2",
    );
    expect(statement.kind).toBe("insert");
    expect(statement.conflict).toEqual(["id"]);
    expect(statement.assignments.map((a) => [a.column, a.value.kind, a.clause])).toEqual([
      ["id", "placeholder", "insert"],
      ["org_id", "placeholder", "insert"],
      ["org_id", "column", "conflict"],
    ]);
    expect(statement.conjuncts.map(say)).toEqual(["t.org_id = $2 and"]);
  });

  it("reads INSERT … SELECT", () => {
    const statement = parse("insert into t (a, b) select x, $1 from s where s.org_id = $2");
    expect(statement.assignments.map((a) => [a.column, a.value.kind])).toEqual([
      ["a", "column"],
      ["b", "placeholder"],
    ]);
  });

  it("reads rows and assignments spliced in by a helper", () => {
    expect(parse("insert into t $1 returning *").assignments.map((a) => [a.column, a.value.kind])).toEqual([
      ["", "placeholder"],
    ]);
    const update = parse("update t set $1 where id in $2 and org_id = $3");
    expect(update.assignments.map((a) => a.column)).toEqual([""]);
    expect(conjunctsFor(update, "t").map(say)).toEqual(["t.id in $2 and", "t.org_id = $3 and"]);
  });

  it("sees a write without any condition", () => {
    expect(parse("update incident set status = $1").conjuncts).toEqual([]);
  });
});

describe("dialects", () => {
  it("numbers foreign placeholders and keeps their names", () => {
    expect(parse("select * from t where a = ? and b = ?").conjuncts.map(say)).toEqual(["t.a = $1 and", "t.b = $2 and"]);
    const named = parse("select * from t where a = :org and b = @user and c = :org and d::text = 'x:y'");
    expect(named.placeholders).toEqual(["", ":org", "@user"]);
    expect(named.conjuncts.map(say)[2]).toBe("t.c = $1 and");
    expect(parse("select * from t where a = {id: UInt64}").conjuncts.map(say)).toEqual(["t.a = $1 and"]);
  });

  it("reads backticks, LIMIT a, b and INSERT IGNORE", () => {
    expect(parse("select * from `t` where `org` = ? limit ?, ?").conjuncts.map(say)).toEqual(["t.org = $1 and"]);
    expect(parse("insert ignore into t (a) values (?)").kind).toBe("insert");
  });

  it("keeps JSON operators", () => {
    expect(parse("select * from t where tags ? 'a' and id = $1").conjuncts.map(say)).toContain("t.id = $1 and");
  });

  it("says when it only counts", () => {
    expect(parse("select count(*) from t where id = $1").countOnly).toBe(true);
    expect(parse("select exists (select 1 from t where id = $1)").countOnly).toBe(true);
    expect(parse("select id from t").countOnly).toBe(false);
  });

  it("gives an error for what it cannot read", () => {
    expect(isSqlError(parseStatement("selec * form t"))).toBe(true);
    expect(isSqlError(parseStatement(""))).toBe(true);
  });

  it("never throws", () => {
    const words = fc.constantFrom(
      "select",
      "*",
      "from",
      "t",
      "where",
      "(",
      ")",
      "a",
      "=",
      "$1",
      "?",
      "or",
      "and",
      "not",
      "in",
      "exists",
      "with",
      "as",
      "join",
      "left",
      "on",
      "'",
      "union",
      "$$",
      "`",
      ",",
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 25 }), (parts) => void parseStatement(parts.join(" "))),
      { numRuns: 1500 },
    );
    fc.assert(fc.property(fc.string(), (text) => void parseStatement(text)));
  });
});

describe("assembled texts", () => {
  it("leaves out pieces of SQL and says which", () => {
    const statement = parse("select count(*) from run r $1 where r.project_id = $2 $3 and ($4) order by $5");
    expect(statement.spliced).toEqual([1, 3]);
    expect(conjunctsFor(statement, "r").map(say)).toEqual(["r.project_id = $2 and"]);
    expect(statement.conjuncts.map((c) => c.operator)).toContain("fragment");
  });

  it("reads around sub-selects and CTEs built elsewhere", () => {
    const statement = parse(
      "with $1, x as ($2) select t.a from ($3) t join run on run.id = t.id where run.org_id = $4",
    );
    expect(statement.spliced).toEqual([1, 2, 3]);
    expect(conjunctsFor(statement, "run").map(say)).toContain("run.org_id = $4 and");
  });

  it("reads braces as placeholders", () => {
    const statement = parse(
      "select * from t where a = {{id::uuid}} and b = {b: DateTime64(3)} and c in {c: Array(String)}",
    );
    expect(statement.conjuncts.map((c) => c.column)).toEqual(["a", "b", "c"]);
  });
});
