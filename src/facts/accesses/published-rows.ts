/**
 * Entry points without sign-in that show only what a column of the row itself says is public: whoever owns the row has
 * published it. They are open by intent.
 */

import type { FilterTerm } from "../../frameworks/data/data-call.js";
import { isPossible } from "../../frameworks/knowledge/auth-level.js";
import type { Scoping } from "../../model/data-model.js";
import type { EntryPoint, PublicIntent } from "../../model/facts.js";
import { decidedBy } from "../../program/facts/decided-by.js";
import type { Fact } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { Origin } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import type { Analysis } from "../analysis.js";
import { decisionsIn } from "../decisions/decisions.js";
import { wordsOf } from "../tenancy/tenancy-names.js";
import { isOpenToAll, OPEN, type OwnReach } from "./secret-rows.js";
import type { ModelIndex } from "./written-keys.js";

/** what owners switch on to show a row to everybody */
const PUBLISHED = /(?:^|\.)(?:is_?)?(?:public(?:ly_?\w*)?|published|shared)$/i;
const VISIBILITY = /(?:^|\.)(?:visibility|access|access_?level|sharing|privacy)$/i;
/** what owners switch on to keep a row to themselves */
const WITHHELD = /(?:^|\.)(?:is_?)?private$/i;
const FOR_SOME = /^(?:private|hidden|secret|restricted|internal|members?(?:_?only)?|team|organi[sz]ation|workspace)$/i;
const FOR_ALL = /^(?:public|published|everyone|anyone|open)$/i;

const SHARED_WORDS = new Set(["published", "public", "share", "shared", "shortcode", "shortlink", "embed"]);
const LOCK =
  /^(?:password|passcode|pin|(?:allow|deny)(?:ed)?_?(?:list|emails|domains)|email_?(?:protected|authenticated))$/i;
const SETTING =
  /^(?:password|passcode|pin|expires?(?:_?(?:at|on))?|(?:is_?)?(?:archived|expired|revoked|disabled|active|enabled|locked)|(?:allow|deny|email|enable|require)_?(?:list|emails|domains|protected|authenticated|download|agreement|\w+ed))$/i;

/** @param facts what holds when the handler is done */
export function publishedIntent(
  entry: Pick<EntryPoint, "protection" | "intent">,
  own: readonly OwnReach[],
  facts: readonly Fact[],
  models: ModelIndex,
  analysis: Analysis,
): PublicIntent | null {
  // to show a row to everybody is not to let everybody change it
  if (!isOpenToAll(entry) || own.some(changesOpenly)) return null;
  const column =
    facts.map((fact) => publishedBy(fact, analysis)).find((one) => one !== "") ??
    (filteredBy(own) || shownAfterPublished(own, facts));
  if (column !== "")
    return { by: "capability", reason: `shows others only what '${column}' says is public`, place: null };
  const shared = sharedModel(own, facts, models);
  if (shared === "") return null;
  return { by: "capability", reason: `'${shared}' is what was published, under settings of its own`, place: null };
}

/** A model that is there to be shown to others: by what it is called, or by settings of the row that were asked. */
function sharedModel(own: readonly OwnReach[], facts: readonly Fact[], models: ModelIndex): string {
  const read = own.filter(({ call }) => call.operation === "read");
  const named = read.find(({ call }) => wordsOf(call.model).some((word) => SHARED_WORDS.has(word)));
  if (
    named !== undefined &&
    own.every(({ reach, call }) => reach.binding.verdict !== "unbound" || call.model === named.call.model)
  )
    return named.call.model;
  const set = read.find(({ call }) => isShareable(call.model, models) && facts.some((fact) => asksSetting(fact, call)));
  return set?.call.model ?? "";
}

/** `link.password`, `link.expiresAt`, `link.allowList`: whoever made the row said to whom it is shown, and how long. */
function isShareable(model: string, models: ModelIndex): boolean {
  const columns = (models.modelOf(model)?.columns ?? []).map((column) => column.name);
  return columns.some((name) => LOCK.test(name)) && columns.filter((name) => SETTING.test(name)).length >= 3;
}

function asksSetting(fact: Fact, { site }: OwnReach["call"]): boolean {
  const key = siteKey(site);
  const asked = (origins: readonly Origin[]): boolean =>
    leaves(origins).some(
      (o) => isOfRow(o) && o.site !== null && siteKey(o.site) === key && SETTING.test(o.path.split(".").at(-1) ?? ""),
    );
  switch (fact.kind) {
    case "present":
    case "absent":
      return asked(fact.of);
    case "equal":
    case "unequal":
      return asked(fact.left) || asked(fact.right);
    case "passed":
      return fact.args.some(asked);
    default:
      return false;
  }
}

function changesOpenly({ call, reach }: OwnReach): boolean {
  return (call.operation === "update" || call.operation === "delete") && reach.binding.verdict === "unbound";
}

/** `if (!row.public && !isMember) refuse`: the column that decided for those who are not known, '' when none did. */
function publishedBy(fact: Fact, analysis: Analysis): string {
  switch (fact.kind) {
    case "present":
      return fact.of.length > 0 && fact.of.every(isPublishedColumn) ? columnOf(fact.of[0]) : "";
    case "equal":
      return comparedColumn(fact.left, fact.right) || comparedColumn(fact.right, fact.left);
    case "absent":
      return fact.of.length > 0 && fact.of.every((o) => isColumn(o, WITHHELD)) ? columnOf(fact.of[0]) : "";
    case "unequal":
      return withheldColumn(fact.left, fact.right) || withheldColumn(fact.right, fact.left);
    case "either":
      return eitherColumn(fact.paths.filter(isPossible), analysis);
    default:
      return "";
  }
}

/** One way for everybody, and each of the others for those who are known. */
function eitherColumn(paths: readonly (readonly Fact[])[], analysis: Analysis): string {
  const { guarantees, data, queries } = analysis;
  let column = "";
  for (const path of paths) {
    const found = path.map((fact) => publishedBy(fact, analysis)).find((one) => one !== "");
    if (found !== undefined) {
      // what is asked about the row may be told the caller besides, whom nobody has to be
      column = found;
      continue;
    }
    const known = guarantees.checks.level(path, queries);
    if (known?.level !== "identity" && decisionsIn(path, data, queries).length === 0) return "";
  }
  return column;
}

function comparedColumn(row: readonly Origin[], value: readonly Origin[]): string {
  const asked = leaves(value);
  const on = asked.length > 0 && asked.every((o) => o.kind === "constant" && o.value === true);
  if (on && row.length > 0 && row.every(isPublishedColumn)) return columnOf(row[0]);
  const open = asked.length > 0 && asked.every((o) => o.kind === "constant" && FOR_ALL.test(String(o.value)));
  return open && row.length > 0 && row.every((o) => isColumn(o, VISIBILITY)) ? columnOf(row[0]) : "";
}

/** `if (board.visibility === "private") demand(user)`: of everything else everybody may see it */
function withheldColumn(row: readonly Origin[], value: readonly Origin[]): string {
  const kept = leaves(value);
  const some = kept.length > 0 && kept.every((o) => o.kind === "constant" && FOR_SOME.test(String(o.value)));
  return some && row.length > 0 && row.every((o) => isColumn(o, VISIBILITY)) ? columnOf(row[0]) : "";
}

function isPublishedColumn(origin: Origin): boolean {
  return isColumn(origin, PUBLISHED);
}

function isColumn(origin: Origin, name: RegExp): boolean {
  return (isOfRow(origin) || isOfAnswer(origin)) && name.test(origin.path);
}

function isOfRow(origin: Origin): origin is Extract<Origin, { kind: "source" }> {
  return origin.kind === "source" && origin.source === "row";
}

/** What a client of some store answered with, of which it is not known what it asks. */
function isOfAnswer(origin: Origin): origin is Extract<Origin, { kind: "package" }> {
  return origin.kind === "package" && origin.path.includes("()");
}

function columnOf(origin: Origin | undefined): string {
  return origin !== undefined && (isOfRow(origin) || isOfAnswer(origin)) ? (origin.path.split(".").at(-1) ?? "") : "";
}

/** `where: { isPublic: true }` on everything that it reads. */
function filteredBy(own: readonly OwnReach[]): string {
  const columns = own.filter(({ reach }) => reach.binding.verdict !== "bound").map(({ call }) => publicColumn(call));
  return columns.includes("") ? "" : (columns[0] ?? "");
}

/** What is read besides is read only where a published row was found, and is held against what that one shows. */
function shownAfterPublished(own: readonly OwnReach[], facts: readonly Fact[]): string {
  if (!own.some(({ reach }) => reach.afterPublished === true)) return "";
  const asked = new Set(
    facts.flatMap(decidedBy).flatMap((o) => (isOfRow(o) && o.path !== "" && o.site !== null ? [siteKey(o.site)] : [])),
  );
  const isShown = ({ call, reach }: OwnReach): boolean =>
    !OPEN.has(reach.binding.verdict) ||
    publicColumn(call) !== "" ||
    (call.operation === "read" && reach.afterPublished === true && asked.has(siteKey(call.site)));
  return own.every(isShown) ? (own.map(({ call }) => publicColumn(call)).find((one) => one !== "") ?? "") : "";
}

/** On the way here a row was found that its owner has published. */
export function isAfterPublished(facts: readonly Fact[], { data, queries }: Analysis): boolean {
  return facts.some(
    (fact) =>
      fact.kind === "present" &&
      fact.of.length > 0 &&
      fact.of.every((o) => {
        const call = isOfRow(o) && o.site !== null ? data.loading(o.site, queries) : null;
        return call !== null && publicColumn(call) !== "";
      }),
  );
}

function publicColumn({ operation, filter }: OwnReach["call"]): string {
  if (operation !== "read") return "";
  const columns = filter.alternatives.map(
    (terms) => terms.find((term) => term.position === "and" && saysPublished(term))?.column ?? "",
  );
  return columns.includes("") ? "" : (columns[0] ?? "");
}

/** `{ id, status: "published" }` of what belongs to single people: they have put it up for everybody. */
export function isPublishedToAll(terms: readonly FilterTerm[], scoping: Scoping | undefined): boolean {
  if (scoping?.kind !== "column" || scoping.columns.some((column) => column.role !== "owner")) return false;
  return terms.some(({ column, position, values }) => {
    const asked = leaves(values);
    return (
      position === "and" &&
      /(?:^|\.)(?:status|state)$/i.test(column) &&
      asked.length > 0 &&
      asked.every((o) => o.kind === "constant" && FOR_ALL.test(String(o.value)))
    );
  });
}

/** `visibility = 'public'`, `shared = true` */
/** what whoever runs the service provides to all who use it */
const PROVIDED = /(?:^|\.)(?:is_?)?(?:global|system|built_?in|default|official|predefined|preset)$/i;

/** `isGlobal: true`: beside the caller's own rows, those that the service provides to everybody. */
export function saysProvided({ column, values }: Pick<FilterTerm, "column" | "values">): boolean {
  const asked = leaves(values);
  return PROVIDED.test(column) && asked.length > 0 && asked.every((o) => o.kind === "constant" && o.value === true);
}

export function saysPublished({
  column,
  values,
}: {
  readonly column: string;
  readonly values: readonly Origin[];
}): boolean {
  const asked = leaves(values);
  if (asked.length === 0 || !asked.every((o) => o.kind === "constant")) return false;
  if (PUBLISHED.test(column)) return asked.every((o) => o.kind === "constant" && o.value === true);
  return VISIBILITY.test(column) && asked.every((o) => o.kind === "constant" && FOR_ALL.test(String(o.value)));
}
