/** AG508: operations for administrators and for everybody behind one guard. */
import type { EntryPoint } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { byKey, entryPlaces, hasCaller, verbClass } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { knowsRoles } from "./support/privileges.js";
import { counted, listed, sentences } from "./support/wording.js";

export const mixedAdminSurface = defineRule<"mixed">({
  meta: {
    code: "AG508",
    name: "mixed-admin-surface",
    title: "Administration behind the guard of everybody",
    why: "An operation for administrators that stands among those for everybody, behind the same guard, is open to everybody. Even when it decides inside, the next one added beside it will not.",
    severity: "warning",
    securitySeverity: "5.4",
    precision: "medium",
    cwe: [862, 250],
    taxa: ["API5:2023", "A01:2025", "A06:2025", "PR.AA-05", "ASVS-8.2.1"],
    since: "0.1.0",
    messages: {
      mixed: "'{entry}' is for administrators and stands behind the same guard as what is for everybody.{detail}",
    },
  },
  check(input) {
    return onePerPlace(mixed(input));
  },
});

const ADMIN = /(?:^|[/.:_-])(?:admin|administration|superuser|backoffice|staff)(?=$|[/.:_-])/i;

function* mixed(input: RuleInput): Generator<FindingDraft<"mixed">> {
  const roles = knowsRoles(input.facts);
  for (const entries of groups(input.facts.entries)) {
    const admin = entries.filter((entry) => ADMIN.test(entry.path) && undecided(entry));
    const others = entries.filter((entry) => !ADMIN.test(entry.path));
    for (const entry of admin) {
      const alike = others.filter((other) => guardsOf(other) === guardsOf(entry));
      if (alike.length > 0) yield draft(entry, alike, roles, input);
    }
  }
}

function undecided({ protection, machine }: EntryPoint): boolean {
  return protection.authentication === "rejects" && !protection.decision && machine !== true;
}

function groups(entries: readonly EntryPoint[]): Iterable<readonly EntryPoint[]> {
  const found = new Map<string, EntryPoint[]>();
  for (const entry of entries) {
    if (!hasCaller(entry) || entry.transport === "page" || entry.method === "FIELD") continue;
    const key = `${entry.app ?? ""}:${entry.group}`;
    const same = found.get(key);
    if (same === undefined) found.set(key, [entry]);
    else same.push(entry);
  }
  return found.values();
}

/** What stands before an entry that has to do with who calls, in order. */
function guardsOf({ steps }: EntryPoint): string {
  return steps
    .filter((step) => step.kind !== "inline" && (step.grants === "authentication" || step.grants === "decision"))
    .map((step) => step.name)
    .join(" ");
}

function draft(
  entry: EntryPoint,
  alike: readonly EntryPoint[],
  roles: boolean,
  input: RuleInput,
): FindingDraft<"mixed"> {
  const peers = [...alike].sort(byKey);
  const guard = guardsOf(entry);
  const detail = sentences([
    guard === "" ? "" : `Both run behind ${listed(guard.split(" "))}, and nothing else decides`,
    `${counted(peers.length, "entry point")} of '${entry.group}' ${peers.length === 1 ? "is" : "are"} for everybody`,
  ]);
  return {
    message: "mixed",
    data: { entry: entry.key, detail },
    subject: entry.key,
    place: entry.place,
    related: entryPlaces(peers, 3),
    flow: [
      { place: entry.registration, label: `'${entry.key}' is registered` },
      ...entry.steps.slice(0, 8).map((step) => ({ place: step.place, label: `'${step.name}' runs before it` })),
    ],
    // only its path says that it is for administrators
    confidence: "inferred",
    severity: roles && verbClass(entry, input.facts) === "write" ? "warning" : "note",
    remedy: "Give administration a router of its own, with a guard that decides.",
  };
}
