/** What Convex functions are made with: `query`, `mutation` and `action`, bare or wrapped by `customQuery(query, { input })`. */
import { Op, SlotKind } from "../../model/lowered.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../../program/values/origin.js";
import { source } from "../../program/values/origin.js";
import { stepAt } from "../callback-entry.js";
import { argumentAt, functionArgument, originsOfArgument, writtenName } from "../procedures/builder-chain.js";
import type { Arguments, RawStep } from "../routing.js";
import { CONVEX, CONVEX_ARGUMENTS } from "./knowledge.js";

export interface Builder {
  readonly method: string;
  /** what the wrappers do before, outermost first */
  readonly steps: readonly RawStep[];
}

/** written by the tool beside the functions, and often not kept with them */
const MADE_OF = /(?:^|\/)_generated\/server(?:\.js)?$|^convex\/server$/;
const CUSTOM = /^convex-helpers\/server\/customFunctions$/;
const METHODS: ReadonlyMap<string, string> = new Map([
  ["query", "QUERY"],
  ["queryGeneric", "QUERY"],
  ["mutation", "MUTATION"],
  ["mutationGeneric", "MUTATION"],
  ["action", "ACTION"],
  ["actionGeneric", "ACTION"],
]);
const MAX_WRAPPERS = 6;

/** A call of a builder that makes a function, as what is exported shows it; null for internal ones and for anything else. */
export function madeBy(
  origin: Origin,
  queries: LinkQueries,
): { readonly call: Site; readonly builder: Builder } | null {
  if (origin.kind !== "derived" && origin.kind !== "package") return null;
  const { site } = origin;
  if (site === null || site.fn.op(site.v) !== Op.Call) return null;
  const builder =
    builderNamed({ ...site, v: site.fn.callee(site.v) }) ??
    (origin.kind === "package" && origin.previous !== null ? customBuilder(origin.previous, queries, 0) : null);
  return builder === null ? null : { call: site, builder };
}

/** `import { query } from "./_generated/server"` */
function builderNamed(callee: Site): Builder | null {
  const method = METHODS.get(importedFrom(callee, MADE_OF) ?? "");
  return method === undefined ? null : { method, steps: [] };
}

/** The name under which a variable is imported from a module that matches. */
export function importedFrom({ fn, v }: Site, module: RegExp): string | null {
  if (fn.op(v) !== Op.Var) return null;
  const owner = fn.ancestor(fn.a(v));
  const slot = fn.b(v);
  if (owner?.info.slots[slot]?.kind !== SlotKind.Import) return null;
  const item = owner.file.lowered.imports.find((one) => one.slot === slot);
  return item !== undefined && module.test(item.module) ? item.name : null;
}

/** `customQuery(query, { args, input })` */
function customBuilder(made: PackageOrigin, queries: LinkQueries, depth: number): Builder | null {
  if (!CUSTOM.test(made.module) || made.site === null || depth > MAX_WRAPPERS) return null;
  const inner = argumentAt(made.site, 0);
  if (inner === null) return null;
  const wrapped = queries
    .evaluate(inner)
    .flatMap((o) => (o.kind === "package" ? (customBuilder(o, queries, depth + 1) ?? []) : []));
  const [base] = [builderNamed(inner) ?? [], wrapped].flat();
  if (base === undefined) return null;
  return { method: base.method, steps: [...base.steps, ...inputStep(made.site, queries)] };
}

function inputStep(site: Site, queries: LinkQueries): readonly RawStep[] {
  const given = originsOfArgument(site, 1, queries);
  const input = given.flatMap((o) => [...queries.project(o, ["input"])]).find((o) => o.kind === "function");
  // `customCtx(async (ctx) => ({ user }))` adds to the context and to nothing else
  const origin =
    input ?? given.flatMap((o) => (o.kind === "package" && o.site ? (functionArgument(o.site, queries) ?? []) : []))[0];
  if (origin === undefined) return [];
  const name = writtenName(site) || (site.fn.op(site.v) === Op.Call ? site.fn.memberName(site.fn.callee(site.v)) : "");
  return [stepAt(origin, name || "customFunction", site.fn.place(site.v), stepArguments, "returns-context", "builder")];
}

/** What wrappers before it added is not looked up again in what this one hands on. */
const stepArguments: Arguments = () => [
  [source("context", "", { dialect: CONVEX, context: null })],
  [source("input", "args", { context: null })],
];

export const functionArguments: Arguments = (context) => [
  [source("context", "", { dialect: CONVEX, context })],
  [source("input", "args", { dialect: CONVEX_ARGUMENTS, context })],
];
