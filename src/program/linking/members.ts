/** Reading a member path from a value: literals, classes, namespaces, packages, sources, parameters. */
import { Op, PropKind, type TypeRef } from "../../model/lowered.js";
import { TEXT_FORMS, TEXT_TESTS, WITHOUT_QUERY } from "../paths/text-tests.js";
import { derived } from "../values/computed-origins.js";
import { filledInto } from "../values/filled-lists.js";
import { filledUnderKey } from "../values/filled-objects.js";
import { interrupted } from "../values/framed-memo.js";
import { storedUnderKey } from "../values/keyed-stores.js";
import { ANY_KEY, isOpenKey } from "../values/open-keys.js";
import {
  isRegrouped,
  LAST_ELEMENT,
  type LinkQueries,
  type Origin,
  packageMember,
  type RestArguments,
  type Site,
  type SourceOrigin,
  source,
  UNDEFINED,
  unknown,
} from "../values/origin.js";
import { distinct, originKey } from "../values/origin-keys.js";
import { writesToLiteral } from "../values/writes.js";
import { METHODS_OF_VALUES } from "./builtins.js";
import { memberOfClass, memberOfInstance } from "./class-members.js";
import type { FunctionView } from "./function-view.js";
import { implementedBy } from "./implementers.js";
import { goesThroughList, isPosition, standsForList } from "./made-elements.js";
import { MADE, memberOfMade } from "./made-objects.js";

const MAX_PATH = 12;

/** Origins of `value.a.b` for the path `["a", "b"]`; `[]` stands for an element at an unknown position. */
export function projectOrigin(origin: Origin, path: readonly string[], queries: LinkQueries): readonly Origin[] {
  let current: readonly Origin[] = [origin];
  for (const name of path) {
    current =
      current.length === 1
        ? member(current[0], name, queries)
        : distinct(current.flatMap((o) => member(o, name, queries)));
  }
  return current;
}

function member(origin: Origin, key: string, queries: LinkQueries): readonly Origin[] {
  const any = (key === LAST_ELEMENT && !countsElements(origin)) || (isOpenKey(key) && !keepsOpen(origin));
  const name = any ? ANY_KEY : key;
  switch (origin.kind) {
    case "literal":
      return memberOfLiteral(origin, name, queries);
    case "instance":
      return memberOfInstance(origin, name, queries);
    case "class":
      return memberOfClass(origin, name, queries);
    case "namespace":
      return memberOfNamespace(origin, name, queries);
    case "package":
      // a variable of the environment is a text like any other
      if (METHODS_OF_VALUES.has(name) && VARIABLE.test(origin.path) && origin.module === "")
        return [method(origin, name, origin.site)];
      return queries.knowledge.packageMember(origin, name, queries) ?? [packageMember(origin, name)];
    case "parameter":
      return queries.knowledge.parameterMember(origin, name, queries) ?? memberOfOpen(origin, name);
    case "apply":
      return memberOfOpen(origin, name);
    case "fallback":
      return [
        {
          kind: "fallback",
          value: distinct(origin.value.flatMap((o) => member(o, name, queries))),
          or: distinct(origin.or.flatMap((o) => member(o, name, queries))),
        },
      ];
    case "source":
      return memberOfSource(origin, name, queries);
    case "derived":
      return memberOfDerived(origin, name, queries);
    case "typed":
      return memberOfType(origin, name, queries);
    case "function":
      return memberOfFunction(origin, name);
    case "constant":
      if (typeof origin.value === "string" && (TEXT_TESTS.has(name) || TEXT_FORMS.has(name) || name === "split"))
        return [method(origin, name, null)];
      if (typeof origin.value === "string" && /^[A-Za-z_]\w*$/.test(name) && !Object.hasOwn(String.prototype, name))
        // `message.id`: of a text that stands in for what was not found nothing can be read
        return [UNDEFINED];
      return origin.value === undefined || origin.value === null ? [UNDEFINED] : [source("neutral", name)];
    case "unknown":
      return [origin];
  }
}

/** What only a caller knows, and what is made of it, keeps a name that only a caller knows. */
function keepsOpen({ kind }: Origin): boolean {
  return kind === "parameter" || kind === "apply" || kind === "fallback" || kind === "derived";
}

/** Of other lists any element may be the last, or only the caller knows the list. */
function countsElements(origin: Origin): boolean {
  return origin.kind === "parameter" || origin.kind === "fallback" || (origin.kind === "derived" && !!origin.rest);
}

/** An exported name; `import("./x").then(…)` is a promise of the namespace. */
function memberOfNamespace(
  origin: Extract<Origin, { kind: "namespace" }>,
  name: string,
  queries: LinkQueries,
): readonly Origin[] {
  const target = queries.program.exported(origin.file, name);
  if (target.kind === "missing" && (name === "then" || name === "catch")) return [method(origin, name, null)];
  return queries.nameOrigins(target);
}

function memberOfOpen(origin: Extract<Origin, { kind: "parameter" | "apply" }>, name: string): readonly Origin[] {
  if (origin.path.length >= MAX_PATH) return [unknown("path too long")];
  if (origin.kind === "parameter" && origin.without?.includes(name)) return [unknown("written over")];
  return [{ ...origin, path: [...origin.path, name] }];
}

function memberOfFunction(origin: Extract<Origin, { kind: "function" }>, name: string): readonly Origin[] {
  if (name === "call" || name === "apply") return [{ ...origin, called: name }];
  if (name === "bind") return [derived([origin], name, null)];
  return [unknown("member of a function")];
}

function memberOfLiteral(
  origin: Extract<Origin, { kind: "literal" }>,
  name: string,
  queries: LinkQueries,
): readonly Origin[] {
  if (METHODS_OF_VALUES.has(name) && origin.form !== "object") return [method(origin, name, origin.site)];
  if (origin.form === "array")
    return (name === "length" ? lengthOfList(origin) : null) ?? elementOfArray(origin.site, name, queries);
  if (origin.form === "object") {
    if (name === "[]" && origin.asked !== undefined) return origin.asked.values;
    const ofList = isPosition(name) || goesThroughList(name);
    if (ofList && standsForList(origin.site)) return isPosition(name) ? [origin] : [method(origin, name, origin.site)];
    const found = propertyOfObject(origin.site, name, queries);
    // an asynchronous function gives a promise of the object that it returns
    return PROMISED.has(name) && found.every(isMissing) ? [method(origin, name, origin.site)] : named(found, name);
  }
  // a character of a text is made of the text
  if (origin.form === "template" && /^(?:\[\]|\d+)$/.test(name)) return [derived([origin], "char", origin.site)];
  return [unknown("member of a template")];
}

/** What is written into a list stays in it; an empty one may be filled later. */
function lengthOfList({ site: { fn, v }, partly }: Extract<Origin, { kind: "literal" }>): readonly Origin[] | null {
  if (fn.op(v) !== Op.Array || partly === true) return null;
  const items = Array.from(fn.list(fn.a(v)));
  return items.length === 0 || items.some((item) => fn.op(item) === Op.Spread)
    ? null
    : [{ kind: "constant", value: items.length }];
}

/** What a number stands for is told by its name alone. */
function named(found: readonly Origin[], name: string): readonly Origin[] {
  const [only] = found;
  if (found.length !== 1 || only?.kind !== "constant" || typeof only.value !== "number") return found;
  return [{ ...only, name }];
}

const PROMISED: ReadonlySet<string> = new Set(["then", "catch", "finally"]);

function isMissing(origin: Origin): boolean {
  return origin.kind === "unknown" || (origin.kind === "constant" && origin.value === undefined);
}

function elementOfArray(site: Site, name: string, queries: LinkQueries): readonly Origin[] {
  const { fn, v, frame } = site;
  const items = fn.list(fn.a(v));
  const evaluate = (item: number): readonly Origin[] => queries.evaluate({ fn, v: item, frame });
  if (name === "[]") {
    const given = Array.from(items.slice(0, 32)).flatMap((item) =>
      isChosenThere(fn, item) ? elementsSpread(site, evaluate(item), queries) : evaluate(item),
    );
    return distinct([...given, ...filledInto(site, queries)]);
  }
  const index = Number(name);
  if (!Number.isInteger(index))
    return [name === "length" ? source("neutral", "length") : unknown("member of an array")];
  return index < items.length ? evaluate(items[index]) : [UNDEFINED];
}

/** `...(id ? [id] : [])`: a part that is chosen, or written out, on the spot. */
function isChosenThere(fn: FunctionView, item: number): boolean {
  if (fn.op(item) !== Op.Spread) return false;
  const op = fn.op(fn.a(item));
  return op === Op.Cond || op === Op.Logic || op === Op.Array;
}

/** Of lists that are written out their items; other lists stand for what is in them. */
function elementsSpread(into: Site, lists: readonly Origin[], queries: LinkQueries): readonly Origin[] {
  // `ids = [...ids, id]`
  if (isOpen(into, "[]")) return [];
  open.push({ site: into, name: "[]" });
  try {
    return lists.flatMap((list) =>
      list.kind === "literal" && list.form === "array" ? queries.project(list, ["[]"]) : [list],
    );
  } finally {
    open.pop();
  }
}

/** Properties being looked for: `x = { ...x, a }` spreads itself. */
const open: { readonly site: Site; readonly name: string }[] = [];

function isOpen({ fn, v }: Site, name: string): boolean {
  return open.some((one) => one.site.fn === fn && one.site.v === v && one.name === name);
}

function propertyOfObject(site: Site, name: string, queries: LinkQueries): readonly Origin[] {
  if (isOpen(site, name)) {
    interrupted();
    return [unknown("cycle")];
  }
  open.push({ site, name });
  try {
    return findProperty(site, name, queries);
  } finally {
    open.pop();
  }
}

function findProperty(site: Site, name: string, queries: LinkQueries): readonly Origin[] {
  const { fn, v, frame } = site;
  const written = writesToLiteral(fn, v).filter((write) => write.name === name);
  const found: Origin[] = written.flatMap((write) => [...queries.evaluate({ fn, v: write.value, frame })]);
  const props = fn.props(v);
  if (name === "[]") {
    const last = props.slice(-32).reverse();
    return distinct(last.flatMap((p) => [...queries.evaluate({ fn, v: p.value, frame })]));
  }
  for (let at = props.length - 1; at >= 0; at -= 1) {
    const prop = props[at];
    if (prop.kind === PropKind.Named && prop.name === name) {
      return distinct([...found, ...queries.evaluate({ fn, v: prop.value, frame })]);
    }
    if (prop.kind === PropKind.Getter && prop.name === name) {
      const getter = queries.evaluate({ fn, v: prop.value, frame });
      return distinct([...found, ...getter.flatMap((g) => [...queries.apply(g, { fn, v: prop.value, frame })])]);
    }
    if (prop.kind === PropKind.Computed && keyIs(prop.key, name, site, queries)) {
      return distinct([...found, ...queries.evaluate({ fn, v: prop.value, frame })]);
    }
    if (prop.kind !== PropKind.Spread) continue;
    const spread = queries.evaluate({ fn, v: prop.value, frame }).flatMap((o) => [...queries.project(o, [name])]);
    const beside = spread.some(isBehindUnreadSchema) && props.some((p) => p.kind === PropKind.Named && p.name === name);
    const given = beside ? spread.filter((o) => !isBehindUnreadSchema(o)) : spread;
    const present = given.filter((o) => !(o.kind === "constant" && o.value === undefined));
    found.push(...present);
    if (present.length === spread.length && present.length > 0 && present.every(isCertain)) return distinct(found);
  }
  if (found.length > 0) return distinct(found);
  const keyed = storedUnderKey(fn, v, name, queries);
  const filled = keyed.length > 0 ? keyed : filledUnderKey(site, name, queries);
  return filled.length > 0 ? distinct(filled) : [UNDEFINED];
}

/** A schema lists what it lets through, hardly a key that is written beside it: `{ orgId, ...c.req.valid("json") }`. */
function isBehindUnreadSchema(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "input" && origin.schema?.path === "?";
}

/** A spread that surely has the key hides what stands before it. */
function isCertain(origin: Origin): boolean {
  return origin.kind !== "unknown" && origin.kind !== "parameter" && origin.kind !== "apply" && origin.kind !== "typed";
}

function keyIs(key: number, name: string, site: Site, queries: LinkQueries): boolean {
  const keys = queries.evaluate({ ...site, v: key });
  return keys.length === 1 && keys[0].kind === "constant" && String(keys[0].value) === name;
}

function memberOfSource(origin: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] {
  if (origin.source === "input" && origin.without?.includes(name)) return [unknown("written over")];
  const known = queries.knowledge.member(origin, name, queries);
  if (known !== undefined) return known;
  if (name === "[]") return [origin];
  // `variable.values`: a relation by that name is likelier than a row whose members are gone through
  const isColumn = origin.source === "row" && origin.path === "" && name === "values";
  if (origin.source !== "request" && origin.source !== "context" && METHODS_OF_VALUES.has(name) && !isColumn) {
    return [method(origin, name, origin.site)];
  }
  const path = origin.path === "" ? name : `${origin.path}.${name}`;
  if (path.length > 200) return [unknown("path too long")];
  return [{ ...origin, path }];
}

const VARIABLE = /^process\.env\.[A-Za-z_]\w*$/;

function isAbsent(origin: Origin): boolean {
  return origin.kind === "constant" && origin.value === undefined;
}

function method(origin: Origin, name: string, site: Site | null): Origin {
  return derived([origin], `method:${name}`, site);
}

function memberOfDerived(
  origin: Extract<Origin, { kind: "derived" }>,
  name: string,
  queries: LinkQueries,
): readonly Origin[] {
  if (origin.how === MADE) return memberOfMade(origin, name, queries);
  if (METHODS_OF_VALUES.has(name)) return [derived([origin], `method:${name}`, origin.site)];
  if (name === "length" || (name === "size" && origin.how === "Set")) return [lengthOf(origin)];
  if (origin.rest !== undefined && /^(?:\[-?1?\]|\d+)$/.test(name)) return restArgument(origin.rest, name);
  // a schema's `safeParse` wraps what it was given
  if (origin.how === "safeParse")
    return name === "data" || name === "value" || name === "output" || name === "payload"
      ? origin.of
      : [source("neutral", name)];
  if (origin.how === WITHOUT_QUERY) return name === "0" ? origin.of : [source("neutral", name)];
  if (origin.how === "Set" && name === "[]" && origin.site !== null) {
    // what was added is an element itself
    const added = filledInto(origin.site, queries).map(originKey);
    return distinct(origin.of.flatMap((o) => (added.includes(originKey(o)) ? [o] : [...member(o, name, queries)])));
  }
  const of = origin.of.flatMap((o) => [...member(o, name, queries)]);
  // the path of the entry that is judged, read through `new URL(request.url)`
  if (origin.how === "URL" && of.length === 1 && of[0].kind === "constant") return of;
  // what a schema drops is not there, in whichever form it was parsed
  if (isRegrouped(origin) && of.length > 0 && of.every(isAbsent)) return [UNDEFINED];
  return [derived(of, origin.how, origin.site)];
}

/** Of the rest of a call's arguments it is known whether there are any. */
function lengthOf(origin: Extract<Origin, { kind: "derived" }>): Origin {
  const counted = origin.how === "rest" && origin.of.every((o) => o.kind === "constant");
  return counted ? { kind: "constant", value: origin.of.length } : { ...origin, how: "length" };
}

/** `args[1]` of `(...args)`: the argument that the call has there. What follows an unread list may stand anywhere. */
function restArgument({ known, whole }: RestArguments, name: string): readonly Origin[] {
  if (name === "[]" || !whole) return distinct(known.flat());
  return (name === LAST_ELEMENT ? known.at(-1) : known[Number(name)]) ?? [UNDEFINED];
}

function memberOfType(
  origin: Extract<Origin, { kind: "typed" }>,
  name: string,
  queries: LinkQueries,
): readonly Origin[] {
  const next: Origin = { ...origin, path: [...origin.path, name] };
  if (origin.path.length > 0) return [next];
  const implemented = origin.type.kind === "name" ? implementedBy(origin.file, origin.type.name, name, queries) : [];
  if (implemented.length > 0) return implemented;
  const type = memberType(origin.file, origin.type, name);
  const typed = type === null ? null : queries.typeOrigin(origin.file, type);
  return [typed ?? next];
}

function memberType(file: Extract<Origin, { kind: "typed" }>["file"], type: TypeRef, name: string): TypeRef | null {
  if (type.kind === "object") return type.members.find((m) => m.name === name)?.type ?? null;
  if (type.kind !== "name") return null;
  const declaration = file.lowered.typeDeclarations.find((t) => t.name === type.name);
  if (declaration === undefined) return null;
  const own = declaration.members.find((m) => m.name === name);
  if (own !== undefined) return own.type;
  for (const parent of declaration.extends) {
    const inherited = parent === type ? null : memberType(file, parent, name);
    if (inherited !== null) return inherited;
  }
  return null;
}
