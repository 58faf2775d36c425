/** Fields that hand out what belongs to the object they stand on, where that object is handed to others than its owner. */
import type { EntryPoint } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import { isAuthenticated, verbClass } from "./entry-points.js";
import { type ReachedAccess, type TenantData, tenantData } from "./tenant-data.js";

export interface ParentRows extends ReachedAccess {
  readonly entry: EntryPoint;
  readonly type: string;
  /** a field of another type that yields the same: `Member.user` */
  readonly way: string;
}

/** Field entries that read rows by their owner, who is the parent, and compare nobody with it. */
export function parentRows(input: RuleInput): ParentRows[] {
  const tenants = tenantData(input);
  const ways = waysTo(input);
  const shown = openlyRead(input, tenants);
  return input.facts.entries.flatMap((entry, index): ParentRows[] => {
    if (entry.method !== "FIELD" || entry.protection.decision || entry.intent !== null) return [];
    const [type = ""] = entry.path.split(".");
    const way = ways.get(type);
    if (way === undefined) return [];
    const found = tenants
      .reached(entry, index)
      .find((reached) => isOwnersRow(reached, tenants) && !shown.has(reached.access.model));
    return found === undefined ? [] : [{ ...found, entry, type, way }];
  });
}

function isOwnersRow({ access, reach }: ReachedAccess, tenants: TenantData): boolean {
  const { binding } = reach;
  if (binding.byParent !== true || reach.decided || access.operation !== "read") return false;
  const scoping = tenants.scopingOf(access.model);
  const column = binding.conjunct?.column ?? "";
  return scoping?.kind === "column" && scoping.columns.some((one) => one.role === "owner" && one.column === column);
}

/** Models that are shown to others on purpose: anybody reads them, or all of them are listed. One row by its id is a flaw. */
function openlyRead(input: RuleInput, tenants: TenantData): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [index, entry] of input.facts.entries.entries()) {
    if (entry.method === "FIELD" || verbClass(entry, input.facts) === "write") continue;
    const anybody = !isAuthenticated(entry);
    for (const { access, reach } of tenants.reached(entry, index)) {
      if (access.operation !== "read" || reach.binding.verdict !== "unbound" || reach.decided) continue;
      const chosen = access.conjuncts.some((part) => part.values.some((value) => value.source === "input"));
      if (anybody || !chosen) found.add(access.model);
    }
  }
  return found;
}

/** For each type one field of another type that yields it and that callers without an instance-wide privilege reach. */
function waysTo(input: RuleInput): ReadonlyMap<string, string> {
  const fields = input.facts.typeFields ?? [];
  const closed = new Set(
    input.facts.entries.filter((entry) => entry.protection.instanceWide === true).map((entry) => entry.key),
  );
  const operations = new Set(["QUERY", "MUTATION", "SUBSCRIPTION"]);
  const reached = new Set<string>();
  const ways = new Map<string, string>();
  // a type is entered once, so this ends
  const queue = [...operations];
  for (let type = queue.pop(); type !== undefined; type = queue.pop()) {
    for (const field of fields) {
      if (field.type !== type || closed.has(keyOf(type, field.name, operations))) continue;
      if (!operations.has(type) && type !== field.yields) {
        const way = `${type}.${field.name}`;
        const known = ways.get(field.yields);
        if (known === undefined || way < known) ways.set(field.yields, way);
      }
      if (reached.has(field.yields)) continue;
      reached.add(field.yields);
      queue.push(field.yields);
    }
  }
  return ways;
}

function keyOf(type: string, name: string, operations: ReadonlySet<string>): string {
  return operations.has(type) ? `${type} ${name}` : `FIELD ${type}.${name}`;
}
