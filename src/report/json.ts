/**
 * The result as JSON with a stable shape. New keys may be added; keys that exist keep their meaning while `schema`
 * stays the same. Lines and columns count from 1, columns in UTF-16 units, ends exclusive.
 */
import type { Change } from "../model/change.js";
import type { Finding, LabelledPlace, Notice, PastFinding, RouteRow, ScanResult } from "../model/finding.js";
import type { LocatedPlace } from "../model/place.js";
import type { RuleMeta } from "../model/rule.js";
import { conventionJson, publicByConvention } from "./public-routes.js";
import { rulePage, TOOL_NAME } from "./tool.js";

export const JSON_SCHEMA_VERSION = 1;

/** Renders all findings, suppressed ones included and marked, with notices and coverage. */
export function renderJson(result: ScanResult): string {
  const report = {
    schema: JSON_SCHEMA_VERSION,
    tool: { name: TOOL_NAME, version: result.toolVersion },
    profile: result.profile,
    policy: result.policyFile === "" ? null : result.policyFile,
    paths: result.paths,
    coverage: result.coverage,
    rules: result.rules.map(ruleJson),
    findings: result.findings.map(findingJson),
    ...(result.resolved === undefined ? {} : { resolved: result.resolved.map(pastJson) }),
    ...(result.change === undefined ? {} : { change: changeJson(result.change) }),
    publicByConvention: publicByConvention(result.routes).map(conventionJson),
    notices: result.notices.map(noticeJson),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** One finding, as in `findings`. */
export function findingJson(finding: Finding) {
  return {
    code: finding.rule.code,
    name: finding.rule.name,
    severity: finding.severity,
    confidence: finding.confidence,
    subject: finding.subject,
    message: finding.message,
    messageId: finding.messageId,
    ...(finding.baseline === undefined ? {} : { baseline: finding.baseline }),
    ...placeJson(finding.at),
    snippet: finding.at.snippet,
    related: finding.related.map(labelledJson),
    flow: finding.flow.map(labelledJson),
    remedy: finding.remedy,
    fingerprint: finding.fingerprint,
    lineHash: finding.lineHash,
    suppression:
      finding.suppression === null
        ? null
        : {
            kind: finding.suppression.kind,
            justification: finding.suppression.justification,
            ...placeJson(finding.suppression.at),
          },
  };
}

/** A finding of the baseline that is gone, as in `resolved`. */
function pastJson(past: PastFinding) {
  return {
    code: past.rule,
    severity: past.severity,
    subject: past.subject,
    message: past.message,
    ...placeJson(past),
    fingerprint: past.fingerprint,
  };
}

/** What happened since the commit, as in `change`. */
function changeJson(change: Change) {
  return {
    since: change.since,
    commit: change.commit,
    routesAdded: change.routesAdded.map(routeJson),
    routesRemoved: change.routesRemoved.map(routeJson),
    guards: change.guards.map((one) => ({ ...one, routes: one.routes.map(routeJson) })),
    demands: change.demands.map(({ route, before, after }) => ({ route: routeJson(route), before, after })),
    policy: change.policy.map(({ what, at }) => ({
      what,
      ...(at === null || at.file === "" ? { file: null, line: null } : placeJson(at)),
    })),
  };
}

function routeJson({ method, path, transport, access, file, line }: RouteRow) {
  return { method, path, transport, access, file, line };
}

/** One notice, as in `notices` and in the route table's `unknown`. */
export function noticeJson(notice: Notice) {
  return {
    kind: notice.kind,
    id: notice.id,
    message: notice.message,
    remedy: notice.remedy,
    ...(notice.at === null ? { file: null, line: null } : placeJson(notice.at)),
  };
}

function ruleJson(rule: RuleMeta) {
  return {
    code: rule.code,
    name: rule.name,
    title: rule.title,
    severity: rule.severity,
    securitySeverity: Number(rule.securitySeverity),
    precision: rule.precision,
    cwe: rule.cwe,
    taxa: rule.taxa,
    help: rulePage(rule),
  };
}

function labelledJson(place: LabelledPlace) {
  return { label: place.label, ...placeJson(place), snippet: place.snippet };
}

function placeJson({ file, region }: LocatedPlace) {
  return {
    file,
    line: region.startLine,
    column: region.startColumn,
    endLine: region.endLine,
    endColumn: region.endColumn,
  };
}
