/** Entry points with the steps that run before their handlers, and what protects them. */
import type { Confidence, Evidence } from "./evidence.js";
import type { Place } from "./place.js";

export type Transport = "http" | "graphql" | "rpc" | "action" | "ws" | "queue" | "cron" | "mcp" | "grpc" | "page";

/** What the service starts by itself, at a time or for an event: nobody calls it who could be turned away. */
export const WITHOUT_CALLER: ReadonlySet<string> = new Set(["queue", "cron"]);

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

/** Condition of a protection that hangs on the path of the request, in a way that cannot be worked out. */
export const PATH_UNDECIDED = "the path of the request passes its test";

/** `named`: by the name of what was asked, or by what a guard was told to demand */
export type Privilege = "asked" | "named";

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
  /** all that it decides is whose the row is that is asked for */
  readonly ownershipOnly?: boolean;
  /** it demands a role or permission of the caller */
  readonly privilege?: Privilege;
}

/** A guard that exists but does not protect this entry. */
export interface NearMiss {
  readonly step: Step;
  readonly why: "registered-later" | "path-not-covered" | "method-not-covered" | "plugin-scope" | "overridden-method";
  readonly detail: string;
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
  /** the decision demands a role or permission of the caller; absent where being a member or the owner is enough */
  readonly privilege?: Privilege;
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

/** Something outside of the database that is changed, named by a value of the request that nothing verified. */
export interface ExternalChange extends ExternalUse {
  /** another value of the request that was checked before, and by what; null when none was */
  readonly checked: { readonly path: string; readonly name: string; readonly place: Place } | null;
}

/** A key that goes into a message for a worker with a value of the request that nothing verified. */
export interface MessageKey {
  /** the call that sends it: `queue.add` */
  readonly call: string;
  /** `workspaceId` */
  readonly key: string;
  /** `body.workspaceId` */
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
  /** its handler asks whether somebody is known, and goes on either way */
  readonly asksForCaller?: boolean;
  /** an action because of where it stands, that only the server's own code calls: no page carries its id */
  readonly inner?: boolean;
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
  /** it has something done by what a step left on the request, whose code was not found and may ask more */
  readonly handsOn?: boolean;
  readonly external?: readonly ExternalUse[];
  /** a service or store is asked by what only the caller is, and by no id of the request; absent when none was seen */
  readonly asksAsCaller?: boolean;
  /** it touches nothing, and all that it answers is written in the code or the configuration; absent where that was not seen */
  readonly alikeForAll?: boolean;
  /** all that it changes it changes of its own accord: the request says neither what nor to what; absent when it says */
  readonly keepsInOrder?: boolean;
  readonly externalChanges?: readonly ExternalChange[];
  readonly messageKeys?: readonly MessageKey[];
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

/** A function that was seen to guard: offered by `init`, matched by `guards[].use`. */
export interface GuardDefinition {
  /** `src/auth/guards.ts#requireUser` */
  readonly symbol: string;
  readonly grants: Grant;
  readonly confidence: Confidence;
  readonly place: Place;
  readonly uses: number;
}
