/** Consumers: functions that queues, schedules and streams call, with no caller but what the payload names. */
import { Op, PropKind } from "../../model/lowered.js";
import { displayName } from "../../program/fact-reader.js";
import type { LinkQueries, Origin, Site } from "../../program/origin.js";
import { argumentAt, chainOf, functionArgument, nameOfFunction, originsOfArgument, textOf } from "../builder-chain.js";
import { callbackEntry } from "../callback-entry.js";
import { type FunctionOrigin, functionBehind, instancesOf, type PackageCall, packageCalls } from "../package-calls.js";
import type { Adapter, AdapterInput, AdapterOutput, RawEntry } from "../routing.js";
import { CONSUMER_PACKAGES, CONSUMERS, type ConsumerRule, type NameAt } from "./packages.js";

export const consumersAdapter: Adapter = { name: "consumers", packages: CONSUMER_PACKAGES, collect };

type Registration = PackageCall<ConsumerRule>;

interface Consumer {
  /** the property under which it stands, '' for an argument */
  readonly name: string;
  readonly fn: FunctionOrigin | null;
}

function collect(input: AdapterInput): AdapterOutput {
  const entries = packageCalls(CONSUMERS, input).flatMap((call) =>
    instancesOf(call.site, input).flatMap((site) => entriesOf({ ...call, site }, input.queries)),
  );
  return { entries, faults: [], unknowns: [] };
}

function entriesOf(call: Registration, queries: LinkQueries): readonly RawEntry[] {
  const { rule, site } = call;
  if (rule.first !== undefined && !rule.first.has(textOf(originsOfArgument(site, 0, queries)) ?? "")) return [];
  const scheduled = isScheduled(call, queries);
  return consumersOf(call, queries).map(({ name, fn }) => {
    const parts = [...rule.name.flatMap((at) => nameAt(at, call, queries)), ...(name === "" ? [] : [name])];
    const path = parts.length > 0 ? [...new Set(parts)].join("/") : ownName(fn, site);
    return callbackEntry(fn, site, {
      transport: scheduled ? "cron" : rule.transport,
      framework: rule.framework,
      method: scheduled ? "CRON" : rule.method,
      path,
      given: rule.given,
    });
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
    namesIn(holder, queries, 0).flatMap((name) => {
      const fn = functionBehind(queries.project(holder, [name]), queries);
      return fn === null ? [] : [{ name, fn }];
    }),
  );
  return found.length > 0 ? found : [{ name: "", fn: null }];
}

const MAX_SPREADS = 4;

function namesIn(holder: Origin, queries: LinkQueries, depth: number): readonly string[] {
  if (holder.kind === "namespace") {
    return holder.file.lowered.exports.flatMap((item) => (item.kind === "star" || item.typeOnly ? [] : [item.name]));
  }
  if (holder.kind !== "literal" || holder.form !== "object" || depth > MAX_SPREADS) return [];
  const { fn, v, frame } = holder.site;
  return [...fn.props(v)].flatMap((prop) =>
    prop.kind === PropKind.Spread
      ? queries.evaluate({ fn, v: prop.value, frame }).flatMap((o) => namesIn(o, queries, depth + 1))
      : prop.name === ""
        ? []
        : [prop.name],
  );
}

/** The name as text, or as it is written when only the running service knows it. */
function nameAt(at: NameAt, { site, callee }: Registration, queries: LinkQueries): readonly string[] {
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

/** `src/jobs/clean.ts#cleanUp`; the line for functions without a name. */
function ownName(fn: FunctionOrigin | null, site: Site): string {
  const name = fn === null ? "" : nameOfFunction(fn.fn);
  const { path, lowered } = site.fn.file;
  const start = site.fn.start(site.v);
  return `${path}#${name === "" ? lowered.lineStarts.findLastIndex((at) => at <= start) + 1 : name}`;
}
