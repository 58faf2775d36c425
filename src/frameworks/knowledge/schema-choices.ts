/** What a schema says of a value of the request: which words it may be (`z.enum(["member", "admin"])`), whether it is there. */
import { PropKind } from "../../model/lowered.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, PackageOrigin, SourceOrigin } from "../../program/values/origin.js";

const MAX_STEPS = 12;

/** The words, null when no schema is known or it names none. */
export function choicesOfSchema(value: SourceOrigin, queries: LinkQueries): readonly string[] | null {
  const { schema, path } = value;
  if (schema === undefined || schema.callee.kind !== "package") return null;
  const { callee } = schema;
  for (const names of waysInto(path, schema.path)) {
    const words = fieldAt(callee, names, queries).flatMap((field) => [...wordsOf(field, queries)]);
    if (words.length > 0) return [...new Set(words)].sort();
  }
  return null;
}

/** Whether what was sent has to have it: a schema that lists it neither lets it be missing nor makes something up for it. */
export function isDemandedBySchema({ schema, path }: SourceOrigin, queries: LinkQueries): boolean {
  if (schema === undefined || schema.callee.kind !== "package" || !path.startsWith(`${schema.path}.`)) return false;
  const names = path.slice(schema.path.length + 1).split(".");
  if (names.length !== 1 || LOOSENED.test(schema.callee.path)) return false;
  const fields = fieldAt(schema.callee, names, queries);
  return fields.length > 0 && fields.every((field) => !MAY_BE_MISSING.test(field.path));
}

const LOOSENED = /(?:^|\.)(?:partial|deepPartial|optional|nullish|or|union|catch)\(\)/;
const MAY_BE_MISSING =
  /(?:^|\.)(?:optional|nullish|nullable|default|catch|prefault|any|unknown|or|union|undefined)\(\)/;

/** Names from what was parsed to the value; where it is not known what was, any end of the path may be one. */
function waysInto(path: string, parsed: string): readonly (readonly string[])[] {
  const names = (of: string): readonly string[] => of.split(".").filter((name) => name !== "[]" && name !== "");
  if (path === parsed || path.startsWith(`${parsed}.`)) return [names(path.slice(parsed.length))];
  const all = names(path);
  return parsed === "?" ? all.map((_, at) => all.slice(at)) : [];
}

/** What a schema of lists says of their elements; the schema itself where it is none of lists. */
export function schemaOfElements(schema: PackageOrigin, queries: LinkQueries): PackageOrigin {
  let step: PackageOrigin | null = schema;
  for (let count = 0; step !== null && count < MAX_STEPS; count += 1, step = step.previous) {
    const { site } = step;
    if (site === null || !/(?:^|\.)array\(\)$/.test(step.path)) continue;
    const [first] = site.fn.args(site.v);
    // `z.object({ … }).array()`
    if (first === undefined) return step.previous?.previous ?? schema;
    const [only, ...others] = queries.evaluate({ ...site, v: first });
    return only?.kind === "package" && others.length === 0 ? only : schema;
  }
  return schema;
}

/** The schema of a field of an object's schema. */
export function fieldAt(
  schema: PackageOrigin,
  names: readonly string[],
  queries: LinkQueries,
): readonly PackageOrigin[] {
  const [name, ...others] = names;
  if (name === undefined) return [schema];
  let step: PackageOrigin | null = schema;
  for (let count = 0; step !== null && count < MAX_STEPS; count += 1, step = step.previous) {
    const { site } = step;
    if (site === null || !/\.?(?:object|strictObject|extend|merge)\(\)$/.test(step.path)) continue;
    const [first] = site.fn.args(site.v);
    if (first === undefined) continue;
    for (const shape of queries.evaluate({ ...site, v: first })) {
      if (shape.kind !== "literal" || shape.form !== "object") continue;
      const { fn, v, frame } = shape.site;
      const prop = [...fn.props(v)].findLast((one) => one.kind === PropKind.Named && one.name === name);
      if (prop === undefined) continue;
      const found = queries.evaluate({ fn, v: prop.value, frame });
      return found.flatMap((one) =>
        one.kind === "package"
          ? [...fieldAt(others.length === 0 ? one : schemaOfElements(one, queries), others, queries)]
          : [],
      );
    }
  }
  return [];
}

function wordsOf(schema: PackageOrigin, queries: LinkQueries): readonly string[] {
  let step: PackageOrigin | null = schema;
  for (let count = 0; step !== null && count < MAX_STEPS; count += 1, step = step.previous) {
    if (step.site === null || !/(?:^|\.)(?:enum|nativeEnum|literal|picklist)\(\)$/.test(step.path)) continue;
    const { fn, v, frame } = step.site;
    const [first] = fn.args(v);
    return first === undefined ? [] : textsIn(queries.evaluate({ fn, v: first, frame }), queries);
  }
  return [];
}

function textsIn(origins: readonly Origin[], queries: LinkQueries): readonly string[] {
  const inner = origins.flatMap((o) => (o.kind === "literal" ? [...queries.project(o, ["[]"])] : [o]));
  return leaves(inner).flatMap((o) => {
    if (o.kind === "constant" && typeof o.value === "string") return [o.value];
    return o.kind === "package" && o.site === null && o.path.includes(".") ? [o.path.split(".").at(-1) ?? ""] : [];
  });
}
