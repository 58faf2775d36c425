/**
 * Members of `this` that only the class of the object can tell: abstract ones, and those that a subclass overrides.
 * Inside the method they are seen as members of the receiver, which is handed in like an argument.
 */
import { MemberKind, NONE } from "../../model/lowered.js";
import { type ClassRef, classesAbove } from "../linking/class-members.js";
import type { FunctionView, ProgramFile } from "../linking/function-view.js";
import type { Program } from "../linking/program.js";
import { type Frame, type LinkQueries, type Origin, type ParameterOrigin, RECEIVER } from "./origin.js";

/** The member as one of the receiver, when the class where it is read does not settle what it is; else null. */
export function memberOfReceiver(
  fn: FunctionView,
  name: string,
  found: readonly Origin[],
  queries: LinkQueries,
): ParameterOrigin | null {
  const index = fn.thisClass;
  if (index === NONE) return null;
  const missing = found.every((o) => o.kind === "unknown");
  if (!missing && !overridden(queries).get(fn.file)?.get(index)?.has(name)) return null;
  return { kind: "parameter", fn: methodAround(fn), index: RECEIVER, path: [name] };
}

/** What `this` is under a frame of the method: the object it is called on, else one of the class itself. */
export function receiverOf(frame: Frame): readonly Origin[] {
  if (frame.self !== null) return [frame.self];
  const index = frame.fn.thisClass;
  return index === NONE ? [] : [{ kind: "instance", file: frame.fn.file, index, site: null }];
}

function methodAround(fn: FunctionView): FunctionView {
  let method = fn;
  while (method.info.class === NONE && method.parent !== null) method = method.parent;
  return method;
}

type Names = Map<ProgramFile, Map<number, Set<string>>>;
const known = new WeakMap<Program, Names>();

/** Of each class the names of members that some class below it declares anew. */
function overridden(queries: LinkQueries): Names {
  const kept = known.get(queries.program);
  if (kept !== undefined) return kept;
  const names: Names = new Map();
  known.set(queries.program, names);
  for (const file of queries.program.files) {
    for (const [index, info] of file.lowered.classes.entries()) {
      if (info.extends === NONE) continue;
      const own = info.members.filter(
        (m) => !m.static && m.fn !== NONE && m.kind !== MemberKind.Constructor && !m.abstract,
      );
      if (own.length > 0)
        addAbove(
          { file, index },
          own.map((m) => m.name),
          names,
          queries,
        );
    }
  }
  return names;
}

function addAbove(below: ClassRef, own: readonly string[], names: Names, queries: LinkQueries): void {
  for (const { file, index } of classesAbove(below, queries)) {
    const ofFile = names.get(file) ?? new Map<number, Set<string>>();
    names.set(file, ofFile);
    const ofClass = ofFile.get(index) ?? new Set<string>();
    ofFile.set(index, ofClass);
    for (const name of own) ofClass.add(name);
  }
}
