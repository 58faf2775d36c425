/** LoopBack 4: `@authenticate` and `@authorize` are metadata that a component's step in the sequence reads. */

import { type LinkQueries, source } from "../../program/values/origin.js";
import { requestOrigin, responseOrigin } from "../arguments.js";
import type { DecoratedClass, Method } from "../classes/classes.js";
import type { Applied } from "../classes/decorators.js";
import type { AdapterInput, ProgramIndex, RawFault, RawStep } from "../routing.js";
import { inputParameter } from "./collect.js";
import { bracedPath, type ControllerDialect, type ControllerReader, isOf, type MethodSteps } from "./dialect.js";

const REST = ["@loopback/rest", "@loopback/openapi-v3"];
/** LoopBack's own component, and the one with strategies and permissions that is as common */
const AUTHENTICATION = ["@loopback/authentication", "loopback4-authentication"];
const AUTHORIZATION = ["@loopback/authorization", "loopback4-authorization"];

export const loopback: ControllerDialect = {
  framework: "loopback",
  modules: REST,
  controllers: new Set(),
  verbs: { get: "GET", post: "POST", put: "PUT", patch: "PATCH", del: "DELETE", operation: "" },
  path: bracedPath,
  prefixes: () => [""],
  reader: (input) => new LoopbackReader(input),
  parameter: (applied, context, queries) => {
    if (isOf(applied, REST)) {
      const { name } = applied;
      if (name === "requestBody" || name.startsWith("requestBody.")) return [source("input", "body", { context })];
      const place = /^param\.(path|query|header)\b/.exec(name)?.[1];
      const part = place === "path" ? "params" : (place ?? "query");
      return name.startsWith("param") ? inputParameter(part, applied, context, queries) : null;
    }
    if (applied.name !== "inject") return null;
    const key =
      applied.call === null
        ? undefined
        : queries.evaluate({ ...applied.call, v: applied.call.fn.args(applied.call.v)[0] })[0];
    const binding = key?.kind === "package" ? key.path : "";
    if (/^(?:SecurityBindings\.USER|AuthenticationBindings\.CURRENT_USER)$/.test(binding))
      return [source("identity", "user", { context })];
    if (binding === "RestBindings.Http.REQUEST") return [requestOrigin("express", context)];
    return binding === "RestBindings.Http.RESPONSE" ? [responseOrigin("express", context)] : null;
  },
};

class LoopbackReader implements ControllerReader {
  readonly faults: RawFault[] = [];
  readonly #authenticates: boolean;
  readonly #authorizes: boolean;

  readonly #queries: LinkQueries;

  constructor({ index, queries }: AdapterInput) {
    this.#queries = queries;
    this.#authenticates = binds(index, AUTHENTICATION, /^(?:AuthenticationComponent|AuthenticationBindings)$/);
    this.#authorizes = binds(index, AUTHORIZATION, /^Authorization(?:Component|Bindings)$/);
  }

  stepsOf(cls: DecoratedClass, method: Method): MethodSteps {
    const authenticate = this.#inForce(cls, method, AUTHENTICATION, "authenticate");
    const authorize = this.#inForce(cls, method, AUTHORIZATION, "authorize");
    const skipped = [authenticate, authorize].find((one) => one !== undefined && this.#isOpen(one)) ?? null;
    const steps = [authenticate, authorize].flatMap((one): readonly RawStep[] => {
      if (one === undefined || this.#isOpen(one)) return [];
      const read = isOf(one, AUTHENTICATION) ? this.#authenticates : this.#authorizes;
      if (read) return [step(one)];
      this.#fault(one, `${cls.name}.${method.name}`);
      return [];
    });
    return { steps, open: skipped === authenticate ? skipped : null, incomplete: "" };
  }

  /** A method's own decorator replaces that of its class. */
  #inForce(cls: DecoratedClass, method: Method, modules: readonly string[], name: string): Applied | undefined {
    const wanted = (one: Applied): boolean => isOf(one, modules) && one.name.split(".")[0] === name;
    return method.decorations.applied.findLast(wanted) ?? cls.applied.findLast(wanted);
  }

  #isOpen(applied: Applied): boolean {
    return isMarkedOpen(applied) || (isOf(applied, AUTHORIZATION) && this.#asksNothing(applied));
  }

  /** `@authorize({ permissions: ["*"] })` */
  #asksNothing({ call }: Applied): boolean {
    const [options] = call === null ? [] : this.#queries.evaluate({ ...call, v: call.fn.args(call.v)[0] });
    if (options?.kind !== "literal") return false;
    const asked = this.#queries.project(options, ["permissions", "[]"]);
    return asked.length > 0 && asked.every((one) => one.kind === "constant" && one.value === "*");
  }

  #fault(applied: Applied, handler: string): void {
    const component = isOf(applied, AUTHENTICATION) ? "AuthenticationComponent" : "AuthorizationComponent";
    const note = `${handler} is decorated, but no application of the program has the ${component} that reads it`;
    this.faults.push({ kind: "metadata-without-guard", name: `@${applied.name}`, place: applied.place, note });
  }
}

function isMarkedOpen(applied: Applied): boolean {
  return /\.(?:skip|allowAll|allowAllExcept|allowAnonymous|allowUnauthenticated)$/.test(applied.name);
}

/** Some file takes the component, or a binding that a sequence of its own calls. */
function binds(index: ProgramIndex, modules: readonly string[], names: RegExp): boolean {
  return modules.some((module) =>
    index
      .importersOf(module)
      .some((file) => file.lowered.imports.some((one) => one.module.startsWith(module) && names.test(one.name))),
  );
}

function step(applied: Applied): RawStep {
  return {
    name: applied.name,
    kind: "decorator",
    place: applied.place,
    origin: applied.origin,
    given: () => [],
    continuation: "returns",
    condition: applied.condition,
  };
}
