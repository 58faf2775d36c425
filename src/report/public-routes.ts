/** Entry points that are open because such entries usually are: listed apart, until the policy settles them. */
import type { RouteRow } from "../model/finding.js";
import { counted, type Paint, printable, wrapped } from "./paint.js";

const SHORT_LIST = 5;

/** Open entry points for which only a convention speaks, no mark in the code and no line of the policy. */
export function publicByConvention(rows: readonly RouteRow[]): readonly RouteRow[] {
  return rows.filter(({ openBy }) => openBy === "convention" || openBy === "capability" || openBy === "auth-library");
}

/** One entry of `publicByConvention` in the JSON report. */
export function conventionJson(row: RouteRow) {
  const { method, path, file, line, intent, openBy } = row;
  return { method, path, file, line, reason: intent, by: openBy, settledBy: policyLine(row) };
}

/** The lines of a text report; none when there is nothing to list. */
export function conventionLines(
  rows: readonly RouteRow[],
  paint: Paint,
  { width, all }: { readonly width: number; readonly all: boolean },
): string[] {
  const open = publicByConvention(rows);
  const [first] = open;
  if (first === undefined) return [];
  const limit = all ? open.length : SHORT_LIST;
  const shown = open.slice(0, limit);
  const column = Math.min(48, Math.max(...shown.map((row) => keyOf(row).length)));
  const lines = shown.map(
    (row) => `  ${keyOf(row).padEnd(column)}  ${paint.dim(printable(`${row.intent}  ${row.file}:${row.line}`))}`,
  );
  const rest = open.length - shown.length;
  const settle = `The policy settles ${open.length === 1 ? "it" : "them"}, one line each: routes.rules: - ${policyLine(first)}`;
  return [
    paint.bold(`Public by convention: ${counted(open.length, "entry point")}`),
    ...lines,
    ...(rest > 0 ? [paint.dim(`  and ${rest} more (--verbose lists them)`)] : []),
    ...wrapped(settle, width, "    ").map((line) => paint.dim(line)),
    "",
  ];
}

/** What a reviewer writes into the manifest. */
function policyLine({ method, path, intent }: RouteRow): string {
  return `{ match: "${method === "ALL" ? "*" : method} ${path}", public: true, reason: "${intent}", owner: "…" }`;
}

function keyOf({ method, path }: RouteRow): string {
  return printable(`${method.padEnd(6)} ${path}`);
}
