/**
 * Checks that answer with a level in place of a yes or no: `if ((await levelOf(user, note)) < Level.Write) throw …`.
 * What they were asked about was allowed where the level was compared and found high enough.
 */
import { Op } from "../../model/lowered.js";
import type { FunctionView } from "../linking/function-view.js";
import { leaves } from "../values/computed-origins.js";
import type { Frame, Origin, OriginQueries } from "../values/origin.js";
import { behind } from "./conditions.js";

export interface GradedAnswer {
  readonly call: number;
  readonly callee: Extract<Origin, { kind: "function" }>;
}

/** How a level and a written one were compared, and what came out. */
export interface LevelTest {
  readonly operator: string;
  readonly holds: boolean;
  readonly left: number;
  readonly right: number;
}

const FEWEST_LEVELS = 3;
const ASKS_LEVEL = /permission|access|role|level|privilege|right/i;
const NO_ACCESS = /^(?:none|no|nothing|den(?:y|ied)|no[_-]?access|forbidden)$/i;
const FLIPPED: ReadonlyMap<string, string> = new Map([
  ["<", ">"],
  [">", "<"],
  ["<=", ">="],
  [">=", "<="],
]);

/** The call whose level was high enough; null for every other comparison. */
export function gradedAnswer(
  fn: FunctionView,
  { operator, holds, left, right }: LevelTest,
  frame: Frame | null,
  queries: OriginQueries,
): GradedAnswer | null {
  const [call, other, read] =
    fn.op(behind(fn, left)) === Op.Call
      ? [behind(fn, left), right, operator]
      : [behind(fn, right), left, FLIPPED.get(operator) ?? operator];
  if (fn.op(call) !== Op.Call || fn.args(call).length < 2) return null;
  const [callee, ...others] = queries.evaluate({ fn, v: fn.callee(call), frame });
  if (callee?.kind !== "function" || others.length > 0 || !callee.fn.hasBody) return null;
  const levels = constantsOf(queries.evaluate({ fn, v: call, frame }));
  const [wanted, ...rest] = queries.evaluate({ fn, v: other, frame });
  if (wanted?.kind !== "constant" || rest.length > 0) return null;
  return isEnough(wanted.value, levels, { read, holds, name: callee.fn.info.name }) ? { call, callee } : null;
}

type Level = string | number;

function constantsOf(origins: readonly Origin[]): readonly Level[] {
  const values = leaves(origins).flatMap((o) => {
    if (o.kind !== "constant") return [];
    return typeof o.value === "number" || typeof o.value === "string" ? [o.value] : [];
  });
  return [...new Set(values)];
}

function isEnough(
  wanted: unknown,
  levels: readonly Level[],
  { read, holds, name }: { readonly read: string; readonly holds: boolean; readonly name: string },
): boolean {
  if (typeof wanted === "number") {
    const numbers = levels.filter((level) => typeof level === "number");
    if (numbers.length < FEWEST_LEVELS) return false;
    const lowest = wanted <= Math.min(...numbers);
    if (read === ">") return holds;
    if (read === ">=") return holds && !lowest;
    if (read === "<") return !holds && !lowest;
    if (read === "<=") return !holds;
    return read === "==" && holds !== lowest;
  }
  if (typeof wanted !== "string" || read !== "==" || !ASKS_LEVEL.test(name)) return false;
  const told = levels.filter((level) => typeof level === "string");
  return told.length >= FEWEST_LEVELS && told.includes(wanted) && holds !== NO_ACCESS.test(wanted);
}
