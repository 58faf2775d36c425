/** AG405: a header, host, address or user agent is let through. */
import { defineRule } from "../src/model/rule.js";
import { bypassDraft, openBypasses } from "./support/bypass-drafts.js";
import { onePerPlace } from "./support/one-per-place.js";

export const headerBackdoor = defineRule<"letThrough">({
  meta: {
    code: "AG405",
    name: "header-backdoor",
    title: "Header or address lets the request through",
    why: "Headers, hosts, addresses and user agents are written by the caller or by whatever stands between. A check that can be skipped with one of them is no check.",
    severity: "error",
    securitySeverity: "8.6",
    precision: "high",
    cwe: [290, 807, 912],
    taxa: ["API8:2023", "A01:2025", "A07:2025", "PR.AA-05", "PR.IR-01", "ASVS-4.1.3", "ASVS-8.4.2"],
    since: "0.1.0",
    messages: {
      letThrough: "'{predicate}' skips {skips} by a value that the caller controls.{detail}",
    },
  },
  check(input) {
    return onePerPlace(openBypasses(input, ["header"]).map((open) => bypassDraft(open, "letThrough", "error", input)));
  },
});
