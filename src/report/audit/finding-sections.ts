/** Findings one by one, by family of rules, by standard, and against earlier reports. */
import type { Finding, ScanResult } from "../../model/finding.js";
import { TAXONOMIES } from "../taxonomies.js";
import { spot } from "../text.js";
import { type AuditSection, cell, count, type Tone } from "./document.js";
import type { PastReport } from "./past-report.js";

const FAMILIES: readonly (readonly [string, string])[] = [
  ["AG1", "Routes"],
  ["AG2", "Claims"],
  ["AG3", "Tenancy"],
  ["AG4", "Bypasses"],
  ["AG5", "Decisions"],
  ["AG6", "Policy"],
];

const TONES: Readonly<Record<Finding["severity"], Tone>> = { error: "bad", warning: "warn", note: "dim" };

/** Findings that nothing silences. */
export function openFindings(result: ScanResult): readonly Finding[] {
  return result.findings.filter((finding) => finding.suppression === null);
}

/** Rules that ran and what they found, by family. */
export function familySection(result: ScanResult): AuditSection {
  const rows = FAMILIES.flatMap(([prefix, name]) => {
    const rules = result.rules.filter((rule) => rule.code.startsWith(prefix));
    if (rules.length === 0) return [];
    const found = result.findings.filter((finding) => finding.rule.code.startsWith(prefix));
    const open = found.filter((finding) => finding.suppression === null);
    const of = (severity: Finding["severity"]): number => open.filter((one) => one.severity === severity).length;
    return [
      [
        cell(`${prefix}xx ${name}`),
        cell(rules.length, "plain", [rules.map((rule) => rule.code).join(", ")]),
        count(of("error"), "bad"),
        count(of("warning"), "warn"),
        count(of("note"), "plain"),
        count(found.length - open.length, "plain"),
      ],
    ];
  });
  return {
    id: "families",
    title: "Coverage by family",
    about: "Rules that ran, and what they found. A family without a finding was looked for all the same.",
    table: { columns: ["Family", "Rules that ran", "Errors", "Warnings", "Notes", "Silenced"], rows },
  };
}

/** Every open finding. */
export function findingSection(result: ScanResult): AuditSection {
  const order = ["error", "warning", "note"];
  const sorted = [...openFindings(result)].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  const rows = sorted.map(({ rule, severity, message, remedy, at, subject, confidence, fingerprint }) => [
    cell(severity, TONES[severity]),
    cell(rule.code, "plain", [rule.name]),
    cell(subject),
    cell(message, "plain", remedy === "" ? [] : [`fix: ${remedy}`]),
    cell(confidence),
    cell(spot(at), "plain", [fingerprint.slice(0, 8)]),
  ]);
  return {
    id: "findings",
    title: "Findings",
    about: "What is open, the most severe first. Silenced findings stand among the exceptions.",
    table: { columns: ["Severity", "Rule", "Subject", "Message", "Confidence", "Place"], rows },
  };
}

/** Entries of standards that rules cite, with the findings behind each. */
export function standardSection(result: ScanResult): AuditSection {
  const open = openFindings(result);
  const rows = TAXONOMIES.flatMap((taxonomy) => {
    const ids = new Set(result.rules.flatMap((rule) => [...rule.cwe.map((cwe) => `CWE-${cwe}`), ...rule.taxa]));
    return [...ids]
      .filter((id) => taxonomy.owns.test(id))
      .sort(byNumber)
      .map((id) => {
        const cites = (finding: Finding): boolean =>
          finding.rule.taxa.includes(id) || finding.rule.cwe.some((cwe) => `CWE-${cwe}` === id);
        const found = open.filter(cites);
        const rules = [...new Set(found.map((finding) => finding.rule.code))];
        const errors = found.filter((finding) => finding.severity === "error").length;
        return [
          cell(`${taxonomy.name} ${taxonomy.version}`),
          cell(id.replace(/^ASVS-/, "")),
          cell(taxonomy.title(id)),
          count(found.length, errors > 0 ? "bad" : "warn"),
          cell(rules.join(", ")),
        ];
      });
  });
  return {
    id: "standards",
    title: "Findings by standard",
    about:
      "Every entry of a standard that a rule of this run cites. Zero means that the rules that cite it found nothing, not that the requirement is met.",
    table: { columns: ["Standard", "Entry", "Title", "Findings", "Rules"], rows },
  };
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** Earlier reports, oldest first, and this one. */
export function trendSection(result: ScanResult, day: string, past: readonly PastReport[]): AuditSection {
  const open = openFindings(result);
  const of = (severity: Finding["severity"]): number => open.filter((one) => one.severity === severity).length;
  const now = {
    name: `${day} (this report)`,
    errors: of("error"),
    warnings: of("warning"),
    notes: of("note"),
    fingerprints: new Set(open.map((finding) => finding.fingerprint)),
    revision: "",
    entries: result.coverage.entries,
    guarded: result.coverage.guarded,
  };
  const earlier = past.map((one) => ({ ...one, entries: one.coverage.entries, guarded: one.coverage.guarded }));
  const states = past.length === 0 ? [] : [...earlier, now];
  const rows = states.map((state, index) => {
    const before = states[index - 1]?.fingerprints;
    const appeared = before === undefined ? null : [...state.fingerprints].filter((one) => !before.has(one)).length;
    const gone = before === undefined ? null : [...before].filter((one) => !state.fingerprints.has(one)).length;
    return [
      cell(state.name, "plain", state.revision === "" ? [] : [state.revision]),
      count(state.errors, "bad"),
      count(state.warnings, "warn"),
      count(state.notes, "plain"),
      appeared === null ? cell("") : count(appeared, "bad"),
      gone === null ? cell("") : count(gone, "good"),
      cell(state.entries ?? ""),
      cell(state.guarded ?? ""),
    ];
  });
  return {
    id: "trend",
    title: "Trend",
    about:
      past.length === 0
        ? "No earlier report was given; --history names a folder of SARIF files."
        : "Oldest first. Appeared and gone are counted by fingerprint against the line above.",
    table: { columns: ["Report", "Errors", "Warnings", "Notes", "Appeared", "Gone", "Entry points", "Guarded"], rows },
  };
}
