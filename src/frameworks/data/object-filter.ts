/**
 * Reads filters written as objects: `{ id, orgId: x, OR: [...], ...(y && { z: y }) }`. What the keys mean is the layer's
 * business (`ObjectDialect`); spreads, conditions, variables and where-builders are the same for all.
 */
import { Op, PropKind } from "../../model/lowered.js";
import { truthOf } from "../../program/facts/truth.js";
import type { PropView } from "../../program/linking/function-view.js";
import type { Origin, OriginQueries, Site } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import type { Choice, FilterTerm } from "./data-call.js";
import {
  chosen,
  conjunction,
  disjunction,
  eitherOf,
  optional,
  type Reading,
  superseded,
  UNFILTERED,
  UNREAD,
  wholeValue,
} from "./filter-terms.js";
import { alternativesOf, isNothing, mappedItems, pushesTo, type Shape, shapeOf, writesAfter } from "./literals.js";

/** Where in the filter a key stands. */
export interface KeyScope<Model> {
  /** path of relations so far, with its final dot, or '' */
  readonly prefix: string;
  readonly model: Model | undefined;
  /** directly below the name of a relation */
  readonly relation: boolean;
}

export interface ObjectDialect<Model> {
  /** what `key: value` demands */
  field(key: string, value: Site, scope: KeyScope<Model>, reader: ObjectFilterReader<Model>, depth: number): Reading;
  /** a list where one filter is expected */
  list(items: readonly FilterItem[]): Reading;
}

/** One filter of a list; it may be left out. */
export interface FilterItem {
  readonly reading: Reading;
  readonly optional: boolean;
  /** what must be truthy for it to be there, when that is one value */
  readonly when?: readonly Origin[];
}

/** All items hold, as far as they are there. */
export function allOf(items: readonly FilterItem[]): Reading {
  return conjunction(items.map((item) => (item.optional ? optional(item.reading, item.when) : item.reading)));
}

/** One of the items holds; a branch that is left out lets no more rows through. */
export function anyOf(items: readonly FilterItem[]): Reading {
  return disjunction(items.map((item) => item.reading));
}

export function sometimes(item: FilterItem, when: readonly Origin[] = []): FilterItem {
  return { ...item, optional: true, when: item.optional ? [] : when };
}

/** `user ? [{ ownerId: user.id }] : []`: what must be truthy for the only side that says something. */
export function conditionOf(
  shape: Extract<Shape, { kind: "either" }>,
  says: readonly [boolean, boolean],
  queries: OriginQueries,
): readonly Origin[] {
  return shape.condition === undefined || !says[0] || says[1] ? [] : queries.evaluate(shape.condition);
}

type Entries = ReadonlyMap<string, Reading>;

interface SpreadEntries {
  readonly entries: Entries;
  readonly optional: boolean;
  /** what must be truthy for it to be there, when that is one value */
  readonly when: readonly Origin[];
  /** what comes out so where it is left out, when that is one test */
  readonly unless?: Choice | undefined;
  /** keys unknown, chosen by the client: whatever stands before may be replaced */
  readonly overrides: boolean;
}

/** Lists written out that were come by in reading one list. */
interface Lists {
  readonly read: { readonly site: Site; readonly sure: boolean }[];
  /** what is found now is there in any case */
  readonly sure: boolean;
}

function unsure({ read }: Lists): Lists {
  return { read, sure: false };
}

/**
 * `where.OR = [...(where.OR ?? []), { ownerId }]`, several times over: each of the lists stands in all of the others,
 * and what is in it already is no more in it for being there twice.
 */
function isRead({ fn, v, frame }: Site, { read, sure }: Lists): boolean {
  return read.some((one) => one.site.fn === fn && one.site.v === v && one.site.frame === frame && (one.sure || !sure));
}

const MAX_DEPTH = 14;
/** objects, lists and spreads that are read for one call; a filter made of more is one that cannot be read */
const MAX_READ = 4_000;
const MAX_COMBINATIONS = 8;

export class ObjectFilterReader<Model> {
  /** values of unnamed keys that are being read */
  readonly #open = new Set<string>();
  /** objects that are being spread */
  readonly #spreading = new Set<string>();
  #read = 0;

  constructor(
    readonly queries: OriginQueries,
    readonly dialect: ObjectDialect<Model>,
    /** the call for which the filter is read: writes after it do not count */
    readonly use: Site | null,
  ) {}

  /** The filter that a value is. */
  where(site: Site, scope: KeyScope<Model>, depth = 0): Reading {
    if (this.#isTooMuch(depth)) return UNREAD;
    const shape = shapeOf(site);
    const settled = shape.kind === "plain" || shape.condition === undefined ? undefined : this.#truth(shape.condition);
    if (shape.kind === "when") {
      const reading = this.where(shape.site, scope, depth + 1);
      return settled === true ? reading : optional(reading, this.queries.evaluate(shape.condition));
    }
    if (shape.kind === "either") {
      // whoever calls has decided which of the two it is
      if (settled !== undefined) return this.where(shape.sites[settled ? 0 : 1], scope, depth + 1);
      const [first, second] = shape.sites.map((side) => this.where(side, scope, depth + 1));
      const when = conditionOf(shape, [first !== UNFILTERED, second !== UNFILTERED], this.queries);
      if (when.length > 0) return optional(first, when);
      const { condition } = shape;
      if (condition === undefined) return eitherOf([first, second]);
      return eitherOf([first, second].map((side, i) => chosen(side, { site: condition, holds: i === 0 })));
    }
    const readings: Reading[] = [];
    const unread: Origin[] = [];
    const origins = alternativesOf(this.queries.evaluate(shape.site));
    for (const origin of origins) {
      if (origin.kind === "literal" && origin.form === "object") {
        const reading = this.object(origin.site, scope, depth);
        readings.push(origins.length > 1 ? chosen(reading, { site: origin.site }) : reading);
      } else if (origin.kind === "literal" && origin.form === "array") {
        readings.push(this.dialect.list(this.items(origin.site, scope, depth + 1)));
      } else if (isNothing(origin)) readings.push(UNFILTERED);
      else unread.push(origin);
    }
    if (unread.length > 0) readings.push(this.#opaque(unread, scope, site));
    return eitherOf(readings);
  }

  #isTooMuch(depth: number): boolean {
    this.#read += 1;
    return depth > MAX_DEPTH || this.#read > MAX_READ;
  }

  #truth({ fn, v, frame }: Site): boolean | undefined {
    return truthOf(fn, v, frame, this.queries);
  }

  /** `images: imageId ? { some: { id: imageId } } : undefined`, where the path names the image: the one that it is then. */
  #settled(value: Site): Site {
    const shape = shapeOf(value);
    const truth = shape.kind === "either" && shape.condition !== undefined ? this.#truth(shape.condition) : undefined;
    return shape.kind === "either" && truth !== undefined ? shape.sites[truth ? 0 : 1] : value;
  }

  /** The filter that an object literal is. */
  object(site: Site, scope: KeyScope<Model>, depth: number): Reading {
    return eitherOf(this.#entries(site, scope, depth).map((entries) => conjunction([...entries.values()])));
  }

  /** The filters in a list, or the single one given in its place. */
  elements(site: Site, scope: KeyScope<Model>, depth: number): readonly FilterItem[] {
    return this.#elements(site, scope, depth, { read: [], sure: true });
  }

  #elements(site: Site, scope: KeyScope<Model>, depth: number, lists: Lists): readonly FilterItem[] {
    if (this.#isTooMuch(depth)) return [{ reading: UNREAD, optional: false }];
    const shape = shapeOf(site);
    if (shape.kind === "when") {
      const when = this.queries.evaluate(shape.condition);
      return this.#elements(shape.site, scope, depth + 1, unsure(lists)).map((item) => sometimes(item, when));
    }
    if (shape.kind === "either") {
      const [first, second] = shape.sites.map((side) => this.#elements(side, scope, depth + 1, unsure(lists)));
      if (first.length > 0 && second.length > 0) return [...first, ...second];
      const when = conditionOf(shape, [first.length > 0, second.length > 0], this.queries);
      return [...first, ...second].map((item) => sometimes(item, when));
    }
    const found: FilterItem[] = [];
    const unread: Origin[] = [];
    for (const origin of alternativesOf(this.queries.evaluate(shape.site))) {
      if (origin.kind === "literal" && origin.form === "array")
        found.push(...this.#items(origin.site, scope, depth + 1, lists));
      else if (origin.kind === "literal" && origin.form === "object") {
        found.push({ reading: this.object(origin.site, scope, depth), optional: false });
      } else if (!isNothing(origin)) {
        const mapped = mappedItems(origin, this.queries);
        if (mapped === null) unread.push(origin);
        // a list without items leaves nothing
        else found.push(...mapped.map((item) => ({ reading: this.where(item, scope, depth + 1), optional: true })));
      }
    }
    if (unread.length > 0) found.push({ reading: this.#opaque(unread, scope, site), optional: false });
    return found;
  }

  /** Items of an array literal, with spreads and what was pushed later. */
  items(site: Site, scope: KeyScope<Model>, depth: number): readonly FilterItem[] {
    return this.#items(site, scope, depth, { read: [], sure: true });
  }

  #items(site: Site, scope: KeyScope<Model>, depth: number, lists: Lists): readonly FilterItem[] {
    if (isRead(site, lists)) return [];
    lists.read.push({ site, sure: lists.sure });
    const { fn, v } = site;
    const found: FilterItem[] = [];
    for (const item of fn.list(fn.a(v))) found.push(...this.#item({ ...site, v: item }, scope, depth + 1, lists));
    for (const pushed of pushesTo(site, this.use)) {
      const own = pushed.conditional ? unsure(lists) : lists;
      const items = this.#item(pushed.site, scope, depth + 1, own);
      const when = pushed.condition === null ? [] : this.queries.evaluate(pushed.condition);
      found.push(...(pushed.conditional ? items.map((one) => sometimes(one, when)) : items));
    }
    return found;
  }

  #item(site: Site, scope: KeyScope<Model>, depth: number, lists: Lists): readonly FilterItem[] {
    const { fn, v } = site;
    if (fn.op(v) === Op.Spread) return this.#elements({ ...site, v: fn.a(v) }, scope, depth, lists);
    const shape = shapeOf(site);
    if (shape.kind !== "when") return [{ reading: this.where(site, scope, depth), optional: false }];
    const when = this.queries.evaluate(shape.condition);
    return [{ reading: this.where(shape.site, scope, depth), optional: true, when }];
  }

  #opaque(origins: readonly Origin[], scope: KeyScope<Model>, site: Site): Reading {
    return wholeValue(origins, `${scope.prefix}*`, site.fn.place(site.v));
  }

  #entries(site: Site, scope: KeyScope<Model>, depth: number): readonly Entries[] {
    const { fn, v, frame } = site;
    let found: readonly Entries[] = [new Map()];
    const set = (name: string, reading: Reading): void => {
      found = found.map((entries) => replaced(entries, new Map([[name, reading]])));
    };
    for (const prop of fn.props(v)) {
      const value: Site = { fn, v: prop.value, frame };
      if (prop.kind === PropKind.Spread) found = merged(found, this.#spread(value, scope, depth + 1));
      else if (prop.kind === PropKind.Computed) {
        const key = this.keyOf(prop, site);
        // a column that nobody can name still holds what is compared with it; a list may be anything
        set(
          key,
          key.startsWith("[")
            ? this.#unnamed(key, value, scope, depth)
            : this.dialect.field(key, value, scope, this, depth + 1),
        );
      } else
        set(
          prop.name,
          placedIn(site, value, this.dialect.field(prop.name, this.#settled(value), scope, this, depth + 1)),
        );
    }
    for (const write of writesAfter(site, this.use)) {
      const reading = this.dialect.field(write.name, write.site, scope, this, depth + 1);
      found = merged(found, [
        {
          entries: new Map([[write.name, reading]]),
          optional: write.conditional,
          when: [],
          unless: write.unless,
          overrides: false,
        },
      ]);
    }
    return found;
  }

  /** `{ [key]: value }` whose key only its callers know; a function that calls itself adds nothing of another kind. */
  #unnamed(key: string, value: Site, scope: KeyScope<Model>, depth: number): Reading {
    const own = `${value.fn.id}:${value.v}`;
    if (this.#open.has(own)) return UNFILTERED;
    const lists = alternativesOf(this.queries.evaluate(value)).some((o) =>
      o.kind === "literal" ? o.form === "array" : o.kind !== "source" && o.kind !== "constant",
    );
    if (lists) return UNREAD;
    this.#open.add(own);
    const reading = this.dialect.field(key, value, scope, this, depth + 1);
    this.#open.delete(own);
    return reading;
  }

  /** Name of a property; operators that a library hands out as symbols go by their path: `Op.or`. */
  keyOf(prop: PropView, literal: Site): string {
    if (prop.kind !== PropKind.Computed) return prop.name;
    const site: Site = { ...literal, v: prop.key };
    const origins = this.queries.evaluate(site);
    const [only] = origins;
    if (origins.length === 1 && only.kind === "constant") return String(only.value);
    if (origins.length === 1 && only.kind === "package" && only.path !== "") return only.path;
    return `[${site.v}]`;
  }

  #spread(site: Site, scope: KeyScope<Model>, depth: number): readonly SpreadEntries[] {
    if (this.#isTooMuch(depth)) return [unreadSpread(UNREAD, false)];
    const shape = shapeOf(site);
    if (shape.kind === "when") {
      return this.#spread(shape.site, scope, depth + 1).map((spread) => ({
        ...spread,
        optional: true,
        when: spread.optional ? [] : this.queries.evaluate(shape.condition),
      }));
    }
    if (shape.kind === "either") {
      const { condition } = shape;
      return settled(
        shape.sites.flatMap((side, i) => {
          const spreads = this.#spread(side, scope, depth + 1);
          return condition === undefined
            ? spreads
            : spreads.map((one) => ({
                ...one,
                entries: chosenEntries(one.entries, { site: condition, holds: i === 0 }),
              }));
        }),
      );
    }
    const found: SpreadEntries[] = [];
    const unread: Origin[] = [];
    // `where = { ...where, name }` in several places: none of them stands in itself
    const isOpen = (o: Origin): boolean => o.kind === "literal" && this.#spreading.has(siteKey(o.site));
    const given = alternativesOf(this.queries.evaluate(shape.site));
    const left = given.filter((o) => !isOpen(o));
    const origins = left.length === 0 ? given : left;
    for (const origin of origins) {
      if (origin.kind === "literal" && origin.form === "object") {
        const key = siteKey(origin.site);
        this.#spreading.add(key);
        const reads = this.#entries(origin.site, scope, depth + 1);
        this.#spreading.delete(key);
        for (const read of reads) {
          const entries = origins.length > 1 ? chosenEntries(read, { site: origin.site }) : read;
          found.push({ entries, optional: false, when: [], overrides: false });
        }
      } else if (isNothing(origin)) found.push({ entries: new Map(), optional: false, when: [], overrides: false });
      else unread.push(origin);
    }
    if (unread.length > 0) {
      const reading = this.#opaque(unread, scope, site);
      found.push(unreadSpread(reading, reading.known));
    }
    return settled(found);
  }
}

function chosenEntries(entries: Entries, choice: Choice): Entries {
  return new Map([...entries].map(([key, reading]) => [key, chosen(reading, choice)]));
}

function unreadSpread(reading: Reading, overrides: boolean): SpreadEntries {
  return { entries: new Map([["*", reading]]), optional: false, when: [], overrides };
}

/** Nothing or something: the something is optional. */
function settled(spreads: readonly SpreadEntries[]): readonly SpreadEntries[] {
  const some = spreads.filter((spread) => spread.entries.size > 0);
  if (some.length === spreads.length) return spreads;
  if (some.length === 0) return spreads.slice(0, 1);
  return some.map((spread) => ({ ...spread, optional: true, when: [] }));
}

/** Source order: what is spread later replaces what stood before, if it is there. */
function merged(before: readonly Entries[], spreads: readonly SpreadEntries[]): readonly Entries[] {
  const found = before.flatMap((entries) =>
    spreads.flatMap((spread) => {
      const left = spread.overrides ? overridden(entries) : entries;
      if (!spread.optional) return [replaced(left, spread.entries)];
      const collides = [...spread.entries.keys()].some((key) => left.has(key));
      if (collides) return [left, replaced(left, spread.entries)];
      return [replaced(left, weakened(spread.entries, spread.when, spread.unless))];
    }),
  );
  if (found.length <= MAX_COMBINATIONS) return found;
  // what stands in all of them is there whichever it is
  const unlike = (entries: Entries): Entries =>
    new Map(
      [...entries].map(([key, reading]) => [
        key,
        found.every((other) => isSame(other.get(key), reading)) ? reading : optional(reading),
      ]),
    );
  return [found.map(unlike).reduce(replaced)];
}

/** The same conditions, read once or twice. */
function isSame(one: Reading | undefined, other: Reading): boolean {
  if (one === other) return true;
  if (one === undefined || one.known !== other.known) return false;
  const keysOf = ({ alternatives }: Reading): string =>
    alternatives
      .map((terms) =>
        terms
          .map(({ column, operator, position, place }) =>
            [column, operator, position, place.file, place.start, place.end].join(),
          )
          .join(";"),
      )
      .join("|");
  return keysOf(one) === keysOf(other);
}

function replaced(entries: Entries, by: Entries): Entries {
  const made = new Map(entries);
  for (const [key, reading] of by) {
    made.delete(key);
    made.set(key, reading);
  }
  return made;
}

function weakened(entries: Entries, when: readonly Origin[] = [], unless?: Choice): Entries {
  return new Map([...entries].map(([key, reading]) => [key, optional(reading, when, unless)]));
}

/** A value made before is named in the filter all the same: its condition stands where it is named. */
function placedIn(literal: Site, value: Site, reading: Reading): Reading {
  const own = value.fn.place(value.v);
  const around = literal.fn.place(literal.v);
  if (own.start >= around.start && own.end <= around.end) return reading;
  const isOwn = (term: FilterTerm): boolean =>
    term.place.file === own.file && term.place.start === own.start && term.place.end === own.end;
  const place = (term: FilterTerm): FilterTerm => (isOwn(term) ? { ...term, place: around } : term);
  return { ...reading, alternatives: reading.alternatives.map((terms) => terms.map(place)) };
}

function overridden(entries: Entries): Entries {
  return new Map([...entries].map(([key, reading]) => [key, superseded(reading)]));
}
