/** Keystone: the operations of its GraphQL interface on each list, behind the list's access functions. */
import type { Place } from "../../model/place.js";
import {
  type LinkQueries,
  type Origin,
  type PackageOrigin,
  packageMember,
  packageRoot,
  type Site,
} from "../../program/values/origin.js";
import { callbackEntry, stepAt } from "../callback-entry.js";
import { resolverArguments } from "../graphql/fields.js";
import { keysOf } from "../object-keys.js";
import { type CallRule, functionBehind, packageCalls } from "../package-calls.js";
import { firstLineOf, headOfFunction, nameOfFunction, originsOfArgument, textOf } from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry, RawStep } from "../routing.js";
import { accessArguments } from "./knowledge.js";
import { listNames } from "./lists.js";

export const keystoneAdapter: Adapter = { name: "keystone", packages: ["@keystone-6/core"], collect };

const MODULE = /^@keystone-6\/core(?:\/.*)?$/;
const CONFIG: CallRule = { module: MODULE, path: /^config$/, names: ["config"] };
const EXTEND: CallRule = { module: MODULE, path: /(?:^|\.|\(\)\.)extend$/, names: ["extend"] };
const OPERATIONS = ["query", "create", "update", "delete"] as const;
type Operation = (typeof OPERATIONS)[number];
/** in this order: what is asked before rows are read, what narrows them, what is asked of each */
const ASPECTS = ["operation", "filter", "item"] as const;
/** open to everybody on purpose more often than by mistake */
const SHOWN = new Set<Operation>(["query", "create"]);

function collect(input: AdapterInput): AdapterOutput {
  const reader = new ListReader(input.queries);
  const lists = packageCalls([CONFIG], input).flatMap(({ site }) => reader.ofConfig(site));
  const fields = packageCalls([EXTEND], input).flatMap(({ site }) => extendedFields(site, input.queries));
  return { entries: [...lists, ...fields], faults: [], unknowns: [] };
}

class ListReader {
  constructor(private readonly queries: LinkQueries) {}

  ofConfig(site: Site): readonly RawEntry[] {
    const lists = this.#of(originsOfArgument(site, 0, this.queries), "lists");
    return lists.flatMap((object) =>
      keysOf(object, this.queries).flatMap((key) =>
        this.queries.project(object, [key]).flatMap((list) => this.#entries(key, list)),
      ),
    );
  }

  #entries(key: string, list: Origin): readonly RawEntry[] {
    if (list.kind !== "package" || list.site === null || !/(?:^|\.)list\(\)$/.test(list.path)) return [];
    const { site } = list;
    const options = originsOfArgument(site, 0, this.queries);
    const plural = textOf(this.#of(this.#of(options, "graphql"), "plural"));
    const names = listNames(key, plural);
    return OPERATIONS.flatMap((operation) => {
      const rules = ASPECTS.flatMap((aspect) => this.#rules(options, aspect, operation));
      // what is refused to everybody is no way in
      if (rules.some((rule) => isHelper(rule, "denyAll"))) return [];
      return names[operation].map((name) => this.#entry(name, operation, rules, site));
    });
  }

  #entry(name: string, operation: Operation, rules: readonly Origin[], site: Site): RawEntry {
    const place = firstLineOf(site.fn, site.fn.place(site.v));
    const open = rules.length > 0 && rules.every((rule) => isHelper(rule, "allowAll") || isHelper(rule, "unfiltered"));
    const base = callbackEntry(null, site, {
      transport: "graphql",
      framework: "keystone",
      method: operation === "query" ? "QUERY" : "MUTATION",
      path: name,
      given: resolverArguments,
    });
    return {
      ...base,
      handler: packageMember(packageRoot("@keystone-6/core"), operation),
      handlerName: name,
      settled: true,
      steps: rules.filter((rule) => !isHelper(rule, "allowAll")).map((rule) => this.#step(rule, operation, place)),
      publicMarker: open && SHOWN.has(operation) ? { reason: "access: allowAll", place } : null,
    };
  }

  /** `access: f`, `access: { operation: { query: f }, filter: … }`, `operation: allOperations(f)` */
  #rules(options: readonly Origin[], aspect: (typeof ASPECTS)[number], operation: Operation): readonly Origin[] {
    const access = this.#of(options, "access");
    const whole = access.filter((o) => o.kind === "function" || isHelper(o, ""));
    if (whole.length > 0) return aspect === "operation" ? whole.slice(0, 1) : [];
    const part = this.#of(access, aspect).flatMap((o) => this.#forAll(o));
    const own = part.filter((o) => o.kind === "function" || isHelper(o, ""));
    if (own.length > 0) return own.slice(0, 1);
    return this.#of(part, operation)
      .flatMap((o) => this.#forAll(o))
      .slice(0, 1);
  }

  /** `allOperations(f)`, also where it was spread and one of its members read */
  #forAll(origin: Origin): readonly Origin[] {
    if (origin.kind !== "package" || !MODULE.test(origin.module)) return [origin];
    let made: PackageOrigin | null = origin;
    if (made.site === null) made = made.previous;
    const spread = made !== null && made.site !== null && /allOperations\(\)$/.test(made.path);
    return spread && made?.site ? originsOfArgument(made.site, 0, this.queries) : [origin];
  }

  #step(rule: Origin, operation: Operation, place: Place): RawStep {
    const fn = functionBehind([rule], this.queries);
    const name = (fn === null ? "" : nameOfFunction(fn.fn)) || `access.${operation}`;
    const at = fn === null ? place : headOfFunction(fn.fn);
    return stepAt(fn ?? rule, name, at, accessArguments, "returns-true", "guard");
  }

  #of(origins: readonly Origin[], name: string): readonly Origin[] {
    return origins
      .flatMap((o) => (o.kind === "function" ? [] : this.queries.project(o, [name])))
      .filter((o) => !(o.kind === "constant" && o.value === undefined) && o.kind !== "unknown");
  }
}

/** A helper of the package's own; any of them for an empty name. */
function isHelper(origin: Origin, name: string): boolean {
  if (origin.kind !== "package" || origin.site !== null || !MODULE.test(origin.module)) return false;
  const own = /(?:^|\.)(allowAll|denyAll|unfiltered)$/.exec(origin.path)?.[1];
  return own !== undefined && (name === "" || own === name);
}

/** `g.extend((base) => ({ query: { … }, mutation: { publish: g.field({ resolve }) } }))` */
function extendedFields(site: Site, queries: LinkQueries): readonly RawEntry[] {
  const maker = functionBehind(originsOfArgument(site, 0, queries), queries);
  const types = maker === null ? [] : queries.returnsOf(maker.fn);
  return ["query", "mutation"].flatMap((type) =>
    types
      .flatMap((o) => queries.project(o, [type]))
      .flatMap((fields) =>
        keysOf(fields, queries).flatMap((key) => {
          const field = queries.project(fields, [key]).find((o) => o.kind === "package" && o.site !== null);
          if (field?.kind !== "package" || field.site === null) return [];
          const resolve = originsOfArgument(field.site, 0, queries).flatMap((o) => queries.project(o, ["resolve"]));
          const own = { method: type.toUpperCase(), path: key, given: resolverArguments };
          return [
            callbackEntry(functionBehind(resolve, queries), field.site, {
              transport: "graphql",
              framework: "keystone",
              ...own,
            }),
          ];
        }),
      ),
  );
}
