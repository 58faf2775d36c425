/** Payload: the REST interface of collections and globals behind their access functions, and endpoints of the project. */
import type { Place } from "../../model/place.js";
import {
  type LinkQueries,
  type Origin,
  packageMember,
  packageRoot,
  type Site,
  unknown,
} from "../../program/values/origin.js";
import { callbackEntry, stepAt } from "../callback-entry.js";
import { functionBehind, packageCalls } from "../package-calls.js";
import {
  firstLineOf,
  headOfFunction,
  nameOfFunction,
  originsOfArgument,
  textOf,
  writtenName,
} from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry, RawStep } from "../routing.js";
import { pushedElements } from "../routing-tree/additions.js";
import { optionSpots } from "../routing-tree/options.js";
import { at } from "../routing-tree/spot.js";
import { Values } from "../routing-tree/values.js";
import { accessArguments, endpointArguments } from "./knowledge.js";

export const payloadAdapter: Adapter = { name: "payload", packages: ["payload"], collect };

const MODULE = /^payload(?:\/config)?$/;

interface Operation {
  readonly access: string;
  readonly method: string;
  readonly path: string;
  readonly name: string;
}

const OF_COLLECTION: readonly Operation[] = [
  { access: "read", method: "GET", path: "", name: "find" },
  { access: "read", method: "GET", path: "/:id", name: "findByID" },
  { access: "create", method: "POST", path: "", name: "create" },
  { access: "update", method: "PATCH", path: "/:id", name: "updateByID" },
  { access: "delete", method: "DELETE", path: "/:id", name: "deleteByID" },
];
const SHOWN = new Set(["read", "create"]);
const OF_GLOBAL: readonly Operation[] = [
  { access: "read", method: "GET", path: "", name: "findOne" },
  { access: "update", method: "POST", path: "", name: "update" },
];

function collect(input: AdapterInput): AdapterOutput {
  const rules = [{ module: MODULE, path: /^buildConfig$/, names: ["buildConfig"] }];
  const reader = new ConfigReader(input.queries);
  return {
    entries: packageCalls(rules, input).flatMap(({ site }) => [...reader.ofConfig(site)]),
    faults: [],
    unknowns: [],
  };
}

class ConfigReader {
  readonly #values: Values;

  constructor(private readonly queries: LinkQueries) {
    this.#values = new Values(queries, pushedElements);
  }

  ofConfig(site: Site): readonly RawEntry[] {
    const config = originsOfArgument(site, 0, this.queries);
    const api = textOf(this.#of(this.#of(config, "routes"), "api")) ?? "/api";
    const collections = this.#items(config, "collections").flatMap((one) =>
      this.#entries(one, api, OF_COLLECTION, site),
    );
    const globals = this.#items(config, "globals").flatMap((one) =>
      this.#entries(one, `${api}/globals`, OF_GLOBAL, site),
    );
    return [...collections, ...globals, ...this.#endpoints(config, api, site)];
  }

  #entries(config: Origin, base: string, operations: readonly Operation[], site: Site): readonly RawEntry[] {
    const slug = textOf(this.queries.project(config, ["slug"]));
    if (slug === null) return [];
    const path = `${base}/${slug}`;
    const at: Site = config.kind === "literal" ? config.site : site;
    const own = operations.flatMap((operation) => {
      const answer = this.#constantAnswer(config, operation.access);
      // what is refused to everybody is no way in
      return answer === false ? [] : [this.#operation(config, path, operation, at, answer === true)];
    });
    return [...own, ...this.#endpoints([config], path, at)];
  }

  /** One operation of the REST interface; what it does to data is the library's. */
  #operation(config: Origin, path: string, operation: Operation, at: Site, open: boolean): RawEntry {
    const place = firstLineOf(at.fn, at.fn.place(at.v));
    const base = callbackEntry(null, at, {
      transport: "http",
      framework: "payload",
      method: operation.method,
      path: `${path}${operation.path}`,
      given: endpointArguments,
    });
    return {
      ...base,
      handler: packageMember(packageRoot("payload"), operation.name),
      handlerName: operation.name,
      settled: true,
      place,
      registration: place,
      steps: this.#access(config, operation.access, place),
      // a change of what is there is hardly meant for everybody
      publicMarker:
        open && SHOWN.has(operation.access) ? { reason: `access.${operation.access} is true`, place } : null,
    };
  }

  /** `read: () => true`, `create: () => false`; null when it depends */
  #constantAnswer(config: Origin, name: string): boolean | null {
    const fn = functionBehind(this.#of(this.#of([config], "access"), name), this.queries);
    const returned = fn === null ? [] : this.queries.returnsOf(fn.fn);
    const [only, ...others] = returned;
    if (others.length > 0 || only?.kind !== "constant" || typeof only.value !== "boolean") return null;
    return only.value;
  }

  /** Without an access function of their own only those who are signed in are let through. */
  #access(config: Origin, name: string, place: Place): readonly RawStep[] {
    const given = this.#of(this.#of([config], "access"), name);
    const fn = functionBehind(given, this.queries);
    if (fn !== null) {
      const own = nameOfFunction(fn.fn) || this.#writtenAs(config, name) || `access.${name}`;
      return [stepAt(fn, own, headOfFunction(fn.fn), accessArguments, "returns-true", "guard")];
    }
    const [other] = given;
    const origin =
      other === undefined ? packageMember(packageRoot("payload"), "defaultAccess") : unknown("an access function");
    const called = other === undefined ? "defaultAccess" : `access.${name}`;
    return [stepAt(origin, called, place, accessArguments, "returns-true", "guard")];
  }

  /** `read: isAdmin` */
  #writtenAs(config: Origin, name: string): string {
    const [access] = this.#of([config], "access");
    if (access?.kind !== "literal" || access.form !== "object") return "";
    const { fn, v, frame } = access.site;
    return writtenName({ fn, v: fn.prop(v, name), frame });
  }

  #endpoints(config: readonly Origin[], base: string, site: Site): readonly RawEntry[] {
    return this.#items(config, "endpoints").flatMap((endpoint) => {
      const path = textOf(this.queries.project(endpoint, ["path"]));
      const method = textOf(this.queries.project(endpoint, ["method"]));
      if (path === null || method === null) return [];
      const fn = functionBehind(this.queries.project(endpoint, ["handler"]), this.queries);
      const at: Site = endpoint.kind === "literal" ? endpoint.site : site;
      return [
        callbackEntry(fn, at, {
          transport: "http",
          framework: "payload",
          method: method.toUpperCase(),
          path: `${base}${path.startsWith("/") ? path : `/${path}`}`,
          given: endpointArguments,
        }),
      ];
    });
  }

  #of(origins: readonly Origin[], name: string): readonly Origin[] {
    return origins
      .flatMap((o) => [...this.queries.project(o, [name])])
      .filter((o) => !(o.kind === "constant" && o.value === undefined) && o.kind !== "unknown");
  }

  #items(config: readonly Origin[], name: string): readonly Origin[] {
    // `slugs.map(owned)` is read where it is written, element by element
    const written = config.flatMap((o) =>
      o.kind === "literal" && o.form === "object" ? optionSpots(at(o.site), name, this.#values) : [],
    );
    const items = written.flatMap((spot) => [...this.#values.elements(spot).items]);
    return items.length > 0 ? items : this.#of(config, name).flatMap((list) => this.#values.elementsOf(list).items);
  }
}
