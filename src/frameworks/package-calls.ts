/** Calls of packages found by what they call, however the name was imported: where frameworks are given functions. */
import { NONE } from "../model/lowered.js";
import type { FunctionView } from "../program/linking/function-view.js";
import { frameFor } from "../program/values/call-frames.js";
import type { LinkQueries, Origin, PackageOrigin, Site } from "../program/values/origin.js";
import { siteKey } from "../program/values/origin-keys.js";
import { argumentAt, functionArgument, lastName, nameOfFunction } from "./procedures/builder-chain.js";
import type { AdapterInput, OwnName, ProgramIndex } from "./routing.js";

export type FunctionOrigin = Extract<Origin, { kind: "function" }>;

/** Which calls are meant. */
export interface CallRule {
  readonly module: RegExp;
  /** what is called, from the package's root: `Worker`, `Agenda().define` */
  readonly path: RegExp;
  /** last part of what is called, under which calls are looked up */
  readonly names: readonly string[];
}

export interface PackageCall<Rule> {
  readonly rule: Rule;
  readonly site: Site;
  /** what is called */
  readonly callee: PackageOrigin;
}

/** What packages give to functions that they call, by the function's id: its first parameter. */
export type FirstParameters = ReadonlyMap<string, Origin>;

/** All calls that one of the rules means, in the order of the files. */
export function packageCalls<Rule extends CallRule>(
  rules: readonly Rule[],
  { index, queries }: Pick<AdapterInput, "index" | "queries">,
  given: FirstParameters = new Map(),
): readonly PackageCall<Rule>[] {
  const found: PackageCall<Rule>[] = [];
  for (const site of candidates(rules, index)) {
    const callee = calleeOf(site, queries, given).find((o) => o.kind === "package");
    if (callee === undefined || callee.module === "") continue;
    const last = lastName(callee.path);
    const rule = rules.find(
      (one) =>
        one.module.test(callee.module) && one.path.test(callee.path) && (last === "" || one.names.includes(last)),
    );
    if (rule !== undefined) found.push({ rule, site, callee });
  }
  return found;
}

/** Origins of what a call calls; a parameter is what its declared type says. */
export function calleeOf(
  { fn, v, frame }: Site,
  queries: LinkQueries,
  given: FirstParameters = new Map(),
): readonly Origin[] {
  return queries.evaluate({ fn, v: fn.callee(v), frame }).flatMap((origin) => {
    if (origin.kind !== "parameter" || origin.path.length === 0) return [origin];
    const handed = origin.index === 0 ? given.get(origin.fn.id) : undefined;
    if (handed !== undefined) return queries.project(handed, origin.path);
    const { file } = origin.fn;
    const type = file.lowered.types[origin.fn.info.params[origin.index]?.type ?? NONE];
    const typed = type === undefined ? null : queries.typeOrigin(file, type);
    return typed === null ? [origin] : queries.project(typed, origin.path);
  });
}

function candidates(rules: readonly CallRule[], index: ProgramIndex): readonly Site[] {
  const names = new Set(rules.flatMap((rule) => rule.names));
  const found = new Map<string, Site>();
  const add = (sites: readonly Site[]): void => {
    for (const site of sites) found.set(siteKey(site), site);
  };
  for (const name of names) {
    add(index.callsOfMember(name));
    add(index.callsOfName(name));
  }
  // `import { Worker as JobWorker }`, `import Queue from "bull"`: the file's own name is what calls are written with
  const addOwn = (own: readonly OwnName[]): void => {
    for (const { file, name } of own) add(index.callsOfName(name).filter((site) => site.fn.file === file));
  };
  for (const name of names) addOwn(index.importedAs(name));
  for (const module of index.modules())
    if (rules.some((rule) => rule.module.test(module))) addOwn(index.importedWhole(module));
  return [...found.values()];
}

const MAX_CALLERS_UP = 2;
const MAX_CALLERS = 60;

/**
 * A registration inside of a local helper that is given what is registered, or its name, is seen once for each call
 * of the helper.
 */
export function instancesOf(site: Site, input: Pick<AdapterInput, "index" | "queries">, up = 0): readonly Site[] {
  const { index, queries } = input;
  const helper = up >= MAX_CALLERS_UP ? null : helperAround(site, queries);
  const name = helper === null ? "" : nameOfFunction(helper);
  const calls = name === "" ? [] : [...index.callsOfName(name), ...index.callsOfMember(name)];
  const framed = calls
    .slice(0, MAX_CALLERS)
    .flatMap((call) =>
      calleeOf(call, queries).flatMap((callee) =>
        callee.kind === "function" && callee.fn === helper ? [{ ...site, frame: frameFor(callee, call) }] : [],
      ),
    );
  return framed.length === 0 ? [site] : framed.flatMap((one) => instancesOf(one, input, up + 1));
}

/** The function whose parameter is one of the first arguments. */
function helperAround(site: Site, queries: LinkQueries): FunctionView | null {
  for (let i = 0; i < 3; i += 1) {
    const at = argumentAt(site, i);
    const given = at === null ? [] : queries.evaluate(at);
    const parameter = given.find((o) => o.kind === "parameter");
    if (parameter !== undefined && parameter.path.length === 0) return parameter.fn;
  }
  return null;
}

const MAX_WRAPPERS = 4;

/** The function among the alternatives of a value, or the one that a package's wrapper was given. */
export function functionBehind(origins: readonly Origin[], queries: LinkQueries): FunctionOrigin | null {
  let current = origins;
  for (let i = 0; i < MAX_WRAPPERS; i += 1) {
    const own = current.find((o) => o.kind === "function");
    if (own !== undefined) return own;
    const wrapper = current.find((o) => (o.kind === "package" || o.kind === "derived") && o.site !== null);
    if (wrapper === undefined || (wrapper.kind !== "package" && wrapper.kind !== "derived") || wrapper.site === null)
      return null;
    const inner = functionArgument(wrapper.site, queries);
    if (inner === null) return null;
    current = [inner];
  }
  return null;
}
