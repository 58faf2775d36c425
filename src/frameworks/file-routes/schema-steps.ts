/** Steps of routes whose factory asks by a schema who calls. */
import { type LinkQueries, unknown } from "../../program/values/origin.js";
import type { RawEntry, RawStep } from "../routing.js";
import { type CallerDemand, demandedCaller } from "./demanded-callers.js";

/** Entries with what the schemas demand that are handed over beside their handlers. */
export function withDemands(entries: readonly RawEntry[], queries: LinkQueries): readonly RawEntry[] {
  const demands = entries.map(({ handedAs }) => (handedAs ? demandedCaller(handedAs.object, queries) : null));
  const widest = Math.max(0, ...demands.map((demand) => demand?.kinds?.length ?? 0));
  return entries.map((entry, i) => {
    const demand = demands[i];
    return demand === null ? entry : { ...entry, steps: [...entry.steps, stepOf(demand, widest)] };
  });
}

/** Which kinds there are, the widest list tells: whoever lists fewer of them has decided. */
function stepOf({ name, place, person, machine, kinds }: CallerDemand, widest: number): RawStep {
  const decides = kinds !== null && kinds.length < widest;
  const grants = decides ? "decision" : person || machine ? "authentication" : "unknown";
  return {
    name,
    kind: "wrapper",
    place,
    origin: unknown("a schema"),
    given: () => [],
    continuation: "returns",
    condition: "",
    declared: { grants, ownSecret: machine },
  };
}
