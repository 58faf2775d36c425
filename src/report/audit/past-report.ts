/** What an earlier SARIF file of this scanner tells: counts by severity and rule, and how much was looked at. */
import { isRecord } from "../../base/json.js";

export interface PastReport {
  /** how the file is called in tables */
  readonly name: string;
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
  readonly suppressed: number;
  /** own fingerprints of open results */
  readonly fingerprints: ReadonlySet<string>;
  /** rule → open results */
  readonly byRule: ReadonlyMap<string, number>;
  /** figures of the run's coverage, as far as they are there */
  readonly coverage: Readonly<Record<string, number>>;
  readonly revision: string;
}

/**
 * Reads the text of a SARIF file.
 *
 * @returns null when it is no SARIF log of this scanner
 */
export function readPastReport(text: string, name: string): PastReport | null {
  const run = runOf(text);
  if (run === null) return null;
  const results = listOf(run.results).filter(isRecord);
  const open = results.filter((one) => listOf(one.suppressions).length === 0 && one.baselineState !== "absent");
  const level = (wanted: string): number => open.filter((one) => (one.level ?? "warning") === wanted).length;
  const byRule = new Map<string, number>();
  for (const { ruleId } of open) {
    if (typeof ruleId === "string") byRule.set(ruleId, (byRule.get(ruleId) ?? 0) + 1);
  }
  const prints = open.flatMap(({ partialFingerprints: prints }) => {
    const own = isRecord(prints) ? prints["authgap/v1"] : undefined;
    return typeof own === "string" ? [own] : [];
  });
  const provenance = listOf(run.versionControlProvenance).find(isRecord);
  return {
    name,
    errors: level("error"),
    warnings: level("warning"),
    notes: level("note"),
    suppressed: results.length - open.length,
    fingerprints: new Set(prints),
    byRule,
    coverage: coverageOf(run),
    revision: typeof provenance?.revisionId === "string" ? provenance.revisionId.slice(0, 12) : "",
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function runOf(text: string): Record<string, unknown> | null {
  let log: unknown;
  try {
    log = JSON.parse(text);
  } catch {
    return null;
  }
  const run = isRecord(log) ? listOf(log.runs).find(isRecord) : undefined;
  if (run === undefined || !isRecord(run.tool) || !isRecord(run.tool.driver)) return null;
  return run.tool.driver.name === "authgap" ? run : null;
}

function coverageOf({ properties }: Record<string, unknown>): Readonly<Record<string, number>> {
  const coverage = isRecord(properties) && isRecord(properties.coverage) ? properties.coverage : {};
  const numbers = Object.entries(coverage).flatMap(([key, value]) =>
    typeof value === "number" ? [[key, value] as const] : [],
  );
  return Object.fromEntries(numbers);
}
