/** Values that a helper gives back only to those who may have everybody's rows: whose rows are meant, settled in one place. */
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import type { TenancyModel } from "../../model/data-model.js";
import { NONE, Op } from "../../model/lowered.js";
import type { Guarantees } from "../../program/facts/guarantees.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { frameFor, MAX_FRAME_DEPTH } from "../../program/values/call-frames.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Frame, LinkQueries, Origin, Site } from "../../program/values/origin.js";
import { decisionsIn } from "../decisions/decisions.js";
import { isForAll } from "../decisions/for-all.js";
import { levelsOf } from "../guards/conditional-checks.js";
import { valueKey } from "./ledger-values.js";

const MAX_CALLS = 24;

export interface HandedOut {
  readonly data: DataRecogniser;
  readonly queries: LinkQueries;
  readonly guarantees: Guarantees;
  readonly tenancy: TenancyModel | null;
}

/**
 * Whether one of several values comes out of a helper that gives it to administrators of everything alone, and to all
 * others something else that is among the values: `if (user.isAdmin) return asked; return user.id;`.
 */
export function isHandedToAdministrators(
  value: Origin,
  values: readonly Origin[],
  site: Site,
  context: HandedOut,
): boolean {
  const among = new Set(values.map(valueKey));
  return levelsOf(site).some((at) => callsBefore(at).some((call) => isGivenOut(value, among, call, context)));
}

function callsBefore({ fn, v, frame }: Site): readonly Site[] {
  const found: Site[] = [];
  for (let row = v - 1; row >= 0 && found.length < MAX_CALLS; row -= 1)
    if (fn.op(row) === Op.Call) found.push({ fn, v: row, frame });
  return found;
}

interface GivenBack {
  readonly row: number;
  readonly values: readonly Origin[];
}

function isGivenOut(value: Origin, among: ReadonlySet<string>, call: Site, context: HandedOut): boolean {
  const { fn, v, frame } = call;
  const [callee, ...others] = context.queries.evaluate({ fn, v: fn.callee(v), frame });
  if (callee?.kind !== "function" || others.length > 0 || callee.fn.returns.length < 2) return false;
  const inner = frameFor(callee, call);
  if (inner.depth > MAX_FRAME_DEPTH) return false;
  const key = valueKey(value);
  const given = givenBack(callee.fn, inner, context.queries);
  const giving = given.filter(({ values }) => values.some((o) => valueKey(o) === key));
  const rest = given.filter((one) => !giving.includes(one)).flatMap(({ values }) => values);
  // a value that is taken from elsewhere has nothing of what the helper gives to the others beside it
  if (giving.length === 0 || rest.length === 0 || !rest.every((o) => among.has(valueKey(o)))) return false;
  return giving.every(({ row }) => isForAdministrators({ fn: callee.fn, v: row, frame: inner }, context));
}

function givenBack(fn: FunctionView, frame: Frame, queries: LinkQueries): readonly GivenBack[] {
  return fn.returns.flatMap((row) => {
    const value = fn.a(row);
    const values = value === NONE ? [] : leaves(queries.evaluate({ fn, v: value, frame }));
    const told = values.filter((o) => o.kind !== "constant");
    return told.length === 0 ? [] : [{ row, values: told }];
  });
}

function isForAdministrators(site: Site, { guarantees, data, queries, tenancy }: HandedOut): boolean {
  return decisionsIn(guarantees.factsAt(site), data, queries).some(
    (decision) => decision.fact.kind !== "unequal" && isForAll(decision, tenancy),
  );
}
