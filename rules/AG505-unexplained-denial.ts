/** AG505: refusals that do not say why. */
import type { Denial } from "../src/model/conduct.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { entriesByKey, entryPlaces } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { symbolSubject } from "./support/token-reads.js";
import { counted, sentences } from "./support/wording.js";

type Message = "unexplained" | "never";

export const unexplainedDenial = defineRule<Message>({
  meta: {
    code: "AG505",
    name: "unexplained-denial",
    title: "Denial without a reason",
    why: "Who is refused and not told why asks support for a broader role and gets it. A reason that names the missing right keeps roles narrow, and lets the operators tell a wrong rule from an attack.",
    severity: "note",
    securitySeverity: "2.0",
    precision: "medium",
    cwe: [755],
    taxa: ["A09:2025", "PR.AA-05", "ASVS-16.3.2"],
    since: "0.2.0",
    messages: {
      unexplained: "'{form}' refuses without a reason, unlike most refusals of this project.{detail}",
      never: "No refusal of this project says why.{detail}",
    },
  },
  check(input) {
    return onePerPlace(drafts(input));
  },
});

const ENOUGH = 3;

function* drafts(input: RuleInput): Generator<FindingDraft<Message>> {
  const { denials } = input.facts;
  const bare = denials.filter((one) => !one.explained && !input.policy.policyLayer(one.place.file));
  const [first] = bare;
  if (first === undefined) return;
  if (bare.length === denials.length) {
    if (bare.length >= ENOUGH) yield never(first, bare, input);
    return;
  }
  // where most are bare, that is how the project answers; the few that explain are the exception
  if (bare.length * 2 >= denials.length) return;
  for (const one of bare) yield draft(one, "unexplained", { form: one.form, detail: "" }, input);
}

function never(first: Denial, bare: readonly Denial[], input: RuleInput): FindingDraft<Message> {
  const detail = sentences([`${counted(bare.length, "refusal")} were seen, the first is '${first.form}'`]);
  const made = draft(first, "never", { detail }, input);
  const others = bare.slice(1, 6).map((one) => ({ place: one.place, label: `'${one.form}' refuses here` }));
  return { ...made, subject: "project", related: others };
}

function draft(
  one: Denial,
  message: Message,
  data: Readonly<Record<string, string>>,
  { facts }: RuleInput,
): FindingDraft<Message> {
  const entries = entriesByKey(one.entries, facts);
  return {
    message,
    data,
    subject: symbolSubject(one.place, one.symbol),
    place: one.place,
    related: entryPlaces(entries, 3),
    flow: [...entryPlaces(entries, 1), { place: one.place, label: `'${one.form}' refuses here` }],
    confidence: "inferred",
    severity: "note",
    remedy:
      "Name the right that is missing, in words for a person and in a code for programs; say no more than the caller may know.",
  };
}
