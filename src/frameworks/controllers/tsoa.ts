/** tsoa: `@Security` names a scheme, and one module of the project checks all schemes. */
import { PropKind } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { constant, type LinkQueries, type Origin, type Site, source, UNDEFINED } from "../../program/values/origin.js";
import { requestOrigin } from "../arguments.js";
import type { ClassReader, DecoratedClass, Method } from "../classes/classes.js";
import type { Applied } from "../classes/decorators.js";
import { argument, argumentOrigin, textOf } from "../classes/values.js";
import type { AdapterInput, RawFault, RawStep } from "../routing.js";
import { inputParameter, UNKNOWN_PARAMETER } from "./collect.js";
import { bracedPath, type ControllerDialect, type ControllerReader, isOf, type MethodSteps } from "./dialect.js";
import { middlewareSteps } from "./middleware.js";

const MODULES = ["tsoa", "@tsoa/runtime", "tsoa-next", "@tsoa-next/runtime"];
const CHECKERS = ["expressAuthentication", "koaAuthentication", "hapiAuthentication"];
const INPUTS: Readonly<Record<string, string>> = {
  Path: "params",
  Query: "query",
  Queries: "query",
  Body: "body",
  BodyProp: "body",
  FormField: "body",
  UploadedFile: "file",
  UploadedFiles: "files",
};

export const tsoa: ControllerDialect = {
  framework: "tsoa",
  modules: MODULES,
  controllers: new Set(["Route"]),
  verbs: {
    Get: "GET",
    Post: "POST",
    Put: "PUT",
    Patch: "PATCH",
    Delete: "DELETE",
    Options: "OPTIONS",
    Head: "HEAD",
  },
  path: bracedPath,
  prefixes: () => [""],
  reader: (input, classes) => new TsoaReader(input, classes),
  parameter: (applied, context, queries) => {
    if (!isOf(applied, MODULES)) return null;
    const part = INPUTS[applied.name];
    if (part !== undefined) return inputParameter(part, applied, context, queries);
    const request = requestOrigin("express", context);
    if (applied.name === "Request") return [request];
    if (applied.name === "RequestProp") {
      const name = textOf(argumentOrigin(applied.call, 0, queries));
      return name === null ? UNKNOWN_PARAMETER : queries.project(request, [name]);
    }
    if (applied.name === "Header") {
      const name = textOf(argumentOrigin(applied.call, 0, queries)) ?? "";
      return queries.project(request, name === "" ? ["headers"] : ["headers", name]);
    }
    return applied.name === "Inject" ? [source("neutral", "injected", { context })] : null;
  },
};

/** One scheme that a request has to satisfy. */
interface Demand {
  readonly scheme: string;
  readonly scopes: readonly Origin[];
}

class TsoaReader implements ControllerReader {
  readonly faults: readonly RawFault[] = [];
  readonly #checker: Origin | undefined;
  readonly #queries: LinkQueries;
  /** someone opts out of what no class demands, so `tsoa.json` seems to demand a scheme of all */
  readonly #hasDefault: boolean;

  constructor(
    input: AdapterInput,
    private readonly classes: ClassReader,
  ) {
    this.#queries = input.queries;
    this.#checker = checkerOf(input);
    this.#hasDefault = optsOutOfDefault(input, classes);
  }

  stepsOf(cls: DecoratedClass, method: Method): MethodSteps {
    const own = method.decorations.applied.filter((one) => isOf(one, MODULES));
    const around = cls.applied.filter((one) => isOf(one, MODULES));
    const open = own.find((one) => one.name === "NoSecurity") ?? null;
    // a method's own schemes replace those of the class
    const onMethod = own.filter((one) => one.name === "Security");
    const inForce = onMethod.length > 0 ? onMethod : around.filter((one) => one.name === "Security");
    const steps = open === null ? this.#security(inForce) : [];
    const middleware = [...around, ...own].flatMap((one) =>
      one.name === "Middlewares" && one.call !== null
        ? middlewareSteps(one.call, one.place, one.condition, this.classes, this.#queries)
        : [],
    );
    const unsure = steps.length === 0 && open === null && this.#hasDefault;
    return {
      steps: [...steps, ...middleware],
      open,
      incomplete: unsure ? "tsoa.json may demand a security scheme of all routes" : "",
    };
  }

  /** Several decorators are alternatives; the schemes of one are all demanded. */
  #security(applied: readonly Applied[]): readonly RawStep[] {
    const ways = applied.map((one) => this.#demands(one).map((demand) => this.#step(demand, one)));
    if (ways.length < 2) return ways.flat();
    const [first] = ways.flat();
    return first === undefined ? [] : [{ ...first, name: "Security", anyOf: ways }];
  }

  #demands(applied: Applied): readonly Demand[] {
    const first = argumentOrigin(applied.call, 0, this.#queries);
    const scheme = textOf(first);
    const second = applied.call === null ? null : argument(applied.call, 1);
    if (scheme !== null) return [{ scheme, scopes: second === null ? [UNDEFINED] : this.#queries.evaluate(second) }];
    if (first?.kind !== "literal" || first.form !== "object") return [{ scheme: "", scopes: [UNDEFINED] }];
    const { fn, v, frame } = first.site;
    return [...fn.props(v)].flatMap((prop) => {
      const site: Site = { fn, v: prop.value, frame };
      return prop.kind === PropKind.Spread ? [] : [{ scheme: prop.name, scopes: this.#queries.evaluate(site) }];
    });
  }

  #step({ scheme, scopes }: Demand, applied: Applied): RawStep {
    const place: Place = applied.place;
    return {
      name: scheme || "Security",
      kind: "decorator",
      place,
      origin: this.#checker ?? applied.origin,
      given: (context) => [[requestOrigin("express", context)], [constant(scheme)], scopes],
      continuation: "returns",
      condition: applied.condition,
    };
  }
}

/** `@NoSecurity` on a method of a class without `@Security`. */
function optsOutOfDefault({ index }: AdapterInput, classes: ClassReader): boolean {
  const files = new Set(MODULES.flatMap((module) => index.importersOf(module)));
  return [...files].some((file) =>
    file.lowered.classes.some((_, i) => {
      const cls = classes.read({ kind: "class", file, index: i, frame: null });
      if (cls.applied.some((one) => one.name === "Security" && isOf(one, MODULES))) return false;
      const methods = classes.methods(cls).flatMap((method) => method.decorations.applied);
      return methods.some((one) => one.name === "NoSecurity" && isOf(one, MODULES));
    }),
  );
}

/** The project's function that tsoa's generated routes call for every scheme. */
function checkerOf({ program, queries }: AdapterInput): Origin | undefined {
  for (const file of program.files) {
    for (const name of CHECKERS) {
      if (!file.lowered.exports.some((one) => one.kind === "local" && one.name === name)) continue;
      const found = queries.nameOrigins(program.exported(file, name)).find((o) => o.kind === "function");
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
