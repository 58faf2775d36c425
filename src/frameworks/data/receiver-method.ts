/** Calls that are told by the path of the package's object on which they are made. */
import { Op } from "../../model/lowered.js";
import type { Origin, Site } from "../../program/values/origin.js";

/** What a layer's calls are made on: packages, and the paths of what they hand out. */
export interface ReceiverShape {
  readonly module: RegExp;
  readonly receiver: RegExp;
}

/** The method that a package call names when it is made on such a receiver, '' otherwise. */
export function methodOn(shape: ReceiverShape, site: Site, callee: Origin): string {
  if (callee.kind !== "package" || site.fn.op(site.v) !== Op.Call || !shape.module.test(callee.module)) return "";
  const dot = callee.path.lastIndexOf(".");
  return shape.receiver.test(callee.path.slice(0, dot)) ? callee.path.slice(dot + 1) : "";
}
