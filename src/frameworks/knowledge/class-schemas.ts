/**
 * Classes as schemas of input: what class-validator's `whitelist` keeps, and what GraphQL's input types name.
 * https://docs.nestjs.com/techniques/validation#stripping-properties, https://docs.nestjs.com/openapi/mapped-types
 */
import { MemberKind } from "../../model/lowered.js";
import { superOrigins } from "../../program/linking/class-members.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../program/values/origin.js";

interface ClassRef {
  readonly file: ProgramFile;
  readonly index: number;
}

/** Levels of classes, and of the types made of them. */
const MAX_DEPTH = 12;

/** Names of the fields that a class has, those of its superclasses included; "unknown" when one cannot be read. */
export function fieldsOfClass(ref: ClassRef, queries: OriginQueries): ReadonlySet<string> | "unknown" {
  return fieldsAbove(ref, queries, 0);
}

function fieldsAbove(
  { file, index }: ClassRef,
  queries: OriginQueries,
  depth: number,
): ReadonlySet<string> | "unknown" {
  const info = file.lowered.classes[index];
  if (info === undefined || depth > MAX_DEPTH) return "unknown";
  const found = new Set(
    info.members.flatMap(({ kind, name, static: ofClass }) => (kind === MemberKind.Field && !ofClass ? [name] : [])),
  );
  for (const parent of superOrigins(file, index, queries)) {
    const above = fieldsOf(parent, queries, depth + 1);
    if (above === "unknown") return "unknown";
    for (const name of above) found.add(name);
  }
  return found;
}

function fieldsOf(origin: Origin, queries: OriginQueries, depth: number): ReadonlySet<string> | "unknown" {
  if (origin.kind === "class") return fieldsAbove(origin, queries, depth);
  return origin.kind === "package" ? mapped(origin, queries, depth) : "unknown";
}

/** `PartialType(CreateOrder)`, `OmitType(CreateOrder, ["orgId"] as const)`, `IntersectionType(A, B)` */
function mapped(made: PackageOrigin, queries: OriginQueries, depth: number): ReadonlySet<string> | "unknown" {
  const kind = /(?:^|\.)(Partial|Omit|Pick|Intersection)Type\(\)$/.exec(made.path)?.[1];
  const { site } = made;
  if (kind === undefined || site === null || depth > MAX_DEPTH) return "unknown";
  const given = Array.from(site.fn.args(site.v), (v): Site => ({ ...site, v }));
  const classes = kind === "Intersection" ? given : given.slice(0, 1);
  const found = new Set<string>();
  for (const one of classes) {
    const [origin, ...others] = queries.evaluate(one);
    const fields = origin === undefined || others.length > 0 ? "unknown" : fieldsOf(origin, queries, depth + 1);
    if (fields === "unknown") return "unknown";
    for (const name of fields) found.add(name);
  }
  if (kind !== "Omit" && kind !== "Pick") return found;
  const names = given[1] === undefined ? null : textsIn(given[1], queries);
  if (names === null) return "unknown";
  return new Set([...found].filter((name) => names.has(name) === (kind === "Pick")));
}

function textsIn(list: Site, queries: OriginQueries): ReadonlySet<string> | null {
  const [origin, ...others] = queries.evaluate(list);
  if (origin?.kind !== "literal" || origin.form !== "array" || others.length > 0) return null;
  const { fn, v, frame } = origin.site;
  const texts = new Set<string>();
  for (const item of fn.list(fn.a(v))) {
    const [text] = queries.evaluate({ fn, v: item, frame });
    if (text?.kind !== "constant" || typeof text.value !== "string") return null;
    texts.add(text.value);
  }
  return texts;
}
