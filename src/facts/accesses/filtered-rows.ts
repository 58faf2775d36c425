/** Rows that are all loaded and of which only the caller's go on: `rows.filter((row) => row.orgId === user.orgId)`. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { TenancyModel } from "../../model/data-model.js";
import { atomsOf } from "../../program/facts/conditions.js";
import { type Fact, uniqueFacts } from "../../program/facts/facts.js";
import { isOnlyTested } from "../../program/facts/only-tested.js";
import { givenFrame } from "../../program/values/call-frames.js";
import { distinct } from "../../program/values/origin-keys.js";
import type { Analysis } from "../analysis.js";
import { Ledger } from "./ledger.js";

const KEEPING: ReadonlySet<string> = new Set(["filter", "find", "findLast"]);

/** True when all that is done with the rows of a read is to keep those that a test shows to be the caller's. */
export function isFilteredForCaller(
  { site, model }: DataCall,
  known: readonly Fact[],
  tenancy: TenancyModel,
  { data, queries, guarantees }: Analysis,
): boolean {
  const { fn, frame } = site;
  // what is kept of a single row, and of what nobody knows, is another matter
  if (model === "") return false;
  let filtered = false;
  const held = isOnlyTested(fn, site.v, (call) => {
    const [callback, ...others] = fn.args(call);
    if (callback === undefined || others.length > 0 || !KEEPING.has(fn.memberName(fn.callee(call)))) return false;
    const rows = queries.evaluate({ fn, v: fn.a(fn.callee(call)), frame });
    const elements = distinct(rows.flatMap((row) => [...queries.project(row, ["[]"])]));
    const tests = queries.evaluate({ fn, v: callback, frame });
    const keepsOwn =
      tests.length > 0 &&
      tests.every((test) => {
        if (test.kind !== "function" || !test.fn.hasBody) return false;
        const inner = givenFrame(test, [elements], frame?.depth ?? 0);
        const [row, ...more] = test.fn.returns;
        const kept =
          row !== undefined && more.length === 0
            ? guarantees.reader.read(atomsOf(test.fn, test.fn.a(row), true), test.fn, inner)
            : guarantees.ensures(test.fn, { kind: "truthy" }, inner);
        return new Ledger(uniqueFacts([...kept, ...known]), data, queries, tenancy).rowVerified(site) !== null;
      });
    filtered ||= keepsOwn;
    return keepsOwn;
  });
  return held && filtered;
}
