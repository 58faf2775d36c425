/** The last lines of every report: what was looked at, and what that allows to conclude. */
import type { Coverage, ScanResult } from "../model/finding.js";
import { counted, grouped, type Paint, wrapped } from "./paint.js";

/** `1,204 files · 93 entry points: 71 guarded, 9 public by intent, 6 open, 5 jobs and events, 2 undecided · …` */
export function coverageSentence(coverage: Coverage): string {
  const others = coverage.guarded + coverage.publicByIntent + coverage.withoutCaller + coverage.undecided;
  const open = Math.max(0, coverage.entries - others);
  const kinds: [number, string][] = [
    [coverage.guarded, "guarded"],
    [coverage.publicByIntent, "public by intent"],
    [open, "open"],
    [coverage.withoutCaller, coverage.withoutCaller === 1 ? "job or event" : "jobs and events"],
    [coverage.undecided, "undecided"],
  ];
  const shown = kinds.filter(([count]) => count > 0).map(([count, kind]) => `${grouped(count)} ${kind}`);
  const entries = counted(coverage.entries, "entry point");
  const parts = [
    counted(coverage.files, "file"),
    coverage.entries === 0 ? "no entry points" : `${entries}: ${shown.join(", ")}`,
    `${counted(coverage.tenantAccesses, "query", "queries")} on tenant data`,
    `${grouped(coverage.unknowns)} not decided`,
  ];
  if (coverage.notParsed > 0) parts.push(`${grouped(coverage.notParsed)} not parsed`);
  return parts.join(" · ");
}

/** The coverage with hints that follow from it. */
export function coverageLines(result: ScanResult, paint: Paint, width: number): string[] {
  const { coverage } = result;
  const hints = [
    coverage.files === 0 ? "No source file was found below the given paths: nothing was checked." : "",
    coverage.files > 0 && coverage.entries === 0
      ? "No entry point was found, which is not the same as none being open: either this is a library, or its framework is not known here."
      : "",
    result.policyFile === ""
      ? "No manifest was applied, everything is inferred. Run 'authgap init' to write a draft for review."
      : "",
  ].filter((hint) => hint !== "");
  return [
    ...wrapped(coverageSentence(coverage), width, ""),
    ...hints.flatMap((hint) => wrapped(hint, width, "").map((line) => paint.dim(line))),
  ];
}
