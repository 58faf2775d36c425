/** The ways of leaving a function that can be asked about. */

/** Which way of leaving a function is asked about. */
export type Exit =
  | { readonly kind: "return" }
  | { readonly kind: "truthy" }
  | { readonly kind: "falsy" }
  /** the returned object's member is truthy or falsy; `result.valid` for a member of a member */
  | { readonly kind: "member"; readonly name: string; readonly truthy: boolean }
  /** what is returned, or was sent, is no refusal */
  | { readonly kind: "accepted" }
  /** what is returned is no text; texts are what went wrong */
  | { readonly kind: "no-text" }
  /** neither it nor what it called has sent a refusal; what is returned says nothing */
  | { readonly kind: "unanswered" };

/** A short name, different for each way. */
export function exitName(exit: Exit): string {
  return exit.kind === "member" ? `${exit.name}${exit.truthy ? "+" : "-"}` : exit.kind;
}
