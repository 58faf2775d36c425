/** AG606: entry points whose refusals no test shows, where the manifest demands one. */
import { bestFits } from "../src/base/route-path.js";
import type { EntryPoint, ProvenRefusal, TestRequest } from "../src/model/facts.js";
import { demandedTests } from "../src/model/policy.js";
import { defineRule } from "../src/model/rule.js";
import { hasManifest, sourceOf } from "./support/manifest.js";

type Message = "untested" | "notRequested";

const MOST_RELATED = 3;

export const untestedAuthorization = defineRule<Message>({
  meta: {
    code: "AG606",
    name: "untested-authorization",
    title: "Refusal that no test shows",
    why: "A guard that no test exercises can be lost in any change, and nothing turns red. The policy demands such a test where the loss would be worst.",
    severity: "warning",
    securitySeverity: "3.7",
    precision: "high",
    cwe: [1068, 1059],
    taxa: ["API5:2023", "A01:2025", "PR.PS-06", "GV.PO-02", "ASVS-8.1.1"],
    since: "0.2.0",
    messages: {
      untested: "No test shows that '{entry}' refuses {missing}, which {source} demands.",
      notRequested: "No test sends a request to '{entry}'. {source} demands one that shows that it refuses {missing}.",
    },
  },
  *check(input) {
    const { tests } = input.facts;
    if (!hasManifest(input) || tests === undefined) return;
    const { policy } = input.policy;
    const requests = requestsByEntry(input.facts.entries, tests);
    for (const applied of input.policy.entries) {
      const { entry } = applied;
      // requests are told apart by their paths; what is called by name has none
      if (entry.transport !== "http" || entry.path === "") continue;
      const found = requests.get(entry) ?? [];
      const shown = new Set(found.flatMap((request) => request.shows));
      const missing = demandedTests(policy, applied).filter((kind) => !shown.has(kind));
      if (missing.length === 0) continue;
      const source = sourceOf(policy.routes[applied.route]);
      const none = found.length === 0;
      yield {
        message: none ? "notRequested" : "untested",
        data: { entry: entry.key, missing: wordsFor(missing), source: none ? capital(source) : source },
        subject: entry.key,
        place: entry.place,
        related: found.slice(0, MOST_RELATED).map(({ place }) => ({ place, label: "a test requests it here" })),
        flow: [],
        confidence: "inferred",
        remedy: `Write a test that requests '${entry.key}' and expects 401, 403 or, for rows of others, 404. Name in its title what is refused: ${wordsFor(missing)}.`,
      };
    }
  },
});

const WORDS: Readonly<Record<ProvenRefusal, string>> = {
  denial: "a caller who may not enter",
  roleChange: "a caller whose role was changed",
  otherTenant: "a caller of another tenant",
  deletedUser: "a deleted user",
};

function wordsFor(kinds: readonly ProvenRefusal[]): string {
  const words = kinds.map((kind) => WORDS[kind]);
  const last = words.pop() ?? "nobody";
  return words.length === 0 ? last : `${words.join(", ")} and ${last}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Each request counts for the entries that it would reach. */
function requestsByEntry(
  entries: readonly EntryPoint[],
  tests: readonly TestRequest[],
): ReadonlyMap<EntryPoint, readonly TestRequest[]> {
  const callable = entries.filter((entry) => entry.transport === "http" && entry.path !== "");
  const found = new Map<EntryPoint, TestRequest[]>();
  for (const test of tests) {
    const meant = callable.filter(
      ({ method }) => method === "ALL" || test.method === "*" || test.method === "HEAD" || method === test.method,
    );
    for (const entry of bestFits(meant, (one) => one.path, test.path)) {
      found.set(entry, [...(found.get(entry) ?? []), test]);
    }
  }
  return found;
}
