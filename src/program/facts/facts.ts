/** Statements about origins that hold at a point: what the atoms of a function mean for its callers. */
import { Op } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { attach } from "../values/composed-frames.js";
import { leaves } from "../values/computed-origins.js";
import type { Frame, Origin, OriginQueries, Site } from "../values/origin.js";
import { distinct, originKey, siteKey, wayTo } from "../values/origin-keys.js";
import { type Exit, exitName } from "./exits.js";

/** Where a fact was established, outermost call first; for names of steps and chains of evidence. */
export interface FactSource {
  readonly name: string;
  readonly place: Place;
  /** where the called check is defined, when it is in the project */
  readonly definedAt: Place | null;
}

export type AuthLevel = "identity" | "signature" | "secret" | "presence";

/** `look-up`: something was found by what it was given, which shows the caller where that is the caller's credential */
export type CheckLevel = AuthLevel | "decision" | "check" | "look-up";

export type Fact =
  /** the value is there and truthy */
  | {
      readonly kind: "present";
      readonly of: readonly Origin[];
      /** the row was there to be changed, by which nothing was asked about whoever calls */
      readonly changed?: true;
      readonly via: readonly FactSource[];
    }
  /** the value is missing or falsy */
  | { readonly kind: "absent"; readonly of: readonly Origin[]; readonly via: readonly FactSource[] }
  | {
      readonly kind: "equal";
      readonly left: readonly Origin[];
      readonly right: readonly Origin[];
      readonly via: readonly FactSource[];
    }
  | {
      readonly kind: "unequal";
      readonly left: readonly Origin[];
      readonly right: readonly Origin[];
      readonly via: readonly FactSource[];
    }
  /** a check that can refuse did not, given these arguments */
  | {
      readonly kind: "passed";
      readonly name: string;
      readonly args: readonly (readonly Origin[])[];
      /** what the object whose method it is was told when it was made, as far as that may be the caller */
      readonly held?: readonly Origin[];
      /** the object that was asked, as far as it may be what was answered about somebody */
      readonly asked?: readonly Origin[];
      /** what the check itself was seen to need; `named` when only its name says that it checks */
      readonly level: CheckLevel;
      readonly named: boolean;
      /** the function of the project that it is */
      readonly check?: Extract<Origin, { kind: "function" }>;
      /** the member of what it gave that was tested */
      readonly verdictIn?: string;
      readonly via: readonly FactSource[];
    }
  /** one of these sets of facts holds; how well that shows the caller is known only where the arguments are */
  | { readonly kind: "either"; readonly paths: readonly (readonly Fact[])[]; readonly via: readonly FactSource[] }
  /** what the caller handed over was called and left in this way: what that says is known where it is known */
  | {
      readonly kind: "handed";
      readonly site: Site;
      readonly exit: Exit;
      readonly awaited: boolean;
      readonly via: readonly FactSource[];
    }
  /** on every path some fact of this level holds, though not the same one */
  | {
      readonly kind: "authenticated";
      readonly level: AuthLevel;
      /** of less than an identity: on some of the paths the caller is known all the same */
      readonly orKnown?: true;
      readonly via: readonly FactSource[];
    };

export const MAX_FACTS = 64;

/** Facts never change, and are held against each other wherever paths meet. */
const factKeys = new WeakMap<Fact, string>();

export function factKey(fact: Fact): string {
  let key = factKeys.get(fact);
  if (key === undefined) {
    key = keyOf(fact);
    factKeys.set(fact, key);
  }
  return key;
}

function keyOf(fact: Fact): string {
  switch (fact.kind) {
    case "present":
      return `present:${keys(fact.of)}${fact.changed === true ? "!" : ""}`;
    case "absent":
      return `absent:${keys(fact.of)}`;
    case "equal":
    case "unequal":
      return `${fact.kind}:${[keys(fact.left), keys(fact.right)].sort().join("=")}`;
    case "passed":
      return `passed:${fact.name}:${fact.args.map(keys).join(",")}${fact.held === undefined ? "" : `/${keys(fact.held)}`}${fact.asked === undefined ? "" : `?${keys(fact.asked)}`}`;
    case "either":
      return `either:${fact.paths.map((path) => path.map(factKey).join("&")).join("|")}`;
    case "handed":
      return `handed:${siteKey(fact.site)}:${exitName(fact.exit)}`;
    case "authenticated":
      return `authenticated:${fact.level}${fact.orKnown === true ? "+" : ""}`;
  }
}

function keys(origins: readonly Origin[]): string {
  return origins.length === 1 ? keyAndWay(origins[0]) : origins.map(keyAndWay).sort().join("|");
}

/** What one helper found for one caller is not what it found for another. */
function keyAndWay(origin: Origin): string {
  const ofRow = origin.kind === "source" && origin.source === "row" && origin.site !== null;
  return ofRow ? `${originKey(origin)}${wayTo(origin.site)}` : originKey(origin);
}

/** The fact as a caller sees it: its parameters replaced, the call put in front of its evidence. */
export function bindFact(fact: Fact, frame: Frame | null, via: FactSource | null, queries: OriginQueries): Fact {
  const sources = via === null ? fact.via : [via, ...fact.via].slice(0, 8);
  const bind = (origins: readonly Origin[]): readonly Origin[] => queries.bind(origins, frame);
  switch (fact.kind) {
    case "present":
    case "absent":
      return { ...fact, of: bind(fact.of), via: sources };
    case "equal":
    case "unequal":
      return { ...fact, left: bind(fact.left), right: bind(fact.right), via: sources };
    case "passed":
      return {
        ...fact,
        args: fact.args.map(bind),
        ...(fact.held === undefined ? {} : { held: bind(fact.held) }),
        ...(fact.asked === undefined ? {} : { asked: bind(fact.asked) }),
        via: sources,
      };
    case "either":
      return {
        ...fact,
        paths: fact.paths.map((path) => path.map((one) => bindFact(one, frame, null, queries))),
        via: sources,
      };
    case "handed":
      return { ...fact, site: frame === null ? fact.site : attach(fact.site, frame), via: sources };
    case "authenticated":
      return { ...fact, via: sources };
  }
}

export function uniqueFacts(facts: readonly Fact[]): readonly Fact[] {
  if (facts.length < 2) return facts;
  const seen = new Map<string, Fact>();
  for (const fact of facts) {
    const key = factKey(fact);
    if (!seen.has(key)) seen.set(key, fact);
    if (seen.size >= MAX_FACTS) break;
  }
  return [...seen.values()];
}

const RANK: Readonly<Record<AuthLevel, number>> = { presence: 0, secret: 1, signature: 2, identity: 3 };

export function rank(level: AuthLevel): number {
  return RANK[level];
}

const TEST = /^(?:includes|some|every|has)$/;

/**
 * Origins that a truthy value can have: missing and false alternatives are gone. A test (`roles.includes("admin")`)
 * stays whole, since what it was made of was held against each other.
 */
export function truthyOrigins(origins: readonly Origin[]): readonly Origin[] {
  const kept = origins
    .flatMap((o) => (o.kind === "derived" && TEST.test(o.how) ? [o] : leaves([o])))
    .filter((o) => !(o.kind === "constant" && !o.value));
  return distinct(kept.filter((o) => !(isSoughtInNothing(o) && kept.some((other) => isSameTest(o, other)))));
}

/** Another list that the same test may be asked of. */
function isSameTest(one: Origin, other: Origin): boolean {
  if (one === other || one.kind !== "derived" || other.kind !== "derived" || isSoughtInNothing(other)) return false;
  return one.how === other.how && one.site !== null && one.site.fn === other.site?.fn && one.site.v === other.site.v;
}

/** `[].includes(role)`, of the list that stands in for a missing one. */
function isSoughtInNothing(origin: Origin): boolean {
  if (origin.kind !== "derived" || !/^(?:includes|has|some)$/.test(origin.how)) return false;
  const [list] = origin.of;
  if (list?.kind !== "literal" || list.form !== "array") return false;
  const { fn, v } = list.site;
  return fn.op(v) === Op.Array && fn.list(fn.a(v)).length === 0;
}
