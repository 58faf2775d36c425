/**
 * The ways by which control comes to a block, each with what was established on it. Where two ways of signing in
 * meet again, what both have in common is nothing, and yet one of them was taken.
 */

/** Bits of facts. */
export type FactSet = Uint32Array;

export interface FlowEdges {
  /** what holds at the beginning of a block whatever the way; null when it is never reached */
  entered(block: number): FactSet | null;
  /** blocks from which control comes, with what holds after each and on the edge; null when it cannot be told */
  into(block: number): readonly { readonly from: number; extend(set: FactSet): FactSet | null }[] | null;
}

const MAX_WAYS = 12;
const MAX_BLOCKS_GONE_THROUGH = 200;

export function waysInto(block: number, edges: FlowEdges): readonly FactSet[] {
  return new Ways(edges).into(block);
}

class Ways {
  readonly #known = new Map<number, readonly FactSet[] | "open">();

  constructor(private readonly edges: FlowEdges) {}

  into(block: number): readonly FactSet[] {
    const known = this.#known.get(block);
    if (known !== undefined && known !== "open") return known;
    const start = this.edges.entered(block);
    if (start === null) return [];
    // around a loop, only what holds in every round is certain
    if (known === "open" || this.#known.size > MAX_BLOCKS_GONE_THROUGH) return [start];
    this.#known.set(block, "open");
    const found = this.#through(block);
    const ways = found === null || found.length === 0 || found.length > MAX_WAYS ? [start] : found;
    this.#known.set(block, ways);
    return ways;
  }

  #through(block: number): readonly FactSet[] | null {
    const incoming = this.edges.into(block);
    if (incoming === null) return null;
    const found: FactSet[] = [];
    for (const { from, extend } of incoming) {
      for (const way of this.into(from)) {
        const extended = extend(way);
        if (extended !== null) found.push(extended);
        if (found.length > MAX_WAYS * 2) return null;
      }
    }
    return minimal(found);
  }
}

/** A way on which more holds than on another adds nothing to what all ways show. */
function minimal(ways: readonly FactSet[]): readonly FactSet[] {
  return ways.filter(
    (way, i) => !ways.some((other, j) => j !== i && holdsIn(other, way) && (j < i || !holdsIn(way, other))),
  );
}

/** Everything in `few` is also in `many`. */
function holdsIn(few: FactSet, many: FactSet): boolean {
  return few.every((word, i) => (word & ~many[i]) === 0);
}
