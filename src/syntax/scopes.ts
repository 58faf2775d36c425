import { NONE } from "../model/lowered.js";
import type { Body, SlotRecord } from "./emitter.js";

/** A declared name: the function that owns it, by nesting level, and its slot there. */
export interface Binding {
  readonly level: number;
  readonly slot: number;
  readonly record: SlotRecord;
}

/** Names of one block. Block scoping ends here: what later stages see are slots, each with its own number. */
export class Scope {
  private readonly names = new Map<string, Binding>();

  constructor(
    readonly parent: Scope | null,
    private readonly owner: Body,
  ) {}

  own(name: string): Binding | undefined {
    return this.names.get(name);
  }

  /** Declares a name, or answers with the one that is there: overloads, merged declarations, repeated `var`. */
  declare(name: string, kind: number, type: number): Binding {
    const known = this.names.get(name);
    if (known !== undefined) return known;
    const binding = hiddenSlot(this.owner, name, kind, type);
    this.names.set(name, binding);
    return binding;
  }
}

/** A slot that no name in the source reaches, such as `*default*`. */
export function hiddenSlot(owner: Body, name: string, kind: number, type: number): Binding {
  const record: SlotRecord = { name, kind, type, stores: 0, storedBy: NONE, storedInInner: false };
  owner.slots.push(record);
  return { level: owner.level, slot: owner.slots.length - 1, record };
}

/** The innermost declaration of a name, or undefined when the file does not declare it. */
export function findBinding(scope: Scope | null, name: string): Binding | undefined {
  for (let at = scope; at !== null; at = at.parent) {
    const binding = at.own(name);
    if (binding !== undefined) return binding;
  }
  return undefined;
}
