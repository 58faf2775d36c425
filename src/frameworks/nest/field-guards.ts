/** Guards on fields that no framework runs, where every operation that leads to the field runs the same guard before. */
import type { TypeField } from "../../model/facts.js";
import type { RawEntry, RawFault } from "../routing.js";

export interface FieldFault {
  /** object type on which the field stands */
  readonly type: string;
  readonly fault: RawFault;
}

const OPERATIONS: ReadonlySet<string> = new Set(["QUERY", "MUTATION", "SUBSCRIPTION"]);

/** Those that anybody misses: some operation yields the type without having run the guard. */
export function missedGuards(
  faults: readonly FieldFault[],
  fields: readonly TypeField[],
  entries: readonly RawEntry[],
): readonly RawFault[] {
  const steps = new Map(
    entries.map((entry) => [`${entry.method} ${entry.path}`, entry.steps.map((step) => step.name)]),
  );
  return faults.flatMap(({ type, fault }) => {
    const operations = operationsTo(type, fields);
    const covered =
      operations.length > 0 && operations.every((operation) => steps.get(operation)?.includes(fault.name) === true);
    return covered ? [] : [fault];
  });
}

/** Keys of the operations from which a type can be reached, over whatever fields. */
function operationsTo(type: string, fields: readonly TypeField[]): readonly string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const queue = [type];
  for (let wanted = queue.pop(); wanted !== undefined; wanted = queue.pop()) {
    if (seen.has(wanted)) continue;
    seen.add(wanted);
    for (const field of fields) {
      if (field.yields !== wanted) continue;
      if (OPERATIONS.has(field.type)) found.push(`${field.type} ${field.name}`);
      else queue.push(field.type);
    }
  }
  return found;
}
