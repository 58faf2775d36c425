/** One evaluator for "is this access bound to the caller?", over own columns, parents, grants and the tenant itself. */
import { type DataCall, demandsKey, type FilterTerm } from "../../frameworks/data/data-call.js";
import { isEnvironment } from "../../frameworks/knowledge/auth-level.js";
import { isOfParent } from "../../frameworks/parent-object.js";
import { ONE_ROW } from "../../model/accesses.js";
import type { Scoping, TenancyModel } from "../../model/data-model.js";
import type { Binding, BindingVerdict, Confidence, Conjunct, Evidence, ValueOrigin } from "../../model/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import { isOwnerKey, isTenantKey, scopingOf } from "../tenancy/tenancy.js";
import { isId, isKey } from "./key-columns.js";
import type { Ledger } from "./ledger.js";
import { isKeptInMemory } from "./ledger-values.js";
import { isNullTest, sameName } from "./null-tests.js";
import { isOpenOrigin } from "./open-values.js";
import { forOrdinaryCallers, ofOrdinaryCallers } from "./privileged-choices.js";
import { isPublishedToAll, saysProvided, saysPublished } from "./published-rows.js";
import type { RowLimit } from "./row-security.js";
import { namesSecret } from "./secret-terms.js";

export interface BindingQuestion {
  readonly call: DataCall;
  readonly ledger: Ledger;
  readonly tenancy: TenancyModel;
  /** what policies in the database make of it, null when nothing is known of any */
  readonly rowLimit: RowLimit | null;
  /** names of what the path of the entry brings along in any case */
  readonly given: ReadonlySet<string>;
  /** functions and models that the manifest trusts to scope; empty without one */
  readonly trusted: ReadonlySet<string>;
}

/** Judges an access as it is reached on one path. */
export function judgeBinding(question: BindingQuestion): Binding {
  const { call, tenancy } = question;
  const scoping = scopingOf(tenancy, call.model);
  if (call.model === "" || scoping === undefined) return plain("unknown", "the model is not known");
  if (scoping.kind === "global") return globalBinding(question);
  const { rowLimit } = question;
  const limits = rowLimit?.limited === true ? { byRowSecurity: true } : {};
  if (call.operation === "create") return { ...plain("not-scoped", "creates have no filter"), ...limits };
  if (rowLimit?.limited === true) return { ...plain("bound", rowLimit.reason), confidence: "inferred", ...limits };
  if (call.scopedBy !== undefined && rowLimit === null)
    return plain("bound", `its rows are limited by ${call.scopedBy}`);
  const { filter } = call;
  if (filter.alternatives.length === 0 && !filter.known) return plain("unknown", "the filter could not be read");
  const { data, queries } = question.ledger;
  const ordinary = forOrdinaryCallers(filter.alternatives, data, queries, tenancy);
  const alternatives = ordinary.length === 0 ? [[]] : ordinary;
  const judged = alternatives.map((terms) =>
    bySecretToo(
      terms,
      judgeTerms(
        terms.map((term) => asReached(term, question)),
        scoping,
        question,
      ),
      question,
    ),
  );
  const worst = judged.reduce((a, b) => (severity(b.verdict) > severity(a.verdict) ? b : a));
  return worst.verdict === "unbound" ? (sometimesBound(judged, worst) ?? worst) : worst;
}

/** Bound for no other reason than that whoever holds the row's secret found it. */
function bySecretToo(terms: readonly FilterTerm[], binding: Binding, { call, tenancy }: BindingQuestion): Binding {
  if (binding.verdict !== "bound" || binding.conjunct?.values.some(({ source }) => source === "identity") === true)
    return binding;
  const secret = terms.find((term) => namesSecret(term, call.model, tenancy));
  return secret === undefined ? binding : { ...binding, conjunct: conjunctOf(secret), bySecret: true };
}

/** Rows of nobody may still be found by a secret alone: an invitation, a one-time code. */
function globalBinding(question: BindingQuestion): Binding {
  const shared = plain("not-scoped", "the model is shared by all tenants");
  const { call, tenancy } = question;
  const secrets = call.filter.alternatives.map((terms) => terms.find((term) => namesSecret(term, call.model, tenancy)));
  const [secret] = secrets;
  if (secret === undefined || secrets.includes(undefined)) return shared;
  return { ...shared, conjunct: conjunctOf(secret), bySecret: true };
}

/** A part that is there when a value is truthy is there for certain where that was tested before. */
function asReached(term: FilterTerm, question: BindingQuestion): FilterTerm {
  const { when = [] } = term;
  if (term.position === "and" && DIFFERS.test(term.operator)) return { ...term, position: "negated" };
  if (term.position !== "optional" || when.length === 0) return term;
  const isThere = (value: Origin): boolean => question.ledger.present(value) || isOfPath(value, question.given);
  return when.every(isThere) ? { ...term, position: "and", vanishes: false } : term;
}

/** `org_id <> $1` */
const DIFFERS = /^(?:<>|!=|not in)$/i;

/** `req.params.teamId` of `/teams/:teamId`; file routes read it among what the query brings. */
function isOfPath(value: Origin, given: ReadonlySet<string>): boolean {
  return value.kind === "source" && value.source === "input" && given.has(value.path);
}

/** Bound on one way to build the filter and not on another: the predicate is there, and only sometimes. */
function sometimesBound(judged: readonly Binding[], worst: Binding): Binding | null {
  const bound = judged.find((one) => one.verdict === "bound" && one.conjunct !== null);
  if (bound === undefined || bound.conjunct === null) return null;
  const reason = `'${bound.conjunct.column}' is filtered by on some ways to this query and on others it is not`;
  return { ...worst, verdict: "optional", reason, conjunct: bound.conjunct };
}

const ORDER: readonly BindingVerdict[] = [
  "bound",
  "not-scoped",
  "unknown",
  "ineffective",
  "optional",
  "tenant-from-input",
  "unbound",
];

function severity(verdict: BindingVerdict): number {
  return ORDER.indexOf(verdict);
}

function judgeTerms(terms: readonly FilterTerm[], scoping: Scoping, question: BindingQuestion): Binding {
  const { call, ledger } = question;
  const post = ledger.rowVerified(call.site);
  const vanishing: Binding[] = [];
  for (const term of terms) {
    const bound = boundBy(term, question);
    if (bound === null) continue;
    if (!mayVanish(term, terms, question)) return bound;
    vanishing.push({
      ...bound,
      verdict: "optional",
      reason: `'${term.column}' is dropped when its value is undefined`,
    });
  }
  // only a read can still be taken back: what was written or deleted is done
  if (post !== null && (call.operation === "read" || call.operation === "raw")) {
    return { ...plain("bound", `the row ${post.how}`), evidence: post.via === null ? [] : [evidenceOf(post.via)] };
  }
  const shared = orOfEverybody(terms, scoping, question);
  if (shared !== null) return shared;
  const reads = call.operation === "read" || call.operation === "raw";
  if (reads && isSoughtAmongOthers(terms, question))
    return plain("not-scoped", "it is asked whether another tenant has what was sent");
  const given = terms.find(
    (term) => isScopeColumn(term, scoping, question) && term.position === "and" && hasInput(term),
  );
  const defect = vanishing[0] ?? (given === undefined ? defective(terms, question) : null);
  if (defect !== null) return defect;
  const oneTenant = reads && scoping.kind === "root" && ONE_ROW.test(call.method);
  // where there is one tenant only, or of the one that runs the service
  if (oneTenant && call.filter.known && terms.length === 0)
    return plain("not-scoped", "it is the first tenant that there is, and nobody chooses it");
  const named = oneTenant ? terms.find(isWritten) : undefined;
  if (named !== undefined && !terms.some(hasInput))
    return plain("not-scoped", `'${named.column}' is fixed by the code, and nobody chooses it`);
  if (call.operation === "delete" && isLeftOver(terms))
    return plain("not-scoped", "only what nothing refers to any more is removed, and nobody chooses it");
  const secret = terms.find((term) => namesSecret(term, question.call.model, question.tenancy));
  if (secret !== undefined)
    return { ...plain("not-scoped", "looked up by a secret of its own"), conjunct: conjunctOf(secret), bySecret: true };
  if (call.operation === "read" && isPublishedToAll(terms, scoping))
    return plain("not-scoped", "only rows that their owners have published are found");
  // `{ id, orgId: null }`: rows that are everybody's
  if (
    call.operation === "read" &&
    terms.some((term) => isNullTest(term) && term.position === "and" && isTenantOrParent(term, scoping, question))
  )
    return plain("not-scoped", "only rows without a tenant are found");
  const fixed = terms.find((term) => isWritten(term) && isTenantOrParent(term, scoping, question));
  if (fixed !== undefined) return plain("not-scoped", `'${fixed.column}' is fixed by the code, and nobody chooses it`);
  if (terms.some(isOfCredential)) return plain("not-scoped", "looked up by the credential that the caller presents");
  const fromInput = terms.find(
    (term) =>
      (isScopeColumn(term, scoping, question) || isWholeFilter(term)) &&
      (term.position === "and" || term.position === "optional") &&
      hasInput(term),
  );
  if (fromInput !== undefined) return inputBinding(fromInput, question);
  if (!call.filter.known || terms.some((term) => isOpen(term))) {
    return plain("unknown", "part of the filter could not be read");
  }
  // a single one may as well be off a list that is filled where it cannot be followed: `posts[0].id`
  const alone = terms.length === 1 && !(scoping.kind === "root" && ONE_ROW.test(call.method));
  if (terms.length > 0 && !alone && terms.every(isOfNothing))
    return plain("unknown", "what it is told on this way could not be followed");
  if (terms.some((term) => isPerhapsOwn(term, question)) || question.ledger.isPerhapsOwnRow(question.call.site))
    return plain("unknown", "a row was found by it, for a tenant that could not be read");
  return unboundBinding(terms, question);
}

/** `{ kind: "ofBoard", boards: { none: {} } }`, all of it written in the code. */
function isLeftOver(terms: readonly FilterTerm[]): boolean {
  const isUnrelated = ({ operator, position }: FilterTerm): boolean => operator === "is none" && position === "and";
  const isOfCode = (o: Origin): boolean => o.kind === "constant" || (o.kind === "package" && o.site === null);
  const isFixed = ({ values }: FilterTerm): boolean => values.length > 0 && leaves(values).every(isOfCode);
  return terms.some(isUnrelated) && terms.every((term) => isUnrelated(term) || isFixed(term));
}

/** What is looked for is known to be missing: nobody calls it so. */
function isOfNothing({ values }: FilterTerm): boolean {
  return values.length > 0 && values.every((o) => o.kind === "constant" && o.value === undefined);
}

/** `find({ id, teamId: team.id })` before, of a team that came out of a cache. */
function isPerhapsOwn({ position, values }: FilterTerm, { ledger }: BindingQuestion): boolean {
  const given = leaves(values).filter((o) => o.kind !== "constant");
  return position === "and" && given.length > 0 && given.every((o) => ledger.isPerhapsOwn(o));
}

/** A conjunct that ties the row to the caller: a verified value in conjunctive position. */
function boundBy(term: FilterTerm, question: BindingQuestion): Binding | null {
  if (term.position !== "and" || term.values.length === 0) return null;
  // `$1 IS NULL` tests the value and no column
  if (term.column === "" && term.operator.startsWith("is")) return null;
  // a constant in place of a missing value lets nobody choose
  const values = heldToOwn(withoutStandIns(readable(question.ledger.decisive(term.values))), question);
  if (values.length === 0) return null;
  const proofs = values.map((value) => question.ledger.verified(value));
  if (proofs.every((proof) => proof !== null)) {
    const [proof] = proofs;
    const why = proof === null || proof === undefined ? "" : proof.how;
    return {
      ...plain("bound", `'${term.column}' ${why}`),
      conjunct: conjunctOf(term),
      evidence: proof?.via ? [evidenceOf(proof.via)] : [],
    };
  }
  // a key read off another row is judged where that row is loaded
  if (values.every((value) => value.kind === "source" && value.source === "row")) {
    return {
      ...plain("bound", `'${term.column}' is read off a row loaded before`),
      conjunct: conjunctOf(term),
      ...readOff(values),
      ...(values.every(isOfParent) ? { byParent: true } : {}),
    };
  }
  // `while (id) { row = await find(id); id = row.parentId; }`: what it begins with is verified
  if (values.every((value, i) => proofs[i] !== null || isRow(value)))
    return {
      ...plain("bound", `'${term.column}' is verified, or read off a row loaded before`),
      conjunct: conjunctOf(term),
    };
  if (values.every(isEnvironment)) return plain("not-scoped", `'${term.column}' is fixed by configuration`);
  return null;
}

/** Where the one row was found, if it is one and the value its own key. */
function readOff(values: readonly Origin[]): Pick<Binding, "readOff"> {
  const [only, ...others] = values;
  if (only?.kind !== "source" || only.site === null || others.length > 0 || !/^_?id$/.test(only.path)) return {};
  return { readOff: only.site.fn.place(only.site.v) };
}

function isRow(value: Origin): boolean {
  return value.kind === "source" && value.source === "row";
}

/** What it is for callers who are held to their own rows; asked only where not all of it is verified. */
function heldToOwn(values: readonly Origin[], { call, ledger, tenancy }: BindingQuestion): readonly Origin[] {
  if (values.every((value) => ledger.verified(value) !== null)) return values;
  return ofOrdinaryCallers(values, call.site, ledger.data, ledger.queries, tenancy);
}

/** What may be in a value as far as that can be read; all of it where none can. */
function readable(values: readonly Origin[]): readonly Origin[] {
  const given = values.filter((o) => o.kind !== "constant");
  // `cache.get(key) ?? load(key)`: what was kept in memory was loaded before
  const known = given.filter((o) => o.kind !== "unknown" && !isKeptInMemory(o));
  return known.length === 0 ? given : known;
}

/** `req.user ?? decode(token)`: what a guard found is what is taken where a guard has run; AG201 speaks of the rest. */
function withoutStandIns(values: readonly Origin[]): readonly Origin[] {
  const isOf = (name: string) => (o: Origin) => o.kind === "source" && o.source === name;
  return values.some(isOf("identity")) ? values.filter((o) => !isOf("claims-unverified")(o)) : values;
}

const OWN_KEY = /^(?:id|_id|uuid|slug|key|token|hash)$/i;

/** The layer drops the predicate when its value is undefined, and the value may be. */
function mayVanish(term: FilterTerm, terms: readonly FilterTerm[], question: BindingQuestion): boolean {
  if (!term.vanishes || !isKeyName(term, question)) return false;
  // beside the key of its own that a row has, its tenant is dropped all the same
  const picked = terms.some((other) => other !== term && OWN_KEY.test(other.column));
  if (!picked && demandsKey(question.call)) return false;
  // a row that was sought and may be missing; whether anybody is signed in is the question of another rule
  return leaves(term.values).some(
    (value) => value.kind === "source" && value.source === "row" && !question.ledger.present(value),
  );
}

/** `org_id = $1 OR org_id IS NULL`, `user_id = $1 OR visibility = 'public'`: the caller's rows and those for everybody. */
function orOfEverybody(terms: readonly FilterTerm[], scoping: Scoping, question: BindingQuestion): Binding | null {
  const either = terms.filter((term) => term.position === "or");
  const own = either.find((term) => {
    if (!isTenantName(term, question) && !namesScope(term, scoping)) return false;
    const values = heldToOwn(readable(leaves(term.values)), question);
    return values.length > 0 && values.every((o) => question.ledger.verified(o) !== null || isRow(o));
  });
  if (own === undefined) return null;
  const isNobodys = (term: FilterTerm): boolean => sameName(term.column, own.column) && isNullTest(term);
  // each branch of the OR is looked at by itself, with the others, and those of other ORs, beside it
  const beside = terms.filter((term) => term.position === "and");
  const reads = question.call.operation === "read";
  const published =
    reads && beside.some((term) => saysPublished(term) || saysProvided(term) || isOfOtherKind(term, either));
  if (!published && !beside.some(isNobodys)) return null;
  return {
    ...plain("bound", `'${own.column}' is the caller's, or the rows are there for everybody`),
    conjunct: conjunctOf({ ...own, position: "and" }),
  };
}

/** `OR: [{ scope: "GLOBAL" }, { scope: "ORG", orgId }]`: rows of the one kind are nobody's, and those of the other have a tenant. */
function isOfOtherKind(term: FilterTerm, either: readonly FilterTerm[]): boolean {
  if (!isWritten(term)) return false;
  return either.some((other) => {
    const same = sameName(other.column, term.column) && isWritten({ ...other, position: "and" });
    return same && !other.values.some((value) => term.values.some((one) => isSameConstant(one, value)));
  });
}

function isSameConstant(one: Origin, other: Origin): boolean {
  return one.kind === "constant" && other.kind === "constant" && one.value === other.value;
}

/** The whole filter is one value. */
function isWholeFilter(term: FilterTerm): boolean {
  return term.column === "*" && term.operator === "*";
}

/** A scope column that is there and does not hold. */
function defective(terms: readonly FilterTerm[], question: BindingQuestion): Binding | null {
  // all of it under a condition, and something unread beside: the object was put together in ways that were not followed
  if (!question.call.filter.known && terms.length > 2 && terms.every((term) => term.position === "optional"))
    return null;
  for (const term of terms) {
    if (term.position === "and" || !isKeyName(term, question)) continue;
    // beside what could not be read it may stand in conjunction all the same
    if (term.position === "or" && (!question.call.filter.known || terms.some(isUnreadBranch))) continue;
    // rows of the caller's own, loaded along when there are any, are not meant to filter
    if (term.position === "outer-join" && !isTenantName(term, question)) continue;
    // what is joined is held to the tenant as well, beside the rows that were asked for
    if (term.position === "outer-join" && term.model !== "" && terms.some((one) => isOwnTenant(one, question)))
      continue;
    if (!leaves(term.values).some((o) => question.ledger.verified(o) !== null || isOpenOrigin(o))) continue;
    // neither is known what is asked for nor for whom: the row may be one that was found before
    if (isUnreadPick(term, terms)) continue;
    const verdict: BindingVerdict = term.position === "optional" ? "optional" : "ineffective";
    // "everybody but the caller" is said of users, and means it
    if (term.position === "negated" && !isTenantName(term, question)) continue;
    return { ...plain(verdict, positionReason(term)), conjunct: conjunctOf(term) };
  }
  return null;
}

/** `{ runId, ...(orgId ? { orgId } : {}) }` in a helper of which no caller is known */
function isUnreadPick(term: FilterTerm, terms: readonly FilterTerm[]): boolean {
  const isUnread = ({ values }: FilterTerm): boolean => values.length > 0 && leaves(values).every(isOpenOrigin);
  if (term.position !== "optional" || !isUnread(term)) return false;
  return terms.some((other) => other.position === "and" && isId(other.column) && isUnread(other));
}

/** `domain = $1 AND org_id <> $2`: something that one tenant alone may have. */
function isSoughtAmongOthers(terms: readonly FilterTerm[], question: BindingQuestion): boolean {
  const others = terms.some((term) => term.position === "negated" && isTenantName(term, question));
  const isSent = (term: FilterTerm): boolean => term.position === "and" && hasInput(term) && !isKey(term.column);
  return others && terms.some((term) => isSent(term) && !isTenantName(term, question));
}

/** The tenant of the rows themselves, of a value that nobody sends. */
function isOwnTenant(term: FilterTerm, question: BindingQuestion): boolean {
  const own = term.position === "and" && term.model === "" && isTenantName(term, question);
  return own && term.values.length > 0 && !hasInput(term);
}

/** What this side of an OR is bound by could not be read. */
function isUnreadBranch(term: FilterTerm): boolean {
  return term.position === "and" && isOpen(term);
}

function positionReason(term: FilterTerm): string {
  switch (term.position) {
    case "optional":
      return `'${term.column}' is only filtered by under a condition`;
    case "or":
      return `'${term.column}' stands under OR beside conditions that do not need it`;
    case "negated":
      return `'${term.column}' is negated: the rows of all others pass`;
    case "replaced":
      return `'${term.column}' is replaced by what is written after it`;
    case "outer-join":
      return `'${term.column}' stands in the ON of an outer join, which drops no row`;
    default:
      return `'${term.column}' does not filter here`;
  }
}

function inputBinding(term: FilterTerm, question: BindingQuestion): Binding {
  const input = leaves(term.values).find((o) => o.kind === "source" && o.source === "input");
  const path = input?.kind === "source" ? input.path : "the request";
  if (isWholeFilter(term)) {
    const reason = `the whole filter is taken from ${path}, and so may leave the caller's tenant out`;
    return { ...plain("tenant-from-input", reason), conjunct: conjunctOf(term), remedy: remedyFor(question) };
  }
  return {
    ...plain("tenant-from-input", `'${term.column}' is taken from ${path} and nothing shows that it is the caller's`),
    conjunct: conjunctOf(term),
    remedy: remedyFor(question),
  };
}

function unboundBinding(terms: readonly FilterTerm[], question: BindingQuestion): Binding {
  const { call } = question;
  const limit = question.rowLimit === null ? "" : `${question.rowLimit.reason}, and `;
  const evidence: Evidence[] = terms.slice(0, 4).map((term) => ({ place: term.place, note: termNote(term) }));
  // a user's own row, read by id, is mostly wanted for a name or an address
  const person = call.model === question.tenancy.user && call.operation === "read";
  const confidence: Confidence = call.filter.known && !person ? "inferred" : "named";
  return {
    verdict: "unbound",
    confidence,
    reason: `${limit}nothing ties the row to the caller`,
    evidence,
    conjunct: terms[0] === undefined ? null : conjunctOf(terms[0]),
    remedy: remedyFor(question),
  };
}

function termNote(term: FilterTerm): string {
  const [value] = leaves(term.values);
  return `'${term.column}' ${term.operator} ${value === undefined ? "nothing" : describeOrigin(value)}`;
}

/** Where a value came from, in words. */
export function describeOrigin(origin: Origin): string {
  const { source, path } = valueOrigin(origin);
  return path === "" ? source : `${source} ${path}`;
}

function remedyFor(question: BindingQuestion): string {
  const scoping = scopingOf(question.tenancy, question.call.model);
  if (scoping?.kind === "column") {
    const [column] = scoping.columns;
    return column === undefined ? "" : `add '${column.column}' with the caller's own value to the filter`;
  }
  if (scoping?.kind === "parent") {
    const [parent] = scoping.parents;
    return parent === undefined
      ? ""
      : `filter through '${parent.relation || parent.column}' to the caller's '${parent.model}', or load that '${parent.model}' under the caller's scope first`;
  }
  return scoping?.kind === "root" ? "check that the caller is a member before using it" : "";
}

/** A column of the model, or at the end of a relation path, that says whose the row is. */
function isScopeColumn(term: FilterTerm, scoping: Scoping, question: BindingQuestion): boolean {
  if (scoping.kind === "column" && scoping.columns.some((c) => sameName(c.column, term.column) && c.role === "tenant"))
    return true;
  return isTenantName(term, question);
}

/** The column of the tenant or of the owner. */
function namesScope(term: FilterTerm, scoping: Scoping): boolean {
  return scoping.kind === "column" && scoping.columns.some(({ column }) => sameName(column, term.column));
}

function isTenantName(term: FilterTerm, question: BindingQuestion): boolean {
  const last = term.column.split(".").at(-1) ?? "";
  return isTenantKey(question.tenancy, last) || isJoinedTenant(term, last, question.tenancy);
}

/** `orgId: "demo"`: a value that stands in the code, in place of one that a caller might choose */
function isWritten({ position, operator, values }: FilterTerm): boolean {
  const isKey = (o: Origin): boolean =>
    o.kind === "constant" && (typeof o.value === "number" || (typeof o.value === "string" && o.value !== ""));
  return position === "and" && operator === "=" && values.length > 0 && leaves(values).every(isKey);
}

/** A key that says whose a row is: without it the row is the service's own. */
function isTenantOrParent(term: FilterTerm, scoping: Scoping, question: BindingQuestion): boolean {
  if (isTenantName(term, question)) return true;
  return scoping.kind === "parent" && scoping.parents.some(({ column }) => sameName(column, term.column));
}

/** `join projects p … p.id = $1`: the key of a joined table that is a tenant. */
function isJoinedTenant(term: FilterTerm, column: string, tenancy: TenancyModel): boolean {
  return /^(?:id|uuid)$/i.test(column) && (tenancy.levels ?? [tenancy.root]).includes(term.model);
}

function isKeyName(term: FilterTerm, question: BindingQuestion): boolean {
  const last = term.column.split(".").at(-1) ?? "";
  return isTenantName(term, question) || isOwnerKey(question.tenancy, last);
}

/** The key of a token's own row, computed from what the caller presented. */
function isOfCredential({ position, values }: FilterTerm): boolean {
  const given = leaves(values).filter((o) => o.kind !== "constant" && !isEnvironment(o));
  return position === "and" && given.length > 0 && given.every((o) => o.kind === "source" && o.source === "credential");
}

function hasInput(term: FilterTerm): boolean {
  return leaves(term.values).some((o) => o.kind === "source" && o.source === "input");
}

/** more, less, between: since when or how much, whatever the value is, and never whose */
const IN_ORDER = /^\$?(?:gte?|lte?|[<>]=?|(?:not)?between|(?:more|less)than(?:orequal)?)$/i;

/** A value that only some caller knows, so nothing can be said here. */
function isOpen(term: FilterTerm): boolean {
  if (IN_ORDER.test(term.operator)) return false;
  const values = leaves(term.values);
  if (values.some(isOpenOrigin)) return true;
  // the keys of a map that is filled elsewhere, what was got from one
  if (values.length === 0 && !term.operator.startsWith("is")) return true;
  if (!ROW_KEY.test(term.column) || hasInput(term)) return false;
  return values.some(isHolder);
}

const ROW_KEY = /(?:^|[._])(?:id|uuid|uid)$|(?:Id|ID|Uuid|Uid)$/;

/** A list that is filled elsewhere, an object or a function is no key of a row: what became of it was not followed. */
function isHolder({ kind, ...origin }: Origin): boolean {
  if (kind === "function" || kind === "class" || kind === "namespace") return true;
  return kind === "literal" && "form" in origin && (origin.form === "array" || origin.form === "object");
}

function plain(verdict: BindingVerdict, reason: string): Binding {
  return { verdict, confidence: "inferred", reason, evidence: [], conjunct: null, remedy: "" };
}

function evidenceOf(via: { readonly name: string; readonly place: Evidence["place"] }): Evidence {
  return { place: via.place, note: `'${via.name}' checks it` };
}

export function conjunctOf(term: FilterTerm): Conjunct {
  return {
    column: term.column,
    operator: term.operator,
    position: term.position,
    values: leaves(term.values).map(valueOrigin),
    place: term.place,
  };
}

function valueOrigin(origin: Origin): ValueOrigin {
  const nowhere = { file: "", start: 0, end: 0 };
  switch (origin.kind) {
    case "source": {
      const known = ["identity", "claims-unverified", "credential", "input", "config", "row"] as const;
      const name = known.find((k) => k === origin.source) ?? "unknown";
      const place = origin.site === null ? nowhere : origin.site.fn.place(origin.site.v);
      return { source: name, path: origin.path, access: -1, through: origin.through, place };
    }
    case "constant":
      return {
        source: "constant",
        path: typeof origin.value === "string" ? "" : String(origin.value),
        access: -1,
        through: false,
        place: nowhere,
      };
    case "parameter":
      return {
        source: "parameter",
        path: origin.path.join("."),
        access: -1,
        through: false,
        place: origin.fn.ownPlace,
      };
    case "package":
      return {
        source: isEnvironment(origin) ? "config" : "unknown",
        path: origin.path,
        access: -1,
        through: false,
        place: nowhere,
      };
    default:
      return { source: "unknown", path: "", access: -1, through: false, place: nowhere };
  }
}
