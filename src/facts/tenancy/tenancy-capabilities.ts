/** Columns whose value is a secret that stands for permission: who knows it may see the row. */
import type { DataColumn } from "../../model/data-model.js";
import type { Entity } from "./tenancy-graph.js";
import { wordsOf } from "./tenancy-names.js";

/** Exact names that are handed out as links or codes; these need not be declared unique. */
const HANDED_OUT =
  /^(?:token|share_?id|share_?token|invite_?(?:code|token)|invitation_?(?:code|token)|access_?code|unsubscribe_?token|magic_?link)$/i;
/** The last words of such names: `exportSingleUseToken`, `qr_token`. */
const HANDED_OUT_AT_LAST = /(?:^|_)(?:single_?use|one_?time|reset|recovery|activation|confirmation|qr)_token$/;
/** Unique columns that hold a secret or an unguessable public name. */
const SECRET =
  /(?:token|secret|(?:api|licen[sc]e)_?key|(?:key|token|secret)_?hash|hashed_?(?:key|token|secret|api_?key|secret_?key)|(?:invite|invitation|share|access|verification|join)_?(?:code|key)|(?:share|public|invite|invitation)_?id|^hash|^code|^otp)$/i;
/** Of what a `code` is no plain short name, as that of a currency or a facet is. */
const OF_CODES =
  /^(?:invit\w*|codes?|tokens?|verif\w*|reset|otp|auth\w*|access|login|sign|share|link|device|grant|pairing|join|password|passcode|magic|session|recovery|activation|confirmation|backup|teams?|rooms?|groups?|class|classrooms?)$/;
const NOT_A_SECRET =
  /(?:count|total|max|min|usage|used|limit|content|file|commit|schema|password(?!_?(?:reset_?)?token)|prompt|completion)/i;
const CONTENT_WORDS = new Set([
  "count",
  "usage",
  "currency",
  "country",
  "language",
  "postal",
  "zip",
  "promo",
  "coupon",
  "discount",
]);

/** The name under which a row may be shown to everybody, or under which all rows are known outside of the database. */
const PUBLIC_NAME = /^public_?id$/i;
/** so many models with a public name each: it is what the service calls its rows, and no link that was handed out */
const MANY = 3;

/** True for the name of what is handed out, wherever it stands: `invite.token` inside a document. */
export function isHandedOut(column: string): boolean {
  return HANDED_OUT.test(column) || HANDED_OUT_AT_LAST.test(wordsOf(column).join("_"));
}

/** `Model.column` of every capability, under each name of the model. */
export function capabilitiesOf(entities: readonly Entity[]): readonly string[] {
  const found: string[] = [];
  const named = entities.filter(({ columns }) => columns.some((column) => PUBLIC_NAME.test(column.name)));
  const outerKeys = named.length >= MANY;
  const tables = new Set(entities.flatMap(({ names }) => Array.from(names, (name) => wordsOf(name).at(-1) ?? "")));
  for (const entity of entities) {
    for (const column of entity.columns) {
      if (!isCapability(entity, column, tables) || (outerKeys && PUBLIC_NAME.test(column.name))) continue;
      for (const name of entity.names) found.push(`${name}.${column.name}`);
    }
  }
  return found;
}

const OF_LINK = /^(?:link|portal)_?(?:id|key|code|token)$/i;
const KIND_OF_LINK = /^(?:links?|shares?|invites?|invitations?)$/;
const KIND_OF_SHARE = /^(?:shares?|invites?|invitations?)$/;

/**
 * `PaymentLink.linkId`, `Customer.portalId` where there is no table of portals, `Invite.uid` or `Share.slug` beside its id: by
 * which a link is asked for is what was handed out.
 */
function isNameOfLink(entity: Entity, column: DataColumn, tables: ReadonlySet<string>): boolean {
  const words = wordsOf(entity.name);
  const isLink = words.some((word) => KIND_OF_LINK.test(word));
  if (/^(?:uid|uuid|hash)$/i.test(column.name)) return isLink && column.unique && hasKeyBeside(entity, column);
  // what only shortens addresses has slugs as well, and these stand for no permission
  if (/^slug$/i.test(column.name))
    return words.some((word) => KIND_OF_SHARE.test(word)) && column.unique && hasKeyBeside(entity, column);
  if (!OF_LINK.test(column.name)) return false;
  const [kind = ""] = wordsOf(column.name);
  return isLink || (hasKeyBeside(entity, column) && !tables.has(kind));
}

function hasKeyBeside(entity: Entity, column: DataColumn): boolean {
  return entity.columns.some((one) => one !== column && /^_?id$/i.test(one.name));
}

function isCapability(entity: Entity, column: DataColumn, tables: ReadonlySet<string>): boolean {
  if (!/^(?:string|text|varchar|char|uuid|citext|character|$)/i.test(column.type)) return false;
  if (entity.edges.some((edge) => edge.column === column.name)) return false;
  if (isHandedOut(column.name) || isNameOfLink(entity, column, tables)) return true;
  if (!column.unique || NOT_A_SECRET.test(column.name)) return false;
  if (wordsOf(`${entity.name} ${column.name}`).some((word) => CONTENT_WORDS.has(word))) return false;
  if (/^code$/i.test(column.name) && !wordsOf(entity.name).some((word) => OF_CODES.test(word))) return false;
  return SECRET.test(column.name);
}
