/** When two origins or places denote the same value. */
import { type Origin, type Site, type SourceOrigin, unknown } from "./origin.js";

const MAX_ALTERNATIVES = 8;

/** A key that is equal for two origins that denote the same value, whatever calls lie between. */
export function originKey(origin: Origin): string {
  if (origin.kind !== "derived" && origin.kind !== "fallback" && origin.kind !== "apply") return keyAt(origin, 0);
  let key = keys.get(origin);
  if (key === undefined) {
    key = keyAt(origin, 0);
    keys.set(origin, key);
  }
  return key;
}

/** Of origins made of others, whose keys cost most; origins never change. */
const keys = new WeakMap<Origin, string>();

function keyAt(origin: Origin, depth: number): string {
  switch (origin.kind) {
    case "constant":
      return `c:${typeof origin.value}:${String(origin.value)}`;
    case "literal":
      return `l:${siteKey(origin.site)}${origin.asked === undefined ? "" : `[${origin.asked.key}]`}${origin.partly === true ? "~" : ""}`;
    case "function":
      return `f:${origin.fn.id}${receiverKey(origin.self)}${origin.called ?? ""}${origin.beside === undefined ? "" : `+${nestedKeys(origin.beside, depth)}`}`;
    case "class":
      return `k:${origin.file.id}:${origin.index}`;
    case "instance":
      return `i:${origin.file.id}:${origin.index}:${origin.site ? siteKey(origin.site) : ""}`;
    case "namespace":
      return `n:${origin.file.id}`;
    case "package":
      return `p:${origin.module}:${origin.path}:${origin.site ? siteKey(origin.site) : ""}`;
    case "parameter":
      return `a:${origin.fn.id}:${origin.index}:${origin.path.join(".")}`;
    case "apply":
      return `y:${siteKey(origin.site)}:${keyAt(origin.callee, depth)}:${origin.path.join(".")}`;
    case "fallback":
      return `d:${nestedKeys(origin.value, depth)}/${nestedKeys(origin.or, depth)}`;
    case "source":
      return sourceKey(origin, origin.through);
    case "derived":
      return `v:${origin.site ? siteKey(origin.site) : ""}:${origin.how}:${nestedKeys(origin.of.slice(0, 4), depth)}`;
    case "typed":
      return `t:${origin.file.id}:${origin.type.kind === "name" ? origin.type.name : origin.type.kind}:${origin.path.join(".")}`;
    case "unknown":
      return `u:${origin.why}`;
  }
}

/** @param through as if it was, or was not, put through a call */
export function sourceKey({ source, path, site, checkedBy }: SourceOrigin, through: boolean): string {
  return `s:${source}:${path}:${source === "row" && site ? siteKey(site) : ""}:${through ? "~" : ""}${checkedBy ?? ""}`;
}

/** Methods of two objects that were made apart are two: `failed.getValue` and `succeeded.getValue`. */
function receiverKey(self: Origin | null): string {
  const made = self?.kind === "instance" || self?.kind === "derived";
  return made && self.site !== null ? `@${siteKey(self.site)}` : "";
}

/** What lies deeper is told apart by its place alone: keys of computations made of computations would grow without end. */
function nestedKeys(origins: readonly Origin[], depth: number): string {
  return depth > 2 ? String(origins.length) : origins.map((origin) => keyAt(origin, depth + 1)).join("|");
}

export function siteKey(site: Site): string {
  return site.fn.key(site.v);
}

const MAX_WAY = 4;

/** The nearest calls that lead to a place, '' for one that was not called from anywhere in sight. */
export function wayTo({ frame }: Site): string {
  let way = "";
  let next = frame;
  for (let level = 0; next !== null && next.site !== null && level < MAX_WAY; level += 1) {
    way += `<${siteKey(next.site)}`;
    next = next.site.frame;
  }
  return way;
}

/** Without repetitions, at most eight; beyond that the rest is summed up as unknown. */
export function distinct(origins: readonly Origin[]): readonly Origin[] {
  if (origins.length < 2 || (origins.length <= MAX_HELD_AGAINST && isPlainlyDistinct(origins))) return origins;
  const seen = new Set<string>();
  const kept: Origin[] = [];
  for (const origin of origins) {
    if (kept.includes(origin)) continue;
    const key = originKey(origin);
    if (seen.has(key)) {
      if (isParsed(origin)) preferParsed(kept, key, origin);
      continue;
    }
    seen.add(key);
    if (kept.length === MAX_ALTERNATIVES) return [...foremost(kept, origins), unknown("too many alternatives")];
    kept.push(origin);
  }
  return kept;
}

/** of so many each is held against each other, which costs less than their keys */
const MAX_HELD_AGAINST = 4;

function isPlainlyDistinct(origins: readonly Origin[]): boolean {
  for (let i = 1; i < origins.length; i += 1) {
    for (let j = 0; j < i; j += 1) if (!isPlainlyOther(origins[i], origins[j])) return false;
  }
  return true;
}

/** Their keys surely differ. */
function isPlainlyOther(a: Origin, b: Origin): boolean {
  if (a === b) return false;
  if (a.kind === "constant" && b.kind === "constant")
    return typeof a.value !== typeof b.value || String(a.value) !== String(b.value);
  if (a.kind === "source" && b.kind === "source") return a.source !== b.source || a.path !== b.path;
  if (a.kind === "package" && b.kind === "package") return a.module !== b.module || a.path !== b.path;
  if (a.kind === "parameter" && b.kind === "parameter") return a.fn !== b.fn || a.index !== b.index;
  if (a.kind === "literal" && b.kind === "literal") return a.site.fn !== b.site.fn || a.site.v !== b.site.v;
  if (a.kind === "function" && b.kind === "function") return a.fn !== b.fn;
  return a.kind !== b.kind;
}

/** `if (schema) body = schema.parse(body)`: of what was parsed on one way it is known what the schema lets through. */
function preferParsed(kept: Origin[], key: string, parsed: Origin): void {
  const at = kept.findIndex((one) => !isParsed(one) && originKey(one) === key);
  if (at >= 0) kept[at] = parsed;
}

function isParsed(origin: Origin): boolean {
  return (origin.kind === "source" || origin.kind === "parameter") && origin.schema !== undefined;
}

/** Of too many, the ones that say where a value comes from: the rest of a long list of constants says little. */
function foremost(kept: readonly Origin[], all: readonly Origin[]): readonly Origin[] {
  const late = all
    .slice(MAX_ALTERNATIVES, 200)
    .find((origin) => origin.kind === "source" || origin.kind === "parameter");
  if (late === undefined || kept.some((o) => o.kind === late.kind)) return kept;
  return [...kept.slice(0, -1), late];
}
