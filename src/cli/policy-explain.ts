/** `authgap policy explain`: which entries of the manifest apply to an entry point, and what the code provides. */
import { bestFits, requestPath } from "../base/route-path.js";
import { UserError } from "../base/user-error.js";
import type { EntryPoint } from "../model/facts.js";
import { type EntryPolicy, isPlaceholder, listsBypass, meetsRequirement } from "../model/policy.js";
import { compareSpecificity, compileRoute, matchesEntry, matchesSubject } from "../policy/route-pattern.js";
import type { EntryExplanation } from "../report/policy-explanation.js";
import type { Evidence } from "../scan/request.js";
import { nearest } from "./failures.js";
import { today, wantsColour, widthOf } from "./host.js";
import { noManifest, runScan, type Session, type SharedOptions } from "./options.js";

/** Scans, explains every entry point that is meant, and returns the text. Throws a UserError when none is meant. */
export async function explainEntry(
  session: Session,
  wanted: string,
  paths: readonly string[],
  options: SharedOptions,
): Promise<string> {
  const { host } = session;
  const { evidence } = await runScan(session, paths, options, { rules: [], profile: "audit", needsFacts: true });
  if (evidence === null) throw new Error("the scan was asked for its facts and gave none");
  if (evidence.policy.policy.file === "") throw noManifest();
  const meant = new Set(entriesMeant(wanted, evidence.facts.entries));
  if (meant.size === 0) {
    const near = nearest(
      wanted,
      evidence.facts.entries.map((entry) => entry.key),
    );
    throw new UserError(`no entry point is called '${wanted}'`, {
      where: paths.length === 0 ? "." : paths.join(", "),
      hint: near === null ? "'authgap routes' lists all of them" : `did you mean '${near}'?`,
    });
  }
  const { renderEntryExplanation } = await import("../report/policy-explanation.js");
  const terminal = { colour: wantsColour(host, host.stdout), width: widthOf(host.stdout) };
  const day = today(host);
  return evidence.policy.entries
    .filter((applied) => meant.has(applied.entry))
    .map((applied) => renderEntryExplanation(explanationOf(applied, evidence, day), terminal))
    .join("\n");
}

/** By its key, by a pattern, or by a request that would reach it. */
export function entriesMeant(wanted: string, entries: readonly EntryPoint[]): readonly EntryPoint[] {
  const text = wanted.trim();
  const exact = entries.filter((entry) => entry.key === text);
  if (exact.length > 0) return exact;
  const pattern = compileRoute(text);
  const matching = entries.filter((entry) => matchesEntry(pattern, entry));
  if (matching.length > 0) return matching;
  const [, method = "*", target = text] = /^([A-Za-z*|]+)\s+(\S.*)$/.exec(text) ?? [];
  const path = requestPath(target);
  const wantedMethods = method.toUpperCase().split("|");
  const callable = entries.filter(
    (entry) => entry.path !== "" && (method === "*" || entry.method === "ALL" || wantedMethods.includes(entry.method)),
  );
  return path === "" ? [] : bestFits(callable, (entry) => entry.path, path);
}

function explanationOf(applied: EntryPolicy, evidence: Evidence, day: string): EntryExplanation {
  const { entry } = applied;
  const { policy } = evidence.policy;
  const rules = policy.routes
    .map((route, index) => ({ route, index, pattern: compileRoute(route.match, route.in) }))
    .filter(({ pattern }) => matchesEntry(pattern, entry))
    .sort((a, b) => compareSpecificity(b.pattern, a.pattern) || b.index - a.index);
  return {
    key: entry.key,
    handler: evidence.locate(entry.place),
    rules: rules.map(({ route, index }) => ({ route, decides: index === applied.route })),
    defaultRequire: policy.defaultRequire,
    defaultDeclared: policy.defaultDeclared,
    defaultDecides: applied.route < 0,
    public: applied.public,
    demands: applied.require.map((requirement) => ({
      requirement,
      met: meetsRequirement(entry, requirement, applied.route >= 0),
    })),
    authentication: entry.protection.authentication,
    detail: entry.protection.detail,
    intent: entry.intent?.reason ?? "",
    steps: entry.steps.map((step) => ({ ...step, at: evidence.locate(step.place) })),
    exceptions: policy.exceptions
      .filter((exception) => matchesSubject(exception.subject, entry.key))
      .map((exception) => ({ ...exception, void: voidOf(exception, day) })),
    bypasses: evidence.facts.bypasses
      .filter((bypass) => bypass.entries.includes(entry.key))
      .map((bypass) => ({
        ...bypass,
        at: evidence.locate(bypass.place),
        listed: policy.bypasses.some((listed) => listsBypass(listed, bypass)),
      })),
    accesses: accessesOf(entry, evidence),
  };
}

/** Why an exception covers nothing; '' when it holds. */
function voidOf(
  one: { readonly reason: string; readonly owner: string; readonly expires: string },
  day: string,
): string {
  if (one.expires !== "" && one.expires < day) return `ended on ${one.expires}`;
  if (isPlaceholder(one.reason)) return "gives no reason";
  return isPlaceholder(one.owner) ? "has no owner" : "";
}

function accessesOf(entry: EntryPoint, { facts, locate, policy }: Evidence): EntryExplanation["accesses"] {
  const index = facts.entries.indexOf(entry);
  return facts.accesses.flatMap((access) =>
    access.reaches
      .filter((reach) => reach.entry === index)
      .map(({ binding }) => ({
        at: locate(access.place),
        model: access.model,
        operation: access.operation,
        verdict: binding.verdict,
        reason: binding.reason,
        demands:
          access.operation === "read"
            ? []
            : (policy.policy.models.find((model) => model.name === access.model)?.write?.require ?? []),
      })),
  );
}
