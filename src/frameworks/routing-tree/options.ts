/** Options objects of registrations (`{ prefix, preHandler: [...] }`): where each option is written. */
import { Op, PropKind } from "../../model/lowered.js";
import { writesToLiteral } from "../../program/values/writes.js";
import { at, type Spot } from "./spot.js";
import type { Values } from "./values.js";

const MAX_DEPTH = 12;

/** Places of an option's value: one, unless the object itself has alternatives; none when it is not given. */
export function optionSpots(object: Spot, name: string, values: Values, depth = 0): readonly Spot[] {
  return writtenObjects(object, values, depth).flatMap((spot) => [...inObject(spot, name, values, depth)]);
}

function inObject(object: Spot, name: string, values: Values, depth: number): readonly Spot[] {
  const { fn, v } = object;
  const written = writesToLiteral(fn, v).filter((write) => write.name === name);
  if (written.length > 0) return written.map((write) => ({ ...object, v: write.value }));
  for (const prop of [...fn.props(v)].reverse()) {
    if (prop.kind === PropKind.Named && prop.name === name) return [{ ...object, v: prop.value }];
    if (prop.kind !== PropKind.Spread) continue;
    const inner = optionSpots({ ...object, v: prop.value }, name, values, depth + 1);
    if (inner.length > 0) return inner;
  }
  return [];
}

/** Whether the object, or something that is spread into it, could not be read: it may hold more options. */
export function hasUnreadOptions(object: Spot, values: Values, depth = 0): boolean {
  const objects = writtenObjects(object, values, depth);
  if (objects.length === 0) return !isNothing(object, values);
  return objects.some((spot) =>
    [...spot.fn.props(spot.v)].some(
      (prop) => prop.kind === PropKind.Spread && hasUnreadOptions({ ...spot, v: prop.value }, values, depth + 1),
    ),
  );
}

/** Whether a value is an object that is written out somewhere. */
export function isOptions(spot: Spot, values: Values): boolean {
  return writtenObjects(spot, values, 0).length > 0;
}

function isNothing(spot: Spot, values: Values): boolean {
  return values.of(spot).every((o) => o.kind === "constant");
}

/** The object literals that a value may be; the items of loops stay bound where the literal stands in the call. */
function writtenObjects(spot: Spot, values: Values, depth: number): readonly Spot[] {
  const { fn, v } = spot;
  if (depth > MAX_DEPTH) return [];
  if (fn.op(v) === Op.Object) return [spot];
  if (fn.op(v) === Op.Cast || fn.op(v) === Op.Await || fn.op(v) === Op.Spread) {
    return writtenObjects({ ...spot, v: fn.a(v) }, values, depth + 1);
  }
  if (fn.op(v) === Op.Var) {
    const definition = values.definition(spot);
    if (definition !== null) return writtenObjects(definition, values, depth + 1);
  }
  return values.of(spot).flatMap((o) => (o.kind === "literal" && o.form === "object" ? [at(o.site)] : []));
}
