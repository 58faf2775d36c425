/** Applications: where each is made, which modules it has, and what its bootstrap sets for all routes. */
import { Op } from "../../model/lowered.js";
import type { LinkQueries, Origin, Site } from "../../program/values/origin.js";
import {
  argument,
  argumentOrigin,
  argumentSites,
  classKey,
  isPackage,
  itemsOf,
  property,
  propertyItems,
  textOf,
  textsOf,
} from "../classes/values.js";
import { isEnvironment } from "../knowledge/auth-level.js";
import type { ProgramIndex, RawFault, RawStep } from "../routing.js";
import type { StepMaker } from "./guards.js";
import type { NestModule } from "./modules.js";
import { nearness } from "./paths.js";

export interface Exclusion {
  readonly path: string;
  /** '' for any */
  readonly method: string;
}

export interface Versioning {
  /** `v` in `/v1/users` */
  readonly prefix: string;
  readonly defaults: readonly string[];
}

export interface Application {
  readonly kind: "http" | "microservice" | "context";
  readonly file: string;
  readonly modules: ReadonlySet<string>;
  readonly prefix: string;
  readonly exclusions: readonly Exclusion[];
  /** versions in paths; null when versions are not part of the path */
  readonly versioning: Versioning | null;
  /** `app.use(…)`: path '' for all requests */
  readonly middleware: readonly { readonly path: string; readonly step: RawStep }[];
  /** application guards: of the bootstrap, then of the modules */
  readonly guards: readonly RawStep[];
  readonly faults: readonly RawFault[];
  /** messages of connected microservices pass the same guards */
  readonly sharesConfig: boolean;
  /** its messages come from a broker, where nobody but parts of the system puts them */
  readonly overBroker: boolean;
}

interface Bootstrap {
  readonly site: Site | null;
  readonly file: string;
  readonly kind: Application["kind"];
  readonly root: Origin | undefined;
}

/** Call of an application's method, with the place where that application is made when it is known. */
interface Setting {
  readonly call: Site;
  readonly made: Site | null;
}

const KINDS: Readonly<Record<string, Application["kind"]>> = {
  create: "http",
  createMicroservice: "microservice",
  createApplicationContext: "context",
};
const BROKERS = /^Transport\.(?:KAFKA|RMQ|NATS|REDIS|MQTT)$/;
const LISTEN = ["listen", "listenAsync", "init"];
const RECEIVERS = /^(?:NestFactory\.create\w*\(\)|Nest\w*Application\(\)|INest\w*\(\))/;

export class ApplicationReader {
  constructor(
    private readonly queries: LinkQueries,
    private readonly index: ProgramIndex,
    private readonly modules: ReadonlyMap<string, NestModule>,
    private readonly steps: StepMaker,
  ) {}

  /** Every application of the program; one without a bootstrap when none is seen. */
  read(): readonly Application[] {
    const found = this.#bootstraps();
    const served = this.#serving(found);
    const boots = served.length > 0 ? served : [{ site: null, file: "", kind: "http" as const, root: undefined }];
    const kept = boots.map((boot) => ({ boot, modules: this.#reach(boot.root) }));
    const all = new Set(kept.flatMap(({ modules }) => [...modules]));
    for (const module of this.modules.values()) {
      if (all.has(module.key)) continue;
      const near = Math.max(...kept.map(({ boot }) => nearness(boot.file, module.ref.file.path)));
      for (const { boot, modules } of kept) {
        if (nearness(boot.file, module.ref.file.path) === near) modules.add(module.key);
      }
    }
    return kept.map(({ boot, modules }) =>
      this.#application(
        boot,
        modules,
        kept.map((k) => k.boot),
      ),
    );
  }

  #bootstraps(): readonly Bootstrap[] {
    return Object.entries(KINDS).flatMap(([name, kind]) =>
      this.index.callsOfMember(name).flatMap((site): readonly Bootstrap[] => {
        const [receiver] = this.queries.evaluate({ ...site, v: site.fn.a(site.fn.callee(site.v)) });
        if (!isPackage(receiver, "@nestjs/core", "NestFactory")) return [];
        return [{ site, file: site.fn.file.path, kind, root: argumentOrigin(site, 0, this.queries) }];
      }),
    );
  }

  /** Of several applications made from one module, those that listen: others only read or describe it. */
  #serving(found: readonly Bootstrap[]): readonly Bootstrap[] {
    const listening = found.filter((b) => LISTEN.some((name) => this.#settings(name, b, found, true).length > 0));
    return found.filter((boot, i) => {
      if (boot.kind === "context") return false;
      if (listening.includes(boot)) return true;
      if (listening.some((b) => sameRoot(b.root, boot.root))) return false;
      return !found.some((b, j) => j > i && sameRoot(b.root, boot.root));
    });
  }

  #reach(root: Origin | undefined): Set<string> {
    const reached = new Set<string>();
    const module = root?.kind === "literal" ? property(root, "module", this.queries) : root;
    const queue = module?.kind === "class" ? [classKey(module)] : [];
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      const found = this.modules.get(key);
      if (found === undefined || reached.has(key)) continue;
      reached.add(key);
      queue.push(...found.imports);
    }
    return reached;
  }

  #application(boot: Bootstrap, modules: ReadonlySet<string>, all: readonly Bootstrap[]): Application {
    const settings = (name: string): readonly Site[] => this.#settings(name, boot, all).map((s) => s.call);
    const prefixCall = settings("setGlobalPrefix").at(-1);
    const guards = this.#guards(settings("useGlobalGuards"), modules);
    return {
      kind: boot.kind,
      file: boot.file,
      modules,
      prefix: prefixCall === undefined ? "" : this.#text(prefixCall),
      exclusions: prefixCall === undefined ? [] : this.#exclusions(argumentOrigin(prefixCall, 1, this.queries)),
      versioning: this.#versioning(settings("enableVersioning").at(-1)),
      middleware: this.#middleware(settings("use")),
      guards: guards.steps,
      faults: guards.faults,
      sharesConfig:
        boot.kind === "microservice" || settings("connectMicroservice").some((call) => this.#inherits(call)),
      overBroker: this.#isOverBroker([
        ...(boot.kind === "microservice" && boot.site !== null ? [argumentOrigin(boot.site, 1, this.queries)] : []),
        ...settings("connectMicroservice").map((call) => argumentOrigin(call, 0, this.queries)),
      ]),
    };
  }

  /** Every microservice of the application says so; over TCP or gRPC whoever reaches the port may call. */
  #isOverBroker(options: readonly (Origin | undefined)[]): boolean {
    return (
      options.length > 0 &&
      options.every((one) => {
        const transport = property(one, "transport", this.queries);
        return transport?.kind === "package" && BROKERS.test(transport.path);
      })
    );
  }

  /** Calls of an application's method that concern this one: made on it, or on an unknown one nearest to it. */
  #settings(name: string, boot: Bootstrap, all: readonly Bootstrap[], certain = false): readonly Setting[] {
    return this.index.callsOfMember(name).flatMap((call): readonly Setting[] => {
      const setting = this.#settingOf(call, name);
      if (setting === null) return [];
      if (setting.made !== null && all.some((b) => b.site !== null && same(b.site, setting.made))) {
        return boot.site !== null && same(boot.site, setting.made) ? [setting] : [];
      }
      if (certain) return [];
      const file = call.fn.file.path;
      const near = nearness(boot.file, file);
      return all.every((b) => nearness(b.file, file) <= near) ? [setting] : [];
    });
  }

  #settingOf(call: Site, name: string): Setting | null {
    const receivers = this.queries.evaluate({ ...call, v: call.fn.a(call.fn.callee(call.v)) });
    for (const origin of receivers) {
      if (origin.kind !== "package" || !RECEIVERS.test(origin.path)) continue;
      return { call, made: origin.path.startsWith("NestFactory") ? origin.site : null };
    }
    // these names mean nothing else; `use` does
    return name === "use" || receivers.some((o) => o.kind === "package") ? null : { call, made: null };
  }

  #text(call: Site): string {
    const site = argument(call, 0);
    const texts = site === null ? [] : itemsOf(site, this.queries).flatMap(({ origin }) => textOf(origin) ?? []);
    return texts[0] ?? "";
  }

  #exclusions(options: Origin | undefined): readonly Exclusion[] {
    if (options === undefined) return [];
    return propertyItems(options, "exclude", this.queries).flatMap(({ origin }) => exclusionOf(origin, this.queries));
  }

  #versioning(call: Site | undefined): Versioning | null {
    if (call === undefined) return null;
    const options = argumentOrigin(call, 0, this.queries);
    const type = property(options, "type", this.queries);
    if (type !== undefined && !isPackage(type, "@nestjs/common", "VersioningType.URI")) return null;
    const prefix = property(options, "prefix", this.queries);
    const defaults =
      options === undefined
        ? []
        : propertyItems(options, "defaultVersion", this.queries).flatMap(({ origin }) => versionOf(origin) ?? []);
    const without = prefix?.kind === "constant" && prefix.value === false;
    return { prefix: without ? "" : (textOf(prefix) ?? "v"), defaults };
  }

  #middleware(calls: readonly Site[]): Application["middleware"] {
    return calls.flatMap((call) => {
      const [first, ...rest] = argumentSites(call);
      const given = first === undefined ? undefined : this.queries.evaluate(first)[0];
      const listed = first === undefined || given?.kind !== "literal" ? [] : textsOf(first, this.queries);
      const path = textOf(given);
      const paths = path === null ? listed : [path];
      // where a path cannot be read, nothing can be said of any route
      if (paths.length === 0 && rest.length > 0 && (given === undefined || !mayBeHandler(given))) return [];
      const handlers = paths.length === 0 ? argumentSites(call) : rest;
      const place = call.fn.place(call.v);
      return handlers
        .flatMap((site) => itemsOf(site, this.queries))
        .map((item) => this.steps.middleware(item, place))
        .flatMap((step) => (paths.length === 0 ? [""] : paths).map((one) => ({ path: one, step })));
    });
  }

  #guards(calls: readonly Site[], modules: ReadonlySet<string>): { steps: RawStep[]; faults: RawFault[] } {
    const lists = calls.map((call) => this.steps.called(call, call.fn.place(call.v), ""));
    for (const key of modules) {
      for (const item of this.modules.get(key)?.guards ?? []) {
        lists.push(this.steps.guard(item, item.site.fn.place(item.site.v)));
      }
    }
    const steps = lists.flatMap((l) => l.steps);
    return {
      steps: steps.filter(
        (s, i) =>
          steps.findIndex(
            (o) => o.name === s.name && o.place.file === s.place.file && o.place.start === s.place.start,
          ) === i,
      ),
      faults: lists.flatMap((l) => l.faults),
    };
  }

  #inherits(call: Site): boolean {
    const option = property(argumentOrigin(call, 1, this.queries), "inheritAppConfig", this.queries);
    return option?.kind === "constant" && option.value === true;
  }
}

/** What `exclude` and `forRoutes` lists hold: a path, or a path with a method. */
export function exclusionOf(origin: Origin, queries: LinkQueries): readonly Exclusion[] {
  const text = textOf(origin);
  if (text !== null) return [{ path: text, method: "" }];
  const path = textOf(property(origin, "path", queries));
  return path === null ? [] : [{ path, method: methodOf(property(origin, "method", queries)) }];
}

/** `RequestMethod.POST` → `POST`; '' for any. */
export function methodOf(origin: Origin | undefined): string {
  if (origin?.kind !== "package" || !origin.path.startsWith("RequestMethod.")) return "";
  const name = origin.path.slice("RequestMethod.".length);
  return name === "ALL" ? "" : name;
}

/** A version as it stands in paths; '' for routes that have none on purpose. */
export function versionOf(origin: Origin): string | null {
  if (isPackage(origin, "@nestjs/common", "VERSION_NEUTRAL")) return "";
  return origin.kind === "constant" && origin.value !== undefined ? String(origin.value) : null;
}

function same(a: Site, b: Site | null): boolean {
  return b !== null && a.fn === b.fn && a.v === b.v;
}

function sameRoot(a: Origin | undefined, b: Origin | undefined): boolean {
  return a?.kind === "class" && b?.kind === "class" && classKey(a) === classKey(b);
}

/** Whether any GraphQL set-up of the program lets guards run on fields. */
export function guardsFields(index: ProgramIndex, queries: LinkQueries): boolean {
  for (const fn of index.functions()) {
    if (!fn.file.lowered.strings.includes("fieldResolverEnhancers")) continue;
    for (let v = 0; v < fn.valueCount; v += 1) {
      const value = fn.op(v) === Op.Object ? fn.prop(v, "fieldResolverEnhancers") : -1;
      if (value < 0) continue;
      if (itemsOf({ fn, v: value, frame: null }, queries).some(({ origin }) => textOf(origin) === "guards"))
        return true;
    }
  }
  return false;
}

/** Whatever else stands in front of handlers is a path: `/${name}`, `env.DOCS_PATH`. */
function mayBeHandler(origin: Origin): boolean {
  switch (origin.kind) {
    case "function":
    case "class":
    case "instance":
      return true;
    case "package":
      return !isEnvironment(origin);
    case "literal":
      return origin.form === "array";
    default:
      return false;
  }
}
