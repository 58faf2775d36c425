/** What the command line asks of the engine, and what it gets back. */
import type { Facts } from "../model/facts.js";
import type { ScanResult } from "../model/finding.js";
import type { LocatedPlace, Place } from "../model/place.js";
import type { AppliedPolicy } from "../model/policy.js";
import type { Profile, Rule } from "../model/rule.js";

export interface ScanProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

export interface ScanRequest {
  /** folders or files as given by the person, relative to `cwd` or absolute; empty means `cwd` */
  readonly paths: readonly string[];
  readonly cwd: string;
  /** manifest named on the command line; without it the one at the root is used */
  readonly policyFile?: string;
  readonly rules: readonly Rule[];
  readonly profile: Profile;
  /** ISO date */
  readonly today: string;
  readonly useCache: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly includeTests: boolean;
  /** rule codes or names; when given, only these run */
  readonly only?: readonly string[];
  onProgress?(progress: ScanProgress): void;
  readonly toolVersion: string;
  /** folders of workspace packages from the root: only what belongs to them, nested packages apart, is reported */
  readonly within?: readonly string[];
  /** the facts themselves are wanted, so a remembered result does not do */
  readonly needsFacts?: boolean;
}

export interface ScanOutcome {
  readonly result: ScanResult;
  /** what the result was made from; null when an earlier run's result was used again */
  readonly evidence: Evidence | null;
  /** absolute path of the root that all reported paths are relative to; for writing files, never printed */
  readonly root: string;
}

export interface Evidence {
  readonly facts: Facts;
  /** the manifest, held against the facts */
  readonly policy: AppliedPolicy;
  locate(place: Place): LocatedPlace;
}
