/** Members of answers to the client: a guard that may answer itself gives back either one of those or the request. */
import { isAnswer } from "../../program/facts/ways-out.js";
import { FROM_NOTHING, type Origin, type PackageOrigin } from "../../program/values/origin.js";

/** https://developer.mozilla.org/en-US/docs/Web/API/Response, and what Next puts beside them */
const OWN: ReadonlySet<string> = new Set(
  (
    "headers status ok body bodyUsed redirected statusText type url clone json text blob formData arrayBuffer bytes " +
    "cookies then catch finally constructor"
  ).split(" "),
);

/** `answer.auth`: nothing of that name is on an answer, so it is read of what else the guard gives back. */
export function memberOfAnswer(origin: PackageOrigin, name: string): readonly Origin[] | undefined {
  return OWN.has(name) || !isAnswer(origin) ? undefined : [FROM_NOTHING];
}
