/**
 * What a service keeps for as long as a request runs: a guard stores the caller, services below it read them without
 * being handed anything. Covers `AsyncLocalStorage` of node:async_hooks and the packages built on it.
 */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import { leaves } from "../../program/values/computed-origins.js";
import { type LinkQueries, type Origin, type PackageOrigin, type Site, source } from "../../program/values/origin.js";
import { distinct } from "../../program/values/origin-keys.js";

const KEYED =
  /^(?:nestjs-cls|cls-hooked|continuation-local-storage|@fastify\/request-context|express-http-context2?|@godaddy\/express-http-context)$/;
const ASYNC_HOOKS = /^(?:node:)?async_hooks$/;
const MODULES = new RegExp(`${KEYED.source}|${ASYNC_HOOKS.source}`);

/** names under which the caller is kept */
const CALLER =
  /^(?:current|auth(?:enticated)?|request|logged_?in)?_?(?:user|account|principal|identity|session|claims|auth|member|tenant|organi[sz]ation|org|workspace|company|team)(?:_?(?:id|info|context))?$/i;

interface Write {
  /** key of the entry; '' where a whole object is stored */
  readonly key: string;
  readonly value: Site;
}

const MAX_WRITES = 12;

/** What a program stores, and what was found under the keys that it reads. */
interface Storage {
  readonly writes: readonly Write[];
  readonly values: Map<string, readonly Origin[]>;
}

const storages = new WeakMap<Program, Storage>();

/** What a read of such a storage gives; undefined for other calls. */
export function storedForRequest(
  callee: PackageOrigin,
  site: Site,
  queries: LinkQueries,
): readonly Origin[] | undefined {
  if (ASYNC_HOOKS.test(callee.module)) {
    return /^AsyncLocalStorage\(\)\.getStore$/.test(callee.path) ? kept("", site, queries) : undefined;
  }
  if (!KEYED.test(callee.module) || !/(?:^|\.)get$/.test(callee.path)) return undefined;
  const key = firstText(site.fn, site.v);
  return key === "" ? undefined : kept(key, site, queries);
}

function kept(key: string, site: Site, queries: LinkQueries): readonly Origin[] | undefined {
  const stored = valuesUnder(key, queries);
  if (stored.some(isOfTheRequest)) return stored;
  const [head = ""] = key.split(".");
  if (CALLER.test(head)) return [source("identity", key, { site, named: true })];
  return stored.length > 0 ? stored : undefined;
}

/** Who the caller is, or what he sent; a row is the caller's own where it is kept under such a name. */
function isOfTheRequest(origin: Origin): boolean {
  return leaves([origin]).some((o) => o.kind === "literal" || (o.kind === "source" && o.source !== "row"));
}

function valuesUnder(key: string, queries: LinkQueries): readonly Origin[] {
  const { writes, values } = storageOf(queries);
  const known = values.get(key);
  if (known !== undefined) return known;
  // what is stored may be made of what was stored before
  values.set(key, []);
  const found = writes.flatMap((write) => valueUnder(write, key, queries));
  const told = distinct(found.slice(0, MAX_WRITES)).filter(speaks);
  values.set(key, told);
  return told;
}

/** A stored value that its place explains; one that a caller handed in is told by its name alone. */
function speaks(origin: Origin): boolean {
  const parts = leaves([origin]);
  return parts.length > 0 && parts.every((part) => part.kind === "source" || part.kind === "literal");
}

/** `get("user.id")` of what `set("user.id", id)` or `set("user", user)` stored. */
function valueUnder(write: Write, key: string, queries: LinkQueries): readonly Origin[] {
  const inside = write.key === key || key.startsWith(`${write.key}.`);
  if (!inside && write.key !== "") return [];
  if (write.key === "" && key !== "") return [];
  const path = write.key === key ? [] : key.slice(write.key.length + 1).split(".");
  return queries.evaluate(write.value).flatMap((origin) => [...queries.project(origin, path)]);
}

function storageOf(queries: LinkQueries): Storage {
  const { program } = queries;
  let found = storages.get(program);
  if (found === undefined) {
    // while the writes are looked for, nothing is stored
    storages.set(program, { writes: [], values: new Map() });
    const files = [...program.files];
    const used = files.some((file) => file.lowered.imports.some((item) => MODULES.test(item.module)));
    const writes = used ? files.filter(mayWrite).flatMap((file) => writesIn(file, queries)) : [];
    found = { writes, values: new Map() };
    storages.set(program, found);
  }
  return found;
}

const WRITES = new Set(["set", "run", "enterWith", "runWith"]);

function mayWrite(file: ProgramFile): boolean {
  return file.lowered.strings.some((text) => WRITES.has(text));
}

function writesIn(file: ProgramFile, queries: LinkQueries): readonly Write[] {
  const found: Write[] = [];
  for (const fn of file.functions()) {
    for (const v of fn.calls) {
      const callee = fn.callee(v);
      if (fn.op(v) !== Op.Call || fn.op(callee) !== Op.Member) continue;
      const name = fn.memberName(callee);
      if (!WRITES.has(name)) continue;
      const write = writeOf(fn, v, name);
      const receivers = write === null ? [] : queries.evaluate({ fn, v: fn.a(callee), frame: null });
      if (write !== null && receivers.some((o) => o.kind === "package" && MODULES.test(o.module))) found.push(write);
    }
  }
  return found;
}

function writeOf(fn: FunctionView, call: number, name: string): Write | null {
  const [first = NONE, second = NONE] = fn.args(call);
  if (name !== "set") return first === NONE ? null : { key: "", value: { fn, v: first, frame: null } };
  const key = firstText(fn, call);
  return key === "" || second === NONE ? null : { key, value: { fn, v: second, frame: null } };
}

function firstText(fn: FunctionView, call: number): string {
  const [first = NONE] = fn.args(call);
  return first !== NONE && fn.op(first) === Op.String ? fn.text(fn.a(first)) : "";
}
