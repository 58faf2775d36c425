/** Modules: what they import, which controllers and providers they list. */
import { MemberKind, NONE } from "../../model/lowered.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { type ClassReader, infoOf } from "../classes/classes.js";
import { find } from "../classes/decorators.js";
import {
  argumentOrigin,
  type ClassRef,
  classKey,
  type Item,
  isPackage,
  itemsOf,
  property,
  propertyItems,
} from "../classes/values.js";
import type { ProgramIndex } from "../routing.js";

export interface NestModule {
  readonly key: string;
  readonly ref: ClassRef;
  readonly controllers: readonly ClassRef[];
  /** classes among the providers */
  readonly providers: readonly ClassRef[];
  /** guards provided for the whole application */
  readonly guards: readonly Item[];
  /** keys of the modules that it imports */
  readonly imports: readonly string[];
  /** it may list controllers that could not be read */
  readonly open: boolean;
}

interface Draft {
  readonly ref: ClassRef;
  readonly controllers: ClassRef[];
  readonly providers: ClassRef[];
  readonly guards: Item[];
  readonly imports: Set<string>;
  open: boolean;
}

export class ModuleReader {
  readonly #drafts = new Map<string, Draft>();
  readonly #seen = new Set<string>();

  constructor(
    private readonly queries: LinkQueries,
    private readonly classes: ClassReader,
  ) {}

  /** All modules among the given classes, with what their dynamic forms add. */
  read(all: readonly ClassRef[]): ReadonlyMap<string, NestModule> {
    for (const ref of all) {
      const decorator = find(this.classes.decorationsOf(ref).applied, "@nestjs/common", "Module");
      if (decorator === undefined) continue;
      const draft = this.#draft(ref);
      const definition = argumentOrigin(decorator.call, 0, this.queries);
      if (definition?.kind === "literal") this.#define(draft, definition);
      else if (definition !== undefined) draft.open = true;
      this.#dynamicForms(ref, draft);
    }
    const modules = new Map<string, NestModule>();
    for (const [key, draft] of this.#drafts) modules.set(key, { ...draft, key, imports: [...draft.imports] });
    return modules;
  }

  #draft(ref: ClassRef): Draft {
    const key = classKey(ref);
    let draft = this.#drafts.get(key);
    if (draft === undefined) {
      draft = { ref, controllers: [], providers: [], guards: [], imports: new Set(), open: false };
      this.#drafts.set(key, draft);
    }
    return draft;
  }

  /** `static forRoot() { return { module: X, providers: […] } }` */
  #dynamicForms(ref: ClassRef, draft: Draft): void {
    for (const member of infoOf(ref).members) {
      if (!member.static || member.kind !== MemberKind.Method || member.fn === NONE) continue;
      for (const origin of this.queries.returnsOf(ref.file.fn(member.fn))) this.#define(draft, origin);
    }
  }

  #define(draft: Draft, definition: Origin): void {
    if (definition.kind !== "literal" || definition.form !== "object") return;
    const { fn, v, frame } = definition.site;
    const seen = `${classKey(draft.ref)}:${fn.id}:${v}:${frame === null ? "" : frame.site?.v}`;
    if (this.#seen.has(seen)) return;
    this.#seen.add(seen);
    for (const { origin } of propertyItems(definition, "controllers", this.queries)) {
      if (origin.kind === "class") draft.controllers.push(origin);
      else draft.open = true;
    }
    for (const item of propertyItems(definition, "providers", this.queries)) this.#provider(draft, item);
    for (const { origin } of propertyItems(definition, "imports", this.queries)) this.#import(draft, origin);
  }

  #import(draft: Draft, origin: Origin): void {
    if (origin.kind === "class") draft.imports.add(classKey(origin));
    else if (origin.kind === "literal" && origin.form === "object") {
      const module = property(origin, "module", this.queries);
      if (module?.kind !== "class") return;
      draft.imports.add(classKey(module));
      this.#define(this.#draft(module), origin);
    }
  }

  #provider(draft: Draft, item: Item): void {
    const { origin } = item;
    if (origin.kind === "class") draft.providers.push(origin);
    const token = property(origin, "provide", this.queries);
    if (token === undefined) return;
    for (const name of ["useClass", "useExisting"]) {
      for (const { origin: given } of propertyItems(origin, name, this.queries)) {
        if (given.kind === "class") draft.providers.push(given);
      }
    }
    const isGuard =
      isPackage(token, "@nestjs/core", "APP_GUARD") || (token.kind === "constant" && token.value === "APP_GUARD");
    if (isGuard) draft.guards.push(...this.#guards(origin, item));
  }

  #guards(provider: Origin, item: Item): readonly Item[] {
    if (provider.kind !== "literal") return [];
    const { fn, v, frame } = provider.site;
    const place: Site = { fn, v, frame };
    const given = ["useClass", "useExisting", "useValue"].flatMap((name) => [
      ...propertyItems(provider, name, this.queries),
    ]);
    const factory = property(provider, "useFactory", this.queries);
    if (factory?.kind === "function") {
      for (const row of factory.fn.returns) {
        const value: Site = { fn: factory.fn, v: factory.fn.a(row), frame: null };
        if (value.v !== NONE) given.push(...itemsOf(value, this.queries));
      }
    } else if (factory !== undefined) given.push({ origin: factory, site: place, condition: "" });
    return given.map((g) => ({ ...g, condition: g.condition || item.condition, site: place }));
  }
}

/** Prefixes that `RouterModule.register([{ path, module, children }])` gives to modules, by module key. */
export function routerPrefixes(index: ProgramIndex, queries: LinkQueries): ReadonlyMap<string, string> {
  const prefixes = new Map<string, string>();
  for (const name of ["register", "forRoutes"]) {
    for (const call of index.callsOfMember(name)) {
      const [receiver] = queries.evaluate({ ...call, v: call.fn.a(call.fn.callee(call.v)) });
      if (!isPackage(receiver, "@nestjs/core", "RouterModule")) continue;
      const [routes] = call.fn.args(call.v);
      if (routes !== undefined) prefixTree(itemsOf({ ...call, v: routes }, queries), "", prefixes, queries, 0);
    }
  }
  return prefixes;
}

function prefixTree(
  items: readonly Item[],
  outer: string,
  prefixes: Map<string, string>,
  queries: LinkQueries,
  depth: number,
): void {
  for (const { origin } of items) {
    if (origin.kind === "class") prefixes.set(classKey(origin), outer);
    const path = property(origin, "path", queries);
    const inner = path?.kind === "constant" ? `${outer}/${String(path.value)}` : outer;
    const module = property(origin, "module", queries);
    if (module?.kind === "class") prefixes.set(classKey(module), inner);
    if (depth < 8) prefixTree(propertyItems(origin, "children", queries), inner, prefixes, queries, depth + 1);
  }
}
