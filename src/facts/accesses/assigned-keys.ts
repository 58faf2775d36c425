/** Which keys a whole object of the request can set when it is written as it is: what its schema allows, or anything. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import { namesOfSchema } from "../../frameworks/knowledge/input-schemas.js";
import type { RawEntry } from "../../frameworks/routing.js";
import type { TenancyModel } from "../../model/data-model.js";
import type { WrittenKey } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, Site, SourceOrigin } from "../../program/values/origin.js";
import { lastName } from "../ranks/role-values.js";
import { normalizeKey } from "../tenancy/tenancy.js";
import { schemaOfStep } from "./checked-bodies.js";
import { callOf } from "./reach-details.js";
import type { ModelIndex } from "./written-keys.js";

/** Bodies that nothing but the handler looks at. */
const RAW_BODY = /^body(?:\.[^.]+)?$/;
/** Arguments of an operation have passed the type that the schema gives them. */
const TYPED_ARGUMENT = /^args(?:\.[^.]+)?$/;
/** what a procedure is given has passed a schema, which may be as wide as the table */
const PROCEDURES: ReadonlySet<string> = new Set(["trpc", "orpc"]);
const MAX_LEVELS = 8;
/** frameworks whose own schemas look at the body before the handler does, unless the route has none */
const VALIDATING: ReadonlySet<string> = new Set(["trpc", "orpc", "fastify", "elysia", "graphql"]);

/** True when schemas outside of the handler decide what it is given. */
export function isChecked({ framework, unchecked }: Pick<RawEntry, "framework" | "unchecked">): boolean {
  return VALIDATING.has(framework) && unchecked !== true;
}

/** What was shown of a value: that it is the caller's, or that it is wherever it was sent. */
export interface ShownValues {
  isVerified(value: Origin): boolean;
  ifGiven(value: Origin): boolean;
}

/** Keys of tenant, owner, parents, and on updates the primary key, that the written object may bring along. */
export function assignedKeys(
  call: DataCall,
  entry: RawEntry,
  tenancy: TenancyModel,
  models: ModelIndex,
  queries: LinkQueries,
  { isVerified, ifGiven }: ShownValues,
): readonly WrittenKey[] {
  const procedure = PROCEDURES.has(entry.framework);
  if (call.writtenWhole.length === 0) return [];
  const primaries = models.primaryOf(call.model);
  // a user's own key: whoever sets it in the row that was found or made takes nobody else's
  const isSelf = (key: { readonly role: string; readonly column: string }): boolean =>
    key.role === "owner" && call.upsertsByKey !== true && (primaries.includes(key.column) || key.column === "_id");
  const own = models.keysOf(call.model, tenancy).filter((key) => key.role !== "reference" && !isSelf(key));
  const primary = own.length === 0 || call.upsertsByKey !== true ? [] : primaries;
  const keys = [...own, ...primary.map((column) => ({ column, role: "primary" as const, references: "" }))];
  const found: WrittenKey[] = [];
  for (const whole of call.writtenWhole) {
    if (!isGiven(whole, procedure)) continue;
    const names = namesLetThrough(whole, entry, queries);
    if (names === "unknown" || isReplaced(whole, call.site, queries)) continue;
    const place = call.enteredAt?.get(whole) ?? call.site.fn.place(call.site.v);
    for (const key of keys) {
      if (!mayBring(whole, names, key.column) || found.some((one) => one.column === key.column)) continue;
      const values = leaves(queries.project(whole, [key.column]));
      if (values.length > 0 && values.every((value) => isVerified(value) || ifGiven(value))) continue;
      found.push({ ...key, path: whole.path, place });
    }
  }
  return found;
}

/** `data.user = found` before `save(data.user)`: what was sent under that name is gone. */
export function isReplaced({ path }: SourceOrigin, site: Site, queries: LinkQueries): boolean {
  const name = path.includes(".") ? lastName(path) : "";
  let at: Site | null = name === "" ? null : site;
  for (let level = 0; at !== null && level < MAX_LEVELS; level += 1) {
    const { fn, v, frame } = at;
    for (let row = 0; row < v; row += 1) {
      if (fn.op(row) !== Op.SetMember || fn.text(fn.b(row)) !== name) continue;
      const values = leaves(queries.evaluate({ fn, v: fn.c(row), frame }));
      if (values.some((value) => value.kind === "source" && value.source === "row")) return true;
    }
    at = callOf(frame);
  }
  return false;
}

/** True when the object can carry the column: it was let through, and neither taken out nor replaced before. */
export function mayBring({ without }: SourceOrigin, names: ReadonlySet<string> | null, column: string): boolean {
  const name = normalizeKey(column);
  return !(without ?? []).some((key) => normalizeKey(key) === name) && (names === null || names.has(name));
}

function isGiven(origin: Origin, procedure: boolean): origin is SourceOrigin {
  return procedure ? isInput(origin) : isBody(origin);
}

/** What a procedure was given, or a member of it. */
function isInput(origin: Origin): origin is SourceOrigin {
  return (
    origin.kind === "source" && origin.source === "input" && !origin.through && /^input(?:\.[^.]+)?$/.test(origin.path)
  );
}

/** A body of the request, or a member of it, as it was sent. */
export function isBody(origin: Origin): origin is SourceOrigin {
  if (origin.kind !== "source" || origin.source !== "input" || origin.through) return false;
  return RAW_BODY.test(origin.path) || (origin.schema !== undefined && TYPED_ARGUMENT.test(origin.path));
}

/** Names that what looks at the object before the write lets through; null when that is everything. */
export function namesLetThrough(
  whole: SourceOrigin,
  entry: RawEntry,
  queries: LinkQueries,
): ReadonlySet<string> | null | "unknown" {
  const { schema } = whole;
  if (schema === undefined && !isChecked(entry)) {
    const checked = whole.path === "body" ? schemaOfStep(entry, queries) : null;
    const names = checked === null ? null : namesOfSchema(checked, queries);
    return names === null || names === "unknown" ? names : new Set([...names].map(normalizeKey));
  }
  if (schema === undefined || schema.path !== whole.path) return "unknown";
  const names = namesOfSchema(schema.callee, queries);
  return names === null || names === "unknown" ? names : new Set([...names].map(normalizeKey));
}
