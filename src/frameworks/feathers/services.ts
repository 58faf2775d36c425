/** Services that an application is given, with their methods; and where hooks are registered for them. */
import { Op } from "../../model/lowered.js";
import { superOrigins } from "../../program/linking/class-members.js";
import { type LinkQueries, type Origin, packageMember, packageRoot, type Site } from "../../program/values/origin.js";
import type { ProgramIndex } from "../routing.js";
import { optionSpots } from "../routing-tree/options.js";
import { at, type Spot } from "../routing-tree/spot.js";
import type { Values } from "../routing-tree/values.js";

const STANDARD = ["find", "get", "create", "update", "patch", "remove"];

export interface Service {
  readonly path: string;
  readonly site: Site;
  readonly methods: readonly { readonly name: string; readonly handler: Origin }[];
}

export interface HookCall {
  /** '' for those of the whole application */
  readonly path: string;
  readonly given: Spot;
}

/** `app.use("orders", new OrderService(), { methods: [...] })` */
export function servicesIn(index: ProgramIndex, values: Values): readonly Service[] {
  return index.callsOfMember("use").flatMap((site) => {
    const [first, second, third] = argumentsOf(site);
    const text = first === undefined || second === undefined ? null : values.text(first);
    if (text === null || second === undefined) return [];
    const wanted = third === undefined ? [] : optionSpots(third, "methods", values);
    const listed = wanted.flatMap((spot) => values.elements(spot).items.flatMap((o) => values.textOf(o) ?? []));
    const methods = values.of(second).flatMap((origin) => [...methodsOf(origin, listed, values.queries)]);
    return methods.length === 0 ? [] : [{ path: normalized(text), site, methods: distinct(methods) }];
  });
}

/** `app.service("orders").hooks({ … })`, `app.hooks({ … })` */
export function hookCallsIn(index: ProgramIndex, values: Values): readonly HookCall[] {
  return index.callsOfMember("hooks").flatMap((site) => {
    const [given] = argumentsOf(site);
    if (given === undefined) return [];
    const path = servicePath({ ...given, v: site.fn.a(site.fn.callee(site.v)) }, values);
    return path === null ? [] : [{ path, given }];
  });
}

/** The path of the service that a receiver is, '' for the application. */
function servicePath(receiver: Spot, values: Values): string | null {
  const { fn, v } = receiver;
  if (fn.op(v) === Op.Call) {
    if (fn.memberName(fn.callee(v)) !== "service") return null;
    const [first] = argumentsOf(receiver);
    const text = first === undefined ? null : values.text(first);
    return text === null ? null : normalized(text);
  }
  const definition = fn.op(v) === Op.Var ? values.definition(receiver) : null;
  if (definition !== null && definition.fn.op(definition.v) === Op.Call) return servicePath(definition, values) ?? "";
  return "";
}

function argumentsOf({ fn, v, frame }: Site): readonly Spot[] {
  return Array.from(fn.args(v), (arg) => at({ fn, v: arg, frame }));
}

function normalized(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}

type Method = Service["methods"][number];

/** Methods of a class's instance, of an object, or of a package's service; none when it is no service. */
function methodsOf(origin: Origin, listed: readonly string[], queries: LinkQueries): readonly Method[] {
  if (origin.kind === "package") return ofPackage(origin, listed);
  if (origin.kind !== "instance" && origin.kind !== "literal") return [];
  const inherited = origin.kind === "instance" && extendsPackage(origin, queries, 0);
  const names = listed.length > 0 ? listed : STANDARD;
  return names.flatMap((name) => {
    const handler = queries.project(origin, [name]).find((o) => o.kind === "function");
    if (handler !== undefined) return [{ name, handler }];
    return inherited ? [{ name, handler: packageMember(packageRoot("@feathersjs/feathers"), name) }] : [];
  });
}

/** `createService(options)` of feathers-mongoose and its like. */
function ofPackage(origin: Extract<Origin, { kind: "package" }>, listed: readonly string[]): readonly Method[] {
  if (!/^(?:@feathersjs\/|feathers-)/.test(origin.module) || !origin.path.endsWith("()")) return [];
  if (/^@feathersjs\/(?:express|koa|socketio|errors|configuration|transport-commons)$/.test(origin.module)) return [];
  // sign-in is the library's own
  if (/Authentication/.test(origin.path)) return [];
  return (listed.length > 0 ? listed : STANDARD).map((name) => ({ name, handler: packageMember(origin, name) }));
}

function extendsPackage(origin: Extract<Origin, { kind: "instance" }>, queries: LinkQueries, depth: number): boolean {
  return superOrigins(origin.file, origin.index, queries).some((parent) => {
    if (parent.kind === "package")
      return /^(?:@feathersjs\/|feathers-)/.test(parent.module) && !/authentication/.test(parent.module);
    if (parent.kind !== "class" || depth > 4) return false;
    return extendsPackage({ kind: "instance", file: parent.file, index: parent.index, site: null }, queries, depth + 1);
  });
}

function distinct(methods: readonly Method[]): readonly Method[] {
  return [...new Map(methods.map((method) => [method.name, method])).values()];
}
