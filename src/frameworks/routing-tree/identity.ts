/** Names for routers: by the place that makes them and the calls that led there, or by the parameter that holds them. */
import { Op } from "../../model/lowered.js";
import type { FunctionView, ProgramFile } from "../../program/linking/function-view.js";
import type { Frame, Site } from "../../program/values/origin.js";
import { siteKey } from "../../program/values/origin-keys.js";
import type { TreeRouter } from "./routing-tree.js";

type Identity = Omit<TreeRouter, "items">;

/** A router made by a call in the project. */
export function madeAt(site: Site, app: boolean): Identity {
  const name = nameOfMade(site.fn, site.v) || site.fn.info.name || (app ? "app" : "router");
  const key = siteKey(site);
  return { key: `${key}${frameKey(site.frame)}`, siteKey: key, made: site, app, group: `${site.fn.file.path}#${name}` };
}

/** A router that a function gets from callers that are not in sight. */
export function givenTo(fn: FunctionView, name: string): Identity {
  const owner = fn.thisClass >= 0 ? fn.file.lowered.classes[fn.thisClass]?.name : fn.info.name;
  const key = `given:${fn.file.id}:${fn.thisClass >= 0 ? `c${fn.thisClass}` : fn.index}:${name}`;
  return { key, siteKey: key, made: null, app: false, group: `${fn.file.path}#${owner || name}` };
}

/** A router that is an instance of a class of the project, made out of sight. */
export function classAs(file: ProgramFile, index: number, app: boolean): Identity {
  const key = `class:${file.id}:${index}`;
  const name = file.lowered.classes[index]?.name ?? "";
  return { key, siteKey: key, made: null, app, group: `${file.path}#${name}` };
}

function frameKey(frame: Frame | null): string {
  let key = "";
  for (let f = frame; f?.site; f = f.site.frame) key += `@${siteKey(f.site)}`;
  return key;
}

/** Variable or field in which a value is put as it is made. */
function nameOfMade(fn: FunctionView, v: number): string {
  for (let row = v + 1; row < fn.valueCount; row += 1) {
    if (fn.c(row) !== v) continue;
    if (fn.op(row) === Op.Store) return fn.ancestor(fn.a(row))?.info.slots[fn.b(row)]?.name ?? "";
    if (fn.op(row) === Op.SetMember) return fn.text(fn.b(row));
  }
  return "";
}
