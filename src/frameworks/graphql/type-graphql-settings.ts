/** What `buildSchema` of type-graphql sets for all resolvers, and what decorators add to it. */
import { derived } from "../../program/values/computed-origins.js";
import { type LinkQueries, type Origin, type Site, unknown } from "../../program/values/origin.js";
import { type ClassReader, type DecoratedClass, instanceOf, type Method } from "../classes/classes.js";
import type { Applied } from "../classes/decorators.js";
import { isFrom } from "../classes/decorators.js";
import { argument, argumentSites, type Item, itemsOf, pathText } from "../classes/values.js";
import type { Arguments, ProgramIndex, RawStep } from "../routing.js";
import { dataArguments, dataOrigin } from "./fields.js";

const MODULE = "type-graphql";
const BUILDERS = ["buildSchema", "buildSchemaSync", "buildTypeDefsAndResolvers", "buildTypeDefsAndResolversSync"];
/** Functions that make a decorator of a middleware. */
const MIDDLEWARE_MAKERS = /^create(?:Method|MethodMiddleware|ResolverClassMiddleware)Decorator\(\)/;

export class SchemaSettings {
  readonly #checkers: readonly Item[];
  readonly #global: readonly RawStep[];

  constructor(
    index: ProgramIndex,
    private readonly queries: LinkQueries,
    private readonly classes: ClassReader,
  ) {
    const calls = BUILDERS.flatMap((name) => index.callsOfName(name));
    this.#checkers = calls.flatMap((call) => this.#option(call, "authChecker"));
    this.#global = calls.flatMap((call) =>
      this.#option(call, "globalMiddlewares").flatMap((item) => this.#middleware(item)),
    );
  }

  /** The checker first, as the library does it; then global middleware, that of the class and of the method. */
  stepsOf(cls: DecoratedClass, method: Method): readonly RawStep[] {
    const own = method.decorations.applied;
    const authorized = own.findLast(isAuthorized) ?? cls.applied.findLast(isAuthorized);
    return [
      ...(authorized === undefined ? [] : [this.#authorization(authorized)]),
      ...this.#global,
      ...this.#decorated(cls.applied),
      ...this.#decorated(own),
    ];
  }

  /** `@Authorized("ADMIN")`: the checker decides; without one in sight the library's own refusal counts. */
  #authorization(applied: Applied): RawStep {
    const [checker] = this.#checkers;
    const step: RawStep = {
      name: "Authorized",
      kind: "decorator",
      place: applied.place,
      origin: applied.origin,
      given: this.#checkerArguments(applied),
      continuation: "returns-true",
      condition: applied.condition,
    };
    if (checker === undefined) return step;
    return { ...step, origin: this.#callable(checker.origin, "check") };
  }

  #checkerArguments(applied: Applied): Arguments {
    const call = applied.call;
    const roles = call === null ? [] : argumentSites(call).flatMap((site) => itemsOf(site, this.queries));
    const list = derived(
      roles.map(({ origin }) => origin),
      "rest",
      call,
    );
    return (context) => [[dataOrigin(context)], [list]];
  }

  #decorated(applied: readonly Applied[]): readonly RawStep[] {
    return applied.flatMap((one) => {
      const uses = one.name === "UseMiddleware" && isFrom(one, MODULE);
      const { site } = one.origin;
      const made = MIDDLEWARE_MAKERS.test(one.origin.path) && isFrom(one, MODULE) && site !== null;
      const sites = uses && one.call !== null ? argumentSites(one.call) : made && site !== null ? first(site) : [];
      return sites.flatMap((at) =>
        itemsOf(at, this.queries, one.condition).flatMap((item) =>
          this.#middleware(item).map((step) => ({ ...step, place: one.place })),
        ),
      );
    });
  }

  #middleware(item: Item): readonly RawStep[] {
    const { origin, site, condition } = item;
    const named = origin.kind === "function" ? origin.fn.info.name : "";
    return [
      {
        name: pathText(site.fn, site.v) || named || "middleware",
        kind: "middleware",
        place: site.fn.start(site.v) < 0 ? site.fn.ownPlace : site.fn.place(site.v),
        origin: this.#callable(origin, "use"),
        given: dataArguments,
        continuation: "calls-next",
        condition,
      },
    ];
  }

  /** A function, or the method of a class that the container makes. */
  #callable(origin: Origin, method: string): Origin {
    if (origin.kind !== "class" && origin.kind !== "instance") return origin;
    const ref = { kind: "class", file: origin.file, index: origin.index, frame: null } as const;
    const self = origin.kind === "instance" ? origin : instanceOf(ref);
    return this.classes.methodOf(this.classes.read(ref), method, self) ?? unknown(`class without ${method}`);
  }

  #option(call: Site, name: string): readonly Item[] {
    return argumentSites(call).flatMap((site) => {
      const [options] = this.queries.evaluate(site);
      if (options?.kind !== "literal" || options.form !== "object") return [];
      const { fn, v, frame } = options.site;
      const value = [...fn.props(v)].findLast((prop) => prop.name === name)?.value;
      return value === undefined ? [] : itemsOf({ fn, v: value, frame }, this.queries);
    });
  }
}

function isAuthorized(applied: Applied): boolean {
  return applied.name === "Authorized" && isFrom(applied, MODULE);
}

function first(call: Site): readonly Site[] {
  const site = argument(call, 0);
  return site === null ? [] : [site];
}
