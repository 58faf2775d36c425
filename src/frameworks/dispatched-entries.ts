/**
 * Handlers that hand over to one of many: `for (const tool of tools) server.tool(tool.name, …, (args) => tool.run(args))`.
 * Each of the many is an entry of its own, behind what the handler checked before it called it.
 */
import { Op } from "../model/lowered.js";
import { displayName } from "../program/facts/fact-reader.js";
import { givenFrame } from "../program/values/call-frames.js";
import type { LinkQueries, Origin, Site } from "../program/values/origin.js";
import { stepAt } from "./callback-entry.js";
import type { FunctionOrigin } from "./package-calls.js";
import { headOfFunction, nameOfFunction, textOf } from "./procedures/builder-chain.js";
import type { Arguments, RawEntry } from "./routing.js";

const MAX_ENTRIES = 400;
const FEWEST = 2;
const MAX_SPREADS = 3;

interface Dispatched {
  readonly name: string;
  readonly work: FunctionOrigin;
}

/** The entries that one handler stands for; itself where it calls nothing that is kept in a table. */
export function dispatchedEntries(entry: RawEntry, queries: LinkQueries): readonly RawEntry[] {
  const { handler, given } = entry;
  if (handler.kind !== "function" || !handler.fn.hasBody) return [entry];
  const { fn } = handler;
  for (const v of fn.calls) {
    if (fn.op(v) !== Op.Call) continue;
    const found = tableBehind({ fn, v, frame: handler.frame }, queries);
    if (found.length < FEWEST) continue;
    const calledIn = (context: Parameters<Arguments>[0]): Site => ({
      fn,
      v,
      frame: givenFrame(handler, given(context)),
    });
    const before = {
      ...stepAt(handler, nameOfFunction(fn) || displayName(fn, fn.callee(v)), fn.place(v), given, "reaches"),
      reaches: (context: Parameters<Arguments>[0]) => [calledIn(context)],
    };
    return found.slice(0, MAX_ENTRIES).map(({ name, work }) => ({
      ...entry,
      path: name,
      handlerName: name,
      handler: work,
      given: (context) => argumentsAt(calledIn(context), queries),
      place: headOfFunction(work.fn),
      steps: [...entry.steps, before],
      group: work.fn.file.path,
    }));
  }
  return [entry];
}

/** What stands in the table under the member that is called, with the name that each of its entries says it has. */
function tableBehind({ fn, v, frame }: Site, queries: LinkQueries): readonly Dispatched[] {
  let callee = fn.callee(v);
  while (fn.op(callee) === Op.Cast) callee = fn.a(callee);
  if (fn.op(callee) !== Op.Member) return [];
  const member = fn.memberName(callee);
  return holdersOf({ fn, v: fn.a(callee), frame }, queries).flatMap((holder): readonly Dispatched[] => {
    if (holder.kind !== "literal" || holder.form !== "object") return [];
    const work = queries.project(holder, [member]).find(isWork);
    const name = textOf(queries.project(holder, ["name"]));
    return work === undefined || name === null ? [] : [{ name, work }];
  });
}

/** The objects of a list of which a variable is one: `for (const tool of tools)`, `tools.find((tool) => …)`. */
function holdersOf({ fn, v, frame }: Site, queries: LinkQueries): readonly Origin[] {
  if (fn.op(v) !== Op.Var) return [];
  const owner = fn.ancestor(fn.a(v));
  const [stored, ...others] = owner?.storesTo(fn.b(v)) ?? [];
  if (owner === null || stored === undefined || others.length > 0) return [];
  const under = owner === fn ? frame : null;
  if (owner.op(stored) === Op.Iterated) return elementsOf({ fn: owner, v: owner.a(stored), frame: under }, queries, 0);
  const found = owner.op(stored) === Op.Call && owner.memberName(owner.callee(stored)) === "find";
  return found ? elementsOf({ fn: owner, v: owner.a(owner.callee(stored)), frame: under }, queries, 0) : [];
}

/** What a list holds that is written out, of others or by itself. */
function elementsOf(list: Site, queries: LinkQueries, depth: number): readonly Origin[] {
  if (depth > MAX_SPREADS) return [];
  return queries.evaluate(list).flatMap((origin) => {
    if (origin.kind !== "literal" || origin.form !== "array") return [];
    const { fn, v, frame } = origin.site;
    return Array.from(fn.list(fn.a(v)))
      .slice(0, MAX_ENTRIES)
      .flatMap((item) =>
        fn.op(item) === Op.Spread
          ? elementsOf({ fn, v: fn.a(item), frame }, queries, depth + 1)
          : [...queries.evaluate({ fn, v: item, frame })],
      );
  });
}

function isWork(origin: Origin): origin is FunctionOrigin {
  return origin.kind === "function" && origin.fn.hasBody;
}

function argumentsAt({ fn, v, frame }: Site, queries: LinkQueries): readonly (readonly Origin[])[] {
  return Array.from(fn.args(v), (arg) => queries.evaluate({ fn, v: arg, frame }));
}
