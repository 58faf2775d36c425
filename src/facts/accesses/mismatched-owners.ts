/**
 * A row that names one person twice, by two values of the request: as the user, and by a membership of that user. What was
 * checked of the membership's user says nothing of the other.
 */
import type { DataCall, WrittenColumn } from "../../frameworks/data/data-call.js";
import type { DataColumn, TenancyModel } from "../../model/data-model.js";
import type { WrittenKey } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { normalizeKey } from "../tenancy/tenancy.js";
import { isHeldAgainst } from "./held-values.js";
import { valueKey } from "./ledger-values.js";
import type { ModelIndex } from "./written-keys.js";

type Input = Extract<Origin, { kind: "source" }>;

interface Keyed {
  readonly column: DataColumn;
  readonly written: WrittenColumn;
  readonly input: Input;
}

/** The keys of persons that nothing holds against the row through which the same write names them as well. */
export function mismatchedOwners(
  call: DataCall,
  facts: readonly Fact[],
  tenancy: TenancyModel,
  models: ModelIndex,
  analysis: Analysis,
): readonly WrittenKey[] {
  const columns = models.modelOf(call.model)?.columns.filter(({ references }) => references !== "") ?? [];
  if (columns.length < 2) return [];
  const keyed = call.written.flatMap((written): Keyed[] => {
    const column = columns.find(({ name }) => name === written.column);
    const input = leaves(written.values).find((value): value is Input => isInput(value));
    return column === undefined || input === undefined ? [] : [{ column, written, input }];
  });
  return keyed.flatMap((person) => {
    if (person.column.references !== tenancy.user) return [];
    const other = keyed.find((one) => one !== person && namesSame(one, person, models));
    if (other === undefined || facts.some((fact) => isHeldAgainst(fact, valueKey(person.input)))) return [];
    if (!facts.some((fact) => wasFound(fact, other, analysis))) return [];
    const { column, written, input } = person;
    return [
      {
        column: column.name,
        role: "owner" as const,
        references: column.references,
        path: input.path,
        place: written.place,
        besides: { model: other.column.references, path: other.input.path },
      },
    ];
  });
}

function isInput(value: Origin): boolean {
  return value.kind === "source" && value.source === "input" && value.path !== "";
}

/** The model that one key leads to has a key of its own, of the same name and to the same model as the other. */
function namesSame(one: Keyed, person: Keyed, models: ModelIndex): boolean {
  if (valueKey(one.input) === valueKey(person.input)) return false;
  const between = models.modelOf(one.column.references);
  return (
    between !== undefined &&
    between.columns.some(
      ({ name, references }) =>
        references === person.column.references && normalizeKey(name) === normalizeKey(person.column.name),
    )
  );
}

/** The row in between was looked for by its key, and is there. */
function wasFound(fact: Fact, { column, input }: Keyed, { data, queries }: Analysis): boolean {
  if (fact.kind !== "present") return false;
  const key = valueKey(input);
  return fact.of.some((row) => {
    if (row.kind !== "source" || row.source !== "row" || row.site === null) return false;
    const found = data.loading(row.site, queries);
    const terms = found?.model === column.references ? found.filter.alternatives.flat() : [];
    return terms.some(({ position, values }) => position === "and" && leaves(values).some((o) => valueKey(o) === key));
  });
}
