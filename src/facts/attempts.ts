/** Work that may fail on code nobody thought of: the failure is counted and shown, and the rest of the scan goes on. */
import type { Unknown } from "../model/facts.js";
import type { Place } from "../model/place.js";

const REMEDY = "Report this with the code at the place named: it is a mistake in authgap.";
/** The first line of an error says what; a stack would name this machine's folders. */
const MOST_OF_A_MESSAGE = 200;

export class Attempts {
  readonly #failures: Unknown[] = [];

  /** What went wrong so far. */
  get failures(): readonly Unknown[] {
    return this.#failures;
  }

  /**
   * What a piece of work comes to.
   *
   * @param what the work, as the object of "could not be finished"
   * @param place where a reader looks for the code that it failed on
   * @param otherwise what stands for its result when it throws
   */
  attempt<Result>(what: string, place: Place, work: () => Result, otherwise: (problem: string) => Result): Result {
    try {
      return work();
    } catch (error) {
      const problem = `${what} could not be finished (${messageOf(error)})`;
      this.#failures.push({ kind: "internal-error", place, detail: problem, remedy: REMEDY });
      return otherwise(problem);
    }
  }

  /**
   * What a search finds in a list as a whole. When that fails, each element is searched alone, so that only what the
   * failing ones hold is missing, and what shows only between several.
   */
  search<Item, Found>(
    what: string,
    items: readonly Item[],
    placeOf: (item: Item) => Place,
    find: (items: readonly Item[]) => readonly Found[],
  ): readonly Found[] {
    try {
      return find(items);
    } catch {
      return items.flatMap((item) =>
        this.attempt(
          what,
          placeOf(item),
          () => find([item]),
          () => [],
        ),
      );
    }
  }
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return (text.split("\n", 1)[0] ?? "").slice(0, MOST_OF_A_MESSAGE);
}
