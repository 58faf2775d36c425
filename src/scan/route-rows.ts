/** Entry points as rows of `authgap routes`. */
import type { EntryPoint, Facts } from "../model/facts.js";
import type { RouteRow } from "../model/finding.js";
import type { LocatedPlace, Place } from "../model/place.js";
import type { AppliedPolicy } from "../model/policy.js";

export function routeRows(
  facts: Facts,
  policy: AppliedPolicy,
  locate: (place: Place) => LocatedPlace,
): readonly RouteRow[] {
  const verdicts = scopedVerdicts(facts);
  return facts.entries.map((entry, index) => {
    const at = locate(entry.place);
    const applied = policy.entries[index];
    return {
      method: entry.method,
      path: entry.path,
      framework: entry.framework,
      transport: entry.transport,
      file: at.file,
      line: at.region.startLine,
      handler: entry.handler,
      access: accessOf(entry),
      intent: entry.intent?.reason ?? "",
      openBy: openBy(entry, applied?.public === true),
      tenantBound: tenantBound(verdicts.get(index) ?? []),
      requirement: applied === undefined || applied.public ? "public" : applied.require.join(", "),
      group: entry.group,
      guards: entry.steps.map((step) => {
        const place = locate(step.place);
        return {
          name:
            step.condition === "" || step.condition === "edge"
              ? step.name
              : `${step.name} (only when ${step.condition})`,
          file: place.file,
          line: place.region.startLine,
          grants: step.grants,
          confidence: step.confidence,
        };
      }),
    };
  });
}

function accessOf(entry: EntryPoint): RouteRow["access"] {
  const { authentication, decision, signature } = entry.protection;
  switch (authentication) {
    case "rejects":
    case "conditional":
    case "edge-only":
      return decision ? "authorized" : "authenticated";
    case "unknown":
      return "unknown";
    default:
      return signature ? "authenticated" : "public";
  }
}

/** '' for an entry that something guards, and for one that is simply open. */
function openBy(entry: EntryPoint, settled: boolean): RouteRow["openBy"] {
  if (accessOf(entry) !== "public") return "";
  return settled ? "policy" : (entry.intent?.by ?? "");
}

type Verdict = Facts["accesses"][number]["reaches"][number]["binding"]["verdict"];

/** What was found about the scoped data that each entry reaches. */
function scopedVerdicts(facts: Facts): ReadonlyMap<number, readonly Verdict[]> {
  const found = new Map<number, Verdict[]>();
  for (const { reaches } of facts.accesses) {
    for (const { entry, binding } of reaches) {
      if (entry === null || binding.verdict === "not-scoped") continue;
      const known = found.get(entry);
      if (known === undefined) found.set(entry, [binding.verdict]);
      else known.push(binding.verdict);
    }
  }
  return found;
}

function tenantBound(verdicts: readonly Verdict[]): RouteRow["tenantBound"] {
  if (verdicts.length === 0) return "none";
  if (verdicts.every((verdict) => verdict === "bound")) return "yes";
  return verdicts.some((verdict) => verdict !== "bound" && verdict !== "unknown") ? "no" : "unknown";
}
