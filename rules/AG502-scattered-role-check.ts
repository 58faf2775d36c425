/** AG502: handlers compare roles by themselves, outside the policy layer, and not all alike. */
import type { RoleTest } from "../src/model/facts.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { entriesByKey, entryPlaces } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { counted, listed, sentences } from "./support/wording.js";

type Message = "scattered" | "diverging";

export const scatteredRoleCheck = defineRule<Message>({
  meta: {
    code: "AG502",
    name: "scattered-role-check",
    title: "Role compared in a handler",
    why: "Who may do what cannot be read, reviewed or changed where it is spread over handlers. Copies of the same check drift apart, and the weakest one is found first.",
    severity: "warning",
    securitySeverity: "4.3",
    precision: "medium",
    cwe: [863, 1220],
    taxa: ["API5:2023", "A01:2025", "A06:2025", "PR.AA-05", "ASVS-8.1.1"],
    since: "0.1.0",
    messages: {
      scattered: "'{entry}' compares '{subject}' by itself instead of asking the policy layer.{detail}",
      diverging: "'{entry}' demands {roles}, unlike the copies of this check beside it.{detail}",
    },
  },
  check(input) {
    const tests = input.facts.roleTests.filter(({ place }) => !input.policy.policyLayer(place.file));
    return onePerPlace(drafts(tests, input));
  },
});

const ENOUGH = 3;

function* drafts(tests: readonly RoleTest[], input: RuleInput): Generator<FindingDraft<Message>> {
  for (const test of tests) {
    const beside = tests.filter(
      (other) => other !== test && other.group === test.group && other.subject === test.subject,
    );
    const usual = majority(beside);
    if (usual !== null && drifted(test, usual.roles)) yield diverging(test, usual, input);
    else if (tests.length >= ENOUGH && input.profile === "audit") yield scattered(test, tests.length, input);
  }
}

interface Usual {
  readonly roles: readonly string[];
  readonly tests: readonly RoleTest[];
}

/** What at least two copies, and most of them, demand. */
function majority(tests: readonly RoleTest[]): Usual | null {
  for (const { roles } of tests) {
    const alike = tests.filter((other) => other.roles.join() === roles.join());
    if (alike.length >= 2 && alike.length * 3 > tests.length * 2) return { roles, tests: alike };
  }
  return null;
}

/** More roles get through here than elsewhere, beside all those that do elsewhere. */
function drifted({ roles }: RoleTest, usual: readonly string[]): boolean {
  return roles.length > usual.length && usual.every((role) => roles.includes(role));
}

function diverging(test: RoleTest, usual: Usual, input: RuleInput): FindingDraft<Message> {
  const peers = usual.tests.flatMap((other) => other.entries);
  const detail = sentences([`${listed(peers)} demand ${listed(usual.roles)}`]);
  return { ...draft(test, "diverging", { roles: listed(test.roles), detail }, input), severity: "warning" };
}

function scattered(test: RoleTest, count: number, input: RuleInput): FindingDraft<Message> {
  const detail = sentences([`It demands ${listed(test.roles)}`, `${counted(count, "handler")} of this project do so`]);
  return { ...draft(test, "scattered", { subject: test.subject, detail }, input), severity: "note" };
}

function draft(
  test: RoleTest,
  message: Message,
  data: Readonly<Record<string, string>>,
  { facts }: RuleInput,
): FindingDraft<Message> {
  const entries = entriesByKey(test.entries, facts);
  const entry = test.entries[0] ?? "";
  return {
    message,
    data: { entry, ...data },
    subject: entry,
    aspect: test.subject,
    place: test.place,
    related: entryPlaces(entries),
    flow: [...entryPlaces(entries, 1), { place: test.place, label: `'${test.subject}' is compared here` }],
    confidence: "inferred",
    remedy: "Ask one function of the policy layer, and let it know which roles may.",
  };
}
