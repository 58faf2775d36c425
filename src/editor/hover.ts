/** What is told about a place: why a finding was made, or what runs before a handler. */
import type { Hover, Position } from "vscode-languageserver/node";
import type { Finding, LabelledPlace, RouteRow, ScanResult } from "../model/finding.js";
import { rulePage } from "../report/tool.js";
import { holds, rangeOf, uriOf } from "./places.js";

const SURE = {
  proven: "proven: resolved in the code",
  inferred: "inferred from what functions do, or from comparable entry points",
  named: "by names only",
  unknown: "not decided",
} as const;

/** @param file path from the root */
export function hoverAt(result: ScanResult, root: string, file: string, at: Position): Hover | null {
  const findings = result.findings.filter((one) => one.at.file === file && holds(rangeOf(one.at.region), at));
  const routes = result.routes.filter((row) => row.file === file && row.line === at.line + 1);
  const parts = [
    ...findings.map((finding) => findingText(finding, root)),
    ...(findings.length === 0 ? routes.map((row) => routeText(row, root)) : []),
  ];
  return parts.length === 0 ? null : { contents: { kind: "markdown", value: parts.join("\n\n---\n\n") } };
}

function findingText(finding: Finding, root: string): string {
  const { rule } = finding;
  const silenced = finding.suppression === null ? [] : [`*Silenced: ${plain(finding.suppression.justification)}*`];
  return [
    `**[${rule.code} ${rule.name}](${rulePage(rule)})** ${plain(finding.message)}`,
    ...silenced,
    chain("How it comes about", finding.flow, root),
    chain("Also part of it", finding.related, root),
    finding.remedy === "" ? "" : `**What to do** ${plain(finding.remedy)}`,
    `How sure: ${SURE[finding.confidence]}. Fingerprint \`${finding.fingerprint}\`.`,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function chain(title: string, places: readonly LabelledPlace[], root: string): string {
  if (places.length === 0) return "";
  const lines = places.map(({ file, region, label }, index) => {
    const spot = `${file}:${region.startLine}`;
    return `${index + 1}. ${plain(label)} ([${plain(spot)}](${uriOf(root, file)}#L${region.startLine}))`;
  });
  return `**${title}**\n\n${lines.join("\n")}`;
}

function routeText(row: RouteRow, root: string): string {
  const steps = row.guards
    .filter((guard) => guard.grants !== "neutral")
    .map(
      ({ name, file, line, grants }) =>
        `- ${plain(name)}: ${grants} ([${plain(`${file}:${line}`)}](${uriOf(root, file)}#L${line}))`,
    );
  const needs = row.requirement === "" ? "" : `, needs ${plain(row.requirement)}`;
  return [
    `**${plain(`${row.method} ${row.path}`)}** ${row.access}${needs}`,
    steps.length === 0 ? "Nothing before the handler asks who calls." : steps.join("\n"),
    row.tenantBound === "none" ? "" : `Bound to the caller's tenant: ${row.tenantBound}.`,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** Text that comes from the scanned project shows as it is. */
function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, "\\$&").replace(/\s+/g, " ");
}
