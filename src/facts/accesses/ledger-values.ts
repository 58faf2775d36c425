/** Values as the ledger sees them: which are the same, what is inside of them, which say nothing. */
import { Op } from "../../model/lowered.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { originKey, sourceKey } from "../../program/values/origin-keys.js";
import { isIdentity } from "../decisions/decisions.js";
import { isKey } from "./key-columns.js";

/** Whether computed or not, and through which calls it came: the same id stays the same id. */
export function valueKey(origin: Origin): string {
  return origin.kind === "source" ? sourceKey(origin, false) : originKey(origin);
}

/** Arguments, what object literals among them carry, and what a condition that is handed on compares with. */
export function valuesWithin(origins: readonly Origin[], queries: LinkQueries, depth = 0): readonly Origin[] {
  const found: Origin[] = [];
  for (const origin of leaves(origins)) {
    found.push(origin);
    if (depth > 2) continue;
    if (origin.kind === "package" && origin.site !== null && /^drizzle-orm/.test(origin.module)) {
      const { fn, v, frame } = origin.site;
      for (const arg of fn.op(v) === Op.Call ? fn.args(v) : [])
        found.push(...valuesWithin(queries.evaluate({ fn, v: arg, frame }), queries, depth + 1));
    }
    if (origin.kind !== "literal" || origin.form === "regex" || origin.form === "template") continue;
    const inner = partsOf(origin, queries);
    // `{ where: { id } }`, `{ any: [{ id }] }`
    const further = depth < 1 || (depth < 2 && origin.form === "array");
    found.push(...(further ? valuesWithin(inner, queries, depth + 1) : leaves(inner)));
  }
  return found;
}

/** What stands in it; a list that a callback made of another is known by the object that it gives for each element. */
function partsOf(origin: Extract<Origin, { kind: "literal" }>, queries: LinkQueries): readonly Origin[] {
  const parts = queries.project(origin, ["[]"]);
  const { fn, v, frame } = origin.site;
  const isItself = parts.every((o) => o.kind === "literal" && o.site.fn === fn && o.site.v === v);
  if (origin.form !== "object" || !isItself) return parts;
  return Array.from(fn.props(v)).flatMap(({ value }) => queries.evaluate({ fn, v: value, frame }));
}

/** `{ members: { some: { userId } } }`, however deep; of alternatives and of what is ruled out nothing is certain. */
export function asksForCaller(condition: Origin, queries: LinkQueries, depth = 0): boolean {
  if (condition.kind !== "literal" || condition.form !== "object" || depth > 8) return false;
  const { fn, v, frame } = condition.site;
  return [...fn.props(v)].some(({ name, value }) => {
    if (/^(?:OR|NOT|not|notIn|none)$/.test(name)) return false;
    const values = queries.evaluate({ fn, v: value, frame });
    return leaves(values).some(isIdentity) || values.some((o) => asksForCaller(o, queries, depth + 1));
  });
}

/** A constant that stands in for what may be missing; nothing at all may as well drop the condition. */
export function isSubstitute(origin: Origin): boolean {
  return origin.kind === "constant" && origin.value !== undefined && origin.value !== null;
}

/** `req[position][name]`, as a decorator says */
export function isAnyMember(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "request" && origin.path === "[].[]";
}

/** `new Map().get(key)`, of a table that the process keeps for itself: it was loaded before. */
export function isKeptInMemory(origin: Origin): boolean {
  return origin.kind === "package" && origin.module === "" && /^(?:Weak)?Map\(\)\.get\(\)/.test(origin.path);
}

/** How many rows there are, held against what the caller's plan allows, says nothing of whose they are. */
export function isCount(origin: Origin): boolean {
  return (
    origin.kind === "source" && origin.source === "row" && /(?:^|[._])(?:length|size|count|_count)$/i.test(origin.path)
  );
}

/** `release.version`: what the caller's rows have in common with some other row, unless it is a key of it. */
export function isColumnOfRow(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "row" && origin.path !== "" && !isKey(origin.path);
}

/** What asks whether somebody may, or whether something is theirs. */
const ASKS = /(?:^|\.)(?:is|has|can|may|owns?|belongs|manages?|allow)(?:[A-Z_]\w*)?$/;

/** `req.user.isAdminOf(account)`, which cannot be read: what the caller's own object was asked about. */
export function askedOfCaller({ of }: Extract<Origin, { kind: "derived" }>): readonly Origin[] {
  const parts = leaves(of);
  const asks = parts.some((o) => isIdentity(o) && o.kind === "source" && ASKS.test(o.path));
  return asks ? parts.filter((o) => o.kind === "source" && (o.source === "row" || o.source === "input")) : [];
}
