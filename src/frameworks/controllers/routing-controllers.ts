/** routing-controllers: `@Authorized` asks the checker that the set-up names; `@UseBefore` runs middleware. */
import { derived } from "../../program/values/computed-origins.js";
import { type LinkQueries, type Origin, type Site, type SourceOrigin, source } from "../../program/values/origin.js";
import { requestOrigin, responseOrigin } from "../arguments.js";
import type { ClassReader, DecoratedClass, Method } from "../classes/classes.js";
import type { Applied } from "../classes/decorators.js";
import { parameterDecorators } from "../classes/parameters.js";
import { argumentOrigin, argumentSites, type Item, itemsOf, property, textOf } from "../classes/values.js";
import type { AdapterInput, Arguments, RawFault, RawStep } from "../routing.js";
import { inputParameter } from "./collect.js";
import { type ControllerDialect, type ControllerReader, isOf, type MethodSteps } from "./dialect.js";
import { middlewareStep, middlewareSteps } from "./middleware.js";

const MODULES = ["routing-controllers"];
const SET_UPS = ["createExpressServer", "useExpressServer", "createKoaServer", "useKoaServer"];
/** Dialect of the object that checkers get: `{ request, response, context, next }`. */
export const ACTION_DIALECT = "routing-action";
const INPUTS: Readonly<Record<string, string>> = {
  Param: "params",
  Params: "params",
  QueryParam: "query",
  QueryParams: "query",
  Body: "body",
  BodyParam: "body",
  UploadedFile: "file",
  UploadedFiles: "files",
};
const PARTS: Readonly<Record<string, string>> = {
  HeaderParam: "headers",
  HeaderParams: "headers",
  CookieParam: "cookies",
  CookieParams: "cookies",
  Session: "session",
  SessionParam: "session",
  State: "state",
};

export const routingControllers: ControllerDialect = {
  framework: "routing-controllers",
  modules: MODULES,
  controllers: new Set(["Controller", "JsonController"]),
  verbs: {
    Get: "GET",
    Post: "POST",
    Put: "PUT",
    Patch: "PATCH",
    Delete: "DELETE",
    Head: "HEAD",
    All: "ALL",
    Method: "",
  },
  path: (text) => text,
  prefixes: ({ index, queries }) => {
    const found = SET_UPS.flatMap((name) => index.callsOfName(name)).flatMap((call) =>
      settings(call, "routePrefix", queries).flatMap(({ origin }) => textOf(origin) ?? []),
    );
    return found.length === 0 ? [""] : [...new Set(found)];
  },
  reader: (input, classes) => new ActionReader(input, classes),
  parameter: (applied, context, queries) => {
    if (!isOf(applied, MODULES)) return null;
    const part = INPUTS[applied.name];
    if (part !== undefined) return inputParameter(part, applied, context, queries);
    const request = requestOrigin("express", context);
    const name = textOf(argumentOrigin(applied.call, 0, queries));
    const member = PARTS[applied.name];
    if (member !== undefined) return queries.project(request, name === null ? [member] : [member, name]);
    if (applied.name === "Req" || applied.name === "Ctx") return [request];
    if (applied.name === "Res") return [responseOrigin("express", context)];
    return applied.name === "CurrentUser" ? [source("identity", "user", { context })] : null;
  },
};

class ActionReader implements ControllerReader {
  readonly faults: readonly RawFault[] = [];
  readonly #queries: LinkQueries;
  readonly #checkers: readonly Item[];
  readonly #userCheckers: readonly Item[];
  readonly #global: readonly RawStep[];

  constructor(
    input: AdapterInput,
    private readonly classes: ClassReader,
  ) {
    this.#queries = input.queries;
    const calls = SET_UPS.flatMap((name) => input.index.callsOfName(name));
    this.#checkers = calls.flatMap((call) => settings(call, "authorizationChecker", input.queries));
    this.#userCheckers = calls.flatMap((call) => settings(call, "currentUserChecker", input.queries));
    this.#global = globalMiddleware(input, classes);
  }

  stepsOf(cls: DecoratedClass, method: Method): MethodSteps {
    const own = method.decorations.applied.filter((one) => isOf(one, MODULES));
    const around = cls.applied.filter((one) => isOf(one, MODULES));
    const authorized = own.findLast((one) => one.name === "Authorized") ?? around.findLast(isAuthorized);
    const steps = [
      ...this.#global,
      ...this.#before(around),
      ...this.#before(own),
      ...(authorized === undefined ? [] : [this.#authorization(authorized)]),
      ...this.#currentUser(method),
    ];
    return { steps, open: null, incomplete: "" };
  }

  #before(applied: readonly Applied[]): readonly RawStep[] {
    return applied.flatMap((one) =>
      one.name === "UseBefore" && one.call !== null
        ? middlewareSteps(one.call, one.place, one.condition, this.classes, this.#queries)
        : [],
    );
  }

  #authorization(applied: Applied): RawStep {
    const [checker] = this.#checkers;
    return {
      name: "Authorized",
      kind: "decorator",
      place: applied.place,
      origin: checker?.origin ?? applied.origin,
      given: this.#checkerArguments(applied.call),
      continuation: "returns-true",
      condition: applied.condition,
    };
  }

  /** The checker gets the roles as one list, however they were written. */
  #checkerArguments(call: Site | null): Arguments {
    const roles = call === null ? [] : argumentSites(call).flatMap((site) => itemsOf(site, this.#queries));
    const list = derived(
      roles.map(({ origin }) => origin),
      "rest",
      call,
    );
    return (context) => [[source("context", "", { dialect: ACTION_DIALECT, context })], [list]];
  }

  /** `@CurrentUser({ required: true })` refuses when the set-up's function finds nobody. */
  #currentUser(method: Method): readonly RawStep[] {
    const [checker] = this.#userCheckers;
    const demanded = parameterDecorators(method, this.#queries)
      .flat()
      .find((one) => one.name === "CurrentUser" && isOf(one, MODULES) && this.#isRequired(one));
    if (demanded === undefined) return [];
    return [
      {
        name: "CurrentUser",
        kind: "decorator",
        place: demanded.place,
        origin: checker?.origin ?? demanded.origin,
        given: this.#checkerArguments(null),
        continuation: "returns-true",
        condition: "",
      },
    ];
  }

  #isRequired(applied: Applied): boolean {
    const required = property(argumentOrigin(applied.call, 0, this.#queries), "required", this.#queries);
    return required?.kind === "constant" && required.value === true;
  }
}

function isAuthorized(applied: Applied): boolean {
  return applied.name === "Authorized";
}

/** `@Middleware({ type: "before" })` classes run for every route. */
function globalMiddleware({ program }: AdapterInput, classes: ClassReader): readonly RawStep[] {
  const found: RawStep[] = [];
  for (const file of program.files) {
    for (let index = 0; index < file.lowered.classes.length; index += 1) {
      const ref = { kind: "class", file, index, frame: null } as const;
      const decorator = classes
        .decorationsOf(ref)
        .applied.find((one) => one.name === "Middleware" && isOf(one, MODULES));
      if (decorator === undefined) continue;
      const type = textOf(property(argumentOrigin(decorator.call, 0, classes.queries), "type", classes.queries));
      if (type !== "before") continue;
      const site: Site = { fn: file.module, v: decorator.call?.v ?? 0, frame: null };
      const step = middlewareStep({ origin: ref, site, condition: "" }, decorator.place, classes);
      found.push({ ...step, name: file.lowered.classes[index].name });
    }
  }
  return found;
}

/** A setting of a set-up call, whichever argument holds the options. */
export function settings(call: Site, name: string, queries: LinkQueries): readonly Item[] {
  return argumentSites(call).flatMap((site) => {
    const [options] = queries.evaluate(site);
    if (options?.kind !== "literal" || options.form !== "object") return [];
    const { fn, v, frame } = options.site;
    const value = [...fn.props(v)].findLast((prop) => prop.name === name)?.value;
    return value === undefined ? [] : itemsOf({ fn, v: value, frame }, queries);
  });
}

/** Members of the object that checkers get. */
export function actionMember(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect !== ACTION_DIALECT || origin.context === null) return undefined;
  if (name === "request" || name === "context") return [requestOrigin("express", origin.context)];
  return name === "response" ? [responseOrigin("express", origin.context)] : undefined;
}
