/**
 * Classes behind an interface or an abstract class: what a service that is handed its collaborators by type really
 * calls. Doubles that tests use in their place count only where there is nothing else.
 */
import { MemberKind, NONE, SlotKind, type TypeRef } from "../../model/lowered.js";
import type { LinkQueries, Origin } from "../values/origin.js";
import { memberOfInstance } from "./class-members.js";
import type { ProgramFile } from "./function-view.js";
import { asType, type Program } from "./program.js";

type ClassRef = { readonly file: ProgramFile; readonly index: number };

/** more than these are a table of strategies, of which any could be meant */
const MAX_IMPLEMENTERS = 4;
const MAX_PARENTS = 4;
const DOUBLE = /^(?:fake|mock|stub|dummy|spy|noop|null|test)(?=[A-Z_])|(?:fake|mock|stub|double)$/i;
const DOUBLE_FILE =
  /(?:^|\/)(?:__tests__|__mocks__|tests?|e2e|mocks?|fakes?|stubs?)\/|\.(?:test|spec|mock|fake|stub)\./i;

const known = new WeakMap<Program, ReadonlyMap<string, readonly ClassRef[]>>();

/** The methods of that name of the classes that implement a type; none where they are too many or not in sight. */
export function implementedBy(
  file: ProgramFile,
  type: string,
  method: string,
  queries: LinkQueries,
): readonly Origin[] {
  const { program } = queries;
  let index = known.get(program);
  if (index === undefined) {
    index = implementersIn(program);
    known.set(program, index);
  }
  const all = index.get(keyOf(file, type)) ?? [];
  const real = all.filter((ref) => !isDouble(ref));
  const classes = real.length > 0 ? real : all;
  if (classes.length === 0 || classes.length > MAX_IMPLEMENTERS) return [];
  const found = classes.map((ref) => methodOf(ref, method, queries));
  return found.every((origin) => origin !== null) ? found : [];
}

function methodOf({ file, index }: ClassRef, name: string, queries: LinkQueries): Origin | null {
  const self: Extract<Origin, { kind: "instance" }> = { kind: "instance", file, index, site: null };
  const member = file.lowered.classes[index].members.find(
    (m) => m.name === name && m.kind === MemberKind.Method && !m.static && !m.abstract && m.fn !== NONE,
  );
  if (member !== undefined) return { kind: "function", fn: file.fn(member.fn), frame: null, self };
  return heldOrInherited(self, name, queries);
}

/** `remove = async (id) => {…}`: a field that holds what is called, or a method of a class above. */
function heldOrInherited(
  self: Extract<Origin, { kind: "instance" }>,
  name: string,
  queries: LinkQueries,
): Origin | null {
  const [only, ...others] = memberOfInstance(self, name, queries);
  return only?.kind === "function" && others.length === 0 ? only : null;
}

function isDouble({ file, index }: ClassRef): boolean {
  return DOUBLE.test(file.lowered.classes[index].name) || DOUBLE_FILE.test(file.path);
}

function implementersIn(program: Program): ReadonlyMap<string, readonly ClassRef[]> {
  const found = new Map<string, ClassRef[]>();
  for (const file of program.files) {
    for (const [index, info] of file.lowered.classes.entries()) {
      const parents = info.implements.map((text) => text.replace(/<[\s\S]*$/, "").trim());
      for (const key of new Set(parents.flatMap((name) => [...typeKeys(file, name, program, 0)]))) {
        const refs = found.get(key) ?? [];
        refs.push({ file, index });
        found.set(key, refs);
      }
    }
  }
  return found;
}

/** The declaration that a name means in a file, and those that it extends. */
function typeKeys(file: ProgramFile, name: string, program: Program, depth: number): readonly string[] {
  const declared = declarationOf(file, name, program);
  if (declared === null) return [];
  const own = keyOf(declared.file, declared.name);
  const declaration = declared.file.lowered.typeDeclarations.find((t) => t.name === declared.name);
  if (declaration === undefined || depth >= MAX_PARENTS) return [own];
  return [own, ...declaration.extends.flatMap((parent) => [...parentKeys(declared.file, parent, program, depth + 1)])];
}

function parentKeys(file: ProgramFile, parent: TypeRef, program: Program, depth: number): readonly string[] {
  return parent.kind === "name" ? typeKeys(file, parent.name, program, depth) : [];
}

function declarationOf(
  file: ProgramFile,
  name: string,
  program: Program,
): { readonly file: ProgramFile; readonly name: string } | null {
  if (file.lowered.typeDeclarations.some((t) => t.name === name)) return { file, name };
  const slot = file.moduleSlot(name);
  if (slot === NONE || file.module.info.slots[slot].kind !== SlotKind.Import) return null;
  const item = file.lowered.imports.find((i) => i.slot === slot);
  const target = item === undefined ? null : asType(program.imported(file, item.module, item.name));
  return target?.kind === "type" ? { file: target.file, name: target.name } : null;
}

function keyOf(file: ProgramFile, name: string): string {
  return `${file.id}:${name}`;
}
