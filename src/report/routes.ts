/** The inventory of entry points: who may enter, by which steps, and what could not be decided. */
import { routeGlob } from "../base/glob.js";
import type { Notice, RouteRow, ScanResult } from "../model/finding.js";
import { noticeJson } from "./json.js";
import { type Brush, counted, fitted, type Paint, paintFor, printable } from "./paint.js";
import { conventionLines, publicByConvention } from "./public-routes.js";
import { spot } from "./text.js";
import { coverageLines } from "./text-coverage.js";

export interface RouteFilters {
  /** keeps rows with one of these; all when empty or absent */
  readonly access?: readonly string[];
  readonly method?: readonly string[];
  readonly transport?: readonly string[];
  /** glob over paths and names (`/admin/**`); without a wildcard, a part of them */
  readonly path?: string;
}

export interface RoutesOptions {
  readonly format: "text" | "json" | "markdown";
  readonly filters?: RouteFilters;
  readonly colour: boolean;
  readonly width: number;
}

/** Renders the table; the JSON form is `{ "routes": […], "unknown": […] }`. */
export function renderRoutes(result: ScanResult, options: RoutesOptions): string {
  const wanted = wantedBy(options.filters ?? {});
  const rows = result.routes.filter(wanted);
  const unknown = result.notices.filter((notice) => notice.kind === "unknown");
  if (options.format === "json") return renderRoutesJson(rows, unknown);
  if (options.format === "markdown") return renderRoutesMarkdown(rows, unknown);
  return renderRoutesText(rows, unknown, result, options);
}

function wantedBy(filters: RouteFilters): (row: RouteRow) => boolean {
  const among = (list: readonly string[] | undefined, value: string) =>
    list === undefined || list.length === 0 || list.some((item) => item.toLowerCase() === value.toLowerCase());
  const path = filters.path ?? "";
  const glob = /[*?[{]/.test(path) ? routeGlob(path) : null;
  return (row) =>
    among(filters.access, row.access) &&
    (among(filters.method, row.method) || row.method === "ALL") &&
    among(filters.transport, row.transport) &&
    (glob === null ? row.path.includes(path) : glob(row.path));
}

function renderRoutesJson(rows: readonly RouteRow[], unknown: readonly Notice[]): string {
  const routes = rows.map((row) => ({
    method: row.method,
    path: row.path,
    framework: row.framework,
    transport: row.transport,
    file: row.file,
    line: row.line,
    handler: row.handler,
    access: row.access,
    guards: row.guards.map(({ name, file, line, grants, confidence }) => ({ name, file, line, grants, confidence })),
    intent: row.intent,
    openBy: row.openBy,
    tenantBound: row.tenantBound,
    requirement: row.requirement,
    group: row.group,
  }));
  return `${JSON.stringify({ routes, unknown: unknown.map(noticeJson) }, null, 2)}\n`;
}

function renderRoutesMarkdown(rows: readonly RouteRow[], unknown: readonly Notice[]): string {
  const lines = byGroup(rows).flatMap(([group, members]) => [
    `### ${markdownCell(group)}`,
    "",
    "| method | path | access | steps | tenant-bound | requires | handler |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...members.map(markdownRow),
    "",
  ]);
  const conventional = publicByConvention(rows);
  if (conventional.length > 0) lines.push("Public by convention, until the policy settles them:", "");
  for (const row of conventional) lines.push(`- ${markdownCell(`${row.method} ${row.path}: ${row.intent}`)}`);
  const open = unknown.map((notice) => {
    const where = notice.at === null ? "" : `${spot(notice.at)}: `;
    return `- ${markdownCell(where + notice.message)}`;
  });
  if (conventional.length > 0) lines.push("");
  if (open.length > 0) lines.push("Not decided:", "", ...open, "");
  return `${lines.join("\n").trimEnd()}\n`;
}

function markdownRow(row: RouteRow): string {
  const access = row.intent === "" ? row.access : `${row.access} (${row.intent})`;
  const cells = [row.method, row.path, access, stepNames(row), row.tenantBound, row.requirement, handlerSpot(row)];
  return `| ${cells.map(markdownCell).join(" | ")} |`;
}

function renderRoutesText(
  rows: readonly RouteRow[],
  unknown: readonly Notice[],
  result: ScanResult,
  { colour, width }: RoutesOptions,
): string {
  const paint = paintFor(colour);
  const lines: string[] = [];
  for (const [group, members] of byGroup(rows)) {
    lines.push(
      paint.bold(paint.underline(printable(group))),
      ...members.flatMap((row) => rowLines(row, paint, width)),
      "",
    );
  }
  lines.push(...conventionLines(rows, paint, { width, all: true }));
  if (rows.length < result.routes.length) {
    lines.push(`${counted(rows.length, "entry point")} of ${result.routes.length} shown`);
  }
  for (const notice of unknown) {
    const where = notice.at === null ? "" : `${spot(notice.at)}  `;
    lines.push(`${paint.yellow("not decided")}  ${where}${printable(notice.message)}`);
    if (notice.remedy !== "") lines.push(paint.dim(`             ${printable(notice.remedy)}`));
  }
  if (unknown.length > 0) lines.push("");
  return `${[...lines, ...coverageLines(result, paint, width)].join("\n")}\n`;
}

function byGroup(rows: readonly RouteRow[]): [string, RouteRow[]][] {
  const groups = new Map<string, RouteRow[]>();
  for (const row of rows) {
    const name = row.group === "" ? row.file : row.group;
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return [...groups];
}

function rowLines(row: RouteRow, paint: Paint, width: number): string[] {
  const key = printable(`${row.method.padEnd(6)} ${row.path}`);
  const intent = row.intent === "" ? "" : paint.dim(` ${printable(row.intent)}`);
  const tenant = row.tenantBound === "none" ? "" : paint.dim(` tenant-bound: ${row.tenantBound}`);
  const needs = row.requirement === "" ? "" : paint.dim(` requires: ${printable(row.requirement)}`);
  const head = `  ${accessBrush(row, paint)(row.access.padEnd(13))} ${paint.bold(key)}${intent}${tenant}${needs}`;
  const steps = row.guards.map((step, index) => {
    const grants = `${step.grants}${step.confidence === "proven" ? "" : ` (${step.confidence})`}`;
    const plain = fitted(
      printable(`${step.name}  ${step.file}:${step.line}`),
      Math.max(20, width - 24 - grants.length),
    );
    return `                ${paint.dim(`${index + 1}.`)} ${plain}  ${stepBrush(step.grants, paint)(grants)}`;
  });
  return [head, paint.dim(`                ${handlerSpot(row)}`), ...steps];
}

function accessBrush(row: RouteRow, paint: Paint): Brush {
  if (row.access === "public") return row.intent === "" ? paint.red : paint.cyan;
  return row.access === "unknown" ? paint.yellow : paint.green;
}

function stepBrush(grants: string, paint: Paint): Brush {
  if (grants === "unknown") return paint.yellow;
  return grants === "neutral" || grants === "attach" || grants === "presence" ? paint.dim : paint.green;
}

function handlerSpot(row: RouteRow): string {
  return printable(`${row.handler === "" ? "" : `${row.handler}  `}${row.file}:${row.line}`);
}

function stepNames(row: RouteRow): string {
  return row.guards.map((step) => `${step.name} (${step.grants})`).join(" → ");
}

/** Text for a table cell: no line breaks, nothing that Markdown would take for a column, code or HTML. */
function markdownCell(text: string): string {
  return printable(text.replace(/\s+/g, " ")).replace(/[\\|`*_<>[\]]/g, "\\$&");
}
