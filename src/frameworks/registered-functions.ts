/** Functions handed to packages that call them later, as rules describe: where each stands, what it is called. */

import type { Transport } from "../model/facts.js";
import { Op } from "../model/lowered.js";
import { displayName } from "../program/facts/fact-reader.js";
import type { LinkQueries, Origin, Site } from "../program/values/origin.js";
import { callbackEntry } from "./callback-entry.js";
import { keysOf } from "./object-keys.js";
import {
  type CallRule,
  type FirstParameters,
  type FunctionOrigin,
  functionBehind,
  instancesOf,
  type PackageCall,
  packageCalls,
} from "./package-calls.js";
import {
  argumentAt,
  chainOf,
  functionArgument,
  nameOfBuilder,
  nameOfFunction,
  originsOfArgument,
  textOf,
} from "./procedures/builder-chain.js";
import type { AdapterInput, Arguments, RawEntry, RawStep } from "./routing.js";

/** Where the function stands: an argument, any argument, properties of an argument (`*`: each of them). */
export type FunctionAt =
  | { readonly argument: number }
  | { readonly argument: "first" }
  | { readonly argument: number; readonly properties: readonly string[] };

/** Where a name stands: an argument of the registering call, of the call that made what it is registered on; or the variable it is kept in. */
export interface NameAt {
  readonly of: "call" | "maker" | "variable";
  readonly argument: number;
  /** property path of the argument, '' for the argument itself */
  readonly property: string;
}

/** A call that is given functions to be called later. */
export interface RegisteredRule extends CallRule {
  readonly framework: string;
  readonly transport: Transport;
  readonly method: string;
  readonly handler: FunctionAt;
  readonly name: readonly NameAt[];
  readonly given: Arguments;
  /** texts that the first argument must be one of: `redis.on("message", …)` */
  readonly first?: ReadonlySet<string>;
  /** what runs before the function, when options of the call say so */
  readonly steps?: (site: Site, queries: LinkQueries) => readonly RawStep[];
  /** method and path, when they are not the rule's own and the name */
  readonly address?: (
    name: string,
    site: Site,
    queries: LinkQueries,
  ) => readonly { readonly method: string; readonly path: string }[];
}

type Registration = PackageCall<RegisteredRule>;

interface Consumer {
  /** the property under which it stands, '' for an argument */
  readonly name: string;
  readonly fn: FunctionOrigin | null;
}

/** Entries of all calls that the rules mean. */
export function registeredEntries(
  rules: readonly RegisteredRule[],
  input: AdapterInput,
  given?: FirstParameters,
): readonly RawEntry[] {
  const calls = packageCalls(rules, input, given);
  return calls.flatMap((call) => {
    const { file } = call.site.fn;
    const at = startOf(call.site);
    const nth = calls.filter((other) => other.site.fn.file === file && startOf(other.site) <= at).length;
    return instancesOf(call.site, input).flatMap((site) => entriesOf({ ...call, site }, nth, input.queries));
  });
}

function startOf({ fn, v }: Site): number {
  return fn.start(v);
}

/** @param nth which registration of its file it is, from 1 */
function entriesOf(call: Registration, nth: number, queries: LinkQueries): readonly RawEntry[] {
  const { rule, site } = call;
  if (rule.first !== undefined && !rule.first.has(textOf(originsOfArgument(site, 0, queries)) ?? "")) return [];
  const scheduled = isScheduled(call, queries);
  return consumersOf(call, queries).flatMap(({ name, fn }) => {
    const parts = [...rule.name.flatMap((at) => nameAt(at, call, queries)), ...(name === "" ? [] : [name])];
    const path = parts.length > 0 ? [...new Set(parts)].join("/") : ownName(fn, site, nth);
    const addresses = rule.address?.(path, site, queries) ?? [{ method: scheduled ? "CRON" : rule.method, path }];
    return addresses.map((address) =>
      callbackEntry(fn, site, {
        transport: scheduled ? "cron" : rule.transport,
        framework: rule.framework,
        ...address,
        given: rule.given,
        steps: rule.steps?.(site, queries) ?? [],
      }),
    );
  });
}

/** `createFunction({ id }, { cron: "…" }, f)` */
function isScheduled({ site, rule }: Registration, queries: LinkQueries): boolean {
  if (rule.framework !== "inngest") return false;
  return [0, 1].some((index) =>
    originsOfArgument(site, index, queries).some((options) =>
      ["cron", "triggers.0.cron"].some((path) =>
        queries.project(options, path.split(".")).some((o) => o.kind === "constant" && typeof o.value === "string"),
      ),
    ),
  );
}

function consumersOf({ rule, site }: Registration, queries: LinkQueries): readonly Consumer[] {
  const { handler } = rule;
  if (handler.argument === "first") return [{ name: "", fn: functionArgument(site, queries) }];
  const given = originsOfArgument(site, handler.argument, queries);
  if (!("properties" in handler)) return [{ name: "", fn: functionBehind(given, queries) }];
  if (handler.properties.includes("*")) return membersOf(given, handler.properties, queries);
  const found = handler.properties.flatMap((name) => {
    const fn = functionBehind(
      given.flatMap((o) => queries.project(o, [name])),
      queries,
    );
    return fn === null ? [] : [{ name: "", fn }];
  });
  return found.length > 0 ? found : [{ name: "", fn: null }];
}

/** All functions of an object, a namespace or what a factory returned: `taskList`, `activities`. */
function membersOf(given: readonly Origin[], path: readonly string[], queries: LinkQueries): readonly Consumer[] {
  const holders = given.flatMap((o) =>
    queries.project(
      o,
      path.filter((name) => name !== "*"),
    ),
  );
  const found = holders.flatMap((holder) =>
    keysOf(holder, queries).flatMap((name) => {
      const fn = functionBehind(queries.project(holder, [name]), queries);
      return fn === null ? [] : [{ name, fn }];
    }),
  );
  return found.length > 0 ? found : [{ name: "", fn: null }];
}

/** The name as text, or as it is written when only the running service knows it. */
function nameAt(at: NameAt, { site, callee }: Registration, queries: LinkQueries): readonly string[] {
  if (at.of === "variable") {
    const kept = nameOfBuilder(site);
    return kept === "" ? [] : [kept];
  }
  const call = at.of === "call" ? site : (chainOf(callee).at(-1)?.site ?? null);
  const argument = call === null ? null : argumentAt(call, at.argument);
  if (argument === null) return [];
  const origins = queries.evaluate(argument);
  if (at.property === "") {
    const text = textOf(origins);
    if (text !== null) return [text];
    const op = argument.fn.op(argument.v);
    return op === Op.Var || op === Op.Member || op === Op.Global ? [displayName(argument.fn, argument.v)] : [];
  }
  const text = textOf(origins.flatMap((o) => queries.project(o, at.property.split("."))));
  return text === null ? [] : [text];
}

/** `src/jobs/clean.ts#cleanUp`; functions without a name are counted, since lines move with every edit above them. */
function ownName(fn: FunctionOrigin | null, site: Site, nth: number): string {
  const name = fn === null ? "" : nameOfFunction(fn.fn);
  return `${site.fn.file.path}#${name === "" ? `unnamed-${nth}` : name}`;
}
