/** Repositories of a project's own: extended by methods of an object, or classes that are asked for by name. */
import type { LinkQueries, Origin, OriginQueries, PackageOrigin, Site } from "../../program/values/origin.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";

const MODULE = "typeorm";
const EXTENDED = /(?:^|\.)extend\(\)$/;
const ASKED_FOR = /(?:^|\.)getCustomRepository$/;

/** `getRepository(Order).extend({ findOpen() { return this.findBy(…) } })`: its methods are the object's, called on it. */
function packageMember(origin: PackageOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (origin.module !== MODULE || origin.site === null || !EXTENDED.test(origin.path)) return undefined;
  const { fn, v, frame } = origin.site;
  const [first] = fn.args(v);
  if (first === undefined) return undefined;
  const own = queries
    .evaluate({ fn, v: first, frame })
    .flatMap((object) => (object.kind === "literal" ? queries.project(object, [name]) : []))
    .flatMap((member) => (member.kind === "function" ? [{ ...member, self: origin }] : []));
  return own.length === 0 ? undefined : own;
}

/** `getCustomRepository(OrderRepository)` is one of that class. */
function call(callee: PackageOrigin, { fn, v, frame }: Site, queries: OriginQueries): readonly Origin[] | undefined {
  if (callee.module !== MODULE || !ASKED_FOR.test(callee.path)) return undefined;
  const [first] = fn.args(v);
  const made = (first === undefined ? [] : queries.evaluate({ fn, v: first, frame })).flatMap((o): readonly Origin[] =>
    o.kind === "class" ? [{ kind: "instance", file: o.file, index: o.index, site: null }] : [],
  );
  return made.length === 0 ? undefined : made;
}

export const typeormRepositories: FrameworkKnowledge = {
  member: () => undefined,
  callSource: () => undefined,
  call,
  packageMember,
};
