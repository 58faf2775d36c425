/** What is written when TypeORM saves, inserts or updates: columns by name, and whole objects from elsewhere. */
import type { DataModel } from "../../model/data-model.js";
import { Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { type Origin, type OriginQueries, type Site, withoutKeys } from "../../program/values/origin.js";
import { additionsTo, variableKey } from "./assembled-objects.js";
import { chosenSides } from "./chosen-sides.js";
import { constructedFrom, patchCall, patchedWith } from "./copied-members.js";
import type { WrittenColumn } from "./data-call.js";
import { alternativesOf, fieldsOf } from "./literals.js";
import { memberChanges } from "./member-changes.js";
import { relatedKeys } from "./related-keys.js";
import { isSame, replacedKeys } from "./replaced-keys.js";

export interface EntityWrites {
  readonly written: WrittenColumn[];
  readonly whole: Origin[];
  /** where a whole object enters, when that is not the call */
  readonly enteredAt: Map<Origin, Place>;
  /** variables that were gone through */
  readonly seen: Set<string>;
}

const MAX_DEPTH = 4;

export function nothingWritten(seen: Set<string> = new Set()): EntityWrites {
  return { written: [], whole: [], enteredAt: new Map(), seen };
}

/** Adds what was found apart, without the keys that are set besides. */
function take(inner: EntityWrites, found: EntityWrites, without: readonly string[]): void {
  found.written.push(...inner.written.filter((one) => !without.includes(one.column)));
  for (const whole of inner.whole) {
    const left = withoutKeys(whole, without);
    const place = inner.enteredAt.get(whole);
    found.whole.push(left);
    if (place !== undefined) found.enteredAt.set(left, place);
  }
}

/** Whole objects enter here, as far as no place nearer to the request is known. */
function enteredAt(inner: EntityWrites, place: Place): void {
  for (const whole of inner.whole) if (!inner.enteredAt.has(whole)) inner.enteredAt.set(whole, place);
}

/**
 * @param data what the call is given: an entity, values, or a list of either
 * @param use the call
 */
export function entityWrites(
  data: Site,
  use: Site,
  model: DataModel | undefined,
  queries: OriginQueries,
): EntityWrites {
  const found = nothingWritten();
  new Collector(use, model, queries).collect(data, found, 0);
  return found;
}

class Collector {
  constructor(
    private readonly use: Site,
    private readonly model: DataModel | undefined,
    private readonly queries: OriginQueries,
  ) {}

  collect(site: Site, found: EntityWrites, depth: number): void {
    if (depth > MAX_DEPTH) return;
    const made = nothingWritten(found.seen);
    for (const origin of alternativesOf(this.queries.evaluate(site))) this.#origin(origin, site, made, depth);
    // what is set on the variable afterwards takes the place of what the object came with
    const set = additionsTo(site, this.use).flatMap((one) => (one.kind === "member" ? [one.name] : []));
    take(made, found, [...set, ...replacedKeys(site).map((key) => key.name)]);
    this.#additions(site, found, depth);
    const call = patchCall(site);
    if (call !== null) this.#patches(call, (v) => v === call.fn.args(call.v)[0], found, depth);
    if (depth === 0) this.#changes(site, found);
  }

  /** @param held the value that is written, which has this origin */
  #origin(origin: Origin, held: Site, found: EntityWrites, depth: number): void {
    if (origin.kind === "literal") this.#literal(origin.site, found, depth);
    else if (origin.kind === "package" && origin.site !== null) this.#made(origin.path, origin.site, found, depth);
    else if (origin.kind === "instance" && origin.site !== null) {
      const given = constructedFrom(origin, this.queries);
      if (given !== null) this.collect(given, found, depth + 1);
      // what the variable got that is written here is read with it, and is not replaced by itself
      if (variableKey(origin.site) !== variableKey(held)) this.#additions(origin.site, found, depth);
    } else if (origin.kind === "source" && origin.source !== "row") found.whole.push(origin);
  }

  /** `repository.create(values)`, `repository.merge(entity, values)`, `manager.merge(Entity, entity, values)` */
  #made(path: string, site: Site, found: EntityWrites, depth: number): void {
    const method = /\.(create|merge)\(\)$/.exec(path)?.[1];
    if (method === undefined) return;
    const given = Array.from(site.fn.args(site.v), (v): Site => ({ ...site, v })).filter(
      (one) => !this.queries.evaluate(one).some((origin) => origin.kind === "class"),
    );
    for (const one of given) {
      const inner = nothingWritten(found.seen);
      this.collect(one, inner, depth + 1);
      if (method === "merge") enteredAt(inner, site.fn.place(site.v));
      take(inner, found, []);
    }
  }

  /** What the object got after it was made. */
  #additions(value: Site, found: EntityWrites, depth: number): void {
    const key = variableKey(value);
    if (key === null || found.seen.has(key)) return;
    found.seen.add(key);
    for (const addition of additionsTo(value, this.use)) {
      if (addition.kind === "member") {
        for (const one of this.#columns(addition.name, addition.site)) {
          found.written.push({ ...one, place: addition.place });
        }
        continue;
      }
      const inner = nothingWritten(found.seen);
      this.collect(addition.site, inner, depth + 1);
      enteredAt(inner, addition.place);
      take(inner, found, addition.without);
    }
    const { fn, frame } = value;
    for (const v of fn.calls) {
      if (fn.op(v) !== Op.Call || (this.use.fn === fn && v >= this.use.v)) continue;
      this.#patches({ fn, v, frame }, (arg) => variableKey({ fn, v: arg, frame }) === key, found, depth);
    }
  }

  /** `patch(row, changes)`: what a helper of the project copies onto the row. */
  #patches(call: Site, isTarget: (v: number) => boolean, found: EntityWrites, depth: number): void {
    for (const given of patchedWith(call, isTarget, this.queries)) {
      const inner = nothingWritten(found.seen);
      this.collect(given, inner, depth + 1);
      enteredAt(inner, call.fn.place(call.v));
      take(inner, found, []);
    }
  }

  /** `staff.user.roles.push(role)` before `save(staff.user)` */
  #changes(value: Site, found: EntityWrites): void {
    for (const { object, name, site, place, linked } of memberChanges(value, this.use)) {
      if (!isSame(value.fn, object, value.v)) continue;
      const linksTo = this.model?.relations.find((relation) => relation.name === name)?.model;
      const link = linked ? { linked: true as const, ...(linksTo === undefined ? {} : { linksTo }) } : {};
      for (const one of this.#columns(name, site)) found.written.push({ ...one, place, ...link });
    }
  }

  #literal(literal: Site, found: EntityWrites, depth: number): void {
    const { fn, v, frame } = literal;
    if (fn.op(v) === Op.Array) {
      for (const item of fn.list(fn.a(v))) this.collect({ fn, v: item, frame }, found, depth + 1);
      return;
    }
    const { fields, opaque } = fieldsOf(literal, this.queries, this.use);
    found.whole.push(...opaque);
    for (const field of fields) found.written.push(...this.#columns(field.name, field.site));
  }

  #columns(name: string, site: Site): readonly WrittenColumn[] {
    const relation = this.model?.relations.find((item) => item.name === name);
    const related = relation === undefined ? [] : relatedKeys(relation, site, this.queries);
    if (related.length > 0) return related;
    const column = relation?.columns[0] ?? name;
    const values = this.queries.evaluate(site);
    return [{ column, values, ...chosenSides(site, this.queries), place: site.fn.place(site.v) }];
  }
}
