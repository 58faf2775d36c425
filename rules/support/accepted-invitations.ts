/**
 * Invitations that are accepted by their key: whoever was sent it becomes a member, and is none before. To read such a
 * row by its key, and to use it up where that is done, is what the key was sent for.
 */
import type { Access, Reach } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import { isOwnKey, pickedBy } from "./shown-rows.js";

export interface AcceptedInvitations {
  /** it reads one by its key, or uses it up where the caller is taken in by it */
  covers(access: Access, reach: Reach): boolean;
}

const INVITATION = /invit(?:e|ation)/i;

const known = new WeakMap<RuleInput["facts"], AcceptedInvitations>();

export function acceptedInvitations({ facts }: RuleInput): AcceptedInvitations {
  let accepted = known.get(facts);
  if (accepted === undefined) {
    accepted = readAccepted(facts);
    known.set(facts, accepted);
  }
  return accepted;
}

function readAccepted({ accesses }: RuleInput["facts"]): AcceptedInvitations {
  const joining = new Set<number>();
  for (const { operation, model, reaches } of accesses) {
    if (operation !== "create" || INVITATION.test(model)) continue;
    for (const reach of reaches) if (reach.createsWithin === true) joining.add(reach.entry);
  }
  const models = new Set<string>();
  for (const access of accesses) {
    const joins = access.operation === "read" && access.reaches.some(({ entry }) => joining.has(entry));
    if (joins && INVITATION.test(access.model) && isOwnKey(pickedBy(access))) models.add(access.model);
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
