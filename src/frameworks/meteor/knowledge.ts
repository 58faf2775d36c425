/** What Meteor hands to methods and publications, and how its code asks who calls. */
import { type Origin, type PackageOrigin, type SourceOrigin, source } from "../../program/values/origin.js";
import type { FrameworkKnowledge } from "../knowledge/knowledge.js";

/** `this` of a method or a publication */
export const INVOCATION = "meteor-invocation";

/** A connection may have signed in, and knows as whom; nobody made sure that it has. */
export const meteorKnowledge: FrameworkKnowledge = { member, callSource: () => undefined, call };

function member(origin: SourceOrigin, name: string): readonly Origin[] | undefined {
  if (origin.dialect !== INVOCATION || origin.source !== "context" || origin.path !== "") return undefined;
  const { context, site } = origin;
  return name === "userId" ? [source("identity", "user.id", { context, site })] : [source("neutral", name)];
}

/** `Meteor.userId()`, `await Meteor.userAsync()` */
function call({ module, path }: PackageOrigin): readonly Origin[] | undefined {
  if (module !== "meteor/meteor") return undefined;
  if (path === "Meteor.userId") return [source("identity", "user.id")];
  return path === "Meteor.user" || path === "Meteor.userAsync" ? [source("identity", "user")] : undefined;
}
