/** Classes with what they inherit, their methods and the decorators on both. */
import { type LoweredClass, type LoweredMember, MemberKind, NONE } from "../../model/lowered.js";
import type { Place } from "../../model/place.js";
import type { LinkQueries, Origin } from "../../program/values/origin.js";
import { type Applied, type Decorations, decorationsOf } from "./decorators.js";
import { type ClassRef, classKey, type FunctionRef, lineOf } from "./values.js";

/** A method as a class has it, its own or inherited. */
export interface Method {
  readonly name: string;
  /** the class that declares it */
  readonly owner: ClassRef;
  readonly member: LoweredMember;
  readonly decorations: Decorations;
  /** the line on which it is declared, below its decorators */
  readonly place: Place;
  /** the same method in the classes above, which it hides */
  readonly overridden: readonly Method[];
}

export interface DecoratedClass {
  readonly ref: ClassRef;
  readonly name: string;
  /** the class itself, then what it extends, as far as it is in the program */
  readonly chain: readonly ClassRef[];
  /** what the last of them extends in a package */
  readonly beyond: Origin | null;
  /** decorators in effect on the class, those of the base classes first */
  readonly applied: readonly Applied[];
  /** those that it has itself */
  readonly own: Decorations;
  readonly place: Place;
}

const MAX_ANCESTORS = 12;

/** Reads classes once and keeps them. */
export class ClassReader {
  readonly #known = new Map<string, DecoratedClass>();
  readonly #decorations = new Map<string, Decorations>();

  constructor(readonly queries: LinkQueries) {}

  read(ref: ClassRef): DecoratedClass {
    // a class made by a function is another one for each call
    const key = ref.frame === null ? classKey(ref) : "";
    const known = this.#known.get(key);
    if (key !== "" && known !== undefined) return known;
    const { chain, beyond } = this.#ancestors(ref);
    const decorations = chain.map((c) => this.decorationsOf(c));
    const made: DecoratedClass = {
      ref,
      name: infoOf(ref).name,
      chain,
      beyond,
      applied: decorations.toReversed().flatMap((d) => d.applied),
      own: decorations[0],
      place: placeOfClass(ref),
    };
    if (key !== "") this.#known.set(key, made);
    return made;
  }

  /** The class's own decorators. */
  decorationsOf(ref: ClassRef): Decorations {
    const key = ref.frame === null ? classKey(ref) : "";
    const known = key === "" ? undefined : this.#decorations.get(key);
    if (known !== undefined) return known;
    const made = decorationsOf(ref, infoOf(ref).decorators, placeOfClass(ref), this.queries);
    if (key !== "") this.#decorations.set(key, made);
    return made;
  }

  #ancestors(ref: ClassRef): { chain: readonly ClassRef[]; beyond: Origin | null } {
    const chain: ClassRef[] = [ref];
    let beyond: Origin | null = null;
    for (let current: ClassRef | null = ref; current !== null && chain.length <= MAX_ANCESTORS; ) {
      const parents: readonly Origin[] = this.parents(current);
      const local: ClassRef | undefined = parents.find((o) => o.kind === "class");
      beyond = local === undefined ? (parents.find((o) => o.kind === "package") ?? null) : null;
      current = local !== undefined && !chain.some((c) => classKey(c) === classKey(local)) ? local : null;
      if (current !== null) chain.push(current);
    }
    return { chain, beyond };
  }

  /** What a class extends, under the call that made it. */
  parents(ref: ClassRef): readonly Origin[] {
    const info = infoOf(ref);
    if (info.extends === NONE) return [];
    return this.queries.evaluate({ fn: ref.file.fn(info.inFn), v: info.extends, frame: ref.frame });
  }

  /** Methods that have a decorator, or hide one that has; inherited ones included. */
  methods(cls: DecoratedClass): readonly Method[] {
    const found = new Map<string, Method>();
    for (const owner of cls.chain.toReversed()) {
      for (const member of infoOf(owner).members) {
        if (member.kind !== MemberKind.Method || member.static || member.fn === NONE) continue;
        const hidden = found.get(member.name);
        if (member.decorators.length === 0 && hidden === undefined) continue;
        found.set(member.name, this.#method(owner, member, hidden));
      }
    }
    return [...found.values()];
  }

  /** A method by name, decorated or not. */
  methodNamed(cls: DecoratedClass, name: string): Method | undefined {
    for (const owner of cls.chain) {
      const member = infoOf(owner).members.find(
        (m) => m.name === name && m.kind === MemberKind.Method && m.fn !== NONE,
      );
      if (member !== undefined) return this.#method(owner, member, undefined);
    }
    return undefined;
  }

  #method(owner: ClassRef, member: LoweredMember, hidden: Method | undefined): Method {
    const place = placeOfMethod(owner, member);
    return {
      name: member.name,
      owner,
      member,
      place,
      decorations: decorationsOf(owner, member.decorators, place, this.queries),
      overridden: hidden === undefined ? [] : [hidden, ...hidden.overridden],
    };
  }

  /** A method by name, with the instance as its receiver; null when no class of the program has it. */
  methodOf(cls: DecoratedClass, name: string, self: Origin): FunctionRef | null {
    for (const owner of cls.chain) {
      const member = infoOf(owner).members.find(
        (m) => m.name === name && m.kind === MemberKind.Method && !m.static && !m.abstract && m.fn !== NONE,
      );
      if (member !== undefined) return { kind: "function", fn: owner.file.fn(member.fn), frame: owner.frame, self };
    }
    return null;
  }
}

export function infoOf(ref: ClassRef): LoweredClass {
  return ref.file.lowered.classes[ref.index];
}

/** An object of a class, made by the framework. */
export function instanceOf(ref: ClassRef): Origin {
  return { kind: "instance", file: ref.file, index: ref.index, site: null };
}

/** The line on which a method's own declaration starts, below its decorators. */
export function placeOfMethod(owner: ClassRef, member: LoweredMember): Place {
  const { file } = owner;
  const fn = file.fn(infoOf(owner).inFn);
  const end = member.at.start + member.at.length;
  const ends = member.decorators.filter((v) => fn.start(v) !== NONE).map((v) => fn.place(v).end);
  return declaration(owner, member.at.start, end, ends, file.fn(member.fn).info.params[0]?.at.start ?? end);
}

/** The line on which a class is declared, below its decorators. */
export function placeOfClass(ref: ClassRef): Place {
  const info = infoOf(ref);
  const fn = ref.file.fn(info.inFn);
  const end = info.at.start + info.at.length;
  const ends = info.decorators.filter((v) => fn.start(v) !== NONE).map((v) => fn.place(v).end);
  return declaration(ref, info.at.start, end, ends, end);
}

function declaration(
  ref: ClassRef,
  start: number,
  end: number,
  decoratorEnds: readonly number[],
  inside: number,
): Place {
  const { file } = ref;
  const starts = file.lowered.lineStarts;
  const after = Math.max(start, ...decoratorEnds);
  const line = lineOf(file, after);
  const below = decoratorEnds.length > 0 && inside >= (starts[line + 1] ?? end);
  // a declaration is indented like its first decorator
  const indent = start - starts[lineOf(file, start)];
  const from = below ? Math.min(starts[line + 1] + indent, end) : after;
  const nextLine = starts[lineOf(file, from) + 1] ?? end;
  return { file: file.path, start: from, end: Math.max(from, Math.min(nextLine - 1, end)) };
}
