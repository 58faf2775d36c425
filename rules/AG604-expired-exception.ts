/** AG604: exceptions, bypasses and public rules past their date, or without reason or owner. */
import type { LocatedPlace } from "../src/model/place.js";
import { isPlaceholder, type Policy } from "../src/model/policy.js";
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { hasManifest, inManifest } from "./support/manifest.js";

type Message = "expired" | "noReason" | "noOwner" | "unassigned";

/** Something that the manifest lets through. */
interface Allowance {
  readonly kind: string;
  readonly what: string;
  readonly reason: string;
  readonly owner: string;
  readonly expires: string;
  readonly at: LocatedPlace;
}

export const expiredException = defineRule<Message>({
  meta: {
    code: "AG604",
    name: "expired-exception",
    title: "Exception past its date, or without reason or owner",
    why: "An exception is a hole that somebody answers for until a date. Past the date, or with nobody to ask, it is only a hole.",
    severity: "warning",
    securitySeverity: "4.0",
    precision: "very-high",
    cwe: [1068, 863],
    taxa: ["API9:2023", "A06:2025", "NHI1:2025", "PR.AA-05", "GV.PO-02", "ID.RA-07", "ASVS-8.1.1"],
    since: "0.1.0",
    messages: {
      expired: "The {kind} '{what}' ended on '{date}'.",
      noReason: "The {kind} '{what}' gives no reason.",
      noOwner: "The {kind} '{what}' has no owner.",
      unassigned: "The {kind} '{what}' waits for an owner. So do '{others}' more entries of the policy.",
    },
  },
  *check(input) {
    if (!hasManifest(input)) return;
    const allowances = [...allowancesOf(input.policy.policy)];
    for (const allowance of allowances) yield* judge(allowance, input.today);
    const waiting = allowances.filter(({ owner }) => owner.trim().toLowerCase() === "unassigned");
    const [first] = waiting;
    // one finding for all: a fresh draft has many of them
    if (first !== undefined) yield draft("unassigned", first, { others: String(waiting.length - 1) });
  },
});

function* allowancesOf(policy: Policy): Generator<Allowance> {
  for (const route of policy.routes) {
    if (route.public) yield { kind: "public rule", what: route.match, ...route };
  }
  for (const bypass of policy.bypasses) yield { kind: "bypass", what: bypass.use, ...bypass };
  for (const exception of policy.exceptions) {
    yield { kind: "exception", what: `${exception.rule} ${exception.subject}`, ...exception };
  }
}

function* judge(allowance: Allowance, today: string): Generator<FindingDraft<Message>> {
  const { expires, reason, owner } = allowance;
  if (expires !== "" && expires < today) yield draft("expired", allowance, { date: expires });
  if (isPlaceholder(reason)) yield draft("noReason", allowance);
  if (isPlaceholder(owner)) yield draft("noOwner", allowance);
}

const REMEDIES: Readonly<Record<Message, string>> = {
  expired: "Repair what it excuses and delete it, or have its owner set a new date in a reviewed change.",
  noReason: "Say why it is acceptable, in words that a reviewer can check.",
  noOwner: "Name the team or person who answers for it.",
  unassigned: "Replace 'unassigned' by the team or person who answers for it.",
};

function draft(message: Message, allowance: Allowance, data: Readonly<Record<string, string>> = {}) {
  const { kind, what, at } = allowance;
  return {
    message,
    data: { kind, what, ...data },
    subject: `${kind} ${what}`,
    aspect: message,
    ...inManifest(at),
    confidence: "proven" as const,
    ...(message === "unassigned" ? { severity: "note" as const } : {}),
    remedy: REMEDIES[message],
  };
}
