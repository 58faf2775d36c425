/**
 * Checks that look a member up by the key they are told and compare nothing of it but its rank (`mayManage(own.role,
 * target.role)`): they say who stands higher, and not whose member that is.
 */
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import { Op } from "../../model/lowered.js";
import type { Fact } from "../../program/facts/facts.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { valuesWithin } from "../accesses/ledger-values.js";
import { readsOf, usersOf } from "../claims/token-values.js";
import { lastName } from "./role-values.js";

const RANK = /(?:^|_|[a-z](?=R))(?:roles?|rank)(?:_?(?:name|level))?$/i;
const MAX_VALUES = 600;
const MAX_READS = 60;
/** `db.select().from(members).where(…).limit(1)` */
const MAX_CHAIN = 8;

const known = new WeakMap<FunctionView, Map<number, boolean>>();

/** The rank of a row, held against something, says nothing of whose the row is. */
export function isRankOfRow(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "row" && RANK.test(lastName(origin.path));
}

/** Whether what a check was told at a position serves it for nothing but the rank of the row that has that key. */
export function comparesRankAlone(
  { check }: Extract<Fact, { kind: "passed" }>,
  index: number,
  data: DataRecogniser,
  queries: LinkQueries,
): boolean {
  if (check === undefined || !check.fn.hasBody || check.fn.valueCount > MAX_VALUES) return false;
  const { fn } = check;
  const answers = known.get(fn) ?? new Map<number, boolean>();
  known.set(fn, answers);
  let answer = answers.get(index);
  if (answer === undefined) {
    answer = ranksOnly(fn, index, data, queries);
    answers.set(index, answer);
  }
  return answer;
}

function ranksOnly(fn: FunctionView, index: number, data: DataRecogniser, queries: LinkQueries): boolean {
  const isTold = (o: Origin): boolean => o.kind === "parameter" && o.fn === fn && o.index === index;
  const at = (v: number): readonly Origin[] => queries.evaluate({ fn, v, frame: null });
  let ranked = false;
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.Binary && [fn.b(v), fn.c(v)].some((side) => leaves(at(side)).some(isTold))) return false;
    if (fn.op(v) !== Op.Call) continue;
    const told = [...fn.args(v)].some((arg) => valuesWithin(at(arg), queries).some(isTold));
    if (!told) continue;
    const others = [...fn.args(v)].map(at).filter((arg) => !arg.some(isTold));
    const picks = at(v).some((row) => isPickedBy(row, isTold, data, queries) || isPickedThrough(row, others));
    if (!picks || !readsRankAlone(fn, v)) return false;
    ranked = true;
  }
  return ranked;
}

/** A row that was found by the value and by nothing else. */
function isPickedBy(
  row: Origin,
  isTold: (origin: Origin) => boolean,
  data: DataRecogniser,
  queries: LinkQueries,
): boolean {
  if (row.kind !== "source" || row.source !== "row" || row.site === null || row.path !== "") return false;
  const [terms = [], ...more] = data.loading(row.site, queries)?.filter.alternatives ?? [];
  const values = terms.flatMap((term) => leaves(term.values)).filter((o) => o.kind !== "constant");
  return more.length === 0 && values.length > 0 && values.every(isTold);
}

/** `findMember(db, memberId)`: the connection is known to whoever calls, and nothing is told beside it that could narrow the look-up. */
function isPickedThrough(row: Origin, others: readonly (readonly Origin[])[]): boolean {
  if (row.kind !== "apply" || row.path.length > 0) return false;
  let { callee } = row;
  for (let depth = 0; callee.kind === "apply" && depth < MAX_CHAIN; depth += 1) callee = callee.callee;
  if (callee.kind !== "parameter") return false;
  const { fn, index } = callee;
  return others.every((arg) => arg.every((o) => o.kind === "parameter" && o.fn === fn && o.index === index));
}

/** Of the row it is asked whether it is there, and its rank is read; nothing else becomes of it. */
function readsRankAlone(fn: FunctionView, row: number): boolean {
  const open = [row];
  const seen = new Set<number>();
  let read = false;
  for (let v = open.pop(); v !== undefined; v = open.pop()) {
    if (seen.has(v)) continue;
    seen.add(v);
    if (seen.size > MAX_READS) return false;
    for (const user of usersOf(fn, v)) {
      switch (fn.op(user)) {
        case Op.Await:
        case Op.Cast:
          open.push(user);
          break;
        case Op.Store: {
          const owner = fn.ancestor(fn.a(user));
          const reads = owner === null ? [] : readsOf(owner, fn.b(user));
          if (reads.some((one) => one.fn !== fn)) return false;
          open.push(...reads.map((one) => one.v));
          break;
        }
        case Op.Unary:
        case Op.Branch:
        case Op.Logic:
          break;
        case Op.Member:
          if (!RANK.test(fn.text(fn.b(user)))) return false;
          read = true;
          break;
        default:
          return false;
      }
    }
  }
  return read;
}
