/** What containers of injected objects hand out: known by the class or the type that is asked for, or not at all. */
import {
  type Origin,
  type OriginQueries,
  type PackageOrigin,
  type Site,
  unknown,
} from "../../program/values/origin.js";

export const CONTAINERS = {
  module: /^(?:inversify|tsyringe|typedi|awilix|@nestjs\/core)$/,
  // a reflector's `get` reads metadata
  path: /^(?!Reflector\b)(?:.*\.)?(?:get|resolve)(?:Async|Named|Tagged)?$/,
} as const;

/** `container.get(OrdersService)`, `container.get<OrdersService>(TYPES.Orders)` */
export function fromContainer(
  _callee: PackageOrigin,
  { fn, v, frame }: Site,
  queries: OriginQueries,
): readonly Origin[] {
  const [asked] = Array.from(fn.args(v));
  const [named] = asked === undefined ? [] : queries.evaluate({ fn, v: asked, frame });
  if (named?.kind === "class") return [{ kind: "instance", file: named.file, index: named.index, site: null }];
  const type = fn.file.lowered.types[fn.typeArgument(v)];
  const typed = type === undefined ? null : queries.typeOrigin(fn.file, type);
  // where it is put says what it is
  return [typed ?? unknown("held by a container")];
}
