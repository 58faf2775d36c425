/** Query texts as code assembles them: templates, concatenations and fragments become one text with placeholders. */
import { NONE, Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../program/values/origin.js";
import { isNothing, pushesTo, shapeOf, writtenBeginning } from "./literals.js";

export interface SqlPart {
  readonly values: readonly Origin[];
  readonly place: Place;
  /** stands in a fragment that is there only sometimes */
  readonly optional: boolean;
}

export interface SqlText {
  readonly text: string;
  /** placeholder as it stands in the text → the value put there */
  readonly parts: ReadonlyMap<string, SqlPart>;
  /** the text when all that is there only sometimes is left out; the same as `text` when nothing is */
  readonly least: string;
  /** nothing but a value: the text comes from elsewhere */
  readonly foreign: boolean;
}

const MAX_DEPTH = 10;
const MAX_PIECES = 300;

/** The text that an expression (a tagged template, a template, a concatenation, a variable) stands for. */
export function sqlTextOf(site: Site, queries: OriginQueries): SqlText {
  const builder = new TextBuilder(queries);
  builder.text(site, { optional: false, bound: false }, 0);
  return builder.finish();
}

/** What a mapper makes of a table's name and the words after WHERE. */
export interface Around {
  readonly before: string;
  /** given by the code, or always the same */
  readonly condition: Site | string | null;
}

/** The statement that a mapper runs which was given a table and a condition. */
export function sqlTextAround(table: Site, around: Around, queries: OriginQueries): SqlText {
  const builder = new TextBuilder(queries);
  const always: Manner = { optional: false, bound: false };
  builder.words(around.before, always);
  builder.text(table, always, 0);
  if (typeof around.condition === "string") builder.words(` where ${around.condition}`, always);
  else if (around.condition !== null) {
    builder.words(FOLLOWS_ROWS.test(writtenBeginning(around.condition) ?? "") ? " " : " where ", always);
    builder.text(around.condition, always, 0);
  }
  return builder.finish();
}

/** What may follow a table's name without a condition. */
const FOLLOWS_ROWS = /^\s*(?:order|limit|group|having|where)\b/i;

interface Manner {
  /** it stands in a piece that is there only sometimes */
  readonly optional: boolean;
  /** inside a tag: a plain value is bound, never text; only what a tag made is text */
  readonly bound: boolean;
}

interface Words {
  readonly words: string;
  readonly optional: boolean;
}

type Piece = Words | SqlPart;

class TextBuilder {
  readonly #pieces: Piece[] = [];

  constructor(private readonly queries: OriginQueries) {}

  finish(): SqlText {
    const written = this.#pieces.map((piece) => ("words" in piece ? piece.words : "")).join("");
    const highest = Math.max(0, ...[...written.matchAll(/\$(\d{1,5})/g)].map((match) => Number(match[1])));
    // a text with `?` placeholders of its own must not get numbered ones besides
    const named = highest === 0 && written.includes("?");
    const parts = new Map<string, SqlPart>();
    let text = "";
    let least = "";
    for (const piece of this.#pieces) {
      let words: string;
      if ("words" in piece) words = piece.words;
      else {
        words = named ? `:authgap_${parts.size}` : `$${highest + parts.size + 1}`;
        parts.set(words, piece);
      }
      text += words;
      if (!piece.optional) least += words;
    }
    const foreign = parts.size > 0 && written.trim() === "";
    return { text: unquoted(text, parts), parts, least: unquoted(least, parts), foreign };
  }

  /** Appends what a text-producing expression stands for. */
  text(site: Site, how: Manner, depth: number): void {
    if (depth > MAX_DEPTH || this.#pieces.length > MAX_PIECES) {
      this.#value(site, how);
      return;
    }
    const shape = shapeOf(site);
    if (shape.kind === "when") {
      this.text(shape.site, { ...how, optional: true }, depth + 1);
      return;
    }
    if (shape.kind === "either") {
      this.#either(site, shape.sites, how, depth);
      return;
    }
    const { fn, v, frame } = shape.site;
    const op = fn.op(v);
    if (op === Op.Tagged) this.#template({ fn, v: fn.b(v), frame }, { ...how, bound: true }, depth);
    else if (op === Op.Template && !how.bound) this.#template(shape.site, how, depth);
    else if (op === Op.Binary && fn.text(fn.a(v)) === "+" && !how.bound) {
      this.text({ fn, v: fn.b(v), frame }, how, depth + 1);
      this.text({ fn, v: fn.c(v), frame }, how, depth + 1);
    } else this.#origins(shape.site, site, how, depth);
  }

  #either(site: Site, sides: readonly [Site, Site], how: Manner, depth: number): void {
    const empty = sides.map((side) => this.#isEmpty(side));
    const [left, right] = sides;
    if (empty[0] && empty[1]) return;
    if (empty[1]) this.text(left, { ...how, optional: true }, depth + 1);
    else if (empty[0]) this.text(right, { ...how, optional: true }, depth + 1);
    else this.#value(site, how);
  }

  /** `''`, an empty tag, `Prisma.empty`, undefined */
  #isEmpty(site: Site): boolean {
    const { fn } = site;
    if (fn.op(site.v) === Op.Tagged) return isEmptyTemplate(site, fn.b(site.v));
    return this.queries
      .evaluate(site)
      .every(
        (origin) =>
          isNothing(origin) ||
          (origin.kind === "constant" && origin.value === "") ||
          (origin.kind === "package" && /(?:^|\.)empty$/.test(origin.path)),
      );
  }

  #template(site: Site, how: Manner, depth: number): void {
    const { fn, v, frame } = site;
    const list = fn.list(fn.a(v));
    for (let i = 0; i < list.length; i += 1) {
      if (i % 2 === 0) this.words(fn.text(list[i]), how);
      else this.text({ fn, v: list[i], frame }, how, depth + 1);
    }
  }

  #origins(site: Site, written: Site, how: Manner, depth: number): void {
    const origins = this.queries.evaluate(site);
    const [only] = origins;
    if (only === undefined || origins.length > 1) this.#value(written, how);
    else if (only.kind === "package") this.#package(only, written, how, depth);
    // a fragment is made by the same tag as a query; what is read off a row that a query gave is a value
    else if (
      (only.kind === "derived" || (only.kind === "source" && only.source === "row" && only.path === "")) &&
      isTagged(only.site)
    ) {
      this.#tagged(only.site, how, depth);
    } else if (how.bound) this.#value(written, how);
    else this.#plainText(only, written, how, depth);
  }

  #plainText(only: Origin, written: Site, how: Manner, depth: number): void {
    if (only.kind === "constant") this.#constant(only.value, written, how);
    else if (only.kind === "literal" && only.form === "template") this.#template(only.site, how, depth + 1);
    else if (only.kind === "derived" && only.how === "+" && only.site !== null) {
      this.text(only.site, how, depth + 1);
    } else if (only.kind === "derived" && /^(?:trim|replace|replaceAll|toString)$/.test(only.how)) {
      const [inner] = only.of;
      if (only.of.length === 1) this.#plainText(inner, written, how, depth + 1);
      else this.#value(written, how);
    } else if (only.kind === "derived" && only.how === "join" && only.site !== null) {
      this.#joined(only.of, only.site, written, how, depth);
    } else this.#value(written, how);
  }

  /** `conditions.join(" AND ")`, with what was pushed to the list. */
  #joined(of: readonly Origin[], call: Site, written: Site, how: Manner, depth: number): void {
    const [list] = of;
    const [separator] = call.fn.args(call.v);
    const glue = separator === undefined ? "," : this.#plain({ ...call, v: separator });
    if (of.length !== 1 || list.kind !== "literal" || list.form !== "array" || glue === null || depth > MAX_DEPTH) {
      this.#value(written, how);
      return;
    }
    const { fn, v, frame } = list.site;
    const items = Array.from(fn.list(fn.a(v)), (item) => ({ site: { fn, v: item, frame }, conditional: false }));
    for (const [index, item] of [...items, ...pushesTo(list.site, call)].entries()) {
      if (index > 0) this.words(glue, how);
      this.text(item.site, { ...how, optional: how.optional || item.conditional }, depth + 1);
    }
  }

  #constant(value: unknown, written: Site, how: Manner): void {
    if (typeof value === "string" || typeof value === "number") this.words(String(value), how);
    else this.#value(written, how);
  }

  #tagged(site: Site | null, how: Manner, depth: number): void {
    if (site !== null) this.text(site, { ...how, bound: true }, depth + 1);
  }

  /** Fragments made by a library's tag, and its helpers for joining and for raw text. */
  #package(origin: PackageOrigin, written: Site, how: Manner, depth: number): void {
    if (/(?:^|\.)empty$/.test(origin.path)) return;
    const { site } = origin;
    const [first] = site === null || isTagged(site) ? [] : site.fn.args(site.v);
    if (site === null) this.#value(written, how);
    else if (isTagged(site)) this.#tagged(site, how, depth);
    else if (/(?:^|\.)join\(\)$/.test(origin.path)) this.#join(site, written, how, depth);
    else if (/(?:^|\.)(?:raw|unsafe|fragment)\(\)$/.test(origin.path) && first !== undefined) {
      this.text({ ...site, v: first }, { ...how, bound: false }, depth + 1);
    } else this.#value(written, how);
  }

  /** `Prisma.join(conditions, " AND ")` of a list written out; a list of values stays one placeholder. */
  #join(site: Site, written: Site, how: Manner, depth: number): void {
    const { fn, v, frame } = site;
    const [list, separator] = fn.args(v);
    const lists = list === undefined ? [] : this.queries.evaluate({ fn, v: list, frame });
    const [only] = lists;
    const glue = separator === undefined ? "," : this.#plain({ fn, v: separator, frame });
    if (only?.kind !== "literal" || only.form !== "array" || glue === null || lists.length > 1) {
      this.#value(written, how);
      return;
    }
    const items = only.site.fn.list(only.site.fn.a(only.site.v));
    for (const [index, item] of items.entries()) {
      if (index > 0) this.words(glue, how);
      this.text({ fn: only.site.fn, v: item, frame: only.site.frame }, { ...how, bound: true }, depth + 1);
    }
  }

  #plain(site: Site): string | null {
    const builder = new TextBuilder(this.queries);
    builder.text(site, { optional: false, bound: false }, MAX_DEPTH - 2);
    const { text, parts } = builder.finish();
    return parts.size === 0 ? text : null;
  }

  words(words: string, { optional }: Manner): void {
    this.#pieces.push({ words, optional });
  }

  #value(site: Site, { optional }: Manner): void {
    const { fn } = site;
    this.#pieces.push({ values: this.queries.evaluate(site), place: fn.place(site.v), optional });
  }
}

/** A value between quotes is a value all the same: `'%$1%'` becomes `$1`. */
function unquoted(text: string, parts: ReadonlyMap<string, SqlPart>): string {
  if (parts.size === 0) return text;
  return text.replaceAll(/'(?:[^']|'')*'/g, (quoted) => {
    const name = /(?:\$|:authgap_)\d+/.exec(quoted)?.[0];
    return name !== undefined && parts.has(name) ? name : quoted;
  });
}

function isTagged(site: Site | null): boolean {
  return site !== null && site.fn.op(site.v) === Op.Tagged;
}

function isEmptyTemplate(site: Site, template: number): boolean {
  if (template === NONE) return false;
  const list = site.fn.list(site.fn.a(template));
  return list.length === 1 && site.fn.text(list[0]).trim() === "";
}
