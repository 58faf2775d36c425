/** Middleware in arguments of decorators: functions and classes whose `use` runs for each request. */
import type { Place } from "../../model/place.js";
import { type LinkQueries, type Origin, type Site, unknown } from "../../program/values/origin.js";
import { expressArguments } from "../arguments.js";
import { type ClassReader, instanceOf } from "../classes/classes.js";
import { argumentSites, type Item, itemsOf, pathText } from "../classes/values.js";
import type { RawStep } from "../routing.js";

/** One step for each function or class among the arguments of a call. */
export function middlewareSteps(
  call: Site,
  place: Place,
  condition: string,
  classes: ClassReader,
  queries: LinkQueries,
): readonly RawStep[] {
  return argumentSites(call).flatMap((site) =>
    itemsOf(site, queries, condition).map((item) => middlewareStep(item, place, classes)),
  );
}

/** The step that one function or class is. */
export function middlewareStep(item: Item, place: Place, classes: ClassReader): RawStep {
  const { origin, site, condition } = item;
  const named = origin.kind === "function" ? origin.fn.info.name : "";
  return {
    name: pathText(site.fn, site.v) || named || "middleware",
    kind: "middleware",
    place,
    origin: methodOf(origin, "use", classes),
    given: expressArguments,
    continuation: "calls-next",
    condition,
  };
}

/** A function itself, or the method of a class that the container makes. */
export function methodOf(origin: Origin, name: string, classes: ClassReader): Origin {
  if (origin.kind !== "class" && origin.kind !== "instance") return origin;
  const ref = { kind: "class", file: origin.file, index: origin.index, frame: null } as const;
  const cls = classes.read(ref);
  const self = origin.kind === "instance" ? origin : instanceOf(ref);
  return classes.methodOf(cls, name, self) ?? cls.beyond ?? unknown(`class without ${name}`);
}
