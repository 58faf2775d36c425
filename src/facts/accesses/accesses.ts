/** Data calls of all entries, each once, with how it is bound on every path that reaches it. */

import type { DataCall } from "../../frameworks/data/data-call.js";
import { isOfMachines } from "../../frameworks/knowledge/auth-level.js";
import type { DataModel, RowSecurity, TenancyModel } from "../../model/data-model.js";
import type { Access, Binding, Conjunct, EntryPoint, Reach, Unknown } from "../../model/facts.js";
import type { Fact } from "../../program/facts/facts.js";
import { uniqueFacts } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import { forgetAnswers } from "../../program/values/framed-memo.js";
import type { Origin, Site } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import type { Analysis } from "../analysis.js";
import type { Attempts } from "../attempts.js";
import { isIdentity } from "../decisions/decisions.js";
import type { JudgedEntry, ReachedCall } from "../entries/entries.js";
import { isOwnerKey, scopingOf } from "../tenancy/tenancy.js";
import { AdministrationAreas } from "./administration.js";
import { conjunctOf } from "./binding.js";
import { NamingSites } from "./naming-sites.js";
import { newRowsIntent } from "./new-rows.js";
import { jobOf } from "./own-work.js";
import { ownerIntent } from "./owned-rows.js";
import { publishedIntent } from "./published-rows.js";
import { judgeReach } from "./reach.js";
import type { ReachContext } from "./reach-context.js";
import { RowSecurityIndex } from "./row-security.js";
import { type OwnReach, secretIntent } from "./secret-rows.js";
import { ModelIndex } from "./written-keys.js";

export interface AccessOptions {
  readonly models: readonly DataModel[];
  readonly rowSecurity: readonly RowSecurity[];
  readonly enforcedBy: ReadonlySet<string>;
  readonly attempts: Attempts;
  appOf(file: string): string;
  /** called between entries */
  pause?(): Promise<void>;
}

export interface AccessOutcome {
  readonly entries: readonly EntryPoint[];
  readonly accesses: readonly Access[];
  readonly unknowns: readonly Unknown[];
}

interface Draft {
  readonly call: DataCall;
  readonly named: Site | null;
  readonly reaches: Reach[];
  readonly conjuncts: readonly Conjunct[];
}

export async function collectAccesses(
  judged: readonly JudgedEntry[],
  tenancy: TenancyModel,
  analysis: Analysis,
  options: AccessOptions,
): Promise<AccessOutcome> {
  const context: ReachContext = {
    tenancy,
    analysis,
    models: new ModelIndex(options.models),
    rowSecurity: new RowSecurityIndex(options.rowSecurity, analysis.program, analysis.queries),
    administration: new AdministrationAreas(
      judged.map(({ entry }) => entry.path),
      tenancy,
    ),
    enforcedBy: options.enforcedBy,
    jobs: new Set(judged.flatMap((one) => jobOf(one) ?? [])),
  };
  const drafts = new Map<string, Draft>();
  const naming = new NamingSites(analysis);
  const unknowns: Unknown[] = [];
  const perEntry: (readonly string[])[] = [];
  for (const [entry, one] of judged.entries()) {
    if (one.cut) unknowns.push(cutUnknown(one));
    for (const { call } of one.reached) analysis.data.remember(call);
    perEntry.push(
      one.reached.flatMap((reached) =>
        options.attempts.attempt(
          `what binds '${reached.call.model}.${reached.call.method}'`,
          reached.call.site.fn.place(reached.call.site.v),
          () => [enter(reached, one, entry, context, drafts, naming)],
          () => [],
        ),
      ),
    );
    forgetAnswers();
    await options.pause?.();
  }
  const keys = [...drafts.keys()];
  const indexOf = new Map(keys.map((key, index) => [key, index]));
  const accesses = keys.map((key) => accessOf(drafts.get(key)));
  const entries = judged.map((one, i): EntryPoint => {
    const touched = [...new Set(perEntry[i])];
    const indexes = touched.map((key) => indexOf.get(key) ?? -1).filter((index) => index >= 0);
    const drafted = touched.flatMap((key) => drafts.get(key) ?? []);
    const own = reachesOf(drafted, i);
    const facts = uniqueFacts([...one.before, ...one.ensured]);
    const intent =
      secretIntent(one.entry, own) ??
      publishedIntent(one.entry, own, facts, context.models, analysis) ??
      ownerIntent(one, tenancy, analysis) ??
      newRowsIntent(one.entry, own, analysis.queries);
    return {
      ...one.entry,
      ...(intent === null ? {} : { intent }),
      app: options.appOf(one.entry.place.file),
      accesses: indexes,
      selfService: isSelfService(drafted, i, tenancy),
      ...(keepsInOrder(own) ? { keepsInOrder: true } : {}),
      machine: isMachine(one, analysis),
    };
  });
  return { entries, accesses: accesses.filter((a) => a !== null), unknowns: [...unknowns, ...unread(drafts)] };
}

function enter(
  reached: ReachedCall,
  one: JudgedEntry,
  entry: number,
  context: ReachContext,
  drafts: Map<string, Draft>,
  naming: NamingSites,
): string {
  const { call } = reached;
  const named = naming.of(call);
  const key = `${siteKey(call.site)}/${call.model}${named === null ? "" : `/${siteKey(named)}`}`;
  // nothing is kept of an access that cannot be judged
  const reach = judgeReach(reached, one, entry, context);
  let draft = drafts.get(key);
  if (draft === undefined) {
    draft = { call, named, reaches: [], conjuncts: (call.filter.alternatives[0] ?? []).map(conjunctOf) };
    drafts.set(key, draft);
  }
  draft.reaches.push(reach);
  return key;
}

/** `collection.save({ fields: ["index"] })` while they are listed: the request says neither what is changed nor to what. */
function keepsInOrder(own: readonly OwnReach[]): boolean {
  const changes = own.filter(({ call }) => call.operation !== "read");
  const isAsked = (o: Origin): boolean => o.kind === "source" && (o.source === "input" || o.source === "request");
  return (
    changes.length > 0 &&
    changes.every(
      ({ call }) =>
        call.operation === "update" &&
        !leaves([
          ...call.filter.alternatives.flat().flatMap(({ values }) => values),
          ...call.written.flatMap(({ values }) => values),
          ...call.writtenWhole,
        ]).some(isAsked),
    )
  );
}

/** Only machines get to its end, or to all that it touches: a queue's signature here, the service's own secret there. */
function isMachine({ ensured, reached }: JudgedEntry, { guarantees, data, queries }: Analysis): boolean {
  const forMachines = (facts: readonly Fact[]): boolean =>
    isOfMachines(guarantees.checks.level(facts, queries), data, queries);
  return forMachines(ensured) || (reached.length > 0 && reached.every((one) => forMachines(one.facts)));
}

function accessOf(draft: Draft | undefined): Access | null {
  if (draft === undefined) return null;
  const { call, named, reaches, conjuncts } = draft;
  return {
    place: call.site.fn.place(call.site.v),
    ...(named === null ? {} : { namedAt: named.fn.place(named.v) }),
    layer: call.layer,
    model: call.model,
    operation: call.operation,
    method: call.method,
    conjuncts,
    filterKnown: call.filter.known,
    ...(call.elevated === undefined ? {} : { elevated: call.elevated }),
    reaches,
  };
}

function reachesOf(drafts: readonly Draft[], entry: number): readonly OwnReach[] {
  return drafts.flatMap(({ call, reaches }) =>
    reaches.filter((reach) => reach.entry === entry).map((reach) => ({ call, reach })),
  );
}

/** It only ever touches rows that its own caller owns: by an owner column, not by a tenant that others share. */
function isSelfService(own: readonly Draft[], entry: number, tenancy: TenancyModel): boolean {
  const scoped = reachesOf(own, entry).filter(
    ({ call, reach }) => call.operation === "create" || reach.binding.verdict !== "not-scoped",
  );
  if (scoped.length === 0) return false;
  if (scoped.every(({ call, reach }) => isOwnRow(call, reach.binding, tenancy))) return true;
  return foundsTenant(scoped, tenancy);
}

/** Makes a tenant, and besides changes nothing but what hangs on it: that its name is free was only looked up. */
function foundsTenant(scoped: readonly OwnReach[], tenancy: TenancyModel): boolean {
  const isMade = ({ call }: OwnReach): boolean =>
    call.operation === "create" && scopingOf(tenancy, call.model)?.kind === "root";
  const made = new Set(scoped.filter(isMade).map(({ call }) => siteKey(call.site)));
  if (made.size === 0) return false;
  const hangs = (values: readonly Origin[]): boolean =>
    leaves(values).some(
      (o) => o.kind === "source" && o.source === "row" && o.site !== null && made.has(siteKey(o.site)),
    );
  return scoped.every((one) => {
    const { call, reach } = one;
    if (call.operation === "read" || isMade(one) || isOwnRow(call, reach.binding, tenancy)) return true;
    if (call.operation === "create") return call.written.some(({ values }) => hangs(values));
    const { alternatives } = call.filter;
    return alternatives.length > 0 && alternatives.every((terms) => terms.some(({ values }) => hangs(values)));
  });
}

function isOwnRow(call: DataCall, binding: Binding, tenancy: TenancyModel): boolean {
  const scoping = scopingOf(tenancy, call.model);
  const ofPersons = scoping?.kind === "column" && scoping.columns.every((column) => column.role === "owner");
  if (call.operation === "create") {
    // whoever makes a tenant is the first in it
    if (scoping?.kind === "root") return true;
    return call.written.some((w) => (ofPersons || isOwnerKey(tenancy, w.column)) && leaves(w.values).some(isIdentity));
  }
  if (binding.verdict !== "bound") return false;
  // nobody but its owner is told by what stands in the row, however it was shown
  if (ofPersons) return true;
  if (binding.conjunct === null) return false;
  const column = binding.conjunct.column.split(".").at(-1) ?? "";
  const owned = isOwnerKey(tenancy, column) || call.model === tenancy.user;
  return owned && binding.conjunct.values.some((value) => value.source === "identity");
}

function cutUnknown(one: JudgedEntry): Unknown {
  return {
    kind: "bound-reached",
    place: one.entry.place,
    detail: `'${one.entry.key}' calls more functions than are followed`,
    remedy: "",
  };
}

function unread(drafts: ReadonlyMap<string, Draft>): readonly Unknown[] {
  const found: Unknown[] = [];
  for (const { call, reaches } of drafts.values()) {
    if (!reaches.some((reach) => reach.binding.verdict === "unknown") || call.model === "") continue;
    const sql = call.operation === "raw" && !call.filter.known;
    found.push({
      kind: sql ? "unparsed-sql" : "unresolved-filter",
      place: call.filter.place,
      detail: `the filter of '${call.model}.${call.method}' could not be read`,
      remedy: `models: { ${call.model}: { enforcedBy: ["<file>#<function that scopes it>"] } }`,
    });
  }
  return found;
}
