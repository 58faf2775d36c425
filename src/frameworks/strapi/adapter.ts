/** Strapi 4 and 5: core and custom routes of every API, behind the permissions plugin unless they switch it off, and policies. */
import type { Place } from "../../model/place.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import { type LinkQueries, type Origin, packageMember, packageRoot, type Site } from "../../program/values/origin.js";
import { koaArguments } from "../arguments.js";
import { callbackEntry, stepAt } from "../callback-entry.js";
import { firstLineOf, functionArgument, originsOfArgument, textOf } from "../procedures/builder-chain.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry, RawStep } from "../routing.js";
import { pushedElements } from "../routing-tree/additions.js";
import { Values } from "../routing-tree/values.js";

export const strapiAdapter: Adapter = { name: "strapi", packages: ["@strapi/strapi"], collect };

const ROUTES = /^((?:.*\/)?src\/)api\/([^/]+)\/routes\/[^/]+\.[cm]?[jt]s$/;
const CORE: Readonly<Record<string, readonly [method: string, below: string]>> = {
  find: ["GET", ""],
  findOne: ["GET", "/:id"],
  create: ["POST", ""],
  update: ["PUT", "/:id"],
  delete: ["DELETE", "/:id"],
};

function collect(input: AdapterInput): AdapterOutput {
  const entries = [...input.program.files].flatMap((file) => {
    const [, root, api] = ROUTES.exec(file.path) ?? [];
    return root === undefined || api === undefined ? [] : new RoutesFile(input, file, root, api).entries();
  });
  return { entries, faults: [], unknowns: [] };
}

/** What a file exports as a whole: CommonJS or a default export. */
function exportedBy(file: ProgramFile, queries: LinkQueries): readonly Origin[] {
  const whole: Origin = { kind: "namespace", file };
  const known = queries.project(whole, ["default"]).filter((o) => o.kind !== "unknown");
  return known.length > 0 ? known : [whole, ...queries.nameOrigins(queries.program.exported(file, "="))];
}

class RoutesFile {
  readonly #queries: LinkQueries;
  readonly #values: Values;
  readonly #place: Place;

  constructor(
    private readonly input: AdapterInput,
    private readonly file: ProgramFile,
    private readonly root: string,
    private readonly api: string,
  ) {
    this.#queries = input.queries;
    this.#values = new Values(input.queries, pushedElements);
    this.#place = firstLineOf(file.module, { ...file.module.ownPlace, start: 0 });
  }

  entries(): readonly RawEntry[] {
    return exportedBy(this.file, this.#queries).flatMap((origin) => {
      if (origin.kind === "package" && /createCoreRouter\(\)$/.test(origin.path) && origin.site !== null)
        return this.#core(origin.site);
      return this.#of([origin], "routes").flatMap((list) =>
        this.#values.elementsOf(list).items.flatMap((route) => [...this.#custom(route)]),
      );
    });
  }

  /** `createCoreRouter("api::place.place", { only, except, config: { find: { auth: false } } })` */
  #core(site: Site): readonly RawEntry[] {
    const uid = textOf(originsOfArgument(site, 0, this.#queries)) ?? "";
    const name = uid.split(".").at(-1) ?? this.api;
    const options = originsOfArgument(site, 1, this.#queries);
    const only = this.#texts(options, "only");
    const except = this.#texts(options, "except");
    const wanted = Object.keys(CORE).filter(
      (one) => (only.length === 0 || only.includes(one)) && !except.includes(one),
    );
    const base = textOf(this.#of(options, "prefix")) ?? "";
    return wanted.map((action) => {
      const [method, below] = CORE[action] ?? ["GET", ""];
      const config = this.#of(this.#of(options, "config"), action);
      const place = firstLineOf(site.fn, site.fn.place(site.v));
      return this.#entry(method, `/api${base}/${plural(name)}${below}`, `${name}.${action}`, config, place, site);
    });
  }

  /** `{ method: "POST", path: "/places/:id/visit", handler: "place.visit", config: { policies } }` */
  #custom(route: Origin): readonly RawEntry[] {
    const method = textOf(this.#of([route], "method"));
    const path = textOf(this.#of([route], "path"));
    if (method === null || path === null) return [];
    const handler = this.#of([route], "handler");
    const config = this.#of([route], "config");
    const prefix = textOf(this.#of(config, "prefix"));
    const at: Site = route.kind === "literal" ? route.site : { fn: this.file.module, v: -1, frame: null };
    const place = route.kind === "literal" ? firstLineOf(at.fn, at.fn.place(at.v)) : this.#place;
    const whole = `${prefix ?? "/api"}${path.startsWith("/") ? path : `/${path}`}`;
    return [this.#entry(method.toUpperCase(), whole, textOf(handler) ?? "", config, place, at, handler)];
  }

  #entry(
    method: string,
    path: string,
    action: string,
    config: readonly Origin[],
    place: Place,
    site: Site,
    given: readonly Origin[] = [],
  ): RawEntry {
    const inline = given.find((o) => o.kind === "function");
    const own = inline ?? this.#action(action);
    const fn = own?.kind === "function" ? own : null;
    const base = callbackEntry(fn, site, { transport: "http", framework: "strapi", method, path, given: koaArguments });
    const open = this.#of(config, "auth").some((o) => o.kind === "constant" && o.value === false);
    return {
      ...base,
      // without an action of its own the content type is read and changed by the framework
      ...(fn === null ? { handler: packageMember(packageRoot("@strapi/strapi"), action), settled: true } : {}),
      handlerName: action || base.handlerName,
      registration: place,
      place: fn === null ? place : base.place,
      steps: [...(open ? [] : [permissions(place)]), ...this.#policies(config, place)],
      // a change of what is there is hardly meant for everybody
      publicMarker: open && (method === "GET" || method === "POST") ? { reason: "auth is false", place } : null,
    };
  }

  /** `place.visit`, `api::place.place.visit` */
  #action(text: string): Origin | null {
    const parts = text.replace(/^(?:api|plugin)::/, "").split(".");
    const action = parts.at(-1) ?? "";
    const controller = parts.at(-2) ?? this.api;
    const api = parts.length > 2 ? (parts[0] ?? this.api) : this.api;
    const file = this.#file(`api/${api}/controllers/${controller}`);
    if (file === null) return null;
    for (const origin of exportedBy(file, this.#queries)) {
      const made =
        origin.kind === "package" && origin.site !== null ? functionArgument(origin.site, this.#queries) : null;
      const holders = made !== null ? this.#queries.returnsOf(made.fn) : this.#returned(origin);
      const found = this.#of(holders, action).find((o) => o.kind === "function");
      if (found !== undefined) return found;
    }
    return null;
  }

  /** `({ strapi }) => ({ … })` of controllers without a factory */
  #returned(origin: Origin): readonly Origin[] {
    return origin.kind === "function" ? this.#queries.returnsOf(origin.fn) : [origin];
  }

  #policies(config: readonly Origin[], place: Place): readonly RawStep[] {
    return this.#of(config, "policies")
      .flatMap((list) => [...this.#values.elementsOf(list).items])
      .flatMap((policy): readonly RawStep[] => {
        const text = textOf([policy]) ?? textOf(this.#of([policy], "name"));
        const fn = text === null ? policy : this.#policy(text);
        if (fn === null || fn.kind !== "function") {
          const missing = packageMember(packageRoot("@strapi/strapi"), "policy");
          return [stepAt(missing, text ?? "policy", place, koaArguments, "returns-true", "guard")];
        }
        return [stepAt(fn, text ?? "policy", place, koaArguments, "returns-true", "guard")];
      });
  }

  /** `global::is-owner`, `api::place.is-owner`, `is-owner` */
  #policy(text: string): Origin | null {
    const [, scope, rest = ""] = /^(?:(global|api|plugin)::)?(.+)$/.exec(text) ?? [];
    const name = rest.split(".").at(-1) ?? rest;
    const api = scope === "api" && rest.includes(".") ? (rest.split(".")[0] ?? this.api) : this.api;
    const file = scope === "global" ? this.#file(`policies/${name}`) : this.#file(`api/${api}/policies/${name}`);
    return file === null ? null : (exportedBy(file, this.#queries).find((o) => o.kind === "function") ?? null);
  }

  #file(path: string): ProgramFile | null {
    for (const end of [".ts", ".js", "/index.ts", "/index.js"]) {
      const found = this.input.program.file(`${this.root}${path}${end}`);
      if (found !== undefined) return found;
    }
    return null;
  }

  #of(origins: readonly Origin[], name: string): readonly Origin[] {
    return origins
      .flatMap((o) => [...this.#queries.project(o, [name])])
      .filter((o) => !(o.kind === "constant" && o.value === undefined) && o.kind !== "unknown");
  }

  #texts(origins: readonly Origin[], name: string): readonly string[] {
    return this.#of(origins, name)
      .flatMap((list) => [...this.#values.elementsOf(list).items])
      .flatMap((o) => this.#values.textOf(o) ?? []);
  }
}

/** Who is not signed in gets what the role 'Public' was given in the running service, by default nothing. */
function permissions(place: Place): RawStep {
  const origin = packageMember(packageRoot("@strapi/strapi"), "permissions");
  return stepAt(origin, "permissions", place, koaArguments, "returns", "guard");
}

function plural(name: string): string {
  if (/(?:s|x|z|ch|sh)$/.test(name)) return `${name}es`;
  return /[^aeiou]y$/.test(name) ? name.replace(/y$/, "ies") : `${name}s`;
}
