/** AG209: tokens that never end and that nobody can take back. */
import { defineRule } from "../src/model/rule.js";
import { flawDrafts } from "./support/token-flaws.js";

export const unrevocableToken = defineRule<"endless">({
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
    },
  },
  check({ facts }) {
    return flawDrafts<"endless">(facts.tokenFlaws, {
      "no-expiry": {
        message: "endless",
        severity: "warning",
        remedy: "Let it expire soon, or put a session id or a version into it that is looked up on every use.",
      },
    });
  },
});
