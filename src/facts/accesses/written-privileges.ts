/** Roles, permissions and flags of administrators that an access writes with what the request asks for. */
import type { DataCall, FilterTerm, WrittenColumn } from "../../frameworks/data/data-call.js";
import { choicesOfSchema } from "../../frameworks/knowledge/schema-choices.js";
import type { RawEntry } from "../../frameworks/routing.js";
import type { DataModel, TenancyModel } from "../../model/data-model.js";
import type { WrittenPrivilege } from "../../model/facts.js";
import type { Place } from "../../model/place.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import { factsIfPresent } from "../guards/conditional-checks.js";
import { isWeighed } from "../ranks/weighed-values.js";
import { normalizeKey } from "../tenancy/tenancy.js";
import { isBody, isChecked, isReplaced, mayBring, namesLetThrough } from "./assigned-keys.js";
import { isHeldAgainst, isHeldWithCaller } from "./held-values.js";
import type { Ledger } from "./ledger.js";
import { valueKey } from "./ledger-values.js";
import { callOf, isHanded } from "./reach-details.js";

type Input = Extract<Origin, { kind: "source" }>;

const PRIVILEGE =
  /^(?:is|has)?(?:super|global|system|instance|site|org|organi[sz]ation|company|tenant|team|group|workspace|user|member|account|project)?(?:admin(?:istrator)?|superuser|staff|roles?|roleids?|permissions?|privileges?|accesslevel)$/;
const FLAG = /^(?:is|has)?(?:super|global|system|instance|site)?(?:admin(?:istrator)?|superuser|staff)$/;
/** Rows that say who somebody is or what somebody may do; a message has a role as well. */
const HOLDER =
  /user|member|account|admin|invit|employee|staff|role|permission|customer|profile|person|grant|api_?key|collaborat|participant/i;
const NO_HOLDER = /message|chat|prompt|conversation|thread|log$|event|history|stat|setting|notification|preference/i;
const PRIVILEGED = /^(?:(?:super|global|system|site)?[_-]?admin(?:istrator)?|owner|root|superuser|super_?user|staff)$/i;
/** permissions one by one */
const LIST = /(?:permissions?|privileges?)$/;
/** rows that say what those who hold them may do */
const ROLE_MODEL = /role|permission|privilege|group/i;
const ROLE_KEY = /roleids?$/;
const PERMISSION_OF_ROLE = /roles?_?(?:permissions?|privileges?|scopes?)$/i;
/** what a service decides about an account itself: that its address is verified, that it is open, how it is protected */
const STANDING =
  /^(?:account|user)?status$|^(?:is|has)?(?:email|mail|phone|account|user)?(?:verified|confirmed|activated|active|approved|blocked|banned|suspended)(?:at|on|date)?$|^(?:is)?(?:two_?factor|2fa|mfa|totp)(?:auth(?:entication)?)?(?:enabled|active|secret)?$|^(?:password|reset|recovery|temp(?:orary)?|verification|confirmation)(?:reset)?token(?:expir(?:y|es|ation|esat))?$/;
/** An account is made with it, and changed only by who knows the one before. */
const PASSWORD = /^(?:hashed|encrypted)?password(?:hash|digest)?$|^credentials?$/;
const MAX_DEPTH = 3;
const MAX_LEVELS = 8;

type Form = WrittenPrivilege["form"];

/** What the caller had to show on the way, and what is known of the data. */
export interface PrivilegeContext {
  readonly facts: readonly Fact[];
  readonly ledger: Ledger;
  readonly tenancy: TenancyModel;
  readonly model: DataModel | undefined;
  readonly analysis: Analysis;
}

/** Privileges that the request writes and that no check on the way was shown. */
export function writtenPrivileges(
  call: DataCall,
  entry: RawEntry,
  context: PrivilegeContext,
): readonly WrittenPrivilege[] {
  if ((call.written.length === 0 && call.writtenWhole.length === 0) || !holdsPrivileges(call.model, context.tenancy))
    return [];
  if (call.written.some(isRefusal)) return [];
  const found = call.written.flatMap((written) => named(written, call, entry, context) ?? []);
  return found.length > 0 ? found : broughtAlong(call, entry, context);
}

function named(
  written: WrittenColumn,
  call: DataCall,
  entry: RawEntry,
  context: PrivilegeContext,
): WrittenPrivilege | null {
  const { column, values, place } = written;
  const { analysis } = context;
  if (!PRIVILEGE.test(normalizeKey(column)) || (formOf(written) === "name" && isRoleItself(call, context))) return null;
  // a row of what a role may do: the role is whom it is given to
  if (ROLE_KEY.test(normalizeKey(column)) && PERMISSION_OF_ROLE.test(call.model)) return null;
  const all = leaves(values).flatMap((value) =>
    // `[...body.permissions, "signed-in"]`
    value.kind === "literal" && value.form === "array" ? leaves(analysis.queries.project(value, ["[]"])) : [value],
  );
  const rows = roleRows(all, analysis);
  const asked =
    rows.length > 0
      ? rows
          .flatMap(({ filter }) => filter.alternatives.flat())
          .flatMap((term) => keyAskedFor(term, call.site, context) ?? [])[0]
      : all.find((value) => isAsked(value, formOf(written), call.site, context));
  if (asked?.kind !== "source") return null;
  // a schema can leave the highest role out of a list; a flag it can only let through
  const listed = !FLAG.test(normalizeKey(column)) && (asked.schema !== undefined || isChecked(entry));
  const choices = choicesOfSchema(asked, analysis.queries);
  const form = rows.length > 0 ? "rows" : isLevel(written, choices) ? "name" : formOf(written);
  return {
    column,
    path: asked.path,
    place: rows.length === 0 ? place : (pickedAt(asked, call.site, analysis) ?? place),
    whole: false,
    listed,
    fallback: privilegedFallback(values, 0),
    form,
    ...(choices === null ? {} : { choices }),
    ...(asked.schema?.callee.kind === "package" && asked.schema.callee.module === "" ? { unreadSchema: true } : {}),
  };
}

/** more words are names of what may be done, one by one */
const MOST_LEVELS = 5;

/** `permission: z.enum(["view", "modify", "full"])`: how much of a row somebody gets is one word of a short scale. */
function isLevel({ column, linked, linksTo }: WrittenColumn, choices: readonly string[] | null): boolean {
  if (linked === true || linksTo !== undefined || !/(?:permission|privilege)$/.test(normalizeKey(column))) return false;
  return choices !== null && choices.length <= MOST_LEVELS;
}

/** `granted: false`: the row takes a privilege away. */
function isRefusal({ column, values }: WrittenColumn): boolean {
  return (
    /^(?:is)?(?:granted|allowed?|enabled|active)$/.test(normalizeKey(column)) &&
    values.length > 0 &&
    values.every(isFalse)
  );
}

function isFalse(value: Origin): boolean {
  return value.kind === "constant" && value.value === false;
}

/** Names of roles are known to everybody; what a row of roles allows, or a list of permissions, is not. */
function formOf({ column, linked, linksTo }: WrittenColumn): Form {
  const name = normalizeKey(column);
  if (linked === true || linksTo !== undefined || ROLE_KEY.test(name)) return "rows";
  return LIST.test(name) ? "list" : "name";
}

/** In the row of a role the column is what the role is called; a row of who has it points to them. */
function isRoleItself({ model: name }: DataCall, { model, tenancy }: PrivilegeContext): boolean {
  if (model === undefined || !/roles?$/i.test(name)) return false;
  const people = new Set([tenancy.user, ...tenancy.memberships]);
  return !model.columns.some(({ name: column, references }) => people.has(references) || /user_?id$/i.test(column));
}

function holdsPrivileges(model: string, tenancy: TenancyModel): boolean {
  if (model === "" || NO_HOLDER.test(model)) return false;
  return model === tenancy.user || tenancy.memberships.includes(model) || HOLDER.test(model);
}

/** A value that the request chooses and that nothing was held against. */
function isAsked(value: Origin, form: Form, site: Site, { facts, ledger, analysis }: PrivilegeContext): value is Input {
  if (value.kind !== "source" || value.source !== "input" || value.path === "") return false;
  if (FOUND_BY_QUERY.test(value.path)) return false;
  const key = valueKey(value);
  if (ledger.verified(value) !== null) return false;
  // that a permission is one of those that exist says nothing of what the caller may give
  const holds = (fact: Fact): boolean =>
    form === "name" ? isHeldAgainst(fact, key) : isHeldWithCaller(fact, key, analysis);
  return !facts.some(holds) && !factsIfPresent(value, site, analysis).some(holds) && !isWeighed(value, site, analysis);
}

/** `request[TRANSACTION].getRepository(User).findOne(…)`: a connection travels along with the request, and a row was found through it. */
const FOUND_BY_QUERY =
  /(?:^|\.)(?:getRepository|createQueryBuilder|(?:find|get)(?:One|Many|First|Unique|All)\w*)\.(?:.+\.)?\w+$/;

/** Look-ups of rows of roles, as far as those are among what is written. */
function roleRows(values: readonly Origin[], { data, queries }: Analysis): readonly DataCall[] {
  return values.flatMap((value) => {
    if (value.kind !== "source" || value.source !== "row" || value.site === null || value.path.includes(".")) return [];
    const found = data.loading(value.site, queries);
    return found !== null && ROLE_MODEL.test(found.model) ? [found] : [];
  });
}

/** A key of the request by which a row was found. */
function keyAskedFor({ position, values }: FilterTerm, site: Site, context: PrivilegeContext): Input | null {
  if (position !== "and") return null;
  const asked = leaves(values).find((id) => isAsked(id, "rows", site, context));
  return asked?.kind === "source" ? asked : null;
}

/** Where the value was taken out of what the request sent, if it was handed on by itself from there. */
function pickedAt(asked: Input, site: Site, { queries }: Analysis): Place | null {
  const key = valueKey(asked);
  let at: Site = site;
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    const { frame } = at;
    const outer = frame === null || !isHanded(frame, key, queries) ? null : callOf(frame);
    if (outer === null) break;
    at = outer;
  }
  return at === site ? null : at.fn.place(at.v);
}

/** The outermost call that hands the object on as it is; between that and the write it may be merged into a row. */
function handedFirst(whole: Input, site: Site, { queries }: Analysis): Place | null {
  const key = valueKey(whole);
  let found: Place | null = null;
  let at: Site = site;
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    const { frame } = at;
    const outer = frame === null ? null : callOf(frame);
    if (frame === null || outer === null) break;
    if (isHanded(frame, key, queries)) found = outer.fn.place(outer.v);
    at = outer;
  }
  return found;
}

/** `role: body.role ?? "admin"` */
function privilegedFallback(values: readonly Origin[], depth: number): string {
  for (const value of values) {
    if (value.kind === "derived" && depth < MAX_DEPTH) {
      const inner = privilegedFallback(value.of, depth + 1);
      if (inner !== "") return inner;
    }
    if (value.kind !== "fallback") continue;
    for (const or of value.or) {
      if (or.kind === "constant" && typeof or.value === "string" && PRIVILEGED.test(or.value)) return or.value;
    }
  }
  return "";
}

/** Privileges of the model that come with an object which is written as it is. */
function broughtAlong(
  call: DataCall,
  entry: RawEntry,
  { model, tenancy, analysis }: PrivilegeContext,
): readonly WrittenPrivilege[] {
  const { privileges } = call;
  const ofModel = (model?.columns ?? []).map(({ name }) => name);
  const columns = privileges ?? ofModel.filter(isPrivilege);
  const standing = call.model === tenancy.user ? ofModel.filter((name) => isStanding(name, call)) : [];
  return call.writtenWhole.flatMap((whole): readonly WrittenPrivilege[] => {
    if (!isInput(whole)) return [];
    const granted = isBody(whole) || privileges !== undefined ? broughtBy(whole, columns, call, entry, analysis) : [];
    if (granted.length > 0) return granted.map((one) => ({ ...one, form: isList(one.column) ? "list" : "name" }));
    // a helper changes what it is told to: who hands it all that was sent is to choose
    const handedAt = handedFirst(whole, call.site, analysis);
    return broughtBy(whole, standing, call, entry, analysis).map((one) => {
      return { ...one, form: "standing", place: handedAt ?? one.place };
    });
  });
}

/** Those of some columns that an object brings along: let through, and not set beside it. */
function broughtBy(
  whole: Input,
  columns: readonly string[],
  call: DataCall,
  entry: RawEntry,
  { queries }: Analysis,
): readonly Omit<WrittenPrivilege, "form">[] {
  const names = columns.length === 0 ? "unknown" : namesLetThrough(whole, entry, queries);
  if (names === "unknown" || isReplaced(whole, call.site, queries)) return [];
  const place = call.enteredAt?.get(whole) ?? call.site.fn.place(call.site.v);
  return columns
    .filter((name) => mayBring(whole, names, name) && !isSetAfter(call, normalizeKey(name)))
    .map((column) => ({ column, path: whole.path, place, whole: true, listed: names !== null, fallback: "" }));
}

function isList(column: string): boolean {
  return LIST.test(normalizeKey(column));
}

/** Whether only the service says what stands there; a password is set once, when the account is made. */
function isStanding(column: string, { operation }: DataCall): boolean {
  const name = normalizeKey(column);
  return STANDING.test(name) || (operation === "update" && PASSWORD.test(name));
}

function isPrivilege(column: string): boolean {
  return PRIVILEGE.test(normalizeKey(column));
}

function isInput(value: Origin): value is Input {
  return value.kind === "source" && value.source === "input";
}

function isSetAfter(call: DataCall, key: string): boolean {
  return call.written.some((written) => normalizeKey(written.column) === key);
}
