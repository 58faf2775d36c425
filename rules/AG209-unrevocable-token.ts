/** AG209: tokens and keys that never end and that nobody can take back. */
import type { DataModel } from "../src/model/data-model.js";
import { defineRule, type FindingDraft, type RuleInput } from "../src/model/rule.js";
import { flawDrafts } from "./support/token-flaws.js";

type Message = "endless" | "endlessKeys";

export const unrevocableToken = defineRule<Message>({
  meta: {
    code: "AG209",
    name: "unrevocable-token",
    title: "Token without an end",
    why: "A token that never expires and names no session or version stays good after sign-out, password change and dismissal, for whoever has a copy.",
    severity: "warning",
    securitySeverity: "5.9",
    precision: "medium",
    cwe: [613],
    taxa: ["API2:2023", "A07:2025", "NHI7:2025", "PR.AA-04", "ASVS-9.2.1"],
    since: "0.1.0",
    messages: {
      endless: "'{call}' signs a token that never expires and names nothing by which it could be revoked.{detail}",
      endlessKeys: "Keys of '{model}' never end: no column says until when, and no entry point takes them away.",
    },
  },
  check(input) {
    const tokens = flawDrafts<Message>(input.facts.tokenFlaws, {
      "no-expiry": {
        message: "endless",
        severity: "warning",
        remedy: "Let it expire soon, or put a session id or a version into it that is looked up on every use.",
      },
    });
    return [...tokens, ...endlessKeys(input)];
  },
});

const KEYS =
  /(?:^|_)(?:api|access|deploy|read|write|service|machine|integration|personal)_?(?:access_?)?(?:keys?|tokens?)$/i;
const HELD = /hash|secret|key|token|digest/i;
const ENDS = /expir|revok|valid|active|enabled|disabled|deleted|archived|status|rotat|until|ends?_?at/i;
const UNDERSCORES = /([a-z0-9])([A-Z])/g;

/** Keys without a column that ends them, which no entry point changes or deletes. */
function endlessKeys({ facts }: RuleInput): FindingDraft<Message>[] {
  return facts.models
    .filter((model) => KEYS.test(model.name.replace(UNDERSCORES, "$1_$2")) && isKept(model))
    .filter(
      ({ name }) =>
        !facts.accesses.some(
          ({ model, operation }) => model === name && (operation === "delete" || operation === "update"),
        ),
    )
    .map((model) => ({
      message: "endlessKeys",
      data: { model: model.name },
      subject: model.name,
      place: model.place,
      related: [],
      flow: [{ place: model.place, label: `'${model.name}' is declared` }],
      confidence: "inferred",
      severity: "note",
      remedy: "Give keys an end that is asked for, and a way to take them back.",
    }));
}

function isKept({ columns }: DataModel): boolean {
  return columns.some(({ name }) => HELD.test(name)) && !columns.some(({ name }) => ENDS.test(name));
}
