/** Findings as SARIF results. */
import type { CodeFlow, Location, Message, Result, Fix as SarifFix, Suppression as SarifSuppression } from "sarif";
import type { Finding, Fix, LabelledPlace, PastFinding } from "../model/finding.js";
import type { RuleMeta } from "../model/rule.js";
import { escaped, MOST_RELATED, resultMessage } from "./sarif-message.js";
import { bareLocation, location, locationInContext, type UriStyle } from "./sarif-places.js";
import type { TaxonRegistry } from "./sarif-registry.js";
import { sentence } from "./tool.js";

/** Steps of a flow that are shown; consumers cut at similar numbers. */
const MOST_STEPS = 100;

export interface ResultContext {
  readonly rules: readonly RuleMeta[];
  readonly taxa: TaxonRegistry;
  readonly style: UriStyle;
  /** suppressed results are in the log: then every result says whether it is */
  readonly withSuppressions: boolean;
}

/** One finding as a result. */
export function toResult(finding: Finding, context: ResultContext): Result {
  const { style } = context;
  const taxon = finding.rule.cwe[0] === undefined ? null : context.taxa.reference(`CWE-${finding.rule.cwe[0]}`);
  return {
    ruleId: finding.rule.code,
    ruleIndex: context.rules.findIndex((rule) => rule.code === finding.rule.code),
    kind: "fail",
    level: finding.severity,
    ...(finding.baseline === undefined ? {} : { baselineState: finding.baseline }),
    message: style === "raw" ? named(resultMessage(finding), finding.rule) : resultMessage(finding),
    locations: [{ physicalLocation: locationInContext(finding.at, style) }],
    ...(finding.related.length > 0 ? { relatedLocations: relatedLocations(finding, style) } : {}),
    ...(finding.flow.length > 0 ? { codeFlows: [codeFlow(finding, style)] } : {}),
    partialFingerprints: {
      ...(finding.lineHash === "" ? {} : { primaryLocationLineHash: finding.lineHash }),
      "authgap/v1": finding.fingerprint,
    },
    ...(finding.fix?.sure === true ? { fixes: [toFix(finding.fix, style)] } : {}),
    ...(taxon ? { taxa: [taxon] } : {}),
    ...(context.withSuppressions ? { suppressions: suppressions(finding, style) } : {}),
    properties: {
      confidence: finding.confidence,
      subject: finding.subject,
      ...(finding.remedy === "" ? {} : { remedy: finding.remedy }),
    },
  };
}

/** Viewers in editors list messages without the rule that they are of. */
function named({ text }: Message, rule: RuleMeta): Message {
  return { text: `${rule.code} ${rule.name}: ${text}` };
}

/** What the baseline holds and the run no longer finds; only for consumers that follow `baselineState`. */
export function toAbsentResult(past: PastFinding, { rules, style, withSuppressions }: ResultContext): Result {
  const ruleIndex = rules.findIndex((rule) => rule.code === past.rule);
  const text = escaped(sentence(past.message === "" ? past.subject : past.message));
  return {
    ruleId: past.rule,
    ...(ruleIndex < 0 ? {} : { ruleIndex }),
    kind: "fail",
    level: past.severity,
    baselineState: "absent",
    // links lead to related places, which an absent result no longer has
    message: { text: text.replace(/ See \\?\[.*$/s, "") },
    locations: [{ physicalLocation: bareLocation(past, style) }],
    partialFingerprints: {
      ...(past.lineHash === "" ? {} : { primaryLocationLineHash: past.lineHash }),
      "authgap/v1": past.fingerprint,
    },
    ...(withSuppressions ? { suppressions: [] } : {}),
    properties: { subject: past.subject },
  };
}

function relatedLocations(finding: Finding, style: UriStyle): Location[] {
  return finding.related.slice(0, MOST_RELATED).map((place, index) => ({
    id: index + 1,
    ...described(place, style),
  }));
}

function codeFlow(finding: Finding, style: UriStyle): CodeFlow {
  const steps = finding.flow.slice(0, MOST_STEPS).map((place) => ({ location: described(place, style) }));
  return { threadFlows: [{ locations: steps }] };
}

function described(place: LabelledPlace, style: UriStyle): Location {
  return { physicalLocation: location(place, style), message: { text: escaped(place.label || place.file) } };
}

/** Edits that a machine may make: those on which all comparable code agrees. */
function toFix({ title, file, edits }: Fix, style: UriStyle): SarifFix {
  const { artifactLocation } = bareLocation({ file, region: edits[0].region }, style);
  const replacements = edits.map(({ region, insert }) => ({
    deletedRegion: { ...region },
    insertedContent: { text: insert },
  }));
  return {
    description: { text: sentence(title) },
    artifactChanges: [{ artifactLocation: { ...artifactLocation }, replacements }],
  };
}

function suppressions(finding: Finding, style: UriStyle): SarifSuppression[] {
  const { suppression } = finding;
  if (suppression === null) return [];
  return [
    {
      kind: suppression.kind,
      status: "accepted",
      justification: suppression.justification,
      location: { physicalLocation: bareLocation(suppression.at, style) },
    },
  ];
}
