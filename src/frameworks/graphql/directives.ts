/** Directives of schemas written as text, and the functions that `mapSchema` puts around the resolvers of their fields. */
import { NONE, Op } from "../../model/lowered.js";
import { superOrigins } from "../../program/linking/class-members.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import { type LinkQueries, type Origin, type Site, unknown } from "../../program/values/origin.js";
import { type CallRule, type FunctionOrigin, instancesOf, packageCalls } from "../package-calls.js";
import { headOfFunction, nameOfFunction, originsOfArgument, textOf } from "../procedures/builder-chain.js";
import type { AdapterInput, RawStep } from "../routing.js";
import { resolverArguments } from "./fields.js";

/** Steps before a field, by the directives that the schema's text gives it or its type. */
export type DirectiveSteps = (type: string, field: string) => readonly RawStep[];

const READING: CallRule = {
  module: /^(?:@graphql-tools\/utils|graphql-tools|@graphql-tools\/schema)$/,
  path: /(?:^|\.)getDirectives?$/,
  names: ["getDirective", "getDirectives"],
};
const VISITORS = "schemaDirectives";
const NONE_KNOWN: DirectiveSteps = () => [];

export function readDirectives(input: AdapterInput): DirectiveSteps {
  const wrappers = new Map<string, RawStep>();
  for (const { site } of packageCalls([READING], input)) {
    // a transformer that nobody calls leaves the schema as it is
    if (!isCalled(site.fn, input)) continue;
    const [wrapper] = resolversSetIn(site.fn, input.queries);
    if (wrapper?.kind !== "function") continue;
    for (const one of instancesOf(site, input)) {
      const name = textOf(originsOfArgument(one, 2, input.queries));
      if (name !== null && /^\w+$/.test(name) && !wrappers.has(name)) wrappers.set(name, stepOf(name, wrapper));
    }
  }
  for (const [name, step] of [...visitors(input), ...loadedVisitors(input)])
    if (!wrappers.has(name)) wrappers.set(name, step);
  if (wrappers.size === 0) return NONE_KNOWN;
  const uses = usesIn(input, [...wrappers.keys()]);
  return (type, field) =>
    [...(uses.get(type) ?? []), ...(uses.get(`${type}.${field}`) ?? [])].flatMap((name) => wrappers.get(name) ?? []);
}

/** Classes that change fields by the directive they are listed under: `schemaDirectives: { auth: AuthDirective }`. */
function* visitors({ program, queries }: AdapterInput): Generator<readonly [string, RawStep]> {
  for (const file of program.files) {
    if (!file.lowered.strings.includes(VISITORS)) continue;
    for (const fn of file.functions()) {
      for (let v = 0; v < fn.valueCount; v += 1) {
        if (fn.op(v) !== Op.Object) continue;
        const listed = [...fn.props(v)].find((prop) => prop.name === VISITORS)?.value;
        for (const origin of listed === undefined ? [] : queries.evaluate({ fn, v: listed, frame: null })) {
          yield* listedVisitors(origin, queries);
        }
      }
    }
  }
}

/**
 * `schemaDirectives: { ...autoload("./directives") }`: what lies in the folder is known by its file's name or its class's.
 * Only what the schema's text writes is asked for, so a visitor that nobody loads says nothing.
 */
function* loadedVisitors({ index, queries }: AdapterInput): Generator<readonly [string, RawStep]> {
  for (const file of new Set(VISITOR_PACKAGES.flatMap((name) => [...index.importersOf(name)]))) {
    for (const [i, { name }] of file.lowered.classes.entries()) {
      if (!superOrigins(file, i, queries).some((o) => o.kind === "package" && VISITOR.test(o.path))) continue;
      const [wrapper] = wrappersIn({ file, index: i }, queries);
      if (wrapper === undefined) continue;
      const bare = name.replace(/Directive$/, "");
      for (const known of new Set([bare.charAt(0).toLowerCase() + bare.slice(1), baseName(file.path)]))
        if (/^\w+$/.test(known))
          yield [known, keepsDemand({ file, index: i }) ? unreadStep(known, wrapper) : stepOf(known, wrapper)];
    }
  }
}

/**
 * `field.requiredRole = this.args.requires`, asked for again in the wrapper: whether it is there for a field the schema
 * says and the code does not, so that only the name of the directive is left to tell what it does.
 */
function keepsDemand({ file, index }: { readonly file: ProgramFile; readonly index: number }): boolean {
  return [...file.functions()].some((fn) => {
    if (fn.thisClass !== index) return false;
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) !== Op.SetMember) continue;
      const demand = fn.c(v);
      const told = fn.op(demand) === Op.Member ? fn.a(demand) : NONE;
      if (told !== NONE && fn.op(told) === Op.Member && fn.memberName(told) === "args" && fn.op(fn.a(told)) === Op.This)
        return true;
    }
    return false;
  });
}

function unreadStep(name: string, wrapper: FunctionOrigin): RawStep {
  return { ...stepOf(name, wrapper), origin: unknown("what the schema tells the directive could not be read") };
}

const VISITOR_PACKAGES = ["graphql-tools", "apollo-server", "apollo-server-express", "@graphql-tools/utils"];
const VISITOR = /(?:^|\.)SchemaDirectiveVisitor$/;

function baseName(path: string): string {
  return /([^/]+?)(?:\.directive)?\.\w+$/.exec(path)?.[1] ?? "";
}

function* listedVisitors(list: Origin, queries: LinkQueries): Generator<readonly [string, RawStep]> {
  if (list.kind !== "literal" || list.form !== "object") return;
  const { fn, v } = list.site;
  for (const { name } of fn.props(v)) {
    const [visitor] = name === "" ? [] : queries.project(list, [name]);
    if (visitor?.kind !== "class") continue;
    const [wrapper] = wrappersIn(visitor, queries);
    if (wrapper !== undefined) yield [name, stepOf(name, wrapper)];
  }
}

/** What the methods of a visitor put in the place of a field's resolver. */
function wrappersIn(
  { file, index }: { readonly file: ProgramFile; readonly index: number },
  queries: LinkQueries,
): readonly FunctionOrigin[] {
  const own = [...file.functions()].filter((one) => one.thisClass === index);
  return own.flatMap((one) => resolversSetIn(one, queries).flatMap((o) => (o.kind === "function" ? [o] : [])));
}

function stepOf(name: string, origin: FunctionOrigin): RawStep {
  return {
    name: `@${name}`,
    kind: "wrapper",
    place: headOfFunction(origin.fn),
    origin,
    given: resolverArguments,
    continuation: "returns",
    condition: "",
  };
}

/** The named function around the mapper is called somewhere, or there is none. */
function isCalled(mapper: FunctionView, { index }: AdapterInput): boolean {
  for (let fn = mapper.parent; fn !== null && fn.index !== 0; fn = fn.parent) {
    const name = nameOfFunction(fn);
    if (name !== "") return index.callsOfName(name).length + index.callsOfMember(name).length > 0;
  }
  return true;
}

/** `field.resolve = f`, `return { ...field, resolve: f }` */
function resolversSetIn(fn: FunctionView, queries: LinkQueries): readonly Origin[] {
  const sites: Site[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.SetMember && fn.text(fn.b(v)) === "resolve") sites.push({ fn, v: fn.c(v), frame: null });
    if (fn.op(v) === Op.Object) {
      const value = [...fn.props(v)].find((prop) => prop.name === "resolve")?.value;
      if (value !== undefined) sites.push({ fn, v: value, frame: null });
    }
  }
  return sites.flatMap((site) => queries.evaluate(site)).filter((o) => o.kind === "function");
}

const MAX_TEXT = 200_000;
const MAX_DEPTH = 4;
const TYPE = /(?:^|\s)(?:extend\s+)?(?:type|interface)\s+(\w+)([^{}]*)\{([^{}]*)\}/g;
const FIELD = /(?:^|\n)\s*(\w+)\s*(?:\([^()]*\))?\s*:([^\n]*)/g;

/** Directives by `Type` and `Type.field`, as the texts of the program write them. */
function usesIn(
  { program, schemaTexts = [] }: AdapterInput,
  names: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const uses = new Map<string, string[]>();
  const add = (key: string, text: string): void => {
    const found = names.filter((name) => new RegExp(`@${name}\\b`).test(text));
    if (found.length > 0) uses.set(key, [...(uses.get(key) ?? []), ...found]);
  };
  const texts = [...program.files].flatMap((file) => file.lowered.strings);
  for (const text of [...texts, ...schemaTexts]) {
    if (text.length > MAX_TEXT || !text.includes("@") || !text.includes("{")) continue;
    for (const [, type, head, body] of withoutComments(text).matchAll(TYPE)) {
      add(type, head);
      for (const [, field, rest] of withoutArguments(body).matchAll(FIELD)) add(`${type}.${field}`, rest);
    }
  }
  return uses;
}

/** `# comments` and descriptions may hold anything. */
function withoutComments(text: string): string {
  return text.replace(/"""[\s\S]*?"""/g, "").replace(/#[^\n]*/g, "");
}

/** Arguments of fields and of directives, one inside the other, may stand on lines of their own; so may directives. */
function withoutArguments(body: string): string {
  let text = body;
  for (let depth = 0; depth < MAX_DEPTH && text.includes("("); depth += 1) text = text.replace(/\([^()]*\)/g, "");
  return text.replace(/\s*\n\s*(?=@)/g, " ");
}
