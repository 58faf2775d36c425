/** AG408: the request says which privilege is written, and no check saw caller and privilege together. */
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { anySetting } from "./support/any-setting.js";
import { type GrantMessage, grantsOf } from "./support/granted-privileges.js";
import { onePerPlace } from "./support/one-per-place.js";
import { personAbove } from "./support/persons-above.js";
import { privilegedDefaults } from "./support/privileged-defaults.js";
import { knownRoles } from "./support/privileges.js";

type Message = GrantMessage | "personAbove" | "anySetting" | "defaultAbove";

export const privilegeMassAssignment = defineRule<Message>({
  meta: {
    code: "AG408",
    name: "privilege-mass-assignment",
    title: "Request chooses the privilege that is written",
    why: "Whoever may write the row may write the role in it. A member makes an administrator of himself, or of an account that he just created.",
    severity: "error",
    securitySeverity: "8.8",
    precision: "high",
    cwe: [269, 915, 863],
    taxa: ["API3:2023", "API5:2023", "A01:2025", "PR.AA-05", "ASVS-8.2.3", "ASVS-8.3.1"],
    since: "0.1.0",
    messages: {
      chosen: "'{access}' writes '{column}' as '{path}' asks for.{detail}",
      broughtAlong: "'{access}' writes '{path}' as it is, and so lets the request set '{column}'.{detail}",
      privilegedDefault: "'{access}' writes '{column}' as '{fallback}' when the request asks for nothing.{detail}",
      notCompared:
        "'{access}' writes '{column}' as '{path}' asks for, and the decision before it does not see which.{detail}",
      aboveOwn:
        "'{access}' writes '{column}' as '{path}' asks for, '{above}' included, and '{enough}' is enough to get there.{detail}",
      aboveMembers:
        "'{access}' writes '{column}' as '{path}' asks for, '{above}' included, and whoever is a member gets there.{detail}",
      notHeld:
        "'{access}' writes '{column}' as '{path}' asks for, and nothing compares what that allows with what the caller may do.{detail}",
      anySetting:
        "'{access}' sets whatever '{column}' the keys of '{path}' name, secrets of the service included, and nobody decides who may.{detail}",
      personAbove:
        "'{access}' {effect} whom '{path}' names, be it '{above}', and '{enough}' is enough to get there.{detail}",
      defaultAbove: "'{column}' is '{fallback}' in every row that is written without saying which.",
    },
  },
  check(input) {
    const vocabulary = knownRoles(input.facts);
    const written = input.facts.accesses.flatMap((access): FindingDraft<Message>[] => {
      const granted = grantsOf(access, input, vocabulary);
      return granted.length > 0 ? granted : [...personAbove(access, input, vocabulary), ...anySetting(access, input)];
    });
    return onePerPlace([...written, ...privilegedDefaults(input)]);
  },
});
