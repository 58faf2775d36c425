/** Convex tables: `defineSchema({ orders: defineTable({ orgId: v.id("organizations") }) })`. */
import type { DataColumn, DataModel } from "../../../model/data-model.js";
import { Op } from "../../../model/lowered.js";
import type { LinkQueries, Site } from "../../../program/values/origin.js";
import type { ProgramIndex } from "../../routing.js";
import { fieldsOf } from "../literals.js";
import { argumentsOf } from "./knex-steps.js";

export function readConvexModels(queries: LinkQueries, index: ProgramIndex): DataModel[] {
  return index.callsOfName("defineSchema").flatMap((site) => {
    const [tables] = argumentsOf(site);
    if (tables === undefined) return [];
    return fieldsOf(tables, queries, null).fields.flatMap(({ name, site: made }) => tableModel(name, made, queries));
  });
}

function tableModel(name: string, site: Site, queries: LinkQueries): readonly DataModel[] {
  const define = defining(site, queries);
  const [shape] = define === null ? [] : argumentsOf(define);
  if (define === null || shape === undefined) return [];
  const columns = fieldsOf(shape, queries, null).fields.map((field) => column(field.name, field.site, queries));
  return [
    {
      name,
      table: name,
      layer: "convex",
      columns: [{ ...plain("_id"), primary: true, unique: true }, ...columns],
      relations: [],
      uniques: [],
      place: define.fn.place(define.v),
    },
  ];
}

/** The `defineTable` below the `.index(…)` calls, here or in the variable named. */
function defining(site: Site, queries: LinkQueries): Site | null {
  for (const origin of queries.evaluate(site)) {
    if (origin.kind !== "package") continue;
    for (let step: typeof origin | null = origin; step !== null; step = step.previous) {
      if (step.site !== null && /(?:^|\.)defineTable\(\)$/.test(step.path)) return step.site;
    }
  }
  return null;
}

/** `v.id("organizations")`, `v.optional(v.id("users"))` */
function column(name: string, site: Site, queries: LinkQueries): DataColumn {
  const { fn, v } = site;
  if (fn.op(v) !== Op.Call) return plain(name);
  const kind = fn.memberName(fn.callee(v));
  const [first] = argumentsOf(site);
  if (kind === "optional" && first !== undefined) return { ...column(name, first, queries), optional: true };
  if (kind !== "id" || first === undefined) return plain(name);
  const [target] = queries.evaluate(first);
  return { ...plain(name), references: target?.kind === "constant" ? String(target.value) : "" };
}

function plain(name: string): DataColumn {
  return { name, dbName: name, type: "", optional: false, unique: false, primary: false, references: "" };
}
