/** Server actions: functions that browsers call by posting to a page, under a name the build makes up. */
import { FileFlag, FnFlag } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import { ByFile } from "../../program/linking/by-file.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries, Origin, PackageOrigin } from "../../program/values/origin.js";
import { type Exported, exportedNames, exportOf } from "../file-routes/exports.js";
import { handlerOf } from "../file-routes/handlers.js";
import {
  type ChainCall,
  chainOf,
  functionArgument,
  headOfFunction,
  nameOfFunction,
} from "../procedures/builder-chain.js";
import { builderStep, handlerArguments } from "../procedures/builder-steps.js";
import type { Arguments, RawEntry, RawStep } from "../routing.js";
import { actionArguments } from "./arguments.js";
import type { InnerActions } from "./inner-actions.js";

/** Builders of actions: which call is given the action, which are given what runs before it. */
const BUILDERS: readonly { readonly module: string; readonly last: RegExp; readonly before: RegExp }[] = [
  { module: "next-safe-action", last: /^(?:action|stateAction)$/, before: /^(?:use|useValidated)$/ },
  { module: "zsa", last: /^handler$/, before: /^handler$/ },
];

interface Action {
  readonly entry: RawEntry;
  /** under which it is exported; '' for one that says itself what it is */
  readonly name: string;
}

const actionsByFile = new ByFile<readonly Action[]>();

/** Actions that a file declares: all its exports, or the functions that say so themselves. */
export function actionsOf(file: ProgramFile, inner: InnerActions, queries: LinkQueries): readonly RawEntry[] {
  const actions = actionsByFile.of(file, () => readActions(file, queries));
  return actions.map(({ entry, name }) =>
    name !== "" && inner.isInner(file, name) ? { ...entry, inner: true } : entry,
  );
}

function readActions(file: ProgramFile, queries: LinkQueries): readonly Action[] {
  const { flags } = file.lowered;
  if ((flags & (FileFlag.UseClient | FileFlag.OutlineOnly)) !== 0) return [];
  if ((flags & FileFlag.UseServer) === 0) return inlineActions(file).map((entry) => ({ entry, name: "" }));
  return exportedNames(file).flatMap((name) => {
    const exported = exportOf(file, name, queries);
    const action = exported === null ? null : exportedAction(file, exported, queries);
    return action === null ? [] : [{ entry: action, name }];
  });
}

function inlineActions(file: ProgramFile): readonly RawEntry[] {
  const found: RawEntry[] = [];
  const counts = new Map<string, number>();
  for (const [i, { flags }] of file.lowered.functions.entries()) {
    if (i === 0 || (flags & FnFlag.UseServer) === 0) continue;
    const fn = file.fn(i);
    const place = headOfFunction(fn);
    const own = nameOfFunction(fn);
    // properties of several elements may have the same name
    const base = own === "" ? "action" : own;
    const nth = (counts.get(base) ?? 0) + 1;
    counts.set(base, nth);
    const name = nth === 1 && own !== "" ? own : `${base}-${nth}`;
    const origin: Origin = { kind: "function", fn, frame: null, self: null };
    found.push(entry(file, name, { origin, name, place, steps: [] }, place, actionArguments(fn)));
  }
  return found;
}

function exportedAction(file: ProgramFile, exported: Exported, queries: LinkQueries): RawEntry | null {
  for (const origin of exported.origins) {
    const built = origin.kind === "package" ? builtAction(file, exported, origin, queries) : null;
    if (built !== null) return built;
  }
  const handler = handlerOf(exported.origins, exported, "", () => [], queries);
  if (handler.origin.kind !== "function") return null;
  const { fn, frame } = handler.origin;
  // what is not asynchronous cannot be an action, except for what a wrapper made
  if (!fn.isAsync && frame === null && handler.steps.length === 0) return null;
  return entry(file, exported.name, handler, exported.place, actionArguments(fn));
}

/** `client.use(f).schema(s).action(h)` */
function builtAction(
  file: ProgramFile,
  exported: Exported,
  origin: PackageOrigin,
  queries: LinkQueries,
): RawEntry | null {
  const builder = BUILDERS.find((b) => b.module === origin.module);
  if (builder === undefined) return null;
  const calls = chainOf(origin);
  const last = calls.findLastIndex((call) => builder.last.test(call.name));
  if (last < 0) return null;
  const action = functionArgument(calls[last].site, queries);
  const steps = calls
    .slice(0, last)
    .filter((call) => builder.before.test(call.name))
    .flatMap((call: ChainCall) => builderStep(call, "safe-action", queries));
  const fn: FunctionView | null = action?.fn ?? null;
  const handler = {
    origin: action ?? origin,
    name: exported.name,
    place: fn === null ? exported.place : headOfFunction(fn),
    steps,
  };
  return entry(
    file,
    exported.name,
    handler,
    exported.place,
    handlerArguments(calls.slice(0, last), "safe-action", queries),
  );
}

function entry(
  file: ProgramFile,
  name: string,
  handler: {
    readonly origin: Origin;
    readonly name: string;
    readonly place: Place;
    readonly steps: readonly RawStep[];
  },
  registration: Place,
  given: Arguments,
): RawEntry {
  return {
    transport: "action",
    framework: "next",
    method: "POST",
    path: `${file.path}#${name}`,
    handler: handler.origin,
    handlerName: name,
    given,
    place: handler.place,
    registration,
    steps: handler.steps,
    nearMisses: [],
    metadata: new Map(),
    group: file.path,
    publicMarker: null,
    incomplete: "",
  };
}
