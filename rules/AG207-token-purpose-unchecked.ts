/** AG207: a token of one kind that passes for a token of another. */
import { defineRule } from "../src/model/rule.js";
import { flawDrafts } from "./support/token-flaws.js";

type Message = "confused" | "unread" | "anyUse";

export const tokenPurposeUnchecked = defineRule<Message>({
  meta: {
    code: "AG207",
    name: "token-purpose-unchecked",
    title: "Token of one purpose passes for another",
    why: "A signature proves who made a token, not what for. Where one key signs sessions, resets, invitations and refresh tokens, whoever holds one of them holds all that a reader does not tell apart.",
    severity: "error",
    securitySeverity: "8.1",
    precision: "medium",
    cwe: [287, 345, 863],
    taxa: ["API2:2023", "A07:2025", "PR.AA-04", "ASVS-9.2.2"],
    since: "0.1.0",
    messages: {
      confused: "'{call}' does not ask what the token was issued for.{detail}",
      unread: "'{call}' takes every token that its key has signed, and nobody reads what the token says.{detail}",
      anyUse: "'{call}' takes identity tokens and access tokens alike.{detail}",
    },
  },
  check({ facts }) {
    return flawDrafts<Message>(facts.tokenFlaws, {
      "purpose-unchecked": {
        message: "confused",
        severity: "error",
        remedy:
          "Give each kind of token a claim or an audience of its own (or a key of its own), and test it after verifying.",
      },
      "claims-unread": {
        message: "unread",
        severity: "error",
        remedy: "Read from the verified token who it was issued for and what for, and sign in nobody else.",
      },
      "use-unchecked": {
        message: "anyUse",
        severity: "warning",
        remedy: "Name the use that this service expects: 'access' for an API.",
      },
    });
  },
});
