/** Two results of one project side by side: which routes came and went, and which of the others lost protection. */
import { byText } from "../base/path.js";
import type { DemandChange, GuardChange } from "../model/change.js";
import type { RouteRow } from "../model/finding.js";

interface Pair {
  readonly before: RouteRow;
  readonly after: RouteRow;
}

export interface RouteChanges {
  readonly routesAdded: readonly RouteRow[];
  readonly routesRemoved: readonly RouteRow[];
  readonly guards: readonly GuardChange[];
  readonly demands: readonly DemandChange[];
}

type Step = RouteRow["guards"][number];
/** One guard of one route, before it is put together with those of its siblings. */
type Single = Pick<GuardChange, "kind" | "guard" | "grants" | "now"> & Pair;

/** Steps of these kinds protect; the others prepare. */
const PROTECTING = ["authentication", "decision", "signature", "stepUp"];
const ACCESS_ORDER = ["public", "unknown", "authenticated", "authorized"];
const CONDITION = /^(.*?) \(only when (.*)\)$/s;

/** Compares the routes of two results. */
export function routeChanges(before: readonly RouteRow[], after: readonly RouteRow[]): RouteChanges {
  const { pairs, added, removed } = paired(before, after);
  return {
    routesAdded: added,
    routesRemoved: removed,
    guards: grouped(pairs.flatMap(guardChanges)),
    demands: pairs.flatMap((pair) => demandChange(pair) ?? []),
  };
}

/** Same transport, method and path; where several agree in that, the same file first, then the order. */
function paired(before: readonly RouteRow[], after: readonly RouteRow[]) {
  const pairs: Pair[] = [];
  const keys = [
    (row: RouteRow) => `${row.transport}\0${row.method}\0${row.path}\0${row.file}\0${row.handler}`,
    (row: RouteRow) => `${row.transport}\0${row.method}\0${row.path}\0${row.file}`,
    (row: RouteRow) => `${row.transport}\0${row.method}\0${row.path}`,
  ];
  let removed = before;
  let added = after;
  for (const keyOf of keys) {
    const waiting = new Map<string, RouteRow[]>();
    for (const row of removed) waiting.set(keyOf(row), [...(waiting.get(keyOf(row)) ?? []), row]);
    const used = new Set<RouteRow>();
    added = added.filter((row) => {
      const partner = waiting.get(keyOf(row))?.shift();
      if (partner === undefined) return true;
      used.add(partner);
      pairs.push({ before: partner, after: row });
      return false;
    });
    removed = removed.filter((row) => !used.has(row));
  }
  return { pairs, added, removed };
}

function guardChanges(pair: Pair): Single[] {
  const { before, after } = pair;
  const fresh = after.guards.filter((step) => !before.guards.some((old) => nameOf(old) === nameOf(step)));
  const found = before.guards.filter(protects).flatMap((step): Single[] => {
    const change = changeOf(step, after.guards, fresh);
    return change === null ? [] : [{ ...change, guard: nameOf(step), grants: step.grants, ...pair }];
  });
  const fell = rank(after) < rank(before) && found.every((one) => one.kind === "replaced");
  if (!fell) return found;
  // no step tells why, so the verdict itself is what was weakened
  return [...found, { kind: "weakened", guard: "", grants: before.access, now: after.access, ...pair }];
}

function changeOf(step: Step, after: readonly Step[], fresh: readonly Step[]): Pick<Single, "kind" | "now"> | null {
  const same = after.filter((other) => nameOf(other) === nameOf(step));
  if (same.length === 0) {
    const heir = fresh.find((other) => other.grants === step.grants && conditionOf(other) === "");
    return heir === undefined ? { kind: "lost", now: "" } : { kind: "replaced", now: nameOf(heir) };
  }
  const granting = same.filter((other) => other.grants === step.grants);
  if (granting.length === 0) return { kind: "weakened", now: `grants ${same[0]?.grants ?? "nothing"}` };
  const conditions = granting.map(conditionOf);
  if (conditionOf(step) !== "" || conditions.includes("")) return null;
  return { kind: "weakened", now: `only when ${conditions[0]}` };
}

function protects(step: Step): boolean {
  return PROTECTING.includes(step.grants);
}

function nameOf(step: Step): string {
  return CONDITION.exec(step.name)?.[1] ?? step.name;
}

function conditionOf(step: Step): string {
  return CONDITION.exec(step.name)?.[2] ?? "";
}

function rank(row: RouteRow): number {
  return ACCESS_ORDER.indexOf(row.access);
}

/** What happened to one guard on many routes of one router is one change; losses first, then by place. */
function grouped(singles: readonly Single[]): readonly GuardChange[] {
  const groups = new Map<string, Single[]>();
  for (const one of singles) {
    const key = [one.kind, one.guard, one.grants, one.now, one.after.group].join("\0");
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const order = ["lost", "weakened", "replaced"];
  return [...groups.values()]
    .flatMap(([first, ...others]) => {
      if (first === undefined) return [];
      const { kind, guard, grants, now } = first;
      const all = [first, ...others];
      const routes = all.map((one) => one.after);
      const opened = all.filter((one) => one.after.access === "public" && one.before.access !== "public").length;
      return [{ kind, guard, grants, now, where: commonPlace(routes), routes, opened }];
    })
    .sort(
      (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || byText(a.where, b.where) || byText(a.guard, b.guard),
    );
}

/** The leading path segments that all routes share, else the file that most of them come from. */
function commonPlace(routes: readonly RouteRow[]): string {
  const [first, ...others] = routes;
  if (first === undefined) return "";
  if (others.length === 0) return `${first.method} ${first.path}`.trim();
  const shared = others.reduce((parts, row) => {
    const own = row.path.split("/");
    const differs = parts.findIndex((part, index) => own[index] !== part);
    return differs < 0 ? parts : parts.slice(0, differs);
  }, first.path.split("/"));
  const prefix = shared.join("/");
  return prefix === "" ? first.group || first.file : prefix;
}

function demandChange({ before, after }: Pair): DemandChange | null {
  const demands = (row: RouteRow): string[] => (row.requirement === "public" ? [] : row.requirement.split(", "));
  const dropped = demands(before).filter((one) => one !== "" && !demands(after).includes(one));
  return dropped.length === 0 ? null : { route: after, before: before.requirement, after: after.requirement };
}
