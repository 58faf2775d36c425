/** Objection: `Order.query().findById(id)`, whose steps are Knex's and some of its own. */
import { Op } from "../../../model/lowered.js";
import type { Origin, OriginQueries, Site } from "../../../program/values/origin.js";
import type { ModelMatcher } from "../../schema/match-model.js";
import { comparison } from "../builder-filter.js";
import type { DataCall } from "../data-call.js";
import { conjunction, toFilter, UNFILTERED } from "../filter-terms.js";
import type { DataLayer } from "../layer.js";
import { receiverClass } from "../model-classes.js";
import { chainFrom } from "../query-chain.js";
import { entityName } from "../typeorm-entities.js";
import { writtenValues } from "../written-values.js";
import { argumentsOf, isKnexCount, KNEX_STEP, knexFilter, knexOperation, tableText } from "./knex-steps.js";

const NO_ALIASES: ReadonlyMap<string, string> = new Map();

export class ObjectionLayer implements DataLayer {
  constructor(private readonly models: ModelMatcher) {}

  mayCall(name: string): boolean {
    return name === "query" || name === "relatedQuery";
  }

  isCall(site: Site, callee: Origin): boolean {
    if (callee.kind !== "package" || callee.module !== "objection") return false;
    return site.fn.op(site.v) === Op.Call && /(?:^|\.)Model(?:\(\))?\.(?:query|relatedQuery)$/.test(callee.path);
  }

  isShape(): boolean {
    return false;
  }

  read(site: Site, callee: Origin, queries: OriginQueries): DataCall | null {
    if (!this.isCall(site, callee)) return null;
    const owner = receiverClass(site, queries);
    const name = owner === null ? "" : entityName(owner);
    const own = this.models.named(name, site.fn.file.path);
    const related = callee.kind === "package" && callee.path.endsWith("relatedQuery");
    const [relation] = related ? argumentsOf(site) : [];
    const word = relation === undefined ? "" : tableText(relation, queries).table;
    const target = own?.relations.find((one) => one.name === word)?.model;
    const model = related ? (target === undefined ? undefined : this.models.named(target)) : own;
    const steps = chainFrom(site, queries, KNEX_STEP);
    const { operation, method } = knexOperation(steps);
    const key = model?.columns.find((column) => column.primary)?.name ?? "id";
    const modifier = (word: string): readonly Origin[] =>
      owner === null || related ? [] : queries.project(owner, ["modifiers", word]);
    const context = { model, models: this.models, queries, use: site, aliases: NO_ALIASES, key, modifier };
    // rows of a relation are found through the row they hang on
    const parents = related
      ? steps
          .filter((step) => step.name === "for")
          .flatMap((step) => argumentsOf(step.site).slice(0, 1))
          .map((arg) => comparison(`${word}.for`, "=", queries.evaluate(arg), arg))
      : [];
    const given = steps.filter((step) => /^(?:insert|update|patch|upsert|merge)/.test(step.name));
    const written = given.flatMap((step) => {
      const args = argumentsOf(step.site);
      return /ById$/.test(step.name) ? args.slice(1, 2) : args.slice(0, 1);
    });
    const reading = operation === "create" ? UNFILTERED : conjunction([...parents, knexFilter(steps, context)]);
    return {
      layer: "objection",
      model: model?.name ?? (related ? word : name),
      operation,
      method,
      site,
      filter: toFilter(reading, site.fn.place(site.v)),
      ...writtenValues(written, queries, model),
      loads: [],
      countOnly: isKnexCount(steps),
      also: [],
    };
  }

  continues(name: string): boolean {
    return KNEX_STEP.test(name);
  }

  callbackArguments(): undefined {
    return undefined;
  }
}
