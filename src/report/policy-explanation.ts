/** What the manifest says of one entry point, and what the code provides, for a reader at a terminal. */
import type { LocatedPlace } from "../model/place.js";
import type { PolicyException, PolicyRoute, Requirement } from "../model/policy.js";
import { type Paint, paintFor, printable, wrapped } from "./paint.js";
import type { Terminal } from "./policy-diff.js";

export interface EntryExplanation {
  readonly key: string;
  readonly handler: LocatedPlace;
  /** most specific first */
  readonly rules: readonly { readonly route: PolicyRoute; readonly decides: boolean }[];
  readonly defaultRequire: readonly Requirement[];
  readonly defaultDeclared: boolean;
  readonly defaultDecides: boolean;
  readonly public: boolean;
  readonly demands: readonly { readonly requirement: Requirement; readonly met: boolean }[];
  readonly authentication: string;
  /** the switch of a conditional authentication, or what could not be read */
  readonly detail: string;
  /** why the code opens it, '' when it does not */
  readonly intent: string;
  readonly steps: readonly {
    readonly name: string;
    readonly grants: string;
    readonly condition: string;
    readonly at: LocatedPlace;
  }[];
  readonly exceptions: readonly (PolicyException & {
    /** why it covers nothing, '' when it holds */ readonly void: string;
  })[];
  readonly bypasses: readonly { readonly predicate: string; readonly at: LocatedPlace; readonly listed: boolean }[];
  readonly accesses: readonly {
    readonly at: LocatedPlace;
    readonly model: string;
    readonly operation: string;
    readonly verdict: string;
    readonly reason: string;
    /** what the manifest demands of writes to the model */
    readonly demands: readonly Requirement[];
  }[];
}

/** Renders one entry point; ends with a line break. */
export function renderEntryExplanation(one: EntryExplanation, { colour, width }: Terminal): string {
  const paint = paintFor(colour);
  const lines = [
    `${paint.bold(printable(one.key))}  ${paint.dim(spot(one.handler))}`,
    "",
    paint.bold("Rules, the most specific first:"),
    ...ruleLines(one, paint),
    "",
    paint.bold("The code:"),
    ...codeLines(one, paint, width),
    ...section("Exceptions:", exceptionLines(one), paint),
    ...section("Bypasses:", bypassLines(one), paint),
    ...section("Data:", accessLines(one), paint),
    "",
    verdict(one, paint),
  ];
  return `${lines.join("\n")}\n`;
}

function spot({ file, region }: LocatedPlace): string {
  return printable(`${file}:${region.startLine}`);
}

function section(title: string, lines: readonly string[], paint: Paint): readonly string[] {
  return lines.length === 0 ? [] : ["", paint.bold(title), ...lines];
}

function demandText(require: readonly Requirement[]): string {
  return require.length === 0 ? "demands nothing" : `demands ${require.join(", ")}`;
}

function ruleLines(one: EntryExplanation, paint: Paint): readonly string[] {
  const lines = one.rules.map(({ route, decides }, index) => {
    const roles = route.roles.length === 0 ? "" : `, roles ${route.roles.join(", ")}`;
    const demand = route.public ? "public" : demandText(route.require);
    const owner = route.owner === "" ? "" : `, owner ${route.owner}`;
    const text = printable(`${index + 1}. '${route.match}'  ${demand}${roles}${owner}`);
    return `  ${decides ? paint.green("decides  ") : paint.dim("overruled")} ${text}  ${paint.dim(spot(route.at))}`;
  });
  const source = one.defaultDeclared ? "routes.default" : "built in: the manifest has no routes.default";
  const state = one.defaultDecides ? paint.green("decides  ") : paint.dim("overruled");
  return [
    ...lines,
    `  ${state} ${lines.length + 1}. the default  ${demandText(one.defaultRequire)}  ${paint.dim(source)}`,
  ];
}

function codeLines(one: EntryExplanation, paint: Paint, width: number): readonly string[] {
  const steps = one.steps.map((step, index) => {
    const condition = step.condition === "" ? "" : ` (only when ${step.condition})`;
    return printable(`  ${index + 1}. ${step.name}${condition}  ${step.grants}  ${spot(step.at)}`);
  });
  const summary = `authentication: ${one.authentication}${one.detail === "" ? "" : ` (${one.detail})`}`;
  const intent = one.intent === "" ? [] : wrapped(`opened in the code: ${one.intent}`, width, "  ");
  const demands = one.demands.map(
    ({ requirement, met }) => `  ${met ? paint.green("met    ") : paint.red("missing")} ${requirement}`,
  );
  const none = steps.length === 0 ? ["  no step runs before the handler"] : steps;
  return [...none, ...wrapped(summary, width, "  "), ...intent, ...demands];
}

function exceptionLines(one: EntryExplanation): readonly string[] {
  return one.exceptions.map((exception) => {
    const state = exception.void === "" ? "holds" : `covers nothing: it ${exception.void}`;
    const until = exception.expires === "" ? "" : `, until ${exception.expires}`;
    const text = `${exception.rule} '${exception.subject}' ${state}  ${exception.owner}${until}: ${exception.reason}`;
    return `  ${printable(text)}  ${spot(exception.at)}`;
  });
}

function bypassLines(one: EntryExplanation): readonly string[] {
  return one.bypasses.map(
    ({ predicate, at, listed }) =>
      `  ${printable(`'${predicate}'`)}  ${spot(at)}  ${listed ? "listed in bypasses" : "not listed in bypasses"}`,
  );
}

function accessLines(one: EntryExplanation): readonly string[] {
  return one.accesses.map(({ at, model, operation, verdict: bound, reason, demands }) => {
    const why = reason === "" ? "" : `: ${reason}`;
    const wanted = demands.length === 0 ? "" : `  the manifest ${demandText(demands)} of writes`;
    return `  ${printable(`${operation} ${model === "" ? "(unknown model)" : model}  ${bound}${why}`)}  ${spot(at)}${wanted}`;
  });
}

function verdict(one: EntryExplanation, paint: Paint): string {
  if (one.public) return "The manifest opens it to everybody.";
  const missing = one.demands.filter((demand) => !demand.met).map((demand) => demand.requirement);
  if (one.demands.length === 0) return "The manifest demands nothing of it.";
  if (missing.length === 0) return paint.green("The code provides what the manifest demands.");
  if (one.authentication === "unknown") return paint.yellow("What the code provides could not be decided.");
  return paint.red(`The code lacks ${missing.join(", ")}.`);
}
