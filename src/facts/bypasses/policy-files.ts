/** Policies that open everything to somebody: lines of Casbin, policies of Cedar, rules of Rego, as files and as texts in the code. */
import type { Bypass } from "../../model/facts.js";
import type { Place } from "../../model/place.js";

export interface PolicyFile {
  /** from the root */
  readonly path: string;
  readonly text: string;
}

/** A grant of everything, as it is written, and where in the text. */
export interface WideGrant {
  readonly written: string;
  readonly start: number;
  readonly end: number;
}

/** `p, admin, *, *`: a policy line whose object and action, and tenant where there is one, are stars. */
const CASBIN_LINE =
  /^[ \t]*(p\d?[ \t]*,[ \t]*[^,\n#]+(?:,[ \t]*[^,\n#]+)?(?:,[ \t]*"?\*"?[ \t]*){2,3}(?:,[ \t]*allow[ \t]*)?)(?=$|#|\r)/gm;
/** `permit(principal, action, resource);` without a condition, for everybody or for those of one group. */
const CEDAR_POLICY =
  /\bpermit\s*\(\s*principal(?:\s+(?:in|==)\s+\w+::"[^"]*")?\s*,\s*action\s*,\s*resource\s*,?\s*\)\s*;/g;
const REGO_BLOCK = /^[ \t]*(allow(?:[ \t]*:?=[ \t]*true)?(?:[ \t]+if)?[ \t]*\{([^{}]*)\})/gm;
const REGO_LINE = /^[ \t]*(allow(?:[ \t]*:?=[ \t]*true)?[ \t]+if[ \t]+([^{}\n]+))$/gm;
/** One condition, and it asks who somebody is. */
const REGO_PRIVILEGE =
  /^(?:input(?:\.\w+)*\.(?:roles?|groups?)(?:\[_\])?\s*==\s*"(?:super_?)?(?:admin(?:istrator)?|user|root|owner)"|"(?:super_?)?(?:admin(?:istrator)?|user|root|owner)"\s+in\s+input(?:\.\w+)*\.(?:roles|groups)|input(?:\.\w+)*\.is_?(?:super)?(?:admin|user|root)(?:\s*==\s*true)?)$/i;

/** What lines for Casbin grant with stars. */
export function casbinGrants(text: string): readonly WideGrant[] {
  return matches(text, CASBIN_LINE);
}

/** What policies for Cedar permit without asking anything. */
export function cedarGrants(text: string): readonly WideGrant[] {
  return matches(blank(text, /\/\/.*/g), CEDAR_POLICY);
}

/** Rules of Rego that allow for one property of the caller, whatever is asked for. */
export function regoGrants(text: string): readonly WideGrant[] {
  const plain = blank(text, /#.*/g);
  return [REGO_BLOCK, REGO_LINE].flatMap((rule) =>
    [...plain.matchAll(rule)].flatMap((match) => {
      const conditions = (match[2] ?? "")
        .split(/[;\n]/)
        .map((one) => one.trim())
        .filter((one) => one !== "");
      const [only, ...more] = conditions;
      return only !== undefined && more.length === 0 && REGO_PRIVILEGE.test(only) ? [grantOf(match)] : [];
    }),
  );
}

/** The grants in the policy files of a project, one bypass each. */
export function policyFileBypasses(files: readonly PolicyFile[]): readonly Bypass[] {
  return files.flatMap(({ path, text }) =>
    grantsIn(path, text).map((grant) =>
      wideGrant(grant.written, { file: path, start: grant.start, end: grant.end }, ""),
    ),
  );
}

function grantsIn(path: string, text: string): readonly WideGrant[] {
  if (path.endsWith(".csv")) return casbinGrants(text);
  if (path.endsWith(".cedar")) return cedarGrants(text);
  return path.endsWith(".rego") ? regoGrants(text) : [];
}

/** The record of a grant of everything. */
export function wideGrant(written: string, place: Place, symbol: string): Bypass {
  return {
    kind: "early-allow",
    place,
    predicate: written.replace(/\s+/g, " ").trim().slice(0, 120),
    scope: "unknown",
    skips: ["decision"],
    audited: false,
    symbol,
    entries: [],
    confidence: "inferred",
    evidence: [],
  };
}

function matches(text: string, pattern: RegExp): readonly WideGrant[] {
  return [...text.matchAll(pattern)].map(grantOf);
}

function grantOf(match: RegExpMatchArray): WideGrant {
  const whole = match[0];
  const written = match[1] ?? whole;
  const start = (match.index ?? 0) + whole.indexOf(written);
  return { written, start, end: start + written.trimEnd().length };
}

/** Comments as spaces, so that places stay. */
function blank(text: string, comment: RegExp): string {
  return text.replace(comment, (found) => " ".repeat(found.length));
}
