/** Values with which frameworks call handlers and middleware, marked with the dialect that reads their members. */
import { type EntryContext, type Origin, source } from "../program/values/origin.js";
import type { Arguments } from "./routing.js";

/** The framework's request object; its members become input, identity or credentials. */
export function requestOrigin(dialect: string, context: EntryContext): Origin {
  return source("request", "", { dialect, context });
}

/** The framework's response object, dialect `<framework>-response`. */
export function responseOrigin(dialect: string, context: EntryContext): Origin {
  return source("request", "response", { dialect: `${dialect}-response`, context });
}

/** The continuation that a middleware calls to let the request pass. */
export function nextOrigin(context: EntryContext): Origin {
  return source("context", "next", { dialect: "next", context });
}

/** As `nextOrigin`, from frameworks where it does nothing once the request was answered. */
export function doneOrigin(context: EntryContext): Origin {
  return source("context", "done", { dialect: "next", context });
}

/** `(request, response, next)` as Express and its relatives call everything. */
export const expressArguments: Arguments = (context) => [
  [requestOrigin("express", context)],
  [responseOrigin("express", context)],
  [nextOrigin(context)],
];

/** As `expressArguments`, for what `use` is given: its continuation knows no route that could be left. */
export const expressUseArguments: Arguments = (context) => [
  [requestOrigin("express", context)],
  [responseOrigin("express", context)],
  [source("context", "use", { dialect: "next", context })],
];

/** `(request, response, next, value)` for what `param(name, callback)` registers. */
export function expressParamArguments(name: string): Arguments {
  return (context) => [
    ...expressArguments(context),
    [source("input", `params.${name}`, { dialect: "express", context })],
  ];
}

/** `(ctx, next)` as Koa calls everything. */
export const koaArguments: Arguments = (context) => [[requestOrigin("koa", context)], [nextOrigin(context)]];

/** `(value, ctx, next)` for what `param(name, callback)` registers. */
export function koaParamArguments(name: string): Arguments {
  return (context) => [[source("input", `params.${name}`, { dialect: "koa", context })], ...koaArguments(context)];
}

/** `(context, next)` as Hono calls everything. */
export const honoArguments: Arguments = (context) => [[requestOrigin("hono", context)], [nextOrigin(context)]];

/** `(request, …)` of functions that take a standard request. */
export const fetchArguments: Arguments = (context) => [[requestOrigin("web", context)]];
