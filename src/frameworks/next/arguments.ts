/** Values with which Next.js calls what files export. */

import type { FunctionView } from "../../program/linking/function-view.js";
import { source } from "../../program/values/origin.js";
import { requestOrigin, responseOrigin } from "../arguments.js";
import type { Arguments } from "../routing.js";

/** `(request, { params })` of route handlers. */
export const routeArguments: Arguments = (context) => [
  [requestOrigin("web", context)],
  [source("context", "", { dialect: "next-route", context })],
];

/** `(req, res)` of API routes below `pages`. */
export const apiArguments: Arguments = (context) => [
  [requestOrigin("pages", context)],
  [responseOrigin("express", context)],
];

/** `({ params, searchParams })` of pages. */
export const pageArguments: Arguments = (context) => [[source("context", "", { dialect: "next-route", context })]];

/** `({ req, res, params, query })` of getServerSideProps: the request's members and the page's in one. */
export const propsArguments: Arguments = (context) => [[requestOrigin("pages", context)]];

/** Whoever posts to a server action chooses all its arguments. */
export function actionArguments(fn: FunctionView): Arguments {
  const names = fn.info.params.map((param, index) => (param.name === "" ? String(index) : param.name));
  return (context) => names.map((name) => [source("input", `args.${name}`, { context })]);
}
