/** One look at a Nest program, shared by everything that makes entries of it. */
import type { TypeField, Unknown } from "../../model/facts.js";
import { givenFrame } from "../../program/values/call-frames.js";
import { leaves } from "../../program/values/computed-origins.js";
import { constant, type LinkQueries, type Origin } from "../../program/values/origin.js";
import { ClassReader, type DecoratedClass, instanceOf, type Method } from "../classes/classes.js";
import type { Undecorated } from "../classes/parameters.js";
import { type ClassRef, classKey } from "../classes/values.js";
import { type DirectiveSteps, readDirectives } from "../graphql/directives.js";
import type { FunctionOrigin } from "../package-calls.js";
import { headOfFunction } from "../procedures/builder-chain.js";
import type { AdapterInput, Arguments, RawEntry, RawFault, RawNearMiss, RawStep } from "../routing.js";
import { type Application, ApplicationReader, guardsFields } from "./applications.js";
import type { FieldFault } from "./field-guards.js";
import { StepMaker, withoutUnmarked } from "./guards.js";
import { contractArguments, handlerArguments } from "./handler-arguments.js";
import { type MetadataItem, metadataMap, metadataOf, TYPE_KEY } from "./metadata.js";
import { type MetadataReaders, readersOf, unreadMetadata } from "./metadata-faults.js";
import { type Binding, middlewareFor, type Route, readMiddleware } from "./middleware.js";
import { ModuleReader, type NestModule, routerPrefixes } from "./modules.js";
import { type BodyValidation, bodyValidation } from "./validation.js";

/** How a handler is reached, as far as it differs from kind to kind. */
export interface Exposure {
  readonly transport: RawEntry["transport"];
  readonly method: string;
  readonly path: string;
  /** what `context.getType()` answers; '' when no guard runs */
  readonly type: "http" | "graphql" | "ws" | "rpc" | "";
  /** path under which middleware sees it, null when none runs */
  readonly route: Route | null;
  readonly undecorated?: Undecorated;
  /** guards of class and method run */
  readonly guarded: boolean;
  /** guards of the application run */
  readonly globallyGuarded: boolean;
  readonly incomplete: string;
  /** what answers, when the method only returns it */
  readonly handedOver?: FunctionOrigin;
  /** what the framework runs for the connection before any message */
  readonly before?: readonly RawStep[];
}

export class NestProject {
  readonly queries: LinkQueries;
  readonly classes: ClassReader;
  readonly steps: StepMaker;
  readonly all: readonly ClassRef[];
  readonly modules: ReadonlyMap<string, NestModule>;
  readonly prefixes: ReadonlyMap<string, string>;
  readonly applications: readonly Application[];
  readonly middleware: readonly Binding[];
  readonly readers: MetadataReaders;
  readonly entries: RawEntry[] = [];
  readonly faults: RawFault[] = [];
  readonly unknowns: Unknown[] = [];
  readonly typeFields: TypeField[] = [];
  readonly fieldFaults: FieldFault[] = [];
  readonly #modulesOf = new Map<string, NestModule[]>();
  #validation: BodyValidation | undefined;
  #guardsFields: boolean | undefined;
  #directives: DirectiveSteps | undefined;

  constructor(private readonly input: AdapterInput) {
    const { queries, index } = input;
    this.queries = queries;
    this.classes = new ClassReader(queries);
    this.steps = new StepMaker(queries, this.classes);
    this.all = classesOf(input);
    this.modules = new ModuleReader(queries, this.classes).read(this.all);
    this.prefixes = routerPrefixes(index, queries);
    this.applications = new ApplicationReader(queries, index, this.modules, this.steps).read();
    this.middleware = readMiddleware(index, queries, this.steps);
    this.readers = readersOf(this.all, this.classes, queries);
    for (const module of this.modules.values()) {
      for (const ref of [...module.controllers, ...module.providers]) this.#list(ref, module);
    }
    for (const app of this.applications) this.faults.push(...app.faults);
  }

  /** Modules that list a class as controller or provider. */
  modulesOf(ref: ClassRef): readonly NestModule[] {
    return this.#modulesOf.get(classKey(ref)) ?? [];
  }

  /** Applications that have a class; those nearest to it when no module lists it. */
  applicationsOf(ref: ClassRef): readonly Application[] {
    const modules = this.modulesOf(ref);
    const found = this.applications.filter((app) => modules.some((m) => app.modules.has(m.key)));
    return found.length > 0 ? found : this.applications.slice(0, 1);
  }

  /** Steps that directives of the schema's text put before a field. */
  directives(type: string, field: string): readonly RawStep[] {
    this.#directives ??= readDirectives(this.input);
    return this.#directives(type, field);
  }

  get guardsFields(): boolean {
    this.#guardsFields ??= guardsFields(this.input.index, this.queries);
    return this.#guardsFields;
  }

  /** Adds an entry for a method of a class. */
  add(cls: DecoratedClass, method: Method, app: Application, exposure: Exposure): void {
    const self = instanceOf(cls.ref);
    const { owner, member } = method;
    const handler: FunctionOrigin = { kind: "function", fn: owner.file.fn(member.fn), frame: owner.frame, self };
    const { steps, nearMisses, faults } = this.#steps(cls, method, app, exposure);
    const cm = metadataOf(cls.applied, this.queries);
    const mm = metadataOf(method.decorations.applied, this.queries);
    const metadata = metadataMap(mm, cm);
    if (exposure.type !== "") metadata.set(TYPE_KEY, [constant(exposure.type)]);
    this.faults.push(...faults);
    if (exposure.guarded) {
      this.faults.push(...unreadMetadata([...mm, ...cm], steps, this.readers, `${cls.name}.${method.name}`));
    }
    const { handedOver } = exposure;
    const place = handedOver === undefined ? method.place : headOfFunction(handedOver.fn);
    const own = this.#arguments(method, exposure);
    this.entries.push({
      transport: exposure.transport,
      framework: "nestjs",
      method: exposure.method,
      path: exposure.path,
      handler: handedOver ?? handler,
      handlerName: `${cls.name}.${method.name}`,
      given: handedOver === undefined ? own : contractArguments,
      place,
      registration: place,
      steps,
      nearMisses,
      metadata,
      group: `${cls.ref.file.path}#${cls.name}`,
      publicMarker: publicMarker([...mm, ...cm]),
      incomplete: exposure.incomplete || this.#unread(cls, method),
      ...(handedOver === undefined
        ? {}
        : { handlerUnder: (context) => ({ ...handedOver, frame: givenFrame(handler, own(context)) }) }),
    });
  }

  #arguments(method: Method, exposure: Exposure): Arguments {
    this.#validation ??= bodyValidation(this.input.index, this.queries);
    return handlerArguments(method, this.queries, this.#validation, exposure.undecorated);
  }

  #unread(cls: DecoratedClass, method: Method): string {
    const [why] = [...method.decorations.unread, ...cls.own.unread];
    return why === undefined ? "" : `a decorator could not be read: ${why}`;
  }

  #steps(
    cls: DecoratedClass,
    method: Method,
    app: Application,
    exposure: Exposure,
  ): { steps: readonly RawStep[]; nearMisses: readonly RawNearMiss[]; faults: readonly RawFault[] } {
    const { route } = exposure;
    const before = route === null ? { steps: [], missed: [] } : middlewareFor(this.middleware, app, route);
    const hidden = method.overridden.flatMap((m) => this.steps.decorated(m.decorations.applied).steps);
    const nearMisses: RawNearMiss[] = [
      ...before.missed,
      ...hidden.map((step) => ({
        step,
        why: "overridden-method" as const,
        detail: `${cls.name}.${method.name} replaces the inherited method and its guards`,
      })),
    ];
    const onClass = exposure.guarded ? this.steps.decorated(cls.applied) : NOTHING;
    const onMethod = exposure.guarded ? this.steps.decorated(method.decorations.applied) : NOTHING;
    const steps = [
      ...before.steps,
      ...(exposure.before ?? []),
      ...(exposure.globallyGuarded ? app.guards : []),
      ...onClass.steps,
      ...onMethod.steps,
    ];
    return {
      steps: withoutUnmarked(steps, [...cls.applied, ...method.decorations.applied]),
      nearMisses: nearMisses.filter((m) => !steps.some((s) => s.name === m.step.name)),
      faults: [...onClass.faults, ...onMethod.faults],
    };
  }

  #list(ref: ClassRef, module: NestModule): void {
    const key = classKey(ref);
    const known = this.#modulesOf.get(key);
    if (known === undefined) this.#modulesOf.set(key, [module]);
    else if (!known.includes(module)) known.push(module);
  }
}

const NOTHING = { steps: [], faults: [] };

/** Classes of the program that have decorators, or that something may extend. */
function classesOf(input: AdapterInput): readonly ClassRef[] {
  const found: ClassRef[] = [];
  for (const file of input.program.files) {
    for (let index = 0; index < file.lowered.classes.length; index += 1) {
      found.push({ kind: "class", file, index, frame: null });
    }
  }
  return found;
}

const PUBLIC_KEY = /^(?:is_?)?public|^(?:allow|is)_?(?:anonymous|unauth)|^(?:skip|no|without|bypass)_?(?:jwt_?)?auth/i;

/** `@Public()`: metadata under a key that says so, set to true. */
function publicMarker(items: readonly MetadataItem[]): RawEntry["publicMarker"] {
  const said = items.find(
    ({ said, values }) =>
      (PUBLIC_KEY.test(said) && values.some((o) => o.kind === "constant" && o.value === true)) ||
      (DEMAND_KEY.test(said) && leaves(values).some(namesEverybody)),
  );
  return said === undefined ? null : { reason: `metadata '${said.said}'`, place: said.place };
}

/** `@Allow(Permission.Public)`: what is demanded is nothing. */
const DEMAND_KEY = /role|permission|access|auth/i;
const EVERYBODY = /(?:^|\.)(?:public|anonymous|everyone|unauthenticated)$/i;

function namesEverybody(value: Origin): boolean {
  const text = value.kind === "package" ? value.path : value.kind === "constant" ? value.value : "";
  return typeof text === "string" && EVERYBODY.test(text);
}
