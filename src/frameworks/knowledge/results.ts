/** Packages whose functions answer with a success or a failure instead of throwing: fp-ts, neverthrow and their like. */

import { RESULT_OK } from "../../program/linking/result-values.js";
import { constant, type LinkQueries, type Origin, type PackageOrigin } from "../../program/values/origin.js";
import { argument } from "../classes/values.js";

const PACKAGES =
  /^(?:fp-ts|neverthrow|purify-ts|oxide\.ts|ts-results|ts-results-es|@sniptt\/monads|true-myth|effect|@badrap\/result)(?:\/|$)/;
const SUCCESS = /(?:^|\.)(?:right|some|ok|of|Right|Some|Ok|Just|succeed)\(\)$/;
const FAILURE = /(?:^|\.)(?:left|err|Left|Err|fail)\(\)$|(?:^|\.)(?:none|None|Nothing)(?:\(\))?$/;
const INSIDE_SUCCESS: ReadonlySet<string> = new Set(["right", "value", "val", "_value"]);
const INSIDE_FAILURE: ReadonlySet<string> = new Set(["left", "error", "err", "_error"]);

/** A member of such a result; undefined for other package values. */
export function resultMember(origin: PackageOrigin, name: string, queries: LinkQueries): readonly Origin[] | undefined {
  if (!PACKAGES.test(origin.module)) return undefined;
  const success = SUCCESS.test(origin.path);
  if (!success && !FAILURE.test(origin.path)) return undefined;
  if (name === RESULT_OK) return [constant(success)];
  if (!INSIDE_SUCCESS.has(name) && !INSIDE_FAILURE.has(name)) return undefined;
  // whoever reads the other side of it has not got this one
  if (INSIDE_SUCCESS.has(name) !== success || origin.site === null) return [];
  const inside = argument(origin.site, 0);
  return inside === null ? [] : queries.evaluate(inside);
}
