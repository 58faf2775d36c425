/** Every case below `fixtures/` against the answers written in it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { disagreements, expectationsBelow, listDisagreements } from "./support/expectations.js";
import { routeLine, seenIn, withScanOf } from "./support/run-scan.js";

const FIXTURES = join(import.meta.dirname, "..", "fixtures");

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function linesOf(file: string): string[] {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

for (const rule of foldersIn(FIXTURES).filter((name) => /^AG\d{3}-/.test(name))) {
  describe(rule, () => {
    for (const name of foldersIn(join(FIXTURES, rule))) {
      test(name, async () => {
        const folder = join(FIXTURES, rule, name);
        const expected = expectationsBelow(folder);
        const seen = await withScanOf(folder, seenIn);
        expect(disagreements(expected, seen, rule.slice(0, 5))).toEqual([]);
      });
    }
  });
}

const FRAMEWORKS = join(FIXTURES, "_frameworks");

for (const adapter of foldersIn(FRAMEWORKS)) {
  describe(`routes of ${adapter}`, () => {
    for (const name of foldersIn(join(FRAMEWORKS, adapter))) {
      test(name, async () => {
        const folder = join(FRAMEWORKS, adapter, name);
        const lines = await withScanOf(folder, (outcome) => outcome.result.routes.map(routeLine).sort());
        expect(listDisagreements(linesOf(join(folder, "routes.txt")), lines)).toEqual([]);
      });
      const expected = expectationsBelow(join(FRAMEWORKS, adapter, name));
      if (expected.length === 0) continue;
      // a case may say which rules it speaks of; only those are compared
      test(`${name}: findings`, async () => {
        const spoken = new Set(expected.map((one) => one.rule));
        const seen = await withScanOf(join(FRAMEWORKS, adapter, name), seenIn);
        const compared = seen.filter((finding) => spoken.has(finding.rule));
        expect(disagreements(expected, compared, null)).toEqual([]);
      });
    }
  });
}

const APPS = join(FIXTURES, "_apps");

describe("whole services", () => {
  for (const name of foldersIn(APPS)) {
    test(name, async () => {
      const folder = join(APPS, name);
      const seen = await withScanOf(folder, seenIn);
      // notes are advice; what a reader must act on is compared, in full
      const lines = seen
        .filter((finding) => finding.severity !== "note")
        .map((finding) => `${finding.rule} ${finding.file}:${finding.line} ${finding.subject}`);
      expect(listDisagreements(linesOf(join(folder, "expected.txt")), [...new Set(lines)])).toEqual([]);
    });
  }
});
