/** AG607: parts of the control boundary for which nobody answers. */
import { isPlaceholder, type PolicyControl } from "../src/model/policy.js";
import { defineRule } from "../src/model/rule.js";
import { hasManifest, inManifest } from "./support/manifest.js";

type Message = "unowned" | "unplaced" | "undeclared";

const NAMES: readonly PolicyControl["name"][] = ["signIn", "sessionIssuance", "tokenValidation", "keyRotation"];

const WORDS: Readonly<Record<PolicyControl["name"], string>> = {
  signIn: "sign-in",
  sessionIssuance: "the issuing of sessions",
  tokenValidation: "the validation of tokens",
  keyRotation: "the rotation of keys",
};

export const unownedControl = defineRule<Message>({
  meta: {
    code: "AG607",
    name: "unowned-control",
    title: "Control without an owner",
    why: "Sign-in, sessions, tokens and keys fail at the seams between teams. A control that nobody owns is not rotated, not reviewed and not repaired.",
    severity: "warning",
    securitySeverity: "3.1",
    precision: "very-high",
    cwe: [1068, 1059],
    taxa: ["API9:2023", "A06:2025", "NHI1:2025", "GV.PO-02", "ID.AM-08", "ASVS-8.1.1"],
    since: "0.2.0",
    messages: {
      unowned: "The control '{control}' has no owner. Nobody answers for {words}.",
      unplaced: "The policy does not say where the control '{control}' is implemented.",
      undeclared: "The policy declares controls and says nothing of {words}.",
    },
  },
  *check(input) {
    if (!hasManifest(input)) return;
    const { controls } = input.policy.policy;
    for (const { name, at, owner, declaredAt } of controls) {
      const common = { subject: `control ${name}`, ...inManifest(declaredAt), confidence: "proven" as const };
      const data = { control: name, words: WORDS[name] };
      if (isPlaceholder(owner) || owner.trim().toLowerCase() === "unassigned") {
        const remedy = "Name the team or person who answers for it.";
        yield { message: "unowned", data, aspect: "owner", remedy, ...common };
      }
      // keys are often rotated by a platform, outside of this repository
      if (at === "" && name !== "keyRotation") {
        const remedy = "Add 'at' with the file, or file and function, that implements it.";
        yield { message: "unplaced", data, aspect: "place", severity: "note", remedy, ...common };
      }
    }
    const [first] = controls;
    for (const name of first === undefined ? [] : NAMES.filter((one) => !controls.some((each) => each.name === one))) {
      yield {
        message: "undeclared",
        data: { words: WORDS[name] },
        subject: `control ${name}`,
        aspect: "undeclared",
        ...inManifest(first?.declaredAt ?? { file: "", region: ONE }),
        confidence: "proven",
        severity: "note",
        remedy: `Add identity.controls.${name} with 'at' and 'owner'.`,
      };
    }
  },
});

const ONE = { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 };
