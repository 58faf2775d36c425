/** `applyMiddleware(schema, …)`: functions around resolvers and graphql-shield's trees of rules, by type and field. */
import { type LinkQueries, type Origin, type Site, unknown } from "../../program/values/origin.js";
import { argumentSites, itemsOf, property } from "../classes/values.js";
import { firstLineOf, writtenName } from "../procedures/builder-chain.js";
import type { ProgramIndex, RawFault, RawStep } from "../routing.js";
import { resolvingArguments, type SchemaField } from "./fields.js";
import { callsOf } from "./servers.js";
import { ruleSteps, shieldTree } from "./shield.js";

export interface FieldSteps {
  readonly steps: readonly RawStep[];
  readonly incomplete: string;
}

export interface SchemaMiddleware {
  /** what runs before the resolver of a field */
  stepsFor(type: string, field: string): FieldSteps;
  /** rules for fields that no resolver has, trees that no schema gets */
  faults(fields: readonly SchemaField[]): readonly RawFault[];
}

/** One argument of `applyMiddleware`. */
interface Layer {
  readonly origin: Origin;
  readonly site: Site;
}

/** Everything that is laid around the resolvers of the program. */
export function readMiddleware(index: ProgramIndex, queries: LinkQueries): SchemaMiddleware {
  const applied = callsOf(["applyMiddleware"], index, queries);
  const listed = callsOf(["GraphQLServer"], index, queries);
  const sites = [...applied.flatMap((call) => argumentSites(call).slice(1)), ...listed.flatMap(middlewares)];
  const layers: Layer[] = sites.flatMap((site) =>
    itemsOf(site, queries).map(({ origin, site: at }) => ({ origin, site: at })),
  );
  const shields = callsOf(["shield"], index, queries);
  // plug-ins of servers take a tree as well: `useGraphQLMiddleware([permissions])`
  const plugged = callsOf(["useGraphQLMiddleware", "useGraphQlMiddleware"], index, queries)
    .flatMap((call) => argumentSites(call))
    .flatMap((site) => itemsOf(site, queries).map(({ origin, site: at }) => ({ origin, site: at })));
  const all = [...layers, ...plugged];
  const known = new Map<string, FieldSteps>();
  return {
    stepsFor: (type, field) => {
      const key = `${type}.${field}`;
      const made = known.get(key) ?? joined(all.map((layer) => layerSteps(layer, type, field, queries)));
      known.set(key, made);
      return made;
    },
    faults: (fields) => [
      ...unusedTrees(shields, all, queries),
      ...all.flatMap((layer) => strayRules(layer, fields, queries)),
    ],
  };

  function middlewares(call: Site): readonly Site[] {
    return argumentSites(call).flatMap((site) => {
      const [options] = queries.evaluate(site);
      if (options?.kind !== "literal" || options.form !== "object") return [];
      const { fn, v, frame } = options.site;
      const value = [...fn.props(v)].find((prop) => prop.name === "middlewares")?.value;
      return value === undefined ? [] : [{ fn, v: value, frame }];
    });
  }
}

function joined(parts: readonly FieldSteps[]): FieldSteps {
  return {
    steps: parts.flatMap((part) => part.steps),
    incomplete: parts.find((part) => part.incomplete !== "")?.incomplete ?? "",
  };
}

const NOTHING: FieldSteps = { steps: [], incomplete: "" };

function layerSteps({ origin, site }: Layer, type: string, field: string, queries: LinkQueries): FieldSteps {
  const tree = shieldTree(origin, queries);
  if (tree !== null) return { steps: ruleSteps(tree, type, field, queries), incomplete: "" };
  if (origin.kind === "function") return { steps: [middlewareStep(origin, site)], incomplete: "" };
  if (origin.kind !== "literal" || origin.form !== "object") {
    return origin.kind === "unknown"
      ? { steps: [], incomplete: "middleware of the schema could not be read" }
      : NOTHING;
  }
  const ofType = property(origin, type, queries);
  if (ofType === undefined) return NOTHING;
  const own = ofType.kind === "function" ? ofType : property(ofType, field, queries);
  return own?.kind === "function" ? { steps: [middlewareStep(own, site)], incomplete: "" } : NOTHING;
}

function middlewareStep(origin: Extract<Origin, { kind: "function" }>, site: Site): RawStep {
  return {
    name: origin.fn.info.name || writtenName(site) || "middleware",
    kind: "middleware",
    place: firstLineOf(site.fn, site.fn.place(site.v)),
    origin,
    given: resolvingArguments,
    continuation: "calls-next",
    condition: "",
  };
}

/** A tree of rules that nothing lays over a schema. */
function unusedTrees(calls: readonly Site[], used: readonly Layer[], queries: LinkQueries): readonly RawFault[] {
  if (used.some(({ origin }) => origin.kind === "unknown" || origin.kind === "parameter")) return [];
  return calls.flatMap((call): readonly RawFault[] => {
    const isUsed = used.some(
      ({ origin }) => origin.kind === "package" && origin.site?.fn === call.fn && origin.site.v === call.v,
    );
    const [made] = queries.evaluate(call);
    if (isUsed || shieldTree(made ?? unknown("no tree"), queries) === null) return [];
    const place = firstLineOf(call.fn, call.fn.place(call.v));
    const note = "the rules are never applied to a schema: applyMiddleware(schema, permissions) is missing";
    return [{ kind: "metadata-without-guard", name: "shield", place, note }];
  });
}

/** A rule for an operation under a name that no resolver has: what it was meant for keeps the fallback. */
function strayRules({ origin }: Layer, fields: readonly SchemaField[], queries: LinkQueries): readonly RawFault[] {
  const tree = shieldTree(origin, queries);
  if (tree === null) return [];
  return ["Query", "Mutation", "Subscription"].flatMap((type) => {
    const names = new Set(fields.filter((field) => field.type === type).map((field) => field.name));
    const rules = property(tree.rules, type, queries);
    if (names.size === 0 || rules?.kind !== "literal" || rules.form !== "object") return [];
    const { fn, v } = rules.site;
    return [...fn.props(v)].flatMap((prop): readonly RawFault[] => {
      if (prop.name === "" || prop.name === "*" || names.has(prop.name)) return [];
      // a name alone has no place of its own: the type's rules are where it is written
      const place = firstLineOf(fn, fn.place(fn.start(prop.value) < 0 ? v : prop.value));
      const note = `no resolver is named ${type}.${prop.name}, so the rule guards nothing`;
      return [{ kind: "field-not-guarded", name: `${type}.${prop.name}`, place, note }];
    });
  });
}
