/** Tables of routes taken apart: arrays with spreads, what is made of them by `map`, what is pushed to them. */
import { IterKind, NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { givenFrame } from "../../program/values/call-frames.js";
import { constant, type LinkQueries, type Origin, type Site, unknown } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { isNullish, MAX_DEPTH, ValueReader } from "./reader.js";
import { at, NO_BINDINGS, type Spot, site } from "./spot.js";
import { assignedTo } from "./writes.js";

export interface Elements {
  readonly items: readonly Origin[];
  /** false when the collection, or a part of it, could not be read */
  readonly complete: boolean;
}

export interface Turns {
  readonly arguments: readonly (readonly (readonly Origin[])[])[];
  readonly complete: boolean;
}

/** What was added to a collection after it was made. */
export type Additions = (literal: Site, values: Values) => Elements | null;

const MAX_ELEMENTS = 2_000;
const NOTHING: Elements = { items: [], complete: false };
const SAME_ELEMENTS = new Set(["filter", "slice", "sort", "toSorted", "reverse", "toReversed", "flat", "values"]);
const FIRST_ARGUMENT = new Set(["Object.freeze", "Array.from", "structuredClone", "Object.seal"]);

export class Values extends ValueReader {
  readonly #open = new Set<string>();

  constructor(
    queries: LinkQueries,
    private readonly additions: Additions,
  ) {
    super(queries);
  }

  /** The elements of a collection, one by one. */
  elements(spot: Spot, depth = 0): Elements {
    const { fn, v } = spot;
    if (v === NONE || depth > MAX_DEPTH) return NOTHING;
    switch (fn.op(v)) {
      case Op.Array:
        return this.#items(spot, depth);
      case Op.Await:
      case Op.Cast:
        return this.elements({ ...spot, v: fn.a(v) }, depth + 1);
      case Op.Cond: {
        // `flags.notes() ? Object.values(notes) : []`
        const truth = this.truth({ ...spot, v: fn.a(v) });
        const sides = truth === undefined ? [fn.b(v), fn.c(v)] : [truth ? fn.b(v) : fn.c(v)];
        return together(sides.map((side) => this.elements({ ...spot, v: side }, depth + 1)));
      }
      case Op.Var: {
        const definition = this.definition(spot);
        return definition === null ? this.#ofAll(this.of(spot), depth) : this.elements(definition, depth + 1);
      }
      case Op.Call:
        return this.#ofCall(spot, depth) ?? this.#ofReturned(spot, depth) ?? this.#ofAll(this.of(spot), depth);
      default:
        return this.#ofAll(this.of(spot), depth);
    }
  }

  /** The elements of a value that is already known. */
  elementsOf(origin: Origin, depth = 0): Elements {
    if (depth > MAX_DEPTH) return NOTHING;
    if (origin.kind === "literal" && origin.form === "array") return this.#items(at(origin.site), depth);
    if (origin.kind === "derived" && origin.how === "rest") return { items: origin.of, complete: true };
    if (origin.kind === "constant" && isNullish(origin)) return { items: [], complete: true };
    return NOTHING;
  }

  #ofAll(origins: readonly Origin[], depth: number): Elements {
    return together(origins.map((origin) => this.elementsOf(origin, depth + 1)));
  }

  #items(spot: Spot, depth: number): Elements {
    const { fn, v } = spot;
    const parts: Elements[] = [];
    for (const item of fn.list(fn.a(v))) {
      if (fn.op(item) === Op.Spread) parts.push(this.elements({ ...spot, v: fn.a(item) }, depth + 1));
      else {
        const origins = this.of({ ...spot, v: item }, depth + 1);
        parts.push({ items: origins, complete: origins.every((o) => o.kind !== "unknown") });
      }
    }
    const added = this.#added(spot);
    return together(added === null ? parts : [...parts, added]);
  }

  /** What was pushed to an array since it was made. */
  pushedTo(array: Spot): readonly Origin[] {
    return this.#added(array)?.items ?? [];
  }

  #added(spot: Spot): Elements | null {
    const key = siteKey(site(spot));
    if (this.#open.has(key)) return null;
    this.#open.add(key);
    try {
      return this.additions(site(spot), this);
    } finally {
      this.#open.delete(key);
    }
  }

  #ofCall(spot: Spot, depth: number): Elements | null {
    const { fn, v } = spot;
    const callee = fn.callee(v);
    const args = fn.args(v);
    if (isFolderListing(this.of({ ...spot, v: callee }, depth + 1))) return A_FILE;
    if (fn.op(callee) !== Op.Member) return null;
    const name = fn.text(fn.b(callee));
    const receiver: Spot = { ...spot, v: fn.a(callee) };
    if (name === "values" && globalName(fn, fn.a(callee)) === "Object" && args.length === 1)
      return together(this.of({ ...spot, v: args[0] }, depth + 1).map((o) => this.#valuesOf(o, depth)));
    if (SAME_ELEMENTS.has(name)) return this.elements(receiver, depth + 1);
    if (name === "concat") {
      const parts = Array.from(args, (arg) => this.elements({ ...spot, v: arg }, depth + 1));
      return together([this.elements(receiver, depth + 1), ...parts]);
    }
    if (name === "entries" && globalName(fn, fn.a(callee)) === "Object" && args.length === 1)
      return together(this.of({ ...spot, v: args[0] }, depth + 1).map((o) => this.#entriesOf(o, spot, depth)));
    if (name === "keys" && globalName(fn, fn.a(callee)) === "Object" && args.length === 1)
      return together(this.of({ ...spot, v: args[0] }, depth + 1).map((o) => this.#keysOf(o, depth)));
    if (name === "map" || name === "flatMap")
      return this.#mapped(receiver, { ...spot, v: args[0] ?? NONE }, name, depth);
    if (name === "values" || name === "keys" || FIRST_ARGUMENT.has(`${globalName(fn, fn.a(callee))}.${name}`)) {
      return this.elements({ ...spot, v: args[0] ?? NONE }, depth + 1);
    }
    return null;
  }

  /** `[key, value]` of each property of an object that is written out. */
  #entriesOf(origin: Origin, spot: Spot | null, depth: number): Elements {
    const keys = keysOf(origin);
    if (!keys.complete || origin.kind !== "literal") return NOTHING;
    const { fn, v, frame } = origin.site;
    const pairs = [...fn.props(v)].map((prop): Origin => {
      const value = this.of({ fn, v: prop.value, frame, bindings: NO_BINDINGS }, depth + 1);
      return {
        kind: "derived",
        of: [constant(prop.name), ...value.slice(0, 1)],
        how: "pair",
        site: spot === null ? null : site(spot),
      };
    });
    return { items: pairs, complete: true };
  }

  /** What an object that is written out holds, or what a file exports; elements of anything else. */
  #valuesOf(origin: Origin, depth: number): Elements {
    if (origin.kind === "namespace") {
      const { exports } = origin.file.lowered;
      const names = exports.map((item) => (item.kind === "star" ? item.as : item.name)).filter((name) => name !== "");
      return {
        items: names.flatMap((name) => [...this.queries.project(origin, [name])]),
        complete: !exports.some((item) => item.kind === "star" && item.as === ""),
      };
    }
    const pairs = this.#entriesOf(origin, null, depth);
    if (!pairs.complete) return this.elementsOf(origin, depth + 1);
    const values = pairs.items.flatMap((pair) => (pair.kind === "derived" ? [pair.of[1]] : []));
    return { items: values, complete: true };
  }

  /** What a local function returns, element by element. */
  #ofReturned(spot: Spot, depth: number): Elements | null {
    const [callee, ...more] = this.of({ ...spot, v: spot.fn.callee(spot.v) }, depth + 1);
    if (callee?.kind !== "function" || more.length > 0 || depth > 12) return null;
    const rows = callee.fn.returns.filter((row) => callee.fn.a(row) !== NONE);
    if (rows.length === 0 || rows.length > 4) return null;
    const frame = this.readFrame(callee, spot, depth);
    const parts = rows.map((row) => ({ fn: callee.fn, v: callee.fn.a(row), frame, bindings: NO_BINDINGS }));
    return together(parts.map((part) => this.elements(part, depth + 1)));
  }

  #mapped(receiver: Spot, callback: Spot, name: string, depth: number): Elements {
    const elements = this.elements(receiver, depth + 1);
    const [fn] = callback.v === NONE ? [] : this.of(callback, depth + 1);
    if (fn === undefined || fn.kind !== "function") return NOTHING;
    const results = elements.items.flatMap((item, i) => [
      ...this.returned(fn.fn, givenFrame(fn, [[item], [constant(i)]], fn.frame?.depth ?? 0), depth + 1),
    ]);
    const mapped: Elements = { items: results, complete: elements.complete };
    return name === "map" ? mapped : together(results.map((o) => this.elementsOf(o, depth + 1)));
  }

  /** What `list.forEach(f)` and lodash's `each(collection, f)` hand to the function, turn by turn. */
  turns(call: Spot): Turns {
    const { fn, v } = call;
    const callee = fn.callee(v);
    if (this.#ofLodash({ ...call, v: callee })) {
      const pairs = together(this.of({ ...call, v: fn.args(v)[0] ?? NONE }).map((one) => this.#pairsOf(one)));
      return {
        arguments: pairs.items.map((pair) => (pair.kind === "derived" ? [[pair.of[1]], [pair.of[0]]] : [[pair]])),
        complete: pairs.complete,
      };
    }
    const elements = this.elements({ ...call, v: fn.a(callee) });
    return { arguments: elements.items.map((item, i) => [[item], [constant(i)]]), complete: elements.complete };
  }

  #ofLodash(callee: Spot): boolean {
    const [only] = this.of(callee);
    return only?.kind === "package" && /^(?:lodash|lodash-es|underscore)(?:\/|$)/.test(only.module);
  }

  /** The entries of an object, the elements of a list. */
  #pairsOf(origin: Origin): Elements {
    const pairs = this.#entriesOf(origin, null, 0);
    if (pairs.complete) return pairs;
    if (origin.kind !== "namespace") return this.elementsOf(origin);
    return this.#valuesOf(origin, 0);
  }

  /** The values that a loop goes through. */
  iterated(spot: Spot): Elements {
    const { fn, v } = spot;
    const collection: Spot = { ...spot, v: fn.a(v) };
    if (fn.b(v) !== IterKind.In) return this.elements(collection);
    return together(this.of(collection).map((o) => this.#keysOf(o, 0)));
  }

  /** Names of an object's properties, those that `Object.assign` adds to it among them. */
  #keysOf(origin: Origin, depth: number): Elements {
    const own = keysOf(origin);
    if (origin.kind !== "literal" || depth > MAX_DEPTH) return own;
    const added = assignedTo(origin.site).map((source) =>
      together(this.of(source, depth + 1).map((o) => this.#keysOf(o, depth + 1))),
    );
    const { items, complete } = together([own, ...added]);
    const names = new Set(items.flatMap((o) => (o.kind === "constant" ? [o.value] : [])));
    return { items: [...names].map(constant), complete };
  }
}

/** Each file of a folder is gone through alike: what is loaded by its name is all of them at once. */
const A_FILE: Elements = { items: [unknown("name of a file")], complete: true };

/** `fs.readdirSync(folder)`, `glob.sync(pattern)` */
function isFolderListing(callees: readonly Origin[]): boolean {
  const [only] = callees;
  if (callees.length !== 1 || only.kind !== "package") return false;
  return /^(?:node:)?fs(?:\/promises)?$|^fs-extra$/.test(only.module)
    ? /(?:^|\.)readdir(?:Sync)?$/.test(only.path)
    : /^(?:glob|globby|fast-glob|tinyglobby)$/.test(only.module);
}

function together(parts: readonly Elements[]): Elements {
  return {
    items: parts.flatMap((part) => [...part.items]).slice(0, MAX_ELEMENTS),
    complete: parts.length > 0 ? parts.every((part) => part.complete) : true,
  };
}

function keysOf(origin: Origin): Elements {
  if (origin.kind !== "literal" || origin.form !== "object") return NOTHING;
  const props = [...origin.site.fn.props(origin.site.v)];
  return {
    items: props.filter((p) => p.name !== "").map((p) => constant(p.name)),
    complete: props.every((p) => p.name !== ""),
  };
}

function globalName(fn: FunctionView, v: number): string {
  return fn.op(v) === Op.Global ? fn.text(fn.a(v)) : "";
}
