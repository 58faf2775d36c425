/** What it says that the verdict of a decision engine was looked at: the check was passed, given what was asked. */

import { leaves } from "../values/computed-origins.js";
import type { LinkQueries, Origin, Site } from "../values/origin.js";
import { partsOfText } from "../values/text-parts.js";
import { isAnswered } from "./consumption.js";
import type { Verdict } from "./fact-reader.js";
import type { Fact, FactSource } from "./facts.js";

export interface VerdictKnowledge {
  verdict(origin: Origin, truthy: boolean, other: readonly Origin[] | undefined, queries: LinkQueries): Verdict | null;
}

const MAX_DEPTH = 3;
const MAX_PARTS = 40;

/**
 * Facts of a value that is truthy, falsy or equal to another.
 *
 * @param origins what the value may be; every alternative must be a verdict that allows
 * @param other what it is equal to, undefined when it was tested by itself
 */
export function verdictFacts(
  origins: readonly Origin[],
  truthy: boolean,
  other: readonly Origin[] | undefined,
  via: FactSource,
  knowledge: VerdictKnowledge,
  queries: LinkQueries,
): readonly Fact[] {
  const possible = origins.filter((o) => !(o.kind === "constant" && Boolean(o.value) !== truthy));
  if (possible.length === 0 || !possible.some(maySayYes)) return [];
  const verdicts = possible.map((o) => knowledge.verdict(o, truthy, other, queries));
  const facts: Fact[] = [];
  for (const verdict of verdicts) {
    if (verdict === null || (verdict.async && !isAnswered(verdict.site.fn, verdict.site.v))) return [];
    const args = askedFor(verdict.site, queries);
    facts.push({ kind: "passed", name: verdict.name, args, level: "decision", named: false, via: [via] });
  }
  return facts;
}

/** An engine's answer is a package's, or a row where the database was given the engine's text. */
function maySayYes(origin: Origin): boolean {
  return origin.kind === "package" || (origin.kind === "source" && origin.source === "row" && origin.path !== "");
}

/** Arguments of the deciding call with what object literals, arrays and texts among them carry. */
function askedFor(site: Site, queries: LinkQueries): readonly (readonly Origin[])[] {
  const { fn, v, frame } = site;
  return Array.from(fn.args(v).slice(0, 8), (arg) => insides(queries.evaluate({ fn, v: arg, frame }), queries));
}

function insides(origins: readonly Origin[], queries: LinkQueries): readonly Origin[] {
  const found: Origin[] = [];
  const open = leaves(origins).map((origin) => ({ origin, depth: 0 }));
  while (open.length > 0 && found.length < MAX_PARTS) {
    const next = open.shift();
    if (next === undefined) break;
    found.push(next.origin);
    if (next.depth >= MAX_DEPTH) continue;
    for (const part of partsOf(next.origin, queries)) open.push({ origin: part, depth: next.depth + 1 });
  }
  return found;
}

function partsOf(origin: Origin, queries: LinkQueries): readonly Origin[] {
  if (origin.kind === "package" && origin.site !== null) {
    const { fn, v, frame } = origin.site;
    return leaves(Array.from(fn.args(v).slice(0, 2)).flatMap((arg) => [...queries.evaluate({ fn, v: arg, frame })]));
  }
  if (origin.kind !== "literal" || origin.form === "regex") return [];
  if (origin.form !== "template") return leaves(queries.project(origin, ["[]"]));
  return partsOfText(origin.site, queries);
}
