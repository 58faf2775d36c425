/** What guards look up themselves: the key, the session, the seat by which they know who calls. */
import type { Fact } from "../../program/facts/facts.js";
import type { Frame } from "../../program/values/origin.js";
import type { Analysis } from "../analysis.js";
import type { ReachedCall } from "./entries.js";

/**
 * The accesses of an entry without those of its guards: nobody can be known before the row is read that tells who they
 * are. A guard is a call that ensures an identity, behind which something is accessed for a known caller.
 */
export function beyondGuards(reached: readonly ReachedCall[], analysis: Analysis): readonly ReachedCall[] {
  const known = reached.filter(({ facts }) => isKnown(facts, analysis));
  if (known.length === 0 || known.length === reached.length) return reached;
  const around = known.map(({ call }) => new Set(framesAround(call.site.frame)));
  const holdsAll = (frame: Frame): boolean => around.every((frames) => frames.has(frame));
  const ofKnown = new Set(known);
  return reached.filter(
    (one) =>
      ofKnown.has(one) ||
      !framesAround(one.call.site.frame).some((frame) => !holdsAll(frame) && isGuard(frame, analysis)),
  );
}

const MAX_FRAMES = 40;

function framesAround(frame: Frame | null): readonly Frame[] {
  const found: Frame[] = [];
  for (let one = frame; one !== null && found.length < MAX_FRAMES; one = one.site?.frame ?? null) found.push(one);
  return found;
}

function isGuard(frame: Frame, analysis: Analysis): boolean {
  return isKnown(analysis.guarantees.ensures(frame.fn, { kind: "return" }, frame), analysis);
}

/** Whether facts show who calls, or that it is one of the service's own: more than that something was sent. */
export function isKnown(facts: readonly Fact[], { guarantees }: Analysis): boolean {
  const level = guarantees.checks.level(facts, guarantees.queries);
  return level !== null && level.level !== "presence";
}
