/**
 * What was seen in the code, before anything is judged. Adapters and analyses produce these records;
 * policy and rules read them. Places are offsets; lines are computed when something is reported.
 */
import type { Access, EitherCheck } from "./accesses.js";
import type { Bypass } from "./bypasses.js";
import type {
  DecisionFault,
  GuardFault,
  LoosePattern,
  LooseQuantifier,
  RoleTest,
  TalkativeRefusal,
} from "./check-faults.js";
import type { Denial, MixedPrincipal, StaleClaim } from "./conduct.js";
import type { DataModel, TenancyModel } from "./data-model.js";
import type { EntryPoint, GuardDefinition, TypeField } from "./entry-points.js";
import type { Place } from "./place.js";
import type { TokenRead, TokenVerification } from "./token-facts.js";
import type { TokenFlaw } from "./token-flaws.js";

export type * from "./accesses.js";
export type * from "./bypasses.js";
export type * from "./check-faults.js";
export type * from "./entry-points.js";
export { ONE_OF_SEVERAL, PATH_UNDECIDED, WITHOUT_CALLER } from "./entry-points.js";
export type * from "./evidence.js";
export type * from "./token-facts.js";

/** What could not be decided: counted, shown, with what would decide it. */
export interface Unknown {
  readonly kind:
    | "file-not-read"
    | "file-not-parsed"
    | "file-not-lowered"
    | "dynamic-registration"
    | "unresolved-guard"
    | "unresolved-filter"
    | "unparsed-sql"
    | "bound-reached"
    | "internal-error";
  readonly place: Place;
  readonly detail: string;
  /** the line of manifest that would decide it, '' when none would */
  readonly remedy: string;
}

/** What a request that a test expects to be refused shows. */
export type ProvenRefusal = "denial" | "roleChange" | "otherTenant" | "deletedUser";

/** A request that one of the project's own tests makes. */
export interface TestRequest {
  /** upper case, `*` when it is not known */
  readonly method: string;
  /** concrete path; unknown segments as `UNKNOWN_SEGMENT` */
  readonly path: string;
  readonly place: Place;
  /** empty when no refusal is expected */
  readonly shows: readonly ProvenRefusal[];
}

export interface Facts {
  readonly entries: readonly EntryPoint[];
  readonly accesses: readonly Access[];
  readonly guardFaults: readonly GuardFault[];
  readonly decisionFaults: readonly DecisionFault[];
  readonly roleTests: readonly RoleTest[];
  /** absent when nobody looked */
  readonly eitherChecks?: readonly EitherCheck[];
  /** absent when nobody looked */
  readonly looseQuantifiers?: readonly LooseQuantifier[];
  readonly loosePatterns: readonly LoosePattern[];
  readonly talkativeRefusals: readonly TalkativeRefusal[];
  /** models whose rows are read by everybody on purpose; absent: none */
  readonly published?: readonly string[];
  readonly tokenReads: readonly TokenRead[];
  readonly tokenVerifications: readonly TokenVerification[];
  readonly tokenFlaws: readonly TokenFlaw[];
  readonly bypasses: readonly Bypass[];
  readonly denials: readonly Denial[];
  readonly staleClaims: readonly StaleClaim[];
  readonly mixedPrincipals: readonly MixedPrincipal[];
  readonly guards: readonly GuardDefinition[];
  readonly models: readonly DataModel[];
  readonly tenancy: TenancyModel;
  readonly unknowns: readonly Unknown[];
  /** every `file#name` defined at top level or as a class member: for references from the manifest */
  readonly symbols: ReadonlySet<string>;
  readonly files: readonly string[];
  /** which field of a GraphQL schema leads to which type, where the code says so */
  readonly typeFields?: readonly TypeField[];
  /** absent when nobody asked for them: tests are read only where the manifest demands some */
  readonly tests?: readonly TestRequest[];
}
