/** What a condition asks of the configuration or of the path: guards that hold only while it says so. */
import { pathText } from "../../frameworks/classes/values.js";
import { isEnvironment } from "../../frameworks/knowledge/auth-level.js";
import { PATH_UNDECIDED } from "../../model/facts.js";
import { Op } from "../../model/lowered.js";
import { behind } from "../../program/facts/conditions.js";
import { truthOf } from "../../program/facts/truth.js";
import type { FunctionView } from "../../program/linking/function-view.js";
import { leaves } from "../../program/values/computed-origins.js";
import type { EntryContext, Origin, Site } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";

const CONFIGURATION =
  /^(?:app|auth|server|security)?_?(?:config|configuration|settings?|options|env|environment)(?:service)?$/i;
const OPENS = /disabl|skip|bypass|no_?auth|unsafe|insecure|dev(?:elopment)?_?mode/i;
const SWITCH = /disabl|enabl|skip|bypass|no_?auth|unsafe|insecure|dev(?:elopment)?_?mode/i;

/** Which part of the configuration a test asks for; null when it asks for none. */
export function settingOf(test: Site, analysis: Analysis): string | null {
  for (const origin of operands(test, analysis, 0)) {
    if (!isEnvironment(origin)) continue;
    return origin.kind === "package" || origin.kind === "source" ? origin.path : "configuration";
  }
  const named = namedSetting(test.fn, test.v, 0);
  return named === null ? null : `${OPENS.test(named) ? "not " : ""}${named}`;
}

/** `this.config.auth.disabled`: a switch that is read off what is called a configuration, and off nothing of the request. */
function namedSetting(fn: FunctionView, v: number, depth: number): string | null {
  const value = behind(fn, v);
  const op = fn.op(value);
  if (depth < 5 && op === Op.Unary) return namedSetting(fn, fn.b(value), depth + 1);
  if (depth < 5 && (op === Op.Binary || op === Op.Logic))
    return namedSetting(fn, fn.b(value), depth + 1) ?? namedSetting(fn, fn.c(value), depth + 1);
  if (op !== Op.Member) return null;
  const path = pathText(fn, value);
  const [last = "", ...holders] = path.split(".").reverse();
  return SWITCH.test(last) && holders.some((name) => CONFIGURATION.test(name)) ? path : null;
}

/** A test of the path that cannot be worked out for this entry. */
export function openPathTest(test: Site, { path }: EntryContext, analysis: Analysis): string | null {
  if (path === undefined || truthOf(test.fn, test.v, test.frame, analysis.queries) !== undefined) return null;
  const reads = operands(test, analysis, 0).some((o) => o.kind === "constant" && o.value === path);
  return reads ? PATH_UNDECIDED : null;
}

function operands(site: Site, analysis: Analysis, depth: number): readonly Origin[] {
  const { fn, v } = site;
  const op = fn.op(v);
  const inner = (part: number): readonly Origin[] => operands({ ...site, v: part }, analysis, depth + 1);
  if (depth < 5 && op === Op.Unary) return inner(fn.b(v));
  // what is settled by itself (`isPublic(path) && !token`) leaves the rest to be asked about
  const open = (part: number): readonly Origin[] =>
    truthOf(fn, part, site.frame, analysis.queries) === undefined ? inner(part) : [];
  if (depth < 5 && op === Op.Logic) return [...open(fn.b(v)), ...open(fn.c(v))];
  if (depth < 5 && op === Op.Binary) return unlessAsked([...inner(fn.b(v)), ...inner(fn.c(v))]);
  return unlessAsked(leaves(analysis.queries.evaluate(site)));
}

/** What is held against something of the request, a host or a header, says what was asked for: the caller chooses that. */
function unlessAsked(origins: readonly Origin[]): readonly Origin[] {
  const asked = origins.some((o) => o.kind === "source" && o.source === "input");
  return asked ? origins.filter((origin) => !isEnvironment(origin)) : origins;
}
