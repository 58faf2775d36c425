/** What authorization functions and middleware of resolvers get from the libraries' own objects. */
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import { dataMember } from "./fields.js";

export const graphqlKnowledge: FrameworkKnowledge = {
  member: dataMember,
  callSource: () => undefined,
  call: () => undefined,
};
