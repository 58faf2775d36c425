/** Findings ready to print, and everything a report needs. */
import type { Change } from "./change.js";
import type { Confidence, PublicIntent } from "./facts.js";
import type { LocatedPlace, Region } from "./place.js";
import type { Profile, RuleMeta, Severity } from "./rule.js";

export interface LabelledPlace extends LocatedPlace {
  readonly label: string;
  /** the source line(s), secrets masked */
  readonly snippet: string;
}

export interface Suppression {
  readonly kind: "inSource" | "external";
  readonly justification: string;
  readonly at: LocatedPlace;
}

/** How a finding stands to an earlier report: `updated` when its severity, its kind or its file has changed since. */
export type BaselineState = "new" | "unchanged" | "updated";

/** A finding as an earlier report tells it; '' for what that report does not hold. */
export interface PastFinding {
  /** code */
  readonly rule: string;
  readonly subject: string;
  readonly file: string;
  readonly region: Region;
  readonly severity: Severity;
  readonly message: string;
  readonly messageId: string;
  readonly fingerprint: string;
  readonly lineHash: string;
  readonly suppressed: boolean;
}

/** A repair as edits of one file, in the order of their places; a person looks at it before it is kept. */
export interface Fix {
  readonly title: string;
  readonly file: string;
  readonly edits: readonly { readonly region: Region; readonly insert: string }[];
  /** all comparable code agrees on it */
  readonly sure: boolean;
}

export interface Finding {
  readonly rule: RuleMeta;
  readonly message: string;
  readonly messageId: string;
  readonly subject: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly at: LabelledPlace;
  readonly related: readonly LabelledPlace[];
  readonly flow: readonly LabelledPlace[];
  readonly remedy: string;
  /** 16 hex digits over rule, subject and file: survives edits elsewhere in the file */
  readonly fingerprint: string;
  /** as GitHub computes it: hex hash of the line and what follows, `:` and a counter */
  readonly lineHash: string;
  readonly suppression: Suppression | null;
  /** absent where the project does not show how it is repaired */
  readonly fix?: Fix | undefined;
  /** absent when the run was compared with nothing */
  readonly baseline?: BaselineState;
}

export interface Notice {
  readonly kind: "unknown" | "problem" | "configuration";
  readonly id: string;
  readonly message: string;
  readonly remedy: string;
  readonly at: LocatedPlace | null;
}

export interface Coverage {
  readonly files: number;
  readonly lines: number;
  /** reason → how many files were left out */
  readonly excluded: Readonly<Record<string, number>>;
  readonly notParsed: number;
  readonly entries: number;
  readonly guarded: number;
  readonly public: number;
  readonly publicByIntent: number;
  /** jobs and events without a guard of their own: nobody outside reaches them */
  readonly withoutCaller: number;
  readonly undecided: number;
  readonly accesses: number;
  readonly tenantAccesses: number;
  readonly unknowns: number;
}

export interface ScanResult {
  readonly toolVersion: string;
  readonly rules: readonly RuleMeta[];
  readonly findings: readonly Finding[];
  readonly notices: readonly Notice[];
  readonly coverage: Coverage;
  readonly profile: Profile;
  /** manifest that was applied, '' when none: then everything is inferred */
  readonly policyFile: string;
  /** folder names given, relative to the root */
  readonly paths: readonly string[];
  readonly routes: readonly RouteRow[];
  /** with a baseline: what it holds and this run no longer finds */
  readonly resolved?: readonly PastFinding[];
  /** with a commit to compare with: what happened to routes, guards and the manifest */
  readonly change?: Change;
}

/** One line of `authgap routes`. */
export interface RouteRow {
  readonly method: string;
  readonly path: string;
  readonly framework: string;
  readonly transport: string;
  readonly file: string;
  readonly line: number;
  readonly handler: string;
  readonly access: "public" | "authenticated" | "authorized" | "unknown";
  readonly intent: string;
  /** who says that it is meant to be open: the policy, a mark in the code, or only what such entries usually are */
  readonly openBy: "" | "policy" | PublicIntent["by"];
  readonly tenantBound: "yes" | "no" | "none" | "unknown";
  readonly requirement: string;
  readonly group: string;
  readonly guards: readonly {
    readonly name: string;
    readonly file: string;
    readonly line: number;
    readonly grants: string;
    readonly confidence: Confidence;
  }[];
}
