/** The object whose field a GraphQL server resolves: a row that some operation or field loaded before. */
import { type EntryContext, type Origin, type SourceOrigin, source } from "../program/values/origin.js";

const PARENT_DIALECT = "graphql-parent";

export function parentObject(context: EntryContext | null): SourceOrigin {
  return source("row", "", { dialect: PARENT_DIALECT, context });
}

/** True for the parent and what is read off it. */
export function isOfParent(origin: Origin): boolean {
  return origin.kind === "source" && origin.source === "row" && origin.dialect === PARENT_DIALECT;
}
