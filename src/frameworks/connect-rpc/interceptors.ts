/** `interceptors: [(next) => async (request) => …]`: what runs before a method is the function that each one returns. */
import { givenFrame } from "../../program/values/call-frames.js";
import type { EntryContext, LinkQueries, Origin } from "../../program/values/origin.js";
import { nextOrigin } from "../arguments.js";
import { stepAt } from "../callback-entry.js";
import { headOfFunction, nameOfFunction, writtenName } from "../procedures/builder-chain.js";
import type { RawStep } from "../routing.js";
import { interceptorArguments } from "./knowledge.js";

/** that a function is the continuation is no matter of the entry */
const ANY: EntryContext = { method: "", metadata: new Map(), attached: new Map() };

/** The interceptors that options name, in the order in which they run. */
export function interceptorsAt(options: readonly Origin[], queries: LinkQueries): readonly RawStep[] {
  const lists = options.flatMap((o) => [...queries.project(o, ["interceptors"])]);
  return lists.flatMap((list) => {
    if (list.kind !== "literal" || list.form !== "array") return [];
    const { fn, v, frame } = list.site;
    return Array.from(fn.list(fn.a(v)), (item) => {
      const site = { fn, v: item, frame };
      const outer = queries.evaluate(site).find((o) => o.kind === "function");
      const inner = outer === undefined ? undefined : innerOf(outer, queries);
      const named = outer === undefined ? "" : nameOfFunction(outer.fn);
      const place = outer === undefined ? fn.place(item) : headOfFunction(outer.fn);
      const origin = inner ?? ({ kind: "unknown", why: "the interceptor could not be read" } as const);
      return stepAt(origin, named || writtenName(site) || "interceptor", place, interceptorArguments, "calls-next");
    });
  });
}

function innerOf(outer: Extract<Origin, { kind: "function" }>, queries: LinkQueries): Origin | undefined {
  const given = givenFrame(outer, [[nextOrigin(ANY)]]);
  return queries.bind(queries.returnsOf(outer.fn), given).find((o) => o.kind === "function");
}
