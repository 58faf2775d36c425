/** Calls that read or write data, with how each is bound to the caller on every path that reaches it. */
import type { Confidence, Evidence } from "./evidence.js";
import type { Place } from "./place.js";

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
  /** the value was checked only where it was given: what is to be demanded is the value */
  readonly ifGiven?: boolean;
  /** the key is read off a row that this read found, which is judged by itself */
  readonly readOff?: Place;
  /** found by a secret that stands for permission: the value of the conjunct */
  readonly bySecret?: boolean;
  /** policies of the database let through only what is the caller's, and nothing where nobody is signed in */
  readonly byRowSecurity?: boolean;
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

/** A row of the tenant that the configuration names, picked by what the request brings. */
export interface ConfiguredTenant {
  /** the column that holds it to that tenant */
  readonly column: string;
  /** `params.connectionId` */
  readonly path: string;
  /** the call in the handler that leads there, or the access itself */
  readonly use: Place;
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
  /** another row that the request names for the same write, which was looked up and has such a key as well */
  readonly besides?: { readonly model: string; readonly path: string };
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
  /**
   * `name`: a role or flag by its name; `rows`: roles that are rows with permissions of their own;
   * `list`: permissions one by one; `standing`: what the service decides about an account, as that its e-mail is verified
   */
  readonly form: "name" | "rows" | "list" | "standing";
  /** the words that a schema lets it be, absent when none limits it */
  readonly choices?: readonly string[];
  /** a step before the handler checked it by a schema that was not looked up */
  readonly unreadSchema?: boolean;
}

/** A setting of the service that is written under whatever name the request gives. */
export interface ChosenSetting {
  /** the column that holds the name */
  readonly column: string;
  /** the object whose keys are the names: `body` */
  readonly path: string;
  /** where the keys are taken */
  readonly place: Place;
}

/** What the decisions on the way to a write demand of the caller. */
export interface Demands {
  /** something decides where the key of the row is given: without it no row is found that could be written */
  readonly decidedByKey?: boolean;
  /** a role or permission, whatever row is asked for */
  readonly privilege: boolean;
  /** roles of which each is enough, empty when none is named */
  readonly roles: readonly string[];
  /** a flag on the user itself, by which they may do everything everywhere */
  readonly everything: boolean;
  /** the caller is known by the row of an API key, and no user */
  readonly byKey: boolean;
}

/** Another person whom a write removes or changes, chosen by the request, and whose role nothing on the way looked at. */
export interface ChangedMember {
  readonly effect: "removes" | "changes their role" | "changes how they sign in";
  /** `params.memberId` */
  readonly path: string;
  readonly place: Place;
}

/** An identity that a function on the way was given and made no use of. */
export interface UnusedPrincipal {
  readonly parameter: string;
  readonly symbol: string;
  readonly place: Place;
}

/** A filter that was written elsewhere and handed to the function that makes the access. */
export interface HandedFilter {
  /** the call that hands it in, in the function that wrote it */
  readonly place: Place;
  readonly conjuncts: readonly Conjunct[];
}

/** An access as reached from one entry point. */
export interface Reach {
  /** index into `Facts.entries` */
  readonly entry: number;
  readonly binding: Binding;
  /** a rejecting decision or authentication holds on the path */
  readonly authenticated: boolean;
  readonly decided: boolean;
  /** it is changed before the signature is checked that the entry point asks for */
  readonly unsigned?: boolean;
  /** the decision demands an instance-wide privilege (a flag on the user itself), so no tenant limits it */
  readonly instanceWide?: boolean;
  /** such a privilege is demanded of everybody, or of nobody while a setting of the service says so */
  readonly unlessOpened?: boolean;
  /** beyond the steps before the handler a decision asks for more than whose row it is: a role, a permission */
  readonly asksForMore?: boolean;
  /** before it a role or permission of the caller was asked for */
  readonly asksPrivilege?: boolean;
  /** the request has to name a secret that such a row exists for, or nothing comes of it */
  readonly demandsSecret?: boolean;
  /** it is got to only where a row was found that its owner has published */
  readonly afterPublished?: boolean;
  /** the row that is created carries a tenant or owner of the verified identity */
  readonly createsWithin?: boolean;
  /** the person that the new row is of is the caller, and nobody else */
  readonly createsForCaller?: boolean;
  /** a service in production turns it away before */
  readonly outsideProduction?: boolean;
  /** the row that is created is put into a tenant, the caller's or another */
  readonly createsInTenant?: boolean;
  /** of the caller's tenant it reads what belongs to a row that the request names, and nothing on the path asked about */
  readonly narrowedByInput?: boolean;
  /** bound to no caller but to the tenant of the configuration */
  readonly configured?: ConfiguredTenant;
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
  /** absent where the request changes no other person */
  readonly changedMember?: ChangedMember;
  /** absent where the request names no settings, or only some that are listed */
  readonly chosenSetting?: ChosenSetting;
  /** for writes of privileges and changes of people */
  readonly demands?: Demands;
  /** all that it changes is whether the caller is on a list of the row: followers, favourites, members */
  readonly ownLink?: boolean;
  /** for what stands in a helper, accesses that are not bound and tenants that the request chose: where the entry's own handler calls for it */
  readonly calledAt?: Place;
  /** for accesses that are not bound: what picks the row comes from the request on this way, whatever it is on others */
  readonly chosen?: boolean;
  /** for filters that a helper was handed: the call that brought this one */
  readonly handedFilter?: HandedFilter;
  /** for jobs, which have no caller: the same judgement with the message in place of the request */
  readonly jobBinding?: Binding;
}

/** Methods that ask for one row, whatever the data layer calls them. */
export const ONE_ROW = /unique|first|one|by_?(?:id|pk)|single/i;

/** A call that reads or writes data. */
export interface Access {
  readonly place: Place;
  /** the call that names model and filter, where the access stands in a helper that serves several models */
  readonly namedAt?: Place;
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
