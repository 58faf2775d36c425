/** AG509: the holder of a machine's key becomes the person who made it. */
import type { MixedPrincipal } from "../src/model/conduct.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { byKey, entriesByKey, entryPlaces } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { riskyEntries } from "./support/risky-entries.js";
import { symbolSubject } from "./support/token-reads.js";
import { listed, sentences } from "./support/wording.js";

type Message = "mixed" | "mints";

export const serviceAccountAsUser = defineRule<Message>({
  meta: {
    code: "AG509",
    name: "service-account-as-user",
    title: "Machines and people are one and the same",
    why: "A key lies in configuration, logs and build servers, and whoever finds it is the person who made it: with every right of theirs, on every operation, and in the records under their name.",
    severity: "warning",
    securitySeverity: "5.9",
    precision: "medium",
    cwe: [269, 287],
    taxa: ["API2:2023", "API5:2023", "A01:2025", "NHI5:2025", "NHI10:2025", "PR.AA-05", "ASVS-8.2.1"],
    since: "0.2.0",
    messages: {
      mixed: "'{member}' is the person who signed in or the owner of a key, and nothing tells which.{detail}",
      mints:
        "'{member}' is the owner of a key as if they had signed in, so that a key can do what only people should.{detail}",
    },
  },
  check(input) {
    const risky = new Set(riskyEntries(input).map(({ entry }) => entry.key));
    return onePerPlace(input.facts.mixedPrincipals.map((one) => draft(one, risky, input)));
  },
});

function draft(one: MixedPrincipal, risky: ReadonlySet<string>, { facts }: RuleInput): FindingDraft<Message> {
  const entries = entriesByKey(one.entries, facts);
  const minted = entries.filter((entry) => risky.has(entry.key) && !entry.protection.stepUp).sort(byKey);
  const mints = minted.length > 0;
  const detail = sentences([
    one.how ?? `The key is found through '${one.key}'`,
    mints ? `It opens ${listed(minted.map((entry) => entry.key))}` : "",
  ]);
  return {
    message: mints ? "mints" : "mixed",
    data: { member: one.member, detail },
    subject: symbolSubject(one.place, one.symbol),
    aspect: one.member,
    place: one.place,
    related: entryPlaces(mints ? minted : entries, 3),
    flow: [{ place: one.place, label: `it becomes '${one.member}'` }, ...entryPlaces(mints ? minted : entries, 1)],
    confidence: mints ? "proven" : "inferred",
    severity: mints ? "warning" : "note",
    remedy:
      "Keep the kind of principal beside who it is, give keys scopes of their own, and refuse them where only people may act.",
  };
}
