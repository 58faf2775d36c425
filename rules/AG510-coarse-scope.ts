/** AG510: one scope opens reading, writing and deleting alike. */
import type { EntryPoint } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { byKey, entryPlaces, verbClass } from "./support/entry-points.js";
import { counted, listed, sentences } from "./support/wording.js";

export const coarseScope = defineRule<"coarse">({
  meta: {
    code: "AG510",
    name: "coarse-scope",
    title: "One scope for a whole service",
    why: "A token can be no narrower than the scopes it may ask for. Where one of them opens everything, every client and every leaked token may read, change and delete all that there is.",
    severity: "note",
    securitySeverity: "3.5",
    precision: "medium",
    cwe: [1220, 250],
    taxa: ["API5:2023", "A01:2025", "NHI5:2025", "PR.AA-05", "ASVS-8.1.1"],
    since: "0.2.0",
    messages: {
      coarse: "'{scope}' is the only scope that {count} demand, whether they read, change or delete.{detail}",
    },
  },
  check(input) {
    return apps(input.facts.entries).flatMap((entries) => draft(entries, input) ?? []);
  },
});

const ENOUGH = 5;

/** The entry points that demand scopes, app by app. */
function apps(entries: readonly EntryPoint[]): readonly (readonly EntryPoint[])[] {
  const found = new Map<string, EntryPoint[]>();
  for (const entry of entries) {
    if (entry.scopes === undefined) continue;
    const same = found.get(entry.app ?? "");
    if (same === undefined) found.set(entry.app ?? "", [entry]);
    else same.push(entry);
  }
  return [...found.values()];
}

function draft(scoped: readonly EntryPoint[], { facts }: RuleInput): FindingDraft<"coarse"> | null {
  const entries = [...scoped].sort(byKey);
  const scopes = new Set(entries.flatMap((entry) => entry.scopes ?? []));
  const [scope] = scopes;
  const [first] = entries;
  if (scope === undefined || first === undefined || scopes.size !== 1 || entries.length < ENOUGH) return null;
  const verbs = new Set(entries.map((entry) => verbClass(entry, facts)));
  const groups = new Set(entries.map((entry) => entry.group));
  const paths = new Set(entries.map((entry) => entry.path.split("/").filter((part) => part !== "")[0] ?? ""));
  // what the scope itself names as one operation is not a whole service
  if (verbs.size < 2 || (groups.size < 2 && paths.size < 2)) return null;
  const detail = sentences([`${listed(entries.map((entry) => entry.key))} are open to whoever has it`]);
  return {
    message: "coarse",
    data: { scope, count: counted(entries.length, "entry point"), detail },
    subject: "project",
    aspect: scope,
    place: first.place,
    related: entryPlaces(entries.slice(1), 5),
    flow: [],
    confidence: "inferred",
    severity: "note",
    remedy: "Give each kind of data and each verb a scope of its own, and demand it where the operation is.",
  };
}
