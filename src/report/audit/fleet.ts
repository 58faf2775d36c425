/** Many repositories on one page, from their SARIF files. */
import { type AuditDocument, type AuditSection, cell, count } from "./document.js";
import type { PastReport } from "./past-report.js";

export interface FleetMember {
  readonly name: string;
  readonly owner: string;
  /** null when the file could not be read as a report; `problem` says why */
  readonly report: PastReport | null;
  readonly problem: string;
}

/** The summary; repositories with most errors first. */
export function fleetOf(members: readonly FleetMember[], day: string, tool: string): AuditDocument {
  const read = members.flatMap(({ report }) => (report === null ? [] : [report]));
  const sum = (of: (report: PastReport) => number): number => read.reduce((total, report) => total + of(report), 0);
  const errors = sum((report) => report.errors);
  const lost = members.length - read.length;
  return {
    title: "Authorization audit of the fleet",
    day,
    tool,
    facts: [`${members.length} repositories`],
    figures: [
      { label: "repositories", value: String(members.length), tone: "plain" },
      { label: "without a report", value: String(lost), tone: lost === 0 ? "dim" : "warn" },
      { label: "errors", value: String(errors), tone: errors === 0 ? "dim" : "bad" },
      { label: "warnings", value: String(sum((report) => report.warnings)), tone: "warn" },
      { label: "entry points", value: String(sum((report) => report.coverage.entries ?? 0)), tone: "plain" },
      { label: "open", value: String(sum((report) => report.coverage.public ?? 0)), tone: "bad" },
    ],
    sections: [repositorySection(members), ruleSection(members)],
  };
}

function repositorySection(members: readonly FleetMember[]): AuditSection {
  const sorted = [...members].sort(
    (a, b) => (b.report?.errors ?? -1) - (a.report?.errors ?? -1) || a.name.localeCompare(b.name, "en"),
  );
  const rows = sorted.map(({ name, owner, report, problem }) => {
    const own = owner === "" ? cell("nobody", "bad") : cell(owner);
    if (report === null)
      return [cell(name), own, cell("no report", "warn", [problem]), ...Array.from({ length: 7 }, () => cell(""))];
    const figure = (key: string): number => report.coverage[key] ?? 0;
    return [
      cell(name, "plain", report.revision === "" ? [] : [report.revision]),
      own,
      count(report.errors, "bad"),
      count(report.warnings, "warn"),
      count(report.notes, "plain"),
      cell(figure("entries")),
      count(figure("guarded"), "good"),
      count(figure("public"), "bad"),
      count(figure("undecided"), "warn"),
      count(figure("unknowns"), "warn"),
    ];
  });
  return {
    id: "repositories",
    title: "Repositories",
    about: "Open findings and coverage of each, as its report tells. A repository without a report is not clean.",
    table: {
      columns: [
        "Repository",
        "Owner",
        "Errors",
        "Warnings",
        "Notes",
        "Entry points",
        "Guarded",
        "Open",
        "Undecided",
        "Unknowns",
      ],
      rows,
    },
  };
}

function ruleSection(members: readonly FleetMember[]): AuditSection {
  const rules = new Map<string, { total: number; names: string[] }>();
  for (const { name, report } of members) {
    for (const [rule, found] of report?.byRule ?? []) {
      const known = rules.get(rule) ?? { total: 0, names: [] };
      rules.set(rule, { total: known.total + found, names: [...known.names, `${name} (${found})`] });
    }
  }
  const rows = [...rules]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([rule, { total, names }]) => [cell(rule), cell(total), cell(names.length), cell(names.join(", "))]);
  return {
    id: "rules",
    title: "Findings by rule",
    about: "Which repositories share a weakness.",
    table: { columns: ["Rule", "Findings", "Repositories", "Where"], rows },
  };
}
