/** Classes that stand for models: `Order` in `Order.findAll()`, and a model made by a call and kept in a variable. */
import { Op } from "../../model/lowered.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../program/values/origin.js";
import { entityName } from "./typeorm-entities.js";

/** Name of the model class that a call is made on, '' when there is none; steps between (`.scope()`) are passed over. */
export function receiverModel(site: Site, queries: OriginQueries): string {
  const found = receiverClass(site, queries);
  return found === null ? "" : entityName(found);
}

export type ModelClass = Extract<Origin, { kind: "class" | "instance" }>;

/** The model class itself. */
export function receiverClass(site: Site, queries: OriginQueries): ModelClass | null {
  let at: Site | null = { ...site, v: site.fn.callee(site.v) };
  for (let i = 0; i < MAX_STEPS && at !== null; i += 1) {
    const { fn, v }: Site = at;
    const op = fn.op(v);
    if (op === Op.Call) {
      const callee: Site = { ...at, v: fn.callee(v) };
      // a scoped model made elsewhere: what a helper returns
      at = madeBy(at, queries, (origins) => origins.some((origin) => origin.kind === "function")) ?? callee;
      continue;
    }
    if (op === Op.Member || op === Op.Await || op === Op.Cast) at = { ...at, v: fn.a(v) };
    else if (op === Op.Var) at = packageSite(queries.evaluate(at));
    else return null;
    const found = at === null ? null : classAmong(queries.evaluate(at));
    if (found !== null) return found;
  }
  return null;
}

const MAX_STEPS = 16;

function classAmong(origins: readonly Origin[]): ModelClass | null {
  for (const origin of origins) if (origin.kind === "class" || origin.kind === "instance") return origin;
  return null;
}

/** The call of a package that a call of something of the project's own comes down to. */
function madeBy(call: Site, queries: OriginQueries, own: (origins: readonly Origin[]) => boolean): Site | null {
  const callees = queries.evaluate({ ...call, v: call.fn.callee(call.v) });
  return own(callees) ? packageSite(queries.evaluate(call)) : null;
}

function packageSite(origins: readonly Origin[]): Site | null {
  for (const origin of origins) {
    if (origin.kind !== "package" || origin.site === null) continue;
    if (origin.site.fn.op(origin.site.v) === Op.Call) return origin.site;
  }
  return null;
}

/** The call that made a model, on the way of a package value: `model("Order", schema)`, `sequelize.define("order", …)`. */
export function makingCall(origin: PackageOrigin, pattern: RegExp): Site | null {
  for (let step: PackageOrigin | null = origin; step !== null; step = step.previous) {
    if (step.site !== null && pattern.test(step.path)) return step.site;
  }
  return null;
}
