/** Names that only checks have: `hasPermission`, `canEdit`, `isAdmin`. */

const NAME =
  /^(?:can|may|has|is|check|allow|authori[sz]e|verify|enforce)_?(?:[A-Z]\w*)?(?:access|permission|role|owner|member|admin|allow|authori|abilit|polic|view|read|edit|write|manage|forbid|denied)|^is_?\w*(?:Forbidden|Denied|Unauthori[sz]ed)$/i;

/** The name promises a yes or a no about what somebody may do. */
export function isDecisionName(name: string): boolean {
  return NAME.test(name);
}
