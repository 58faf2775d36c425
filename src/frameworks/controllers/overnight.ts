/** OvernightJS: Express routers made of classes; `@Middleware` on methods, `@ClassMiddleware` on classes. */
import { expressArguments } from "../arguments.js";
import type { ClassReader, DecoratedClass, Method } from "../classes/classes.js";
import type { AdapterInput, RawStep } from "../routing.js";
import { type ControllerDialect, type ControllerReader, isOf, type MethodSteps } from "./dialect.js";
import { middlewareSteps } from "./middleware.js";

const MODULES = ["@overnightjs/core"];

export const overnight: ControllerDialect = {
  framework: "overnightjs",
  modules: MODULES,
  controllers: new Set(["Controller", "ClassOptions"]),
  verbs: { Get: "GET", Post: "POST", Put: "PUT", Patch: "PATCH", Delete: "DELETE", All: "ALL" },
  path: (text) => text,
  prefixes: () => [""],
  bare: expressArguments,
  reader: (input, classes) => new OvernightReader(input, classes),
  parameter: () => null,
};

class OvernightReader implements ControllerReader {
  readonly faults = [];

  constructor(
    private readonly input: AdapterInput,
    private readonly classes: ClassReader,
  ) {}

  stepsOf(cls: DecoratedClass, method: Method): MethodSteps {
    const { queries } = this.input;
    const steps = [...cls.applied, ...method.decorations.applied].flatMap((one): readonly RawStep[] => {
      const isMiddleware = one.name === "Middleware" || one.name === "ClassMiddleware";
      if (!isOf(one, MODULES) || !isMiddleware || one.call === null) return [];
      return middlewareSteps(one.call, one.place, one.condition, this.classes, queries);
    });
    return { steps, open: null, incomplete: "" };
  }
}
