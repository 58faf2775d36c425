/** AG504: operations of high risk that leave no record of who was allowed to do what. */
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { byKey, entryPlaces } from "./support/entry-points.js";
import { onePerPlace } from "./support/one-per-place.js";
import { type RiskyEntry, riskyEntries } from "./support/risky-entries.js";
import { counted, sentences } from "./support/wording.js";

type Message = "unrecorded" | "unlike" | "nowhere";

export const decisionNotLogged = defineRule<Message>({
  meta: {
    code: "AG504",
    name: "decision-not-logged",
    title: "Operation of high risk without a record",
    why: "After an incident the first question is who did what, with which right, to whose data. Where the operations that matter leave no record, nobody can tell an abuse from an ordinary day.",
    severity: "warning",
    securitySeverity: "4.0",
    precision: "medium",
    cwe: [778],
    taxa: ["A09:2025", "PR.AA-05", "DE.CM-03", "ASVS-16.3.2"],
    since: "0.2.0",
    messages: {
      unrecorded: "'{entry}' {risk}, and leaves no record of who decided it.{detail}",
      unlike: "'{entry}' {risk} without a record, unlike the operations beside it.{detail}",
      nowhere: "None of the operations of high risk leaves a record of who decided what.{detail}",
    },
  },
  check(input) {
    return onePerPlace(drafts(input));
  },
});

const ENOUGH = 3;

/** Application by application: what one records says nothing of another, and shares of a divided run see only theirs. */
function* drafts(input: RuleInput): Generator<FindingDraft<Message>> {
  const risky = riskyEntries(input);
  for (const app of new Set(risky.map(({ entry }) => entry.app ?? "")))
    yield* draftsOf(
      app,
      risky.filter(({ entry }) => (entry.app ?? "") === app),
      input,
    );
}

function* draftsOf(app: string, risky: readonly RiskyEntry[], input: RuleInput): Generator<FindingDraft<Message>> {
  const silent = risky.filter(({ entry }) => entry.records === undefined);
  const own = input.facts.entries.filter((entry) => (entry.app ?? "") === app);
  const practised = own.filter((entry) => entry.records === "audit").length >= 2;
  if (!practised) {
    if (silent.length >= ENOUGH && silent.length === risky.length) yield nowhere(app, silent);
    return;
  }
  for (const one of silent) {
    const peers = recordingPeers(one, risky);
    if (peers !== null) yield unlike(one, peers);
    else if (input.profile === "audit") yield draft(one, "unrecorded", "Others of this project do", "note");
  }
}

/** At least three of the same router, and four of five there, keep a trail. */
function recordingPeers(one: RiskyEntry, risky: readonly RiskyEntry[]): readonly RiskyEntry[] | null {
  const beside = risky.filter(
    (other) => other !== one && other.entry.group === one.entry.group && other.entry.app === one.entry.app,
  );
  const recording = beside.filter(({ entry }) => entry.records === "audit");
  return recording.length >= ENOUGH && recording.length * 5 >= beside.length * 4 ? recording : null;
}

function unlike(one: RiskyEntry, peers: readonly RiskyEntry[]): FindingDraft<Message> {
  const detail = `${counted(peers.length, "operation")} of '${one.entry.group}' ${peers.length === 1 ? "keeps" : "keep"} one`;
  const made = draft(one, "unlike", detail, "warning");
  return { ...made, confidence: "proven", related: entryPlaces(peers.map(({ entry }) => entry).sort(byKey), 3) };
}

function nowhere(app: string, silent: readonly RiskyEntry[]): FindingDraft<Message> {
  const entries = silent.map(({ entry }) => entry).sort(byKey);
  const [first] = silent.toSorted((a, b) => byKey(a.entry, b.entry));
  if (first === undefined) throw new Error("an operation without a record was counted");
  const detail = sentences([`${counted(entries.length, "operation")} were seen, '${first.entry.key}' among them`]);
  return {
    ...draft(first, "nowhere", "", "note"),
    data: { detail },
    subject: app === "" ? "project" : app,
    related: entryPlaces(entries.slice(1), 5),
  };
}

function draft(
  { entry, risk }: RiskyEntry,
  message: Message,
  detail: string,
  severity: "warning" | "note",
): FindingDraft<Message> {
  return {
    message,
    data: { entry: entry.key, risk: risk.what, detail: sentences([detail]) },
    subject: entry.key,
    place: entry.place,
    related: [],
    flow: [
      { place: entry.registration, label: `'${entry.key}' is registered` },
      { place: entry.place, label: "no record is written from here on" },
    ],
    confidence: "inferred",
    severity,
    remedy: "Record the decision with the caller, what was decided on, the tenant and the outcome, allowed or not.",
  };
}
