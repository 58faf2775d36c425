/** What Kysely's conditions say: triples, expression builders, `$if` and `$call`. */
import type { DataModel } from "../../../model/data-model.js";
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import { siteKey } from "../../../program/values/origin-keys.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { comparison, foldClauses, type SteppedClause } from "../builder-filter.js";
import type { Step } from "../builder-steps.js";
import {
  conjunction,
  disjunction,
  eitherOf,
  negation,
  optional,
  type Reading,
  UNFILTERED,
  UNREAD,
} from "../filter-terms.js";
import { frameInside, isNothing, pushesTo, shapeOf } from "../literals.js";
import { ObjectFilterReader } from "../object-filter.js";
import { PlainDialect } from "../plain-dialect.js";
import { chainFrom, stepsInside } from "../query-chain.js";
import { rawCondition } from "../raw-condition.js";
import { argumentsOf, splitColumn, tableText } from "./knex-steps.js";

export const KYSELY_STEP =
  /^(?:where\w*|having\w*|(?:inner|left|right|full|cross)Join\w*|select\w*|distinct\w*|from|using|set|values|onConflict|doUpdateSet|doNothing|column|columns|constraint|expression|returning\w*|orderBy\w*|groupBy\w*|limit|offset|top|forUpdate|forShare|skipLocked|noWait|union\w*|as|clearWhere|clearSelect|\$if|\$call|\$castTo|\$narrowType|\$asTuple|modifyEnd|ignore|on|onRef|onTrue|with\w*|output\w*)$/;

const MAX_DEPTH = 10;

export interface KyselyContext {
  readonly models: ModelMatcher;
  readonly model: DataModel | undefined;
  readonly aliases: ReadonlyMap<string, string>;
  readonly use: Site;
  readonly queries: OriginQueries;
}

export class KyselyConditions {
  /** lists that are being read */
  readonly #open = new Set<string>();

  constructor(private readonly context: KyselyContext) {}

  clauses(steps: readonly Step[]): readonly SteppedClause[] {
    return steps.flatMap((step) => this.#step(step).map((one) => ({ step, ...one })));
  }

  #step(step: Step): readonly SteppedClause[] {
    const { name, conditional } = step;
    const args = argumentsOf(step.site);
    const { queries } = this.context;
    if (name === "clearWhere") return [{ clause: { how: "clear" }, conditional }];
    if (name === "$call" && args[0] !== undefined) return this.clauses(stepsInside(args[0], queries, KYSELY_STEP));
    if (name === "$if" && args[1] !== undefined) {
      return this.clauses(stepsInside(args[1], queries, KYSELY_STEP)).map((one) => ({ ...one, conditional: true }));
    }
    if (name === "where") return [{ clause: { how: "and", reading: this.#condition(args, 0) }, conditional }];
    if (/Join$/.test(name) && args.length === 2 && args[1] !== undefined) return this.#join(name, args[1], conditional);
    return [];
  }

  #join(name: string, callback: Site, conditional: boolean): readonly SteppedClause[] {
    const inner = stepsInside(callback, this.context.queries, KYSELY_STEP).filter((step) => step.name === "on");
    const readings = inner.map((step) => this.#condition(argumentsOf(step.site), 0));
    if (readings.length === 0) return [];
    const reading = conjunction(readings);
    const outer = /^(?:left|right|full)/.test(name);
    return [{ clause: { how: outer ? "outer" : "and", reading }, conditional }];
  }

  /** `(column, operator, value)` or an expression. */
  #condition(args: readonly Site[], depth: number): Reading {
    const [first, second, third] = args;
    if (first === undefined) return UNFILTERED;
    return second === undefined || third === undefined
      ? this.#expression(first, depth)
      : this.#triple(first, second, third);
  }

  #triple(column: Site, operator: Site, value: Site): Reading {
    const { queries, models, aliases, model, use } = this.context;
    const word = textOf(queries.evaluate(operator)).toLowerCase() || "=";
    const written = textOf(queries.evaluate(column));
    if (written === "") return UNREAD;
    const { alias, column: name } = splitColumn(written.replace(/->.*$/, ""));
    const other = alias === "" ? undefined : models.table(aliases.get(alias) ?? alias, use.fn.file.path);
    const values = queries
      .evaluate(value)
      .flatMap((o) => (o.kind === "literal" && o.form === "array" ? queries.project(o, ["[]"]) : [o]));
    const sub = this.#subquery(value);
    const details = { model: other === undefined || other === model ? "" : other.name };
    const reading = comparison(
      name,
      word,
      sub === null ? values : [{ kind: "unknown", why: "sub-select" }],
      value,
      details,
    );
    if (word === "!=" || word === "<>" || word.startsWith("not") || word === "is not") return negation(reading);
    return sub === null ? reading : conjunction([reading, sub]);
  }

  /** A condition built with an expression builder, a `sql` tag, or a function that is given the builder. */
  #expression(site: Site, depth: number): Reading {
    if (depth > MAX_DEPTH) return UNREAD;
    const shape = shapeOf(site);
    if (shape.kind === "when") return optional(this.#expression(shape.site, depth + 1));
    if (shape.kind === "either") return eitherOf(shape.sites.map((side) => this.#expression(side, depth + 1)));
    const { fn, v } = shape.site;
    if (fn.op(v) === Op.Tagged) return rawCondition(shape.site, null, this.context.queries, () => "");
    if (fn.op(v) === Op.Call) {
      const read = this.#call(shape.site, depth + 1);
      if (read !== null) return read;
    }
    const readings = this.context.queries.evaluate(shape.site).map((origin) => this.#origin(origin, depth + 1));
    return readings.length === 0 ? UNREAD : eitherOf(readings);
  }

  #origin(origin: Origin, depth: number): Reading {
    if (isNothing(origin)) return UNFILTERED;
    if (origin.kind === "function" && origin.fn.hasBody) {
      const { fn } = origin;
      const frame = frameInside(origin);
      return eitherOf(fn.returns.map((row) => this.#expression({ fn, v: fn.a(row), frame }, depth)));
    }
    if ((origin.kind === "package" || origin.kind === "apply" || origin.kind === "derived") && origin.site !== null) {
      const { site } = origin;
      if (site.fn.op(site.v) === Op.Tagged) return rawCondition(site, null, this.context.queries, () => "");
      return site.fn.op(site.v) === Op.Call ? (this.#call(site, depth) ?? UNREAD) : UNREAD;
    }
    return UNREAD;
  }

  /** `eb("a", "=", x)`, `eb.and([…])`, `eb.or({…})`, `eb.exists(…)`, `eb.not(…)`, `a.and(b)`. */
  #call(site: Site, depth: number): Reading | null {
    if (depth > MAX_DEPTH) return UNREAD;
    const { fn, v, frame } = site;
    const args = argumentsOf(site);
    const callee = fn.callee(v);
    const name = fn.op(callee) === Op.Member ? fn.memberName(callee) : "";
    const [first] = args;
    if (name === "" && args.length === 3) return this.#condition(args, depth);
    if (name === "eb" && args.length === 3) return this.#condition(args, depth);
    if (first === undefined) return null;
    if (name === "not") return negation(this.#expression(first, depth));
    if (name === "exists") return this.#subquery(first) ?? UNREAD;
    if (name !== "and" && name !== "or") return this.#plainCall(site, depth);
    const items = args.length === 3 ? [this.#condition(args, depth)] : this.#items(first, depth);
    // `eb("a", "=", 1).or("b", "=", 2)` goes on with what stands before
    const receiver: Site = { fn, v: fn.a(callee), frame };
    const before = fn.op(receiver.v) === Op.Call ? this.#call(receiver, depth + 1) : null;
    const all = before === null ? items : [before, ...items];
    return name === "and" ? conjunction(all) : disjunction(all);
  }

  /** A bare `or(…)` handed out by destructuring. */
  #plainCall(site: Site, depth: number): Reading | null {
    const { fn, v } = site;
    const callee = fn.callee(v);
    if (fn.op(callee) !== Op.Var) return null;
    const name = fn.ancestor(fn.a(callee))?.info.slots[fn.b(callee)]?.name ?? "";
    const [first] = argumentsOf(site);
    if (first === undefined || !/^(?:and|or|not|exists)$/.test(name)) return null;
    if (name === "exists") return this.#subquery(first) ?? UNREAD;
    const items = this.#items(first, depth);
    if (name === "not") return negation(conjunction(items));
    return name === "and" ? conjunction(items) : disjunction(items);
  }

  /** Conditions of a list, with what was pushed to it, or of an object. A list that is made of itself says nothing. */
  #items(site: Site, depth: number): readonly Reading[] {
    const key = siteKey(site);
    if (depth > MAX_DEPTH || this.#open.has(key)) return [UNREAD];
    this.#open.add(key);
    const found = this.#itemsOf(site, depth);
    this.#open.delete(key);
    return found;
  }

  #itemsOf(site: Site, depth: number): readonly Reading[] {
    const { queries, model, use } = this.context;
    const found: Reading[] = [];
    for (const origin of queries.evaluate(site)) {
      if (origin.kind === "literal" && origin.form === "array") {
        const { fn, v, frame } = origin.site;
        for (const item of fn.list(fn.a(v))) {
          if (fn.op(item) !== Op.Spread) found.push(this.#expression({ fn, v: item, frame }, depth + 1));
          else found.push(...this.#items({ fn, v: fn.a(item), frame }, depth + 1).map((one) => optional(one)));
        }
        for (const pushed of pushesTo(origin.site, use)) {
          const reading = this.#expression(pushed.site, depth + 1);
          found.push(pushed.conditional ? optional(reading) : reading);
        }
      } else if (origin.kind === "literal" && origin.form === "object") {
        const reader = new ObjectFilterReader(queries, new PlainDialect(), use);
        found.push(reader.object(origin.site, { prefix: "", model, relation: false }, 0));
      } else if (!isNothing(origin)) found.push(UNREAD);
    }
    return found;
  }

  /** The conditions of `eb.selectFrom("members")…` given as a value. */
  #subquery(site: Site): Reading | null {
    const { queries, models, use } = this.context;
    let start = site;
    while (start.fn.op(start.v) === Op.Call && start.fn.memberName(start.fn.callee(start.v)) !== "selectFrom") {
      const callee = start.fn.callee(start.v);
      if (start.fn.op(callee) !== Op.Member) return null;
      start = { ...start, v: start.fn.a(callee) };
    }
    if (start.fn.op(start.v) !== Op.Call) return null;
    const [table] = argumentsOf(start);
    const main = table === undefined ? { table: "", alias: "" } : tableText(table, queries);
    const model = models.table(main.table, use.fn.file.path);
    const inner = new KyselyConditions({ ...this.context, model, aliases: new Map([[main.alias, main.table]]) });
    const reading = foldClauses(inner.clauses(chainFrom(start, queries, KYSELY_STEP)));
    const name = model?.name ?? main.table;
    const alternatives = reading.alternatives.map((terms) =>
      terms.map((term) => (term.model === "" ? { ...term, model: name } : term)),
    );
    return { alternatives, known: reading.known };
  }
}

function textOf(origins: readonly Origin[]): string {
  const [only] = origins;
  return only?.kind === "constant" && typeof only.value === "string" ? only.value : "";
}
