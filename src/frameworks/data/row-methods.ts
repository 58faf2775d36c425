/**
 * Methods that a model's class gives to its rows: `user.login(password)` of what `User.query().findOne(…)` found. Columns
 * stay what they are; a getter is what it gives for the row.
 */
import { FnHint, MemberKind, NONE } from "../../model/lowered.js";
import { memberOfInstance } from "../../program/linking/class-members.js";
import type { Program } from "../../program/linking/program.js";
import { givenFrame } from "../../program/values/call-frames.js";
import type { LinkQueries, Origin, SourceOrigin } from "../../program/values/origin.js";
import { receiverClass } from "./model-classes.js";

type FunctionOrigin = Extract<Origin, { kind: "function" }>;

/**
 * The same of who calls, where a step kept their row on the request: of methods that refuse by themselves. What others
 * answer about the caller is a verdict whatever it is made of.
 */
export function callerMethod(caller: SourceOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (caller.source !== "identity" || caller.context === null || !methodNames(queries.program).has(name))
    return undefined;
  const kept = caller.context.attached.get(caller.path) ?? [];
  for (const row of kept) {
    if (row.kind !== "source" || (row.source !== "row" && row.source !== "identity")) continue;
    // a row of the caller's is kept as who calls, made where it was loaded
    const found = rowMethod({ ...row, source: "row", path: "" }, name, queries, caller);
    if (found?.every((o) => o.kind === "function" && (o.fn.info.hints & FnHint.Throws) !== 0)) return found;
  }
  return undefined;
}

/** What a member of a loaded row is, where the model's class has a method or getter of that name; else undefined. */
export function rowMethod(
  row: SourceOrigin,
  name: string,
  queries: LinkQueries,
  self: SourceOrigin = row,
): readonly Origin[] | undefined {
  if (row.source !== "row" || row.site === null || !/^(?:\[\])?$/.test(row.path)) return undefined;
  if (!methodNames(queries.program).has(name)) return undefined;
  const owner = receiverClass(row.site, queries);
  if (owner === null) return undefined;
  const found = memberOfInstance({ kind: "instance", file: owner.file, index: owner.index, site: null }, name, queries);
  const methods = found.flatMap((o) => (isOwn(o, name) ? [{ ...o, self }] : []));
  if (methods.length === 0 || methods.length < found.length) return undefined;
  return methods.flatMap((method) =>
    kindOf(method, name) === MemberKind.Getter
      ? [...queries.bind(queries.returnsOf(method.fn), givenFrame(method, []))]
      : [method],
  );
}

function isOwn(origin: Origin, name: string): origin is FunctionOrigin {
  return origin.kind === "function" && origin.fn.hasBody && kindOf(origin, name) !== undefined;
}

function kindOf({ fn }: FunctionOrigin, name: string): number | undefined {
  return fn.file.lowered.classes[fn.info.class]?.members.find((one) => one.name === name && one.fn === fn.index)?.kind;
}

const known = new WeakMap<Program, ReadonlySet<string>>();

/** Names of the methods of all classes of a project that extend another. */
function methodNames(program: Program): ReadonlySet<string> {
  const kept = known.get(program);
  if (kept !== undefined) return kept;
  const names = new Set<string>();
  for (const file of program.files) {
    for (const { members, extends: above } of file.lowered.classes) {
      if (above === NONE) continue;
      for (const { name, kind, fn, static: ofClass } of members)
        if ((kind === MemberKind.Method || kind === MemberKind.Getter) && fn !== NONE && !ofClass) names.add(name);
    }
  }
  known.set(program, names);
  return names;
}
