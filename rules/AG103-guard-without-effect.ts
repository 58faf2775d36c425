/** AG103: a check is there and cannot stop the request. */
import type { EntryPoint, Facts, GuardFault, GuardFaultKind } from "../src/model/facts.js";
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { claimed } from "./support/certainty.js";
import { entriesByKey, entryPlaces } from "./support/entry-points.js";
import { handlerBelow } from "./support/faulty-entries.js";
import { onePerPlace } from "./support/one-per-place.js";
import { listed, sentences } from "./support/wording.js";

type Message =
  | "notAwaited"
  | "resultUnused"
  | "noReturn"
  | "notThrown"
  | "swallowed"
  | "continues"
  | "polarity"
  | "factory"
  | "metadata"
  | "arity"
  | "field"
  | "optionalCall";

interface FaultKind {
  readonly message: Message;
  readonly remedy: string;
  /** the fault stands where the guard is used, so its subject is the entry point; else it is the guard itself */
  readonly atUse: boolean;
}

const KINDS: Readonly<Record<GuardFaultKind, FaultKind>> = {
  "not-awaited": {
    message: "notAwaited",
    remedy: "Await the call, so that its rejection ends the request.",
    atUse: true,
  },
  "result-unused": {
    message: "resultUnused",
    remedy: "Test the result and end the request when it says no.",
    atUse: true,
  },
  "no-return-after-rejecting": { message: "noReturn", remedy: "Return right after answering.", atUse: false },
  "refusal-not-thrown": {
    message: "notThrown",
    remedy: "Throw it, or return it where errors are returned.",
    atUse: false,
  },
  "swallowed-by-catch": {
    message: "swallowed",
    remedy: "Rethrow in the catch, or answer with an error and return.",
    atUse: false,
  },
  "continues-after-catch": {
    message: "continues",
    remedy: "End the request on every path through the catch.",
    atUse: false,
  },
  "opposite-polarity": {
    message: "polarity",
    remedy: "Negate the condition, as the other uses of this check do.",
    atUse: true,
  },
  "factory-not-called": { message: "factory", remedy: "Call the factory and pass on what it returns.", atUse: true },
  "metadata-without-guard": {
    message: "metadata",
    remedy: "Add the guard that reads this metadata to the method, the class or the whole application.",
    atUse: true,
  },
  "error-handler-arity": {
    message: "arity",
    remedy: "Take exactly the parameters of a normal step: one with an error parameter runs for errors only.",
    atUse: false,
  },
  "field-not-guarded": {
    message: "field",
    remedy: "Enable guards for fields, or compare owner and caller in the field itself.",
    atUse: true,
  },
  "optional-call": {
    message: "optionalCall",
    remedy: "Make the check mandatory: a missing function or object must reject.",
    atUse: true,
  },
};

export const guardWithoutEffect = defineRule<Message>({
  meta: {
    code: "AG103",
    name: "guard-without-effect",
    title: "Guard that cannot stop the request",
    why: "A check that runs and whose refusal changes nothing is worse than none: readers and reviewers trust it, and every caller passes.",
    severity: "error",
    securitySeverity: "8.1",
    precision: "high",
    cwe: [636, 252, 755, 862],
    taxa: ["API5:2023", "A10:2025", "A01:2025", "PR.AA-05", "ASVS-16.5.3"],
    since: "0.1.0",
    messages: {
      notAwaited: "'{guard}' is asynchronous and not awaited, so the request goes on before it has decided.{detail}",
      resultUnused: "The result of '{guard}' is not used, so nothing depends on what it decides.{detail}",
      noReturn: "'{guard}' answers with a rejection and then goes on.{detail}",
      notThrown: "'{guard}' is made and neither thrown nor returned, so nobody is turned away.{detail}",
      swallowed: "The rejection of '{guard}' is caught and dropped.{detail}",
      continues: "'{guard}' goes on after its catch as if the check had passed.{detail}",
      polarity: "'{guard}' is tested the other way round than everywhere else.{detail}",
      factory: "'{guard}' makes a guard and is passed without being called, so no check runs.{detail}",
      metadata: "'{guard}' only sets metadata, and no guard that reads it runs here.{detail}",
      arity: "'{guard}' has the parameters of an error handler and never runs for normal requests.{detail}",
      field: "'{guard}' stands on a field for which no guard runs.{detail}",
      optionalCall: "'{guard}' is called only if it is there, and the request goes on without it.{detail}",
    },
  },
  check({ facts }) {
    return onePerPlace(facts.guardFaults.map((fault) => draft(fault, facts)));
  },
});

function draft(fault: GuardFault, facts: Facts): FindingDraft<Message> {
  const kind = KINDS[fault.kind];
  const entries = entriesByKey(fault.entries, facts);
  const sure = fault.confidence === "proven" || fault.confidence === "inferred";
  return {
    message: kind.message,
    data: { guard: fault.name, detail: sentences([protects(fault.entries)]) },
    subject: subjectOf(fault, kind, entries),
    aspect: `${fault.kind} ${fault.name}`,
    place: fault.place,
    related: [...evidence(fault), ...entryPlaces(entries)],
    flow: [
      ...entryPlaces(entries, 1),
      ...evidence(fault),
      { place: fault.place, label: `'${fault.name}' does not stop the request` },
    ],
    confidence: claimed(fault.confidence),
    severity: isDecidedOtherwise(fault, facts) ? "note" : sure ? "error" : "warning",
    remedy: kind.remedy,
  };
}

/** Nobody reads what the decorator says, and another guard of the same handler decides: it is dead, and nothing is open. */
function isDecidedOtherwise(fault: GuardFault, facts: Facts): boolean {
  return handlerBelow(fault, facts)?.protection.decision === true;
}

function protects(keys: readonly string[]): string {
  return keys.length === 0 ? "" : `The protection of ${listed([...keys].sort())} hangs on it`;
}

function subjectOf(fault: GuardFault, kind: FaultKind, entries: readonly EntryPoint[]): string {
  const first = entries[0]?.key ?? [...fault.entries].sort()[0];
  return kind.atUse && first !== undefined ? first : `${fault.place.file}#${fault.name}`;
}

function evidence(fault: GuardFault): { place: GuardFault["place"]; label: string }[] {
  return fault.evidence.map((line) => ({ place: line.place, label: line.note }));
}
