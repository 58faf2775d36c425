/**
 * express-openapi: `initialize({ app, apiDoc, paths, securityHandlers })` makes a route of every file below a folder,
 * with the operations that it exports, each behind the security handlers that its description names.
 */
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import { type LinkQueries, type Origin, type Site, unknown } from "../../program/values/origin.js";
import { expressArguments, requestOrigin } from "../arguments.js";
import { calledName } from "../called-names.js";
import type { Arguments, RawStep } from "../routing.js";
import { nameOf, placeOf } from "../routing-tree/calls.js";
import { contentsOf, folderOf } from "../routing-tree/folders.js";
import { firstLine, headOf, innermost, type Leaf, leavesOf } from "../routing-tree/handlers.js";
import { optionSpots } from "../routing-tree/options.js";
import type { RouteItem } from "../routing-tree/routing-tree.js";
import type { RunCall } from "../routing-tree/run.js";
import { at, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";
import { VERBS } from "./routers.js";
import { stepOf } from "./steps.js";

const MODULE = "express-openapi";
const SCRIPT = /\.(?:[cm]?ts|[cm]?js)$/;
const TEST = /\.(?:test|spec)\.[cm]?[jt]s$/;
const MAX_FILES = 2_000;

/** `(request, scopes, definition)` of security handlers. */
const securityArguments: Arguments = (context) => [
  [requestOrigin("express", context)],
  [unknown("scopes")],
  [unknown("definition")],
];

export function initializesOpenapi(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  if (fn.op(v) !== Op.Call || fn.args(v).length !== 1 || calledName(fn, fn.callee(v)) !== "initialize") return false;
  return queries
    .evaluate({ fn, v: fn.callee(v), frame: null })
    .some((o) => o.kind === "package" && o.module === MODULE);
}

export interface OpenapiRoutes {
  readonly app: readonly Spot[];
  readonly items: readonly RouteItem[];
  /** false when the folder of the operations could not be told */
  readonly complete: boolean;
}

/** The routes that the call makes, in the order in which they are found. */
export function openapiRoutes(call: RunCall, values: Values): OpenapiRoutes {
  const options: Spot = { ...call, v: call.fn.args(call.v)[0] };
  const option = (name: string): readonly Spot[] => optionSpots(options, name, values);
  const [folder] = option("paths").map((spot) => folderOf(spot, values));
  const app = option("app");
  if (folder === undefined || folder === null) return { app, items: [], complete: false };
  const reader = new Operations(call, values, option("apiDoc"), option("securityHandlers"));
  const items = filesBelow(folder, "", values).flatMap(({ file, path }) => reader.ofFile(file, path));
  return { app, items, complete: items.length > 0 };
}

interface PathFile {
  readonly file: ProgramFile;
  readonly path: string;
}

/** `project/{projectId}/view.ts` is `/project/:projectId/view`. */
function filesBelow(folder: string, prefix: string, values: Values): readonly PathFile[] {
  const { files, folders } = contentsOf(folder, values);
  const own = files.filter((f) => SCRIPT.test(f.path) && !TEST.test(f.path) && !f.path.endsWith(".d.ts"));
  const found = own.map((file): PathFile => {
    const name = file.path.slice(file.path.lastIndexOf("/") + 1).replace(SCRIPT, "");
    return { file, path: name === "index" ? prefix : `${prefix}/${spelled(name)}` };
  });
  for (const name of folders) {
    if (found.length > MAX_FILES) break;
    found.push(...filesBelow(`${folder}/${name}`, `${prefix}/${spelled(name)}`, values));
  }
  return found;
}

function spelled(name: string): string {
  return name.replace(/\{(\w+)\}/g, ":$1");
}

class Operations {
  readonly #base: string;
  readonly #everywhere: readonly Origin[];

  constructor(
    private readonly call: RunCall,
    private readonly values: Values,
    apiDoc: readonly Spot[],
    private readonly handlers: readonly Spot[],
  ) {
    this.#base = this.#basePath(apiDoc);
    this.#everywhere = this.#optionOf(apiDoc, "security");
  }

  ofFile(file: ProgramFile, path: string): readonly RouteItem[] {
    const described = descriptionsIn(file);
    return operationsOf(file, this.values).flatMap(({ method, origin, name }) => {
      const site = described.get(name) ?? described.get(method);
      const own = site === undefined ? [] : this.#optionOf([at(site)], "security");
      return this.#item(method, path, origin, name, own.length > 0 ? own : this.#everywhere);
    });
  }

  #item(method: string, path: string, origin: Origin, name: string, security: readonly Origin[]): readonly RouteItem[] {
    const leaves = this.#leaves(origin, name);
    const last = leaves.at(-1);
    if (last === undefined) return [];
    const place = placeOf(this.call);
    const local = last.origin.kind === "function" ? innermost(last.origin, this.values) : null;
    const steps = leaves.slice(0, -1).map((leaf) => stepOf(leaf, placeOfOrigin(origin) ?? place));
    return [
      {
        kind: "route",
        place: placeOfOrigin(origin) ?? place,
        conditions: this.call.conditions,
        method,
        patterns: [{ kind: "text", text: `${this.#base}${path}` }],
        steps: [...this.#security(security), ...steps],
        handler: { name: last.name || nameOf(last.origin), origin: last.origin, given: expressArguments },
        handlerPlace: local === null ? (placeOfOrigin(origin) ?? place) : headOf(local),
        continues: "no",
        incomplete: "",
      },
    ];
  }

  #leaves(origin: Origin, name: string): readonly Leaf[] {
    if (origin.kind !== "literal") return [{ origin, name, condition: "" }];
    return leavesOf([at(origin.site)], this.values);
  }

  /** `[{ Bearer: [] }, { ApiKey: [] }]`: any of them, each of which may name several; `{}` lets everybody in. */
  #security(origins: readonly Origin[]): readonly RawStep[] {
    const alternatives = origins
      .flatMap((o) => this.values.elementsOf(o).items)
      .map((one) => (one.kind === "literal" ? this.#named(one.site) : []));
    const [first] = alternatives;
    if (first === undefined || alternatives.some((steps) => steps.length === 0)) return [];
    if (alternatives.length === 1) return first;
    const name = alternatives.map((steps) => steps.map((step) => step.name).join(" and ")).join(" or ");
    return [{ ...first[0], name, anyOf: alternatives }];
  }

  #named({ fn, v }: Site): readonly RawStep[] {
    return [...fn.props(v)].map(({ name }) => {
      const [handler] = this.#optionOf(this.handlers, name);
      return {
        name: `security ${name}`,
        kind: "middleware",
        place: placeOf(this.call),
        origin: handler ?? unknown(`security handler ${name}`),
        given: securityArguments,
        continuation: "returns-true",
        condition: "",
      };
    });
  }

  #basePath(apiDoc: readonly Spot[]): string {
    const [server] = this.#optionOf(apiDoc, "servers").flatMap((o) => this.values.elementsOf(o).items);
    const urls = server === undefined ? [] : this.values.queries.project(server, ["url"]);
    const written = [...urls, ...this.#optionOf(apiDoc, "basePath")].map((o) => this.values.textOf(o));
    const text = written.find((one) => one !== null) ?? "";
    return text.replace(/^\w+:\/\/[^/]*/, "").replace(/\/$/, "");
  }

  #optionOf(spots: readonly Spot[], name: string): readonly Origin[] {
    return spots.flatMap((spot) => optionSpots(spot, name, this.values).flatMap((one) => [...this.values.of(one)]));
  }
}

interface Operation {
  readonly method: string;
  readonly origin: Origin;
  /** the variable or function that it is */
  readonly name: string;
}

/** `export const GET = […]`, or what an exported function or object holds under such names. */
function operationsOf(file: ProgramFile, values: Values): readonly Operation[] {
  const { queries } = values;
  const whole: Origin = { kind: "namespace", file };
  const holders = [whole, ...queries.project(whole, ["default"])].flatMap((o) =>
    o.kind === "function" ? [...queries.returnsOf(o.fn)] : [o],
  );
  const found = new Map<string, Operation>();
  for (const holder of holders) {
    for (const [written, method] of METHODS) {
      if (found.has(method) || (holder.kind !== "namespace" && holder.kind !== "literal")) continue;
      const [origin] = queries.project(holder, [written]);
      const known = origin?.kind === "function" || origin?.kind === "literal" || origin?.kind === "derived";
      if (known) found.set(method, { method, origin, name: nameIn(holder, written) });
    }
  }
  return [...found.values()];
}

const METHODS: readonly (readonly [string, string])[] = [...VERBS].flatMap(([verb, method]) => [
  [method === "DELETE" && verb === "del" ? "del" : verb.toUpperCase(), method] as const,
  [verb, method] as const,
]);

function nameIn(holder: Origin, written: string): string {
  if (holder.kind !== "literal") return written;
  const { fn, v } = holder.site;
  const value = fn.prop(v, written);
  return value === NONE ? written : calledName(fn, value) || written;
}

/** `GET.apiDoc = { … }`, by the name that is described. */
function descriptionsIn(file: ProgramFile): ReadonlyMap<string, Site> {
  const found = new Map<string, Site>();
  for (let index = 0; index < file.functionCount; index += 1) {
    const fn = file.fn(index);
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) !== Op.SetMember || fn.text(fn.b(v)) !== "apiDoc") continue;
      const name = calledName(fn, fn.a(v));
      if (name !== "") found.set(name, { fn, v: fn.c(v), frame: null });
    }
  }
  return found;
}

function placeOfOrigin(origin: Origin): RouteItem["place"] | null {
  if (origin.kind === "function") return headOf(origin.fn);
  if (origin.kind !== "literal") return null;
  return firstLine(origin.site.fn, origin.site.fn.place(origin.site.v));
}
