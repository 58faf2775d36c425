/** Claims that matter although their token was not verified: shared by AG201 and AG202. */

import type { TokenRead } from "../../src/model/facts.js";
import type { Place } from "../../src/model/place.js";
import type { RelatedPlace, Severity } from "../../src/model/rule.js";
import { claimed, weaker } from "./certainty.js";

const USES: Readonly<Record<TokenRead["use"], string>> = {
  identity: "they become the caller's identity",
  decision: "a decision rests on them",
  query: "they reach a query",
  unknown: "what is done with them could not be read",
  "key-selection": "",
  response: "",
  unused: "",
};

/** True on the server, where claims become identity, decision or query, or go where they cannot be followed. */
export function matters(read: TokenRead): boolean {
  return read.reads !== "session" && claimsMatter(read);
}

/** True for a session that nobody checked, used as claims would be. */
export function sessionMatters(read: TokenRead): boolean {
  return read.reads === "session" && read.verification !== "verified" && read.use !== "unknown" && claimsMatter(read);
}

function claimsMatter(read: TokenRead): boolean {
  return read.server && USES[read.use] !== "";
}

/** What becomes of the claims, as a sentence. */
export function useSentence(read: TokenRead): string {
  return USES[read.use];
}

/** A use that could not be followed is a suspicion only. */
export function readConfidence(read: TokenRead): TokenRead["confidence"] {
  return read.use === "unknown" ? weaker("named", claimed(read.confidence)) : claimed(read.confidence);
}

/** As sure as the use is known. */
export function readSeverity(read: TokenRead): Severity {
  return read.use === "unknown" ? "note" : readConfidence(read) === "named" ? "warning" : "error";
}

/** From the read to where the claims are used. */
export function readFlow(read: TokenRead): RelatedPlace[] {
  return [
    { place: read.place, label: `'${read.call}' reads the claims` },
    ...read.evidence.map((line) => ({ place: line.place, label: line.note })),
    ...useAt(read),
  ];
}

/** The place where the claims are used, when it is another than the read. */
export function useAt(read: TokenRead): RelatedPlace[] {
  if (read.useAt === null || samePlace(read.useAt, read.place)) return [];
  return [{ place: read.useAt, label: `here ${useSentence(read)}` }];
}

/** `src/auth.ts#currentUser`, the file alone at its top level. */
export function symbolSubject(place: Place, symbol: string | undefined): string {
  return symbol === undefined || symbol === "" ? place.file : `${place.file}#${symbol}`;
}

function samePlace(a: Place, b: Place): boolean {
  return a.file === b.file && a.start === b.start;
}
