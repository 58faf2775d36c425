/** What stores wrap around the rows that they answer with: the rows are what matters. */
import type { Origin, SourceOrigin } from "../../../program/values/origin.js";
import type { FrameworkKnowledge } from "../../knowledge/knowledge.js";

/** Members of DynamoDB's answers. */
const WRAPPING = /^(?:Items?|Attributes)$/;

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  return origin.source === "row" && origin.path === "" && WRAPPING.test(name) ? [origin] : undefined;
}

export const storeKnowledge: FrameworkKnowledge = { member, callSource: () => undefined, call: () => undefined };
