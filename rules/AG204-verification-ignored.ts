/** AG204: a verification whose answer decides nothing. */
import { defineRule } from "../src/model/rule.js";
import { flawDrafts } from "./support/token-flaws.js";

type Message = "untested" | "notAwaited" | "errorUnused";

export const verificationIgnored = defineRule<Message>({
  meta: {
    code: "AG204",
    name: "verification-ignored",
    title: "Verification without consequence",
    why: "Some libraries do not throw: they answer no, and it is up to the caller to listen. Code that goes on with the answer unheard lets every token in.",
    severity: "error",
    securitySeverity: "8.6",
    precision: "high",
    cwe: [252, 347, 754],
    taxa: ["API2:2023", "A07:2025", "A10:2025", "PR.AA-04", "ASVS-16.5.3"],
    since: "0.1.0",
    messages: {
      untested: "'{call}' says whether the token is good, and nobody asks.{detail}",
      notAwaited: "'{call}' gives a promise, which is taken for a yes.{detail}",
      errorUnused: "'{call}' reports failure to a callback that does not look at it.{detail}",
    },
  },
  check({ facts }) {
    const known = new Set(facts.guardFaults.map((fault) => `${fault.place.file}:${fault.place.start}`));
    const flaws = facts.tokenFlaws.filter((flaw) => !known.has(`${flaw.place.file}:${flaw.place.start}`));
    return flawDrafts<Message>(flaws, {
      "result-untested": {
        message: "untested",
        severity: "error",
        remedy: "Test the answer, and end the request where it is no, before anything of it is used.",
      },
      "not-awaited": { message: "notAwaited", severity: "error", remedy: "Await the call, and test what it gives." },
      "error-unused": {
        message: "errorUnused",
        severity: "error",
        remedy: "End the request when there is an error, before the claims are used.",
      },
    });
  },
});
