/** The audit of one project: what is reachable, what guards it, what is let through, what is not known. */
import type { Facts } from "../../model/facts.js";
import type { RouteRow, ScanResult } from "../../model/finding.js";
import type { LocatedPlace, Place } from "../../model/place.js";
import type { AppliedPolicy } from "../../model/policy.js";
import { grouped } from "../paint.js";
import { type AuditDocument, type AuditFigure, type AuditSection, cell, count, type Tone } from "./document.js";
import { familySection, findingSection, openFindings, standardSection, trendSection } from "./finding-sections.js";
import { bypassSection, controlSection, exceptionSection, unknownSection } from "./governance-sections.js";
import type { PastReport } from "./past-report.js";

export interface AuditInput {
  readonly result: ScanResult;
  readonly facts: Facts;
  readonly policy: AppliedPolicy;
  locate(place: Place): LocatedPlace;
  /** ISO date */
  readonly day: string;
  readonly title: string;
  /** commit and the like, for the head of the page */
  readonly about: readonly string[];
  /** oldest first */
  readonly past: readonly PastReport[];
}

/** Puts the audit together; the same input gives the same document. */
export function auditOf(input: AuditInput): AuditDocument {
  const { result, facts, policy, day, past } = input;
  const manifest = result.policyFile === "" ? "no manifest: everything is inferred" : `manifest ${result.policyFile}`;
  return {
    title: input.title,
    day,
    tool: result.toolVersion,
    facts: [manifest, ...input.about],
    figures: figuresOf(result),
    sections: [
      findingSection(result),
      routeSection(result.routes),
      familySection(result),
      tenancySection(facts),
      bypassSection(facts, policy.policy, day, input.locate),
      exceptionSection(result, policy.policy, day),
      unknownSection(result),
      controlSection(policy.policy),
      standardSection(result),
      trendSection(result, day, past),
    ],
  };
}

function figuresOf(result: ScanResult): readonly AuditFigure[] {
  const open = openFindings(result);
  const { coverage } = result;
  const errors = open.filter((finding) => finding.severity === "error").length;
  const warnings = open.filter((finding) => finding.severity === "warning").length;
  const figure = (label: string, value: number, tone: Tone): AuditFigure => ({
    label,
    value: grouped(value),
    tone: value === 0 && tone !== "good" ? "dim" : tone,
  });
  return [
    figure("errors", errors, "bad"),
    figure("warnings", warnings, "warn"),
    figure("entry points", coverage.entries, "plain"),
    figure("guarded", coverage.guarded, "good"),
    figure("public by intent", coverage.publicByIntent, "plain"),
    figure("open", coverage.public, "bad"),
    figure("jobs and events", coverage.withoutCaller, "plain"),
    figure("entry points not decided", coverage.undecided, "warn"),
    figure("queries on tenant data", coverage.tenantAccesses, "plain"),
    figure("things not decided", coverage.unknowns, "warn"),
    figure("files read", coverage.files, "plain"),
  ];
}

const ACCESS: Readonly<Record<RouteRow["access"], Tone>> = {
  public: "bad",
  authenticated: "good",
  authorized: "good",
  unknown: "warn",
};
const BOUND: Readonly<Record<RouteRow["tenantBound"], Tone>> = { yes: "good", no: "bad", none: "dim", unknown: "warn" };

function routeSection(routes: readonly RouteRow[]): AuditSection {
  const rows = routes.map((row) => {
    const steps = row.guards.filter((guard) => guard.grants !== "neutral");
    const open = row.access === "public" && row.intent !== "";
    return [
      cell(row.method),
      cell(row.path === "" ? row.handler : row.path, "plain", [row.framework]),
      cell(row.access, open ? "plain" : ACCESS[row.access], row.intent === "" ? [] : [row.intent]),
      cell(
        steps.length === 0 ? "nothing" : [...new Set(steps.map((step) => bareName(step.name)))].join(" → "),
        steps.length === 0 && !open ? "bad" : "plain",
        stepLines(steps),
      ),
      cell(row.tenantBound === "none" ? "no tenant data" : row.tenantBound, BOUND[row.tenantBound]),
      cell(row.requirement),
      cell(`${row.file}:${row.line}`, "plain", row.handler === "" ? [] : [row.handler]),
    ];
  });
  return {
    id: "routes",
    title: "Route map",
    about: "Every entry point, and the steps before its handler that have to do with identity.",
    table: { columns: ["Method", "Path", "Access", "Guarded by", "Tenant-bound", "Required", "Handler"], rows },
  };
}

/** Further ones are counted: a path with a guard for each of its branches would fill a page. */
const MOST_STEPS = 6;

function stepLines(steps: RouteRow["guards"]): readonly string[] {
  const lines = steps.map((step) => `${step.name}: ${step.grants}, ${step.confidence}, ${step.file}:${step.line}`);
  const rest = lines.length - MOST_STEPS;
  return rest > 1 ? [...lines.slice(0, MOST_STEPS), `and ${rest} more`] : lines;
}

/** `requireUser (only when …)` is `requireUser` where the condition is told below. */
function bareName(name: string): string {
  return name.replace(/ \(only when .*\)$/, "");
}

function tenancySection(facts: Facts): AuditSection {
  const scopings = new Map(facts.tenancy.scopings.map((scoping) => [scoping.model, scoping]));
  const names = new Set([...scopings.keys(), ...facts.accesses.map((access) => access.model)]);
  const rows = [...names].sort().map((name) => {
    const scoping = scopings.get(name);
    const accesses = facts.accesses.filter((access) => access.model === name);
    const verdicts = accesses.flatMap((access) => access.reaches.map((reach) => reach.binding.verdict));
    const of = (...wanted: readonly string[]): number => verdicts.filter((verdict) => wanted.includes(verdict)).length;
    const unbound = of("unbound", "tenant-from-input", "optional", "ineffective");
    const columns = scoping?.kind === "column" ? scoping.columns.map((one) => `${one.column} (${one.role})`) : [];
    const parents = scoping?.kind === "parent" ? scoping.parents.map((one) => `through ${one.model}`) : [];
    return [
      cell(name === "" ? "(not known)" : name),
      cell(scoping?.kind ?? "not known", scoping === undefined ? "warn" : "plain", [...columns, ...parents]),
      cell(accesses.length),
      count(of("bound"), "good"),
      count(unbound, "bad"),
      count(of("unknown"), "warn"),
      count(of("not-scoped"), "dim"),
    ];
  });
  const root = facts.tenancy.root === "" ? "No tenant was recognised." : `The tenant is ${facts.tenancy.root}.`;
  return {
    id: "tenancy",
    title: "Tenancy by model",
    about: `${root} A query counts once for each entry point that reaches it.`,
    table: { columns: ["Model", "Belongs by", "Queries", "Bound", "Unbound", "Not decided", "Not tenant data"], rows },
  };
}
