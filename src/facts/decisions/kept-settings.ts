/** Settings that a service keeps in a row of its own: whoever runs it chooses them, and no request says which row is read. */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import { ONE_ROW } from "../../model/accesses.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { isSetting } from "./configured-people.js";

/** A way on which nothing but settings of the service is tested. */
export function isOperatorsChoice(path: readonly Fact[], data: DataRecogniser, queries: LinkQueries): boolean {
  return (
    path.length > 0 &&
    path.every(
      (fact) =>
        (fact.kind === "present" || fact.kind === "absent") &&
        (isSetting(fact.of) || isKeptSetting(fact.of, data, queries)),
    )
  );
}

/** `settings.rolesActive` of `prisma.settings.findFirst()` and of no row that a request picks. */
function isKeptSetting(origins: readonly Origin[], data: DataRecogniser, queries: LinkQueries): boolean {
  const speaking = leaves(origins).filter((o) => o.kind !== "constant");
  return speaking.length > 0 && speaking.every((o) => isColumnOfOneRow(o, data, queries));
}

function isColumnOfOneRow(origin: Origin, data: DataRecogniser, queries: LinkQueries): boolean {
  if (origin.kind !== "source" || origin.source !== "row" || origin.site === null || origin.path === "") return false;
  const call = data.loading(origin.site, queries);
  return call !== null && call.operation === "read" && ONE_ROW.test(call.method) && isPickedByCode(call);
}

/** No filter at all, or `{ id: 1 }` */
function isPickedByCode({ filter }: DataCall): boolean {
  if (!filter.known) return false;
  const terms = filter.alternatives.flat();
  return terms.every(({ values }) => values.length > 0 && leaves(values).every((o) => o.kind === "constant"));
}
