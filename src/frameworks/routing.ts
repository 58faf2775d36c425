/**
 * What every framework adapter hands over: entry points with the functions that run for them, in order.
 * Adapters say what they see; whether a step protects is found by looking at what it does.
 */
import type { NearMiss, StepKind, Transport, TypeField, Unknown } from "../model/facts.js";
import type { Place } from "../model/place.js";
import type { FunctionView, ProgramFile } from "../program/linking/function-view.js";
import type { Program } from "../program/linking/program.js";
import type { EntryContext, LinkQueries, Origin, Site } from "../program/values/origin.js";
import type { PathPattern } from "./routing-tree/paths.js";
import type { DeployedFunction } from "./serverless/deployments.js";

/** How one sees that a step let the request pass. */
export type Continuation =
  /** it calls its continuation (the `next` source, see `nextSource`) without an error */
  | "calls-next"
  /** it calls its continuation without an error and has not answered before (callback style of Fastify's hooks) */
  | "calls-next-unanswered"
  /** it returns something truthy (Nest's canActivate) */
  | "returns-true"
  /** it returns an object whose member of that name is truthy (scopes by name) */
  | `returns-true:${string}`
  /** it comes back without having refused (hooks, first statements, wrappers that run before) */
  | "returns"
  /** as `returns`; what it returned is the context, or is merged into it (GraphQL's context function) */
  | "returns-context"
  /** it comes back and neither it nor what it called has answered: sending is refusing, returning a value is not */
  | "returns-unanswered"
  /** control reached the calls in `reaches`: what registers inside of it comes after what it checked */
  | "reaches";

/** Arguments with which the framework calls a function; made per entry, because they carry its context. */
export type Arguments = (context: EntryContext) => readonly (readonly Origin[])[];

/** Requests that a step leaves out. */
export interface PathException {
  readonly pattern: PathPattern;
  /** empty for all */
  readonly methods: readonly string[];
}

export interface RawStep {
  readonly name: string;
  readonly kind: StepKind;
  /** where it is attached */
  readonly place: Place;
  /** the function, package value or unreadable thing that runs */
  readonly origin: Origin;
  readonly given: Arguments;
  readonly continuation: Continuation;
  /** '' when it always runs */
  readonly condition: string;
  /** of the context that it makes only what is the caller's is taken; of the rest names say more */
  readonly knownOnly?: true;
  /** instead of one function: passing any of these lists lets the request pass, each of which runs whole */
  readonly anyOf?: readonly (readonly RawStep[])[];
  /** with continuation `reaches`: the calls on the way, outermost first */
  readonly reaches?: (context: EntryContext) => readonly Site[];
  /** full paths that it leaves out although it is registered for them */
  readonly except?: readonly PathException[];
  /** prefix of paths below which it is mounted, parameters filled in; absent where that is not known */
  readonly below?: string;
  /** registered with the route itself, so that it sees all parameters of the path, also below a prefix */
  readonly ofRoute?: boolean;
  /** what it asks for by what is declared, where nothing runs that could be read: schemas of a factory of routes */
  readonly declared?: { readonly grants: "authentication" | "decision" | "unknown"; readonly ownSecret: boolean };
  /** place among the kinds of hooks of one request; absent: 0 */
  readonly phase?: number;
}

/** Under what name the metadata of a procedure stands, as its builder hands it to its steps. */
export const META = "meta";

export interface RawNearMiss {
  readonly step: RawStep;
  readonly why: NearMiss["why"];
  readonly detail: string;
}

export interface RawEntry {
  readonly transport: Transport;
  readonly framework: string;
  /** upper case, `ALL` for any */
  readonly method: string;
  /** parameters as `:name`, catch-all as `*name` */
  readonly path: string;
  readonly handler: Origin;
  /** the handler again, when what surrounds it is given values of the entry: a closure of a connection's function */
  readonly handlerUnder?: (context: EntryContext) => Origin;
  readonly handlerName: string;
  readonly given: Arguments;
  /** the function that does the work, when `handler` is what wrappers made of it: what holds where they call it counts */
  readonly wrapped?: FunctionView | null;
  /** that function with the options that hand it over under a name: where it is called may be known by the name alone */
  readonly handedAs?: {
    readonly name: string;
    readonly object: Origin;
    readonly work: Extract<Origin, { kind: "function" }>;
  } | null;
  /** the handler's first line, or the registration when they are one expression */
  readonly place: Place;
  readonly registration: Place;
  readonly steps: readonly RawStep[];
  readonly nearMisses: readonly RawNearMiss[];
  readonly metadata: ReadonlyMap<string, readonly Origin[]>;
  /** router, class or file that groups it with its peers */
  readonly group: string;
  /** an explicit mark in the code that it is open on purpose, other than metadata that a guard reads */
  readonly publicMarker: { readonly reason: string; readonly place: Place } | null;
  /** what runs is the framework's own, and only its steps decide who gets there */
  readonly settled?: true;
  /** name of what a procedure is made with: `publicProcedure` */
  readonly builder?: string;
  /** it is open because of where it stands, and only the server's own code calls it */
  readonly inner?: true;
  /** expressions by which a guard leaves it out although they speak of other paths */
  readonly slips?: readonly { readonly guard: string; readonly pattern: string; readonly place: Place }[];
  /** the framework would check what is sent by a schema, and this route has none */
  readonly unchecked?: true;
  /** true when a set-up or guard on its way could not be read: protection may be more than was seen */
  readonly incomplete: string;
}

/** Something an adapter saw to be wrong with a guard itself (AG103). */
export interface RawFault {
  readonly kind: "error-handler-arity" | "factory-not-called" | "metadata-without-guard" | "field-not-guarded";
  readonly name: string;
  readonly place: Place;
  readonly note: string;
}

export interface AdapterOutput {
  readonly entries: readonly RawEntry[];
  readonly faults: readonly RawFault[];
  readonly unknowns: readonly Unknown[];
  /** of GraphQL schemas: which field leads to which type */
  readonly typeFields?: readonly TypeField[];
}

export interface AdapterInput {
  readonly program: Program;
  readonly queries: LinkQueries;
  readonly index: ProgramIndex;
  /** what the adapters before it found: routes that lead to another framework's entries */
  readonly entries: readonly RawEntry[];
  /** functions that deployment files bind to routes and queues */
  readonly deployed?: readonly DeployedFunction[];
  /** GraphQL schemas in files of their own */
  readonly schemaTexts?: readonly string[];
}

export interface Adapter {
  readonly name: string;
  /** packages whose import by any file makes the adapter worth running; empty: always */
  readonly packages: readonly string[];
  collect(input: AdapterInput): AdapterOutput;
}

/** Calls and imports of the whole program, found in one pass when first asked for. */
/** What a file calls something that it imports. */
export interface OwnName {
  readonly file: ProgramFile;
  readonly name: string;
}

export interface ProgramIndex {
  /** calls whose callee is written `something.name(…)` */
  callsOfMember(name: string): readonly Site[];
  /** all calls with a plain variable as callee */
  callsOfName(name: string): readonly Site[];
  /** files that import a module or one of its subpaths, at run time or for types */
  importersOf(module: string): readonly ProgramFile[];
  imports(module: string): boolean;
  /** names that files give to an export of that name, where they call it otherwise */
  importedAs(name: string): readonly OwnName[];
  /** names that files give to a module as a whole: its default export, or what `require` returns */
  importedWhole(module: string): readonly OwnName[];
  /** functions that call something by a name, or hand it over */
  callersBy(name: string): readonly FunctionView[];
  /** all modules and packages that are imported, by whatever form */
  modules(): Iterable<string>;
  files(): Iterable<ProgramFile>;
  /** every function of every file, module bodies included */
  functions(): Iterable<FunctionView>;
}
