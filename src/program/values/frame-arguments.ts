/** What a call hands to each parameter of the function it enters. */
import { NONE, Op } from "../../model/lowered.js";
import { derived } from "./computed-origins.js";
import { interrupted, PerFrame } from "./framed-memo.js";
import {
  type Frame,
  type Origin,
  type OriginQueries,
  type RestArguments,
  type Site,
  UNDEFINED,
  unknown,
} from "./origin.js";
import { distinct } from "./origin-keys.js";

/** Lists spread in lists that are spread: deeper ones are left whole. */
const MAX_SPREADS = 4;

const cache = new PerFrame<(readonly Origin[])[]>();

/** Stands for an argument that is just being found. */
const IN_PROGRESS: readonly Origin[] = [unknown("cycle")];

/** Origins of the argument at a position, evaluated where the call stands. */
export function frameArgument(frame: Frame, index: number, queries: OriginQueries): readonly Origin[] {
  let known = cache.get(frame);
  if (known === undefined) {
    known = [];
    cache.set(frame, known);
  }
  const cached = known[index];
  if (cached === IN_PROGRESS) interrupted();
  if (cached !== undefined) return cached;
  known[index] = IN_PROGRESS;
  const computed = computeArgument(frame, index, queries);
  known[index] = computed;
  return computed;
}

function computeArgument(frame: Frame, index: number, queries: OriginQueries): readonly Origin[] {
  const param = frame.fn.info.params[index];
  const given = frame.given[index];
  if (given !== undefined && param?.rest) {
    const known = frame.given.slice(index).map((origins) => seen(origins, frame, queries));
    return [restOf({ known, whole: true }, null)];
  }
  if (given !== undefined) return seen(given, frame, queries);
  if (frame.site === null) return [UNDEFINED];
  const { fn, v, frame: outer } = frame.site;
  if (fn.op(v) === Op.Tagged) return [unknown("tagged template")];
  if (frame.called === "apply") return appliedArgument(frame.site, index, param?.rest === true, queries);
  const args = frame.called === "call" ? fn.args(v).slice(1) : fn.args(v);
  if (param?.rest && !Array.from(args.slice(0, index)).some((arg) => fn.op(arg) === Op.Spread)) {
    return [restOf(restArguments(args.slice(index), frame.site, queries), frame.site)];
  }
  for (let i = 0; i < args.length && i <= index; i += 1) {
    if (fn.op(args[i]) === Op.Spread) {
      const spread = queries.evaluate({ fn, v: args[i], frame: outer });
      return distinct(spread.flatMap((o) => queries.project(o, [spreadKey(o, index - i)])));
    }
  }
  if (index >= args.length) return [UNDEFINED];
  return queries.evaluate({ fn, v: args[index] ?? NONE, frame: outer });
}

function seen(given: readonly Origin[], { givenIn }: Frame, queries: OriginQueries): readonly Origin[] {
  return givenIn === undefined ? given : queries.bind(given, givenIn);
}

/** `f.apply(receiver, list)`: the arguments stand in the list. */
function appliedArgument(call: Site, index: number, rest: boolean, queries: OriginQueries): readonly Origin[] {
  const { fn, v, frame } = call;
  const list = fn.args(v)[1];
  if (list === undefined) return [UNDEFINED];
  const lists = queries.evaluate({ fn, v: list, frame });
  if (rest && index === 0) return lists;
  return distinct(lists.flatMap((o) => queries.project(o, [spreadKey(o, index)])));
}

function restOf(rest: RestArguments, site: Site | null): Origin {
  return { ...derived(rest.known.flat(), "rest", site), rest };
}

/** The arguments that are left for a rest parameter, as far as the lists that are spread into them are written out. */
function restArguments(args: ArrayLike<number>, call: Site, queries: OriginQueries): RestArguments {
  const known: (readonly Origin[])[] = [];
  let whole = true;
  for (const v of Array.from(args)) {
    const more = elementsIn({ ...call, v }, queries, 0);
    known.push(...more.known);
    whole &&= more.whole;
  }
  return { known, whole };
}

/** What an argument adds to a list of the rest: itself, or what a spread list holds where that is written out. */
function elementsIn(arg: Site, queries: OriginQueries, depth: number): RestArguments {
  const lists = queries.evaluate(arg);
  if (arg.fn.op(arg.v) !== Op.Spread) return { known: [lists], whole: true };
  const [list, ...others] = lists;
  if (list === undefined || others.length > 0 || depth > MAX_SPREADS) return { known: [lists], whole: false };
  if (list.kind === "derived" && list.rest !== undefined) return list.rest;
  if (list.kind === "derived" && list.how === "Object.values")
    return valuesOfObject(list.of, queries) ?? { known: [lists], whole: false };
  if (list.kind !== "literal" || list.form !== "array") return { known: [lists], whole: false };
  const { site } = list;
  const parts = Array.from(site.fn.list(site.fn.a(site.v))).map((v) => elementsIn({ ...site, v }, queries, depth + 1));
  return { known: parts.flatMap((part) => part.known), whole: parts.every((part) => part.whole) };
}

/** `f(...Object.values({ a, b }))`; null where the object is not written out. */
function valuesOfObject([object, ...others]: readonly Origin[], queries: OriginQueries): RestArguments | null {
  if (object?.kind !== "literal" || object.form !== "object" || others.length > 0) return null;
  const props = [...object.site.fn.props(object.site.v)];
  const known = props.filter(({ name }) => name !== "").map(({ name }) => queries.project(object, [name]));
  return { known, whole: props.length === known.length };
}

/** Of lists that are read as a whole the first element stands for all. */
function spreadKey(origin: Origin, position: number): string {
  const positional =
    origin.kind === "literal" || (origin.kind === "derived" && origin.rest !== undefined) || isRestParameter(origin);
  return position === 0 && !positional ? "[]" : String(position);
}

function isRestParameter(origin: Origin): boolean {
  return origin.kind === "parameter" && origin.path.length === 0 && origin.fn.info.params[origin.index]?.rest === true;
}
