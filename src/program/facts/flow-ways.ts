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
/** how many are left of too many: room for the next branch */
const ROOMY = 6;
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
    const ways = found === null || found.length === 0 ? [start] : found;
    this.#known.set(block, ways);
    return ways;
  }

  #through(block: number): readonly FactSet[] | null {
    const incoming = this.edges.into(block);
    if (incoming === null) return null;
    let found: readonly FactSet[] = [];
    for (const { from, extend } of incoming) {
      const extended = this.into(from).flatMap((way) => extend(way) ?? []);
      found = fewer(minimal([...found, ...extended]));
    }
    return found;
  }
}

/**
 * Where there are too many, those most alike become one on which only what both show holds: a plan that was asked for
 * on the way is forgotten before the two ways of signing in are.
 */
function fewer(ways: readonly FactSet[]): readonly FactSet[] {
  if (ways.length <= MAX_WAYS) return ways;
  const left = [...ways];
  while (left.length > ROOMY) {
    let best: { readonly i: number; readonly j: number; readonly lost: number } | null = null;
    for (let i = 0; i < left.length; i += 1) {
      for (let j = i + 1; j < left.length; j += 1) {
        const lost = difference(left[i], left[j]);
        if (best === null || lost < best.lost) best = { i, j, lost };
      }
    }
    if (best === null) break;
    const { i, j } = best;
    left[i] = left[i].map((word, at) => word & left[j][at]);
    left.splice(j, 1);
  }
  return minimal(left);
}

/** How many facts hold on one of two ways and not on the other. */
function difference(a: FactSet, b: FactSet): number {
  let count = 0;
  for (let i = 0; i < a.length; i += 1) {
    for (let bits = a[i] ^ b[i]; bits !== 0; bits &= bits - 1) count += 1;
  }
  return count;
}

/** A way on which more holds than on another adds nothing to what all ways show. */
function minimal(ways: readonly FactSet[]): readonly FactSet[] {
  return ways.filter(
    (way, i) => !ways.some((other, j) => j !== i && holdsIn(other, way) && (j < i || !holdsIn(way, other))),
  );
}

/** Everything in `few` is also in `many`. */
function holdsIn(few: FactSet, many: FactSet): boolean {
  for (let i = 0; i < few.length; i += 1) if ((few[i] & ~many[i]) !== 0) return false;
  return true;
}
