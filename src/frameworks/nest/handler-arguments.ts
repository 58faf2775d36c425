/** What Nest calls a handler with, parameter by parameter, as its decorators say. */
import type { Param } from "../../model/lowered.js";
import {
  type EntryContext,
  givenFrame,
  type LinkQueries,
  type Origin,
  source,
  UNDEFINED,
  unknown,
} from "../../program/origin.js";
import { requestOrigin, responseOrigin } from "../arguments.js";
import type { Arguments } from "../routing.js";
import type { Method } from "./classes.js";
import { type Applied, decorationsOf } from "./decorators.js";
import { contextSource } from "./knowledge.js";
import { argument, argumentOrigin, property, textOf } from "./values.js";

/** What parameters without a decorator are, in order. */
export type Undecorated = (context: EntryContext) => readonly (readonly Origin[])[];

const NOTHING_KNOWN: Undecorated = () => [];

/** Parts of the request that decorators of parameters name, with the member of the request that they read. */
const PARTS: Readonly<Record<string, string>> = {
  Headers: "headers",
  Session: "session",
  Ip: "ip",
  HostParam: "hostname",
  UploadedFile: "file",
  UploadedFiles: "files",
};
const INPUTS: Readonly<Record<string, string>> = {
  Body: "body",
  RawBody: "body",
  Query: "query",
  Param: "params",
  Args: "args",
  MessageBody: "data",
  Payload: "data",
  TypedBody: "body",
  TypedQuery: "query",
  TypedParam: "params",
};
const REQUESTS: ReadonlySet<string> = new Set(["Req", "Request", "ConnectedSocket", "Ctx"]);
const RESPONSES: ReadonlySet<string> = new Set(["Res", "Response"]);

/** Arguments of a handler for the context of its entry. */
export function handlerArguments(method: Method, queries: LinkQueries, bare: Undecorated = NOTHING_KNOWN): Arguments {
  const fn = method.owner.file.fn(method.member.fn);
  let read: readonly (readonly Applied[])[] | undefined;
  return (context) => {
    read ??= fn.info.params.map((p) => decoratorsOf(p, method, queries));
    const undecorated = bare(context);
    return read.map((applied, index) => {
      if (applied.length === 0) return undecorated[index] ?? [unknown("parameter")];
      return argumentOf(applied, context, queries);
    });
  };
}

function decoratorsOf(param: Param, method: Method, queries: LinkQueries): readonly Applied[] {
  const place = method.owner.file.place(param.at.start, param.at.length);
  return decorationsOf(method.owner, param.decorators, place, queries).applied;
}

function argumentOf(applied: readonly Applied[], context: EntryContext, queries: LinkQueries): readonly Origin[] {
  for (const decorator of applied) {
    const known = custom(decorator, context, queries) ?? builtIn(decorator, context, queries);
    if (known !== null) return known;
  }
  return [unknown("parameter")];
}

function builtIn(applied: Applied, context: EntryContext, queries: LinkQueries): readonly Origin[] | null {
  const request = requestOrigin("express", context);
  const name = applied.name.split(".").at(-1) ?? "";
  const first = argumentOrigin(applied.call, 0, queries);
  // `@Args({ name: "id" })`
  const field = textOf(first) ?? textOf(property(first, "name", queries));
  if (REQUESTS.has(name)) return [request];
  if (RESPONSES.has(name)) return [responseOrigin("express", context)];
  if (name === "Context") return field === null ? [request] : queries.project(request, [field]);
  if (name === "Parent" || name === "Root") return [unknown("parent object")];
  if (name === "Info" || name === "Next") return [source("neutral", "info", { context })];
  const input = INPUTS[name];
  if (input !== undefined) return [source("input", field === null ? input : `${input}.${field}`, { context })];
  const part = PARTS[name];
  if (part !== undefined) return queries.project(request, field === null ? [part] : [part, field]);
  return null;
}

/** `createParamDecorator((data, context) => …)`: what the function returns for this entry. */
function custom(applied: Applied, context: EntryContext, queries: LinkQueries): readonly Origin[] | null {
  const creation = applied.name === "createParamDecorator()" ? applied.origin.previous : applied.origin;
  if (creation === null || creation.path !== "createParamDecorator()" || creation.site === null) return null;
  const factory = argument(creation.site, 0);
  const data = applied.call === null || applied.call === creation.site ? null : argument(applied.call, 0);
  const given = data === null ? [UNDEFINED] : queries.evaluate(data);
  for (const origin of factory === null ? [] : queries.evaluate(factory)) {
    if (origin.kind !== "function") continue;
    const frame = givenFrame(origin, [given, [contextSource(context)]]);
    return queries.bind(queries.returnsOf(origin.fn), frame);
  }
  return [unknown("parameter")];
}
