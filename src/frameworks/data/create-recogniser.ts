/** The data layers joined: whether a call is a data call, and what it selects and writes. */
import type { DataModel } from "../../model/data-model.js";
import { NONE, Op } from "../../model/lowered.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { COMPOSED, derived, leaves } from "../../program/values/computed-origins.js";
import { FramedMemo, Memo } from "../../program/values/framed-memo.js";
import type { LinkQueries, Origin, OriginQueries, Site, SourceOrigin } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import { valuesInText } from "../../program/values/text-parts.js";
import { matchModels } from "../schema/match-model.js";
import { ConvexLayer } from "./builders/convex.js";
import { FirestoreLayer } from "./builders/firestore.js";
import { KnexLayer } from "./builders/knex.js";
import { KyselyLayer } from "./builders/kysely.js";
import { LucidLayer } from "./builders/lucid.js";
import { ObjectionLayer } from "./builders/objection.js";
import { SupabaseLayer } from "./builders/supabase.js";
import type { DataCall } from "./data-call.js";
import { DrizzleLayer } from "./drizzle.js";
import type { DataLayer } from "./layer.js";
import { RecordLayer } from "./objects/loaded-records.js";
import { LoopbackLayer } from "./objects/loopback.js";
import { MikroLayer } from "./objects/mikro.js";
import { MikroUnitLayer } from "./objects/mikro-units.js";
import { MongoLayer } from "./objects/mongoose.js";
import { SequelizeLayer } from "./objects/sequelize.js";
import { PrismaLayer } from "./prisma-layer.js";
import type { DataRecogniser } from "./recogniser.js";
import { SqlLayer } from "./sql-layer.js";
import { DirectoryLayer } from "./stores/directories.js";
import { DynamoLayer } from "./stores/dynamodb.js";
import { SearchLayer } from "./stores/search.js";
import { TypeormLayer } from "./typeorm.js";

/** @param models every model of the project, of whatever layer */
export function createDataRecogniser(models: readonly DataModel[]): DataRecogniser {
  const matcher = matchModels(models);
  const recogniser: Recogniser = new Recogniser([
    new PrismaLayer(models, matcher),
    new TypeormLayer(matcher),
    new DrizzleLayer(models, matcher),
    new SequelizeLayer(matcher),
    new MongoLayer(matcher),
    new MikroLayer(matcher),
    new KnexLayer(matcher),
    new LoopbackLayer(matcher),
    new LucidLayer(matcher),
    new ObjectionLayer(matcher),
    new KyselyLayer(matcher),
    new SupabaseLayer(matcher),
    new FirestoreLayer(matcher),
    new ConvexLayer(matcher, models),
    new DynamoLayer(matcher),
    new SearchLayer(matcher),
    new DirectoryLayer(),
    new SqlLayer(matcher),
    new RecordLayer(matcher, (site, queries) => recogniser.loading(site, queries)),
    new MikroUnitLayer(matcher, (site, queries) => recogniser.loading(site, queries)),
  ]);
  return recogniser;
}

class Recogniser implements DataRecogniser {
  readonly #framed = new FramedMemo<string, DataCall | null>();
  readonly #memo = new WeakMap<FunctionView, Map<number, DataCall | null>>();
  /** the layers that a call may belong to, as it is written */
  readonly #layers = new WeakMap<FunctionView, Map<number, readonly DataLayer[]>>();
  readonly #keyed = new Memo<SourceOrigin, boolean>();

  constructor(private readonly layers: readonly DataLayer[]) {}

  recognise(site: Site, callees: readonly Origin[], queries: OriginQueries): DataCall | null {
    const layers = this.#layersOf(site);
    if (layers.length === 0) return null;
    const { frame } = site;
    if (frame !== null) {
      const read = (): DataCall | null => this.#read(layers, site, callees, queries);
      return this.#framed.get(frame, siteKey(site), read);
    }
    let memo = this.#memo.get(site.fn);
    if (memo === undefined) {
      memo = new Map();
      this.#memo.set(site.fn, memo);
    }
    const known = memo.get(site.v);
    if (known !== undefined) return known;
    const call = this.#read(layers, site, callees, queries);
    memo.set(site.v, call);
    return call;
  }

  /** The data call at a site that made a row. */
  loading(site: Site, queries: OriginQueries): DataCall | null {
    const callees = queries.evaluate({ fn: site.fn, v: site.fn.callee(site.v), frame: site.frame });
    return this.recognise(site, callees, queries);
  }

  remember(call: DataCall): void {
    const { site } = call;
    if (site.frame !== null) this.#framed.keep(site.frame, siteKey(site), call);
  }

  #layersOf(site: Site): readonly DataLayer[] {
    let known = this.#layers.get(site.fn);
    if (known === undefined) {
      known = new Map();
      this.#layers.set(site.fn, known);
    }
    let layers = known.get(site.v);
    if (layers === undefined) {
      const name = calledName(site);
      layers = this.layers.filter((layer) => layer.mayCall(name, site));
      known.set(site.v, layers);
    }
    return layers;
  }

  #read(layers: readonly DataLayer[], site: Site, callees: readonly Origin[], queries: OriginQueries): DataCall | null {
    // a callee known by its package says more than one known by its shape
    const ordered = callees.flatMap((callee) => declared(callee, queries)).sort((a, b) => rank(a) - rank(b));
    for (const callee of ordered) {
      for (const layer of layers) {
        const call = layer.read(site, callee, queries);
        if (call !== null) return withPower(withParts(call, queries), site);
      }
    }
    return null;
  }

  isDataCall(site: Site, callee: Origin, queries: OriginQueries): boolean {
    return this.#layersOf(site).some((layer) => layer.isCall(site, callee, queries));
  }

  continuesRow(row: SourceOrigin, site: Site): boolean {
    if (row.source !== "row" || row.site === null || row.path.includes(".")) return false;
    const { site: made, path } = row;
    return calledName(site) === path && this.#layersOf(made).some((layer) => layer.continues?.(path) === true);
  }

  isDataShape(site: Site): boolean {
    return this.#layersOf(site).some((layer) => layer.isShape(site));
  }

  keyedByCaller(row: SourceOrigin, queries: LinkQueries): boolean {
    const { site } = row;
    if (row.source !== "row" || site === null) return false;
    return this.#keyed.get(row, () => this.#isKeyed(site, queries));
  }

  #isKeyed(site: Site, queries: LinkQueries): boolean {
    const call = this.loading(site, queries);
    if (call === null || call.filter.alternatives.length === 0) return false;
    return call.filter.alternatives.every((terms) =>
      terms.some((term) => term.position === "and" && speaksForCaller(term.values, queries)),
    );
  }

  callbackArguments(callee: Origin, site: Site, queries: OriginQueries): readonly (readonly Origin[])[] | undefined {
    for (const layer of this.layers) {
      const found = layer.callbackArguments(callee, site, queries);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Values that are texts put together (`${orgId}:${name}`) as what they are made of. */
function withParts(call: DataCall, queries: OriginQueries): DataCall {
  const { alternatives } = call.filter;
  if (!alternatives.some((terms) => terms.some((term) => term.values.some(isTemplate)))) return call;
  const opened = alternatives.map((terms) =>
    terms.map((term) =>
      term.values.some(isTemplate) ? { ...term, values: term.values.map((one) => opening(one, queries)) } : term,
    ),
  );
  return { ...call, filter: { ...call.filter, alternatives: opened } };
}

/** Clients that are called after what they may do: whoever named them so meant to be careful with them. */
const POWERFUL_CLIENT =
  /^(?:admin|root|super_?user|service_?role|system|privileged|elevated|bypass_?rls)_?(?:db|database|client|prisma|pool|knex|sql|supabase|connection)$/i;
const DANGEROUS = /^(?:dangerous|unsafe|unscoped|escalated?)(?:ly)?_?(?:[A-Z_]\w*)?$/;

/** `adminDb.order.findUnique(…)`, `dangerouslyUnscoped.order.delete(…)` */
function withPower(call: DataCall, { fn, v }: Site): DataCall {
  if (call.elevated !== undefined || fn.op(v) !== Op.Call) return call;
  let root = fn.callee(v);
  while (fn.op(root) === Op.Member || fn.op(root) === Op.Call)
    root = fn.op(root) === Op.Call ? fn.callee(root) : fn.a(root);
  const name = fn.op(root) === Op.Var ? (fn.ancestor(fn.a(root))?.info.slots[fn.b(root)]?.name ?? "") : "";
  return POWERFUL_CLIENT.test(name) || DANGEROUS.test(name)
    ? { ...call, elevated: `'${name}', which is named for standing above the rules` }
    : call;
}

function isTemplate(origin: Origin): boolean {
  return origin.kind === "literal" && origin.form === "template";
}

function opening(origin: Origin, queries: OriginQueries): Origin {
  if (origin.kind !== "literal" || origin.form !== "template") return origin;
  return derived(valuesInText(origin.site, queries), COMPOSED, origin.site);
}

/** A method of a parameter whose annotation names a package's class. */
function declared(callee: Origin, queries: OriginQueries): readonly Origin[] {
  if (callee.kind !== "parameter" || callee.path.length === 0) return [callee];
  const type = callee.fn.file.lowered.types[callee.fn.info.params[callee.index]?.type ?? NONE];
  const typed = type === undefined ? null : queries.typeOrigin(callee.fn.file, type);
  return typed === null || typed.kind !== "package" ? [callee] : [...queries.project(typed, callee.path), callee];
}

function rank(origin: Origin): number {
  return origin.kind === "package" ? 0 : 1;
}

function calledName(site: Site): string {
  const { fn, v } = site;
  const op = fn.op(v);
  if (op !== Op.Call && op !== Op.Tagged) return "";
  const callee = fn.callee(v);
  return callee === NONE ? "" : fn.memberName(callee);
}

const MAX_DEPTH = 6;

/** A credential or identity among the leaves, also inside the arguments of package calls: a token's hash. */
function speaksForCaller(values: readonly Origin[], queries: LinkQueries, depth = 0): boolean {
  return leaves(values).some((origin) => {
    if (origin.kind === "source") return origin.source === "credential" || origin.source === "identity";
    if (depth > MAX_DEPTH) return false;
    // `${token}${salt}`
    if (origin.kind === "literal" && origin.form === "template")
      return speaksForCaller(valuesInText(origin.site, queries), queries, depth + 1);
    if (origin.kind !== "package") return false;
    for (let step: typeof origin | null = origin; step !== null; step = step.previous) {
      if (step.site === null) continue;
      const { fn, v, frame } = step.site;
      if (fn.op(v) === Op.Tagged) continue;
      const given = Array.from(fn.args(v)).flatMap((arg) => queries.evaluate({ fn, v: arg, frame }));
      if (speaksForCaller(given, queries, depth + 1)) return true;
    }
    return false;
  });
}
