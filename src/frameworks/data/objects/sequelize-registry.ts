/** `sequelize.models.playlist`: the class that was initialised under that name, with the methods that it has of its own. */
import { superOrigins } from "../../../program/linking/class-members.js";
import type { ProgramFile } from "../../../program/linking/function-view.js";
import type { Program } from "../../../program/linking/program.js";
import type { LinkQueries, Origin, PackageOrigin } from "../../../program/values/origin.js";
import type { FrameworkKnowledge } from "../../knowledge/knowledge.js";
import { SEQUELIZE } from "./sequelize.js";

type ClassOrigin = Extract<Origin, { kind: "class" }>;

const known = new WeakMap<Program, ReadonlyMap<string, readonly ClassOrigin[]>>();

export const sequelizeRegistry: FrameworkKnowledge = {
  member: () => undefined,
  packageMember: modelOfRegistry,
  callSource: () => undefined,
  call: () => undefined,
};

function modelOfRegistry(origin: PackageOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (!SEQUELIZE.test(origin.module) || !/(?:^|\.)models$/.test(origin.path)) return undefined;
  const found = classesOf(queries).get(name.toLowerCase()) ?? [];
  // of two classes of one name nobody knows which was initialised
  return found.length === 1 ? found : undefined;
}

/** Model classes of the project by their name in small letters: the name that they are initialised under may differ in case. */
function classesOf(queries: LinkQueries): ReadonlyMap<string, readonly ClassOrigin[]> {
  const { program } = queries;
  const before = known.get(program);
  if (before !== undefined) return before;
  const found = new Map<string, ClassOrigin[]>();
  known.set(program, found);
  for (const file of program.files) {
    for (const [index, { name }] of file.lowered.classes.entries()) {
      if (name === "" || !isModel(file, index, queries)) continue;
      const key = name.toLowerCase();
      found.set(key, [...(found.get(key) ?? []), { kind: "class", file, index, frame: null }]);
    }
  }
  return found;
}

function isModel(file: ProgramFile, index: number, queries: LinkQueries): boolean {
  return superOrigins(file, index, queries).some(
    (parent) => parent.kind === "package" && SEQUELIZE.test(parent.module) && /(?:^|\.)Model$/.test(parent.path),
  );
}
