/**
 * What was seen in the code, before anything is judged. Adapters and analyses produce these records;
 * policy and rules read them. Places are offsets; lines are computed when something is reported.
 */
import type { Denial, MixedPrincipal, StaleClaim } from "./conduct.js";
import type { DataModel, TenancyModel } from "./data-model.js";
import type { Place } from "./place.js";
import type { TokenFlaw } from "./token-flaws.js";

/** How sure a statement is: resolved and dominating, inferred from behaviour, by name only, not decided. */
export type Confidence = "proven" | "inferred" | "named" | "unknown";

/** One line of evidence: what stands there and why it matters. */
export interface Evidence {
  readonly place: Place;
  readonly note: string;
}

export type Transport = "http" | "graphql" | "rpc" | "action" | "ws" | "queue" | "cron" | "mcp" | "grpc" | "page";

/**
 * What a step that runs before (or inside) a handler does for it.
 * `authentication` rejects callers without a verified identity; `decision` rejects callers whose identity is not
 * allowed (and so also anonymous ones); `signature` rejects messages not signed with a shared secret; `presence`
 * only demands that some credential is there; `attach` sets identity and goes on; `neutral` has nothing to do
 * with identity; `unknown` could not be read.
 */
export type Grant =
  | "authentication"
  | "decision"
  | "signature"
  | "stepUp"
  | "presence"
  | "attach"
  | "neutral"
  | "unknown";

export type StepKind = "middleware" | "guard" | "wrapper" | "decorator" | "hook" | "builder" | "inline";

/** Condition of a step that stands where a variable holds one of several functions: which one, nobody can tell. */
export const ONE_OF_SEVERAL = "one of several values";

export interface Step {
  readonly name: string;
  readonly kind: StepKind;
  /** where it is attached to the entry */
  readonly place: Place;
  /** where its behaviour is defined, when that is in the project */
  readonly definedAt: Place | null;
  readonly grants: Grant;
  readonly confidence: Confidence;
  /** under which condition it is active: an environment switch, a missing metadata key; '' when always */
  readonly condition: string;
  readonly evidence: readonly Evidence[];
  /** its own options say that it lets callers on who are not signed in */
  readonly optional?: boolean;
  /** it decides about some callers and lets others by; absent when it decides about all or about none */
  readonly decidesSometimes?: boolean;
}

/** A guard that exists but does not protect this entry. */
export interface NearMiss {
  readonly step: Step;
  readonly why: "registered-later" | "path-not-covered" | "method-not-covered" | "plugin-scope" | "overridden-method";
  readonly detail: string;
}

export type GuardFaultKind =
  | "not-awaited"
  | "result-unused"
  | "no-return-after-rejecting"
  | "swallowed-by-catch"
  | "continues-after-catch"
  | "opposite-polarity"
  | "factory-not-called"
  | "metadata-without-guard"
  | "error-handler-arity"
  | "field-not-guarded"
  | "optional-call";

/** A check that cannot stop the request (AG103). */
export interface GuardFault {
  readonly kind: GuardFaultKind;
  readonly name: string;
  readonly place: Place;
  readonly evidence: readonly Evidence[];
  /** keys of the entry points whose protection hangs on it, when known */
  readonly entries: readonly string[];
  readonly confidence: Confidence;
}

export type DecisionFaultKind =
  | "not-awaited"
  | "discarded"
  /** an object is tested, which is true whatever it says */
  | "whole-object"
  /** a word or number is tested as if it were true or false */
  | "enum-truthiness"
  /** compared with what the engine never answers */
  | "wrong-word"
  /** a missing answer, or a failure, is let through */
  | "missing-result"
  /** a promise is what `filter`, `some` or `every` test */
  | "async-predicate"
  | "after-effect";

/** A decision that decides nothing (AG503). */
export interface DecisionFault {
  readonly kind: DecisionFaultKind;
  /** the engine that was asked, '' for a check of the project's own */
  readonly engine: string;
  /** the deciding call as it is written */
  readonly name: string;
  /** where its verdict stands: `.allowed`; for `after-effect` the effect, for `async-predicate` the list method */
  readonly verdict: string;
  readonly place: Place;
  /** function in which it stands, '' at the top level */
  readonly symbol: string;
  readonly entries: readonly string[];
  readonly evidence: readonly Evidence[];
  readonly confidence: Confidence;
}

/** A handler that turns callers away by a role it compares itself. */
export interface RoleTest {
  /** what is compared: `req.user.role` */
  readonly subject: string;
  /** the words it is compared with, sorted */
  readonly roles: readonly string[];
  readonly place: Place;
  /** of its first entry point */
  readonly group: string;
  readonly entries: readonly string[];
}

/** Why an entry may be open on purpose. */
export interface PublicIntent {
  /** `builder`: it is made with something called public, which may have been the wrong one to take */
  readonly by: "marker" | "builder" | "convention" | "signature" | "capability" | "auth-library";
  readonly reason: string;
  readonly place: Place | null;
}

export type AuthenticationLevel = "rejects" | "conditional" | "edge-only" | "presence" | "attach" | "none" | "unknown";

export interface Protection {
  readonly authentication: AuthenticationLevel;
  readonly decision: boolean;
  /** the decision demands a privilege on the user itself, which no tenant limits */
  readonly instanceWide?: boolean;
  readonly signature: boolean;
  readonly stepUp: boolean;
  readonly confidence: Confidence;
  /** when conditional: the switch; when unknown: what could not be read */
  readonly detail: string;
}

/** Something made for operators of the service rather than for its users. */
export interface Surface {
  readonly kind: "board" | "admin" | "metrics" | "debug" | "console" | "documentation";
  /** the product: `Bull Board` */
  readonly name: string;
}

/** A service that sends messages, known by the headers that only it sends. */
export interface Sender {
  readonly name: string;
  /** in lower case */
  readonly header: string;
  /** the header carries a signature or a shared secret, so that something may check it */
  readonly signature: boolean;
}

/** An id of the request that was handed to a store or service outside of the database, and that nothing verified. */
export interface ExternalUse {
  /** the call as it is written */
  readonly name: string;
  /** `params.runId` */
  readonly path: string;
  readonly place: Place;
}

export interface EntryPoint {
  /** `METHOD /path` for http, `METHOD name` else; unique together with `file` */
  readonly key: string;
  readonly transport: Transport;
  readonly framework: string;
  /** upper case; `ALL` for any */
  readonly method: string;
  /** begins with `/` for http; parameters as `:name`, catch-all as `*name` */
  readonly path: string;
  readonly handler: string;
  /** first line of the handler; the primary place of AG101 */
  readonly place: Place;
  /** where it is registered; the same as `place` when registration and handler are one expression */
  readonly registration: Place;
  /** in execution order */
  readonly steps: readonly Step[];
  readonly nearMisses: readonly NearMiss[];
  readonly protection: Protection;
  readonly intent: PublicIntent | null;
  /** router, controller class or file that groups it with its peers */
  readonly group: string;
  /** folder of the workspace package it belongs to, '' or absent for the root: entries of one app are peers */
  readonly app?: string;
  /** on some way through the handler a check decides, as where an id is given that others may leave out */
  readonly decidesSometimes?: boolean;
  /** true when it only ever touches rows of the caller itself */
  readonly selfService: boolean;
  /** its callers prove themselves by a shared secret or a signature: machines, not users */
  readonly machine?: boolean;
  /** provider whose messages it receives, by a header that its handler mentions; absent when it mentions none */
  readonly sender?: Sender;
  /** what it shows, when that is made for operators; absent for ordinary entries */
  readonly surface?: Surface;
  /** what the handler does: indexes into `Facts.accesses` of the accesses it reaches */
  readonly accesses: readonly number[];
  readonly external?: readonly ExternalUse[];
  /** what runs for it leaves a record: in a trail of who did what, or a line in a log; absent when none was seen */
  readonly records?: "audit" | "log";
  /** its metadata names rights, for a guard to demand */
  readonly declaresRights?: boolean;
  /** scopes that it demands of a token, sorted; absent when none was seen */
  readonly scopes?: readonly string[];
  /** other effects worth guarding: mail sent, file written, external service called */
  readonly effects: readonly string[];
}

/** A field of a GraphQL schema that leads on to an object type. */
export interface TypeField {
  /** object type it belongs to; for an operation its kind: `QUERY` */
  readonly type: string;
  readonly name: string;
  /** the object type that it yields, one or many */
  readonly yields: string;
}

export type AccessOperation = "read" | "create" | "update" | "delete" | "raw";

/** Where a value came from, in words of the domain. */
export type ValueSource =
  | "identity"
  | "claims-unverified"
  | "credential"
  | "input"
  | "row"
  | "constant"
  | "config"
  | "parameter"
  | "unknown";

export interface ValueOrigin {
  readonly source: ValueSource;
  /** `params.id`, `session.user.id`, `process.env.X` */
  readonly path: string;
  /** for rows: index into `Facts.accesses` of the access that loaded it, else -1 */
  readonly access: number;
  /** it went through a call that could not be read */
  readonly through: boolean;
  readonly place: Place;
}

export type ConjunctPosition = "and" | "or" | "optional" | "negated" | "outer-join" | "replaced";

export interface Conjunct {
  /** column or relation path as written: `orgId`, `project.orgId`, `project.members.some.userId` */
  readonly column: string;
  readonly operator: string;
  readonly position: ConjunctPosition;
  readonly values: readonly ValueOrigin[];
  readonly place: Place;
}

/** One way in which an access is bound, or why it is not. */
export type BindingVerdict =
  /** a tenant or owner predicate with a trusted value, or an id that the ledger knows as verified */
  | "bound"
  /** nothing ties the row to the caller */
  | "unbound"
  /** a tenant predicate whose value comes from the request, membership unchecked */
  | "tenant-from-input"
  /** the predicate disappears when its value is empty or undefined */
  | "optional"
  /** the predicate stands where it does not filter: under OR, in a LEFT JOIN's ON, overridden, duplicated */
  | "ineffective"
  /** the model is not tenant data, or the row is public by its own columns */
  | "not-scoped"
  /** filter, model or value could not be read */
  | "unknown";

export interface Binding {
  readonly verdict: BindingVerdict;
  readonly confidence: Confidence;
  /** short sentence for the message: why */
  readonly reason: string;
  /** steps from the entry to the access and of the values in its filter */
  readonly evidence: readonly Evidence[];
  /** the conjunct that decided, if one did */
  readonly conjunct: Conjunct | null;
  /** bound by nothing but the object whose field is resolved: as safe as the way to that object */
  readonly byParent?: boolean;
  /** predicate that would satisfy it, ready to paste, '' when none is known */
  readonly remedy: string;
}

/** A check on the path that received another id of the request than the one that is used. */
export interface OtherCheck {
  /** the check as it is written: `canView`, `prisma.project.findFirst` */
  readonly name: string;
  readonly place: Place;
  /** the id that it received: `params.projectId` */
  readonly checked: string;
  /** the id that selects the row: `params.id` */
  readonly used: string;
  /** the call or access, in the function that made the check, that takes the other id */
  readonly use: Place;
}

/** Two ids of a request, each checked on one branch alone, and used together after it. */
export interface EitherCheck {
  readonly entry: string;
  /** the check that was made, and where */
  readonly name: string;
  readonly at: Place;
  /** the id that it received */
  readonly checked: string;
  /** the id that is verified only where the other is missing */
  readonly used: string;
  /** the call that takes it all the same */
  readonly to: string;
  readonly place: Place;
}

/** A key that says whose a row is, written by an access with a value from the request. */
export interface WrittenKey {
  /** column, '*' when a whole object is written */
  readonly column: string;
  /** what the column says of the row; `reference` for a further row it points to */
  readonly role: "tenant" | "owner" | "parent" | "primary" | "reference";
  /** model it points to, '' when it is the row's own key */
  readonly references: string;
  /** `body.projectId` */
  readonly path: string;
  /** where the value enters what is written */
  readonly place: Place;
}

/** A role, a permission or a flag of administrators that is written with a value from the request. */
export interface WrittenPrivilege {
  readonly column: string;
  /** `body.role` */
  readonly path: string;
  readonly place: Place;
  /** it comes with an object that is written as it is */
  readonly whole: boolean;
  /** a schema names it, and so may limit its values */
  readonly listed: boolean;
  /** the privilege that is written when the request asks for none, '' when that is none */
  readonly fallback: string;
}

/** An identity that a function on the way was given and made no use of. */
export interface UnusedPrincipal {
  readonly parameter: string;
  readonly symbol: string;
  readonly place: Place;
}

/** An access as reached from one entry point. */
export interface Reach {
  /** index into `Facts.entries` */
  readonly entry: number;
  readonly binding: Binding;
  /** a rejecting decision or authentication holds on the path */
  readonly authenticated: boolean;
  readonly decided: boolean;
  /** the decision demands an instance-wide privilege (a flag on the user itself), so no tenant limits it */
  readonly instanceWide?: boolean;
  /** beyond the steps before the handler a decision asks for more than whose row it is: a role, a permission */
  readonly asksForMore?: boolean;
  /** the row that is created carries a tenant or owner of the verified identity */
  readonly createsWithin?: boolean;
  /** for accesses that are not bound: a check on another id */
  readonly otherCheck?: OtherCheck;
  /** for accesses that are not bound: an identity handed in and not used */
  readonly unusedPrincipal?: UnusedPrincipal;
  /** keys of other rows written from the request that nothing on the path verified */
  readonly unverifiedKeys?: readonly WrittenKey[];
  /** keys that come with a whole object of the request */
  readonly assignedKeys?: readonly WrittenKey[];
  /** privileges written from the request that no check on the path was shown */
  readonly writtenPrivileges?: readonly WrittenPrivilege[];
  /** all that it changes is whether the caller is on a list of the row: followers, favourites, members */
  readonly ownLink?: boolean;
  /** for jobs, which have no caller: the same judgement with the message in place of the request */
  readonly jobBinding?: Binding;
}

/** A call that reads or writes data. */
export interface Access {
  readonly place: Place;
  readonly layer: string;
  /** name of the model or table as the data model spells it; '' when unknown */
  readonly model: string;
  readonly operation: AccessOperation;
  readonly method: string;
  readonly conjuncts: readonly Conjunct[];
  readonly filterKnown: boolean;
  /** the client stands above the access rules of the data layer: by which key */
  readonly elevated?: string;
  readonly reaches: readonly Reach[];
}

/** A token whose claims are read. */
export interface TokenRead {
  readonly place: Place;
  readonly library: string;
  /** what the reading call is: `jwt.decode`, `JSON.parse(atob(...))` */
  readonly call: string;
  readonly verification:
    | "none"
    /** verified later on the same path: the read came first */
    | "after-read"
    /** verified, but not on every path to the use */
    | "other-path"
    /** another token was verified */
    | "other-token"
    /** the same token is verified before the claims escape */
    | "verified";
  /** what is read: a token, or a session that is kept where nobody checks it */
  readonly reads?: "token" | "session";
  /** what is done with the claims: identity, decision, query, key-selection, display, unknown */
  readonly use: "identity" | "decision" | "query" | "key-selection" | "response" | "unused" | "unknown";
  readonly useAt: Place | null;
  readonly server: boolean;
  /** function in which it stands, '' or absent at the top level */
  readonly symbol?: string;
  readonly evidence: readonly Evidence[];
  readonly confidence: Confidence;
}

export type TokenWeakness =
  | "algorithms-open"
  | "algorithm-none"
  | "algorithm-mixed"
  | "algorithm-from-header"
  /** an own verifier takes a fixed algorithm where its caller names none, whatever the key is */
  | "algorithm-defaulted"
  | "issuer-unchecked"
  | "audience-unchecked"
  /** the issuer serves many clients, and no audience tells ours from theirs */
  | "any-client-accepted"
  | "expiry-ignored"
  | "expiry-not-required"
  | "literal-key"
  | "fallback-key"
  | "option-may-be-undefined"
  | "unsigned-accepted"
  | "key-from-token";

export interface TokenVerification {
  readonly place: Place;
  readonly library: string;
  readonly call: string;
  /** function in which it stands, '' or absent at the top level */
  readonly symbol?: string;
  /** algorithms it pins, as far as they are literal */
  readonly algorithms?: readonly string[];
  readonly weaknesses: readonly { readonly kind: TokenWeakness; readonly place: Place; readonly detail: string }[];
  readonly evidence: readonly Evidence[];
}

export type BypassKind =
  | "early-allow"
  | "or-privilege"
  | "filter-drop"
  | "environment"
  | "header"
  | "literal-identity"
  | "fail-open"
  | "elevated-client"
  | "impersonation";

/** Which accident opens a check that fails open, or what is wrong with acting as somebody else. */
export type BypassCause =
  | "error"
  | "time-out"
  | "empty-list"
  | "missing-value"
  | "unset-secret"
  | "unknown-rank"
  | "default"
  | "unchecked"
  | "unrecorded"
  | "writes";

/** A branch that lets some requests skip what all others must pass. */
export interface Bypass {
  readonly kind: BypassKind;
  readonly place: Place;
  /** source-like text of the predicate, without values of strings */
  readonly predicate: string;
  /** instance: a flag on the user itself; tenant: a role on a membership; environment; client: taken from the request */
  readonly scope: "instance" | "tenant" | "environment" | "client" | "service" | "unknown";
  readonly cause?: BypassCause;
  readonly skips: readonly ("authentication" | "decision" | "tenant-filter" | "signature")[];
  readonly audited: boolean;
  /** function in which it stands */
  readonly symbol: string;
  readonly entries: readonly string[];
  readonly confidence: Confidence;
  readonly evidence: readonly Evidence[];
}

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
    | "bound-reached";
  readonly place: Place;
  readonly detail: string;
  /** the line of manifest that would decide it, '' when none would */
  readonly remedy: string;
}

/** A function that was seen to guard: offered by `init`, matched by `guards[].use`. */
export interface GuardDefinition {
  /** `src/auth/guards.ts#requireUser` */
  readonly symbol: string;
  readonly grants: Grant;
  readonly confidence: Confidence;
  readonly place: Place;
  readonly uses: number;
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

/** A list of paths in a guard that matches more than it says (AG107). */
export interface LoosePattern {
  readonly kind: /** a prefix that does not end where a segment does */
    | "prefix"
    /** it matches in the middle of a path */
    | "anywhere"
    /** the path was meant for reads, and the writes come along */
    | "method"
    /** the query is part of what is tested */
    | "query"
    /** the router does not tell letters apart, the guard does */
    | "case";
  /** as it is written */
  readonly pattern: string;
  readonly guard: string;
  readonly place: Place;
  /** keys of the entry points that anybody reaches by it */
  readonly entries: readonly string[];
}

/** A refusal that tells the caller more than that they are refused (AG109). */
export interface TalkativeRefusal {
  readonly kind: "credential" | "stack" | "error" | "message";
  /** `the stack`, or the name of the credential */
  readonly what: string;
  /** function in which it stands, '' when it has no name */
  readonly symbol: string;
  readonly place: Place;
  readonly entries: readonly string[];
}

export interface Facts {
  readonly entries: readonly EntryPoint[];
  readonly accesses: readonly Access[];
  readonly guardFaults: readonly GuardFault[];
  readonly decisionFaults: readonly DecisionFault[];
  readonly roleTests: readonly RoleTest[];
  /** absent when nobody looked */
  readonly eitherChecks?: readonly EitherCheck[];
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
