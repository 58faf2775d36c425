/** The manifest after validation, and what it says about each entry point. */
import type { Bypass, EntryPoint, Grant, ProvenRefusal } from "./facts.js";
import type { LocatedPlace } from "./place.js";

export type Requirement = "authentication" | "decision" | "stepUp" | "signature";

export interface PolicyControl {
  readonly name: "signIn" | "sessionIssuance" | "tokenValidation" | "keyRotation";
  /** where it is implemented: `file`, `file#symbol`, or '' */
  readonly at: string;
  readonly owner: string;
  readonly declaredAt: LocatedPlace;
}

export interface TokenPolicy {
  readonly issuer: "required" | "optional";
  readonly audience: "required" | "optional";
  readonly algorithms: readonly string[];
  readonly requiredClaims: readonly string[];
}

export interface PolicyGuard {
  /** `src/auth/guards.ts#requireUser`, `package#export`, or a glob before the `#` */
  readonly use: string;
  readonly grants: Grant;
  readonly at: LocatedPlace;
}

export interface PolicyRoute {
  readonly match: string;
  /** glob over files: the rule speaks about entries there only; absent or '' for everywhere */
  readonly in?: string;
  readonly public: boolean;
  readonly require: readonly Requirement[];
  readonly roles: readonly string[];
  /** refusals that the project's own tests must show; absent when the rule says nothing of them */
  readonly tests?: readonly ProvenRefusal[];
  readonly reason: string;
  readonly owner: string;
  /** ISO date or '' */
  readonly expires: string;
  readonly at: LocatedPlace;
}

export interface PolicyException {
  readonly rule: string;
  readonly subject: string;
  readonly reason: string;
  readonly owner: string;
  readonly expires: string;
  readonly at: LocatedPlace;
}

export interface PolicyBypass {
  /** `file#symbol` */
  readonly use: string;
  readonly reason: string;
  readonly owner: string;
  readonly expires: string;
  readonly at: LocatedPlace;
}

export interface PolicyModel {
  readonly name: string;
  readonly enforcedBy: readonly string[];
  /** what a write to this model demands; null when the manifest is silent */
  readonly write: { readonly require: readonly Requirement[]; readonly roles: readonly string[] } | null;
  readonly at: LocatedPlace;
}

export interface PolicyPrivileges {
  /** `Member.role` */
  readonly column: string;
  /** weakest first */
  readonly order: readonly string[];
  readonly at: LocatedPlace;
}

export interface PolicyImpersonation {
  /** `file` or `file#symbol` */
  readonly use: string;
  readonly allow: "read" | "write";
  readonly at: LocatedPlace;
}

/** Something in the code that the manifest names: it must exist (AG605). */
export interface PolicyReference {
  /** `code`: `file`, `file#symbol`, `package#export`; `files`: a glob; `column`: `Model.column` */
  readonly kind: "code" | "files" | "model" | "column";
  readonly text: string;
  /** where it stands in the manifest: `guards[0].use` */
  readonly where: string;
  readonly at: LocatedPlace;
}

/** Why a manifest cannot be used: place, what is wrong, how to repair it. Lines and columns from 1. */
export interface ManifestProblem {
  /** from the root, POSIX separators */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly what: string;
  readonly remedy: string;
}

export interface PolicyTenancy {
  readonly keys: readonly string[];
  readonly ownerKeys: readonly string[];
  readonly sources: readonly string[];
  readonly global: readonly { readonly name: string; readonly at: LocatedPlace }[];
  readonly enforcedBy: readonly { readonly use: string; readonly at: LocatedPlace }[];
}

/** A validated manifest with everything it extends merged in. */
export interface Policy {
  /** '' when the project has none */
  readonly file: string;
  /** `identity.provider`, '' when not declared */
  readonly provider: string;
  readonly controls: readonly PolicyControl[];
  readonly tokens: TokenPolicy | null;
  readonly guards: readonly PolicyGuard[];
  readonly policyLayer: readonly string[];
  readonly defaultRequire: readonly Requirement[];
  /** true when `routes.default` is written down: then it covers entries that no rule matches */
  readonly defaultDeclared: boolean;
  /** refusals that tests must show for every entry whose rule says nothing of them */
  readonly defaultTests?: readonly ProvenRefusal[];
  readonly routes: readonly PolicyRoute[];
  readonly tenancy: PolicyTenancy;
  readonly models: readonly PolicyModel[];
  readonly privileges: PolicyPrivileges | null;
  readonly impersonation: PolicyImpersonation | null;
  /** function that tells whether set-up is finished (`file#symbol`), '' when not declared */
  readonly setupUntil: string;
  readonly bypasses: readonly PolicyBypass[];
  readonly exceptions: readonly PolicyException[];
  /** rule code or name → setting */
  readonly rules: Readonly<Record<string, "off" | "error" | "warning" | "note">>;
  /** a nearer manifest that loosens what it extends: reported, never silent */
  readonly loosenings: readonly { readonly what: string; readonly at: LocatedPlace }[];
  /** every file, function and model that the manifest names */
  readonly references: readonly PolicyReference[];
}

export interface EntryPolicy {
  readonly entry: EntryPoint;
  /** index into `Policy.routes`, -1 when only the default applies */
  readonly route: number;
  readonly public: boolean;
  readonly require: readonly Requirement[];
}

export interface AppliedPolicy {
  readonly policy: Policy;
  /** one per `Facts.entries`, same order */
  readonly entries: readonly EntryPolicy[];
  /** indexes into `Policy.routes` that match nothing */
  readonly unusedRoutes: readonly number[];
  /** indexes into `Policy.exceptions` whose subject is written like an entry point and matches none */
  readonly unusedExceptions: readonly number[];
  /** true for a file that belongs to the policy layer (declared, else discovered) */
  readonly policyLayer: (file: string) => boolean;
}

/** A reason or owner that is missing: nothing, or a word that only holds the place of an answer. */
export function isPlaceholder(text: string): boolean {
  return /^(|todo|tbd|fixme|xxx|n\/?a|none|unknown|\?+|-+)$/i.test(text.trim());
}

/**
 * Does an entry do what is demanded of it?
 *
 * @param explicit a rule of its own demands it, not only the default for all
 */
export function meetsRequirement(entry: EntryPoint, requirement: Requirement, explicit: boolean): boolean {
  const { authentication, decision, signature, stepUp } = entry.protection;
  switch (requirement) {
    case "authentication":
      // a signature proves who calls; what is wrong with the edge alone, AG105 tells; with a switch, AG403
      if (authentication === "conditional") return !explicit;
      return authentication === "rejects" || authentication === "edge-only" || decision || signature;
    case "decision":
      // rows of the caller alone need no further decision unless one is asked for by name
      return decision || (!explicit && (entry.selfService || signature));
    case "signature":
      return signature;
    case "stepUp":
      return stepUp;
  }
}

/** The refusals that tests must show for an entry; public entries refuse nobody. */
export function demandedTests(policy: Policy, applied: EntryPolicy): readonly ProvenRefusal[] {
  if (applied.public) return [];
  return policy.routes[applied.route]?.tests ?? policy.defaultTests ?? [];
}

/** Does any line of the manifest demand tests? */
export function demandsTests(policy: Policy): boolean {
  return [policy.defaultTests, ...policy.routes.map((route) => route.tests)].some((tests) => (tests?.length ?? 0) > 0);
}

/** Does a line of the manifest list this bypass? `file` or `file#symbol`; a method with or without its class. */
export function listsBypass(listed: PolicyBypass, bypass: Bypass): boolean {
  const [file, symbol] = listed.use.split("#");
  if (file !== bypass.place.file) return false;
  return symbol === undefined || symbol === bypass.symbol || bypass.symbol.endsWith(`.${symbol}`);
}
