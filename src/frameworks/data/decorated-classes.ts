/** Classes whose decorators declare a model: names and arguments of the decorators on class and members, inherited ones included. */
import { type LoweredMember, NONE, Op } from "../../model/lowered.js";
import { ByFile } from "../../program/linking/by-file.js";
import { superOrigins } from "../../program/linking/class-members.js";
import type { ProgramFile } from "../../program/linking/function-view.js";
import type { Program } from "../../program/linking/program.js";
import type { LinkQueries, Site } from "../../program/values/origin.js";
import { fieldsOf } from "./literals.js";
import { entityName } from "./typeorm-entities.js";

export interface Decorator {
  /** `Column`, `ManyToOne` */
  readonly name: string;
  readonly args: readonly Site[];
}

export interface DecoratedMember {
  readonly member: LoweredMember;
  readonly decorators: readonly Decorator[];
}

export interface DecoratedClass {
  readonly file: ProgramFile;
  readonly index: number;
  readonly name: string;
  readonly decorators: readonly Decorator[];
  /** members of base classes first */
  readonly members: readonly DecoratedMember[];
}

const MAX_ANCESTORS = 6;

/** Every class with a decorator of the packages, on itself or (`members`) on what it has. */
export function decoratedClasses(
  program: Program,
  queries: LinkQueries,
  module: RegExp,
  on: "class" | "members" = "class",
): readonly DecoratedClass[] {
  return [...program.files].flatMap((file) => {
    const known = classesByFile.of(file, () => new Map());
    const key = `${on} ${module}`;
    const classes = known.get(key) ?? decoratedIn(file, queries, module, on);
    known.set(key, classes);
    return classes;
  });
}

/** by where the decorators stand, and their packages */
const classesByFile = new ByFile<Map<string, readonly DecoratedClass[]>>();

function decoratedIn(
  file: ProgramFile,
  queries: LinkQueries,
  module: RegExp,
  on: "class" | "members",
): readonly DecoratedClass[] {
  if (!file.lowered.imports.some((item) => module.test(item.module))) return [];
  return file.lowered.classes.flatMap((info, index) => {
    const decorators = decoratorsOf(file, info.inFn, info.decorators, queries, module);
    if (info.name === "" || (on === "class" && decorators.length === 0)) return [];
    const members = membersOf(file, index, queries, module, 0);
    if (on === "members" && members.length === 0) return [];
    return [{ file, index, name: info.name, decorators, members }];
  });
}

function membersOf(
  file: ProgramFile,
  index: number,
  queries: LinkQueries,
  module: RegExp,
  depth: number,
): readonly DecoratedMember[] {
  const info = file.lowered.classes[index];
  if (info === undefined || depth > MAX_ANCESTORS) return [];
  const inherited = superOrigins(file, index, queries).flatMap((parent) =>
    parent.kind === "class" ? membersOf(parent.file, parent.index, queries, module, depth + 1) : [],
  );
  const own = info.members
    .filter((member) => member.decorators.length > 0)
    .map((member) => ({ member, decorators: decoratorsOf(file, info.inFn, member.decorators, queries, module) }))
    .filter(({ decorators }) => decorators.length > 0);
  return [...inherited, ...own];
}

function decoratorsOf(
  file: ProgramFile,
  inFn: number,
  values: readonly number[],
  queries: LinkQueries,
  module: RegExp,
): readonly Decorator[] {
  const fn = file.fn(inFn);
  return values.flatMap((v) => {
    const called = fn.op(v) === Op.Call;
    const callee = called ? fn.callee(v) : v;
    if (fn.op(callee) === NONE) return [];
    for (const origin of queries.evaluate({ fn, v: callee, frame: null })) {
      if (origin.kind !== "package" || !module.test(origin.module)) continue;
      const args = called ? Array.from(fn.args(v), (arg): Site => ({ fn, v: arg, frame: null })) : [];
      return [{ name: origin.path, args }];
    }
    return [];
  });
}

/** `() => User`, `User`, `"User"`: the class meant. */
export function targetName(site: Site | undefined, queries: LinkQueries): string {
  if (site === undefined) return "";
  for (const origin of queries.evaluate(site)) {
    const meant = origin.kind === "function" ? queries.returnsOf(origin.fn) : [origin];
    for (const one of meant) {
      const name = entityName(one);
      if (name !== "") return name;
    }
  }
  return "";
}

/** Text of an option of a decorator, '' without one. */
export function optionOf(decorator: Decorator, name: string, queries: LinkQueries): string {
  for (const arg of decorator.args) {
    const field = fieldsOf(arg, queries, null).fields.find((one) => one.name === name);
    if (field !== undefined) return textOf(field.site, queries);
  }
  return "";
}

/** A constant as text, '' for anything else. */
export function textOf(site: Site | undefined, queries: LinkQueries): string {
  if (site === undefined) return "";
  const [only] = queries.evaluate(site);
  return only?.kind === "constant" && only.value !== undefined && only.value !== null ? String(only.value) : "";
}
