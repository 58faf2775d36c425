/** AG210: an account found or linked by an e-mail that nobody verified. */
import { defineRule } from "../src/model/rule.js";
import { flawDrafts } from "./support/token-flaws.js";

type Message = "unverified" | "forced";

export const unverifiedEmailLinking = defineRule<Message>({
  meta: {
    code: "AG210",
    name: "unverified-email-linking",
    title: "Account linked by an unverified e-mail",
    why: "Many providers let their users write any e-mail into the profile. Who links accounts by it hands an account to everybody who knows its address.",
    severity: "error",
    securitySeverity: "8.1",
    precision: "medium",
    cwe: [287, 290, 345],
    taxa: ["API2:2023", "A07:2025", "PR.AA-03", "PR.AA-04"],
    since: "0.1.0",
    messages: {
      unverified: "An account is found by the e-mail that '{call}' gives, whether or not it was verified.{detail}",
      forced: "'{call}' links accounts by an e-mail that the provider need not have verified.{detail}",
    },
  },
  check({ facts }) {
    return flawDrafts<Message>(facts.tokenFlaws, {
      "email-unverified": {
        message: "unverified",
        severity: "error",
        remedy:
          "Refuse profiles whose e-mail is not asserted as verified ('email_verified', 'verified'), or link by the provider's own user id.",
      },
      "email-linking-forced": {
        message: "forced",
        severity: "error",
        remedy: "Remove the option, or allow it for providers alone that verify every e-mail.",
      },
    });
  },
});
