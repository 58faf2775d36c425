/**
 * The ledger of verified ids: which values were, on this path, shown to belong to the caller, and how.
 * A scoped look-up that ended the path when empty, a comparison with identity or with a verified row, a decision that
 * received the id together with the caller, keys of a verified row.
 */
import type { DataCall, FilterTerm } from "../../frameworks/data/data-call.js";
import type { DataRecogniser } from "../../frameworks/data/recogniser.js";
import { isPossible, knowsSecretOf, levelOfOrigins } from "../../frameworks/knowledge/auth-level.js";
import { ONE_ROW } from "../../model/accesses.js";
import type { TenancyModel } from "../../model/data-model.js";
import { Op, PropKind } from "../../model/lowered.js";
import { MATCHED } from "../../program/facts/element-facts.js";
import type { Fact, FactSource } from "../../program/facts/facts.js";
import { COMPOSED, leaves } from "../../program/values/computed-origins.js";
import { FleetingMemo } from "../../program/values/framed-memo.js";
import type { LinkQueries, Origin, PackageOrigin, Site, SourceOrigin } from "../../program/values/origin.js";
import { siteKey, wayTo } from "../../program/values/origin-keys.js";
import { partsOfText } from "../../program/values/text-parts.js";
import { decisionsIn, isIdentity } from "../decisions/decisions.js";
import { isForAll } from "../decisions/for-all.js";
import { isAnsweredAbout, isScopedAnswer, scopeOf } from "../decisions/scoped-answers.js";
import { comparesRankAlone, isRankOfRow } from "../ranks/ranks-alone.js";
import { isOwnerKey, isTenantKey, scopingOf } from "../tenancy/tenancy.js";
import { conditionsFurther, conditionsOf, keysOfLoaded } from "./included-rows.js";
import { isId, isKey } from "./key-columns.js";
import {
  askedOfCaller,
  asksForCaller,
  isAnyMember,
  isColumnOfRow,
  isCount,
  isKeptInMemory,
  isSubstitute,
  valueKey,
  valuesWithin,
} from "./ledger-values.js";
import { isNullTest, sameName } from "./null-tests.js";
import { isToldOfAnother, ownersOnOneWay } from "./one-way-owners.js";
import { isOpenOrigin } from "./open-values.js";
import { forOrdinaryCallers } from "./privileged-choices.js";
import { isPublishedToAll } from "./published-rows.js";
import { asksForSecret } from "./secret-terms.js";

export interface Verification {
  readonly how: string;
  readonly via: FactSource | null;
}

/** An id from the request that was shown to be the caller's. */
export interface CheckedId {
  readonly origin: Extract<Origin, { kind: "source" }>;
  readonly verification: Verification;
  /** the calls that led to the check, and the check */
  readonly chain: readonly FactSource[];
}

const ROUNDS = 3;
const MAX_ROW_DEPTH = 4;
const MAX_WAYS = 6;
/** `create().authenticateSession().user.id` */
const SAYS_WHO =
  /(?:auth|session|login|sign_?in|current_?user|who_?am_?i)\w*\(\)\.(?:\w+\.)?(?:user|session|principal|subject|account)(?:_?id|\.(?:id|uid|user_?id|sub))?$/i;

const ledgersOfWays = new FleetingMemo<readonly Fact[], readonly Ledger[]>();
/** of one way, for those around it that know different things */
const MAX_LEDGERS_OF_WAY = 4;

/** `sendInvitation(email, url, team.name)`: what goes out in a message was not held against anything. */
const SENDS = /(?:^|\.)(?:(?:re)?send|deliver|notify|e?mail|render|track|log)(?:[A-Z]\w*)?$/;

/** Stores of sessions and keys. */
const STORES =
  /^(?:redis|ioredis|@redis\/|@upstash\/redis|keyv|unstorage|cache-manager|memcached|memjs|@vercel\/kv|@unkey\/)/;

export interface LedgerOptions {
  /** of what holds on all ways, for the ledger of one of them */
  readonly outer?: Ledger | null;
  /** a value that is taken to be there, by its key */
  readonly given?: string;
  /** what it is told holds on one of several ways */
  readonly ofWay?: boolean;
}

type PassedFact = Extract<Fact, { kind: "passed" }>;

interface Tellings {
  readonly data: DataRecogniser;
  readonly answers: number;
  readonly told: readonly Origin[];
  readonly given: readonly Origin[];
}

/** Each ledger behind a check asks what it was told. */
const tellings = new FleetingMemo<PassedFact, Tellings>();

interface OrdinaryWays {
  readonly data: DataRecogniser;
  readonly tenancy: TenancyModel | null;
  readonly ways: readonly (readonly Fact[])[];
}

/** by the ways that facts are told apart on */
const ordinaryWays = new FleetingMemo<readonly (readonly Fact[])[], OrdinaryWays>();

export class Ledger {
  readonly #values = new Map<string, Verification>();
  readonly #checked = new Map<string, CheckedId>();
  /** parts of the input of which a check saw the member that it was told */
  readonly #chosen = new Map<string, Verification>();
  readonly #rows = new Map<string, Verification>();
  readonly #ways = new Set<string>();
  /** keys by which rows were found, beside a tenant of which nothing could be read */
  readonly #perhaps = new Set<string>();
  /** values by which a row was held against the caller on one of several ways */
  readonly #ownersOnOneWay: ReadonlySet<string>;
  /** a check picked its member of the request by nothing but what it was told, part and name */
  #toldWhich = "";
  readonly #present = new Set<string>();
  /** keys that were asked for outside, and whether they are known there: all that hangs on what is around */
  readonly #askedValues = new Map<string, boolean>();
  readonly #askedRows = new Map<string, boolean>();
  private readonly outer: Ledger | null;
  private readonly given: string;
  readonly #ofWay: boolean;
  /** of the fact that is being entered */
  #chain: readonly FactSource[] = [];

  constructor(
    facts: readonly Fact[],
    readonly data: DataRecogniser,
    readonly queries: LinkQueries,
    /** by which it is known how far a privilege reaches; without it only flags on the user reach over all */
    private readonly tenancy: TenancyModel | null = null,
    { outer = null, given = "", ofWay = outer !== null }: LedgerOptions = {},
  ) {
    this.outer = outer;
    this.given = given;
    this.#ofWay = ofWay;
    for (const fact of facts) {
      if (fact.kind !== "present") continue;
      for (const origin of fact.of) this.#present.add(valueKey(origin));
      const [only, ...others] = fact.of;
      if (only !== undefined && others.length === 0 && isAnyMember(only)) this.#toldWhich = valueKey(only);
    }
    this.#ownersOnOneWay = ownersOnOneWay(facts);
    // a row verified by one fact may verify what another fact compares with it
    let open = facts;
    for (let round = 0; round < ROUNDS && open.length > 0; round += 1) {
      const before = this.#values.size + this.#ways.size;
      open = open.filter((fact) => !this.#enter(fact));
      if (this.#values.size + this.#ways.size === before) break;
    }
  }

  /** How a value was shown to be the caller's, null when it was not. */
  verified(origin: Origin, depth = 0): Verification | null {
    if (isIdentity(origin)) return { how: "comes from the verified identity", via: null };
    if (origin.kind === "source" && origin.checkedBy !== undefined)
      return { how: `was checked by '${origin.checkedBy}' before`, via: null };
    const known = this.#knownValue(valueKey(origin)) ?? this.#partOfText(origin) ?? this.#chosenByMetadata(origin);
    if (known !== undefined) return known;
    if (origin.kind === "source" && origin.source === "row") return this.#rowVerified(origin, depth);
    if (origin.kind === "package") return this.#storedForCaller(origin);
    if (origin.kind === "derived") return this.#derivedVerified(origin, depth);
    if (origin.kind === "literal") return this.#textVerified(origin, depth);
    if (origin.kind === "fallback") {
      // `session.orgId || ""`: a constant in place of what is missing lets nobody choose
      const given = [...origin.value, ...origin.or].filter((o) => !isSubstitute(o));
      const parts = given.map((o) => this.verified(o, depth));
      return parts.length > 0 && parts.every((p) => p !== null) ? (parts[0] ?? null) : null;
    }
    return null;
  }

  #knownValue(key: string): Verification | undefined {
    const own = this.#values.get(key);
    if (own !== undefined || this.outer === null) return own;
    const outside = this.outer.#knownValue(key);
    this.#askedValues.set(key, outside !== undefined);
    return outside;
  }

  #knownRow(key: string): Verification | undefined {
    const own = this.#rows.get(key);
    if (own !== undefined || this.outer === null) return own;
    const outside = this.outer.#knownRow(key);
    this.#askedRows.set(key, outside !== undefined);
    return outside;
  }

  /**
   * The values that decide whose a row is. Of a text put together (`${orgId}:${name}`) it is the part that is the
   * caller's, if there is one: no other caller's text is the same.
   */
  decisive(values: readonly Origin[], depth = 0): readonly Origin[] {
    return values.flatMap((value) => {
      const parts = leaves([value]);
      if (value.kind !== "derived" || value.how !== COMPOSED) return parts;
      const own = parts.find((part) => this.verified(part, depth) !== null);
      return own === undefined ? parts : [own];
    });
  }

  /** `friendlyId.split("_")[1]`: the key that is in a text which was checked as a whole. */
  #partOfText(origin: Origin): Verification | undefined {
    if (origin.kind !== "source" || origin.source !== "input") return undefined;
    const whole = /^(.+)\.\d+$/.exec(origin.path)?.[1];
    return whole === undefined ? undefined : this.#knownValue(valueKey({ ...origin, path: whole }));
  }

  /** A guard that is told by a decorator which member of the input to check has checked the one that is used. */
  #chosenByMetadata(origin: Origin): Verification | undefined {
    if (origin.kind !== "source" || origin.source !== "input") return undefined;
    if (!/^(?:args|params|body|query|data)\./.test(origin.path)) return undefined;
    const told = this.#toldWhich === "" ? undefined : this.#values.get(this.#toldWhich);
    if (told !== undefined) return told;
    for (const [whole, verification] of this.#chosen) if (origin.path.startsWith(`${whole}.`)) return verification;
    return undefined;
  }

  /** Whether a value was tested and is there, itself or the row it was read off. */
  present(origin: Origin): boolean {
    if (this.#present.has(valueKey(origin))) return true;
    return origin.kind === "source" && origin.source === "row" && this.#present.has(valueKey({ ...origin, path: "" }));
  }

  /** A row was found by it whose tenant or owner was asked for as well, and nobody knows whom that was. */
  isPerhapsOwn(origin: Origin): boolean {
    if (this.verified(origin) !== null || this.#perhaps.has(valueKey(origin))) return true;
    return (
      origin.kind === "source" &&
      origin.source === "row" &&
      origin.site !== null &&
      this.#perhaps.has(siteKey(origin.site))
    );
  }

  /** The tenant of a row was held against a value of which nothing could be read, and which nobody sends. */
  isPerhapsOwnRow(site: Site): boolean {
    return this.#perhaps.has(siteKey(site));
  }

  /** Verification of a row itself: it was loaded under the caller's scope, or compared after loading. */
  rowVerified(site: Site): Verification | null {
    return this.#rows.get(siteKey(site)) ?? null;
  }

  /** Ids from the request that were verified on this path, in the order in which that was seen. */
  checkedIds(): readonly CheckedId[] {
    return [...this.#checked.values()];
  }

  /** What a store of sessions or keys answered when it was asked with the caller's own credential. */
  #storedForCaller(origin: Extract<Origin, { kind: "package" }>): Verification | null {
    if (SAYS_WHO.test(origin.path) && isAnsweredAbout(origin, this.queries))
      return { how: "was answered about the caller", via: null };
    if (!STORES.test(origin.module) && !(origin.module === "" && /^useStorage\(\)/.test(origin.path))) return null;
    const level = levelOfOrigins([origin], this.data, this.queries);
    return level?.level === "identity" && !level.named ? { how: "was stored for the caller", via: null } : null;
  }

  #derivedVerified(origin: Extract<Origin, { kind: "derived" }>, depth: number): Verification | null {
    if (depth > MAX_ROW_DEPTH) return null;
    for (const part of leaves(origin.of)) {
      const one = this.verified(part, depth + 1);
      if (one !== null) return one;
    }
    return null;
  }

  /** A text that the caller's own keys were put into: `account-${account.id}-${environment.id}`. */
  #textVerified(origin: Extract<Origin, { kind: "literal" }>, depth: number): Verification | null {
    if (origin.form !== "template" || depth > MAX_ROW_DEPTH) return null;
    const parts = partsOfText(origin.site, this.queries).filter((part) => part.kind !== "constant");
    const proofs = parts.map((part) => this.verified(part, depth + 1));
    return proofs.every((proof) => proof !== null) ? (proofs[0] ?? null) : null;
  }

  #rowVerified(origin: Extract<Origin, { kind: "source" }>, depth: number): Verification | null {
    if (origin.site === null) return null;
    const known = this.#knownRow(siteKey(origin.site));
    if (known !== undefined) return known;
    if (this.data.keyedByCaller(origin, this.queries))
      return { how: "is read off a row that the caller's credential leads to", via: null };
    const call = depth > MAX_ROW_DEPTH ? null : this.#call(origin.site);
    if (call === null || !this.#isBound(call, depth + 1)) return null;
    return { how: `key of a '${call.model}' loaded under the caller's scope`, via: null };
  }

  #call(site: Site): DataCall | null {
    return this.data.loading(site, this.queries);
  }

  #isBound(call: DataCall, depth: number): boolean {
    const alternatives = forOrdinaryCallers(call.filter.alternatives, this.data, this.queries, this.tenancy);
    const isBound = (terms: readonly FilterTerm[]): boolean => terms.some((term) => this.#binds(term, depth));
    return (
      alternatives.some(isBound) && alternatives.every((terms) => isBound(terms) || this.#isEverybodys(terms, depth))
    );
  }

  /** `{ id, OR: [{ orgId }, { orgId: null }] }`: beside the caller's own rows those that everybody may have. */
  #isEverybodys(terms: readonly FilterTerm[], depth: number): boolean {
    return terms.some(
      (own) =>
        own.position === "or" &&
        this.#binds({ ...own, position: "and" }, depth) &&
        terms.some((term) => term.position === "and" && sameName(term.column, own.column) && isNullTest(term)),
    );
  }

  #binds(term: FilterTerm, depth: number): boolean {
    if (term.position !== "and") return false;
    const given = this.decisive(term.values, depth).filter((value) => value.kind !== "constant");
    // `cache.get(key) ?? load(key)`
    const loaded = given.filter((value) => !isKeptInMemory(value));
    const values = loaded.length === 0 ? given : loaded;
    return values.length > 0 && values.every((value) => this.verified(value, depth) !== null);
  }

  /** @returns whether all has come of it that ever will, whatever else is verified */
  #enter(fact: Fact): boolean {
    this.#chain = fact.via;
    switch (fact.kind) {
      case "equal": {
        const settled = [
          this.#compared(fact.left, fact.right, fact.via.at(-1) ?? null),
          this.#compared(fact.right, fact.left, fact.via.at(-1) ?? null),
        ];
        this.#comparedWithOpen(fact.left, fact.right);
        this.#comparedWithOpen(fact.right, fact.left);
        settled.push(this.#isSomething(fact.left, fact.right, fact.via[0] ?? null));
        settled.push(this.#isSomething(fact.right, fact.left, fact.via[0] ?? null));
        return !settled.includes(false);
      }
      case "passed":
        return this.#passed(fact);
      case "present":
        return this.#foundAll(fact.of, fact.via[0] ?? null);
      case "absent":
        for (const origin of fact.of) {
          this.#noneForeign(origin, fact.via[0] ?? null);
          this.#noneAtAll(origin, fact.via[0] ?? null);
        }
        return true;
      case "either":
        return this.#eitherWay(fact.paths);
      default:
        return true;
    }
  }

  #foundAll(origins: readonly Origin[], via: FactSource | null): boolean {
    let settled = true;
    for (const origin of origins) if (!this.#found(origin, via)) settled = false;
    return settled;
  }

  /** The ways of ordinary callers: administrators of everything are nobody's guests. */
  #waysOf(paths: readonly (readonly Fact[])[]): readonly (readonly Fact[])[] {
    const { data, queries, tenancy } = this;
    const known = ordinaryWays.find(paths);
    if (known !== undefined && known.data === data && known.tenancy === tenancy) return known.ways;
    const find = (): OrdinaryWays => {
      const ways = paths
        .filter(isPossible)
        .filter((path) => !decisionsIn(path, data, queries).some((decision) => isForAll(decision, tenancy)));
      return { data, tenancy, ways };
    };
    return ordinaryWays.keep(paths, find).ways;
  }

  /** What every way shows. */
  #eitherWay(paths: readonly (readonly Fact[])[]): boolean {
    const ways = this.#waysOf(paths);
    if (ways.length > MAX_WAYS) return true;
    const [first, ...others] = ways.map((path) => this.#ledgerOf(path));
    if (first === undefined) return true;
    for (const [key, verification] of first.#values)
      if (!this.#values.has(key) && others.every((one) => one.#values.has(key))) this.#values.set(key, verification);
    // where no row was found there is none that is somebody else's
    const all = [first, ...others];
    const holds = (one: Ledger, key: string, way: number): boolean => one.#rows.has(key) || findsNone(ways[way], key);
    for (const [key, verification] of all.flatMap((one) => [...one.#rows]))
      if (!this.#rows.has(key) && all.every((one, way) => holds(one, key, way))) this.#rows.set(key, verification);
    for (const [key, checked] of first.#checked)
      if (!this.#checked.has(key) && others.every((one) => one.#checked.has(key))) this.#checked.set(key, checked);
    return false;
  }

  /** One of a way is met again in each round, and at each access behind it. */
  #ledgerOf(path: readonly Fact[]): Ledger {
    const before = ledgersOfWays.find(path) ?? [];
    const known = before.find((one) => this.#isAsOutside(one));
    if (known !== undefined) return known;
    const { data, queries, tenancy } = this;
    const make = (): readonly [Ledger, ...Ledger[]] => [
      new Ledger(path, data, queries, tenancy, { outer: this, given: this.given }),
      ...before.slice(0, MAX_LEDGERS_OF_WAY - 1),
    ];
    return ledgersOfWays.keep(path, make)[0];
  }

  /** Whether a ledger inside of this one would come to what that one came to: nothing hangs on how a thing is known. */
  #isAsOutside(one: Ledger): boolean {
    if (one.queries !== this.queries || one.tenancy !== this.tenancy || one.given !== this.given) return false;
    for (const [key, isKnown] of one.#askedValues) if ((this.#knownValue(key) !== undefined) !== isKnown) return false;
    for (const [key, isKnown] of one.#askedRows) if ((this.#knownRow(key) !== undefined) !== isKnown) return false;
    return true;
  }

  #compared(side: readonly Origin[], other: readonly Origin[], via: FactSource | null): boolean {
    const own = leaves(side);
    const others = leaves(other);
    if (knowsSecretOf(own, others, this.queries)) this.#unlocked(own, via);
    const known = others.filter((o) => o.kind !== "constant");
    if (known.length === 0) return true;
    if (!known.every((o) => this.verified(o) !== null || this.#isAnsweredToCaller(o))) return false;
    for (const origin of own) {
      this.#mark(origin, { how: "was compared with a verified value", via });
      // `[...a.map(…), ...b.map(…)].length`: the ids that were collected
      if (origin.kind !== "literal" || origin.form !== "array") continue;
      for (const item of leaves(this.queries.project(origin, ["[]"])))
        this.#mark(item, { how: "is among values that were counted", via });
    }
    return true;
  }

  /** `jwtVerify(token, encode(key.secret))`: whoever sent it has the secret that the row keeps. */
  #signed({ level, named, args, via }: PassedFact): void {
    if (named || (level !== "identity" && level !== "signature")) return;
    const [token, ...keys] = args.map(leaves);
    for (const key of keys)
      if (token !== undefined && knowsSecretOf(key, token, this.queries)) this.#unlocked(key, via[0] ?? null);
  }

  /** `link.password === body.password`: whoever knows a row's own secret may see that row. */
  #unlocked(row: readonly Origin[], via: FactSource | null): void {
    for (const origin of row)
      if (origin.kind === "source" && origin.source === "row")
        this.#mark(origin, { how: "was opened with the secret that it keeps", via });
  }

  /** `membership?.role === "owner"`: what has that value was found. */
  #isSomething(side: readonly Origin[], other: readonly Origin[], via: FactSource | null): boolean {
    const values = leaves(other);
    if (values.length === 0 || !values.every((o) => o.kind === "constant" && o.value != null && o.value !== false))
      return true;
    return this.#foundAll(
      leaves(side).filter((origin) => origin.kind === "source"),
      via,
    );
  }

  #passed(fact: PassedFact): boolean {
    this.#signed(fact);
    const { answers, told, given } = this.#tellingsOf(fact);
    const asides = this.#ownersOnOneWay;
    const said =
      asides.size === 0 ? given : given.filter((o) => !(asides.has(valueKey(o)) && isToldOfAnother(o, given)));
    const args = [...said.filter((o) => !isRankOfRow(o)), ...told];
    const speaks =
      args.some((o) => this.verified(o) !== null || (o.kind === "source" && o.source === "request")) ||
      leaves(fact.held ?? []).some(isIdentity) ||
      answers > 0;
    if (!speaks && fact.level !== "decision") return false;
    if (fact.level !== "decision" && SENDS.test(fact.name)) return true;
    if (fact.name.startsWith("comparison") && (!args.some((o) => isIdentity(o)) || args.some(isCount))) return true;
    const verification = { how: `was checked by '${fact.name}'`, via: fact.via[0] ?? null };
    const byMetadata = args.some((o) => o.kind === "source" && o.source === "context");
    for (const origin of args) {
      if (isIdentity(origin)) continue;
      this.#mark(origin, verification);
      if (byMetadata && origin.kind === "source" && origin.source === "input")
        this.#chosen.set(origin.path, verification);
    }
    // of two checks that chose the same part the one that was entered last speaks for it
    return !byMetadata;
  }

  /** What a check was told, which no ledger changes. */
  #tellingsOf(fact: PassedFact): Tellings {
    const { data, queries } = this;
    const known = tellings.find(fact);
    if (known !== undefined && known.data === data) return known;
    return tellings.keep(fact, () => {
      const answers = leaves(fact.asked ?? []).filter((o) => isAnsweredAbout(o, queries));
      const told = answers.flatMap((o) => [...scopeOf(o, queries)]);
      const given = fact.args.flatMap((arg, index) =>
        comparesRankAlone(fact, index, data, queries) ? [] : valuesWithin(arg, queries),
      );
      return { data, answers: answers.length, told, given };
    });
  }

  /** `if (rows.some((row) => row.userId !== user.id)) throw`: all that were found are the caller's. */
  #noneForeign(origin: Origin, via: FactSource | null): void {
    if (origin.kind !== "derived" || origin.how !== "some") return;
    for (const test of origin.of) {
      if (test.kind !== "derived" || !/^!==?$/.test(test.how)) continue;
      const parts = leaves(test.of);
      if (!parts.some(isIdentity)) continue;
      const verification = { how: "is among rows that were all compared with the caller", via };
      for (const part of parts) if (!isIdentity(part)) this.#mark(part, verification);
    }
  }

  /** `if (row) demandOwn(row); else …`: on the way where nothing has that key, it is nobody's. */
  #noneAtAll(origin: Origin, via: FactSource | null): void {
    if (!this.#ofWay || origin.kind !== "source" || origin.source !== "row" || origin.site === null) return;
    const [[term, ...others] = [], ...more] = this.#call(origin.site)?.filter.alternatives ?? [];
    if (origin.path !== "" || term === undefined || others.length > 0 || more.length > 0) return;
    if (term.position !== "and" || term.operator !== "=" || !/^_?(?:id|uuid)$/i.test(term.column)) return;
    for (const value of leaves(term.values)) this.#mark(value, { how: "names no row yet", via });
  }

  /** @returns whether all has come of it that ever will */
  #found(origin: Origin, via: FactSource | null): boolean {
    if (origin.kind === "derived" && origin.how === "call") {
      for (const asked of askedOfCaller(origin))
        this.#mark(asked, { how: "was asked of the caller's own object", via });
      return true;
    }
    if (origin.kind === "derived") {
      const parts = leaves(origin.of);
      const isRow = (o: Origin): boolean => o.kind === "source" && o.source === "row";
      const matched = origin.how === MATCHED;
      if (matched) this.#relationHolds(parts, via);
      // two lists that the request brought say nothing of each other
      if (matched && !parts.some((o) => isRow(o) || isIdentity(o))) return true;
      if (
        matched
          ? parts.some((o) => isRow(o) && this.verified(o) === null)
          : parts.every((o) => this.verified(o) === null)
      ) {
        if (matched) this.#matchedPerhaps(parts, isRow);
        return false;
      }
      // that it is one of them says nothing of the other rows
      for (const part of matched ? parts.filter((o) => !isRow(o)) : parts)
        this.#mark(part, { how: "is among values of the caller's", via });
      return true;
    }
    if (origin.kind === "package" && isScopedAnswer(origin, this.queries)) {
      for (const told of scopeOf(origin, this.queries))
        if (!isIdentity(told)) this.#mark(told, { how: "was told to what says who calls", via });
      return true;
    }
    return origin.kind !== "source" || origin.source !== "row" || this.#foundRow(origin, via);
  }

  #foundRow(origin: SourceOrigin, via: FactSource | null): boolean {
    const { site } = origin;
    if (site === null) return true;
    const call = this.#call(site);
    const picks =
      this.#rows.has(siteKey(site)) || (call !== null && origin.path.includes(".") && this.#isBound(call, 0));
    const keys = picks ? keysOfLoaded(origin, this.queries) : [];
    for (const key of keys) this.#mark(key, { how: "picked rows that belong to one of the caller's", via });
    if (call === null) return picks;
    const how = this.#isPublished(call)
      ? `a '${call.model}' that is published was found by it`
      : this.tenancy !== null && asksForSecret(call, this.tenancy)
        ? `a '${call.model}' was found by a secret of its own`
        : this.#isBound(call, 0) || this.#relationOfCaller(origin, site)
          ? `a '${call.model}' of the caller's was found by it`
          : "";
    if (how === "") {
      this.#foundForSomebody(call, origin);
      return false;
    }
    this.#markRow(site, { how, via });
    // now that it is the caller's, the next round sees by what it was picked
    return picks || keysOfLoaded(origin, this.queries).length === 0;
  }

  #foundForSomebody(call: DataCall, row: SourceOrigin): void {
    const { tenancy } = this;
    const { alternatives } = call.filter;
    if (tenancy === null) return;
    const isOfSomebody = (term: FilterTerm): boolean => isForSomebody(term, tenancy) || this.#isKeyOfSomebody(term);
    const isFound = alternatives.length > 0 && alternatives.every((terms) => terms.some(isOfSomebody));
    const isPerhaps = (value: Origin): boolean => this.isPerhapsOwn(value);
    if (isFound || conditionsOf(row, this.queries).some((where) => this.#asksForTenant(where, isPerhaps)))
      this.#isSomebodys(call);
  }

  /** `{ id: project.id }`, of a project that was found for somebody who could not be read. */
  #isKeyOfSomebody({ position, column, values }: FilterTerm): boolean {
    const given = leaves(values).filter((o) => o.kind !== "constant");
    return position === "and" && isId(column) && given.length > 0 && given.every((o) => this.isPerhapsOwn(o));
  }

  #isLedToBySomebodys(row: Origin): boolean {
    const call = row.kind === "source" && row.site !== null ? this.#call(row.site) : null;
    const { alternatives } = call?.filter ?? { alternatives: [] };
    return alternatives.length > 0 && alternatives.every((terms) => terms.some((term) => this.#isKeyOfSomebody(term)));
  }

  /** `project.environments.some((one) => one.id === id)`, of such a project. */
  #matchedPerhaps(parts: readonly Origin[], isRow: (origin: Origin) => boolean): void {
    const rows = parts.filter(isRow);
    if (rows.length === 0 || !rows.every((o) => this.isPerhapsOwn(o) || this.#isLedToBySomebodys(o))) return;
    for (const part of parts) if (!isRow(part)) this.#perhaps.add(valueKey(part));
  }

  /** `row.orgId === scope.orgId`, of a scope that could not be read. */
  #comparedWithOpen(side: readonly Origin[], other: readonly Origin[]): void {
    const { tenancy } = this;
    const values = leaves(other).filter((o) => o.kind !== "constant");
    // what is read off the request may as well be what the browser asks for
    const isUnread = (o: Origin): boolean => o.kind !== "source" && isOpenOrigin(o);
    if (tenancy === null || values.length === 0 || !values.every(isUnread)) return;
    for (const origin of leaves(side)) {
      if (origin.kind !== "source" || origin.source !== "row" || origin.site === null) continue;
      const column = origin.path.split(".").at(-1) ?? "";
      const call = isTenantKey(tenancy, column) || isOwnerKey(tenancy, column) ? this.#call(origin.site) : null;
      if (call !== null) this.#isSomebodys(call);
    }
  }

  #isSomebodys({ site, filter: { alternatives } }: DataCall): void {
    this.#perhaps.add(siteKey(site));
    for (const term of alternatives.flat())
      if (term.position === "and" && isKey(term.column))
        for (const value of leaves(term.values)) this.#perhaps.add(valueKey(value));
  }

  #isPublished({ filter: { alternatives }, model }: DataCall): boolean {
    if (this.tenancy === null || alternatives.length === 0) return false;
    const scoping = scopingOf(this.tenancy, model);
    return alternatives.every((terms) => isPublishedToAll(terms, scoping));
  }

  /** `project.members.find((member) => member.userId === user.id)`: the row of which these are the members is the caller's. */
  #relationHolds(parts: readonly Origin[], via: FactSource | null): void {
    const rows = parts.filter((o) => o.kind === "source" && o.source === "row");
    const asked = parts.filter((o) => !rows.includes(o));
    if (asked.length === 0) return;
    const isCaller = asked.every(isIdentity);
    for (const row of rows) {
      if (row.kind !== "source" || row.site === null || !row.path.includes(".")) continue;
      // of rows that were loaded as a list one says nothing of the others
      if (!ONE_ROW.test(this.#call(row.site)?.method ?? "")) continue;
      if (isCaller) this.#markRow(row.site, { how: "has the caller among what belongs to it", via });
      else if (this.#namesTenant(row)) this.#relationOfTenant(row.site, asked, via);
    }
  }

  /** `variable.values.find((value) => value.projectId === projectId)`, of a project that was shown to be the caller's. */
  #relationOfTenant(site: Site, asked: readonly Origin[], via: FactSource | null): void {
    if (asked.every((o) => this.verified(o) !== null))
      this.#markRow(site, { how: "has a row of the caller's tenant among what belongs to it", via });
    else if (asked.every((o) => this.isPerhapsOwn(o))) {
      const call = this.#call(site);
      if (call !== null) this.#isSomebodys(call);
    }
  }

  #namesTenant({ path }: SourceOrigin): boolean {
    return this.tenancy !== null && isTenantKey(this.tenancy, path.split(".").at(-1) ?? "");
  }

  /** `include: { users: { where: { userId } } }`: a loaded relation that is there only for the caller. */
  #relationOfCaller(row: Extract<Origin, { kind: "source" }>, site: Site): boolean {
    const [relation] = row.path.split(".");
    if (relation === "" || site.fn.op(site.v) !== Op.Call) return false;
    if (conditionsFurther(row, this.queries).some((o) => asksForCaller(o, this.queries))) return true;
    const isOwn = (value: Origin): boolean => this.verified(value) !== null;
    return conditionsOf(row, this.queries).some((o) => asksForCaller(o, this.queries) || this.#asksForTenant(o, isOwn));
  }

  /** `include: { values: { where: { projectId } } }`, of a project that was shown to be the caller's. */
  #asksForTenant(where: Origin, isOwn: (value: Origin) => boolean): boolean {
    const { tenancy, queries } = this;
    if (tenancy === null || where.kind !== "literal" || where.form !== "object") return false;
    const { fn, v, frame } = where.site;
    return [...fn.props(v)].some(({ kind, name, value }) => {
      if (kind !== PropKind.Named || !isTenantKey(tenancy, name)) return false;
      const given = leaves(queries.evaluate({ fn, v: value, frame })).filter((o) => o.kind !== "constant");
      return given.length > 0 && given.every(isOwn);
    });
  }

  #mark(origin: Origin, verification: Verification): void {
    if (origin.kind === "constant" || origin.kind === "unknown") return;
    if (origin.kind === "source" && origin.source === "row" && origin.site !== null) {
      this.#markRow(origin.site, verification);
    }
    const key = valueKey(origin);
    if (this.#values.has(key)) return;
    this.#values.set(key, verification);
    if (origin.kind === "package") this.#markAsked(origin, verification);
    if (origin.kind === "source" && origin.source === "input" && origin.path.endsWith(".[]"))
      this.#chosen.set(origin.path.slice(0, -".[]".length), verification);
    if (origin.kind === "source" && origin.source === "input")
      this.#checked.set(key, { origin, verification, chain: this.#chain });
  }

  /** `fetch(`…/credentials?user_id=${user.id}`)`: one of what a service outside lists of the caller's. */
  #isAnsweredToCaller(answer: Origin): boolean {
    if (answer.kind !== "package" || !/\.\[\]\./.test(answer.path)) return false;
    for (let step: PackageOrigin | null = answer; step !== null; step = step.previous) {
      const { site } = step;
      if (site === null || site.fn.op(site.v) !== Op.Call) continue;
      const told = [...site.fn.args(site.v)].flatMap((arg) =>
        valuesWithin(this.queries.evaluate({ ...site, v: arg }), this.queries),
      );
      const texts = told.flatMap((o) =>
        o.kind === "literal" && o.form === "template" ? partsOfText(o.site, this.queries) : [],
      );
      if ([...told, ...texts].some((o) => o.kind === "source" && this.verified(o) !== null)) return true;
    }
    return false;
  }

  /** `memberships.get(id).organizationId === caller.orgId`: what a service outside was asked by is verified with its answer. */
  #markAsked(answer: PackageOrigin, verification: Verification): void {
    let asked: PackageOrigin | null = answer;
    while (asked !== null && asked.site === null) asked = asked.previous;
    if (asked === null || asked.site === null || asked === answer || !/\.\w+\(\)$/.test(asked.path)) return;
    const { fn, v, frame } = asked.site;
    if (fn.op(v) !== Op.Call || fn.args(v).length > 2) return;
    for (const arg of fn.args(v)) {
      for (const origin of leaves(this.queries.evaluate({ fn, v: arg, frame })))
        if (origin.kind === "source" && origin.source === "input") this.#mark(origin, verification);
    }
  }

  /** `if (id) conditions.push(eq(rows.id, id))`: of an id that is there, the condition is there as well. */
  #isThereIfGiven({ position, when = [] }: FilterTerm): boolean {
    return position === "optional" && when.length > 0 && when.every((value) => valueKey(value) === this.given);
  }

  /** A verified row verifies the keys by which it was found. */
  #markRow(site: Site, verification: Verification): void {
    const key = siteKey(site);
    const way = `${key}${wayTo(site)}`;
    // of one helper that finds rows by what it is told each row verifies keys of its own
    if (this.#ways.has(way)) return;
    this.#ways.add(way);
    if (!this.#rows.has(key)) this.#rows.set(key, verification);
    const call = this.#call(site);
    if (call === null) return;
    for (const terms of call.filter.alternatives) {
      for (const term of terms) {
        if (term.position !== "and" && !this.#isThereIfGiven(term)) continue;
        for (const value of leaves(term.values))
          if (value.kind !== "constant" && (isId(term.column) || !isColumnOfRow(value)))
            this.#mark(value, verification);
      }
    }
  }
}

function findsNone(facts: readonly Fact[] = [], key: string): boolean {
  const isMissing = (o: Origin): boolean => isWholeRow(o) && o.site !== null && siteKey(o.site) === key;
  // `id ? await find(id) : other.row`, and there is nothing: had it been looked for, it would be missing
  return facts.some((fact) => fact.kind === "absent" && leaves(fact.of).some(isMissing));
}

function isWholeRow(origin: Origin): origin is SourceOrigin {
  return origin.kind === "source" && origin.source === "row" && origin.path === "";
}

/** `teamId: kept.teamId`: whose that is could not be read, and nobody sends it. */
function isForSomebody({ position, column, values }: FilterTerm, tenancy: TenancyModel): boolean {
  // `organization: { members: { some: { userId } } }`
  const name = column.split(".").at(-1) ?? "";
  if (position !== "and" || !(isTenantKey(tenancy, name) || isOwnerKey(tenancy, name))) return false;
  const given = leaves(values).filter((o) => o.kind !== "constant");
  return given.some(isOpenOrigin) && !given.some((o) => o.kind === "source" && o.source === "input");
}
