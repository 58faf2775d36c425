/**
 * What containers inject for a token: `@Inject("NOTES") notes` is what some module provides for it
 * (`{ provide: "NOTES", useClass: SqlNotes }`), or a container binds to it (`container.bind(NOTES).to(SqlNotes)`).
 */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import { givenFrame } from "../../program/values/call-frames.js";
import { Evaluator } from "../../program/values/evaluate.js";
import { type LinkQueries, type Origin, type Site, source } from "../../program/values/origin.js";
import { distinct } from "../../program/values/origin-keys.js";

/** more than these are a table of strategies, of which any could be meant */
const MAX_PROVIDED = 4;
const MAX_ALIASES = 4;
const INJECTS = /^(?:@nestjs\/common|inversify|tsyringe|typedi|@loopback\/(?:core|context))$/;
/** what LoopBack's components bind the caller to, once a request is authenticated */
const CALLER = /^(?:SecurityBindings\.USER|AuthenticationBindings\.CURRENT_USER)$/;
const INJECT = /^[iI]nject(?:\(\))?$/;

/** token → what its providers give, not yet evaluated */
type Providers = ReadonlyMap<string, readonly Provider[]>;

interface Provider {
  readonly how: "class" | "existing" | "value" | "factory";
  readonly given: Site;
  /** tokens of what a factory is called with */
  readonly tokens: Site | null;
}

const known = new WeakMap<Program, Providers>();

/** What is injected where a decorator names a token, or for the class that is declared; empty when nothing provides it in sight. */
export function providedFor(
  decorators: readonly Site[],
  declared: Origin | null,
  queries: LinkQueries,
): readonly Origin[] {
  for (const site of decorators) {
    const token = tokenOf(site, queries);
    if (token?.kind === "package" && CALLER.test(token.path)) return [source("identity", "user", { site })];
    if (token !== null) return provided(token, queries, 0);
  }
  return declared === null ? [] : provided(declared, queries, 0);
}

function tokenOf({ fn, v, frame }: Site, queries: LinkQueries): Origin | null {
  if (fn.op(v) !== Op.Call) return null;
  const [first] = fn.args(v);
  if (first === undefined) return null;
  const [callee] = queries.evaluate({ fn, v: fn.callee(v), frame });
  if (callee?.kind !== "package" || !INJECTS.test(callee.module) || !INJECT.test(callee.path)) return null;
  return queries.evaluate({ fn, v: first, frame })[0] ?? null;
}

function provided(token: Origin, queries: LinkQueries, depth: number): readonly Origin[] {
  const key = keyOf(token, queries);
  const providers = key === null || depth > MAX_ALIASES ? [] : (providersIn(queries).get(key) ?? []);
  const found = distinct(providers.flatMap((one) => [...made(one, queries, depth)]));
  return found.length > MAX_PROVIDED ? [] : found;
}

function made({ how, given, tokens }: Provider, queries: LinkQueries, depth: number): readonly Origin[] {
  const values = queries.evaluate(given);
  switch (how) {
    case "value":
      return values;
    case "class":
      return values.flatMap(instances);
    case "existing":
      return values.flatMap((one) => {
        const aliased = provided(one, queries, depth + 1);
        return aliased.length > 0 ? aliased : instances(one);
      });
    case "factory":
      return values.flatMap((one) => {
        if (one.kind !== "function") return [];
        const args = tokens === null ? [] : argumentsFor(tokens, queries, depth);
        const results = queries.returnsOf(one.fn);
        return args.length === 0 ? results : queries.bind(results, givenFrame(one, args));
      });
  }
}

/** `inject: [DataSource, "CONFIG"]`: only where each of them is known a factory is called with them. */
function argumentsFor(tokens: Site, queries: LinkQueries, depth: number): readonly (readonly Origin[])[] {
  const [list] = queries.evaluate(tokens);
  if (list?.kind !== "literal" || list.form !== "array") return [];
  const { fn, v, frame } = list.site;
  const args = Array.from(fn.list(fn.a(v)), (item) =>
    queries.evaluate({ fn, v: item, frame }).flatMap((token) => {
      const held = provided(token, queries, depth + 1);
      return held.length > 0 ? held : instances(token);
    }),
  );
  return args.every((one) => one.length > 0) ? args : [];
}

function instances(origin: Origin): readonly Origin[] {
  return origin.kind === "class" ? [{ kind: "instance", file: origin.file, index: origin.index, site: null }] : [];
}

function keyOf(token: Origin, queries: LinkQueries): string | null {
  switch (token.kind) {
    case "constant":
      return typeof token.value === "string" ? `text ${token.value}` : null;
    case "class":
      return `class ${token.file.id}:${token.index}`;
    case "source":
      return token.path === "Symbol" && token.site !== null ? `symbol ${token.site.fn.key(token.site.v)}` : null;
    case "package":
      return token.path === "Symbol.for()" && token.site !== null ? shared(token.site, queries) : null;
    default:
      return null;
  }
}

/** `Symbol.for("notes")` is the same symbol wherever it is asked for. */
function shared({ fn, v, frame }: Site, queries: LinkQueries): string | null {
  const [first] = fn.args(v);
  const [named] = first === undefined ? [] : queries.evaluate({ fn, v: first, frame });
  return named?.kind === "constant" ? `symbol for ${String(named.value)}` : null;
}

function providersIn({ program, knowledge }: LinkQueries): Providers {
  let providers = known.get(program);
  if (providers === undefined) {
    known.set(program, new Map());
    // one of its own: a question that is just being answered is not to pay for all modules
    providers = readProviders(program, new Evaluator(program, knowledge));
    known.set(program, providers);
  }
  return providers;
}

function readProviders(program: Program, queries: LinkQueries): Providers {
  const found = new Map<string, Provider[]>();
  const add: Add = (token, provider) => {
    for (const origin of queries.evaluate(token)) {
      const key = keyOf(origin, queries);
      if (key !== null) found.set(key, [...(found.get(key) ?? []), provider]);
    }
  };
  for (const file of program.files) {
    const { strings } = file.lowered;
    const lists = strings.includes("provide");
    const binds = strings.includes("bind") || strings.includes("register") || strings.includes("registerSingleton");
    if (!lists && !binds) continue;
    for (const fn of file.functions()) {
      if (lists) addLiterals(fn, add);
      if (binds) addCalls(fn, queries, add);
    }
  }
  return found;
}

type Add = (token: Site, provider: Provider) => void;

const KINDS: readonly (readonly [string, Provider["how"]])[] = [
  ["useClass", "class"],
  ["useExisting", "existing"],
  ["useValue", "value"],
  ["useFactory", "factory"],
];

/** `{ provide: TOKEN, useClass: Service }` */
function addLiterals(fn: FunctionView, add: Add): void {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Object) continue;
    const token = valueUnder(fn, v, "provide");
    if (token === NONE) continue;
    const provider = providerIn(fn, v);
    if (provider !== null) add({ fn, v: token, frame: null }, provider);
  }
}

function providerIn(fn: FunctionView, literal: number): Provider | null {
  const inject = valueUnder(fn, literal, "inject");
  for (const [name, how] of KINDS) {
    const v = valueUnder(fn, literal, name);
    if (v === NONE) continue;
    return {
      how,
      given: { fn, v, frame: null },
      tokens: inject === NONE ? null : { fn, v: inject, frame: null },
    };
  }
  return null;
}

function valueUnder(fn: FunctionView, literal: number, name: string): number {
  return Array.from(fn.props(literal)).find((prop) => prop.name === name)?.value ?? NONE;
}

const BOUND: Readonly<Record<string, Provider["how"]>> = {
  to: "class",
  toConstantValue: "value",
  toDynamicValue: "factory",
  toService: "existing",
};

/** `container.bind(TOKEN).to(Service)`, `container.register(TOKEN, { useClass })`, `container.registerSingleton(TOKEN, Service)` */
function addCalls(fn: FunctionView, queries: LinkQueries, add: Add): void {
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call || fn.op(fn.callee(v)) !== Op.Member) continue;
    const name = fn.memberName(fn.callee(v));
    const [first, second] = fn.args(v);
    if (first === undefined) continue;
    if (name === "register" && second !== undefined) {
      const [options] = queries.evaluate({ fn, v: second, frame: null });
      const provider =
        options?.kind === "literal" && options.form === "object" ? providerIn(options.site.fn, options.site.v) : null;
      if (provider !== null) add({ fn, v: first, frame: null }, provider);
    } else if (name === "registerSingleton" && second !== undefined) {
      add({ fn, v: first, frame: null }, { how: "class", given: { fn, v: second, frame: null }, tokens: null });
    } else if (Object.hasOwn(BOUND, name)) {
      const bind = fn.a(fn.callee(v));
      const token = fn.op(bind) === Op.Call && fn.memberName(fn.callee(bind)) === "bind" ? fn.args(bind)[0] : undefined;
      const given: Site = { fn, v: first, frame: null };
      if (token !== undefined) add({ fn, v: token, frame: null }, { how: BOUND[name], given, tokens: null });
    }
  }
}
