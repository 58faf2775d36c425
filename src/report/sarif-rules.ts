/** Rules as SARIF reporting descriptors, with the properties that code scanning services sort and filter by. */
import type { ReportingDescriptor, ReportingDescriptorRelationship } from "sarif";
import type { RuleMeta } from "../model/rule.js";
import { messageStrings } from "./sarif-message.js";
import { type TaxonRegistry, taxaOf, taxonomyOf } from "./sarif-registry.js";
import { pascalCase, rulePage, sentence } from "./tool.js";

/** Services show no more than this many tags. */
const MOST_TAGS = 10;
const LONGEST_TEXT = 1000;
const LEVEL_NAMES = { error: "error", warning: "warning", note: "recommendation" } as const;

/** Describes one rule; `page` is its documentation in Markdown, when at hand. */
export function ruleDescriptor(rule: RuleMeta, taxa: TaxonRegistry, page: string | undefined): ReportingDescriptor {
  return {
    id: rule.code,
    name: pascalCase(rule.name),
    shortDescription: { text: clipped(sentence(rule.title)) },
    fullDescription: { text: clipped(sentence(rule.why)) },
    messageStrings: messageStrings(rule.messages),
    help: { text: `${sentence(rule.why)} Documentation: ${rulePage(rule)}`, markdown: page ?? shortPage(rule) },
    helpUri: rulePage(rule),
    defaultConfiguration: { level: rule.severity },
    relationships: relationships(rule, taxa),
    properties: {
      tags: tagsOf(rule),
      precision: rule.precision,
      "security-severity": rule.securitySeverity,
      "problem.severity": LEVEL_NAMES[rule.severity],
      since: rule.since,
    },
  };
}

/** The primary CWE stands last, where consumers that keep only one look for it. */
function relationships(rule: RuleMeta, taxa: TaxonRegistry): ReportingDescriptorRelationship[] {
  const [primary, ...others] = taxaOf(rule);
  const isCwe = (id: string) => id.startsWith("CWE-");
  const order = [...others.filter((id) => !isCwe(id)), ...others.filter(isCwe), ...(primary ? [primary] : [])];
  return order.flatMap((id) => {
    const target = taxa.reference(id);
    const kind = taxonomyOf(id)?.kind;
    return target && kind ? [{ target, kinds: [kind] }] : [];
  });
}

function tagsOf(rule: RuleMeta): string[] {
  const cwe = rule.cwe.map((number) => `external/cwe/cwe-${number}`);
  const others = rule.taxa.map((id) => {
    const owasp = taxonomyOf(id)?.organization === "OWASP Foundation" && !id.startsWith("ASVS");
    return (owasp ? `owasp-${id}` : id).toLowerCase().replace(/[^a-z0-9.]+/g, "-");
  });
  return [...new Set(["security", ...cwe, ...others])].slice(0, MOST_TAGS);
}

function shortPage(rule: RuleMeta): string {
  const cited = taxaOf(rule).flatMap((id) => {
    const taxonomy = taxonomyOf(id);
    return taxonomy ? [`- [${id}](${taxonomy.helpUri(id)}): ${taxonomy.title(id)}`] : [];
  });
  const lines = [`# ${rule.code} ${rule.name}`, "", sentence(rule.title), "", sentence(rule.why), "", ...cited];
  return [...lines, "", `[Documentation](${rulePage(rule)})`, ""].join("\n");
}

function clipped(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`;
}
