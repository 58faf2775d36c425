/** What a framework calls a method with, parameter by parameter, as decorators on the parameters say. */
import type { Param } from "../../model/lowered.js";
import { givenFrame } from "../../program/values/call-frames.js";
import { type EntryContext, type LinkQueries, type Origin, UNDEFINED, unknown } from "../../program/values/origin.js";
import type { Arguments } from "../routing.js";
import type { Method } from "./classes.js";
import { type Applied, decorationsOf } from "./decorators.js";
import { argument } from "./values.js";

/** What one decorator gives the parameter at a position; null when the decorator says nothing about it. */
export type ReadParameter = (applied: Applied, context: EntryContext, index: number) => readonly Origin[] | null;

/** What parameters without a decorator are, in order. */
export type Undecorated = (context: EntryContext) => readonly (readonly Origin[])[];

const NOTHING_KNOWN: Undecorated = () => [];

/** Arguments of a method for the context of its entry. */
export function decoratedArguments(
  method: Method,
  queries: LinkQueries,
  read: ReadParameter,
  bare: Undecorated = NOTHING_KNOWN,
): Arguments {
  const fn = method.owner.file.fn(method.member.fn);
  let decorators: readonly (readonly Applied[])[] | undefined;
  return (context) => {
    decorators ??= fn.info.params.map((p) => decoratorsOf(p, method, queries));
    const undecorated = bare(context);
    return decorators.map((applied, index) => {
      if (applied.length === 0) return undecorated[index] ?? [unknown("parameter")];
      for (const decorator of applied) {
        const known = read(decorator, context, index);
        if (known !== null) return known;
      }
      return [unknown("parameter")];
    });
  };
}

/** Decorators of a method's parameters, one list per parameter. */
export function parameterDecorators(method: Method, queries: LinkQueries): readonly (readonly Applied[])[] {
  const fn = method.owner.file.fn(method.member.fn);
  return fn.info.params.map((p) => decoratorsOf(p, method, queries));
}

function decoratorsOf(param: Param, method: Method, queries: LinkQueries): readonly Applied[] {
  const place = method.owner.file.place(param.at.start, param.at.length);
  return decorationsOf(method.owner, param.decorators, place, queries).applied;
}

/**
 * A decorator that a package's function made of a function: what that returns for this entry.
 * @param makers names of such functions: `createParamDecorator`
 * @param given arguments of the function: the decorator's own first argument comes as `data`
 * @returns null for other decorators
 */
export function madeDecorator(
  applied: Applied,
  makers: ReadonlySet<string>,
  given: (data: readonly Origin[]) => readonly (readonly Origin[])[],
  queries: LinkQueries,
): readonly Origin[] | null {
  const called = applied.name.endsWith("()") && makers.has(applied.name.slice(0, -2));
  const creation = called ? applied.origin.previous : applied.origin;
  const name = creation?.path.replace(/\(\)$/, "") ?? "";
  if (creation === null || creation.site === null || !creation.path.endsWith("()") || !makers.has(name)) return null;
  const factory = argument(creation.site, 0);
  const own = applied.call === null || applied.call === creation.site ? null : argument(applied.call, 0);
  const data = own === null ? [UNDEFINED] : queries.evaluate(own);
  for (const origin of factory === null ? [] : queries.evaluate(factory)) {
    if (origin.kind !== "function") continue;
    return queries.bind(queries.returnsOf(origin.fn), givenFrame(origin, given(data)));
  }
  return [unknown("parameter")];
}
