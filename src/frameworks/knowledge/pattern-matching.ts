/** `match(value).with(pattern, handler).exhaustive()`: what the handlers that the value may come to give back. */
import { Op, PropKind } from "../../model/lowered.js";
import { givenFrame } from "../../program/values/call-frames.js";
import { dependsOnCaller } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, OriginQueries, PackageOrigin, Site } from "../../program/values/origin.js";
import { distinct } from "../../program/values/origin-keys.js";

const FINISHING = /^match\(\)\.(?:.*\.)?(?:exhaustive|otherwise|run)$/;
const BRANCHING = /^match\(\)\.(?:.*\.)?(?:with|when|otherwise)$/;
const MAX_BRANCHES = 24;

interface Branch {
  readonly patterns: readonly (readonly Origin[])[];
  readonly handler: readonly Origin[];
}

/** undefined when the chain does not begin with the value, or a handler is not one function. */
export function matchResult(callee: PackageOrigin, site: Site, queries: LinkQueries): readonly Origin[] | undefined {
  if (callee.module !== "ts-pattern" || !FINISHING.test(callee.path)) return undefined;
  const steps: PackageOrigin[] = [];
  for (let step: PackageOrigin | null = callee; step !== null; step = step.previous) {
    if (step.site !== null) steps.unshift(step);
  }
  const [first, ...rest] = steps;
  if (first?.site === null || first === undefined || first.path !== "match()" || rest.length > MAX_BRANCHES)
    return undefined;
  const [value = []] = argumentsAt(first.site, queries);
  // which branch is taken is known where the function is called
  if (value.some(dependsOnCaller)) return undefined;
  const branches = rest.flatMap((step) => (step.site === null ? [] : [branchAt(argumentsAt(step.site, queries))]));
  const otherwise = argumentsAt(site, queries);
  const all = otherwise.length === 0 ? branches : [...branches, branchAt(otherwise)];
  const found: Origin[] = [];
  for (const { patterns, handler } of all) {
    if (patterns.length > 0 && patterns.every((pattern) => cannotBe(value, pattern, queries, 0))) continue;
    const [only, ...others] = handler;
    if (only?.kind !== "function" || others.length > 0) return undefined;
    const frame = givenFrame(only, [value], site.frame?.depth ?? 0);
    found.push(...queries.bind(queries.returnsOf(only.fn), frame));
  }
  return found.length === 0 ? undefined : distinct(found);
}

/**
 * `match(value).with(pattern, (value) => …)`: what the handler is given.
 *
 * @returns null where the value cannot be what the pattern asks for, undefined where the value is not known
 */
export function matchedValue(
  callee: Origin,
  site: Site,
  queries: OriginQueries,
): readonly (readonly Origin[])[] | null | undefined {
  if (callee.kind !== "package" || callee.module !== "ts-pattern" || !BRANCHING.test(callee.path)) return undefined;
  let first: PackageOrigin = callee;
  while (first.previous !== null && first.path !== "match()") first = first.previous;
  if (first.path !== "match()" || first.site === null) return undefined;
  const [value] = argumentsAt(first.site, queries);
  if (value === undefined) return undefined;
  const { patterns } = branchAt(argumentsAt(site, queries));
  const isExcluded = patterns.length > 0 && patterns.every((pattern) => cannotBe(value, pattern, queries, 0));
  return isExcluded ? null : [value];
}

function argumentsAt({ fn, v, frame }: Site, queries: OriginQueries): readonly (readonly Origin[])[] {
  return fn.op(v) === Op.Call ? Array.from(fn.args(v), (arg) => queries.evaluate({ fn, v: arg, frame })) : [];
}

function branchAt(args: readonly (readonly Origin[])[]): Branch {
  return { patterns: args.slice(0, -1), handler: args.at(-1) ?? [] };
}

/** `P.string`: something has to be there */
const OF_A_TYPE = /^(?:P|Pattern)\.(?:string|number|bigint|boolean|symbol)$/;

/** The pattern names a constant where the value is known to have another. */
function cannotBe(
  value: readonly Origin[],
  pattern: readonly Origin[],
  queries: OriginQueries,
  depth: number,
): boolean {
  const [asked, ...others] = pattern;
  if (asked === undefined || others.length > 0 || depth > 2) return false;
  if (asked.kind === "constant")
    return value.length > 0 && value.every((o) => o.kind === "constant" && o.value !== asked.value);
  const isMissing = value.length > 0 && value.every((o) => o.kind === "constant" && o.value === undefined);
  if (asked.kind === "package") return isMissing && asked.module === "ts-pattern" && OF_A_TYPE.test(asked.path);
  if (asked.kind !== "literal" || asked.form !== "object") return false;
  const { fn, v, frame } = asked.site;
  return [...fn.props(v)].some(
    (prop) =>
      prop.kind === PropKind.Named &&
      cannotBe(
        value.flatMap((o) => [...queries.project(o, [prop.name])]),
        queries.evaluate({ fn, v: prop.value, frame }),
        queries,
        depth + 1,
      ),
  );
}
