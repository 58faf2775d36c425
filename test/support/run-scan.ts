/** Runs the scanner on a folder as the command line would, without the command line. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { rules } from "../../rules/index.js";
import type { Finding, RouteRow } from "../../src/model/finding.js";
import type { ScanOutcome } from "../../src/scan/request.js";
import { scan } from "../../src/scan/scan.js";
import type { Seen } from "./expectations.js";

/** The day on which every fixture is scanned. */
export const TODAY = "2026-11-22";

/** A new empty folder outside of this repository, with links resolved. */
export function temporaryFolder(name: string): string {
  return mkdtempSync(join(realpathSync(tmpdir()), `authgap-${name}-`));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Writes files, given by relative path, below a folder; in the order given. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Scans a folder where it stands. */
export async function scanFolder(folder: string): Promise<ScanOutcome> {
  return scan({
    paths: [folder],
    cwd: folder,
    rules,
    profile: "audit",
    today: TODAY,
    useCache: false,
    include: [],
    exclude: [],
    includeTests: false,
    toolVersion: "0.0.0",
  });
}

/**
 * Scans a copy of a folder outside of this repository, so that neither its neighbours nor this repository's own root
 * take part, and hands the outcome to `use` before the copy goes.
 */
export async function withScanOf<T>(folder: string, use: (outcome: ScanOutcome, copy: string) => T): Promise<T> {
  const copy = temporaryFolder("case");
  try {
    cpSync(folder, copy, { recursive: true });
    return use(await scanFolder(copy), copy);
  } finally {
    removeFolder(copy);
  }
}

/** Findings that no ignore comment and no exception silences, with files relative to the scanned folder. */
export function seenIn(outcome: ScanOutcome, folder: string): Seen[] {
  const shown = outcome.result.findings.filter((finding) => finding.suppression === null);
  return shown.map((finding) => seenFrom(finding, outcome.root, folder));
}

function seenFrom(finding: Finding, root: string, folder: string): Seen {
  return {
    rule: finding.rule.code,
    severity: finding.severity,
    file: relative(folder, join(root, finding.at.file)).split(sep).join("/"),
    line: finding.at.region.startLine,
    subject: finding.subject,
    message: finding.message,
  };
}

/** One line per entry: `METHOD PATH access [step:grants, …]`; steps that have nothing to do with identity left out. */
export function routeLine(row: RouteRow): string {
  const steps = row.guards
    .filter((guard) => guard.grants !== "neutral")
    .map((guard) => `${guard.name}:${guard.grants}`);
  const shown = steps.length === 0 ? "" : ` [${steps.join(", ")}]`;
  return `${row.method} ${row.path} ${row.access}${shown}`;
}
