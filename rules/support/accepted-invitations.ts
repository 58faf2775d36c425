/**
 * Invitations that are accepted by their key: whoever was sent it becomes a member, and is none before. To read such a
 * row by its key, and to use it up where that is done, is what the key was sent for.
 */
import type { Access, Reach } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import { oncePerRun } from "./once-per-run.js";
import { reachesWith } from "./reaches.js";
import { isOwnKey, pickedBy } from "./shown-rows.js";

export interface AcceptedInvitations {
  /** it reads one by its key, or uses it up where the caller is taken in by it */
  covers(access: Access, reach: Reach): boolean;
}

const INVITATION = /invit(?:e|ation)/i;

export const acceptedInvitations = oncePerRun(readAccepted);

function readAccepted({ facts: { accesses } }: RuleInput): AcceptedInvitations {
  const joining = new Set<number>();
  for (const access of accesses) {
    if (access.operation !== "create" || INVITATION.test(access.model)) continue;
    for (const { entry, createsWithin } of reachesWith(access, "createsWithin"))
      if (createsWithin === true) joining.add(entry);
  }
  const models = new Set<string>();
  for (const access of accesses) {
    if (access.operation !== "read" || !INVITATION.test(access.model) || !isOwnKey(pickedBy(access))) continue;
    if (access.reaches.some(({ entry }) => joining.has(entry))) models.add(access.model);
  }
  return {
    // whoever may manage invitations is a member already, and was sent none
    covers: (access, { entry, asksPrivilege }) =>
      models.has(access.model) &&
      asksPrivilege !== true &&
      isOwnKey(pickedBy(access)) &&
      (access.operation === "read" || (access.operation !== "create" && joining.has(entry))),
  };
}
