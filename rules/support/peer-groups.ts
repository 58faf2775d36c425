/** Groups of entry points that can be expected to be protected alike, from narrow to wide. */
import type { EntryPoint } from "../../src/model/facts.js";
import type { RuleInput } from "../../src/model/rule.js";
import { effectiveVerb } from "./entry-points.js";
import type { TenantData } from "./tenant-data.js";

export type GroupBasis = "router" | "folder" | "path" | "data" | "parameter" | "door" | "application";

export interface PeerGroup {
  readonly key: string;
  readonly basis: GroupBasis;
  /** `writes of 'OrdersController'`, for the message */
  readonly label: string;
  /** holds reads and writes: then a read is judged by its fellow reads too */
  readonly mixed: boolean;
}

export interface Member {
  readonly index: number;
  readonly entry: EntryPoint;
}

/** How many of the peers have what this entry lacks. */
export interface PeerVote {
  readonly group: PeerGroup;
  /** so say those that whoever wrote the code put together, in this group or in a wider one */
  readonly ofOneHand: boolean;
  readonly having: readonly EntryPoint[];
  readonly total: number;
}

/** Groups that were put together by whoever wrote the code; a shared model or path says less about intent. */
const OF_ONE_HAND: ReadonlySet<GroupBasis> = new Set(["router", "folder", "parameter", "door", "application"]);

const LEAST_PEERS = 3;
const LEAST_BEHIND_DOOR = 10;
const MANY_WRITES = 50;
/** from here on reads are a group of their own among writes */
const ENOUGH_READS = 6;

/**
 * About four of five; in a larger group one more may be the exception. Over a whole application seven of ten, and three
 * of four of a large one, where those that ask for nothing are many as well. Of those that one builder lets in nearly
 * all, as it is there for everything that its callers do.
 */
function share(basis: GroupBasis, peers: number): number {
  if (basis === "application") return peers < MANY_WRITES ? 0.7 : 0.75;
  if (basis === "door") return peers < LEAST_BEHIND_DOOR ? Number.POSITIVE_INFINITY : 0.85;
  return peers < 6 ? 0.8 : 0.75;
}

/** All groups this entry belongs to, the most telling first. */
export function groupsOf(member: Member, input: RuleInput, tenants: TenantData): PeerGroup[] {
  const { entry, index } = member;
  const verb = effectiveVerb(entry, input.facts);
  const verbs = `${verb}s`;
  const groups: PeerGroup[] = [];
  const add = (basis: GroupBasis, name: string, label: string, mixed = false): void => {
    groups.push({ key: `${basis}|${mixed ? "" : verb}|${name}`, basis, label, mixed });
  };
  const kin = `${entry.transport}|${entry.app ?? ""}`;
  if (entry.group !== "") {
    add("router", `${kin}|${entry.group}`, `${verbs} of '${entry.group}'`);
    add("router", `${kin}|${entry.group}`, `entry points of '${entry.group}'`, true);
  }
  const folder = entry.place.file.slice(0, Math.max(0, entry.place.file.lastIndexOf("/")));
  add("folder", `${kin}|${folder}`, `${verbs} in '${folder === "" ? "." : folder}'`);
  const prefix = pathPrefix(entry.path);
  if (prefix !== "") add("path", `${kin}|${prefix}`, `${verbs} below '${prefix}'`);
  for (const { access } of tenants.reached(entry, index)) {
    if (!tenants.holds(access.model)) continue;
    add("data", `${access.model}|${access.operation}`, `entry points that ${access.operation} '${access.model}'`, true);
  }
  const parameter = tellingParameter(entry.path);
  if (parameter !== "") add("parameter", `${kin}|${parameter}`, `${verbs} with ':${parameter}' in their path`);
  const door = builderOf(entry);
  if (verb === "write" && door !== undefined) {
    const { file, start } = door.definedAt ?? door.place;
    add("door", `${kin}|${file}:${start}`, `writes behind '${door.name}'`);
  }
  if (verb === "write") add("application", `${kin}|${entry.framework}`, "writes of the application");
  return groups;
}

/** The fixed beginning of a path, when it says more than a version or a common root: at least two segments. */
function pathPrefix(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "");
  const variable = segments.findIndex((segment) => segment.startsWith(":") || segment.startsWith("*"));
  const fixed = variable < 0 ? segments.slice(0, -1) : segments.slice(0, variable);
  return fixed.length < 2 ? "" : `/${fixed.slice(0, 3).join("/")}`;
}

/** `projectId` names what it identifies; `id` and `slug` do not. */
function tellingParameter(path: string): string {
  const names = path.split("/").flatMap((segment) => (segment.startsWith(":") ? [segment.slice(1)] : []));
  return names.find((name) => name.length > 4 && /id$|slug$/i.test(name)) ?? "";
}

/** Something was seen that it reads, writes or causes. */
function touches({ entry }: Member): boolean {
  return entry.accesses.length > 0 || entry.effects.length > 0 || (entry.external ?? []).length > 0;
}

/** The groups of all entries, whatever is compared. */
export class Grouped {
  private readonly groups = new Map<number, readonly PeerGroup[]>();
  private readonly members = new Map<string, Member[]>();

  constructor(members: readonly Member[], groupsOfMember: (member: Member) => readonly PeerGroup[]) {
    for (const member of members) {
      const groups = groupsOfMember(member);
      this.groups.set(member.index, groups);
      for (const { key } of groups) this.join(key, member);
    }
  }

  of(member: Member): readonly PeerGroup[] {
    return this.groups.get(member.index) ?? [];
  }

  membersOf({ key }: PeerGroup): readonly Member[] {
    return this.members.get(key) ?? [];
  }

  private join(key: string, member: Member): void {
    const members = this.members.get(key);
    if (members === undefined) this.members.set(key, [member]);
    // the same group may be named twice
    else if (members.at(-1) !== member) members.push(member);
  }
}

/** Of the members of each group those that can be compared. */
export class PeerGroups {
  private readonly known = new Map<string, readonly Member[]>();
  private readonly comparable: ReadonlySet<Member>;

  constructor(
    comparable: readonly Member[],
    private readonly grouped: Grouped,
    private readonly input: RuleInput,
  ) {
    this.comparable = new Set(comparable);
  }

  /** The narrowest group nearly all of whose other members have it; null when none does. */
  outvoted(
    member: Member,
    has: (peer: Member) => boolean,
    admits: (group: PeerGroup) => boolean,
    counts: (peer: Member) => boolean,
    least = LEAST_PEERS,
  ): PeerVote | null {
    const works = touches(member);
    let found: PeerVote | null = null;
    for (const group of this.grouped.of(member)) {
      if (!admits(group)) continue;
      const others = this.membersOf(group).filter((peer) => peer !== member && counts(peer));
      const having = others.filter(has);
      const held = new Set(having);
      // a stub needs no check, and says nothing of those that do something
      const peers = works ? others.filter((peer) => touches(peer) || held.has(peer)) : others;
      if (
        peers.length < Math.max(least, LEAST_PEERS) ||
        having.length / peers.length < share(group.basis, peers.length)
      )
        continue;
      if (group.mixed && !this.fellowReads(member, peers, having)) continue;
      if (lacksAmongItsOwn(member, peers, having) || comesInElsewhere(member, having)) continue;
      const ofOneHand = OF_ONE_HAND.has(group.basis);
      // whom one builder lets in says more than what a model or a path has in common
      if (group.basis === "door" && found?.ofOneHand === false) found = null;
      found ??= { group, ofOneHand, having: having.map((peer) => peer.entry), total: peers.length };
      // over a whole application fewer need to have it, which does not make more of what a model or a path says
      if (ofOneHand && (found.group === group || group.basis !== "application")) return { ...found, ofOneHand };
    }
    return found;
  }

  /** Writes are often guarded harder than reads, so among writes only a read does not stand out. */
  private fellowReads(member: Member, peers: readonly Member[], having: readonly Member[]): boolean {
    const isRead = ({ entry }: Member): boolean => effectiveVerb(entry, this.input.facts) === "read";
    if (!isRead(member)) return true;
    const reads = peers.filter(isRead).length;
    const guarded = having.filter(isRead).length;
    // where there are reads enough they answer for themselves
    return guarded >= 2 && (reads < ENOUGH_READS || guarded / reads >= share("application", reads));
  }

  private membersOf(group: PeerGroup): readonly Member[] {
    const known = this.known.get(group.key);
    if (known !== undefined) return known;
    const members = this.grouped.membersOf(group).filter((member) => this.comparable.has(member));
    this.known.set(group.key, members);
    return members;
  }
}

/** Those who come in by the same door, machines and guests maybe, mostly do without it as well. */
function lacksAmongItsOwn(member: Member, peers: readonly Member[], having: readonly Member[]): boolean {
  const door = doorOf(member.entry);
  if (door === "") return false;
  const kin = peers.filter((peer) => doorOf(peer.entry) === door);
  return kin.length >= LEAST_PEERS && kin.filter((peer) => having.includes(peer)).length * 2 < kin.length;
}

/**
 * All who have it come in by doors of their own: a token for one purpose is asked nothing that a key is asked. Whoever
 * shows no more than all of them do is one of them.
 */
function comesInElsewhere(member: Member, having: readonly Member[]): boolean {
  const mine = authenticatedBy(member.entry);
  const theirs = having.map((peer) => authenticatedBy(peer.entry));
  const own = [...mine].filter((name) => !theirs.every((names) => names.has(name)));
  return (
    own.length > 0 &&
    theirs.every((names) => !own.some((name) => names.has(name)) && [...names].some((name) => !mine.has(name)))
  );
}

/** The first step that turns anybody away, whatever the configuration. */
function doorOf({ steps }: EntryPoint): string {
  const first = steps.find(
    ({ grants, condition }) => (grants === "authentication" || grants === "decision") && condition === "",
  );
  return first?.name ?? "";
}

/** The builder that the entry point is made with, as far as it turns anybody away: one for members, another for partners. */
function builderOf({ steps }: EntryPoint): EntryPoint["steps"][number] | undefined {
  return steps.findLast(
    ({ kind, grants, condition }) =>
      kind === "builder" && (grants === "authentication" || grants === "decision") && condition === "",
  );
}

/** The steps of the registration by which callers show who they are; builders make one step of several. */
function authenticatedBy({ steps }: EntryPoint): ReadonlySet<string> {
  const asking = steps.filter(({ kind, grants }) => ASKING.has(grants) && !INNER.has(kind));
  return new Set(asking.map(({ name }) => name));
}

const INNER: ReadonlySet<string> = new Set(["inline", "wrapper", "builder"]);
const ASKING: ReadonlySet<string> = new Set(["authentication", "presence"]);
