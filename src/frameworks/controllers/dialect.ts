/** What one library of decorator controllers differs in from the others; `collectControllers` does the rest. */
import type { EntryContext, LinkQueries, Origin } from "../../program/values/origin.js";
import type { ClassReader, DecoratedClass, Method } from "../classes/classes.js";
import type { Applied } from "../classes/decorators.js";
import type { Undecorated } from "../classes/parameters.js";
import type { AdapterInput, RawFault, RawStep } from "../routing.js";

/** The steps in front of one method. */
export interface MethodSteps {
  readonly steps: readonly RawStep[];
  /** an explicit mark that it is open */
  readonly open: Applied | null;
  readonly incomplete: string;
}

/** A look at one program through a library's eyes. */
export interface ControllerReader {
  stepsOf(cls: DecoratedClass, method: Method): MethodSteps;
  readonly faults: readonly RawFault[];
}

export interface ControllerDialect {
  readonly framework: string;
  /** modules that export the decorators */
  readonly modules: readonly string[];
  /** decorators that make a class a controller, with its path as first argument; none: any class with a verb */
  readonly controllers: ReadonlySet<string>;
  /** decorators of methods, with the HTTP method */
  readonly verbs: Readonly<Record<string, string>>;
  /** a path as the library writes it in the common notation */
  path(text: string): string;
  /** prefixes that the set-up puts before all paths */
  prefixes(input: AdapterInput): readonly string[];
  /** what parameters without a decorator are */
  readonly bare?: Undecorated;
  reader(input: AdapterInput, classes: ClassReader): ControllerReader;
  /** what a decorated parameter is given; null when the decorator is not the library's */
  parameter(applied: Applied, context: EntryContext, queries: LinkQueries): readonly Origin[] | null;
}

/** True for decorators of the dialect's modules. */
export function isOf(applied: Applied, modules: readonly string[]): boolean {
  return modules.some((module) => applied.module === module || applied.module.startsWith(`${module}/`));
}

/** `/users/{id}` → `/users/:id` */
export function bracedPath(text: string): string {
  return text.replace(/\{([^{}]+)\}/g, ":$1");
}
