/** Loads of layouts: they run beside the loads below them, and before those that wait for their parents. */
import { Op } from "../../model/lowered.js";
import { calleeName } from "../../program/facts/refusals.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { LinkQueries } from "../../program/values/origin.js";
import { type Exported, exportOf } from "../file-routes/exports.js";
import { dirOf } from "../file-routes/paths.js";
import { orderedSteps } from "../file-routes/steps.js";
import type { RawStep } from "../routing.js";
import { eventArguments } from "./knowledge.js";

export interface Layouts {
  /** loads of layouts that a load waits for, outermost first */
  awaitedBy(file: ProgramFile, load: Exported): readonly RawStep[];
}

export function layoutsOf(files: Iterable<ProgramFile>, queries: LinkQueries): Layouts {
  const loads = new Map<string, { readonly file: ProgramFile; readonly load: Exported }>();
  for (const file of files) {
    if (!/(?:^|\/)\+layout\.server\.[cm]?[jt]s$/.test(file.path)) continue;
    const load = exportOf(file, "load", queries);
    if (load !== null) loads.set(dirOf(file.path), { file, load });
  }
  return {
    awaitedBy(file, load) {
      const steps: RawStep[] = [];
      let waits = asksParent(load);
      let folder = dirOf(file.path);
      // a layout's load only holds up the one above it when it waits itself
      while (waits && folder.includes("/")) {
        const around = loads.get(folder);
        folder = dirOf(folder);
        if (around === undefined || around.file === file) continue;
        steps.unshift(...orderedSteps(around.load, eventArguments, "returns", queries));
        waits = asksParent(around.load);
      }
      return steps;
    },
  };
}

/** `await parent()` anywhere in the function. */
function asksParent(load: Exported): boolean {
  return load.origins.some((o) => o.kind === "function" && awaitsParent(o.fn));
}

function awaitsParent(fn: FunctionView): boolean {
  for (let v = 0; v < fn.valueCount; v += 1) {
    if (fn.op(v) !== Op.Await) continue;
    const value = fn.a(v);
    if (fn.op(value) === Op.Call && calleeName(fn, fn.callee(value)) === "parent") return true;
  }
  return false;
}
