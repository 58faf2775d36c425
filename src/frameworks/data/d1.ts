/** D1: databases that Workers are bound to stand in the environment, and come from no package. */
import { Op } from "../../model/lowered.js";
import {
  type Origin,
  type PackageOrigin,
  packageCall,
  packageMember,
  packageRoot,
  type Site,
  type SourceOrigin,
} from "../../program/values/origin.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";

/** Under this name calls of a binding are known to the clients of SQL. */
export const D1 = "cloudflare:d1";
const STATEMENT = /^\s*(?:select|insert|replace|update|delete|with)\b/i;

/** `env.DB.prepare("select …")`: only a database is asked so. */
function callSource(origin: SourceOrigin, site: Site): readonly Origin[] | undefined {
  if (origin.source !== "config" || !/(?:^|\.)prepare$/.test(origin.path)) return undefined;
  const { fn, v } = site;
  const [text] = fn.args(v);
  if (text === undefined || !STATEMENT.test(textAt(site, text))) return undefined;
  const made = packageMember(packageRoot(D1), "database.prepare");
  return made.kind === "package" ? [packageCall(made, site)] : undefined;
}

function textAt({ fn }: Site, v: number): string {
  if (fn.op(v) === Op.String) return fn.text(fn.a(v));
  return fn.op(v) === Op.Template ? fn.text(fn.list(fn.a(v))[0]) : "";
}

/** The statement that was prepared before, and the values that were bound to it. */
export function boundStatement(callee: PackageOrigin): { readonly prepared: Site; readonly bound: Site | null } | null {
  let bound: Site | null = null;
  for (let step: PackageOrigin | null = callee.previous; step !== null; step = step.previous) {
    if (step.site === null) continue;
    if (step.path.endsWith(".prepare()")) return { prepared: step.site, bound };
    if (step.path.endsWith(".bind()")) bound = step.site;
  }
  return null;
}

export const d1Knowledge: FrameworkKnowledge = { member: () => undefined, callSource, call: () => undefined };
