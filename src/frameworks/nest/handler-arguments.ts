/** What Nest calls a handler with, parameter by parameter, as its decorators say. */
import {
  type EntryContext,
  type LinkQueries,
  type Origin,
  type PassedSchema,
  packageRoot,
  source,
  withSchema,
} from "../../program/values/origin.js";
import { requestOrigin, responseOrigin } from "../arguments.js";
import type { Method } from "../classes/classes.js";
import type { Applied } from "../classes/decorators.js";
import { decoratedArguments, madeDecorator, type Undecorated } from "../classes/parameters.js";
import { argumentOrigin, property, textOf } from "../classes/values.js";
import { parentObject } from "../parent-object.js";
import type { Arguments } from "../routing.js";
import { contextSource } from "./knowledge.js";
import type { BodyValidation } from "./validation.js";

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
const REQUESTS: ReadonlySet<string> = new Set(["Req", "Request", "ConnectedSocket", "Ctx", "TsRestRequest"]);
const RESPONSES: ReadonlySet<string> = new Set(["Res", "Response"]);
const MAKERS: ReadonlySet<string> = new Set(["createParamDecorator"]);

/** `({ params, body, headers })` of functions that implement a contract. */
export const contractArguments: Arguments = (context) => [[requestOrigin("express", context)]];

/** Arguments of a handler for the context of its entry. */
export function handlerArguments(
  method: Method,
  queries: LinkQueries,
  validation: BodyValidation,
  bare?: Undecorated,
): Arguments {
  return decoratedArguments(
    method,
    queries,
    (applied, context, index) => {
      const read = readParameter(applied, context, queries);
      return read?.map((origin) => validated(origin, applied, { method, index }, validation, queries)) ?? null;
    },
    bare,
  );
}

interface Parameter {
  readonly method: Method;
  readonly index: number;
}

/** What the parameter is given, with what its class or a pipe lets through. */
function validated(
  origin: Origin,
  applied: Applied,
  { method, index }: Parameter,
  validation: BodyValidation,
  queries: LinkQueries,
): Origin {
  if (origin.kind !== "source" || origin.source !== "input") return origin;
  const ofSchema = applied.name === "Args";
  // `@Body(new SchemaPipe(schema))`, `@Body("field", Pipe)`
  const piped = argumentOrigin(applied.call, 0, queries);
  const own = piped !== undefined && textOf(piped) === null && piped.kind !== "literal";
  if (!ofSchema && (own || validation === "unknown")) return { ...origin, schema: UNREAD_SCHEMA };
  if (!ofSchema && validation === "none") return origin;
  const { file } = method.owner;
  const type = file.lowered.types[file.fn(method.member.fn).info.params[index]?.type ?? -1];
  const typed = type === undefined ? null : queries.typeOrigin(file, type);
  // what is no class of its own cannot be checked, and comes as it was sent
  return typed?.kind === "instance"
    ? withSchema(origin, typed)
    : ofSchema
      ? { ...origin, schema: UNREAD_SCHEMA }
      : origin;
}

/** Something was checked, and nobody can tell what was let through. */
const UNREAD_SCHEMA: PassedSchema = { callee: packageRoot(""), path: "?" };

/** `createParamDecorator((data, context) => …)`: what the function returns for this entry; else Nest's own. */
function readParameter(applied: Applied, context: EntryContext, queries: LinkQueries): readonly Origin[] | null {
  const made = madeDecorator(applied, MAKERS, (data) => [data, [contextSource(context)]], queries);
  return made ?? builtIn(applied, context, queries);
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
  if (name === "Parent" || name === "Root") return [parentObject(context)];
  if (name === "Info" || name === "Next") return [source("neutral", "info", { context })];
  const input = INPUTS[name];
  if (input !== undefined) return [source("input", field === null ? input : `${input}.${field}`, { context })];
  const part = PARTS[name];
  if (part !== undefined) return queries.project(request, field === null ? [part] : [part, field]);
  return null;
}
