/** Classes that stand for models: `Order` in `Order.findAll()`, and a model made by a call and kept in a variable. */
import { Op } from "../../model/lowered.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../program/origin.js";
import { entityName } from "./typeorm-entities.js";

/** Name of the model class that a call is made on, '' when there is none; steps between (`.scope()`) are passed over. */
export function receiverModel(site: Site, queries: OriginQueries): string {
  let { fn, frame } = site;
  let v = fn.callee(site.v);
  for (let i = 0; i < 12; i += 1) {
    if (fn.op(v) === Op.Member || fn.op(v) === Op.Await || fn.op(v) === Op.Cast) v = fn.a(v);
    else return "";
    const found = namedModel(queries.evaluate({ fn, v, frame }));
    if (found !== "") return found;
    if (fn.op(v) === Op.Call) {
      // a scoped model made elsewhere: `this.scope("x")`, or what a helper returns
      const inner = localResult({ fn, v, frame }, queries);
      if (inner !== null) ({ fn, v, frame } = inner);
      v = fn.callee(v);
    }
  }
  return "";
}

function namedModel(origins: readonly Origin[]): string {
  for (const origin of origins) {
    if (origin.kind === "class" || origin.kind === "instance") return entityName(origin);
  }
  return "";
}

/** The call of a package that a local function returns. */
function localResult(site: Site, queries: OriginQueries): Site | null {
  const callees = queries.evaluate({ ...site, v: site.fn.callee(site.v) });
  if (!callees.some((callee) => callee.kind === "function")) return null;
  for (const origin of queries.evaluate(site)) {
    if (origin.kind === "package" && origin.site !== null && origin.site.fn.op(origin.site.v) === Op.Call) {
      return origin.site;
    }
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
