/** Kysely: `db.selectFrom("orders").where("org_id", "=", x)`; what ends the chain runs it. */
import type { DataModel } from "../../../model/data-model.js";
import type { AccessOperation } from "../../../model/facts.js";
import { NONE, Op, SlotKind } from "../../../model/lowered.js";
import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { foldClauses } from "../builder-filter.js";
import type { DataCall } from "../data-call.js";
import { toFilter, UNFILTERED } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { chainFrom } from "../query-chain.js";
import { writtenValues } from "../written-values.js";
import { argumentsOf, tableText } from "./knex-steps.js";
import { KYSELY_STEP, KyselyConditions } from "./kysely-conditions.js";

const START: ReadonlyMap<string, AccessOperation> = new Map([
  ["selectFrom", "read"],
  ["insertInto", "create"],
  ["replaceInto", "create"],
  ["updateTable", "update"],
  ["deleteFrom", "delete"],
  ["mergeInto", "update"],
]);

export class KyselyLayer implements DataLayer {
  constructor(private readonly models: ModelMatcher) {}

  mayCall(name: string): boolean {
    return START.has(name);
  }

  isCall(site: Site, callee: Origin): boolean {
    if (callee.kind === "function" || callee.kind === "class") return false;
    if (callee.kind === "package") return /kysely/i.test(callee.module) || this.isShape(site);
    return this.isShape(site);
  }

  /** The names of the methods are Kysely's own; an expression builder handed to a callback starts a sub-query. */
  isShape(site: Site): boolean {
    const { fn, v } = site;
    if (fn.op(v) !== Op.Call || !START.has(fn.memberName(fn.callee(v))) || isCallbackBuilder(site)) return false;
    const [first] = fn.args(v);
    return first !== undefined;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    if (!this.isCall(site, callee) || isCallbackBuilder(site)) return null;
    const name = site.fn.memberName(site.fn.callee(site.v));
    const operation = START.get(name) ?? "read";
    const steps = chainFrom(site, queries, KYSELY_STEP);
    const [first] = argumentsOf(site);
    const main = first === undefined ? { table: "", alias: "" } : tableText(first, queries);
    const model = this.models.table(main.table, site.fn.file.path);
    if (model === undefined && callee.kind !== "package") return null;
    const conditions = this.#conditions(main, model, steps, site, queries);
    const given = steps.filter((step) => step.name === "values" || step.name === "set" || step.name === "doUpdateSet");
    return {
      layer: "kysely",
      model: model?.name ?? main.table,
      operation,
      method: name,
      site,
      filter: toFilter(
        operation === "create" ? UNFILTERED : foldClauses(conditions.clauses(steps)),
        site.fn.place(site.v),
      ),
      ...writtenValues(
        given.flatMap((step) => argumentsOf(step.site).slice(0, 1)),
        queries,
        model,
      ),
      loads: [],
      countOnly: false,
      also: [],
    };
  }

  continues(name: string): boolean {
    return KYSELY_STEP.test(name) || /^execute/.test(name);
  }

  /** `db.transaction().execute(async (trx) => …)` */
  callbackArguments(callee: Origin): readonly (readonly Origin[])[] | undefined {
    if (callee.kind !== "package" || !/kysely/i.test(callee.module)) return undefined;
    if (!/\.(?:transaction|startTransaction|connection)\(\).*\.execute$/.test(callee.path)) return undefined;
    let client = callee.previous;
    while (client !== null && /\.(?:transaction|startTransaction|connection)\(\)/.test(client.path)) {
      client = client.previous;
    }
    const before = client?.path.endsWith(".transaction") ? client.previous : client;
    return before === null || before === undefined ? undefined : [[before]];
  }

  #conditions(
    main: { readonly table: string; readonly alias: string },
    model: DataModel | undefined,
    steps: ReturnType<typeof chainFrom>,
    use: Site,
    queries: OriginQueries,
  ): KyselyConditions {
    const aliases = new Map([[main.alias, main.table]]);
    for (const step of steps) {
      const [table] = /join|from|using/i.test(step.name) ? argumentsOf(step.site) : [];
      const named = table === undefined ? null : tableText(table, queries);
      if (named !== null && named.table !== "") aliases.set(named.alias, named.table);
    }
    return new KyselyConditions({ models: this.models, model, aliases, use, queries });
  }
}

/** `(eb) => eb.exists(eb.selectFrom("members")…)`: the builder is a parameter of a function written in place. */
function isCallbackBuilder({ fn, v }: Site): boolean {
  const receiver = fn.a(fn.callee(v));
  if (receiver === NONE || fn.op(receiver) !== Op.Var || fn.parent === null) return false;
  const slot = fn.ancestor(fn.a(receiver))?.info.slots[fn.b(receiver)];
  return (
    slot !== undefined && slot.kind === SlotKind.Param && /^(?:eb|qb|q|exp|expr|builder|b|join|\{)$/.test(slot.name)
  );
}
