/**
 * Something the person who runs the program can put right: a wrong path, an unreadable manifest.
 * It is told without a stack and ends the program with exit status 2.
 */
export class UserError extends Error {
  /** file, folder or option that the message is about */
  readonly where: string;
  /** what to do next; '' when there is nothing to suggest */
  readonly hint: string;

  constructor(message: string, place: { readonly where: string; readonly hint?: string }) {
    super(message);
    this.name = "UserError";
    this.where = place.where;
    this.hint = place.hint ?? "";
  }
}
