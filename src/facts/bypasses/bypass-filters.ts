/** Tenant predicates that disappear for privileged identities. */
import type { Bypass } from "../../model/facts.js";
import { LogicKind, NONE, Op, PropKind } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { type Predicate, predicateOf } from "./bypass-predicates.js";
import { leavesOfTest, make } from "./bypass-record.js";
import { callsOnlyIn, leavesRecord, type Side, sideFrom } from "./bypass-shape.js";
import { namesOf, textOf } from "./bypass-text.js";
import { asksConfiguredPeople } from "./configured-test.js";

const SCOPING_KEY =
  /^(?:\w*[._])?(?:tenant|org|organi[sz]ation|workspace|team|company|account|project|environment|owner|user|customer|created_?by|author|member|creator)s?_?(?:id|uid|uuid)?s?$/i;
const SCOPING_WORD =
  /\b\w*(?:tenant|org|organi[sz]ation|workspace|team|company|account|project|owner|user|customer)_?id\b/i;
const FILTER_NAME = /where|filter|query|cond|criteria|scope|match|find|search|clause|conditions/i;
const FILTER_CALL = /^(?:where|andWhere|eq|filter|push|match|equals|addWhere|in)$/;

/** Filters of a function that one side of a superuser predicate lacks. */
export function filterBypasses(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  const found: Bypass[] = [];
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op === Op.Cond) found.push(...chosenFilter(fn, v, queries));
    else if (op === Op.Call) found.push(...builtFilter(fn, v, queries));
    else if (op === Op.Spread) found.push(...spreadFilter(fn, fn.a(v), queries));
    else if (op === Op.Object) {
      for (const prop of fn.props(v)) {
        if (prop.kind === PropKind.Spread) found.push(...spreadFilter(fn, prop.value, queries));
      }
    }
  }
  for (const block of graphOf(fn).blocks) {
    if (block.terminator !== NONE && fn.op(block.terminator) === Op.Branch) {
      found.push(...branchedFilter(fn, block.terminator, queries));
    }
  }
  return found;
}

interface Favoured {
  readonly predicate: Predicate;
  /** the outcome of the test that privileged identities get */
  readonly outcome: boolean;
}

function superuserTest(fn: FunctionView, test: number, queries: LinkQueries): Favoured | null {
  for (const leaf of leavesOfTest(fn, test)) {
    const predicate = predicateOf(fn, leaf.v, queries);
    if (predicate?.kind === "superuser") return { predicate, outcome: leaf.sense === predicate.when };
    if (!asksConfiguredPeople(fn, leaf.v)) continue;
    const listed: Predicate = {
      kind: "superuser",
      when: true,
      scope: "instance",
      text: textOf(fn, leaf.v).slice(0, 120),
    };
    return { predicate: listed, outcome: leaf.sense };
  }
  return null;
}

/** `where: isAdmin ? {} : { tenantId }`, `isAdmin ? "" : "and org_id = $1"` */
function chosenFilter(fn: FunctionView, v: number, queries: LinkQueries): readonly Bypass[] {
  const test = superuserTest(fn, fn.a(v), queries);
  if (test === null) return [];
  const [open, closed] = test.outcome ? [fn.b(v), fn.c(v)] : [fn.c(v), fn.b(v)];
  // rows that are loaded for others and not for the privileged are no filter
  if (!isNothing(fn, open) || !scopes(fn, closed, 0) || fn.op(closed) === Op.Await) return [];
  if (test.predicate.scope === "tenant" && !namesTenant(fn, closed, 0)) return [];
  return [make(fn, v, test.predicate, "filter-drop", ["tenant-filter"], { audited: false, confidence: "proven" })];
}

/** `...(!isAdmin && { orgId })` */
function spreadFilter(fn: FunctionView, v: number, queries: LinkQueries): readonly Bypass[] {
  const value = behind(fn, v);
  if (fn.op(value) !== Op.Logic || fn.a(value) !== LogicKind.And || !scopes(fn, fn.c(value), 0)) return [];
  const test = superuserTest(fn, fn.b(value), queries);
  if (test === null || test.outcome) return [];
  return [make(fn, value, test.predicate, "filter-drop", ["tenant-filter"], { audited: false, confidence: "proven" })];
}

/** `query.$if(!isAdmin, (q) => q.where("tenant_id", "=", tenantId))` */
function builtFilter(fn: FunctionView, v: number, queries: LinkQueries): readonly Bypass[] {
  if (!/^(?:\$if|when)$/.test(fn.memberName(fn.callee(v)))) return [];
  const [asked, build] = fn.args(v);
  if (asked === undefined || build === undefined || fn.op(build) !== Op.Closure) return [];
  const test = superuserTest(fn, asked, queries);
  const builder = fn.file.fn(fn.a(build));
  if (test === null || test.outcome || !builder.hasBody) return [];
  const filters = [...builder.calls].some(
    (call) =>
      FILTER_CALL.test(calleeName(builder, builder.callee(call))) &&
      builder.args(call).some((arg) => scopes(builder, arg, 0)),
  );
  if (!filters) return [];
  return [make(fn, asked, test.predicate, "filter-drop", ["tenant-filter"], { audited: false, confidence: "proven" })];
}

/** `if (!isAdmin) where.tenantId = …`, `if (isAdmin) return {};` */
function branchedFilter(fn: FunctionView, row: number, queries: LinkQueries): readonly Bypass[] {
  const test = superuserTest(fn, fn.a(row), queries);
  if (test === null) return [];
  const whenTrue = sideFrom(fn, fn.b(row), queries);
  const whenFalse = sideFrom(fn, fn.c(row), queries);
  const [open, closed] = test.outcome ? [whenTrue, whenFalse] : [whenFalse, whenTrue];
  if (open.passes.length === 0) return [];
  const dropped = (addsFilter(fn, closed, open) && !addsFilter(fn, open, closed)) || returnsWider(fn, open, closed);
  if (!dropped) return [];
  const audited = leavesRecord(fn, open, closed);
  return [make(fn, row, test.predicate, "filter-drop", ["tenant-filter"], { audited, confidence: "proven" })];
}

function addsFilter(fn: FunctionView, side: Side, other: Side): boolean {
  const { blockOf } = graphOf(fn);
  const own = (v: number): boolean => side.blocks.has(blockOf[v]) && !other.blocks.has(blockOf[v]);
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.SetMember || !own(v)) continue;
    const name = fn.text(fn.b(v));
    if (!namesOf(fn, fn.a(v)).some((one) => FILTER_NAME.test(one))) continue;
    if (SCOPING_KEY.test(name) || scopes(fn, fn.c(v), 0)) return true;
  }
  return callsOnlyIn(fn, side, other).some((v) => {
    if (fn.op(v) !== Op.Call || !FILTER_CALL.test(calleeName(fn, fn.callee(v)))) return false;
    const built = fn.op(fn.callee(v)) === Op.Member && namesOf(fn, fn.a(fn.callee(v))).length > 0;
    return built && fn.args(v).some((arg) => scopes(fn, arg, 0));
  });
}

/** One side returns an empty filter, the other one with a tenant in it. */
function returnsWider(fn: FunctionView, open: Side, closed: Side): boolean {
  const shared = new Set(open.passes.filter((row) => closed.passes.includes(row)));
  const returned = (side: Side): number[] =>
    side.passes
      .filter((row) => !shared.has(row) && fn.op(row) === Op.Return && fn.a(row) !== NONE)
      .map((row) => fn.a(row));
  const wide = returned(open);
  return wide.length > 0 && wide.every((v) => isEmptyFilter(fn, v)) && returned(closed).some((v) => isFilter(fn, v));
}

function isFilter(fn: FunctionView, v: number): boolean {
  return fn.op(behind(fn, v)) === Op.Object && scopes(fn, v, 0);
}

function isEmptyFilter(fn: FunctionView, v: number): boolean {
  const value = behind(fn, v);
  const op = fn.op(value);
  return (op === Op.Object && [...fn.props(value)].length === 0) || op === Op.Undefined;
}

function isNothing(fn: FunctionView, v: number): boolean {
  const value = behind(fn, v);
  const op = fn.op(value);
  if (op === Op.String) return fn.text(fn.a(value)).trim() === "";
  if (op === Op.Array) return fn.list(fn.a(value)).length === 0;
  return op === Op.Undefined || op === Op.Null || isEmptyFilter(fn, v);
}

const PERSON =
  /^(?:\w*[._])?(?:owner|user|customer|created_?by|author|member|creator|assignee)s?_?(?:id|uid|uuid)?s?$/i;

/** A key of the tenant among those of a filter: a role within the tenant may see the rows of all its people. */
function namesTenant(fn: FunctionView, v: number, depth: number): boolean {
  if (v === NONE || depth > 4) return true;
  const value = behind(fn, v);
  if (fn.op(value) === Op.Object) {
    const props = [...fn.props(value)];
    return props.some((p) =>
      p.name === "" ? namesTenant(fn, p.value, depth + 1) : SCOPING_KEY.test(p.name) && !PERSON.test(p.name),
    );
  }
  if (fn.op(value) !== Op.Call) return true;
  const [column] = fn.args(value);
  const name = column === undefined ? "" : (namesOf(fn, column).at(-1) ?? "");
  return name === "" || !PERSON.test(name);
}

/** Whether a filter names a tenant or an owner. */
function scopes(fn: FunctionView, v: number, depth: number): boolean {
  if (v === NONE || depth > 4) return false;
  const value = behind(fn, v);
  switch (fn.op(value)) {
    case Op.Object:
      return [...fn.props(value)].some((p) => SCOPING_KEY.test(p.name) || scopes(fn, p.value, depth + 1));
    case Op.Array:
      return [...fn.list(fn.a(value))].some((item) => scopes(fn, item, depth + 1));
    case Op.String:
      return SCOPING_WORD.test(fn.text(fn.a(value)));
    case Op.Template:
      return [...fn.list(fn.a(value))].some((text, i) => i % 2 === 0 && SCOPING_WORD.test(fn.text(text)));
    case Op.Tagged:
      return scopes(fn, fn.b(value), depth + 1);
    case Op.Call:
      return [...fn.args(value)].some((arg) => scopes(fn, arg, depth + 1));
    case Op.Member:
      return depth > 0
        ? SCOPING_WORD.test(fn.text(fn.b(value)))
        : /id$/i.test(fn.text(fn.b(value))) && SCOPING_WORD.test(fn.text(fn.b(value)));
    default:
      return false;
  }
}
