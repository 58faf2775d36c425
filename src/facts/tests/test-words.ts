/** What a test that expects a refusal says that it is about: its titles and the names that it uses. */
import type { ProvenRefusal } from "../../model/facts.js";

const OTHER = "(?:other|another|foreign|different|second|wrong|outside|cross|someone else)";
const TENANT = "(?:tenant|org|organi[sz]ation|workspace|team|company|account|customer|project|user|owner)";
const GONE = "(?:delet|remov|deactivat|disabl|suspend|bann|block|offboard|deprovision|former)";
const PERSON = "(?:user|account|member|employee|person|customer)";
const LOST = "(?:chang|lower|los[et]|remov|revok|withdraw|taken|demot|downgrad)";
const ROLE = "(?:role|permission|privilege|right)";

const SAYS: readonly (readonly [ProvenRefusal, RegExp])[] = [
  ["otherTenant", new RegExp(`\\b${OTHER}\\b.{0,24}\\b${TENANT}|\\b${TENANT}s? (?:b|2|two)\\b|\\btenant isolation\\b`)],
  ["deletedUser", new RegExp(`\\b${GONE}\\w*\\b.{0,30}\\b${PERSON}|\\b${PERSON}s?\\b.{0,20}\\b${GONE}`)],
  [
    "roleChange",
    new RegExp(`\\b(?:demot|downgrad)\\w*|\\b${LOST}\\w*\\b.{0,30}\\b${ROLE}|\\b${ROLE}s?\\b.{0,20}\\b${LOST}`),
  ],
];

/** `otherOrgId` and `other_org_id` as words. */
export function words(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/[_\-.]+/g, " ")
    .toLowerCase();
}

/**
 * What a refused request shows.
 *
 * @param texts titles of the test and of what surrounds it, and names it uses, one by one
 * @param denied a refusal is expected; without it only that the row is not found
 */
export function shownBy(texts: readonly string[], denied: boolean): readonly ProvenRefusal[] {
  const spoken = texts.map(words);
  const named = SAYS.filter(([, pattern]) => spoken.some((text) => pattern.test(text))).map(([kind]) => kind);
  return denied ? ["denial", ...named] : named;
}
