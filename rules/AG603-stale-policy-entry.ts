/** AG603: lines of the manifest that match nothing. */
import { listsBypass } from "../src/model/policy.js";
import { defineRule, type FindingDraft } from "../src/model/rule.js";
import { inManifest, isOwn, seesEverything } from "./support/manifest.js";

type Message = "route" | "publicRoute" | "exception" | "bypass";

export const stalePolicyEntry = defineRule<Message>({
  meta: {
    code: "AG603",
    name: "stale-policy-entry",
    title: "Policy entry that matches nothing",
    why: "A rule for a route that is gone or renamed protects nothing, while its readers believe it does. A public rule or an exception that is left behind opens whatever takes that name next.",
    severity: "warning",
    securitySeverity: "3.1",
    precision: "high",
    cwe: [1068, 1059],
    taxa: ["API9:2023", "A06:2025", "NHI1:2025", "GV.PO-02", "ID.RA-07", "ASVS-8.1.1"],
    since: "0.1.0",
    messages: {
      route: "The rule '{match}' matches no entry point.",
      publicRoute: "The public rule '{match}' matches no entry point.",
      bypass: "The bypass '{use}' is listed, and nothing there lets anybody past a check.",
      exception: "The exception from '{rule}' for '{subject}' names no entry point of the project.",
    },
  },
  *check(input): Generator<FindingDraft<Message>> {
    if (!seesEverything(input)) return;
    const { policy, unusedRoutes, unusedExceptions } = input.policy;
    for (const index of unusedRoutes) {
      const route = policy.routes[index];
      if (route === undefined || !isOwn(route.at, input)) continue;
      yield {
        message: route.public ? "publicRoute" : "route",
        data: { match: route.match },
        subject: route.match,
        ...inManifest(route.at),
        confidence: "proven",
        remedy: "Correct the pattern, or delete the rule.",
      };
    }
    for (const bypass of policy.bypasses) {
      const [file = ""] = bypass.use.split("#");
      // a file or function that is gone altogether is an unknown reference
      if (!isOwn(bypass.at, input) || !input.facts.files.includes(file)) continue;
      if (input.facts.bypasses.some((one) => listsBypass(bypass, one))) continue;
      yield {
        message: "bypass",
        data: { use: bypass.use },
        subject: `bypass ${bypass.use}`,
        ...inManifest(bypass.at),
        confidence: "inferred",
        remedy: "Delete the listing, so that what takes its place is seen.",
      };
    }
    for (const index of unusedExceptions) {
      const exception = policy.exceptions[index];
      if (exception === undefined || !isOwn(exception.at, input)) continue;
      yield {
        message: "exception",
        data: { rule: exception.rule, subject: exception.subject },
        subject: `exception ${exception.rule} ${exception.subject}`,
        ...inManifest(exception.at),
        confidence: "proven",
        remedy: "Correct the subject, or delete the exception.",
      };
    }
  },
});
