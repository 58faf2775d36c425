/** inversify-express-utils: middleware of controllers and methods, by itself or by the name the container knows it by. */
import { NONE, Op } from "../../model/lowered.js";
import { type LinkQueries, type Origin, type Site, source, unknown } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { expressArguments, nextOrigin, requestOrigin, responseOrigin } from "../arguments.js";
import type { ClassReader, DecoratedClass, Method } from "../classes/classes.js";
import type { Applied } from "../classes/decorators.js";
import { argumentOrigin, argumentSites, type Item, itemsOf, property, textOf } from "../classes/values.js";
import type { AdapterInput, ProgramIndex, RawStep } from "../routing.js";
import { inputParameter } from "./collect.js";
import { type ControllerDialect, type ControllerReader, isOf, type MethodSteps } from "./dialect.js";
import { methodOf, middlewareStep } from "./middleware.js";

const MODULES = ["inversify-express-utils"];
const SERVER = "InversifyExpressServer";
const INPUTS: Readonly<Record<string, string>> = {
  requestParam: "params",
  queryParam: "query",
  requestBody: "body",
};
const PARTS: Readonly<Record<string, string>> = { requestHeaders: "headers", cookies: "cookies" };

export const inversify: ControllerDialect = {
  framework: "inversify-express",
  modules: MODULES,
  controllers: new Set(["controller"]),
  verbs: {
    httpGet: "GET",
    httpPost: "POST",
    httpPut: "PUT",
    httpPatch: "PATCH",
    httpHead: "HEAD",
    httpDelete: "DELETE",
    httpOptions: "OPTIONS",
    all: "ALL",
    httpMethod: "",
  },
  path: (text) => text,
  prefixes: ({ index, queries }) => {
    const found = index.callsOfName(SERVER).flatMap((call) => {
      const rooted = argumentSites(call).flatMap(
        (site) => property(queries.evaluate(site)[0], "rootPath", queries) ?? [],
      );
      return [textOf(rooted[0]) ?? ""];
    });
    return found.length === 0 ? [""] : [...new Set(found)];
  },
  bare: expressArguments,
  reader: (input, classes) => new InversifyReader(input, classes),
  parameter: (applied, context, queries) => {
    if (!isOf(applied, MODULES)) return null;
    const part = INPUTS[applied.name];
    if (part !== undefined) return inputParameter(part, applied, context, queries);
    const asked = requestOrigin("express", context);
    const name = textOf(argumentOrigin(applied.call, 0, queries));
    const member = PARTS[applied.name];
    if (member !== undefined) return queries.project(asked, name === null ? [member] : [member, name]);
    if (applied.name === "request") return [asked];
    if (applied.name === "response") return [responseOrigin("express", context)];
    if (applied.name === "next") return [nextOrigin(context)];
    return applied.name === "principal" ? [source("identity", "principal", { context })] : null;
  },
};

/** What a container hands out, and the file that told it to. */
interface Bound {
  readonly origin: Origin;
  readonly file: string;
}

class InversifyReader implements ControllerReader {
  readonly faults = [];
  readonly #queries: LinkQueries;
  readonly #bindings: ReadonlyMap<string, readonly Bound[]>;
  readonly #setUps: readonly Site[];

  constructor(
    { index, queries }: AdapterInput,
    private readonly classes: ClassReader,
  ) {
    this.#queries = queries;
    this.#bindings = bindingsOf(index, queries);
    this.#setUps = index.callsOfMember("setConfig");
  }

  stepsOf(cls: DecoratedClass, method: Method): MethodSteps {
    const unbound: string[] = [];
    const { path } = cls.ref.file;
    const shared = nearest(this.#setUps, path, (call) => call.fn.file.path).flatMap((call) => this.#configured(call));
    const steps = [...cls.applied, ...method.decorations.applied].flatMap((one): readonly RawStep[] => {
      const before = one.name === "httpMethod" ? 2 : 1;
      if (!isOf(one, MODULES) || !takesMiddleware(one) || one.call === null) return [];
      return argumentSites(one.call)
        .slice(before)
        .flatMap((site) => itemsOf(site, this.#queries, one.condition))
        .map((item) => this.#step(item, one, path, unbound));
    });
    const incomplete = unbound.length === 0 ? "" : `nothing in sight is bound to '${unbound[0]}'`;
    return { steps: [...shared, ...steps], open: null, incomplete };
  }

  #step(item: Item, applied: Applied, path: string, unbound: string[]): RawStep {
    const key = identifierOf(item.origin);
    const [found] = nearest(this.#bindings.get(key) ?? [], path, ({ file }) => file);
    const bound = key === "" ? item.origin : found?.origin;
    const step = middlewareStep({ ...item, origin: bound ?? unknown("not bound") }, applied.place, this.classes);
    if (bound === undefined) unbound.push(step.name);
    return { ...step, origin: methodOf(bound ?? unknown("not bound"), "handler", this.classes) };
  }

  /** `server.setConfig((app) => { app.use(json()); })`: what runs for all controllers. */
  #configured(call: Site): readonly RawStep[] {
    const [callback] = argumentSites(call).flatMap((site) => [...this.#queries.evaluate(site)]);
    if (callback?.kind !== "function") return [];
    const { fn } = callback;
    return Array.from(fn.calls).flatMap((v): readonly RawStep[] => {
      if (fn.op(v) !== Op.Call || fn.memberName(fn.callee(v)) !== "use") return [];
      const [app] = this.#queries.evaluate({ fn, v: fn.a(fn.callee(v)), frame: null });
      const isApp = app?.kind === "parameter" && app.fn === fn && app.index === 0 && app.path.length === 0;
      const [first, second] = argumentSites({ fn, v, frame: null });
      if (!isApp || first === undefined || second !== undefined) return [];
      return itemsOf(first, this.#queries).map((item) => middlewareStep(item, fn.place(v), this.classes));
    });
  }
}

/** Of several services in one repository, those whose files share most of their folders with a file. */
function nearest<T>(all: readonly T[], path: string, fileOf: (one: T) => string): readonly T[] {
  const folders = path.split("/");
  const shared = (other: string): number => {
    const parts = other.split("/");
    const end = folders.findIndex((folder, i) => folder !== parts[i]);
    return end < 0 ? folders.length : end;
  };
  const most = Math.max(0, ...all.map((one) => shared(fileOf(one))));
  return all.filter((one) => shared(fileOf(one)) === most);
}

function takesMiddleware({ name }: Applied): boolean {
  return inversify.controllers.has(name) || Object.hasOwn(inversify.verbs, name);
}

/** What the containers of the program were told to hand out: `bind(ID).to(Guard)`, `.toConstantValue(new Guard())`. */
function bindingsOf(index: ProgramIndex, queries: LinkQueries): ReadonlyMap<string, readonly Bound[]> {
  const found = new Map<string, Bound[]>();
  for (const name of ["to", "toConstantValue", "toDynamicValue"]) {
    for (const call of index.callsOfMember(name)) {
      const key = boundKey(call, queries);
      const [given] = argumentSites(call).flatMap((site) => [...queries.evaluate(site)]);
      if (key === "" || given === undefined) continue;
      const made = name === "toDynamicValue" && given.kind === "function" ? queries.returnsOf(given.fn) : [given];
      found.set(key, [...(found.get(key) ?? []), ...made.map((origin) => ({ origin, file: call.fn.file.path }))]);
    }
  }
  return found;
}

/** The identifier in `container.bind(ID).to(…)`. */
function boundKey({ fn, v }: Site, queries: LinkQueries): string {
  const callee = fn.callee(v);
  const bind = fn.op(callee) === Op.Member ? fn.a(callee) : NONE;
  if (bind === NONE || fn.op(bind) !== Op.Call || !/^(?:re)?bind$/i.test(fn.memberName(fn.callee(bind)))) return "";
  const [id] = argumentSites({ fn, v: bind, frame: null });
  const [origin] = id === undefined ? [] : queries.evaluate(id);
  return origin === undefined ? "" : identifierOf(origin);
}

/** A text or a symbol, alike wherever it is written; '' for what needs no container. */
function identifierOf(origin: Origin): string {
  if (origin.kind === "constant") return typeof origin.value === "string" ? `text:${origin.value}` : "";
  if (origin.kind === "source" && origin.path === "Symbol" && origin.site !== null)
    return `symbol@${siteKey(origin.site)}`;
  if (origin.kind !== "package" || origin.site === null || origin.path !== "Symbol.for()") return "";
  const { fn, v } = origin.site;
  const [name] = Array.from(fn.args(v));
  return name !== undefined && fn.op(name) === Op.String ? `symbol:${fn.text(fn.a(name))}` : "";
}
