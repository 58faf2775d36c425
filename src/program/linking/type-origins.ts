/** A declared type as an origin: a class of the project, a class of a package, or a shape with members. */
import { NONE, SlotKind, type TypeRef } from "../../model/lowered.js";
import { type Origin, type PackageOrigin, packageCall, packageMember, packageRoot } from "../values/origin.js";
import type { ProgramFile } from "./function-view.js";
import { asType, type NameTarget, type Program } from "./program.js";

/** Wrappers whose first argument is what the value is. */
const TRANSPARENT = new Set(["Promise", "Readonly", "Required", "Partial", "NonNullable", "Awaited", "Omit", "Pick"]);
const MAX_ALIASES = 8;

interface NameLookup {
  readonly program: Program;
  nameOrigins(target: NameTarget): readonly Origin[];
}

/** @returns null when the type says nothing that could be followed (primitives, generics, inline shapes of nothing) */
export function originOfType(file: ProgramFile, type: TypeRef, lookup: NameLookup, depth = 0): Origin | null {
  if (depth > MAX_ALIASES) return null;
  switch (type.kind) {
    case "name": {
      const inner = type.args[0];
      if (TRANSPARENT.has(type.name) && inner) return originOfType(file, inner, lookup, depth + 1);
      return namedType(file, type.name, type.args, lookup, depth);
    }
    case "union":
    case "intersection": {
      for (const part of type.of) {
        const origin = originOfType(file, part, lookup, depth + 1);
        if (origin !== null) return origin;
      }
      return null;
    }
    case "object":
      return type.members.length > 0 ? { kind: "typed", file, type, path: [] } : null;
    case "typeof":
      return valueOfName(file, type.name, lookup);
    default:
      return null;
  }
}

/** files that hand on what they import */
const MAX_HOPS = 8;

function namedType(
  file: ProgramFile,
  name: string,
  args: readonly TypeRef[],
  lookup: NameLookup,
  depth: number,
): Origin | null {
  const [head, ...rest] = name.split(".");
  const declared = file.lowered.typeDeclarations.find((t) => t.name === name);
  if (declared !== undefined) {
    if (declared.members.length === 0 && declared.extends.length === 1) {
      return originOfType(file, declared.extends[0], lookup, depth + 1);
    }
    return { kind: "typed", file, type: { kind: "name", name, args }, path: [] };
  }
  const slot = file.moduleSlot(head);
  if (slot === NONE) return null;
  const target = throughExports(asType(targetOfSlot(file, slot, lookup)), lookup);
  if (target.kind === "package") return instanceOfPackage(target, rest, args, file);
  if (target.kind === "type") {
    return originOfType(target.file, { kind: "name", name: target.name, args }, lookup, depth + 1);
  }
  for (const origin of lookup.nameOrigins(target)) {
    if (origin.kind === "class") return { kind: "instance", file: origin.file, index: origin.index, site: null };
  }
  return null;
}

/** `import { Knex as Database } from "knex"; export { Database };` */
function throughExports(target: NameTarget, lookup: NameLookup): NameTarget {
  let current = target;
  for (let hop = 0; hop < MAX_HOPS && current.kind === "slot"; hop += 1) {
    if (current.file.module.info.slots[current.slot]?.kind !== SlotKind.Import) break;
    current = asType(targetOfSlot(current.file, current.slot, lookup));
  }
  return current;
}

function targetOfSlot(file: ProgramFile, slot: number, lookup: NameLookup): NameTarget {
  const info = file.module.info.slots[slot];
  if (info.kind !== SlotKind.Import) return { kind: "slot", file, slot };
  const item = file.lowered.imports.find((i) => i.slot === slot);
  return item ? lookup.program.imported(file, item.module, item.name) : { kind: "missing", why: "import not found" };
}

/** An annotation with a package's class counts like an object made with `new`. */
function instanceOfPackage(
  target: Extract<NameTarget, { kind: "package" }>,
  rest: readonly string[],
  args: readonly TypeRef[],
  file: ProgramFile,
): Origin {
  let origin: Origin = packageRoot(target.module);
  const names = target.name === "*" || target.name === "=" || target.name === "default" ? rest : [target.name, ...rest];
  for (const name of names) if (origin.kind === "package") origin = packageMember(origin, name);
  if (origin.kind === "package") origin = packageCall(origin, null);
  if (origin.kind !== "package") return origin;
  const typed: PackageOrigin = { ...origin, typeArguments: args, typeFile: file };
  return typed;
}

/** `typeof users`, and of `typeof users.$inferSelect` the member, which is another thing than the table. */
function valueOfName(file: ProgramFile, name: string, lookup: NameLookup): Origin | null {
  const [head, ...members] = name.split(".");
  const slot = file.moduleSlot(head);
  if (slot === NONE) return null;
  const origins = lookup.nameOrigins(targetOfSlot(file, slot, lookup));
  let origin = origins.length === 1 ? origins[0] : null;
  for (const member of members) origin = origin?.kind === "package" ? packageMember(origin, member) : null;
  return origin;
}
