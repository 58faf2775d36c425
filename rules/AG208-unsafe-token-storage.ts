/** AG208: tokens kept where others can read them, and sessions sealed with what others can know. */
import { defineRule } from "../src/model/rule.js";
import { flawDrafts } from "./support/token-flaws.js";

type Message = "webStorage" | "openCookie" | "plainCookie" | "weakSeal";

export const unsafeTokenStorage = defineRule<Message>({
  meta: {
    code: "AG208",
    name: "unsafe-token-storage",
    title: "Token kept where others can read it",
    why: "A token in reach of every script of the page is stolen by the first injected one. A session sealed with a secret that stands in the source can be made by everybody who has read it.",
    severity: "error",
    securitySeverity: "6.5",
    precision: "medium",
    cwe: [922, 1004, 798],
    taxa: ["API2:2023", "A07:2025", "NHI2:2025", "PR.AA-01"],
    since: "0.1.0",
    messages: {
      webStorage: "'{call}' keeps a token where every script of the page can read it.{detail}",
      openCookie: "'{call}' sets a token as a cookie that every script of the page can read.{detail}",
      plainCookie: "'{call}' sets a token as a cookie that is sent in the clear too.{detail}",
      weakSeal: "'{call}' seals sessions with a secret that is no secret.{detail}",
    },
  },
  check({ facts }) {
    return flawDrafts<Message>(facts.tokenFlaws, {
      "web-storage": {
        message: "webStorage",
        severity: "warning",
        remedy: "Keep it in a cookie with 'httpOnly', 'secure' and 'sameSite', or in memory.",
      },
      "open-cookie": {
        message: "openCookie",
        severity: "warning",
        remedy: "Set 'httpOnly: true', 'secure: true' and 'sameSite'.",
      },
      "plain-cookie": {
        message: "plainCookie",
        severity: "note",
        remedy: "Set 'secure: true' and 'sameSite'.",
      },
      "weak-seal": {
        message: "weakSeal",
        severity: "error",
        remedy: "Read a long random secret from configuration, and refuse to start without it.",
      },
    });
  },
});
