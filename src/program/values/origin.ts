/** What a value is and where it came from. One domain for "who is who" and for "whose data is this". */
import type { TypeRef } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../linking/function-view.js";
import type { NameTarget, Program } from "../linking/program.js";

/** A value at one place of the program, seen under one chain of calls (`frame`), or under any (null). */
export interface Site {
  readonly fn: FunctionView;
  readonly v: number;
  readonly frame: Frame | null;
}

export type ConstantValue = string | number | boolean | null | undefined;

/** Reached from an installed package: identity is (package, exported name, what was done since). */
export interface PackageOrigin {
  readonly kind: "package";
  /** '' for globals such as `process` and `JSON` */
  readonly module: string;
  /** `Router()`, `verify()`, `PrismaClient().user.findMany`: default import and namespace are both the empty path */
  readonly path: string;
  readonly previous: PackageOrigin | null;
  /** the call, for steps that end in `()` */
  readonly site: Site | null;
  /** type arguments of an annotation: `Repository<Order>`, with the file whose names they use */
  readonly typeArguments: readonly TypeRef[];
  readonly typeFile: ProgramFile | null;
  readonly steps: number;
}

export type SourceName =
  | "identity"
  | "claims-unverified"
  | "credential"
  | "input"
  | "config"
  /** the framework's request object itself; its members become the others */
  | "request"
  /** what the framework hands to guards: Nest's ExecutionContext, a tRPC options object */
  | "context"
  | "row"
  | "error"
  /** time, random numbers, lengths: says nothing about the caller */
  | "neutral";

/** What an adapter knows of one entry point while its steps are judged. */
export interface EntryContext {
  /** HTTP method under which the handler is judged, '' when any */
  readonly method: string;
  /** decorator metadata by key, for guards that read it */
  readonly metadata: ReadonlyMap<string, readonly Origin[]>;
  /** a path that the entry answers, for steps that test it; absent when none does */
  readonly path?: string;
  /** prefix of that path below which the step is mounted, where the framework cuts it off */
  readonly below?: string;
  /** parameters that the path of the entry surely has, for steps that see them; absent in what is judged for many */
  readonly parameters?: ReadonlySet<string>;
  /** what earlier steps put on the request or context: path → origins */
  readonly attached: ReadonlyMap<string, readonly Origin[]>;
}

export interface SourceOrigin {
  readonly kind: "source";
  readonly source: SourceName;
  /** `body.orderId`, `user.id`, `process.env.SECRET`; '' for the whole */
  readonly path: string;
  /** went through a call that could not be read, or was computed */
  readonly through: boolean;
  /** for rows: the access; else the place that made it */
  readonly site: Site | null;
  /** which dialect reads its members: `express`, `web`, `nest-context`… */
  readonly dialect: string;
  readonly context: EntryContext | null;
  /** known by its name only */
  readonly named: boolean;
  /** keys of it that are left out, or replaced by what is written after it */
  readonly without?: readonly string[];
  /** the schema that it passed */
  readonly schema?: PassedSchema;
  /** for what a step stored: the step that let it through only where it is the caller's */
  readonly checkedBy?: string;
}

export interface PassedSchema {
  /** the call of the schema (`object().extend().parse`), or an object of the class whose fields are let through */
  readonly callee: PackageOrigin | Extract<Origin, { kind: "instance" }>;
  /** path of the value that was parsed */
  readonly path: string;
}

/** Stands for the object that a method is called on among the positions of parameters. */
export const RECEIVER = -1;

export interface ParameterOrigin {
  readonly kind: "parameter";
  readonly fn: FunctionView;
  readonly index: number;
  readonly path: readonly string[];
  readonly without?: readonly string[];
  readonly schema?: PassedSchema;
}

/** What a rest parameter holds, one by one. */
export interface RestArguments {
  readonly known: readonly (readonly Origin[])[];
  /** false where a list that is not written out was spread after those that are known */
  readonly whole: boolean;
}

/** Stands for the last element of a list in a member path, as `[]` does for any. */
export const LAST_ELEMENT = "[-1]";

export type Origin =
  /** a number has the name under which an object or an enumeration holds it: `Role.ADMIN` is 2 */
  | { readonly kind: "constant"; readonly value: ConstantValue; readonly name?: string }
  | {
      readonly kind: "literal";
      readonly form: "object" | "array" | "template" | "regex";
      readonly site: Site;
      /** `list.filter(…)`: of what is written there some may be left out, or more may stand beside it */
      readonly partly?: true;
      /** what it holds under the key that it is asked for, where code reads `table[key]` */
      readonly asked?: { readonly key: string; readonly values: readonly Origin[] };
    }
  | {
      readonly kind: "function";
      readonly fn: FunctionView;
      readonly frame: Frame | null;
      /** receiver of a method */
      readonly self: Origin | null;
      /** it is `f.call` or `f.apply`: the receiver stands before the arguments */
      readonly called?: "call" | "apply";
      /** an object whose members stand in its first argument besides those that are written at the call */
      readonly beside?: readonly Origin[];
    }
  | { readonly kind: "class"; readonly file: ProgramFile; readonly index: number; readonly frame: Frame | null }
  | {
      readonly kind: "instance";
      readonly file: ProgramFile;
      readonly index: number;
      /** the `new`, when there is one */
      readonly site: Site | null;
    }
  | { readonly kind: "namespace"; readonly file: ProgramFile }
  | PackageOrigin
  | ParameterOrigin
  /** result of calling something that only the caller knows; `path` is what was read from it since */
  | { readonly kind: "apply"; readonly callee: Origin; readonly site: Site; readonly path: readonly string[] }
  /** `value`, or `or` when it is undefined */
  | { readonly kind: "fallback"; readonly value: readonly Origin[]; readonly or: readonly Origin[] }
  | SourceOrigin
  /** computed from others: concatenation, an unreadable call, an array method */
  | {
      readonly kind: "derived";
      readonly of: readonly Origin[];
      readonly how: string;
      readonly site: Site | null;
      readonly rest?: RestArguments;
    }
  /** known only by a declared type of the project */
  | { readonly kind: "typed"; readonly file: ProgramFile; readonly type: TypeRef; readonly path: readonly string[] }
  | { readonly kind: "unknown"; readonly why: string };

/** One call on the way down: which arguments the parameters of `fn` have. */
export interface Frame {
  readonly fn: FunctionView;
  /** the call; null when an adapter supplied the arguments */
  readonly site: Site | null;
  readonly given: readonly (readonly Origin[])[];
  /** the call above in whose terms what was given is to be seen, once it is known */
  readonly givenIn?: Frame;
  readonly self: Origin | null;
  /** the call is `f.call(…)` or `f.apply(…)` */
  readonly called?: "call" | "apply";
  /** an object whose members stand in the first argument besides those that are written at the call */
  readonly beside?: readonly Origin[];
  /** frame of the function that surrounds `fn` */
  readonly lexical: Frame | null;
  readonly depth: number;
}

/** What the program can be asked; implemented by `Evaluator`. */
export interface OriginQueries {
  /** alternatives of a value, in terms of the parameters that `site.frame` does not bind */
  evaluate(site: Site): readonly Origin[];
  /** a member path read from a value */
  project(origin: Origin, path: readonly string[]): readonly Origin[];
  /** the result of calling a value at a site */
  apply(callee: Origin, site: Site): readonly Origin[];
  /** parameters replaced by the arguments of the frame */
  bind(origins: readonly Origin[], frame: Frame | null): readonly Origin[];
  /** origin of a declared type */
  typeOrigin(file: ProgramFile, type: TypeRef): Origin | null;
}

/** Alternatives of a callee without the missing ones beside others: calling those would have thrown. */
export function callable(callees: readonly Origin[]): readonly Origin[] {
  if (callees.length < 2) return callees;
  const kept = callees.filter((o) => !(o.kind === "constant" && (o.value === undefined || o.value === null)));
  return kept.length === 0 ? callees : kept;
}

const NOTHING_CALLED = "call of nothing";

/** What calling a missing value gives: it throws, so nothing comes of it. */
export const FROM_NOTHING: Origin = { kind: "unknown", why: NOTHING_CALLED };

/** Alternatives without those that would have thrown, unless nothing else is left. */
export function withoutThrown(origins: readonly Origin[]): readonly Origin[] {
  const thrown = (o: Origin): boolean => o.kind === "unknown" && o.why === NOTHING_CALLED;
  return origins.length > 1 && origins.some(thrown) && !origins.every(thrown)
    ? origins.filter((o) => !thrown(o))
    : origins;
}

/** What member look-up and calls need beyond the plain questions. */
export interface LinkQueries extends OriginQueries {
  readonly program: Program;
  readonly knowledge: Knowledge;
  nameOrigins(target: NameTarget): readonly Origin[];
  returnsOf(fn: FunctionView): readonly Origin[];
}

/** What adapters know about packages and about the objects of frameworks. */
export interface Knowledge {
  /** Result of calling a package value, undefined when it is just one more step on its path. */
  call(callee: PackageOrigin, site: Site, queries: LinkQueries): readonly Origin[] | undefined;
  /**
   * The functions that a call into a package runs in the end: handlers of the message that a bus is given. `caller` where
   * only the caller knows the message, undefined where it is no such call.
   */
  handlersOf(callee: PackageOrigin, site: Site, queries: LinkQueries): readonly Origin[] | "caller" | undefined;
  /**
   * What is injected where decorators name a token of it, or else for the class that it is declared as; empty when nothing
   * provides it in sight.
   */
  provided(decorators: readonly Site[], declared: Origin | null, queries: LinkQueries): readonly Origin[];
  /** Member of a source (a request's body, an identity's id). */
  member(source: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined;
  /** Member of a parameter whose caller is a framework that is known to put something there. */
  parameterMember(origin: ParameterOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined;
  /** Member of a package value, undefined when it is just one more step on its path. */
  packageMember(origin: PackageOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined;
  /** Result of calling a source value: `request.json()`. */
  callSource(source: SourceOrigin, site: Site, queries: OriginQueries): readonly Origin[] | undefined;
  /** Result of calling something that could not be followed, when the shape of the call itself tells. */
  callByShape(site: Site, queries: OriginQueries): readonly Origin[] | undefined;
  /** Arguments with which a package calls a function it was given: a transaction's client, a row. Null: it does not. */
  callbackArguments(
    callee: Origin,
    site: Site,
    queries: OriginQueries,
  ): readonly (readonly Origin[])[] | null | undefined;
}

export const UNDEFINED: Origin = { kind: "constant", value: undefined };

export function constant(value: ConstantValue): Origin {
  return { kind: "constant", value };
}

export function unknown(why: string): Origin {
  return { kind: "unknown", why };
}

export function packageRoot(module: string): PackageOrigin {
  return { kind: "package", module, path: "", previous: null, site: null, typeArguments: [], typeFile: null, steps: 0 };
}

const MAX_PACKAGE_STEPS = 40;

/** The package value after one more member read. `default` on the root is the root: interop makes them one. */
export function packageMember(origin: PackageOrigin, name: string): Origin {
  if (origin.steps >= MAX_PACKAGE_STEPS) return unknown("package path too long");
  if (origin.path === "" && name === "default") return origin;
  const path = origin.path === "" ? name : `${origin.path}.${name}`;
  return stepOf(origin, path, null, [], null);
}

/** The package value after a call, `new` or template tag. */
export function packageCall(origin: PackageOrigin, site: Site | null): Origin {
  if (origin.steps >= MAX_PACKAGE_STEPS) return unknown("package path too long");
  return stepOf(origin, `${origin.path}()`, site, origin.typeArguments, origin.typeFile);
}

/** Written out: these are made more often than anything else. */
function stepOf(
  previous: PackageOrigin,
  path: string,
  site: Site | null,
  typeArguments: PackageOrigin["typeArguments"],
  typeFile: PackageOrigin["typeFile"],
): PackageOrigin {
  const { module, steps } = previous;
  return { kind: "package", module, path, previous, site, typeArguments, typeFile, steps: steps + 1 };
}

/** The same step as it is seen from a call above. */
export function stepBelow(step: PackageOrigin, previous: PackageOrigin | null, site: Site | null): PackageOrigin {
  const { module, path, typeArguments, typeFile, steps } = step;
  return { kind: "package", module, path, previous, site, typeArguments, typeFile, steps };
}

/** The same source as it is seen from a call above. Written out where it can be, as steps are. */
export function madeAt(origin: SourceOrigin, site: Site): SourceOrigin {
  if (origin.without !== undefined || origin.schema !== undefined || origin.checkedBy !== undefined)
    return { ...origin, site };
  const { source, path, through, dialect, context, named } = origin;
  return { kind: "source", source, path, through, site, dialect, context, named };
}

/** What a store in memory holds under a key: the site reads it. */
export function keptUnder(site: Site): PackageOrigin {
  return { ...packageRoot(""), path: "kept()", site };
}

export function source(
  name: SourceName,
  path: string,
  options: Partial<Pick<SourceOrigin, "through" | "site" | "dialect" | "context" | "named">> = {},
): SourceOrigin {
  return {
    kind: "source",
    source: name,
    path,
    through: options.through ?? false,
    site: options.site ?? null,
    dialect: options.dialect ?? "",
    context: options.context ?? null,
    named: options.named ?? false,
  };
}

/** The value as far as it is left when some keys are taken out. */
export function withoutKeys(origin: Origin, keys: readonly string[]): Origin {
  if ((origin.kind !== "source" && origin.kind !== "parameter") || keys.length === 0) return origin;
  return { ...origin, without: [...(origin.without ?? []), ...keys] };
}

/** how a value was put in another form in which it has the same members */
const REGROUPED: ReadonlySet<string> = new Set(["Object.fromEntries", "URL", "URLSearchParams"]);

/** `Object.fromEntries(url.searchParams)` has what the request brought, under the same names. */
export function isRegrouped(origin: Origin): origin is Extract<Origin, { kind: "derived" }> {
  return origin.kind === "derived" && REGROUPED.has(origin.how);
}

/** The value with the schema that it passed. */
export function withSchema(origin: Origin, callee: PassedSchema["callee"]): Origin {
  if (isRegrouped(origin)) return { ...origin, of: origin.of.map((one) => withSchema(one, callee)) };
  if (origin.kind === "source") return { ...origin, schema: { callee, path: origin.path } };
  return origin.kind === "parameter" ? { ...origin, schema: { callee, path: origin.path.join(".") } } : origin;
}

/** What was known of a parameter holds for the argument in its place. */
export function markedLike(origin: Origin, parameter: Extract<Origin, { kind: "parameter" }>): Origin {
  const { schema, without = [] } = parameter;
  const left = withoutKeys(origin, without);
  if (schema === undefined) return left;
  const marked = withSchema(left, schema.callee);
  const whole = schema.path === parameter.path.join(".");
  return whole || (marked.kind !== "source" && marked.kind !== "parameter")
    ? marked
    : { ...marked, schema: { ...schema, path: "?" } };
}
