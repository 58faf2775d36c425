/** Checks that allow when what they compare with is empty, missing or unknown. */
import type { Bypass } from "../../model/facts.js";
import { NONE, Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { graphOf } from "../../program/facts/control-flow.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { isConfiguration, variableOf } from "../claims/token-context.js";
import { operandsOf, symbolOf } from "../claims/token-values.js";
import { type Leaf, leavesOfTest } from "./bypass-record.js";
import { onlyIn, type Side, sideFrom } from "./bypass-shape.js";
import { namesOf, textOf } from "./bypass-text.js";
import { failsOpen, guardsCallers, isContinuing } from "./fail-open.js";

const LIST =
  /role|permission|scope|allow|white_?list|polic|required|grants?$|privileg|members?$|addresses|origins|tenants|rules$/i;
/** What a route demands, as its metadata or its caller says: nothing demanded is a choice. */
const DEMANDED =
  /require|needed|demand|expected|metadata|handler|route|guard|^(?:roles|permissions|scopes|policies|rules)$/i;
/** Where somebody comes from may be left open: nobody is let in for it alone. */
const PLACES = /host|origin|domain|\bips?$|address|referr?er|countr|region|cidr|range|url/i;
const SOMEBODY = /^(?:user|session|principal|actor|caller|current_?user|identity|member|membership|account)$/i;
const RULE = /polic(?:y|ies)$|rules?$|permissions?$|^(?:required|needed)|abilit|grant$/i;
const DECIDING = /permission|role|access|scope|^can_?|allow|polic|member|owner|admin|rbac|acl|authori[sz](?!ation)/i;
const SECRET = /secret|key|token|passw|hmac|signature|credential/i;
const RANKS = /rank|level|hierarch|order|weight|priorit|power|strength/i;

/** What a branch favours because something is not there. */
interface Absent {
  readonly names: readonly string[];
  readonly v: number;
  /** the outcome of the test when it is absent */
  readonly when: boolean;
  readonly list: boolean;
}

/** Branches of a guard that let through because a list is empty, a value is missing or a rank is not known. */
export function failOpenValues(fn: FunctionView, queries: LinkQueries): readonly Bypass[] {
  if (!guardsCallers(fn, queries)) return [];
  const found: Bypass[] = [];
  for (const block of graphOf(fn).blocks) {
    const row = block.terminator;
    if (row === NONE || fn.op(row) !== Op.Branch) continue;
    for (const leaf of leavesOfTest(fn, fn.a(row))) {
      const bypass = openWhenAbsent(fn, row, leaf, queries) ?? unknownRank(fn, row, leaf, queries);
      if (bypass === null) continue;
      found.push(bypass);
      break;
    }
  }
  return found;
}

function openWhenAbsent(fn: FunctionView, row: number, leaf: Leaf, queries: LinkQueries): Bypass | null {
  const absent = absenceOf(fn, leaf.v);
  if (absent === null) return null;
  const favoured = leaf.sense === absent.when;
  const open = sideFrom(fn, favoured ? fn.b(row) : fn.c(row), queries);
  const closed = sideFrom(fn, favoured ? fn.c(row) : fn.b(row), queries);
  if (!letsThrough(fn, open, closed)) return null;
  const skipped = onlyIn(closed, open);
  const refuses = skipped.some((r) => r.flavour === "auth" || r.flavour === "negative");
  if (!refuses && !asksFurther(fn, closed, open)) return null;
  const name = absent.names.at(-1) ?? "";
  const text = textOf(fn, leaf.v).slice(0, 120);
  if (absent.list) {
    if (!LIST.test(name)) return null;
    const chosen = DEMANDED.test(name) || PLACES.test(name);
    return failsOpen(fn, row, "empty-list", text, chosen ? "named" : "proven");
  }
  const secret = isSecret(fn, absent.v, queries) ? "proven" : isHandedSecret(fn, absent.v, queries) ? "inferred" : null;
  if (secret !== null) return isUsed(fn, absent, leaf.v) ? failsOpen(fn, row, "unset-secret", text, secret) : null;
  if (SOMEBODY.test(name) && refuses && DECIDING.test(symbolOf(fn)))
    return failsOpen(fn, row, "missing-value", text, "inferred");
  if (!RULE.test(name) || !refuses) return null;
  return failsOpen(fn, row, "missing-value", text, isLookedUp(fn, absent.v) ? "inferred" : "named");
}

/** The secret is held against something here; one that only tells whether a feature is on is not. */
function isUsed(fn: FunctionView, absent: Absent, leaf: number): boolean {
  const text = textOf(fn, absent.v);
  const tests = new Set<number>();
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) === Op.Branch) for (const one of leavesOfTest(fn, fn.a(v))) tests.add(one.v).add(behind(fn, one.v));
  }
  for (let v = 0; v < fn.valueCount; v += 1) {
    const op = fn.op(v);
    if (op !== Op.Call && op !== Op.New && op !== Op.Binary && op !== Op.Template && op !== Op.Object) continue;
    const used = operandsOf(fn, v).some((one) => one !== leaf && !tests.has(one) && textOf(fn, one) === text);
    if (used) return true;
  }
  return false;
}

/** A condition that asks whether something is there, or whether a list has anything in it. */
function absenceOf(fn: FunctionView, leaf: number): Absent | null {
  const v = behind(fn, leaf);
  if (fn.op(v) === Op.Binary) return comparedAbsence(fn, v);
  const names = namesOf(fn, leaf);
  const last = names.at(-1) ?? "";
  if ((last === "length" || last === "size") && fn.op(v) === Op.Member) {
    return { names: names.slice(0, -1), v: fn.a(v), when: false, list: true };
  }
  const value = fn.op(leaf) === Op.Var || fn.op(leaf) === Op.Member || fn.op(leaf) === Op.Param;
  return value ? { names, v: leaf, when: false, list: false } : null;
}

function comparedAbsence(fn: FunctionView, v: number): Absent | null {
  const operator = fn.text(fn.a(v));
  const [left, right] = [fn.b(v), behind(fn, fn.c(v))];
  const equal = /^===?$/.test(operator);
  if (!equal && !/^!==?$|^>$/.test(operator)) return null;
  const op = fn.op(right);
  if ((op === Op.Undefined || op === Op.Null) && operator !== ">") {
    return { names: namesOf(fn, left), v: left, when: equal, list: false };
  }
  const names = namesOf(fn, left);
  const counted = names.at(-1) === "length" || names.at(-1) === "size";
  if (!counted || op !== Op.Number || fn.text(fn.a(right)) !== "0") return null;
  const member = behind(fn, left);
  return { names: names.slice(0, -1), v: fn.op(member) === Op.Member ? fn.a(member) : member, when: equal, list: true };
}

/** The side ends with `return true` or `next()` that the other does not share. */
function letsThrough(fn: FunctionView, open: Side, closed: Side): boolean {
  const { blocks } = graphOf(fn);
  for (const id of open.blocks) {
    const block = blocks[id];
    if (block === undefined || closed.blocks.has(id)) continue;
    for (let v = block.first; v < block.end; v += 1) {
      if (isContinuing(fn, v)) return true;
      if (fn.op(v) === Op.Return && fn.a(v) !== NONE && fn.op(behind(fn, fn.a(v))) === Op.True) return true;
    }
  }
  return false;
}

/** The other side answers with something computed: `return roles.includes(user.role)`. */
function asksFurther(fn: FunctionView, closed: Side, open: Side): boolean {
  return closed.passes.some((row) => {
    if (open.passes.includes(row) || fn.op(row) !== Op.Return || fn.a(row) === NONE) return false;
    const answer = behind(fn, fn.a(row));
    const op = fn.op(answer);
    // `return next()` lets through, it asks nothing
    if (isContinuing(fn, answer)) return false;
    return op === Op.Call || op === Op.Binary || op === Op.Logic || op === Op.Unary;
  });
}

function isSecret(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  return leaves(queries.evaluate({ fn, v, frame: null })).some((origin) => {
    if (!isConfiguration(origin)) return false;
    const name = variableOf(origin) || (origin.kind === "source" ? origin.path : "");
    return SECRET.test(name) && !/PUBLIC_|CLIENT_ID/i.test(name);
  });
}

/** `panelGuard(user, password)`: what the maker of a guard was told to ask for, and may not have been. */
function isHandedSecret(fn: FunctionView, v: number, queries: LinkQueries): boolean {
  return leaves(queries.evaluate({ fn, v, frame: null })).some(
    (origin) =>
      origin.kind === "parameter" &&
      origin.fn !== fn &&
      origin.path.length === 0 &&
      SECRET.test(origin.fn.info.params[origin.index]?.name ?? ""),
  );
}

/** The rule was sought and not found; what a decorator or an argument says may be left out on purpose. */
function isLookedUp(fn: FunctionView, v: number): boolean {
  const written = behind(fn, v);
  if (fn.op(written) !== Op.Call) return false;
  const names = namesOf(fn, fn.callee(written)).join(".");
  return /find|load|fetch|lookup|select|query/i.test(names) && !/reflect|metadata/i.test(names);
}

/** `if (RANK[user.role] < RANK[wanted]) refuse`: a role that has no rank is not below any. */
function unknownRank(fn: FunctionView, row: number, leaf: Leaf, queries: LinkQueries): Bypass | null {
  const v = behind(fn, leaf.v);
  if (fn.op(v) !== Op.Binary || !leaf.sense || !/^[<>]=?$/.test(fn.text(fn.a(v)))) return null;
  const sides = [behind(fn, fn.b(v)), behind(fn, fn.c(v))];
  const ranked = sides.filter((side) => isRank(fn, side));
  if (ranked.length !== 2 || isTested(fn, ranked)) return null;
  const whenTrue = sideFrom(fn, fn.b(row), queries);
  const whenFalse = sideFrom(fn, fn.c(row), queries);
  const denied = onlyIn(whenTrue, whenFalse).some((r) => r.flavour === "auth" || r.flavour === "negative");
  if (!denied || whenTrue.passes.length > 0 || whenFalse.passes.length === 0) return null;
  return failsOpen(fn, row, "unknown-rank", textOf(fn, v).slice(0, 120), "inferred");
}

function isRank(fn: FunctionView, v: number): boolean {
  return (
    fn.op(v) === Op.Index &&
    fn.op(behind(fn, fn.b(v))) !== Op.String &&
    namesOf(fn, fn.a(v)).some((name) => RANKS.test(name))
  );
}

/** Some branch asks whether the rank, or the role as a key, is there. */
function isTested(fn: FunctionView, ranked: readonly number[]): boolean {
  const wanted = new Set(ranked.flatMap((v) => [textOf(fn, v), textOf(fn, fn.b(v))]));
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Branch && fn.op(v) !== Op.Logic) continue;
    for (const leaf of leavesOfTest(fn, fn.op(v) === Op.Branch ? fn.a(v) : v)) {
      const test = behind(fn, leaf.v);
      if (fn.op(test) !== Op.Binary) {
        if (wanted.has(textOf(fn, test))) return true;
      } else if (/^(?:in|[!=]==?)$/.test(fn.text(fn.a(test)))) {
        if ([fn.b(test), fn.c(test)].some((side) => wanted.has(textOf(fn, behind(fn, side))))) return true;
      }
    }
  }
  return false;
}
