/** Reading an earlier report, SARIF or JSON, as the baseline of a run. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { asText, isRecord, type JsonRecord } from "../base/json.js";
import { UserError } from "../base/user-error.js";
import type { PastFinding } from "../model/finding.js";
import type { Region } from "../model/place.js";
import type { Severity } from "../model/rule.js";
import { TOOL_NAME } from "../report/tool.js";

const MAX_BYTES = 256 * 1024 * 1024;

export interface Baseline {
  readonly findings: readonly PastFinding[];
  /** profile that the report was made with, '' when it does not say */
  readonly profile: string;
}

/** Reads a report that authgap wrote. Throws a UserError for anything else. */
export function readBaseline(file: string, cwd: string): Baseline {
  const value = parsed(file, textOf(file, cwd));
  if (isRecord(value) && Array.isArray(value.runs)) {
    const runs = value.runs.filter(isRecord).filter(isOurs);
    if (runs.length === 0) throw foreign(file);
    const profile = runs.map((run) => text(record(run.properties).profile)).find((one) => one !== "") ?? "";
    return {
      findings: runs.flatMap((run) =>
        records(run.results).flatMap((one) => fromSarif(one, text(record(run.properties).root))),
      ),
      profile,
    };
  }
  if (!isRecord(value) || record(value.tool).name !== TOOL_NAME || !Array.isArray(value.findings)) throw foreign(file);
  return { findings: records(value.findings).map(fromJson), profile: text(value.profile) };
}

function textOf(file: string, cwd: string): string {
  const path = resolve(cwd, file);
  const stats = statSync(path, { throwIfNoEntry: false });
  const where = `--baseline ${file}`;
  if (file.trim() === "" || stats === undefined || !stats.isFile()) {
    throw new UserError("the baseline is not there", {
      where,
      hint: "write it first: authgap scan --fail-on never -o sarif=baseline.sarif",
    });
  }
  if (stats.size > MAX_BYTES) throw new UserError("the baseline is larger than 256 MB", { where });
  return readFileSync(path, "utf8");
}

function parsed(file: string, content: string): unknown {
  try {
    const value: unknown = JSON.parse(content.replace(/^\ufeff/, ""));
    return value;
  } catch {
    throw foreign(file);
  }
}

function foreign(file: string): UserError {
  return new UserError("the baseline is no report of authgap", {
    where: `--baseline ${file}`,
    hint: "give a file that 'authgap scan' wrote with --format sarif or --format json",
  });
}

function isOurs(run: JsonRecord): boolean {
  return record(record(run.tool).driver).name === TOOL_NAME;
}

/** @param prefix folder of the scan's root in the repository, which the log's files are named from */
function fromSarif(result: JsonRecord, prefix: string): PastFinding[] {
  // told as gone by the report itself
  if (result.baselineState === "absent") return [];
  const properties = record(result.properties);
  const prints = record(result.partialFingerprints);
  const message = record(result.message);
  const place = record(record(records(result.locations)[0]).physicalLocation);
  return [
    {
      rule: text(result.ruleId),
      subject: text(properties.subject),
      file: within(prefix, decoded(text(record(place.artifactLocation).uri))),
      region: regionFrom(record(place.region), "startLine", "startColumn"),
      severity: severityOf(result.level),
      message: text(message.text),
      messageId: text(properties.messageId) || text(message.id),
      fingerprint: text(prints["authgap/v1"]),
      lineHash: text(prints.primaryLocationLineHash),
      suppressed: records(result.suppressions).length > 0,
    },
  ];
}

function fromJson(finding: JsonRecord): PastFinding {
  return {
    rule: text(finding.code),
    subject: text(finding.subject),
    file: text(finding.file),
    region: regionFrom(finding, "line", "column"),
    severity: severityOf(finding.severity),
    message: text(finding.message),
    messageId: text(finding.messageId),
    fingerprint: text(finding.fingerprint),
    lineHash: text(finding.lineHash),
    suppressed: isRecord(finding.suppression),
  };
}

function regionFrom(value: JsonRecord, line: string, column: string): Region {
  const startLine = count(value[line], 1);
  const startColumn = count(value[column], 1);
  const endLine = Math.max(startLine, count(value.endLine, startLine));
  const endColumn = count(value.endColumn, startColumn);
  return {
    startLine,
    startColumn,
    endLine,
    endColumn: endLine === startLine ? Math.max(startColumn, endColumn) : endColumn,
  };
}

function count(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : otherwise;
}

function severityOf(value: unknown): Severity {
  return value === "error" || value === "note" ? value : "warning";
}

function within(prefix: string, file: string): string {
  return prefix !== "" && file.startsWith(`${prefix}/`) ? file.slice(prefix.length + 1) : file;
}

/** File names in SARIF are percent-encoded, unless they were written raw. */
function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}

function text(value: unknown): string {
  return asText(value) ?? "";
}

function record(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

function records(value: unknown): JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
