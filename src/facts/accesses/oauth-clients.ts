/**
 * Programs that ask people to let them in: whoever is sent to the page where that is asked brings the program's id, and
 * is shown what it is called, whichever tenant has registered it.
 */
import type { DataCall } from "../../frameworks/data/data-call.js";
import type { ModelIndex } from "./written-keys.js";

const CLIENT_ID = /^client_?id$/i;
const REDIRECTS = /^(?:allowed_?)?(?:redirect|callback)_?ur[il]s?$/i;

/** A program is looked up by its public id alone. */
export function findsOauthClient({ operation, model, filter }: DataCall, models: ModelIndex): boolean {
  if (operation !== "read" || filter.alternatives.length === 0) return false;
  const columns = models.modelOf(model)?.columns ?? [];
  if (!columns.some(({ name }) => CLIENT_ID.test(name)) || !columns.some(({ name }) => REDIRECTS.test(name)))
    return false;
  return filter.alternatives.every((terms) =>
    terms.some(({ column, position }) => position === "and" && CLIENT_ID.test(column)),
  );
}
