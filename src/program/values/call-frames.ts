/** Frames of calls: the same call under the same calls above it is one frame. */
import type { FunctionView } from "../linking/function-view.js";
import { PerFrame } from "./framed-memo.js";
import type { Frame, Origin, Site } from "./origin.js";
import { originKey, siteKey } from "./origin-keys.js";

export const MAX_FRAME_DEPTH = 14;

/** The same call under the same calls above it is the same frame, so that answers about it are found again. */
const framesBelow = new PerFrame<Map<string, Frame>>();
const outermostFrames = new WeakMap<FunctionView, Map<string, Frame>>();
const frameNumbers = new WeakMap<Frame, number>();
let lastFrameNumber = 0;

function frameNumber(frame: Frame | null): number {
  if (frame === null) return 0;
  let number = frameNumbers.get(frame);
  if (number === undefined) {
    lastFrameNumber += 1;
    number = lastFrameNumber;
    frameNumbers.set(frame, number);
  }
  return number;
}

/** A frame for calling a function value at a site. */
export function frameFor(callee: Extract<Origin, { kind: "function" }>, site: Site): Frame {
  const known = siblings(site);
  const self = callee.self;
  const receiver =
    self === null ? "" : `${originKey(self)}@${self.kind === "instance" ? frameNumber(self.site?.frame ?? null) : 0}`;
  const { called, beside } = callee;
  const handed = beside === undefined ? "" : beside.map(originKey).join("&");
  const key = `${callee.fn.id}|${siteKey(site)}|${frameNumber(callee.frame)}|${receiver}|${called ?? ""}|${handed}`;
  let frame = known.get(key);
  if (frame === undefined) {
    const depth = Math.max(site.frame?.depth ?? 0, callee.frame?.depth ?? 0) + 1;
    frame = {
      fn: callee.fn,
      site,
      given: [],
      self,
      ...(called === undefined ? {} : { called }),
      ...(beside === undefined ? {} : { beside }),
      lexical: callee.frame,
      depth,
    };
    known.set(key, frame);
  }
  return frame;
}

function siblings(site: Site): Map<string, Frame> {
  const known = site.frame === null ? outermostFrames.get(site.fn) : framesBelow.get(site.frame);
  if (known !== undefined) return known;
  const made = new Map<string, Frame>();
  if (site.frame === null) outermostFrames.set(site.fn, made);
  else framesBelow.set(site.frame, made);
  return made;
}

/** A frame whose arguments are known without a call: a handler called by its framework. */
export function givenFrame(
  callee: Extract<Origin, { kind: "function" }>,
  given: readonly (readonly Origin[])[],
  depth = 0,
): Frame {
  return { fn: callee.fn, site: null, given, self: callee.self, lexical: callee.frame, depth: depth + 1 };
}

/** Whether a function, called with that frame, was called in the course of another call of itself. */
export function runsInside(fn: FunctionView, frame: Frame): boolean {
  let around: Frame | null = frame;
  while (around !== null) {
    const outer: Frame | null = around.site === null ? around.lexical : around.site.frame;
    if (outer?.fn === fn || around.site?.fn === fn) return true;
    around = outer;
  }
  return false;
}
