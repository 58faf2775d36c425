/** Classes with route decorators as entry points, for every library that is described by a dialect. */
import { type LinkQueries, type Origin, source, unknown } from "../../program/values/origin.js";
import { ClassReader, type DecoratedClass, instanceOf, type Method } from "../classes/classes.js";
import type { Applied } from "../classes/decorators.js";
import { decoratedArguments } from "../classes/parameters.js";
import { argument, argumentOrigin, classKey, property, textOf, textsOf } from "../classes/values.js";
import type { AdapterInput, AdapterOutput, RawEntry, RawFault } from "../routing.js";
import { joinPaths, normalizePath } from "../routing-tree/paths.js";
import { type ControllerDialect, type ControllerReader, isOf } from "./dialect.js";

/** The routes of all controllers of one library. */
export function collectControllers(dialect: ControllerDialect, input: AdapterInput): AdapterOutput {
  if (!dialect.modules.some((module) => input.index.imports(module))) return { entries: [], faults: [], unknowns: [] };
  const classes = new ClassReader(input.queries);
  const reader = dialect.reader(input, classes);
  const prefixes = dialect.prefixes(input);
  const entries = controllersOf(dialect, input, classes).flatMap((cls) =>
    classes
      .methods(cls)
      .flatMap((method) =>
        routesOf(cls, method, dialect, input.queries).flatMap((route) =>
          prefixes.map((prefix) => entryOf(cls, method, { ...route, prefix }, dialect, reader, input.queries)),
        ),
      ),
  );
  return { entries, faults: distinctFaults(reader.faults), unknowns: [] };
}

/** Classes that are controllers themselves; abstract ones that others extend are served through those. */
function controllersOf(
  dialect: ControllerDialect,
  input: AdapterInput,
  classes: ClassReader,
): readonly DecoratedClass[] {
  const found: DecoratedClass[] = [];
  for (const file of input.program.files) {
    for (let index = 0; index < file.lowered.classes.length; index += 1) {
      const cls = classes.read({ kind: "class", file, index, frame: null });
      if (isController(cls, dialect, classes)) found.push(cls);
    }
  }
  if (dialect.controllers.size > 0) return found;
  const extended = new Set(found.flatMap((cls) => cls.chain.slice(1).map(classKey)));
  return found.filter((cls) => !extended.has(classKey(cls.ref)));
}

function isController(cls: DecoratedClass, dialect: ControllerDialect, classes: ClassReader): boolean {
  if (dialect.controllers.size > 0) return controllerDecorator(cls, dialect) !== undefined;
  return classes.methods(cls).some((method) => method.decorations.applied.some((one) => isVerb(one, dialect)));
}

function controllerDecorator(cls: DecoratedClass, dialect: ControllerDialect): Applied | undefined {
  return cls.own.applied.findLast((one) => isOf(one, dialect.modules) && dialect.controllers.has(one.name));
}

function isVerb(applied: Applied, dialect: ControllerDialect): boolean {
  return isOf(applied, dialect.modules) && Object.hasOwn(dialect.verbs, applied.name);
}

interface Route {
  readonly method: string;
  readonly base: string;
  readonly path: string;
  readonly unclear: boolean;
}

function routesOf(
  cls: DecoratedClass,
  method: Method,
  dialect: ControllerDialect,
  queries: LinkQueries,
): readonly Route[] {
  const own = controllerDecorator(cls, dialect);
  const bases = own === undefined ? { paths: [""], unclear: false } : pathsOf(own, queries);
  return method.decorations.applied
    .filter((applied) => isVerb(applied, dialect))
    .flatMap((applied) => {
      const read = pathsOf(applied, queries);
      return bases.paths.flatMap((base) =>
        read.paths.map((path) => ({
          method: dialect.verbs[applied.name] || methodArgument(applied, queries),
          base,
          path,
          unclear: bases.unclear || read.unclear,
        })),
      );
    });
}

/** Paths of a decorator's first argument: a text, several, a regular expression, or none. */
function pathsOf(applied: Applied, queries: LinkQueries): { readonly paths: readonly string[]; unclear: boolean } {
  const position = ["Method", "operation", "httpMethod"].includes(applied.name) ? 1 : 0;
  const site = applied.call === null ? null : argument(applied.call, position);
  if (site === null) return { paths: [""], unclear: false };
  const texts = textsOf(site, queries);
  if (texts.length > 0) return { paths: texts, unclear: false };
  const options = queries.evaluate(site)[0];
  const named = textOf(property(options, "path", queries)) ?? textOf(property(options, "basePath", queries));
  const readable = options?.kind === "literal" && options.form === "object";
  return { paths: [named ?? ""], unclear: !readable && named === null && !isEmpty(options) };
}

function isEmpty(origin: Origin | undefined): boolean {
  return origin === undefined || (origin.kind === "constant" && !origin.value);
}

/** `@Method("move", "/x")`, `@operation("get", "/x")` */
function methodArgument(applied: Applied, queries: LinkQueries): string {
  return textOf(argumentOrigin(applied.call, 0, queries))?.toUpperCase() ?? "ALL";
}

function entryOf(
  cls: DecoratedClass,
  method: Method,
  route: Route & { readonly prefix: string },
  dialect: ControllerDialect,
  reader: ControllerReader,
  queries: LinkQueries,
): RawEntry {
  const { owner, member, place } = method;
  const found = reader.stepsOf(cls, method);
  const [unread] = [...method.decorations.unread, ...cls.own.unread];
  const unclear = route.unclear ? "the route's path could not be read" : "";
  const open = found.open;
  return {
    transport: "http",
    framework: dialect.framework,
    method: route.method,
    path: normalizePath(dialect.path(joinPaths(joinPaths(route.prefix, route.base), route.path))),
    handler: { kind: "function", fn: owner.file.fn(member.fn), frame: owner.frame, self: instanceOf(cls.ref) },
    handlerName: `${cls.name}.${method.name}`,
    given: decoratedArguments(
      method,
      queries,
      (applied, context) => dialect.parameter(applied, context, queries),
      dialect.bare,
    ),
    place,
    registration: place,
    steps: found.steps,
    nearMisses: [],
    metadata: new Map(),
    group: `${cls.ref.file.path}#${cls.name}`,
    publicMarker: open === null ? null : { reason: `decorator '${open.name}'`, place: open.place },
    incomplete: found.incomplete || unclear || (unread === undefined ? "" : `a decorator could not be read: ${unread}`),
  };
}

function distinctFaults(faults: readonly RawFault[]): readonly RawFault[] {
  return [
    ...new Map(faults.map((fault) => [`${fault.name}:${fault.place.file}:${fault.place.start}`, fault])).values(),
  ];
}

/** An input parameter, named by the decorator's first argument where it has one. */
export function inputParameter(
  part: string,
  applied: Applied,
  context: Parameters<ControllerDialect["parameter"]>[1],
  queries: LinkQueries,
): readonly Origin[] {
  const name = textOf(argumentOrigin(applied.call, 0, queries));
  return [source("input", name === null ? part : `${part}.${name}`, { context })];
}

export const UNKNOWN_PARAMETER: readonly Origin[] = [unknown("parameter")];
