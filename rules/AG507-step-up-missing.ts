/** AG507: operations of high risk that a session alone opens, however old it is. */
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { byKey, entryPlaces } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { type RiskyEntry, riskyEntries } from "./support/risky-entries.js";
import { listed, sentences } from "./support/wording.js";

type Message = "unlike" | "session";

interface Operation extends RiskyEntry {
  readonly forPassword: boolean;
}

export const stepUpMissing = defineRule<Message>({
  meta: {
    code: "AG507",
    name: "step-up-missing",
    title: "Operation of high risk without a fresh sign-in",
    why: "A stolen or forgotten session is worth what it opens. Where keys, members, money and passwords change hands on the strength of a session of last week, that is everything.",
    severity: "warning",
    securitySeverity: "5.0",
    precision: "medium",
    cwe: [306, 308],
    taxa: ["API2:2023", "A07:2025", "PR.AA-03", "ASVS-7.5.1"],
    since: "0.2.0",
    messages: {
      unlike: "'{entry}' {risk} without the fresh sign-in that operations like it demand.{detail}",
      session: "'{entry}' {risk}, and a session of any age is enough.{detail}",
    },
  },
  check(input) {
    return onePerPlace(drafts(input));
  },
});

function* drafts(input: RuleInput): Generator<FindingDraft<Message>> {
  const risky = riskyEntries(input);
  const operations = distinct(risky).map((one) => ({ ...one, forPassword: isForPassword(one) }));
  for (const one of risky) {
    if (one.entry.protection.stepUp || CONFIRMS.test(lastOf(one.entry.path))) continue;
    const peers = stronger(one, operations);
    if (peers.length >= 2) yield unlike(one, peers);
    else if (input.profile === "audit") yield draft(one, "session", "");
  }
}

/** Operations of the same kind, or of the same router, that demand more; none when as many of them do not. */
function stronger(one: RiskyEntry, operations: readonly Operation[]): readonly RiskyEntry[] {
  const forPassword = isForPassword(one);
  // whoever changes a password is asked for the one before: nothing that other operations were to ask
  const sameApp = operations.filter(
    (other) => !isSame(other, one) && other.entry.app === one.entry.app && (forPassword || !other.forPassword),
  );
  const kind = sameApp.filter((other) => other.risk.what === one.risk.what);
  const beside = sameApp.filter((other) => other.entry.group === one.entry.group);
  return [kind, beside].map(demanding).find((peers) => peers.length >= 2) ?? [];
}

function isSame({ entry: { place: a } }: RiskyEntry, { entry: { place: b } }: RiskyEntry): boolean {
  return a.file === b.file && a.start === b.start;
}

/** One for each handler: what is published as a procedure and as a route is one operation. */
function distinct(risky: readonly RiskyEntry[]): readonly RiskyEntry[] {
  return risky.filter((one, index) => risky.findIndex((other) => isSame(other, one)) === index);
}

function isForPassword({ entry }: RiskyEntry): boolean {
  return PASSWORD.test(lastOf(entry.path));
}

const PASSWORD = /password|passcode/i;
/** The second half of an operation: its first half is where somebody is asked. */
const CONFIRMS = /^confirm(?:[A-Z_-]|$)/;

function lastOf(path: string): string {
  return path.split(/[/.#]/).findLast((segment) => segment !== "" && !segment.startsWith(":")) ?? "";
}

function demanding(peers: readonly RiskyEntry[]): readonly RiskyEntry[] {
  const found = peers.filter(({ entry }) => entry.protection.stepUp);
  return found.length * 3 >= peers.length * 2 ? found : [];
}

function unlike(one: RiskyEntry, peers: readonly RiskyEntry[]): FindingDraft<Message> {
  const entries = peers.map(({ entry }) => entry).sort(byKey);
  const asks = entries.flatMap(({ steps }) => steps.filter((step) => step.grants === "stepUp"));
  const names = [...new Set(asks.map((step) => step.name))].sort();
  const detail = `${listed(entries.map((entry) => entry.key))} ask through ${listed(names)}`;
  return {
    ...draft(one, "unlike", detail),
    related: entryPlaces(entries, 3),
    confidence: "proven",
    severity: "warning",
  };
}

function draft({ entry, risk }: RiskyEntry, message: Message, detail: string): FindingDraft<Message> {
  return {
    message,
    data: { entry: entry.key, risk: risk.what, detail: sentences([detail]) },
    subject: entry.key,
    place: entry.place,
    related: [],
    flow: [
      { place: entry.registration, label: `'${entry.key}' is registered` },
      ...entry.steps.slice(0, 8).map((step) => ({ place: step.place, label: `'${step.name}' runs before it` })),
    ],
    confidence: "inferred",
    severity: "note",
    remedy:
      "Demand a sign-in of the last minutes or a second factor before it: 'auth_time', 'amr', the password once more.",
  };
}
