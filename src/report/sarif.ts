/** A scan's result as a SARIF 2.1.0 log: one run, the same bytes for the same result. */
import type { Log, Run, RunAutomationDetails, VersionControlDetails } from "sarif";
import type { Finding, Notice, ScanResult } from "../model/finding.js";
import type { RuleMeta } from "../model/rule.js";
import { invocation, listedNotices, notificationDescriptors } from "./sarif-notifications.js";
import { SOURCE_ROOT, type UriStyle } from "./sarif-places.js";
import { TaxonRegistry } from "./sarif-registry.js";
import { toAbsentResult, toResult } from "./sarif-results.js";
import { ruleDescriptor } from "./sarif-rules.js";
import { HOME, TOOL_FULL_NAME, TOOL_NAME } from "./tool.js";

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/** GitHub refuses logs with more results than this, and shows no more than `MOST_SHOWN`. */
export const MOST_RESULTS = 25_000;
export const MOST_SHOWN = 5_000;

/** The commit that was scanned, as far as the working copy tells. */
export interface Provenance {
  /** https address without credentials */
  readonly repositoryUri: string;
  readonly revisionId: string;
  readonly branch: string;
}

/** The pipeline that makes the log, for Advanced Security in Azure DevOps. */
export interface AzurePipeline {
  /** -1 when it is not known */
  readonly buildDefinitionId: number;
  readonly buildDefinitionName: string;
  readonly phaseId: string;
  readonly phaseName: string;
}

export interface SarifOptions {
  /** GitHub shows suppressed results as open alerts, so they are left out unless asked for */
  readonly suppressed: "omit" | "include";
  /** results of the baseline that are gone; GitHub would show them as open alerts, so they are left out unless asked for */
  readonly absent?: "omit" | "include";
  /** tells uploads of one commit apart; `authgap` when absent */
  readonly category?: string | undefined;
  readonly uriStyle: UriStyle;
  /** no times, no durations: there is no other mode */
  readonly deterministic: true;
  readonly provenance?: Provenance | undefined;
  readonly pipeline?: AzurePipeline | null;
  /** with which the program ends */
  readonly exitCode?: number;
  /** folder of the scan's root from the repository's root, when they differ: an own later run finds back by it */
  readonly prefix?: string;
  /** documentation of a rule in Markdown */
  readonly page?: ((rule: RuleMeta) => string | undefined) | undefined;
}

/** Renders the log as text that ends with a line break. */
export function renderSarif(result: ScanResult, options: SarifOptions): string {
  const log: Log = { $schema: SCHEMA, version: "2.1.0", runs: [toRun(result, options)] };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function toRun(result: ScanResult, options: SarifOptions): Run {
  const rules = listedRules(result);
  const taxa = new TaxonRegistry(rules);
  const { findings, notices } = withinLimits(result, options);
  const descriptors = notificationDescriptors(notices);
  const context = { rules, taxa, style: options.uriStyle, withSuppressions: options.suppressed === "include" };
  const gone = options.absent === "include" ? (result.resolved ?? []) : [];
  return {
    tool: {
      driver: {
        name: TOOL_NAME,
        fullName: TOOL_FULL_NAME,
        version: result.toolVersion,
        semanticVersion: result.toolVersion,
        informationUri: HOME,
        organization: TOOL_NAME,
        language: "en-US",
        supportedTaxonomies: taxa.supported(),
        rules: rules.map((rule) => ruleDescriptor(rule, taxa, options.page?.(rule))),
        notifications: descriptors,
      },
    },
    taxonomies: taxa.taxonomies(),
    automationDetails: automation(options),
    invocations: [{ ...invocation(notices, descriptors, options.uriStyle), ...exitCode(options) }],
    ...(options.provenance ? { versionControlProvenance: [provenance(options.provenance)] } : {}),
    originalUriBaseIds: { [SOURCE_ROOT]: { description: { text: "The root of the scanned repository." } } },
    columnKind: "utf16CodeUnits",
    newlineSequences: ["\r\n", "\n"],
    language: "en-US",
    defaultSourceLanguage: "typescript",
    results: [
      ...findings.map((finding) => toResult(finding, context)),
      ...gone.map((past) => toAbsentResult(past, context)),
    ],
    properties: {
      coverage: result.coverage,
      profile: result.profile,
      policy: result.policyFile,
      ...(options.prefix === undefined || options.prefix === "" ? {} : { root: options.prefix }),
    },
  };
}

/** Every rule that ran, by code; a rule that has findings is never missing. */
function listedRules(result: ScanResult): RuleMeta[] {
  const rules = new Map([...result.rules, ...result.findings.map((finding) => finding.rule)].map((r) => [r.code, r]));
  return [...rules.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Keeps the most severe results and says how many others there were. */
function withinLimits(result: ScanResult, options: SarifOptions): { findings: Finding[]; notices: readonly Notice[] } {
  const wanted = wantedIn(result, options);
  const notices = [...listedNotices(result.notices), ...limitNotices(wanted.length)];
  if (wanted.length <= MOST_RESULTS) return { findings: wanted, notices };
  const bySeverity = (["error", "warning", "note"] as const).flatMap((severity) =>
    wanted.filter((finding) => finding.severity === severity),
  );
  const kept = new Set(bySeverity.slice(0, MOST_RESULTS));
  return { findings: wanted.filter((finding) => kept.has(finding)), notices };
}

function wantedIn(result: ScanResult, options: Pick<SarifOptions, "suppressed">): Finding[] {
  return result.findings.filter((finding) => options.suppressed === "include" || finding.suppression === null);
}

/** What a log leaves out, or what GitHub will not show of it; for the person as well as for the log. */
export function sarifLimits(result: ScanResult, options: Pick<SarifOptions, "suppressed">): readonly Notice[] {
  return limitNotices(wantedIn(result, options).length);
}

function limitNotices(count: number): Notice[] {
  const remedy = "Scan parts of the repository with a category each, or use the ci profile";
  if (count > MOST_RESULTS) {
    const message = `${count - MOST_RESULTS} of ${count} results are left out of this log, the least severe first.`;
    return [{ kind: "problem", id: "results-cut", message, remedy, at: null }];
  }
  if (count <= MOST_SHOWN) return [];
  const message = `GitHub shows ${MOST_SHOWN} of these ${count} results.`;
  return [{ kind: "problem", id: "results-hidden", message, remedy, at: null }];
}

function exitCode({ exitCode }: SarifOptions): { exitCode?: number } {
  return exitCode === undefined ? {} : { exitCode };
}

const AZURE = "azuredevops/pipeline/build/";

function automation({ category, pipeline }: SarifOptions): RunAutomationDetails {
  const id = categoryId(category);
  if (pipeline === undefined || pipeline === null) return { id };
  const named = Object.entries(pipeline).map(([name, value]) => [AZURE + name, value]);
  return { id: AZURE + id, properties: Object.fromEntries(named) };
}

/** GitHub takes everything up to the last slash as the category. */
function categoryId(category: string | undefined): string {
  const name = category === undefined || category.trim() === "" ? TOOL_NAME : category.trim();
  return name.endsWith("/") ? name : `${name}/`;
}

function provenance({ repositoryUri, revisionId, branch }: Provenance): VersionControlDetails {
  return {
    repositoryUri,
    ...(revisionId === "" ? {} : { revisionId }),
    ...(branch === "" ? {} : { branch }),
    mappedTo: { uriBaseId: SOURCE_ROOT },
  };
}
