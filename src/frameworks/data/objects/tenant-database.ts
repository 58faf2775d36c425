/** A database of its own for each tenant: which one is chosen is as good as a predicate on the tenant. */
import { leaves } from "../../../program/values/computed-origins.js";
import type { Origin, OriginQueries, PackageOrigin, Site } from "../../../program/values/origin.js";
import { comparison } from "../builder-filter.js";
import { argumentsOf } from "../builders/knex-steps.js";
import type { Reading } from "../filter-terms.js";

const CHOOSES = /\.(?:useDb|db)\(\)$/;
const TENANT = "tenantId";
const SETTINGS = /^_*(?:options|opts|config|configuration|settings|env|environment)$/i;

/** `connection.useDb(`tenant-${id}`)`, `client.db(id)`; nothing where one database serves all. */
export function chosenDatabase(callee: PackageOrigin, queries: OriginQueries): readonly Reading[] {
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    if (step.site === null || !CHOOSES.test(step.path)) continue;
    const [name] = argumentsOf(step.site);
    const values = name === undefined ? [] : partsOf(name, queries);
    if (name !== undefined && values.some(choosesByCaller))
      return [comparison(TENANT, "=", values.filter(choosesByCaller), name)];
  }
  return [];
}

/** Configuration and constants are the same for everybody, also when they are handed to who connects. */
function choosesByCaller(origin: Origin): boolean {
  if (origin.kind === "parameter") {
    const { name } = origin.fn.info.params[origin.index] ?? { name: "" };
    return origin.path.length === 0 || !SETTINGS.test(name);
  }
  return (
    origin.kind === "source" && (origin.source === "identity" || origin.source === "input" || origin.source === "row")
  );
}

function partsOf(site: Site, queries: OriginQueries): readonly Origin[] {
  return leaves(queries.evaluate(site)).flatMap((origin) => {
    if (origin.kind !== "literal" || origin.form !== "template") return [origin];
    const { fn, v, frame } = origin.site;
    return Array.from(fn.list(fn.a(v))).flatMap((item, index) =>
      index % 2 === 1 ? leaves(queries.evaluate({ fn, v: item, frame })) : [],
    );
  });
}
