/** Methods of arrays, strings, promises and the language's own functions: what their results are made of. */
import { Op } from "../../model/lowered.js";
import { foldMembership, foldTest, splitsOffQuery, WITHOUT_QUERY } from "../paths/text-tests.js";
import { givenFrame } from "../values/call-frames.js";
import { derived } from "../values/computed-origins.js";
import { filledInto } from "../values/filled-lists.js";
import {
  constant,
  LAST_ELEMENT,
  type LinkQueries,
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  source,
  UNDEFINED,
} from "../values/origin.js";
import { distinct } from "../values/origin-keys.js";

const SAME = ["filter", "slice", "sort", "toSorted", "reverse", "toReversed", "concat", "values", "flat", "finally"];
const ELEMENT = ["find", "findLast", "at", "pop", "shift"];
const TEXT = [
  "trim",
  "trimStart",
  "trimEnd",
  "toLowerCase",
  "toUpperCase",
  "toString",
  "split",
  "replace",
  "replaceAll",
  "substring",
  "substr",
  "join",
  "normalize",
  "padStart",
  "padEnd",
  "repeat",
  "toISOString",
  "valueOf",
  "toJSON",
  "charAt",
  "match",
];
const CALLBACK = ["map", "flatMap", "then", "catch", "reduce", "forEach"];
const TEST = [
  "includes",
  "some",
  "every",
  "indexOf",
  "startsWith",
  "endsWith",
  "test",
  "has",
  "localeCompare",
  "search",
];

/** Names that are taken for methods of plain values unless the receiver itself knows better. */
export const METHODS_OF_VALUES: ReadonlySet<string> = new Set([...SAME, ...ELEMENT, ...TEXT, ...CALLBACK, ...TEST]);

/** Names of the language that no client of a database or service gives to a method of its own. */
export const METHODS_OF_TEXTS_AND_LISTS: ReadonlySet<string> = new Set(
  [...TEXT, ...TEST].filter((name) => !["replace", "match", "search", "has", "join", "toJSON"].includes(name)),
);

const RESIZES: ReadonlySet<string> = new Set(["filter", "slice", "concat", "flat"]);

function resized(origin: Origin): Origin {
  return origin.kind === "literal" && origin.form === "array" ? { ...origin, partly: true } : origin;
}

const same = new Set(SAME);
const element = new Set(ELEMENT);
const tests = new Set(TEST);

/** Result of calling a method of an array, string or promise whose receiver is `receiver`. */
export function callMethod(
  receiver: readonly Origin[],
  name: string,
  site: Site,
  queries: LinkQueries,
): readonly Origin[] {
  const args = argumentsOf(site, queries);
  if (same.has(name)) return RESIZES.has(name) ? receiver.map(resized) : receiver;
  if (element.has(name)) {
    const key = name === "pop" || (name === "at" && isMinusOne(args[0])) ? LAST_ELEMENT : "[]";
    const elements = elementsOf(receiver, key, queries);
    // of what is written in the code it is known that it is there; that one of them was found is not
    const perhaps = name.startsWith("find") && elements.length > 0 && elements.every((o) => o.kind === "constant");
    return perhaps ? distinct([...elements, UNDEFINED]) : elements;
  }
  const elements = name === "then" ? receiver : elementsOf(receiver, "[]", queries);
  if (tests.has(name)) {
    const known = foldTest(receiver, name, args[0]) ?? foldMembership(receiver, name, args[0], queries);
    if (known !== undefined) return known;
    // `rows.some((row) => row.userId === user.id)` is made of what the callback compares
    const tested = (args[0] ?? []).flatMap((callback) =>
      callback.kind === "function"
        ? queries.bind(queries.returnsOf(callback.fn), givenFrame(callback, [elements], site.frame?.depth ?? 0))
        : [callback],
    );
    return [derived([...receiver, ...tested], name, site)];
  }
  if (name === "map" || name === "flatMap" || name === "then") {
    const results = (args[0] ?? []).flatMap((callback) =>
      callback.kind === "function"
        ? queries.bind(queries.returnsOf(callback.fn), givenFrame(callback, [elements], site.frame?.depth ?? 0))
        : [...elements],
    );
    return distinct(results);
  }
  if (name === "catch") return receiver;
  const written = rewritten(receiver, name);
  if (written !== undefined) return written;
  const how = name === "split" && splitsOffQuery(receiver, args[0]) ? WITHOUT_QUERY : name;
  return [derived(receiver, how, site)];
}

/** Lists that were made by a callback are known by what it gave back; an object is no list, and stands for its elements. */
export function elementsOf(receiver: readonly Origin[], key: string, queries: OriginQueries): readonly Origin[] {
  const isElement = (o: Origin): boolean => o.kind === "literal" && o.form === "object";
  return distinct(receiver.flatMap((o) => (isElement(o) ? [o] : queries.project(o, [key]))));
}

function isMinusOne(argument: readonly Origin[] | undefined): boolean {
  const [only] = argument ?? [];
  if (only?.kind !== "derived" || only.how !== "-" || only.of.length !== 1) return false;
  const [number] = only.of;
  return number.kind === "constant" && number.value === 1;
}

/** `"get".toUpperCase()`, as the method of a request is compared. */
function rewritten(receiver: readonly Origin[], name: string): readonly Origin[] | undefined {
  const [only, ...others] = receiver;
  if (only?.kind !== "constant" || typeof only.value !== "string" || others.length > 0) return undefined;
  if (name === "toUpperCase") return [constant(only.value.toUpperCase())];
  if (name === "toLowerCase") return [constant(only.value.toLowerCase())];
  return name === "trim" ? [constant(only.value.trim())] : undefined;
}

export function argumentsOf(site: Site, queries: LinkQueries): (readonly Origin[])[] {
  const { fn, v, frame } = site;
  if (fn.op(v) !== Op.Call && fn.op(v) !== Op.New) return [];
  return Array.from(fn.args(v), (arg) => queries.evaluate({ fn, v: arg, frame }));
}

/** These hand back what they are given, or an array of it. */
const IDENTITY = new Set([
  "Promise.all",
  "Promise.allSettled",
  "Promise.resolve",
  "Promise.race",
  "Promise.any",
  "Object.freeze",
  "Object.seal",
  "structuredClone",
  "Array.from",
  "Array.of",
]);
const CONVERSION = new Set([
  "String",
  "Number",
  "parseInt",
  "parseFloat",
  "BigInt",
  "Number.parseInt",
  "Number.parseFloat",
  "JSON.parse",
  "JSON.stringify",
  "decodeURIComponent",
  "encodeURIComponent",
  "decodeURI",
  "encodeURI",
  "atob",
  "btoa",
  "Object.values",
  "Object.keys",
  "Object.entries",
  "Object.fromEntries",
  "Buffer.from",
  "URL",
  "URLSearchParams",
  "Object.assign",
  "Set",
  "Map",
  "Boolean",
  "Date",
  "Array",
  "TextEncoder",
  "Uint8Array",
]);
const NEUTRAL = new Set(["Date.now", "Math.random", "crypto.randomUUID", "Math.floor", "performance.now", "Symbol"]);

/** `Buffer.concat([cipher.update(token), cipher.final()])` is made of the parts. */
function joined(site: Site, queries: LinkQueries): readonly Origin[] {
  return (argumentsOf(site, queries)[0] ?? []).flatMap((list) =>
    list.kind === "literal" && list.form === "array" ? [...queries.project(list, ["[]"])] : [list],
  );
}

/** Result of calling a global of the language, undefined when it is not one of those known here. */
export function callGlobal(callee: PackageOrigin, site: Site, queries: LinkQueries): readonly Origin[] | undefined {
  if (callee.module !== "") return undefined;
  if (IDENTITY.has(callee.path)) return argumentsOf(site, queries)[0] ?? [UNDEFINED];
  if (NEUTRAL.has(callee.path)) return [source("neutral", callee.path, { site })];
  if (callee.path === "RegExp().test") return [derived(argumentsOf(site, queries).flat(), "test", site)];
  if (callee.path === "Buffer.concat") return [derived(joined(site, queries), "concat", site)];
  if (!CONVERSION.has(callee.path)) return undefined;
  const filled = callee.path === "Set" ? filledInto(site, queries) : [];
  return [derived([...argumentsOf(site, queries).flat(), ...filled], callee.path, site)];
}
