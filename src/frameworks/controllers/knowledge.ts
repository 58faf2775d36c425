/** What checkers of decorator controllers get from the libraries' own objects. */
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";
import { actionMember } from "./routing-controllers.js";

export const controllerKnowledge: FrameworkKnowledge = {
  member: actionMember,
  callSource: () => undefined,
  call: () => undefined,
};
