/** Keys that an entry point puts into a message for a worker as the request gave them. */
import { sendsMessage } from "../../frameworks/knowledge/queues.js";
import type { MessageKey } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import { displayName } from "../../program/facts/fact-reader.js";
import { uniqueFacts } from "../../program/facts/facts.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { LinkQueries, Origin, Site, SourceOrigin } from "../../program/values/origin.js";
import type { Visit } from "../../program/walks/walk.js";
import { Ledger } from "../accesses/ledger.js";
import type { Analysis } from "../analysis.js";
import { factsIfPresent } from "../guards/conditional-checks.js";

const MAX_DEPTH = 4;
const KEY = /(?:^|[._])(?:id|uuid|slug)$|(?:Id|ID|Uuid|Slug)$/;

/** The keys in the message of a call that sends one, with values of the request that nothing verified. */
export function messageKeys(visit: Visit, analysis: Analysis): readonly MessageKey[] {
  const { site, callees } = visit;
  const { fn, v, frame } = site;
  if ((fn.op(v) !== Op.Call && fn.op(v) !== Op.New) || !callees.some(sendsMessage)) return [];
  const fields = Array.from(fn.args(v)).flatMap((arg) => fieldsIn({ fn, v: arg, frame }, analysis.queries, 0));
  const asked = fields.flatMap(({ name, values, at }) => {
    const value = leaves(values).find(isInput);
    return value === undefined || !KEY.test(name) ? [] : [{ name, value, at }];
  });
  if (asked.length === 0) return [];
  const { data, queries } = analysis;
  const facts = visit.facts();
  const ledger = new Ledger(facts, data, queries);
  const isVerified = (value: Origin): boolean => {
    if (ledger.verified(value) !== null) return true;
    const given = factsIfPresent(value, site, analysis);
    return given.length > 0 && new Ledger(uniqueFacts([...given, ...facts]), data, queries).verified(value) !== null;
  };
  return asked
    .filter(({ value }) => !isVerified(value))
    .map(({ name, value, at }) => ({
      call: displayName(fn, v),
      key: name,
      path: value.path,
      place: at.fn === fn ? fn.place(v) : at.fn.place(at.v),
    }));
}

interface Field {
  readonly name: string;
  readonly values: readonly Origin[];
  readonly at: Site;
}

/** Fields of the objects in a value, inside of lists, other objects and `JSON.stringify(…)` as well. */
function fieldsIn(site: Site, queries: LinkQueries, depth: number): readonly Field[] {
  if (depth > MAX_DEPTH) return [];
  return queries.evaluate(site).flatMap((origin): readonly Field[] => {
    if (origin.kind === "derived") return origin.site === null ? [] : argumentFields(origin.site, queries, depth);
    if (origin.kind !== "literal") return [];
    const { fn, v, frame } = origin.site;
    if (origin.form === "array")
      return Array.from(fn.list(fn.a(v))).flatMap((item) => fieldsIn({ fn, v: item, frame }, queries, depth + 1));
    if (origin.form !== "object") return [];
    return [...fn.props(v)].flatMap(({ name, value }): readonly Field[] => {
      const at: Site = { fn, v: value, frame };
      return name === "" ? [] : [{ name, values: queries.evaluate(at), at }, ...fieldsIn(at, queries, depth + 1)];
    });
  });
}

function argumentFields({ fn, v, frame }: Site, queries: LinkQueries, depth: number): readonly Field[] {
  if (fn.op(v) !== Op.Call || fn.memberName(fn.callee(v)) !== "stringify") return [];
  return Array.from(fn.args(v).slice(0, 1)).flatMap((arg) => fieldsIn({ fn, v: arg, frame }, queries, depth + 1));
}

function isInput(origin: Origin): origin is SourceOrigin {
  return origin.kind === "source" && origin.source === "input" && origin.path !== "";
}
