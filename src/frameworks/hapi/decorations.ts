/**
 * What a service hangs on its server, requests and toolkits: `server.decorate("request", "db", () => db, { apply: true })`,
 * `server.app.db = db`, a getter that an extension defines on each request; also by a helper that is given the name.
 */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import { frameFor, givenFrame } from "../../program/values/call-frames.js";
import type { Frame, LinkQueries, Origin, ParameterOrigin, Site } from "../../program/values/origin.js";
import { distinct } from "../../program/values/origin-keys.js";
import { calledName } from "../called-names.js";

export type Holder = "request" | "server" | "toolkit" | "server.app";

/** A value that is put somewhere; `made` when what it gives when it is called is what is found there. */
interface Decoration {
  readonly holder: Holder;
  readonly name: Site;
  readonly value: Site;
  readonly made: boolean;
}

interface Placed extends Decoration {
  /** the call of the helper that was given the name */
  readonly frame: Frame | null;
}

const HOLDERS: ReadonlyMap<string, Holder> = new Map([
  ["request", "request"],
  ["server", "server"],
  ["toolkit", "toolkit"],
]);
const MAX_CALLS = 400;

const known = new WeakMap<Program, ReadonlyMap<string, readonly Placed[]>>();

/** Values under a name that some plugin put there; undefined when none in sight did. */
export function decorated(holder: Holder, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  const all = decorationsOf(queries).get(`${holder}.${name}`);
  if (all === undefined) return undefined;
  const solid = distinct(all.flatMap((one) => [...valueAt(one, queries)])).filter(
    (o) => o.kind !== "constant" && o.kind !== "unknown",
  );
  return solid.length === 0 ? undefined : solid;
}

function valueAt({ value, made, frame }: Placed, queries: LinkQueries): readonly Origin[] {
  const given = queries.bind(queries.evaluate(value), frame);
  if (!made) return given;
  return given.flatMap((o) =>
    o.kind === "function" ? [...queries.bind(queries.returnsOf(o.fn), givenFrame(o, [], o.frame?.depth ?? 0))] : [],
  );
}

function decorationsOf(queries: LinkQueries): ReadonlyMap<string, readonly Placed[]> {
  let found = known.get(queries.program);
  if (found === undefined) {
    // what is asked for while they are collected does not see them
    known.set(queries.program, new Map());
    found = collect(queries);
    known.set(queries.program, found);
  }
  return found;
}

function collect(queries: LinkQueries): ReadonlyMap<string, readonly Placed[]> {
  const found = new Map<string, Placed[]>();
  const put = (name: Origin | undefined, one: Placed): void => {
    if (name?.kind !== "constant" || typeof name.value !== "string") return;
    const key = `${one.holder}.${name.value}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  };
  const open = new Map<FunctionView, { readonly one: Decoration; readonly name: ParameterOrigin }[]>();
  for (const one of written(queries.program)) {
    const [name, ...others] = queries.evaluate(one.name);
    if (others.length > 0) continue;
    if (name?.kind === "parameter") open.set(name.fn, [...(open.get(name.fn) ?? []), { one, name }]);
    else put(name, { ...one, frame: null });
  }
  for (const { fn, frame } of callsOf(new Set(open.keys()), queries)) {
    for (const { one, name } of open.get(fn) ?? []) {
      const [given] = queries.bind([name], frame);
      put(given, { ...one, frame });
    }
  }
  return found;
}

/** Everything that is put on one of the holders, whatever the name. */
function* written(program: Program): Generator<Decoration> {
  for (const fn of functionsOf(program)) {
    for (const v of fn.calls) {
      if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member) continue;
      const name = fn.memberName(fn.callee(v));
      if (name === "decorate") yield* decorateCall(fn, v);
      if (name === "defineProperty") yield* definedProperty(fn, v);
    }
    for (let v = 0; v < fn.valueCount; v += 1) {
      const named = fn.op(v) === Op.SetMember;
      if (!named && fn.op(v) !== Op.SetIndex) continue;
      const target = fn.a(v);
      if (fn.op(target) !== Op.Member || fn.text(fn.b(target)) !== "app") continue;
      const value = at(fn, fn.c(v));
      if (!named) yield { holder: "server.app", name: at(fn, fn.b(v)), value, made: false };
    }
  }
}

/** `server.decorate("request", "db", (request) => db, { apply: true })` */
function* decorateCall(fn: FunctionView, v: number): Generator<Decoration> {
  const [target, name, value, options] = fn.args(v);
  if (value === undefined || fn.op(target) !== Op.String) return;
  const holder = HOLDERS.get(fn.text(fn.a(target)));
  if (holder === undefined) return;
  const made = options !== undefined && fn.op(options) === Op.Object && fn.prop(options, "apply") !== NONE;
  yield { holder, name: at(fn, name), value: at(fn, value), made };
}

/** `Object.defineProperty(request, name, { get() { … } })` */
function* definedProperty(fn: FunctionView, v: number): Generator<Decoration> {
  const [target, name, descriptor] = fn.args(v);
  if (descriptor === undefined || fn.op(descriptor) !== Op.Object) return;
  const named = calledName(fn, target);
  const holder = /^req(?:uest)?$/.test(named) ? "request" : named === "server" ? "server" : null;
  if (holder === null) return;
  const getter = fn.prop(descriptor, "get");
  if (getter !== NONE) yield { holder, name: at(fn, name), value: at(fn, getter), made: true };
  const value = fn.prop(descriptor, "value");
  if (value !== NONE) yield { holder, name: at(fn, name), value: at(fn, value), made: false };
}

/** Calls of the functions, with what each is given. */
function* callsOf(
  wanted: ReadonlySet<FunctionView>,
  queries: LinkQueries,
): Generator<{ readonly fn: FunctionView; readonly frame: Frame }> {
  const names = new Set([...wanted].map((fn) => fn.info.name).filter((name) => name !== ""));
  if (names.size === 0) return;
  let calls = 0;
  for (const fn of functionsOf(queries.program)) {
    for (const v of fn.calls) {
      if (fn.op(v) !== Op.Call || !names.has(calledName(fn, fn.callee(v)))) continue;
      if (calls >= MAX_CALLS) return;
      calls += 1;
      const site = at(fn, v);
      for (const callee of queries.evaluate({ ...site, v: fn.callee(v) })) {
        if (callee.kind === "function" && wanted.has(callee.fn)) yield { fn: callee.fn, frame: frameFor(callee, site) };
      }
    }
  }
}

function* functionsOf(program: Program): Generator<FunctionView> {
  for (const file of program.files) for (let i = 0; i < file.functionCount; i += 1) yield file.fn(i);
}

function at(fn: FunctionView, v: number): Site {
  return { fn, v, frame: null };
}
