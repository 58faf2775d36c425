/** Values of the named parameters in a query builder's conditions. */
import { constant, type Origin, type OriginQueries, type Site, unknown } from "../../program/values/origin.js";
import type { SqlValue } from "../sql/statement.js";
import type { Step } from "./builder-steps.js";
import { fieldsOf } from "./literals.js";
import type { SqlText } from "./sql-text.js";

export class BuilderParameters {
  constructor(
    private readonly steps: readonly Step[],
    private readonly placeholders: readonly string[],
    private readonly assembled: SqlText,
    /** the object that stands beside the condition */
    private readonly beside: Site | undefined,
    private readonly queries: OriginQueries,
  ) {}

  /** What a value of the parsed condition is in the code. */
  values(value: SqlValue): readonly Origin[] {
    if (value.kind === "constant") return [constant(value.text)];
    if (value.kind === "list") {
      return value.items.flatMap((item) => this.values(item));
    }
    if (value.kind === "other") {
      const of = value.placeholders.flatMap((index) => this.values({ kind: "placeholder", index }));
      return [of.length === 0 ? unknown("expression") : { kind: "derived", of, how: value.call || "sql", site: null }];
    }
    if (value.kind !== "placeholder") return [unknown(value.kind)];
    const written = this.placeholders[value.index] ?? "";
    const part = this.assembled.parts.get(written);
    if (part !== undefined) return part.values;
    const name = /[A-Za-z_]\w*/.exec(written)?.[0];
    return name === undefined ? [unknown("placeholder")] : this.#parameter(name);
  }

  /** Values stand beside their condition, or were set for the whole builder. */
  #parameter(name: string): readonly Origin[] {
    const objects = this.beside === undefined ? [] : [this.beside];
    for (const step of this.steps) {
      const { fn, v, frame } = step.site;
      const args = Array.from(fn.args(v), (arg): Site => ({ fn, v: arg, frame }));
      const [first, second] = args;
      if (step.name === "setParameter" && first !== undefined && second !== undefined) {
        const [key] = this.queries.evaluate(first);
        if (key?.kind === "constant" && key.value === name) return this.queries.evaluate(second);
      } else if (step.name === "setParameters" && first !== undefined) objects.push(first);
      else if (/[wW]here$/.test(step.name) && second !== undefined) objects.push(second);
    }
    for (const object of objects) {
      const field = fieldsOf(object, this.queries, null).fields.findLast((item) => item.name === name);
      if (field === undefined) continue;
      return this.queries
        .evaluate(field.site)
        .flatMap((o) => (o.kind === "literal" && o.form === "array" ? this.queries.project(o, ["[]"]) : [o]));
    }
    return [unknown("parameter not found")];
  }
}
