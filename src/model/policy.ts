/** The manifest after validation, and what it says about each entry point. */
import type { EntryPoint, Grant } from "./facts.js";
import type { LocatedPlace } from "./place.js";

export type Requirement = "authentication" | "decision" | "stepUp" | "signature";

export interface PolicyControl {
  readonly name: "signIn" | "sessionIssuance" | "tokenValidation" | "keyRotation";
  readonly at: string;
  readonly owner: string;
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
  readonly public: boolean;
  readonly require: readonly Requirement[];
  readonly roles: readonly string[];
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
  readonly at: LocatedPlace;
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
  readonly controls: readonly PolicyControl[];
  readonly tokens: TokenPolicy | null;
  readonly guards: readonly PolicyGuard[];
  readonly policyLayer: readonly string[];
  readonly defaultRequire: readonly Requirement[];
  readonly routes: readonly PolicyRoute[];
  readonly tenancy: PolicyTenancy;
  readonly models: readonly PolicyModel[];
  readonly bypasses: readonly PolicyBypass[];
  readonly exceptions: readonly PolicyException[];
  /** rule code or name → setting */
  readonly rules: Readonly<Record<string, "off" | "error" | "warning" | "note">>;
  /** a nearer manifest that loosens what it extends: reported, never silent */
  readonly loosenings: readonly { readonly what: string; readonly at: LocatedPlace }[];
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
  /** true for a file that belongs to the policy layer (declared, else discovered) */
  readonly policyLayer: (file: string) => boolean;
}
