/**
 * Rows that a guard loaded and left on the request: the caller's own organisation, looked up by what the guard found
 * out about the caller, is as good as the identity itself. One that was chosen by the request is not.
 */
import { leaves } from "../../program/values/computed-origins.js";
import { type Origin, type SourceOrigin, source } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import type { JudgedStep } from "../entries/steps.js";

/** What the step left on the request, rows of the caller marked as identity. */
export function attachedByGuard(judged: JudgedStep, analysis: Analysis): JudgedStep["attached"] {
  const { grants, condition } = judged.step;
  if (condition !== "" || (grants !== "authentication" && grants !== "decision")) return judged.attached;
  const marked = new Map<string, readonly Origin[]>();
  for (const [path, origins] of judged.attached) {
    const own = origins.length > 0 && leaves(origins).every((o) => isRow(o) && isCallers(o, analysis));
    const [first] = leaves(origins);
    const site = first?.kind === "source" ? first.site : null;
    marked.set(path, own ? [source("identity", path, { site })] : origins);
  }
  return marked;
}

/** The same for what a server makes of each request before anybody is asked: nothing but rows found by who calls. */
export function rowsOfCaller(path: string, origins: readonly Origin[], analysis: Analysis): Origin | null {
  const parts = leaves(origins).filter((o) => o.kind !== "constant");
  const [first] = parts;
  if (first === undefined || !parts.every((o) => isOwnRow(o, analysis) || isMadeOfOwn(o, analysis, 0))) return null;
  return source("identity", path, { site: first.kind === "source" || first.kind === "literal" ? first.site : null });
}

function isOwnRow(origin: Origin, analysis: Analysis): boolean {
  return isRow(origin) && isCallers(origin, analysis) && namesCaller(origin, analysis);
}

const MAX_INSIDE = 4;

/** `{ ...workspace, plan: workspace.billing?.plan ?? "free" }`: an object made of such a row, and of nothing that the request says. */
function isMadeOfOwn(origin: Origin, analysis: Analysis, depth: number): boolean {
  if (origin.kind !== "literal" || origin.form !== "object" || depth > MAX_INSIDE) return false;
  const { fn, v, frame } = origin.site;
  const parts = [...fn.props(v)].flatMap(({ value }) => leaves(analysis.queries.evaluate({ fn, v: value, frame })));
  const solid = parts.filter((o) => o.kind !== "constant");
  return (
    solid.some((o) => isOwnRow(o, analysis)) &&
    solid.every((o) => isIdentity(o) || isOwnRow(o, analysis) || isMadeOfOwn(o, analysis, depth + 1))
  );
}

function namesCaller({ site }: SourceOrigin, { data, queries }: Analysis): boolean {
  const { alternatives } = (site === null ? null : data.loading(site, queries)?.filter) ?? NONE;
  return alternatives.every((terms) =>
    terms.some((term) => term.position === "and" && leaves(term.values).some(isIdentity)),
  );
}

function isIdentity(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "identity";
}

function isRow(origin: Origin): origin is SourceOrigin {
  return origin.kind === "source" && origin.source === "row";
}

/** Every way of finding it names a key, and no key comes from what the request says. */
function isCallers(row: SourceOrigin, analysis: Analysis): boolean {
  const { site } = row;
  if (site === null) return false;
  const { alternatives, known } = analysis.data.loading(site, analysis.queries)?.filter ?? NONE;
  if (!known || alternatives.length === 0) return false;
  return alternatives.every((terms) => {
    const values = terms.filter((term) => term.position === "and").flatMap((term) => [...leaves(term.values)]);
    return values.some((o) => o.kind !== "constant") && values.every((o) => !isChosen(o));
  });
}

const NONE = { alternatives: [], known: false } as const;

/** The client wrote it, or nobody knows where it comes from. */
function isChosen(origin: Origin): boolean {
  if (origin.kind === "source") return origin.source === "input" || origin.source === "claims-unverified";
  return origin.kind === "unknown" || origin.kind === "parameter" || origin.kind === "apply" || origin.kind === "typed";
}
