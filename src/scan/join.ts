/** Results of single packages put together into the result of all of them. */
import { byText } from "../base/path.js";
import { WITHOUT_CALLER } from "../model/facts.js";
import type { Coverage, Notice, RouteRow, ScanResult } from "../model/finding.js";
import { joinFindings } from "./findings.js";

export interface Part {
  /** folder from the root */
  readonly folder: string;
  readonly result: ScanResult;
}

/**
 * Joins results of one run each over different packages; in which order they come does not matter.
 *
 * @param files number of sources in all of them: a package that several others use is part of each
 */
export function joinParts(parts: readonly Part[], files: number): ScanResult {
  const results = [...parts].sort((a, b) => byText(a.folder, b.folder)).map((part) => part.result);
  const [first] = results;
  if (first === undefined) throw new Error("there is at least one part");
  const rules = new Map(results.flatMap((result) => result.rules.map((rule) => [rule.code, rule])));
  const notices = uniqueNotices(results.flatMap((result) => result.notices));
  const routes = uniqueRoutes(results.flatMap((result) => result.routes));
  return {
    toolVersion: first.toolVersion,
    rules: [...rules.values()].sort((a, b) => byText(a.code, b.code)),
    findings: joinFindings(results.map((result) => result.findings)),
    notices,
    coverage: {
      ...joinCoverage(results.map((result) => result.coverage)),
      ...entryCoverage(routes),
      files,
      notParsed: notices.filter(({ id }) => id === "file-not-parsed" || id === "file-not-lowered").length,
    },
    profile: first.profile,
    policyFile: first.policyFile,
    paths: first.paths,
    routes,
  };
}

/** What concerns a shared file is told by every package that reaches it. */
function uniqueNotices(notices: readonly Notice[]): readonly Notice[] {
  const unique = new Map(notices.map((notice) => [JSON.stringify(notice), notice]));
  const file = (notice: Notice): string => notice.at?.file ?? "";
  const line = (notice: Notice): number => notice.at?.region.startLine ?? 0;
  return [...unique]
    .sort(
      ([keyA, a], [keyB, b]) =>
        byText(a.kind, b.kind) || byText(file(a), file(b)) || line(a) - line(b) || byText(keyA, keyB),
    )
    .map(([, notice]) => notice);
}

function uniqueRoutes(routes: readonly RouteRow[]): readonly RouteRow[] {
  return [...new Map(routes.map((row) => [JSON.stringify(row), row])).values()];
}

type EntryCoverage = Pick<
  Coverage,
  "entries" | "guarded" | "public" | "publicByIntent" | "withoutCaller" | "undecided"
>;

function entryCoverage(routes: readonly RouteRow[]): EntryCoverage {
  const open = routes.filter((row) => row.access === "public");
  const intended = open.filter(isIntended).length;
  const withoutCaller = open.filter((row) => !isIntended(row) && WITHOUT_CALLER.has(row.transport)).length;
  const undecided = routes.filter((row) => row.access === "unknown").length;
  return {
    entries: routes.length,
    guarded: routes.length - open.length - undecided,
    public: open.length - intended - withoutCaller,
    publicByIntent: intended,
    withoutCaller,
    undecided,
  };
}

function isIntended(row: RouteRow): boolean {
  return row.intent !== "" || row.requirement === "public";
}

/** Lines and queries of a shared package count once for each package that uses it. */
function joinCoverage(
  all: readonly Coverage[],
): Pick<Coverage, "lines" | "excluded" | "accesses" | "tenantAccesses" | "unknowns"> {
  const sum = (key: "lines" | "accesses" | "tenantAccesses" | "unknowns"): number =>
    all.reduce((total, one) => total + one[key], 0);
  // every part lists the whole project, so what was left out while listing is told by each of them
  const reasons = [...new Set(all.flatMap((one) => Object.keys(one.excluded)))].sort(byText);
  const most = (reason: string): number => Math.max(...all.map((one) => one.excluded[reason] ?? 0));
  return {
    lines: sum("lines"),
    excluded: Object.fromEntries(reasons.map((reason) => [reason, most(reason)])),
    accesses: sum("accesses"),
    tenantAccesses: sum("tenantAccesses"),
    unknowns: sum("unknowns"),
  };
}
